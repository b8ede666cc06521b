"""The tender deadline after publication: only later, only before it has passed, with a motive, two persons, everybody told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, lifecycle, proposals
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.lifecycle import Context, Move
from framework.ground.permissions import Permission, require
from framework.ground.text import N_
from framework.rounds import hooks, moves, telling
from framework.rounds.settings import value
from models.disclosure import Submission
from models.rounds import Outage, Round

MOVED = audit.declare("round.move_deadline", "from", "to", "motive", "proposer")
OUTAGE = audit.declare("outage.recorded", "started_at", "ended_at", "note")
Clock = Callable[[], dt.datetime]
OUTAGE_REACH = dt.timedelta(hours=24)
_ACT = Move("round", "published", "published", "move_deadline", ("lead",), True, "", "")


def needs_two(round_: Round) -> bool:
    """Whether a second person confirms a new deadline (setting `deadline_change_four_eyes`, law L07c)."""
    return bool(value(round_, "deadline_change_four_eyes"))


def propose(
    session: Session, round_: Round, deadline: dt.datetime, *, motive: str, actor: Actor, now: dt.datetime
) -> None:
    """First half of a change of deadline. Raises MoveRefused or InvalidInput as `move_deadline` would."""
    _check(session, round_, deadline, motive=motive, actor=actor, now=now)
    proposal = proposals.propose(
        session,
        round_,
        "move_deadline",
        actor=actor,
        now=now,
        motive=motive,
        until=round_.tender_deadline,
        deadline=deadline.isoformat(),
    )
    telling.ask_second_person(session, round_, proposal, "deadline", actor=actor, now=now)


def confirm(session: Session, round_: Round, *, actor: Actor, clock: Clock) -> dt.datetime:
    """Second half, by another person (SD2): the deadline moves, every known supplier is told. Returns the new deadline.

    The time is read under the round's lock: an upload or a closing at the same moment sees the one deadline or the other.
    """
    now = _locked(session, round_, clock)
    proposal = proposals.confirm(session, round_, "move_deadline", actor=actor, now=now)
    deadline = dt.datetime.fromisoformat(str(proposal.facts["deadline"]))
    _check(session, round_, deadline, motive=proposal.motive, actor=actor, now=now)
    _move(
        session,
        round_,
        deadline,
        motive=proposal.motive,
        proposer_id=proposal.proposed_by_id,
        actor=actor,
        now=now,
    )
    return deadline


def move_deadline(
    session: Session, round_: Round, deadline: dt.datetime, *, motive: str, actor: Actor, clock: Clock
) -> None:
    """Move the deadline by one person, where the round's setting allows it; the time is read under the round's lock."""
    now = _locked(session, round_, clock)
    if needs_two(round_):
        raise MoveRefused(
            "second-person-needed", N_("This needs two persons: one proposes, another confirms."), rule="SD2"
        )
    _check(session, round_, deadline, motive=motive, actor=actor, now=now)
    _move(session, round_, deadline, motive=motive, proposer_id=None, actor=actor, now=now)


def _locked(session: Session, round_: Round, clock: Clock) -> dt.datetime:
    """Hold the round's row until the commit, then read the time."""
    session.refresh(round_, with_for_update=True)
    return clock()


def reopen_after_outage(
    session: Session,
    round_: Round,
    deadline: dt.datetime,
    *,
    motive: str,
    proposer_id: int | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Open receipt again after an outage at the deadline, with two persons and where the round's rules allow it."""
    lifecycle.move(
        session,
        round_,
        "reopen_after_outage",
        actor=actor,
        now=now,
        motive=motive,
        proposer_id=proposer_id,
        deadline=deadline,
    )


def record_outage(
    session: Session,
    *,
    started_at: dt.datetime,
    ended_at: dt.datetime | None,
    note: str,
    actor: Actor,
    now: dt.datetime,
) -> Outage:
    """Record an interruption of service, shown on the public page of every tender it touches (operator or system)."""
    if not actor.roles & {"operator", "system"}:
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="operator")
    if started_at > now or (ended_at is not None and not started_at < ended_at <= now):
        raise InvalidInput(
            "outage-times", N_("An outage begins before it ends, and neither lies ahead."), field="ended_at"
        )
    outage = Outage(
        started_at=started_at, ended_at=ended_at, note=note.strip(), created_at=now, created_by_id=actor.user_id
    )
    session.add(outage)
    session.flush()
    audit.record(
        session,
        OUTAGE,
        actor=actor,
        now=now,
        subject=outage,
        started_at=started_at,
        ended_at=ended_at,
        note=outage.note,
    )
    return outage


def outages(session: Session, round_: Round) -> list[Outage]:
    """The outages while the round was open for tenders, earliest first; none before publication."""
    if round_.published_at is None or round_.tender_deadline is None:
        return []
    query = select(Outage).where(
        Outage.started_at <= round_.tender_deadline,
        (Outage.ended_at.is_(None)) | (Outage.ended_at >= round_.published_at),
    )
    return list(session.scalars(query.order_by(Outage.started_at)))


def _check(
    session: Session, round_: Round, deadline: dt.datetime, *, motive: str, actor: Actor, now: dt.datetime
) -> None:
    require(session, actor, Permission.DEADLINE_MOVE, round_)
    context = _context(session, round_, motive=motive, proposer_id=None, actor=actor, now=now)
    context.require_motive()
    if round_.tender_deadline is None or now > round_.tender_deadline:
        raise MoveRefused("deadline-passed", N_("The deadline has passed; it can no longer be moved."), rule="L07c")
    if deadline <= round_.tender_deadline:
        raise InvalidInput(
            "deadline-not-later",
            N_("A deadline moves only to a later time. It is now %(deadline)s."),
            field="deadline",
            rule="L07c",
            deadline=round_.tender_deadline,
        )
    hooks.run_before("round", "move_deadline", session, round_, context)


def _move(
    session: Session,
    round_: Round,
    deadline: dt.datetime,
    *,
    motive: str,
    proposer_id: int | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    before, round_.tender_deadline = round_.tender_deadline, deadline
    changed: dict[str, Any] = {"from": before, "to": deadline, "motive": motive, "proposer": proposer_id}
    audit.record(session, MOVED, actor=actor, now=now, subject=round_, **changed)
    told = telling.suppliers(session, round_, now=now)
    telling.tell(
        session,
        round_,
        told,
        "deadline_moved",
        now=now,
        motive=motive,
        deadline=telling.local_words(deadline, round_.zone),
    )
    context = _context(session, round_, motive=motive, proposer_id=proposer_id, actor=actor, now=now)
    hooks.run_after("round", "move_deadline", session, round_, context)


def _context(
    session: Session, round_: Round, *, motive: str, proposer_id: int | None, actor: Actor, now: dt.datetime
) -> Context:
    return Context(_ACT, actor, now, roles_in(session, actor, round_), motive, proposer_id)


def _may_reopen(session: Session, round_: Round, context: Context) -> None:
    context.require_motive()
    if not value(round_, "allow_reopen_after_outage"):
        raise MoveRefused("reopening-off", N_("The rules of this round do not allow receipt to be reopened."))
    deadline, new = round_.tender_deadline, context.facts.get("deadline")
    if deadline is None or not any(_touches(outage, deadline) for outage in outages(session, round_)):
        raise MoveRefused("no-outage", N_("No outage is recorded in the last 24 hours before the deadline."))
    if new is None or new <= context.now:
        raise MoveRefused("deadline-past", N_("Set a new deadline that lies ahead."))
    opened = select(Submission.id).where(Submission.round_id == round_.id, Submission.opened_at.is_not(None))
    if round_.opened_at is not None or session.scalar(opened.limit(1)) is not None:
        raise MoveRefused("already-opened", N_("Tenders have been opened already."))


def _touches(outage: Outage, deadline: dt.datetime) -> bool:
    return outage.started_at <= deadline and (outage.ended_at is None or outage.ended_at >= deadline - OUTAGE_REACH)


def _reopened(session: Session, round_: Round, context: Context) -> None:
    new: dt.datetime = context.facts["deadline"]
    round_.tender_deadline = new
    told = telling.suppliers(session, round_, now=context.now)
    telling.tell(
        session,
        round_,
        told,
        "deadline_moved",
        now=context.now,
        motive=context.motive,
        deadline=telling.local_words(new, round_.zone),
    )


moves.register("reopen_after_outage", _may_reopen, _reopened)
