"""The tender deadline after publication: only later, only before it has passed, with a motive, two persons, everybody told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from framework.ground import audit, lifecycle, proposals
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.lifecycle import Context, Move
from framework.ground.permissions import Permission, require
from framework.ground.text import N_
from framework.rounds import hooks, moves, outages, telling
from framework.rounds.settings import value
from models.disclosure import Opening, Submission
from models.rounds import DeadlineChange, Outage, Proposal, Round

MOVED = audit.declare("round.move_deadline", "from", "to", "motive", "proposer")
Clock = Callable[[], dt.datetime]
LONGEST_MOTIVE = 2_000
_ACT = Move("round", "published", "published", "move_deadline", ("lead",), True, "", "")


def needs_two(round_: Round) -> bool:
    """Whether a second person confirms a new deadline (setting `deadline_change_four_eyes`, law L07c)."""
    return bool(value(round_, "deadline_change_four_eyes"))


def propose(
    session: Session,
    round_: Round,
    deadline: dt.datetime,
    *,
    motive: str,
    actor: Actor,
    now: dt.datetime,
    outage: Outage | None = None,
) -> None:
    """First half of a change of deadline, `outage` where that is its ground.

    Raises MoveRefused or InvalidInput as `move_deadline` would.
    """
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
        outage=outage.public_id if outage is not None else None,
    )
    page = "deadline" if outage is None else "extend"
    telling.ask_second_person(session, round_, proposal, page, actor=actor, now=now)


def confirm(session: Session, round_: Round, *, actor: Actor, clock: Clock) -> dt.datetime:
    """Second half, by another person (SD2): the deadline moves, everybody interested is told. Returns the new deadline.

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
        outage=_ground(session, proposal),
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


def propose_reopening(
    session: Session,
    round_: Round,
    deadline: dt.datetime,
    *,
    motive: str,
    outage: Outage | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """First half of opening receipt again after an outage; raises as `reopen_after_outage` would."""
    _sound(motive)
    lifecycle.check(session, round_, "reopen_after_outage", actor=actor, now=now, motive=motive, deadline=deadline)
    proposal = proposals.propose(
        session,
        round_,
        "reopen_after_outage",
        actor=actor,
        now=now,
        motive=motive,
        until=deadline,
        deadline=deadline.isoformat(),
        outage=outage.public_id if outage is not None else None,
    )
    telling.ask_second_person(session, round_, proposal, "extend", actor=actor, now=now)


def confirm_reopening(session: Session, round_: Round, *, actor: Actor, clock: Clock) -> dt.datetime:
    """Second half, by another person: receipt is open again until the new deadline, which is returned."""
    now = _locked(session, round_, clock)
    proposal = proposals.confirm(session, round_, "reopen_after_outage", actor=actor, now=now)
    deadline = dt.datetime.fromisoformat(str(proposal.facts["deadline"]))
    reopen_after_outage(
        session,
        round_,
        deadline,
        motive=proposal.motive,
        proposer_id=proposal.proposed_by_id,
        actor=actor,
        now=now,
        outage=_ground(session, proposal),
    )
    return deadline


def reopen_after_outage(
    session: Session,
    round_: Round,
    deadline: dt.datetime,
    *,
    motive: str,
    proposer_id: int | None,
    actor: Actor,
    now: dt.datetime,
    outage: Outage | None = None,
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
        outage=outage,
    )


def changes(session: Session, round_: Round) -> list[DeadlineChange]:
    """Every change of the tender deadline, the newest first."""
    query = select(DeadlineChange).where(DeadlineChange.round_id == round_.id)
    return list(session.scalars(query.order_by(DeadlineChange.id.desc())))


def first_deadline(session: Session, round_: Round) -> dt.datetime | None:
    """The tender deadline as it was published."""
    query = select(DeadlineChange.from_at).where(DeadlineChange.round_id == round_.id)
    first: dt.datetime | None = session.scalar(query.order_by(DeadlineChange.id).limit(1))
    return first or round_.tender_deadline


def _check(
    session: Session, round_: Round, deadline: dt.datetime, *, motive: str, actor: Actor, now: dt.datetime
) -> None:
    require(session, actor, Permission.DEADLINE_MOVE, round_)
    context = _context(session, round_, motive=motive, proposer_id=None, actor=actor, now=now)
    context.require_motive()
    _sound(motive)
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
    outage: Outage | None = None,
) -> None:
    before, round_.tender_deadline = round_.tender_deadline, deadline
    changed: dict[str, Any] = {"from": before, "to": deadline, "motive": motive, "proposer": proposer_id}
    audit.record(session, MOVED, actor=actor, now=now, subject=round_, **changed)
    context = _context(session, round_, motive=motive, proposer_id=proposer_id, actor=actor, now=now)
    _note_and_tell(session, round_, before or deadline, context, outage=outage)
    hooks.run_after("round", "move_deadline", session, round_, context)


def _note_and_tell(
    session: Session,
    round_: Round,
    before: dt.datetime,
    context: Context,
    *,
    outage: Outage | None,
    reopened: bool = False,
) -> None:
    """Keep the change for the public page, and put one mail for everybody interested into the outbox (M6, M7)."""
    deadline, now = round_.tender_deadline or before, context.now
    session.add(
        DeadlineChange(
            round_id=round_.id,
            from_at=before,
            to_at=deadline,
            motive=context.motive,
            proposer_id=context.proposer_id,
            outage_id=outage.id if outage is not None else None,
            reopened=reopened,
            created_at=now,
            created_by_id=context.actor.user_id,
        )
    )
    bidders = telling.suppliers(session, round_, now=now)
    others = [user for user in telling.interested(session, round_, now=now) if user not in bidders]
    facts: dict[str, Any] = {"motive": context.motive, "deadline": telling.local_words(deadline, round_.zone)}
    template = "deadline_moved"
    if outage is not None:
        template = "deadline_extended"
        facts |= outages.words(outage, round_.zone) | {"reopened": reopened}
    for users, sends in ((bidders, True), (others, False)):
        telling.tell(session, round_, users, template, now=now, sends=sends, **facts)


def _ground(session: Session, proposal: Proposal) -> Outage | None:
    """The outage that a proposal names as its ground."""
    named = proposal.facts.get("outage")
    return session.scalar(select(Outage).where(Outage.public_id == named)) if named else None


def _context(
    session: Session, round_: Round, *, motive: str, proposer_id: int | None, actor: Actor, now: dt.datetime
) -> Context:
    return Context(_ACT, actor, now, roles_in(session, actor, round_), motive, proposer_id)


def _sound(motive: str) -> None:
    if len(motive) > LONGEST_MOTIVE:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field="motive", limit=LONGEST_MOTIVE)


def _may_reopen(session: Session, round_: Round, context: Context) -> None:
    context.require_motive()
    if not value(round_, "allow_reopen_after_outage"):
        raise MoveRefused("reopening-off", N_("The rules of this round do not allow receipt to be reopened."))
    deadline, new = round_.tender_deadline, context.facts.get("deadline")
    if deadline is None or not outages.reaches(outages.during(session, round_), deadline):
        raise MoveRefused("no-outage", N_("No outage is recorded in the last 24 hours before the deadline."))
    if new is None or new <= context.now:
        raise MoveRefused("deadline-past", N_("Set a new deadline that lies ahead."))
    opened = select(Submission.id).where(Submission.round_id == round_.id, Submission.opened_at.is_not(None))
    if round_.opened_at is not None or session.scalar(opened.limit(1)) is not None:
        raise MoveRefused("already-opened", N_("Tenders have been opened already."))


def _reopened(session: Session, round_: Round, context: Context) -> None:
    new: dt.datetime = context.facts["deadline"]
    before, round_.tender_deadline = round_.tender_deadline or new, new
    running = (Opening.round_id == round_.id, Opening.opened_at.is_(None), Opening.window_ends_at > context.now)
    session.execute(update(Opening).where(*running).values(window_ends_at=context.now))  # openers confirm anew
    ground = context.facts.get("outage") or _last_outage(session, round_, before)
    _note_and_tell(session, round_, before, context, outage=ground, reopened=True)


def _last_outage(session: Session, round_: Round, deadline: dt.datetime) -> Outage | None:
    found = [one for one in outages.during(session, round_) if outages.reaches([one], deadline)]
    return found[-1] if found else None


moves.register("reopen_after_outage", _may_reopen, _reopened)
