"""What a filled workbook of own assessments would change, and doing exactly that as a unit. It makes nothing final."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, conflicts
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.text import N_, storable
from framework.judging import assessing, claims, taking_out
from framework.judging.assessing import FROM_LEVEL, MOST_CELLS, Values
from framework.judging.blind import LEFT_OUT, is_judged
from framework.judging.own_sheet import Told, amount, base_of, digest, plain
from models.judging import Assessment, AssessmentVersion, Item, Verdict
from models.rounds import Round

SENT_BACK = audit.declare("assessment.sheet_taken", "count", "overwritten")
UNKNOWN = N_("this is no item of this round. Leave the first column as it was")
OTHERS = N_("this item is not yours to judge")
TWICE = N_("this item stands in a row above already")
NO_STAMP = N_("the last column does not say from which values this row was made. Leave it as it was")
IS_FINAL = N_("your assessment of it is final: it is not changed any more")
STALE = N_("The list has changed since you looked at it. Look at it again.")
ACT = "sheet"
"""The act under which the value of the page is kept where the evaluator chose that of the sheet."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a row changes of an assessment. `is_conflict`: it was changed on the page since the download as well."""

    one: Assessment
    item: Item
    told: Told
    is_conflict: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not taken over, and why as a sentence with what fills it; `item` where it is one's own."""

    told: Told
    why: str
    params: Mapping[str, object] = field(default_factory=dict)
    item: Item | None = None


@dataclass(slots=True)
class Found:
    """What a workbook would do; `same` rows change nothing."""

    changes: list[Change] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    same: int = 0


Line = tuple[Assessment, Item, Verdict | None]


def own_of_round(session: Session, round_: Round, actor: Actor) -> list[Line]:
    """The own assessments of a round, final ones too, in the order of tenders and items; none that a tie keeps away."""
    query = (
        select(Assessment, Item, Verdict)
        .join(Item, Item.id == Assessment.item_id)
        .outerjoin(Verdict, Verdict.item_id == Item.id)
        .options(joinedload(Item.criterion), joinedload(Item.lot), joinedload(Item.submission))
        .where(
            Assessment.round_id == round_.id,
            Assessment.user_id == actor.user_id,
            Assessment.member_id == actor.organisation_id,
            Assessment.state.not_in(LEFT_OUT),
            Assessment.submission_id.not_in(sorted(conflicts.barred(session, actor.user_id))),
            is_judged(),
        )
    )
    found = [(one, item, verdict) for one, item, verdict in session.execute(query)]
    return sorted(found, key=lambda line: (line[1].submission.receipt_seq or 0, line[1].position, line[1].id))


def open_of(lines: Sequence[Line]) -> list[Line]:
    """Those of them that are not final."""
    return [line for line in lines if line[0].state in ("assigned", "draft")]


def ceilings(
    session: Session, round_: Round, lines: Sequence[Line], wanted: Mapping[str, str] | None = None
) -> dict[int, str]:
    """The highest level that the evidence allows, by item: as counted before, else counted now, once a tender.

    It is counted anew as well where a higher level is `wanted` of an item (public id): evidence may have come since.
    """
    levels = wanted or {}
    found = {
        item.id: verdict.best_evidence
        for _one, item, verdict in lines
        if verdict and verdict.best_evidence and levels.get(item.public_id, "") <= verdict.best_evidence
    }
    missing: dict[int, list[Item]] = defaultdict(list)
    for _one, item, _verdict in lines:
        if item.section and item.id not in found:
            missing[item.submission_id].append(item)
    for some in missing.values():
        loaded = claims.load(session, round_, some[0].submission, some)
        found |= {number: claim.ceiling for number, claim in loaded.items()}
    return found


def compare(session: Session, round_: Round, told: Sequence[Told], actor: Actor) -> Found:
    """What these rows would change of the actor's own assessments, and which of them are refused."""
    lines = own_of_round(session, round_, actor)
    mine = {item.public_id: (one, item) for one, item, _verdict in lines}
    known = _of_others(session, round_, {row.item for row in told} - mine.keys(), actor)
    wanted = {row.item: row.level for row in told}
    most = ceilings(session, round_, [line for line in lines if line[1].public_id in wanted], wanted)
    found, seen = Found(), set[str]()
    for row in told:
        if row.item not in mine:
            found.refused.append(Refused(row, OTHERS if row.item in known else UNKNOWN))
            continue
        one, item = mine[row.item]
        why = _refusal(row, one, item, most.get(item.id, ""), seen)
        seen.add(row.item)
        if why is not None:
            found.refused.append(why)
        elif _is_same(row, one):
            found.same += 1
        else:
            found.changes.append(Change(one, item, row, _now(one) != base_of(row)))
    return found


def seal(changes: Sequence[Change]) -> str:
    """A hash over what a preview showed and what it was compared with, so that only what was seen is done."""
    facts = [[one.item.public_id, one.one.state, _now(one.one), _plan_of(one), one.is_conflict] for one in changes]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode("utf-8")).hexdigest()


def write_plan(changes: Sequence[Change]) -> str:
    """The changes as the form carries them to the act."""
    return json.dumps([_plan_of(one) for one in changes], ensure_ascii=False)


def read_plan(text: str) -> list[Told]:
    """The rows that the form carried. Raises InvalidInput."""
    try:
        rows = json.loads(text)
        return [
            Told(int(row), _text(item), _text(stamp), _text(level), _points(points), _text(sure), plain(_text(motive)))
            for row, item, stamp, level, points, sure, motive in rows
        ]
    except (ValueError, TypeError, OverflowError, InvalidOperation, RecursionError):
        raise InvalidInput("plan-unreadable", STALE) from None


def apply(
    session: Session,
    round_: Round,
    told: Sequence[Told],
    sealed: str,
    take: Collection[str],
    *,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Save what a preview showed, all of it or nothing; of what was changed on the page too, only the items in `take`.

    How many were saved. Raises RuleBroken where something was changed since the preview.
    """
    _hold(session, round_, actor)
    found = compare(session, round_, told, actor)
    if found.refused or sealed != seal(found.changes):
        raise RuleBroken("stale", STALE)
    wanted = [one for one in found.changes if not one.is_conflict or one.item.public_id in take]
    cells = _cells(session, round_, wanted)
    for change in wanted:
        one, row = change.one, change.told
        if change.is_conflict:
            _keep(session, one, actor, now)
        values = Values(row.level, row.points, row.confidence, row.motive, cells[change.item.id])
        assessing.save(session, one, values, actor=actor, now=now)
    if wanted:
        overwritten = sum(1 for one in wanted if one.is_conflict)
        audit.record(
            session, SENT_BACK, actor=actor, now=now, subject=round_, count=len(wanted), overwritten=overwritten
        )
    return len(wanted)


def _of_others(session: Session, round_: Round, named: Collection[str], actor: Actor) -> set[str]:
    """Which of these are items of the round, though not one's own; of tenders that a tie keeps away nothing is known."""
    barred = sorted(conflicts.barred(session, actor.user_id))
    query = select(Item.public_id).where(Item.round_id == round_.id, Item.submission_id.not_in(barred))
    return set(named) & set(session.scalars(query))


def _refusal(row: Told, one: Assessment, item: Item, most: str, seen: Collection[str]) -> Refused | None:
    if row.item in seen:
        return Refused(row, TWICE, {}, item)
    if not base_of(row):
        return Refused(row, NO_STAMP, {}, item)
    if row.problem is not None:
        return Refused(row, row.problem[0], row.problem[1], item)
    if _is_same(row, one):
        return None
    if one.state == "final":
        return Refused(row, IS_FINAL, {}, item)
    try:
        assessing.check(item, Values(row.level, row.points, row.confidence, row.motive), most)
    except InvalidInput as error:
        return Refused(row, error.message, error.params, item)
    return None


def _is_same(row: Told, one: Assessment) -> bool:
    """Whether a row says what is stored, or nothing else than when it was made."""
    says = digest(row.level, row.points, row.confidence, row.motive)
    return says in (_now(one), base_of(row))


def _now(one: Assessment) -> str:
    return digest(one.level, one.points, one.confidence, one.motive)


def _plan_of(change: Change) -> list[Any]:
    told = change.told
    points = None if told.points is None else str(told.points)
    return [told.row, told.item, told.stamp, told.level, points, told.confidence, told.motive]


def _text(told: Any) -> str:
    return storable(str(told))


def _points(told: Any) -> Decimal | None:
    return None if told is None else amount(str(told))


def _hold(session: Session, round_: Round, actor: Actor) -> None:
    """Hold the own assessments as they are now, after their verdicts as everybody does: what is compared is what is changed."""
    query = select(Assessment).where(Assessment.round_id == round_.id, Assessment.user_id == actor.user_id)
    taking_out.hold(session, session.scalars(query.with_only_columns(Assessment.item_id)).all())
    locked = query.order_by(Assessment.id).with_for_update().execution_options(populate_existing=True)
    session.scalars(locked).all()


def _cells(session: Session, round_: Round, changes: Sequence[Change]) -> dict[int, list[list[Any]]]:
    """The cells that each assessment stands on: those it had where its level stays, else those of the evidence for it."""
    found: dict[int, list[list[Any]]] = {}
    asked: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        level = change.told.level
        found[change.item.id] = list(change.one.sources) if level == change.one.level else []
        if level >= FROM_LEVEL and not found[change.item.id]:
            asked[change.item.submission_id].append(change)
    for some in asked.values():
        loaded = claims.load(session, round_, some[0].item.submission, [one.item for one in some])
        for one in some:
            found[one.item.id] = loaded[one.item.id].cells(one.told.level)[:MOST_CELLS]
    return found


def _keep(session: Session, one: Assessment, actor: Actor, now: dt.datetime) -> None:
    """Keep the value that stood on the page, where the evaluator chose that of the sheet."""
    query = select(func.count()).where(AssessmentVersion.assessment_id == one.id)
    session.add(
        AssessmentVersion(
            assessment_id=one.id,
            submission_id=one.submission_id,
            number=(session.scalar(query) or 0) + 1,
            at=now,
            by_id=actor.user_id,
            act=ACT,
            state=one.state,
            level=one.level,
            points=one.points,
            confidence=one.confidence,
            motive=one.motive,
            sources=list(one.sources),
            seconds=one.seconds,
        )
    )
