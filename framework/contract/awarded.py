"""What an agreement rests on: the decision that counts, who won which lot, and what still forbids a signature."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.ground.errors import MoveRefused
from framework.ground.text import N_
from models.award import Award, AwardDecision, Challenge
from models.contract import Agreement
from models.disclosure import Submission
from models.rounds import Round


def decision(session: Session, round_: Round) -> AwardDecision | None:
    """The newest decision of a round; None where there is none or it was withdrawn."""
    query = select(AwardDecision).where(AwardDecision.round_id == round_.id).order_by(AwardDecision.number.desc())
    found = session.scalar(query.limit(1))
    return found if found is not None and found.withdrawn_at is None else None


def awards(session: Session, round_: Round) -> list[Award]:
    """The awards of the decision that counts, by lot."""
    counts = decision(session, round_)
    if counts is None:
        return []
    query = (
        select(Award)
        .options(joinedload(Award.lot), joinedload(Award.submission).joinedload(Submission.supplier))
        .where(Award.decision_id == counts.id)
        .order_by(Award.lot_id, Award.id)
        .execution_options(all_tenders=True)
    )
    return list(session.scalars(query))


def without_agreement(session: Session, round_: Round) -> list[Award]:
    """The awards for which no agreement is drafted, or only cancelled ones."""
    query = select(Agreement.award_id).where(Agreement.round_id == round_.id, Agreement.state != "cancelled")
    taken = set(session.scalars(query))
    return [award for award in awards(session, round_) if award.id not in taken]


def is_announced(found: AwardDecision | None) -> bool:
    """Whether the letters of a decision have left."""
    return found is not None and found.announced_at is not None


def require_over(session: Session, round_: Round, *, now: dt.datetime) -> None:
    """Raise MoveRefused while the standstill of the decision runs or a suspensive challenge does (law L22, I36)."""
    found = decision(session, round_)
    if found is None or found.standstill_ends_at is None:
        raise MoveRefused(
            "no-award", N_("No award decision stands: it was withdrawn, or its letters have not left."), rule="L22"
        )
    if now < found.standstill_ends_at:
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
