"""The terms as PDF: frozen ones with their hash and the same bytes whenever fetched, drafts marked; three languages."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from framework.rounds import deadline, publication, readiness, readiness_facts
from tests.memory import remembered
from tests.rounds.ready import Ready

DRAFTS = {"en": "DRAFT", "nl": "CONCEPT", "sv": "UTKAST"}
LATE = {"en": "last byte has arrived", "nl": "laatste byte", "sv": "sista byte"}


@pytest.fixture
def backend() -> str:
    """A document is the same from either database."""
    return "sqlite"


@pytest.fixture
@remembered
def ready(build):
    return Ready(build, reference="RN-1")


@pytest.fixture
@remembered
def lead(ready, sign_in):
    return sign_in(ready.person_of(ready.first), ready.lead)


def published(ready):
    session, now = ready.build.session, ready.build.clock()
    publication.propose_readiness(session, ready.round, actor=ready.first, now=now)
    publication.approve_readiness(session, ready.round, actor=ready.second, now=now)
    publication.propose_publication(session, ready.round, notice_reference="N 1", actor=ready.first, now=now)
    publication.publish(session, ready.round, actor=ready.second, now=now)
    session.commit()


def moved_later(ready):
    session = ready.build.session
    session.rollback()
    session.info["write"] = True
    later = ready.round.tender_deadline + dt.timedelta(days=7)
    deadline.propose(session, ready.round, later, motive="x", actor=ready.first, now=ready.build.clock())
    deadline.confirm(session, ready.round, actor=ready.second, clock=ready.build.clock)
    session.commit()


def words_of(content: bytes) -> list[str]:
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_frozen_terms_are_tagged_hold_the_hash_on_every_page_and_stay_the_same_bytes(ready, lead, client, language):
    published(ready)
    digest, here = ready.round.frozen_hash, ready.round.public_id
    path = f"/public/rounds/{here}/terms-{language}.pdf"
    first, inside = client.get(path).data, lead.get(f"/rounds/{here}/terms-{language}.pdf").data
    moved_later(ready)
    ready.build.clock.forward(days=3)
    again = client.get(path).data

    document = PdfReader(io.BytesIO(first))
    pages = words_of(first)
    assert first == again == inside
    assert document.trailer["/Root"]["/Lang"] == language
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert [round(float(side)) for side in document.pages[0].mediabox[2:]] == [595, 842]
    for number, page in enumerate(pages, start=1):
        assert digest in page
        assert f"{number}/{len(pages)}" in page
        assert "RN-1" in page
        assert DRAFTS[language] not in page
    whole = "".join(pages)
    for text in ("Amberdorp", "Birkby", "60.00%" if language == "en" else "60,00%", "".join(LATE[language].split())):
        assert text in whole, text


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_terms_before_publication_are_marked_as_a_draft_and_not_public(ready, lead, client, language):
    here = ready.round.public_id
    preview = publication.preview_hash(ready.build.session, ready.round)
    pages = words_of(lead.get(f"/rounds/{here}/terms-{language}.pdf").data)

    assert all(DRAFTS[language] in page and preview in page for page in pages)
    assert client.get(f"/public/rounds/{here}/terms-{language}.pdf").status_code == 404


def test_a_language_nobody_speaks_and_a_stranger_get_nothing(ready, lead, build, sign_in):
    stranger = build.organisation("lead")
    other = sign_in(build.user(stranger), stranger)
    here = ready.round.public_id

    assert lead.get(f"/rounds/{here}/terms-fr.pdf").status_code == 404
    assert other.get(f"/rounds/{here}/terms-en.pdf").status_code == 404


def test_the_estimate_is_not_printed_where_the_lead_does_not_publish_it(ready, client):
    ready.lot.qty_estimated, ready.lot.estimate_motive = 19, "Rounded."
    ready.round.settings = {"publish_pool": False}
    published(ready)

    whole = "".join(words_of(client.get(f"/public/rounds/{ready.round.public_id}/terms-en.pdf").data))

    assert "EstimatedquantityNotpublished" in whole


def test_both_rules_of_an_upload_in_flight_are_told(ready, lead):
    here = f"/rounds/{ready.round.public_id}/terms"
    complete = lead.page(here).text
    ready.build.session.rollback()
    ready.build.session.info["write"] = True
    ready.round.settings = {"late_upload_rule": "started", "late_upload_grace_minutes": 7}
    ready.build.session.commit()
    started = lead.page(here).text

    assert "its last byte has arrived at the deadline or before" in complete
    assert "its last byte within 7 minutes after it" in started


BREAKS = {
    "R1": lambda ready: setattr(ready.round, "term_ends_on", None),
    "R2": lambda ready: setattr(ready.lot, "qty_maximum", None),
    "R3": lambda ready: setattr(ready.round, "mandate_type", None),
    "R5": lambda ready: [ready.build.session.delete(one) for one in ready.round.criteria],
    "R6": lambda ready: setattr(ready.price, "weight", 10),
    "R7": lambda ready: setattr(ready.price, "parameters", {}),
    "R8": lambda ready: setattr(ready.lot, "product_subset", ""),
    "R9": lambda ready: setattr(ready.round.clauses[0], "notice_reference", ""),
    "R12": lambda ready: setattr(ready.round, "questions_until", None),
    "R13": lambda ready: setattr(ready.lot, "call_off_route", None),
    "R14": lambda ready: setattr(ready.round, "standstill_confirmed", False),
}


@pytest.mark.parametrize("row", BREAKS)
def test_a_motive_mends_only_the_rows_that_allow_one(ready, row):
    """Every motive there is stands in the terms, and still the row that was broken is missing."""
    ready.round.duration_justification = ready.lot.estimate_motive = "Because."
    BREAKS[row](ready)
    ready.build.session.flush()
    ready.build.session.expire_all()
    found = {one.number: one.status for one in readiness.rows(readiness_facts.gather(ready.build.session, ready.round))}

    assert found[row] == readiness.MISSING


def test_a_motive_mends_a_long_term_and_a_differing_estimate(ready):
    ready.round.term_ends_on = dt.date(2033, 6, 30)
    ready.lot.qty_estimated = 15
    before = {
        one.number: one.status for one in readiness.rows(readiness_facts.gather(ready.build.session, ready.round))
    }
    ready.round.duration_justification = ready.lot.estimate_motive = "Because."
    after = {one.number: one.status for one in readiness.rows(readiness_facts.gather(ready.build.session, ready.round))}

    assert (before["R1"], before["R2"]) == (readiness.MISSING, readiness.MISSING)
    assert (after["R1"], after["R2"]) == (readiness.OK, readiness.OK)
