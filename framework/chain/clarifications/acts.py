"""Ask suppliers about their own rows, take their answers, close the question; the offer itself never changes (law L19)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.chain.clarifications import notices
from framework.chain.clarifications.notices import ASKING
from framework.chain.clarifications.positions import Position
from framework.chain.contradictions import review
from framework.chain.contradictions.states import states_of
from framework.ground import audit, conflicts, lifecycle
from framework.ground.actors import Actor, roles_for, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, RuleBroken
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from models.base import random_id
from models.contradictions import (
    Clarification,
    ClarificationAnswer,
    ClarificationItem,
    Contradiction,
    ContradictionDecision,
)
from models.disclosure import Submission
from models.rounds import Round

ASKED = audit.declare("clarification.asked", "code", "items", "answer_by")
ANSWERED = audit.declare("clarification.answered", "late")
CLOSED = audit.declare("clarification.closed", "answered")
LONGEST_ANSWER = 4_000
LONGEST_MOTIVE = 1_000


def ask(
    session: Session,
    round_: Round,
    positions: Collection[Position],
    *,
    chosen: Collection[int],
    answer_by: dt.datetime | None,
    motive: str,
    actor: Actor,
    now: dt.datetime,
) -> list[Clarification]:
    """Send the same question to the chosen suppliers (numbers of submissions) of all that are in the same position.

    Each gets its own rows only. Raises MoveRefused without a later date, with nobody chosen, or where somebody in the
    same position is left out and nobody says why; NotAllowed where the round's state gives asking to somebody else.
    """
    asked = [one for one in positions if one.submission.id in set(chosen)]
    why = motive.strip()[:LONGEST_MOTIVE]
    if not asked:
        raise MoveRefused("nobody-chosen", N_("Choose at least one supplier."))
    about = sorted({item.contradiction for one in asked for item in one.items})
    _require_unasked(session, about)
    fair = {"answer_by": answer_by, "left_out": len(positions) - len(asked)}
    batch, made = random_id(), []
    for one in asked:
        conflicts.require_free(session, actor, one.submission)
        _move(session, round_, one.submission, why, actor, now, **fair)
        made.append(_send(session, one, batch, answer_by or now, why, actor, now))
    for number in about:
        session.add(ContradictionDecision(contradiction_id=number, act="ask", actor_id=actor.user_id, at=now))
    session.flush()
    return made


def answer(
    session: Session, one: Clarification, text: str, *, row: str, actor: Actor, now: dt.datetime
) -> ClarificationAnswer:
    """The supplier's answer, to be followed by others until the question is closed; `row` is the number of one of its rows.

    Raises NotFound to anybody but the supplier, MoveRefused once closed, InvalidInput without text or for a row that is not asked.
    """
    if "supplier" not in roles_for(session, actor, one):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    session.refresh(one, with_for_update=True)
    if one.closed_at is not None:
        raise MoveRefused("already-closed", N_("The question is closed. Nothing can be added to it."))
    said = text.strip()
    if not said:
        raise InvalidInput("answer-missing", N_("Write your answer."), field="text")
    if len(said) > LONGEST_ANSWER:
        message = N_("The answer is longer than %(limit)s characters. Shorten it.")
        raise InvalidInput("answer-too-long", message, field="text", limit=LONGEST_ANSWER)
    made = ClarificationAnswer(text=said, row_id=_own_row(session, one, row), user_id=actor.user_id, at=now)
    one.answers.append(made)
    session.flush()
    audit.record(session, ANSWERED, actor=actor, now=now, subject=one, late=now > one.answer_by)
    notices.was_answered(session, one, now=now)
    return made


def close(session: Session, one: Clarification, *, actor: Actor, now: dt.datetime) -> None:
    """Close a question that is answered, or whose date has passed; the last open one gives the submission back its state.

    Raises MoveRefused while neither is so, NotAllowed where the round's state gives closing to somebody else.
    """
    session.refresh(one, with_for_update=True)
    if one.closed_at is not None:
        raise MoveRefused("already-closed", N_("The question is closed. Nothing can be added to it."))
    _require_may(session, one.round, actor)
    _require_over(one, now)
    one.closed_at, one.closed_by_id = now, actor.user_id
    session.flush()
    submission = one.submission
    if submission.state == "clarification_asked" and not _running(session, submission):
        target = "opened" if one.round.state == "opened" else "in_review"
        lifecycle.move(session, submission, "close_clarification", actor=actor, now=now, target=target)
    audit.record(session, CLOSED, actor=actor, now=now, subject=one, answered=bool(one.answers))


def state_of(one: Clarification, now: dt.datetime) -> str:
    """How far a question is: closed, answered, overdue (its date passed in silence) or waiting."""
    if one.closed_at is not None:
        return "closed"
    if one.answers:
        return "answered"
    return "overdue" if now > one.answer_by else "waiting"


def end_of(day: dt.date, zone: str) -> dt.datetime:
    """The last minute of a day where the round is held: an answer of that day is in time."""
    return dt.datetime.combine(day, dt.time(23, 59), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def _move(
    session: Session, round_: Round, submission: Submission, why: str, actor: Actor, now: dt.datetime, **fair: Any
) -> None:
    """Give the submission its state; one that is asked already has it, and the same rules are asked without a move."""
    if submission.state == "clarification_asked":
        _require_may(session, round_, actor)
        _require_fair(motive=why, now=now, **fair)
    else:
        lifecycle.move(session, submission, "ask_clarification", actor=actor, now=now, motive=why, **fair)


def _send(
    session: Session, one: Position, batch: str, answer_by: dt.datetime, why: str, actor: Actor, now: dt.datetime
) -> Clarification:
    submission, round_ = one.submission, one.submission.round
    made = Clarification(
        public_id=random_id(),
        round_id=round_.id,
        submission_id=submission.id,
        supplier_id=submission.supplier_id,
        code=one.code,
        batch=batch,
        motive=why,
        answer_by=answer_by,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    session.add_all(
        ClarificationItem(
            clarification_id=made.id, contradiction_id=item.contradiction, row_id=item.row, says=dict(item.says)
        )
        for item in one.items
    )
    notices.was_asked(session, made, now=now)
    audit.record(
        session,
        ASKED,
        actor=actor,
        now=now,
        subject=made,
        code=one.code,
        items=len(one.items),
        answer_by=answer_by.isoformat(),
    )
    return made


def _require_unasked(session: Session, numbers: Collection[int]) -> None:
    """Nobody asked the same meanwhile, or decided otherwise."""
    review.lock(session, numbers)
    found = session.scalars(select(Contradiction).where(Contradiction.id.in_(numbers))).all()
    if set(states_of(session, found).values()) & {"asked", "dismissed", "settled"}:
        raise RuleBroken("stale", N_("The list has changed since you looked at it. Look at it again."))


def _own_row(session: Session, one: Clarification, row: str) -> int | None:
    if not row:
        return None
    query = select(ClarificationItem.row_id).where(
        ClarificationItem.clarification_id == one.id, ClarificationItem.row_id.is_not(None)
    )
    found = {str(number): number for number in session.scalars(query)}
    if row not in found:
        raise InvalidInput("row-not-asked", N_("Choose one of the rows that the question names."), field="row")
    return found[row]


def _require_may(session: Session, round_: Round, actor: Actor) -> None:
    """Ask the rule of the lifecycle table where the submission itself makes no move."""
    who = ASKING.get(round_.state)
    if who is None:
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))
    if who not in roles_in(session, actor, round_):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who=who)


def _require_fair(*, answer_by: dt.datetime | None, left_out: int, motive: str, now: dt.datetime) -> None:
    """Equal treatment: a later date, and the same question to all in the same position, or a reason (law L19)."""
    if answer_by is None or answer_by <= now:
        raise MoveRefused("date-missing", N_("Give a day that is still to come by which the suppliers answer."))
    if left_out and not motive:
        raise MoveRefused(
            "same-position",
            N_("Ask all suppliers in the same position, or say why one of them is not asked."),
            rule="L19",
        )


def _require_over(one: Clarification, now: dt.datetime) -> None:
    if not one.answers and now <= one.answer_by:
        raise MoveRefused("not-yet", N_("It is not answered, and its date has not passed."))


def _running(session: Session, submission: Submission) -> bool:
    query = select(func.count()).select_from(Clarification)
    here = (Clarification.submission_id == submission.id, Clarification.closed_at.is_(None))
    return bool(session.scalar(query.where(*here)))


def _guard_state(state: str, submission: Submission) -> None:
    if submission.round.state != state:
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))


def _guard_ask(_session: Session, submission: Submission, context: Context) -> None:
    _guard_state("opened" if context.move.source == "opened" else "judging", submission)
    facts = context.facts
    left_out = int(facts.get("left_out", 1))
    _require_fair(answer_by=facts.get("answer_by"), left_out=left_out, motive=context.motive, now=context.now)


def _guard_close(session: Session, submission: Submission, context: Context) -> None:
    _guard_state("opened" if context.move.target == "opened" else "judging", submission)
    query = select(Clarification).where(Clarification.submission_id == submission.id, Clarification.closed_at.is_(None))
    for one in session.scalars(query):
        _require_over(one, context.now)


lifecycle.register("submission_tender", "ask_clarification", guard=_guard_ask)
lifecycle.register("submission_tender", "close_clarification", guard=_guard_close)
