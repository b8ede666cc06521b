"""Blind first: whose values a person may see, and what of the verdicts. One place decides, every page and sheet asks it.

Nobody sees a value that is not final. An evaluator sees those of others about a tender once all own ones on it are final
and the evaluator asked to see them; that moment is kept (`others_seen_at`), for from then on nothing own is reopened.
Whoever has nothing of a tender to judge waits until nothing own is left to do in the round.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, conflicts
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotFound
from framework.ground.text import N_
from models.disclosure import Submission
from models.judging import Assessment
from models.rounds import Round

LOOKED = audit.declare("assessment.looked", "receipt", "count")
LEFT_OUT = ("recused", "voided")
JUDGES = frozenset({"lead", "chair", "evaluator"})


def own(session: Session, round_: Round, user_id: int | None) -> list[Assessment]:
    """The counting assessments of a person in a round."""
    query = select(Assessment).where(
        Assessment.round_id == round_.id, Assessment.user_id == user_id, Assessment.state.not_in(LEFT_OUT)
    )
    return list(session.scalars(query.order_by(Assessment.id)))


def open_to(
    session: Session, round_: Round, actor: Actor, roles: Collection[str], submissions: Sequence[int]
) -> frozenset[int]:
    """Of which of these tenders (numbers) a person may see the final values of others."""
    if not JUDGES & frozenset(roles):
        return frozenset()
    mine: dict[int, list[Assessment]] = defaultdict(list)
    held = own(session, round_, actor.user_id)
    for one in held:
        mine[one.submission_id].append(one)
    is_done = all(one.state == "final" for one in held)
    barred = conflicts.barred(session, actor.user_id)
    return frozenset(
        number
        for number in submissions
        if number not in barred
        and (all(one.others_seen_at is not None for one in mine[number]) if mine[number] else is_done)
    )


def sees_verdicts(session: Session, round_: Round, user_id: int | None) -> bool:
    """Whether a person may see what was found together anywhere in a round: not while anything own is blind."""
    query = select(Assessment.id).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == user_id,
        Assessment.state.not_in(LEFT_OUT),
        Assessment.others_seen_at.is_(None),
    )
    return session.scalar(query.limit(1)) is None


def look(session: Session, submission: Submission, *, actor: Actor, now: dt.datetime) -> int:
    """Let an evaluator see the others' values about a tender; refused while anything own of it is not final.

    How many own assessments this fixes for good. Raises NotFound where there is none.
    """
    mine = [one for one in own(session, submission.round, actor.user_id) if one.submission_id == submission.id]
    if not mine:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if any(one.state != "final" for one in mine):
        raise MoveRefused(
            "own-not-final",
            N_("Make your own assessments of this tender final first. Then you see those of the others."),
        )
    fresh = [one for one in mine if one.others_seen_at is None]
    for one in fresh:
        one.others_seen_at = now
    if fresh:
        audit.record(
            session,
            LOOKED,
            actor=actor,
            now=now,
            subject=submission,
            receipt=submission.receipt_number,
            count=len(fresh),
        )
    return len(fresh)
