"""Give items to evaluators: by the program, by hand, by spreadsheet; always by the same act and the same rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import conflicts, lifecycle, permissions
from framework.ground.actors import SYSTEM, Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, RuleBroken
from framework.ground.lifecycle import Context
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import blind, items, judges, sharing, taking_out
from framework.judging.judges import Judge
from framework.judging.sharing import Evaluator, Shares, Work
from framework.judging.taking_out import OUT
from framework.rounds import settings, telling
from models.disclosure import Submission
from models.judging import Assessment, Item, Verdict
from models.people import User
from models.rounds import Round


@dataclass(frozen=True, slots=True)
class Change:
    """One evaluator comes to an item, or is taken from it."""

    item_id: int
    user_id: int
    is_added: bool


def needed(round_: Round) -> int:
    """How many evaluators of different members judge an item; frozen at publication."""
    return int(settings.value(round_, "min_evaluators"))


def counting(session: Session, round_: Round, *, all_tenders: bool = False) -> list[Assessment]:
    """The assessments of a round that count, in the order in which they were assigned."""
    query = select(Assessment).where(Assessment.round_id == round_.id, Assessment.state.not_in(OUT))
    return list(session.scalars(query.order_by(Assessment.id).execution_options(all_tenders=all_tenders)))


def work_of(found: Sequence[Item], held: Iterable[Assessment]) -> list[Work]:
    """Items as the sharing out takes them: those of one lot and brand of a tender are one sheet."""
    taken: dict[int, dict[int, int]] = {}
    for one in held:
        taken.setdefault(one.item_id, {})[one.user_id] = one.member_id
    sheets: dict[tuple[int, int, str], int] = {}
    return [
        Work(
            one.id,
            one.submission_id,
            sheets.setdefault((one.submission_id, one.lot_id, one.brand_key), len(sheets)),
            frozenset(one.languages),
            taken.get(one.id, {}),
        )
        for one in found
    ]


def share(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> Shares:
    """List what is to be judged and give every item the evaluators it lacks, evenly; who has an item keeps it.

    What cannot be filled is in the answer, with the reason. Raises NotAllowed, WrongPhase, MoveRefused.
    """
    _require(session, round_, actor)
    items.prepare(session, round_, actor=actor, now=now)
    found = items.of_round(session, round_, all_tenders=True)
    people = judges.able(session, round_)
    work = work_of(found, counting(session, round_, all_tenders=True))
    shares = sharing.share(work, _evaluators(session, round_, people), needed(round_))
    free = _free(session, actor, found)
    changes = [Change(item, user, is_added=True) for item, user in shares.pairs if item in free]
    _make(session, round_, changes, people, {one.id: one for one in found}, actor=actor, now=now)
    return Shares(
        tuple(pair for pair in shares.pairs if pair[0] in free),
        tuple(one for one in shares.lacks if one.item_id in free),
    )


def apply(
    session: Session, round_: Round, changes: Sequence[Change], motive: str, *, actor: Actor, now: dt.datetime
) -> int:
    """Make all of these changes or none; how many. Taking away is the chair's, with a motive, and the record keeps it.

    Raises NotFound for an item of another round or one that a conflict keeps from the actor, MoveRefused and InvalidInput.
    """
    _require(session, round_, actor)
    known = {one.id: one for one in items.of_round(session, round_, all_tenders=True)}
    if not {one.item_id for one in changes} <= _free(session, actor, list(known.values())):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    gone = [one for one in changes if not one.is_added]
    if gone and not motive.strip():
        raise InvalidInput(
            "motive-missing", N_("Say in a few words why, so that others can follow it later."), field="motive"
        )
    taking_out.hold(session, {one.item_id for one in changes})
    held = {(one.item_id, one.user_id): one for one in counting(session, round_)}
    for one in gone:
        assessment = held.get((one.item_id, one.user_id))
        if assessment is None:
            raise RuleBroken("stale", N_("The list has changed since you looked at it. Look at it again."))
        taking_out.void(session, assessment, motive.strip(), actor=actor, now=now)
    added = [one for one in changes if one.is_added]
    _make(session, round_, added, judges.able(session, round_), known, actor=actor, now=now)
    return len(changes)


def _evaluators(session: Session, round_: Round, people: Sequence[Judge]) -> list[Evaluator]:
    """As the sharing out takes people: nobody is given more of a tender of which it was shown what others found."""
    seen = blind.seen_by(session, round_) if round_.state == "judging" else {}
    found = [one.evaluator() for one in people]
    return [replace(one, barred=one.barred | seen.get(one.user_id, frozenset())) for one in found]


def _require(session: Session, round_: Round, actor: Actor) -> None:
    permissions.require(session, actor, Permission.JUDGING_SHARE, round_)
    conflicts.require_stated(session, actor, round_, roles_in(session, actor, round_))
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()


def _free(session: Session, actor: Actor, found: Sequence[Item]) -> set[int]:
    """The items of tenders that no conflict keeps from the actor."""
    barred = conflicts.barred(session, actor.user_id)
    return {one.id for one in found if one.submission_id not in barred}


def _make(
    session: Session,
    round_: Round,
    changes: Sequence[Change],
    people: Sequence[Judge],
    known: dict[int, Item],
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Assign, and mail whoever got something while the judging runs; before that the start of the judging mails."""
    by_user = {one.user.id: one for one in people}
    roles = roles_in(session, actor, round_)
    for change in changes:
        judge = by_user.get(change.user_id)
        if judge is None:
            raise MoveRefused(
                "not-able", N_("Only evaluators who have said whether they have a conflict can be given items.")
            )
        item = known[change.item_id]
        assessment = Assessment(
            state="",
            round=round_,
            item_id=item.id,
            submission_id=item.submission_id,
            scale_max=item.scale_max,
            user_id=judge.user.id,
            member_id=judge.member.id,
            assigned_at=now,
            created_at=now,
            created_by_id=actor.user_id,
            sources=[],
        )
        lifecycle.move(session, assessment, "assign", actor=actor, now=now, roles=roles, judge=judge, item=item)
    if round_.state == "judging":
        tell(session, round_, {one.user_id for one in changes}, now=now)


def tell(session: Session, round_: Round, users: Iterable[int], *, now: dt.datetime) -> None:
    """Mail evaluators that it is their turn (M9), each once with the number of items that wait."""
    query = select(Assessment.user_id, func.count()).where(
        Assessment.round_id == round_.id, Assessment.state.in_(("assigned", "draft")), blind.is_judged()
    )
    rows = session.execute(query.group_by(Assessment.user_id).execution_options(all_tenders=True))
    waiting = {user: count for user, count in rows}  # noqa: C416
    wanted = sorted(set(users) & set(waiting))
    for user in session.scalars(select(User).where(User.id.in_(wanted), User.disabled_at.is_(None)).order_by(User.id)):
        telling.tell(session, round_, [user], "judging_turn", now=now, count=waiting[user.id])


def _guard_assign(session: Session, assessment: Assessment, context: Context) -> None:
    """No conflict, an evaluator of the round, one of a member on the item (I31, I35, SD6, SD7), and blind (T44)."""
    judge: Judge = context.facts["judge"]
    if assessment.round.state not in ("opened", "judging"):
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))
    if assessment.submission_id in judge.barred:
        raise MoveRefused(
            "conflicted", N_("%(name)s has a conflict of interest there."), rule="SD3", name=judge.user.name
        )
    _require_unsettled(session, assessment, judge)
    query = select(Assessment.user_id, Assessment.member_id).where(
        Assessment.item_id == assessment.item_id, Assessment.state.not_in(OUT)
    )
    for user, member in session.execute(query):
        if user == assessment.user_id:
            raise MoveRefused("assigned-already", N_("%(name)s has this item already."), name=judge.user.name)
        if member == assessment.member_id:
            message = N_("Somebody of %(member)s judges this item already: one member, one voice.")
            raise MoveRefused("member-twice", message, rule="SD6", member=judge.member.name)


def _require_unsettled(session: Session, assessment: Assessment, judge: Judge) -> None:
    """Nobody comes to an item that has its verdict, nor to a tender of which it was shown what others found."""
    query = select(Verdict).where(Verdict.item_id == assessment.item_id).with_for_update()
    verdict = session.scalar(query.execution_options(populate_existing=True))
    if verdict is not None and verdict.state != "open":
        raise MoveRefused("verdict-given", N_("This item has its verdict already."))
    if assessment.round.state != "judging":
        return
    if blind.has_seen(session, assessment.round, assessment.user_id, assessment.submission_id):
        message = N_("%(name)s has seen what the others found of this tender.")
        raise MoveRefused("others-seen-before", message, name=judge.user.name)


def _assigned(session: Session, assessment: Assessment, context: Context) -> None:
    """Open the verdict of the item with its first evaluator."""
    item: Item = context.facts["item"]
    if session.scalar(select(Verdict.id).where(Verdict.item_id == item.id)) is None:
        verdict = Verdict(
            state="",
            round=assessment.round,
            item_id=item.id,
            submission_id=item.submission_id,
            scale_max=item.scale_max,
            created_at=context.now,
        )
        lifecycle.move(session, verdict, "open", actor=SYSTEM, now=context.now)


def lacking(found: Sequence[Item], held: Iterable[Assessment], each: int) -> dict[int, int]:
    """How many evaluators each item still lacks, by item; those that lack none are left out."""
    counts: dict[int, set[int]] = {}
    for one in held:
        counts.setdefault(one.item_id, set()).add(one.member_id)
    missing = {one.id: each - len(counts.get(one.id, ())) for one in found}
    return {number: count for number, count in missing.items() if count > 0}


def of_tender(found: Iterable[Item], submission: Submission) -> list[Item]:
    """The items of one tender."""
    return [one for one in found if one.submission_id == submission.id]


lifecycle.register("assessment", "assign", guard=_guard_assign, effect=_assigned)
lifecycle.register("verdict", "open")
