"""Close the judging: what must be settled first, by whom, and what follows: scores are fixed, the ranking is counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import conflicts, lifecycle
from framework.ground.actors import SYSTEM, Actor, roles_in
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_, Term
from framework.judging import blind, ranking, settling, taking_out
from framework.judging import conflicts as conflicts_stated
from framework.judging.points import CANNOT_BE_GIVEN, REASONS
from framework.judging.ranking import Counted
from framework.judging.starting import Fact
from framework.rounds import moves, publication
from models.disclosure import Submission
from models.judging import Assessment, Item, Verdict
from models.people import User
from models.rounds import Round

ADMITTED = ("in_review", "clarification_asked")
SETTLED = ("agreed", "moderated")
FROZEN = frozenset({"criteria", "lots", "settings"})
"""Parts of the frozen set in which criteria, their weights and the scoring table stand."""
WAITING, TALKS, UNSETTLED, ASKED, FREE, TERMS = "verdicts", "talks", "unsettled", "questions", "chair", "terms"
LONGEST_MOTIVE = 4_000
MOST_NAMED = 20
TIED = N_("A stated tie to a bidder keeps you from closing the judging. Another chair closes it.")


def readiness(session: Session, round_: Round, *, is_blind: bool = False) -> list[Fact]:
    """What must hold before the judging is closed. Counts are of all tenders; no tender is named.

    Whoever judges blind (`is_blind`) is not told where evaluators disagree, nor who is done: only how much is unsettled.
    """
    states = _states(session, round_)
    talks = states.get("in_moderation", 0)
    waiting = sum(count for state, count in states.items() if state not in SETTLED) - talks
    return [
        *([_unsettled(waiting + talks)] if is_blind else _verdicts(session, round_, waiting, talks)),
        _asked(len(_tenders(session, round_, ("clarification_asked",)))),
        _free(session, round_),
        Fact(
            TERMS,
            terms_hold(session, round_),
            N_("Criteria and scoring table are those that were published."),
            "lead",
        ),
    ]


def _unsettled(count: int) -> Fact:
    return Fact(
        UNSETTLED,
        not count,
        NN_("%(count)s item is without a settled verdict.", "%(count)s items are without a settled verdict.")
        if count
        else N_("Every item has its verdict."),
        "panel",
        {"count": count} if count else {},
    )


def _verdicts(session: Session, round_: Round, waiting: int, talks: int) -> list[Fact]:
    return [
        Fact(
            WAITING,
            not waiting,
            NN_("%(count)s item has no verdict yet.", "%(count)s items have no verdict yet.")
            if waiting
            else N_("Every item was judged by all its evaluators."),
            "evaluator",
            {"count": waiting} if waiting else {},
            _names(session, round_),
        ),
        Fact(
            TALKS,
            not talks,
            NN_(
                "%(count)s item is still to be settled in discussion.",
                "%(count)s items are still to be settled in discussion.",
            )
            if talks
            else N_("Nothing is left to discuss."),
            "chair",
            {"count": talks} if talks else {},
        ),
    ]


def _asked(asked: int) -> Fact:
    return Fact(
        ASKED,
        not asked,
        NN_(
            "%(count)s supplier was asked about its tender, and the question is not closed.",
            "%(count)s suppliers were asked about their tenders, and the questions are not closed.",
        )
        if asked
        else N_("No question to a supplier is open."),
        "chair",
        {"count": asked} if asked else {},
    )


def _free(session: Session, round_: Round) -> Fact:
    chairs = [user.id for user, roles in conflicts_stated.persons(session, round_) if "chair" in roles]
    holds = any(not is_barred(session, round_, user_id) for user_id in chairs)
    return Fact(
        FREE,
        holds,
        N_("A chair has no tie to any of the tenders that are judged.")
        if holds
        else N_("No chair is without a tie to the tenders that are judged. Name another one."),
        "lead",
    )


def is_barred(session: Session, round_: Round, user_id: int | None, *, states: tuple[str, ...] = ADMITTED) -> bool:
    """Whether a tie to a tender that is judged keeps a person from closing the judging."""
    judged = {one.id for one in _tenders(session, round_, states)}
    return bool(judged & conflicts.barred(session, user_id))


def is_settled(session: Session, round_: Round) -> bool:
    """Whether every item of the tenders that are judged has its verdict."""
    states = _states(session, round_)
    return bool(states) and all(state in SETTLED for state in states)


def terms_hold(session: Session, round_: Round) -> bool:
    """Whether criteria and scoring table still come to the hash that was frozen."""
    proof = publication.verify(session, round_)
    return proof.text_intact and not FROZEN & set(proof.differing)


def outside(session: Session, round_: Round) -> int:
    """How many moderated verdicts lie outside of the values that remain: the chair is told, and decides."""
    query = select(func.count()).select_from(settling.outside(round_).subquery())
    return session.scalar(query.execution_options(all_tenders=True)) or 0


def close(session: Session, round_: Round, motive: str, *, actor: Actor, now: dt.datetime) -> None:
    """Close the judging. Raises MoveRefused naming the first thing that is missing, NotAllowed for a chair with a tie."""
    # The round first, as for whoever shares out or states a tie: both lock it before the verdicts.
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.refresh(round_)
    items = select(Item.id).where(Item.round_id == round_.id)
    taking_out.hold(session, session.scalars(items.execution_options(all_tenders=True)).all())
    lifecycle.move(session, round_, "close_judging", actor=actor, now=now, motive=motive)


def _states(session: Session, round_: Round) -> dict[str, int]:
    """How many items of the tenders that are judged are in each state of a verdict; blank where there is none."""
    query = (
        select(func.coalesce(Verdict.state, ""), func.count())
        .select_from(Item)
        .join(Submission, Submission.id == Item.submission_id)
        .outerjoin(Verdict, Verdict.item_id == Item.id)
        .where(Item.round_id == round_.id, Submission.state.in_(ADMITTED))
        .group_by(Verdict.state)
    )
    return {row[0]: row[1] for row in session.execute(query.execution_options(all_tenders=True))}


def _names(session: Session, round_: Round) -> tuple[str, ...]:
    """Who has an assessment left to make final."""
    query = (
        select(User.name)
        .join(Assessment, Assessment.user_id == User.id)
        .join(Submission, Submission.id == Assessment.submission_id)
        .where(
            Assessment.round_id == round_.id,
            Assessment.state.in_(("assigned", "draft")),
            Submission.state.in_(ADMITTED),
        )
        .distinct()
        .order_by(User.name)
    )
    return tuple(session.scalars(query.execution_options(all_tenders=True)))


def _tenders(session: Session, round_: Round, states: tuple[str, ...]) -> list[Submission]:
    query = select(Submission).where(Submission.round_id == round_.id, Submission.state.in_(states))
    return list(session.scalars(query.order_by(Submission.id).execution_options(all_tenders=True)))


def _may_close(session: Session, round_: Round, context: Context) -> None:
    roles = roles_in(session, context.actor, round_)
    conflicts.require_stated(session, context.actor, round_, roles)
    if is_barred(session, round_, context.actor.user_id):
        raise NotAllowed("conflict-of-interest", TIED, rule="SD3")
    is_blind = not blind.sees_verdicts(session, round_, context.actor, roles)
    for fact in readiness(session, round_, is_blind=is_blind):
        if not fact.holds and fact.key != FREE:  # whoever closes is free
            params: dict[str, Any] = dict(fact.params)
            message = (
                fact.sentence
                if fact.key != TERMS
                else N_(
                    "Criteria or scoring table are no longer those that were published. The judging cannot be closed on them."
                )
            )
            raise MoveRefused(f"closing-{fact.key}", message, **params)
    counted = ranking.count(session, round_)
    if len(context.motive) > LONGEST_MOTIVE:
        raise MoveRefused("motive-too-long", N_("A motive has %(most)s characters at most."), most=LONGEST_MOTIVE)
    places, reasons = _not_given(session, round_, counted)
    if places and not context.motive.strip():
        raise MoveRefused(
            "points-not-given",
            N_("No points can be given for %(places)s: %(reasons)s. Say in a motive what becomes of it."),
            places=places,
            reasons=reasons,
        )
    context.facts["counted"] = counted


def _not_given(session: Session, round_: Round, counted: Sequence[Counted]) -> tuple[list[str], list[Term]]:
    """Where no points can be given (lot, criterion, tender; the first where they are many), and the reasons."""
    tenders = {one.id: one for one in _tenders(session, round_, ADMITTED)}
    criteria = {one.id: one.name for one in round_.criteria}
    found = [
        (each.lot.name, criteria[given.criterion_id], tenders[one.submission_id], given.reason)
        for each in counted
        for one in each.placed
        for given in one.given
        if given.reason in CANNOT_BE_GIVEN
    ]
    places = [
        f"{lot} · {criterion} · {tender.supplier.name} ({tender.receipt_number})"
        for lot, criterion, tender, _why in found
    ]
    reasons = dict.fromkeys(why for *_place, why in found)
    return places[:MOST_NAMED], [Term(REASONS[why], is_inside=False) for why in reasons]


def _closed(session: Session, round_: Round, context: Context) -> None:
    for submission in _tenders(session, round_, ("in_review",)):
        lifecycle.move(session, submission, "fix_scores", actor=SYSTEM, now=context.now)
    ranking.keep(session, round_, context.facts["counted"], context.motive, actor=context.actor, now=context.now)


def _fix_guard(session: Session, submission: Submission, context: Context) -> None:
    if submission.round.state != "award":
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))


lifecycle.register("submission_tender", "fix_scores", guard=_fix_guard)
moves.register("close_judging", _may_close, _closed)
