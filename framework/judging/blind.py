"""Blind first: whose values a person may see, and what of the verdicts. One place decides, every page and sheet asks it.

Nobody sees a value that is not final. An evaluator sees those of others about a tender once all own ones on it are final
and the evaluator asked to see them; that moment is kept (`others_seen_at`), for from then on nothing own is reopened.
Whoever has nothing of a tender to judge waits until nothing own is left to do in the round; an evaluator also until nobody
has anything of that tender left to do, for until then it may be given items of it. Once the judging is over nothing is blind.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from framework.ground import audit, conflicts
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotFound
from framework.ground.text import N_
from models.disclosure import Submission
from models.judging import Assessment
from models.people import Appointment, RoleGrant
from models.ranking import Ranking, RankingLine
from models.records import AuditEvent
from models.rounds import Round
from models.signons import SignOn

LOOKED = audit.declare("assessment.looked", "receipt", "count")
LEFT_OUT = ("recused", "voided")
JUDGES = frozenset({"lead", "chair", "evaluator"})


def is_judged() -> ColumnElement[bool]:
    """Whether an assessment is of a tender that is judged: one that was excluded after the sharing out waits for nobody."""
    tender = Submission.__table__.c
    excluded = select(tender.id).where(tender.id == Assessment.submission_id, tender.state == "excluded")
    return ~excluded.exists()


def own(session: Session, round_: Round, user_id: int | None) -> list[Assessment]:
    """The counting assessments of a person in a round."""
    query = select(Assessment).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == user_id,
        Assessment.state.not_in(LEFT_OUT),
        is_judged(),
    )
    return list(session.scalars(query.order_by(Assessment.id)))


def open_to(
    session: Session, round_: Round, actor: Actor, roles: Collection[str], submissions: Sequence[int]
) -> frozenset[int]:
    """Of which of these tenders (numbers) a person may see the final values of others."""
    if not JUDGES & frozenset(roles):
        return frozenset()
    barred = conflicts.barred(session, actor.user_id)
    if round_.state != "judging":
        return frozenset(submissions) - barred
    mine: dict[int, list[Assessment]] = defaultdict(list)
    held = own(session, round_, actor.user_id)
    for one in held:
        mine[one.submission_id].append(one)
    is_done = all(one.state == "final" for one in held)
    running = _running(session, round_) if "evaluator" in roles else frozenset()
    return frozenset(
        number
        for number in submissions
        if number not in barred
        and (
            all(one.others_seen_at is not None for one in mine[number])
            if mine[number]
            else is_done and number not in running
        )
    )


def sees_verdicts(session: Session, round_: Round, actor: Actor, roles: Collection[str]) -> bool:
    """Whether a person may see what was found together anywhere in a round.

    Not while anything own is blind, and an evaluator not while others judge a tender of which it has nothing. While the
    judging runs those who have no part in it see nothing of it.
    """
    if round_.state != "judging":
        return True
    if not JUDGES & frozenset(roles):
        return False
    held = own(session, round_, actor.user_id)
    if any(one.others_seen_at is None for one in held):
        return False
    if "evaluator" not in roles:
        return True
    mine = {one.submission_id for one in held}
    return not _running(session, round_) - mine - conflicts.barred(session, actor.user_id)


def _running(session: Session, round_: Round) -> frozenset[int]:
    """The tenders of which somebody has an assessment left to do."""
    query = select(Assessment.submission_id).where(
        Assessment.round_id == round_.id, Assessment.state.in_(("assigned", "draft")), is_judged()
    )
    return frozenset(session.scalars(query.distinct().execution_options(all_tenders=True)))


def seen_by(session: Session, round_: Round) -> dict[int, frozenset[int]]:
    """Of which tenders (numbers) each person was shown the values of others, also by an assessment that counts no more."""
    query = select(Assessment.user_id, Assessment.submission_id).where(
        Assessment.round_id == round_.id, Assessment.others_seen_at.is_not(None)
    )
    found: dict[int, set[int]] = defaultdict(set)
    for user, submission in session.execute(query.distinct().execution_options(all_tenders=True)):
        found[user].add(submission)
    for between, _who in _open_in_between(round_):
        for user, submission in session.execute(between.execution_options(all_tenders=True)):
            found[user].add(submission)
    return {user: frozenset(numbers) for user, numbers in found.items()}


def has_seen(session: Session, round_: Round, user_id: int, submission_id: int) -> bool:
    """The same for one person and one tender."""
    told = select(Assessment.id).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == user_id,
        Assessment.submission_id == submission_id,
        Assessment.others_seen_at.is_not(None),
    )
    if session.scalar(told.limit(1).execution_options(all_tenders=True)) is not None:
        return True
    return any(
        session.execute(
            query.where(who == user_id, RankingLine.submission_id == submission_id)
            .limit(1)
            .execution_options(all_tenders=True)
        ).first()
        is not None
        for query, who in _open_in_between(round_)
    )


def _open_in_between(round_: Round) -> list[tuple[Select[int, int], InstrumentedAttribute[int]]]:
    """Persons and tenders of a round whose judging was closed before, with the column of the person.

    Whoever was on the panel by then, led the round or belonged to one of its members could read what was found.
    """
    signed = select(SignOn.organisation_id).where(SignOn.round_id == round_.id)
    reads = ((RoleGrant.role == "lead") & (RoleGrant.organisation_id == round_.organisation_id)) | (
        (RoleGrant.role == "member") & RoleGrant.organisation_id.in_(signed)
    )
    return [
        (
            _of_rankings(Appointment.user_id, Appointment, Appointment.round_id == round_.id, round_),
            Appointment.user_id,
        ),
        (_of_rankings(RoleGrant.user_id, RoleGrant, reads, round_), RoleGrant.user_id),
    ]


def _of_rankings(
    who: InstrumentedAttribute[int],
    held: type[Appointment] | type[RoleGrant],
    condition: ColumnElement[bool],
    round_: Round,
) -> Select[int, int]:
    """Each person that held something when a ranking was counted, with each tender in that ranking."""
    return (
        select(who, RankingLine.submission_id)
        .select_from(held)
        .join(Ranking, held.created_at <= Ranking.counted_at)
        .join(RankingLine, RankingLine.ranking_id == Ranking.id)
        .where(condition, Ranking.round_id == round_.id)
        .distinct()
    )


def kept_from(actor: Actor) -> ColumnElement[bool]:
    """The events of a record that tell somebody who still judges blind what others found, or why."""
    told = ("assessment.finish", "assessment.reopen", "assessment.void")
    mine = Assessment.__table__.c
    own_ones = select(mine.public_id).where(mine.user_id == actor.user_id)
    of_others = and_(AuditEvent.kind.in_(told), AuditEvent.subject_id.not_in(own_ones))
    return or_(AuditEvent.subject_type.in_(("verdict", "remark")), of_others)


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
