"""Mandates and a virus scanner: turned away at the door, kept waiting while it is away, put away when found later."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from models.records import AuditEvent, Mail, StoredFile
from models.signons import SignOn
from tests.clamd import NAME, eicar, scan_the_rest
from tests.memory import remembered
from tests.signons.test_pages import form

PDF = b"%PDF-1.4 signed"
BAD_PDF = PDF + eicar()


@pytest.fixture
@remembered
def joined(build, sign_in):
    """A round with one interested member; browsers of its lead and of the member."""
    round_ = build.round(state="sign_on", data_agreement="Keep it to yourselves.")
    sign_on = build.sign_on(round_)
    lead, member = build.user(round_.organisation), build.user(sign_on.organisation)
    return round_, sign_on, sign_in(lead, round_.organisation), sign_in(member, sign_on.organisation)


def kept(session):
    session.rollback()
    return session.scalars(select(StoredFile).order_by(StoredFile.id)).all()


def hand_in(joined, content, status=200):
    round_, sign_on, _lead, member = joined
    values = form(sign_on, document=(io.BytesIO(content), "our mandate.pdf"))
    return member.send(f"/rounds/{round_.public_id}/sign-on/mandate", values, status)


def test_a_clean_mandate_is_taken_and_given_to_the_lead(session, joined, clamd):
    round_, sign_on, lead, _member = joined
    here = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}"

    hand_in(joined, PDF)

    answer = lead.get(f"{here}/mandate")
    got = answer.get_data()
    answer.close()
    assert [one.scan for one in kept(session)] == ["clean"]
    assert got == PDF
    assert "Scanned for viruses, nothing found." in lead.page(here).text


def test_an_infected_mandate_is_turned_away_and_the_attempt_written_down(session, joined, clamd):
    page = hand_in(joined, BAD_PDF, status=422)

    denied = session.scalars(select(AuditEvent).where(AuditEvent.outcome == "denied")).all()
    assert NAME in page.text
    assert "send a clean copy" in page.text
    assert kept(session) == []
    assert [event.data["code"] for event in denied] == ["file-infected"]


def test_a_mandate_waits_for_a_scanner_that_is_away_and_is_given_once_it_was_scanned(session, joined, away, app, clock):
    round_, sign_on, lead, _member = joined
    here = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}"
    hand_in(joined, PDF)
    waiting, said = lead.get(f"{here}/mandate"), lead.page(here)
    away.mode = "scan"

    scan_the_rest(app, clock)

    answer = lead.get(f"{here}/mandate")
    answer.close()
    assert waiting.status_code == 409
    assert "Waiting for the virus scanner." in said.text
    assert answer.status_code == 200


def test_a_mandate_found_infected_later_is_put_away_and_the_lead_told_whose_it_is(session, joined, away, app, clock):
    round_, sign_on, lead, member = joined
    number, name = sign_on.id, sign_on.organisation.name
    here = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}"
    hand_in(joined, BAD_PDF)
    away.mode = "scan"

    scan_the_rest(app, clock)

    file = kept(session)[0]
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "file.quarantined")).one()
    mails = session.scalars(select(Mail).where(Mail.template == "file_quarantined")).all()
    assert (file.scan, file.found) == ("infected", NAME)
    assert (event.subject_type, event.subject_id) == ("sign_on", session.get_one(SignOn, number).public_id)
    assert {mail.params["sender"] for mail in mails} == {name}
    assert [browser.get(f"{here}/mandate").status_code for browser in (lead, member)] == [409, 409]
    assert "It is in quarantine" in lead.page(here).text
