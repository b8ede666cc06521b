"""What an agreement rests on: awards of the decision that counts, and what still forbids a signature."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.award.decision import current, winners
from framework.ground.errors import MoveRefused
from framework.ground.text import N_
from models.award import Award, AwardDecision, Challenge
from models.contract import Agreement
from models.rounds import Round


def without_agreement(session: Session, round_: Round) -> list[Award]:
    """The awards for which no agreement is drafted, or only cancelled ones."""
    query = select(Agreement.award_id).where(Agreement.round_id == round_.id, Agreement.state != "cancelled")
    taken = set(session.scalars(query))
    return [award for award in winners(session, round_) if award.id not in taken]


def is_over(found: AwardDecision | None, *, now: dt.datetime) -> bool:
    """Whether the standstill of a decision has ended; a challenge is asked for elsewhere."""
    return found is not None and found.standstill_ends_at is not None and now >= found.standstill_ends_at


def require_over(session: Session, round_: Round, *, now: dt.datetime) -> None:
    """Raise MoveRefused while the standstill of the decision runs or a suspensive challenge does (law L22, I36)."""
    found = current(session, round_)
    if found is None or found.standstill_ends_at is None:
        raise MoveRefused(
            "no-award", N_("No award decision stands: it was withdrawn, or its letters have not left."), rule="L22"
        )
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
