"""Whoever may confirm a proposal about a round is asked by mail, and reads who proposed it (M12b)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from framework.ground import proposals
from framework.rounds import deadline, moves, next_action, publication
from framework.rounds.next_action import Reader
from models.people import User
from models.records import Mail
from tests.rounds.ready import Ready

Propose = Callable[[Ready], object]


def facts(ready: Ready) -> dict[str, Any]:
    return {"actor": ready.first, "now": ready.build.clock()}


def readiness(ready: Ready) -> None:
    publication.propose_readiness(ready.build.session, ready.round, **facts(ready))


def the_publication(ready: Ready) -> None:
    ready.round.state = "ready"
    publication.propose_publication(ready.build.session, ready.round, notice_reference="N 1", **facts(ready))


def a_later_deadline(ready: Ready) -> None:
    publish(ready)
    later = ready.round.tender_deadline + dt.timedelta(days=1)
    deadline.propose(ready.build.session, ready.round, later, motive="A question came late.", **facts(ready))


def the_cancellation(ready: Ready) -> None:
    publish(ready)
    moves.propose_cancel(ready.build.session, ready.round, motive="No money.", **facts(ready))


def publish(ready: Ready) -> None:
    now = ready.build.clock()
    ready.round.state, ready.round.published_at, ready.round.frozen_hash = "published", now, "f" * 64
    ready.round.frozen_text = "{}"


@pytest.mark.parametrize(
    ("propose", "page"),
    [
        (readiness, "readiness"),
        (the_publication, "publish"),
        (a_later_deadline, "deadline"),
        (the_cancellation, "cancel"),
    ],
)
def test_the_other_people_of_the_lead_are_asked_and_told_when_it_lapses(
    build: Any, propose: Propose, page: str
) -> None:
    ready = Ready(build)

    propose(ready)

    build.session.flush()
    mails = build.session.scalars(select(Mail).where(Mail.template == "confirmation_needed")).all()
    first = build.session.get(User, ready.first.user_id)
    asked = {mail.recipient for mail in mails}
    assert ready.person_of(ready.second).email in asked
    assert first.email not in asked
    assert {mail.params["path"] for mail in mails} == {f"/rounds/{ready.round.public_id}/{page}"}
    assert all(mail.params["until"] and mail.params["proposer"] == ready.first.name for mail in mails)


def test_the_proposer_waits_and_the_second_person_reads_who_proposed(build: Any) -> None:
    ready = Ready(build)
    readiness(ready)
    build.session.flush()

    def step_of(actor: Any) -> Any:
        reader = Reader(actor, frozenset({"lead"}), build.clock())
        return next_action.next_step(build.session, ready.round, reader)

    assert step_of(ready.first).sentence.startswith("Waiting for a second person until")
    assert step_of(ready.second).params["name"] == ready.person_of(ready.first).name


def test_somebody_elses_proposal_comes_before_ones_own(build: Any) -> None:
    ready = Ready(build)
    publish(ready)
    session, now = ready.build.session, ready.build.clock()
    later = ready.round.tender_deadline + dt.timedelta(days=1)
    moves.propose_cancel(session, ready.round, motive="No money.", actor=ready.first, now=now)
    deadline.propose(session, ready.round, later, motive="A question.", actor=ready.second, now=now)

    step = next_action.next_step(session, ready.round, Reader(ready.first, frozenset({"lead"}), now))

    assert step is not None
    assert step.page.endswith("deadline")


def test_a_later_deadline_is_confirmed_before_the_present_one_passes(build: Any) -> None:
    ready = Ready(build)
    publish(ready)
    ready.round.tender_deadline = ready.build.clock() + dt.timedelta(days=2)

    a_later = ready.round.tender_deadline + dt.timedelta(days=7)
    deadline.propose(build.session, ready.round, a_later, motive="Questions.", **facts(ready))

    waiting = proposals.open_proposal(build.session, ready.round, "move_deadline", now=ready.build.clock())
    assert waiting.expires_at == ready.round.tender_deadline
