"""What an agreement rests on: awards of the decision that counts, and what still forbids a signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from framework.award import addressees, ties
from framework.award.decision import current, winners
from framework.ground import conflicts
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.text import N_
from models.award import Award, AwardDecision, Challenge
from models.contract import Agreement
from models.people import User
from models.rounds import Round


def stands(round_: Round) -> ColumnElement[bool]:
    """Whether an award is one of the decision that counts, as a condition: the same as `winners`, without loading them."""
    of_round = AwardDecision.round_id == round_.id
    newest = select(func.max(AwardDecision.number)).where(of_round).scalar_subquery()
    counts = select(AwardDecision.id).where(
        of_round, AwardDecision.number == newest, AwardDecision.withdrawn_at.is_(None)
    )
    return Award.decision_id.in_(counts)


def count_without_agreement(session: Session, round_: Round) -> int:
    """How many awards have no agreement, in one query."""
    drafted = select(Agreement.id).where(Agreement.award_id == Award.id, Agreement.state != "cancelled")
    return session.scalar(select(func.count(Award.id)).where(stands(round_), ~drafted.exists())) or 0


def without_agreement(session: Session, round_: Round) -> list[Award]:
    """The awards for which no agreement is drafted, or only cancelled ones."""
    query = select(Agreement.award_id).where(Agreement.round_id == round_.id, Agreement.state != "cancelled")
    taken = set(session.scalars(query))
    return [award for award in winners(session, round_) if award.id not in taken]


def is_over(found: AwardDecision | None, *, now: dt.datetime) -> bool:
    """Whether the standstill of a decision has ended; letters and challenges are asked for elsewhere."""
    return found is not None and found.standstill_ends_at is not None and now >= found.standstill_ends_at


def require_told(session: Session, round_: Round, found: AwardDecision | None, actor: Actor) -> None:
    """Raise NotAllowed where nobody was told of a decision yet, and a tie to a bidder, or a statement still to be given, keeps the actor from it."""
    if found is not None and found.announced_at is None:
        ties.require_free(session, round_, actor)


def require_untied(session: Session, award: Award, user_id: int | None) -> None:
    """Raise NotAllowed where a stated tie to the contractor keeps a person of the lead from its agreement (SD3)."""
    if award.submission_id in conflicts.barred(session, user_id):
        raise NotAllowed(
            "conflict-of-interest",
            N_("A stated tie to this contractor keeps you from its agreement. Another person of the lead does it."),
            rule="SD3",
        )


def untied(session: Session, submissions: Iterable[int | None], users: Iterable[User]) -> list[User]:
    """Those of the people from whom no stated tie keeps any of these tenders and updates: whom a mail about them may reach (SD3)."""
    wanted = {number for number in submissions if number is not None}
    return [user for user in users if not wanted & conflicts.barred(session, user.id)]


def require_over(session: Session, round_: Round, *, now: dt.datetime) -> None:
    """Raise MoveRefused while the standstill of the decision runs, a letter has not left or a suspensive challenge runs (law L22, I36)."""
    found = current(session, round_)
    if found is None or found.standstill_ends_at is None:
        raise MoveRefused(
            "no-award", N_("No award decision stands: it was withdrawn, or its letters have not left."), rule="L22"
        )
    receipts = addressees.unnoted(session, found)
    if receipts:
        raise MoveRefused("letter-not-left", addressees.UNNOTED, rule="L22", receipts=receipts)
    if not is_over(found, now=now):
        raise MoveRefused(
            "standstill-runs",
            N_("The standstill runs until %(until)s. Nothing is signed before it has ended."),
            rule="L22",
            until=found.standstill_ends_at,
        )
    running = select(Challenge.id).where(
        Challenge.decision_id == found.id, Challenge.is_suspensive, Challenge.ended_at.is_(None)
    )
    if session.scalar(running.limit(1)) is not None:
        raise MoveRefused(
            "challenge-runs", N_("A suspensive challenge of the award is running. Nothing is signed."), rule="L22"
        )
