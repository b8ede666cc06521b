"""What an evaluator does alone: save own values, and make those of a tender final in one act; what the chair reopens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.chain.measures.scale import EVIDENCE
from framework.ground import audit, conflicts, lifecycle
from framework.ground.actors import Actor, roles_for, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.judging import claims, reminding, settling, taking_out, unchanged
from framework.judging.blind import LEFT_OUT, is_judged
from models.disclosure import Submission
from models.judging import CONFIDENCE, Assessment, Item, Verdict

SAVED = audit.declare("assessment.saved", "item")
LONGEST_MOTIVE = 4_000
MOST_CELLS = 200
MOST_SECONDS = 86_400
FROM_LEVEL = "E2"
"""The level from which the cells that an assessment stands on are noted."""
CENT = Decimal("0.01")

NO_VALUE, NO_MOTIVE, NO_SOURCE, ABOVE = "no_value", "no_motive", "no_source", "above"
"""What an assessment lacks before it may be final."""
LACKS: dict[str, str] = {
    NO_VALUE: N_("no level or points given"),
    NO_MOTIVE: N_("no motive given"),
    NO_SOURCE: N_("no cell noted that it stands on"),
    ABOVE: N_("higher than the evidence allows"),
}


@dataclass(frozen=True, slots=True)
class Values:
    """What an evaluator says of an item. `sources` None: leave the cells to the program, which notes those of the evidence."""

    level: str = ""
    points: Decimal | None = None
    confidence: str = ""
    motive: str = ""
    sources: Sequence[Sequence[Any]] | None = None
    seconds: int = 0
    """To be added to the time spent."""


@dataclass(frozen=True, slots=True)
class Own:
    """An evaluator's assessments of one tender, in the order of the items, with the ceiling of each as it was counted."""

    submission: Submission
    lines: tuple[tuple[Assessment, Item, Verdict | None], ...] = field(default=())


def own_of(session: Session, submission: Submission, user_id: int | None) -> Own:
    """What a person has to judge of a tender, nothing of one that is excluded; with criterion and lot, in one query."""
    query = (
        select(Assessment, Item, Verdict)
        .join(Item, Item.id == Assessment.item_id)
        .outerjoin(Verdict, Verdict.item_id == Item.id)
        .options(joinedload(Item.criterion), joinedload(Item.lot))
        .where(
            Assessment.submission_id == submission.id,
            Assessment.user_id == user_id,
            Assessment.state.not_in(LEFT_OUT),
            is_judged(),
        )
        .order_by(Item.position, Item.id)
    )
    return Own(submission, tuple((one, item, verdict) for one, item, verdict in session.execute(query)))


def save(session: Session, one: Assessment, told: Values, *, actor: Actor, now: dt.datetime) -> Assessment:
    """Save own values of an item; the first time it is begun. Nobody else sees them.

    Raises InvalidInput on a value outside the scale or above what the evidence allows, MoveRefused once it is final.
    """
    item = session.get_one(Item, one.item_id)
    _require_own(one, actor)
    if one.state == "assigned":
        lifecycle.move(session, one, "start", actor=actor, now=now, submission=item.submission)
        one.started_at = now
    elif one.state != "draft":
        raise MoveRefused("not-a-draft", N_("This assessment is final: it is not changed any more."))
    else:
        _may_start(session, one, item.submission, actor)
    ceiling = _ceiling(session, item)
    if told.level > ceiling:
        ceiling = _ceiling(session, item, anew=True)
    check(item, told, ceiling)
    one.level, one.points = told.level, told.points
    one.confidence, one.motive = told.confidence, told.motive.strip()
    one.sources = _cells(session, item, told)
    one.seconds = min(MOST_SECONDS, one.seconds + max(0, told.seconds))
    one.saved_at = now
    audit.record(session, SAVED, actor=actor, now=now, subject=one, item=item.public_id)
    return one


def lacking(one: Assessment, ceiling: str) -> tuple[str, ...]:
    """What an assessment still lacks before it may be final."""
    found = []
    if not one.level and one.points is None:
        found.append(NO_VALUE)
    if not one.motive:
        found.append(NO_MOTIVE)
    if one.level >= FROM_LEVEL and not one.sources:
        found.append(NO_SOURCE)
    if one.level and one.level > ceiling:
        found.append(ABOVE)
    return tuple(found)


def finish(session: Session, submission: Submission, *, actor: Actor, now: dt.datetime) -> int:
    """Make all own assessments of a tender final at once, and settle what that completes; how many.

    Raises MoveRefused where one of them still lacks something: then none is final.
    """
    mine = own_of(session, submission, actor.user_id)
    verdicts = settling.lock(session, [item.id for _one, item, _verdict in mine.lines], now=now)
    wanted = [(one, item) for one, item, _verdict in mine.lines if one.state in ("assigned", "draft")]
    if not wanted:
        raise MoveRefused("nothing-to-finish", N_("You have nothing of this tender that could be made final."))
    found = claims.load(session, submission.round, submission, [item for _one, item in wanted])
    short = [one for one, item in wanted if lacking(one, found[item.id].ceiling if item.id in found else "")]
    if short:
        raise MoveRefused(
            "not-ready",
            N_("%(count)s of your assessments of this tender are not ready. Nothing was made final."),
            count=len(short),
        )
    roles = roles_for(session, actor, wanted[0][0])
    barred = conflicts.barred(session, actor.user_id)
    for one, item in wanted:
        _note(verdicts[item.id], found.get(item.id))
        unchanged.note(verdicts[item.id], found.get(item.id))
        one.finished_at = now
        lifecycle.move(session, one, "finish", actor=actor, now=now, roles=roles, submission=submission, barred=barred)
    settling.settle(session, verdicts.values(), now=now)
    reminding.drop(session, submission.round, actor.user_id)
    return len(wanted)


def reopen(session: Session, one: Assessment, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Let an evaluator mend a final assessment while the others' values were not shown; the value it had is kept."""
    verdict = settling.lock(session, [one.item_id], now=now)[one.item_id]
    lifecycle.move(session, one, "reopen", actor=actor, now=now, motive=motive)
    session.flush()
    taking_out.lost(session, verdict, now=now)


def _ceiling(session: Session, item: Item, *, anew: bool = False) -> str:
    """The highest level that the evidence of an item allows, counted once for all items of its tender; blank for points.

    `anew` counts it again, for evidence may have come since: a row of a factory list that a person matched.
    """
    if not item.section:
        return ""
    verdict = settling.verdict_of(session, item.id)
    if verdict is not None and verdict.best_evidence and not anew:
        return verdict.best_evidence
    items = session.scalars(select(Item).where(Item.submission_id == item.submission_id)).all()
    found = claims.load(session, item.round, item.submission, items)
    verdicts = {one.item_id: one for one in session.scalars(select(Verdict).where(Verdict.item_id.in_(list(found))))}
    for number, claim in found.items():
        if number in verdicts:
            _note(verdicts[number], claim)
    return found[item.id].ceiling


def _note(verdict: Verdict, claim: claims.Claim | None) -> None:
    """Keep the facts beside a verdict: what the evidence allows, and how much of it there is."""
    if claim is not None:
        verdict.best_evidence, verdict.evidence_count = claim.ceiling, claim.count


def _cells(session: Session, item: Item, told: Values) -> list[list[Any]]:
    """The cells that an assessment stands on: as told, else those of the evidence that allows the level."""
    if told.sources is not None:
        return [list(cell) for cell in told.sources][:MOST_CELLS]
    if not item.section or told.level < FROM_LEVEL:
        return []
    return claims.load(session, item.round, item.submission, [item])[item.id].cells(told.level)[:MOST_CELLS]


def check(item: Item, told: Values, ceiling: str) -> None:
    """Refuse what is outside the scale of an item, or above what its evidence allows. Raises InvalidInput."""
    if told.level and (not item.section or told.level not in EVIDENCE):
        wrong = N_("Choose one of the levels.") if item.section else N_("This item takes points.")
        raise InvalidInput("level-unknown", wrong)
    if told.level > ceiling and told.level:
        raise InvalidInput(
            "level-above-evidence",
            N_("The evidence that was handed in allows %(ceiling)s at most."),
            ceiling=ceiling,
        )
    if told.points is not None:
        if item.section:
            raise InvalidInput("points-outside", N_("This item takes a level."))
        if not 0 <= told.points <= item.scale_max:
            raise InvalidInput("points-outside", N_("Give points from 0 to %(most)s."), most=item.scale_max)
        if told.points != told.points.quantize(CENT):
            raise InvalidInput("points-decimals", N_("Give points with two decimals at most."))
    if told.confidence and told.confidence not in CONFIDENCE:
        raise InvalidInput("confidence-unknown", N_("Choose how sure you are from the list."))
    if len(told.motive) > LONGEST_MOTIVE:
        raise InvalidInput("motive-too-long", N_("A motive has %(most)s characters at most."), most=LONGEST_MOTIVE)


def _require_own(one: Assessment, actor: Actor) -> None:
    if one.user_id != actor.user_id or one.member_id != actor.organisation_id:
        raise NotAllowed("not-your-assessment", N_("Only the evaluator changes an own assessment."), rule="I31")


def _may_start(session: Session, one: Assessment, submission: Submission, actor: Actor) -> None:
    """What must hold whenever an evaluator works on an assessment."""
    _require_own(one, actor)
    if submission.round.state != "judging":
        raise MoveRefused("not-judging", N_("This is possible only while the tenders are judged."))
    conflicts.require_stated(session, actor, submission.round, roles_in(session, actor, submission.round))
    if submission.id in conflicts.barred(session, actor.user_id):
        raise NotAllowed("conflict-of-interest", N_("A stated tie keeps you from judging this tender."), rule="I30")


def _start_guard(session: Session, one: Assessment, context: Context) -> None:
    _may_start(session, one, context.facts["submission"], context.actor)


def _finish_guard(session: Session, one: Assessment, context: Context) -> None:
    if context.facts["submission"].round.state != "judging":
        raise MoveRefused("not-judging", N_("This is possible only while the tenders are judged."))
    _require_own(one, context.actor)
    if one.submission_id in context.facts["barred"]:
        raise NotAllowed("conflict-of-interest", N_("A stated tie keeps you from judging this tender."), rule="I30")
    short = lacking(one, "E4")
    if short:
        raise MoveRefused("not-ready", N_("This assessment is not ready: %(label)s."), label=LACKS[short[0]])


def _reopen_guard(session: Session, one: Assessment, context: Context) -> None:
    context.require_motive()
    session.refresh(one.round, ["state"])
    if one.round.state != "judging":
        raise MoveRefused("not-judging", N_("This is possible only while the tenders are judged."))
    if one.others_seen_at is not None:
        raise MoveRefused(
            "others-seen", N_("This evaluator has seen the values of the others. Call moderation instead.")
        )


def _reopen_effect(session: Session, one: Assessment, context: Context) -> None:
    taking_out.keep(session, one, context, state=context.move.source)
    one.finished_at = None


lifecycle.register("assessment", "start", guard=_start_guard)
lifecycle.register("assessment", "finish", guard=_finish_guard)
lifecycle.register("assessment", "reopen", guard=_reopen_guard, effect=_reopen_effect)
