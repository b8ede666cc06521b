"""Take assessments out: recused or voided, kept as a version, and out of every total at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.rounds import settings
from models.judging import Assessment, AssessmentVersion, Verdict, VerdictVersion
from models.rounds import Round

STATED = "conflict of interest stated"
OUT = ("recused", "voided")
Recount = Callable[[Session, Verdict, dt.datetime], None]
recounts: list[Recount] = []
"""Called with a verdict that lost an assessment: the rules of verdicts settle it anew, and the chain is told."""


def of_person(session: Session, round_: Round, actor: Actor, tenders: Collection[int], *, now: dt.datetime) -> int:
    """Take out what a person judges or has judged of these tenders, because of its own conflict; how many."""
    query = select(Assessment).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == actor.user_id,
        Assessment.submission_id.in_(sorted(tenders)),
        Assessment.state.not_in(OUT),
    )
    hold(session, session.scalars(query.with_only_columns(Assessment.item_id)).all())
    locked = query.order_by(Assessment.id).with_for_update().execution_options(populate_existing=True)
    found = list(session.scalars(locked))
    for one in found:
        if one.state == "final":
            lifecycle.move(session, one, "void", actor=SYSTEM, now=now, motive=STATED)
        else:
            roles = frozenset({"evaluator"})
            lifecycle.move(session, one, "recuse", actor=actor, now=now, motive=STATED, roles=roles, conflict=True)
    return len(found)


def void(session: Session, assessment: Assessment, motive: str, *, actor: Actor, now: dt.datetime) -> None:
    """The chair takes an assessment out, with a motive. Raises NotAllowed, MoveRefused."""
    hold(session, [assessment.item_id])
    session.refresh(assessment, with_for_update={"of": Assessment})
    lifecycle.move(session, assessment, "void", actor=actor, now=now, motive=motive)


def hold(session: Session, items: Collection[int]) -> None:
    """Lock the verdicts of items as they are now, before their assessments, as whoever finishes does."""
    query = select(Verdict).where(Verdict.item_id.in_(sorted(items))).order_by(Verdict.item_id)
    locked = query.with_for_update().execution_options(populate_existing=True, all_tenders=True)
    session.scalars(locked).all()


def _guard_recuse(session: Session, assessment: Assessment, context: Context) -> None:
    context.require_motive()
    if "chair" not in context.roles and assessment.user_id != context.actor.user_id:
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="chair")
    if not context.facts.get("conflict"):
        raise MoveRefused("no-conflict", N_("State the conflict first."))


def _guard_void(session: Session, assessment: Assessment, context: Context) -> None:
    context.require_motive()
    session.refresh(assessment.round, ["state"])
    if not context.actor.is_system and assessment.round.state not in ("opened", "judging"):
        raise MoveRefused("not-judging", N_("This is possible only while the tenders are judged."))


def _taken_out(session: Session, assessment: Assessment, context: Context) -> None:
    """Keep the values as a version, drop a draft from sight, and let the verdict lose what it stood on."""
    assessment.ended_at, assessment.end_motive = context.now, context.motive
    keep(session, assessment, context, state=context.move.source)
    if context.move.source != "final":
        assessment.level, assessment.points, assessment.confidence = "", None, ""
        assessment.motive, assessment.sources = "", []
    session.flush()
    _lost(session, assessment, now=context.now)


def keep(session: Session, assessment: Assessment, context: Context, *, state: str) -> None:
    """Write the values of an assessment down as they were in `state`."""
    query = select(func.count()).where(AssessmentVersion.assessment_id == assessment.id)
    session.add(
        AssessmentVersion(
            assessment_id=assessment.id,
            submission_id=assessment.submission_id,
            number=(session.scalar(query) or 0) + 1,
            at=context.now,
            by_id=context.actor.user_id,
            act=context.move.act,
            state=state,
            level=assessment.level,
            points=assessment.points,
            confidence=assessment.confidence,
            motive=assessment.motive,
            sources=list(assessment.sources),
            seconds=assessment.seconds,
        )
    )


def finals(session: Session, verdict: Verdict) -> list[Assessment]:
    """The final assessments that count for a verdict."""
    query = select(Assessment).where(Assessment.item_id == verdict.item_id, Assessment.state == "final")
    return list(session.scalars(query.order_by(Assessment.id)))


def _lost(session: Session, assessment: Assessment, *, now: dt.datetime) -> None:
    verdict = session.scalar(select(Verdict).where(Verdict.item_id == assessment.item_id).with_for_update())
    if verdict is not None:
        lost(session, verdict, now=now)


def lost(session: Session, verdict: Verdict, *, now: dt.datetime) -> None:
    """Let a verdict follow after one of its assessments was taken out, or opened again: it opens, or is counted anew."""
    if verdict.state in ("agreed", "in_moderation", "moderated") and not _holds(session, verdict):
        lifecycle.move(session, verdict, "reopen", actor=SYSTEM, now=now)
    for recount in recounts:
        recount(session, verdict, now)


def _holds(session: Session, verdict: Verdict) -> bool:
    """Whether enough evaluators have judged, and nobody who counts has yet to."""
    waiting = select(Assessment.id).where(
        Assessment.item_id == verdict.item_id, Assessment.state.in_(("assigned", "draft"))
    )
    enough = int(settings.value(verdict.round, "min_evaluators"))
    return len(finals(session, verdict)) >= enough and session.scalar(waiting.limit(1)) is None


def _guard_reopen(session: Session, verdict: Verdict, context: Context) -> None:
    if _holds(session, verdict):
        raise MoveRefused("enough-evaluators", N_("Enough evaluators have judged this item."))


def _reopened(session: Session, verdict: Verdict, context: Context) -> None:
    """Keep the value as a version: what was found without the one taken out is to be found anew."""
    query = select(func.count()).where(VerdictVersion.verdict_id == verdict.id)
    session.add(
        VerdictVersion(
            verdict_id=verdict.id,
            submission_id=verdict.submission_id,
            number=(session.scalar(query) or 0) + 1,
            at=context.now,
            by_id=context.actor.user_id,
            act=context.move.act,
            state=context.move.source,
            level=verdict.level,
            points=verdict.points,
            counted=verdict.counted,
            motive=verdict.motive,
        )
    )
    verdict.level, verdict.points, verdict.lowest, verdict.highest = "", None, "", ""
    verdict.points_lowest, verdict.points_highest, verdict.counted = None, None, 0
    verdict.motive, verdict.settled_at, verdict.moderated_by_id = "", None, None


lifecycle.register("assessment", "recuse", guard=_guard_recuse, effect=_taken_out)
lifecycle.register("assessment", "void", guard=_guard_void, effect=_taken_out)
lifecycle.register("verdict", "reopen", guard=_guard_reopen, effect=_reopened)
