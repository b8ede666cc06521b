"""What evaluators find together: settled by rule when the last is final, else talked about, moderated, kept.

The rows of verdicts are locked before assessments change, so that of two who finish at once the second sees the first.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from framework.chain.measures import stored
from framework.ground import conflicts, lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.lifecycle import Context
from framework.ground.text import N_, key_of
from framework.judging import rule, taking_out, unchanged
from framework.rounds.settings import value
from models.chain import Product
from models.judging import Assessment, Dissent, Item, Verdict, VerdictVersion
from models.rounds import Round

Outcome = rule.Outcome[Any]
SETTLED = ("agreed", "moderated")
LONGEST_MOTIVE = 4_000
NUMBERS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Moderated:
    """What the chair writes down of a discussion: the value, why, and which members do not share it, with their words."""

    level: str = ""
    points: Decimal | None = None
    motive: str = ""
    dissents: Mapping[int, str] = field(default_factory=dict)


def verdict_of(session: Session, item_id: int) -> Verdict | None:
    """The verdict of an item."""
    return session.scalar(select(Verdict).where(Verdict.item_id == item_id))


def lock(session: Session, items: Collection[int], *, now: dt.datetime) -> dict[int, Verdict]:
    """The verdicts of these items, locked until the transaction ends, by item; one that is missing is opened."""
    wanted, found = sorted(items), dict[int, Verdict]()
    for start in range(0, len(wanted), NUMBERS_AT_ONCE):
        query = select(Verdict).where(Verdict.item_id.in_(wanted[start : start + NUMBERS_AT_ONCE]))
        locked = query.order_by(Verdict.item_id).with_for_update().execution_options(populate_existing=True)
        found |= {one.item_id: one for one in session.scalars(locked)}
    for number in wanted:
        if number not in found:
            item = session.get_one(Item, number)
            one = Verdict(
                round=item.round, item_id=item.id, submission_id=item.submission_id, scale_max=item.scale_max, state=""
            )
            lifecycle.move(session, one, "open", actor=SYSTEM, now=now)
            found[number] = one
    return found


def settle(session: Session, verdicts: Iterable[Verdict], *, now: dt.datetime) -> int:
    """Settle those open verdicts whose counted assessments are all final; how many left the state `open`."""
    waiting = [one for one in verdicts if one.state == "open"]
    if not waiting:
        return 0
    by_item = counted(session, [one.item_id for one in waiting])
    round_ = waiting[0].round
    done = [one for one in waiting if _settle(session, one, by_item.get(one.item_id, []), round_, now)]
    tell_chain(session, round_, [one.item_id for one in done], now=now)
    return len(done)


def counted(session: Session, items: Sequence[int]) -> dict[int, list[Assessment]]:
    """The assessments that count, final or not, by item."""
    found: dict[int, list[Assessment]] = defaultdict(list)
    for start in range(0, len(items), NUMBERS_AT_ONCE):
        query = select(Assessment).where(
            Assessment.item_id.in_(items[start : start + NUMBERS_AT_ONCE]),
            Assessment.state.not_in(("recused", "voided")),
        )
        for one in session.scalars(query.order_by(Assessment.id)):
            found[one.item_id].append(one)
    return found


def outcome_of(finals: Sequence[Assessment], round_: Round, scale_max: int) -> Outcome:
    """Where the final values of an item lead by the frozen rule."""
    needed = value(round_, "min_evaluators")
    if not scale_max:
        return rule.of_levels((one.level for one in finals), needed=needed, agree_spread=value(round_, "agree_spread"))
    pct = Decimal(value(round_, "agree_spread_points_pct"))
    points = [one.points for one in finals if one.points is not None]
    return rule.of_points(points, needed=needed, scale=Decimal(scale_max), agree_pct=pct)


def recount(session: Session, one: Verdict, now: dt.datetime) -> None:
    """Let a verdict follow from the assessments that count, after one was taken out.

    The others never lie further apart than before, so an agreed value stays agreed; a moderated one was found by people
    and stands until the chair calls it. Where it lies outside of what remains it keeps the range in which it was found,
    and the chair is told to look at it again (`outside`).
    """
    found = counted(session, [one.item_id]).get(one.item_id, [])
    if one.state == "open":
        settle(session, [one], now=now)
    elif (
        one.state in ("agreed", "in_moderation", "moderated") and found and all(each.state == "final" for each in found)
    ):
        keep(session, one, "recount", one.state, by_id=None, now=now)
        outcome = outcome_of(found, one.round, one.scale_max)
        if one.state == "moderated" and not _lies_within(one, outcome):
            one.counted = len(found)
        else:
            _range(one, outcome, len(found))
        if one.state == "agreed":
            _give(one, outcome, now)
    tell_chain(session, one.round, [one.item_id], now=now)


def outside(round_: Round) -> Select[int]:
    """The moderated verdicts (numbers) of a round that lie outside of the values that count, for some were taken out."""
    level, points = Assessment.level, Assessment.points
    is_lower = or_((Verdict.level != "") & (Verdict.level < func.min(level)), Verdict.points < func.min(points))
    is_higher = or_((Verdict.level != "") & (Verdict.level > func.max(level)), Verdict.points > func.max(points))
    return (
        select(Verdict.id)
        .join(Assessment, Assessment.item_id == Verdict.item_id)
        .where(Verdict.round_id == round_.id, Verdict.state == "moderated", Assessment.state == "final")
        .group_by(Verdict.id, Verdict.level, Verdict.points)
        .having(or_(is_lower, is_higher))
    )


def call_moderation(session: Session, one: Verdict, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """The chair has an item talked about although the rule would not ask for it."""
    one = lock(session, [one.item_id], now=now)[one.item_id]
    lifecycle.move(session, one, "call_moderation", actor=actor, now=now, motive=motive)
    tell_chain(session, one.round, [one.item_id], now=now)


def moderate(session: Session, one: Verdict, told: Moderated, *, actor: Actor, now: dt.datetime) -> None:
    """Write down the value found in discussion; the individual values stay as they are."""
    one = lock(session, [one.item_id], now=now)[one.item_id]
    lifecycle.move(session, one, "moderate", actor=actor, now=now, motive=told.motive, told=told)
    unchanged.note_anew(session, one)
    tell_chain(session, one.round, [one.item_id], now=now)


def keep(session: Session, one: Verdict, act: str, state: str, *, by_id: int | None, now: dt.datetime) -> None:
    """Keep the value that a verdict had in a state, before an act changes it."""
    number = session.scalar(select(func.count()).where(VerdictVersion.verdict_id == one.id)) or 0
    session.add(
        VerdictVersion(
            verdict_id=one.id,
            submission_id=one.submission_id,
            number=number + 1,
            at=now,
            by_id=by_id,
            act=act,
            state=state,
            level=one.level,
            points=one.points,
            counted=one.counted,
            motive=one.motive,
        )
    )


def tell_chain(session: Session, round_: Round, items: Sequence[int], *, now: dt.datetime) -> None:
    """Have the measures counted anew of the models that these items speak of."""
    claims = session.scalars(select(Item).where(Item.id.in_(items), Item.section != "")).all() if items else []
    if not claims:
        return
    wanted = {(one.submission_id, one.lot_id, one.brand_key) for one in claims}
    query = select(Product.id, Product.submission_id, Product.lot_id, Product.brand).where(
        Product.submission_id.in_({one.submission_id for one in claims})
    )
    products = [
        number
        for number, submission, lot, brand in session.execute(query)
        if (submission, lot, key_of(brand)) in wanted
    ]
    stored.products_changed(session, round_, products, now=now)


def _settle(session: Session, one: Verdict, assessments: Sequence[Assessment], round_: Round, now: dt.datetime) -> bool:
    if not assessments or any(assessment.state != "final" for assessment in assessments):
        return False
    found = outcome_of(assessments, round_, one.scale_max)
    if found.state == rule.OPEN:
        return False
    _range(one, found, len(assessments))
    if found.state == rule.UNDER_AGREEMENT:
        _give(one, found, now)
        lifecycle.move(session, one, "settle", actor=SYSTEM, now=now, assessments=assessments)
    else:
        lifecycle.move(session, one, "call_moderation", actor=SYSTEM, now=now, assessments=assessments)
    return True


def _give(one: Verdict, found: Outcome, now: dt.datetime) -> None:
    one.settled_at = now
    if one.scale_max:
        one.points = found.value
    else:
        one.level = str(found.value)


def _call_effect(session: Session, one: Verdict, context: Context) -> None:
    if one.settled_at is not None:
        with session.no_autoflush:
            keep(session, one, context.move.act, context.move.source, by_id=context.actor.user_id, now=context.now)
    _clear(one)
    one.called_motive = context.motive.strip()


def _clear(one: Verdict) -> None:
    """Take the value away; it stays among the earlier ones."""
    one.level, one.points, one.settled_at, one.motive, one.moderated_by_id = "", None, None, "", None


def _lies_within(one: Verdict, found: Outcome) -> bool:
    if one.scale_max:
        low, high = found.low or Decimal(0), found.high or Decimal(0)
        return one.points is not None and bool(low <= one.points <= high)
    return rule.is_within(one.level, str(found.low), str(found.high))


def _range(one: Verdict, found: Outcome, count: int) -> None:
    one.counted = count
    if one.scale_max:
        one.points_lowest, one.points_highest = found.low, found.high
    else:
        one.lowest, one.highest = str(found.low), str(found.high)


def _all_final(session: Session, one: Verdict, context: Context) -> list[Assessment]:
    told = context.facts.get("assessments")
    found = counted(session, [one.item_id]).get(one.item_id, []) if told is None else list(told)
    if not found or any(each.state != "final" for each in found):
        raise MoveRefused("not-all-final", N_("Not all assessments of this item are final yet."))
    if len(found) < value(one.round, "min_evaluators"):
        raise MoveRefused("too-few-final", N_("Fewer evaluators have judged this item than are needed."))
    return found


def _settle_guard(session: Session, one: Verdict, context: Context) -> None:
    found = _all_final(session, one, context)
    if outcome_of(found, one.round, one.scale_max).state != rule.UNDER_AGREEMENT:
        raise MoveRefused("too-far-apart", N_("The values lie too far apart to be settled by rule."))


def _call_guard(session: Session, one: Verdict, context: Context) -> None:
    found = _all_final(session, one, context)
    if context.actor.is_system:
        if outcome_of(found, one.round, one.scale_max).state != rule.IN_MODERATION:
            raise MoveRefused("not-far-apart", N_("The values are settled by rule."))
        return
    context.require_motive()
    _chair_may(session, one, found, context)
    _range(one, outcome_of(found, one.round, one.scale_max), len(found))


def _moderate_guard(session: Session, one: Verdict, context: Context) -> None:
    context.require_motive()
    told: Moderated = context.facts["told"]
    found = counted(session, [one.item_id]).get(one.item_id, [])
    _chair_may(session, one, found, context)
    if len(told.motive) > LONGEST_MOTIVE:
        raise InvalidInput("motive-too-long", N_("A motive has %(most)s characters at most."), most=LONGEST_MOTIVE)
    if not one.scale_max and not rule.is_within(told.level, one.lowest, one.highest):
        raise InvalidInput(
            "outside-the-range",
            N_("Give a value within the range of the individual ones: %(low)s to %(high)s."),
            low=one.lowest,
            high=one.highest,
        )
    if one.scale_max:
        low, high = one.points_lowest or Decimal(0), one.points_highest or Decimal(0)
        if told.points is None or not low <= told.points <= high or told.points != round(told.points, 2):
            raise InvalidInput(
                "outside-the-range",
                N_("Give a value within the range of the individual ones: %(low)s to %(high)s."),
                low=low,
                high=high,
            )
    members = {each.member_id for each in found}
    if any(member not in members for member in told.dissents):
        raise InvalidInput("dissent-unknown", N_("Only a member whose evaluator judged the item can dissent."))


def _moderate_effect(session: Session, one: Verdict, context: Context) -> None:
    told: Moderated = context.facts["told"]
    one.level, one.points = (told.level, None) if not one.scale_max else ("", told.points)
    one.motive, one.settled_at, one.moderated_by_id = told.motive.strip(), context.now, context.actor.user_id
    last = session.scalar(select(func.max(Dissent.number)).where(Dissent.verdict_id == one.id)) or 0
    for member, words in told.dissents.items():
        session.add(
            Dissent(
                verdict_id=one.id,
                submission_id=one.submission_id,
                number=last + 1,
                member_id=member,
                words=words.strip(),
                at=context.now,
                by_id=context.actor.user_id,
            )
        )


def _chair_may(session: Session, one: Verdict, found: Sequence[Assessment], context: Context) -> None:
    """The chair acts only while the round is judged, without a tie, and on what it did not judge itself."""
    round_ = one.round
    session.refresh(round_, ["state"])  # its verdicts are locked: whoever closed the judging meanwhile has done so
    if round_.state != "judging":
        raise MoveRefused("not-judging", N_("This is possible only while the tenders are judged."))
    if one.submission_id in conflicts.barred(session, context.actor.user_id):
        raise NotAllowed("conflict-of-interest", N_("A stated tie keeps you from judging this tender."), rule="SD3")
    is_own = any(each.user_id == context.actor.user_id for each in found)
    if is_own and not value(round_, "chair_may_assess"):
        raise NotAllowed(
            "own-item", N_("You judged this item yourself: another chair leads its discussion."), rule="SD7"
        )


lifecycle.register("verdict", "settle", guard=_settle_guard)
lifecycle.register("verdict", "call_moderation", guard=_call_guard, effect=_call_effect)
lifecycle.register("verdict", "moderate", guard=_moderate_guard, effect=_moderate_effect)
taking_out.recounts.append(recount)
