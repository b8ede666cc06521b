"""Leverage briefs for a brand: what the pool means if an offer with it is chosen, told to nobody but the lead who hands it over."""

from __future__ import annotations

import io
import re
import struct

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from framework.chain.leverage import briefing
from framework.demand import briefs
from framework.ground import conflicts
from models.briefs import BriefRelease
from models.judging import Conflict
from models.records import AuditEvent
from tests.chain.leverage.conftest import PLACES, line, offer
from tests.memory import remembered


@pytest.fixture
def table(opened, lot, member, sign_in, session):
    """Four members of 10,000 pieces in two tiers; two offers, the first of two brands' worth of factories."""
    members = [member(line(quantity, "A"), line(quantity, "B")) for quantity in (900, 1_100, 1_300, 1_700)]
    models = [("P1", "laptop", "A", 100, {"S": 60, "T": 30}), ("P2", "laptop", "B", 100, dict.fromkeys(PLACES, 20))]
    opened.built(offer(*models, levels={"T": "lead_and_monitor"}), name="Northern IT")
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), brand="Other"), name="Southern IT")
    people = {
        "lead": opened.round.organisation,
        "member": members[0],
        "supplier": opened.build.organisation("supplier"),
        "monitor": opened.build.organisation("monitor"),
    }
    users = {role: (opened.build.user(body), body) for role, body in people.items()}
    session.commit()
    return {
        role: sign_in(user, body) for role, (user, body) in users.items()
    }, f"/rounds/{opened.round.public_id}/briefs"


def drafted(opened):
    return briefs.drafted(opened.session, opened.round, None)


def seen(page: str) -> str:
    """The digest in the form of a page."""
    return re.search(r'name="seen"[^>]*value="([^"]+)"', page)[1]


def looked_at(browser, home, brand="Acme"):
    """What the form of a brand sends once its page was looked at."""
    return {"seen": seen(browser.get(f"{home}/brands/new?brand={brand}").text)}


def tie(opened, browsers_user, supplier_id):
    """A conflict of interest of a person with a supplier."""
    moments = {"created_at": opened.clock(), "stated_at": opened.clock(), "stated_by_id": browsers_user.id}
    about = {"round": opened.round, "user_id": browsers_user.id, "supplier_id": supplier_id, "reason": "Worked there"}
    made = opened.build.add(Conflict(**about, **moments))
    opened.session.commit()
    return made


@pytest.fixture
@remembered
def tied(table, opened, sign_in):
    """The table with a third offer that gives Acme less than the first, and a second lead who may not know of it."""
    browsers, home = table
    kept = opened.built(
        offer(("P1", "laptop", "A", 10, {"S": 100}), ("P2", "laptop", "A", 90, {"T": 100}), brand="Acme"),
        name="Eastern IT",
    )
    lonely = opened.built(offer(("P1", "laptop", "B", 100, {"S": 100}), brand="Lone"), name="Lone IT")
    user = opened.build.user(opened.round.organisation)
    opened.session.commit()
    for submission in (kept, lonely):
        tie(opened, user, submission.supplier_id)
    return {"free": browsers["lead"], "tied": sign_in(user, opened.round.organisation)}, home


def supply_of(opened):
    opened.session.expire_all()
    return (
        opened.session.scalars(select(BriefRelease).order_by(BriefRelease.number.desc()))
        .first()
        .figures["supply"]["lots"]
    )


def test_who_a_conflict_bars_from_a_tender_makes_a_page_without_it(tied, opened):
    browsers, home = tied

    told = {}
    for who, browser in browsers.items():
        assert browser.post(f"{home}/brands/new?brand=Acme", data=looked_at(browser, home)).status_code == 303
        told[who] = supply_of(opened)

    known = briefing.reaches(opened.session, opened.round.lots)["Acme"]
    figures = drafted(opened).figures
    assert told["free"] == briefing.supply(figures, "Acme", known)["lots"]
    assert told["tied"] != told["free"]
    assert told["tied"][0]["sites"] == 4


def test_a_refused_form_shows_no_figure_of_a_tender_that_is_kept_away(tied, opened):
    browsers, home = tied
    address = f"{home}/brands/new?brand=Acme"

    pages = {
        who: browser.post(address, data=looked_at(browser, home) | {"asked": "x" * 1_600})
        for who, browser in browsers.items()
    }
    plain = {who: browser.get(address).text for who, browser in browsers.items()}

    def row(page):
        return re.search(r'<table class="grid grid--stacked">.*?</table>', page, re.DOTALL)[0]

    assert [page.status_code for page in pages.values()] == [422, 422]
    assert row(pages["tied"].text) == row(plain["tied"])
    assert row(plain["tied"]) != row(plain["free"])


@pytest.mark.parametrize(("form", "free"), [({"seen": "x"}, 409), ({"asked": "x" * 1_600}, 422)])
def test_a_form_does_not_say_whether_a_tender_that_is_kept_away_has_a_brand(tied, form, free):
    browsers, home = tied

    sent = [browsers[who].post(f"{home}/brands/new?brand=Lone", data=form).status_code for who in ("tied", "free")]

    assert sent == [404, free]


def test_the_page_of_a_colleague_is_not_there_for_whom_a_tender_behind_it_is_kept_away(tied, opened):
    browsers, home = tied
    browsers["free"].post(f"{home}/brands/new?brand=Acme", data=looked_at(browsers["free"], home))
    key = opened.session.scalar(select(BriefRelease.public_id))
    tails = ("", "/brief.pdf", "/brief.png")

    assert [browsers["tied"].get(f"{home}/brands/{key}{tail}").status_code for tail in tails] == [404, 404, 404]
    assert browsers["tied"].post(f"{home}/brands/{key}/withdraw", data={"reason": "No."}).status_code == 404
    assert key not in browsers["tied"].get(f"{home}/brands").text
    assert key in browsers["free"].get(f"{home}/brands").text
    assert [browsers["free"].get(f"{home}/brands/{key}{tail}").status_code for tail in tails] == [200, 200, 200]


def test_the_record_does_not_say_to_whom_a_tender_is_kept_away_that_its_brand_was_told(tied, opened):
    browsers, home = tied
    browsers["free"].post(f"{home}/brands/new?brand=Lone", data=looked_at(browsers["free"], home, "Lone"))
    browsers["free"].post(f"{home}/brands/new?brand=Other", data=looked_at(browsers["free"], home, "Other"))
    old = opened.session.scalars(select(BriefRelease).where(BriefRelease.brand == "Lone")).one()
    kinds = select(AuditEvent.data["brand"].as_string()).where(AuditEvent.kind == "brief.published")
    barred = conflicts.barred(opened.session, opened.session.scalars(select(Conflict.user_id)).first())

    def seen_by_the_tied() -> list[str]:
        conflicts.keep_out(opened.session, barred)
        try:
            return list(opened.session.scalars(kinds))
        finally:
            conflicts.keep_out(opened.session, frozenset())

    assert sorted(opened.session.scalars(kinds)) == ["Lone", "Other"]
    assert seen_by_the_tied() == ["Other"]
    opened.session.info["write"] = True
    old.basis = {key: part for key, part in old.basis.items() if key != "offers"}
    opened.session.flush()
    assert seen_by_the_tied() == ["Other"]


def test_a_page_on_which_other_offers_stand_by_now_was_not_looked_at(table, opened):
    browsers, home = table
    draft, known = drafted(opened), briefing.reaches(opened.session, opened.round.lots)["Acme"]
    form = {"seen": briefs.digest(draft, briefing.supply(draft.figures, "Acme", known))}
    opened.built(
        offer(("P1", "laptop", "A", 10, {"S": 100}), ("P2", "laptop", "A", 90, {"T": 100}), brand="Acme"),
        name="Eastern IT",
    )
    opened.session.commit()

    sent = browsers["lead"].post(f"{home}/brands/new?brand=Acme", data=form)

    assert sent.status_code == 409
    assert opened.session.scalar(select(BriefRelease.id)) is None


def test_a_brand_reads_what_would_be_its_own_from_the_rounded_figures_alone(table, opened):
    figures = drafted(opened).figures
    known = briefing.reaches(opened.session, opened.round.lots)

    acme, other = (briefing.supply(figures, brand, known[brand])["lots"] for brand in ("Acme", "Other"))

    low_a, low_b = (cell["low"] for cell in sorted(figures["lots"][0]["cells"], key=lambda cell: cell["groups"]))
    assert acme[0]["low"] == low_a + low_b
    assert acme[0]["traced"] == low_a * 60 // 100 + low_b * 80 // 100
    assert acme[0]["sites"] == 4
    assert (other[0]["low"], other[0]["traced"], other[0]["sites"]) == (low_a, low_a, 1)


def test_the_lead_makes_the_page_and_takes_it_as_a_file(table, opened):
    browsers, home = table
    listed = browsers["lead"].page(f"{home}/brands").text
    preview = browsers["lead"].page(f"{home}/brands/new?brand=Acme").text
    form = looked_at(browsers["lead"], home) | {"asked": "Let monitors in."}

    sent = browsers["lead"].post(f"{home}/brands/new?brand=Acme", data=form)

    opened.session.expire_all()
    release = opened.session.scalar(select(BriefRelease))
    page = browsers["lead"].page(f"{home}/brands/{release.public_id}").text
    book = PdfReader(io.BytesIO(browsers["lead"].get(f"{home}/brands/{release.public_id}/brief.pdf").data))
    text = " ".join(" ".join(one.extract_text() for one in book.pages).split())
    assert ("Acme" in listed, "What it means for Acme" in preview, sent.status_code) == (True, True, 303)
    assert (release.audience, release.brand) == ("brand", "Acme")
    assert "Made for Acme" in page
    assert len(book.pages) == 1
    picture = browsers["lead"].get(f"{home}/brands/{release.public_id}/brief.png").data
    assert picture[:4] == b"\x89PNG"
    wide, high = struct.unpack(">II", picture[16:24])
    assert abs(high / wide - 297 / 210) < 0.01, "one upright page"
    assert "What it means for Acme" in text
    assert not any(name in page + text for name in ("Other", "Southern IT", "Northern IT", "Lakeside", "Harbour"))


@pytest.mark.parametrize("role", ["member", "supplier", "monitor"])
def test_nobody_but_the_lead_sees_the_page_of_a_brand(table, opened, role):
    browsers, home = table
    browsers["lead"].post(f"{home}/brands/new?brand=Acme", data=looked_at(browsers["lead"], home))
    key = opened.session.scalar(select(BriefRelease.public_id))

    tails = (
        "/brands",
        "/brands/new?brand=Acme",
        f"/brands/{key}",
        f"/brands/{key}/brief.pdf",
        f"/brands/{key}/brief.png",
        f"/{key}",
        f"/{key}/brief.pdf",
    )
    assert [browsers[role].get(home + tail).status_code in (403, 404) for tail in tails] == [True] * len(tails)
    assert browsers[role].get(f"/public{home}/{key}").status_code == 404
    assert browsers["lead"].get(f"{home}/{key}").status_code == 404


def test_the_page_of_a_brand_is_withdrawn_at_its_own_address_alone(table, opened):
    browsers, home = table
    browsers["lead"].post(f"{home}/brands/new?brand=Acme", data=looked_at(browsers["lead"], home))
    key = opened.session.scalar(select(BriefRelease.public_id))
    withdrawn = select(BriefRelease.withdrawn_at)

    wrong = browsers["lead"].post(f"{home}/{key}/withdraw", data={"reason": "No."})
    before = opened.session.scalar(withdrawn)
    browsers["lead"].post(f"{home}/brands/{key}/withdraw", data={"reason": "No."})

    book = PdfReader(io.BytesIO(browsers["lead"].get(f"{home}/brands/{key}/brief.pdf").data))
    assert "Withdrawn on" in book.pages[0].extract_text()
    assert (wrong.status_code, before) == (404, None)
    assert opened.session.scalar(withdrawn) is not None


@pytest.mark.parametrize("state", ["cancelled", "closed", "archived"])
def test_the_page_of_a_brand_is_withdrawn_also_when_the_round_is_over(tied, opened, state):
    browsers, home = tied
    browsers["free"].post(f"{home}/brands/new?brand=Acme", data=looked_at(browsers["free"], home))
    key = opened.session.scalar(select(BriefRelease.public_id))
    opened.session.info["write"] = True
    opened.session.rollback()
    opened.round.state = state
    opened.session.commit()
    withdrawn = select(BriefRelease.withdrawn_reason)

    hidden = [browsers["tied"].get(f"{home}/brands/{key}").status_code]
    hidden.append(browsers["tied"].post(f"{home}/brands/{key}/withdraw", data={"reason": "No."}).status_code)
    listed = [key in browsers[who].get(f"{home}/brands").text for who in ("tied", "free")]
    offered = "Withdraw this brief" in browsers["free"].page(f"{home}/brands/{key}").text
    before = opened.session.scalar(withdrawn)
    browsers["free"].post(f"{home}/brands/{key}/withdraw", data={"reason": "Wrong."})

    opened.session.expire_all()
    assert (hidden, listed, offered, before) == ([404, 404], [False, True], True, "")
    assert opened.session.scalar(withdrawn) == "Wrong."
    assert browsers["free"].get(f"{home}/brands/new?brand=Acme").status_code != 200


def test_a_brand_that_nobody_offers_has_no_page(table):
    browsers, home = table

    assert browsers["lead"].get(f"{home}/brands/new?brand=Nobody").status_code == 404
    assert browsers["lead"].get(f"{home}/brands/new").status_code == 404
