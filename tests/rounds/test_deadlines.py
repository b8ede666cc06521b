"""Deadlines move later only, by two persons, with a motive, one log entry and one mail for each interested party (L07c, T09)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from framework.ground import proposals
from framework.ground.errors import InvalidInput, MoveRefused
from framework.rounds import deadline, questions, telling
from models.records import AuditEvent, Mail
from models.rounds import DeadlineChange
from tests.rounds.asking import Tendering


@pytest.fixture
def tendering(build):
    made = Tendering(build)
    yield made
    made.session.close()


def moved(tendering, later, motive="Many questions."):
    """Propose as one person, confirm as another."""
    deadline.propose(
        tendering.session, tendering.round, later, motive=motive, actor=tendering.first, now=tendering.clock()
    )
    return deadline.confirm(tendering.session, tendering.round, actor=tendering.second, clock=tendering.clock)


def test_everybody_interested_gets_one_mail_and_the_text_fits_the_reader(tendering):
    tendering.invite(tendering.supplier)
    questions.ask(tendering.session, tendering.round, "A question?", actor=tendering.other, now=tendering.clock())
    evaluator = tendering.build.user(tendering.member)
    tendering.build.appoint(tendering.round, evaluator, tendering.member, "evaluator")
    tendering.build.appoint(tendering.round, tendering.user(tendering.buyer), tendering.member, "evaluator")

    moved(tendering, tendering.round.tender_deadline + dt.timedelta(days=1))

    told = [tendering.user(one).email for one in (tendering.asker, tendering.other, tendering.buyer)]
    assert tendering.addresses("deadline_moved") == sorted([*told, tendering.opener.email, evaluator.email])
    mails = tendering.session.scalars(select(Mail).where(Mail.template == "deadline_moved")).all()
    sends = {mail.recipient for mail in mails if mail.params["sends"]}
    assert sends == {tendering.user(one).email for one in (tendering.asker, tendering.other)}


class Schedules:
    """Random schedules of one round: what was done so far, and what must follow from it."""

    tried = 0


@pytest.mark.parametrize("backend", ["sqlite"])
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(min_value=-72, max_value=96),
            st.integers(min_value=0, max_value=60),
            st.sampled_from(["", " ", "Many questions.", "A holiday."]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_each_change_is_one_entry_with_its_motive_and_one_mail_each(tendering, steps):
    """Each step: by how many hours the deadline would move, after how many hours of waiting, with which motive."""
    session, round_ = tendering.session, tendering.round
    Schedules.tried += 1
    began = tendering.clock()
    round_.tender_deadline = began + dt.timedelta(hours=48)
    session.flush()
    parties = len(telling.interested(session, round_, now=began))
    for hours, waited, motive in steps:
        tendering.clock.forward(hours=waited)
        before, after = round_.tender_deadline, round_.tender_deadline + dt.timedelta(hours=hours)
        entries, mails, changes = counts(session)
        allowed = hours > 0 and tendering.clock() < before and bool(motive.strip())
        try:
            moved(tendering, after, motive)
            session.flush()
        except (MoveRefused, InvalidInput):
            assert not allowed
            assert counts(session) == (entries, mails, changes)
            assert round_.tender_deadline == before
            continue
        assert allowed
        assert counts(session) == (entries + 1, mails + parties, changes + 1)
        assert round_.tender_deadline == after
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.kind == "round.move_deadline").order_by(AuditEvent.seq.desc()).limit(1)
        ).one()
        assert event.data["motive"] == motive
        assert event.data["proposer"] == tendering.first.user_id != event.actor_id


def counts(session):
    """How many entries, mails and listed changes there are."""
    entries = session.scalar(select(func.count()).where(AuditEvent.kind == "round.move_deadline"))
    mails = session.scalar(select(func.count()).where(Mail.template == "deadline_moved"))
    return entries, mails, session.scalar(select(func.count()).select_from(DeadlineChange))


def test_the_public_page_lists_every_change_with_motive_and_time(tendering, client):
    first = deadline.first_deadline(tendering.session, tendering.round)
    moved(tendering, tendering.round.tender_deadline + dt.timedelta(days=1), "Many questions came.")
    tendering.clock.forward(hours=1)
    moved(tendering, tendering.round.tender_deadline + dt.timedelta(days=2), "A holiday <b>lies</b> between.")
    tendering.session.commit()

    page = client.page(tendering.public).text

    assert page.index("A holiday <b>lies</b> between.") < page.index("Many questions came.")
    assert page.count("23 Dec 2026") >= 1
    assert deadline.first_deadline(tendering.session, tendering.round) == first


def test_a_motive_beyond_all_measure_is_refused(tendering):
    with pytest.raises(InvalidInput) as refused:
        moved(tendering, tendering.round.tender_deadline + dt.timedelta(days=1), "x" * 2001)

    assert refused.value.field == "motive"


def test_a_proposal_is_asked_of_the_second_person_by_mail(tendering):
    deadline.propose(
        tendering.session,
        tendering.round,
        tendering.round.tender_deadline + dt.timedelta(days=1),
        motive="x",
        actor=tendering.first,
        now=tendering.clock(),
    )
    waiting = proposals.open_proposal(tendering.session, tendering.round, "move_deadline", now=tendering.clock())

    assert tendering.user(tendering.second).email in tendering.addresses("confirmation_needed")
    assert waiting.expires_at <= tendering.round.tender_deadline


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_pages_of_the_deadline_open_in_every_language(tendering, sign_in, language):
    moved(tendering, tendering.round.tender_deadline + dt.timedelta(days=1))
    tendering.session.commit()
    lead = sign_in(tendering.user(tendering.first), tendering.lead)
    lead.post(f"/language/{language}", data={"next": "/"})

    for page in ("/deadline", "/extend"):
        lead.page(tendering.here + page)
