"""How one supplier's list was read, offered to another: from opened files alone, by the same lead or shared by a lead."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, update

from framework.disclosure import releasing, shared_columns
from framework.ground.errors import MoveRefused, NotAllowed
from models.disclosure import SharedColumns, Submission
from models.records import AuditEvent
from models.rounds import Round
from tests.disclosure.test_choosing_columns import MEANING, STRANGE
from tests.disclosure.test_pages import Tender
from tests.memory import remembered


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    found = Tender(session, build, clock, sign_in)
    found.send(STRANGE.encode(), name="sites.csv")
    found.browser.send(f"{found.version()}/columns", MEANING)
    return found


def open_it(tender) -> None:
    """The first supplier's submission and its round are opened."""
    session = tender.writing()
    for submission in session.scalars(select(Submission)):
        releasing.release(session, submission)
    session.execute(update(Submission).values(state="opened", opened_at=tender.clock.now))
    session.execute(update(Round).where(Round.id == tender._ids[0]).values(state="opened"))
    session.commit()


def another(tender, lead=None) -> tuple[object, str]:
    """Another supplier that sent a list of the same form in another round: its browser, and the page of its columns."""
    tender.writing()
    lead = lead(tender) if lead else tender.round.organisation
    deadline = tender.clock.now + dt.timedelta(minutes=30)
    round_ = tender.build.round(lead, state="published", tender_deadline=deadline)
    home = f"/rounds/{round_.public_id}/disclosure"
    browser = tender.person(tender.build.organisation("supplier"))
    tender_home, tender.home = tender.home, home
    tender.send(STRANGE.encode(), name="mine.csv", browser=browser)
    tender.home = tender_home
    newest = tender.session.scalars(select(Submission).order_by(Submission.id.desc())).first()
    return browser, f"{home}/{newest.public_id}"


def other_lead(tender):
    return tender.build.organisation("buyer")


def newest(tender) -> Submission:
    tender.session.rollback()
    return tender.session.scalars(select(Submission).order_by(Submission.id.desc())).first()


OFFER = "A list with the same column names was read differently before"


def test_a_mapping_of_a_sealed_file_is_offered_to_nobody(tender):
    browser, version = another(tender)

    assert OFFER not in browser.page(f"{version}/columns").text
    assert browser.post(f"{version}/columns/offered").status_code == 409


def test_after_the_opening_it_is_offered_in_rounds_of_the_same_lead_and_taken_with_one_button(tender):
    open_it(tender)
    browser, version = another(tender)

    page = browser.page(f"{version}/columns").text
    browser.send(f"{version}/columns/offered")

    assert OFFER in page
    assert "Example Reseller" not in page
    assert (newest(tender).verdict, newest(tender).format) == ("countable", "site-list")


def test_another_leads_rounds_get_it_only_once_it_is_shared(tender):
    open_it(tender)
    browser, version = another(tender, other_lead)
    before = browser.page(f"{version}/columns").text
    tender.writing()
    lead = tender.person(tender.round.organisation)
    opened = tender.session.scalars(select(Submission).order_by(Submission.id)).first().public_id
    page = f"{tender.here}/submissions/{opened}"
    offered = lead.page(page).text
    lead.send(f"{page}/columns")
    after = browser.page(f"{version}/columns").text
    lead.send(f"{page}/columns/end")

    shared = select(AuditEvent.kind).where(AuditEvent.kind.contains(".columns_")).order_by(AuditEvent.seq)
    kinds = tender.session.scalars(shared).all()
    assert "Share how it is read" in offered
    assert (OFFER in before, OFFER in after) == (False, True)
    assert OFFER not in browser.page(f"{version}/columns").text
    assert kinds == ["submission_tender.columns_shared", "submission_tender.columns_unshared"]


def test_a_sealed_file_cannot_be_shared_and_only_the_lead_shares(tender):
    session = tender.writing()
    submission = session.scalars(select(Submission)).first()
    lead = tender.build.person(tender.round.organisation)
    member = tender.build.person(tender.build.sign_on(tender.round, state="confirmed").organisation)
    session.execute(update(Round).where(Round.id == tender._ids[0]).values(state="opened"))
    session.refresh(submission.round)

    with pytest.raises(MoveRefused) as refused:
        shared_columns.share(session, submission, actor=lead, now=tender.clock.now)
    with pytest.raises(NotAllowed):
        shared_columns.share(session, submission, actor=member, now=tender.clock.now)

    assert refused.value.code == "columns-sealed"
    assert session.scalar(select(func.count()).select_from(SharedColumns)) == 0
