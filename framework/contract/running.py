"""What dates do: agreements start and expire by their days, the round enters into force and closes; the date decides, not the job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.contract import awarded
from framework.contract.registering import register
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_
from framework.rounds import editing, moves, telling
from models.contract import Agreement
from models.rounds import Round
from models.signons import SignOn

RUNNING = ("in_force", "call_off_stop", "notice_given", "exhausted")
OVER = ("exhausted", "expired", "terminated", "cancelled")
"""States in which an agreement does not keep its round from closing."""


def begins_at(agreement: Agreement) -> dt.datetime:
    """The first instant of the first day, in the zone of the round."""
    return _midnight(agreement.starts_on, agreement.round.zone)


def ends_at(agreement: Agreement) -> dt.datetime:
    """The first instant after the last day, in the zone of the round."""
    return _midnight(agreement.ends_on + dt.timedelta(days=1), agreement.round.zone)


def state_at(agreement: Agreement, *, now: dt.datetime) -> str:
    """The state an agreement is in at `now`, whether or not the clock job has been there."""
    state = agreement.state
    if state == "signed" and agreement.round.state == "in_force" and now >= begins_at(agreement):
        state = "in_force"
    return "expired" if state in RUNNING and now >= ends_at(agreement) else state


def start_if_due(session: Session, agreement: Agreement, *, now: dt.datetime, since: dt.datetime | None = None) -> bool:
    """Start a signed agreement whose first day has come; whether it did.

    `since` is when else it could not start before: its signature, or the round's coming into force.
    """
    if agreement.state != "signed" or state_at(agreement, now=now) == "signed":
        return False
    lifecycle.move(session, agreement, "start", actor=SYSTEM, now=now, since=since)
    return True


def expire_if_due(session: Session, agreement: Agreement, *, now: dt.datetime) -> bool:
    """End an agreement whose last day is over; whether it did."""
    if agreement.state not in RUNNING or now < ends_at(agreement):
        return False
    lifecycle.move(session, agreement, "expire", actor=SYSTEM, now=now)
    return True


def enter_force(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Put the round in force; agreements start whose first day has come, and members register for call-offs.

    Raises MoveRefused while the standstill or a suspensive challenge runs, or nothing is signed.
    """
    editing.hold(session, round_)
    lifecycle.move(session, round_, "enter_force", actor=actor, now=now)


def close(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Close a round whose agreements have all ended: no new call-offs."""
    editing.hold(session, round_)
    settle(session, round_, now=now)
    lifecycle.move(session, round_, "close", actor=actor, now=now)


def settle(session: Session, round_: Round, *, now: dt.datetime, since: dt.datetime | None = None) -> int:
    """Make the moves of a round that dates have made due; how many."""
    query = select(Agreement).where(Agreement.round_id == round_.id).order_by(Agreement.id)
    made = 0
    for agreement in session.scalars(query).all():
        made += start_if_due(session, agreement, now=now, since=since)
        made += expire_if_due(session, agreement, now=now)
    return made


def go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Start, expire and close what is due in every round in force."""
    for number in session.scalars(select(Round.id).where(Round.state == "in_force").order_by(Round.id)).all():
        round_, now = session.get_one(Round, number), clock()
        editing.hold(session, round_)
        settle(session, round_, now=now)
        if round_.state == "in_force" and not unended(session, round_):
            lifecycle.move(session, round_, "close", actor=SYSTEM, now=now)
        session.commit()


def unended(session: Session, round_: Round) -> int:
    """How many agreements keep a round from closing."""
    query = select(func.count()).where(Agreement.round_id == round_.id, Agreement.state.not_in(OVER))
    return session.scalar(query) or 0


def signed(session: Session, round_: Round) -> int:
    """How many agreements of a round are signed, whatever became of them since."""
    query = select(func.count()).where(Agreement.round_id == round_.id, Agreement.signed_at.is_not(None))
    return session.scalar(query) or 0


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def _may_start(session: Session, agreement: Agreement, context: Context) -> None:
    if agreement.round.state != "in_force":
        raise MoveRefused("not-in-force", N_("The round is not in force yet."))
    if context.now < begins_at(agreement):
        raise MoveRefused("not-yet", N_("The first day of this agreement has not come."))


def _started(session: Session, agreement: Agreement, context: Context) -> None:
    agreement.started_at = max(begins_at(agreement), context.facts.get("since") or begins_at(agreement))


def _may_expire(session: Session, agreement: Agreement, context: Context) -> None:
    if context.now < ends_at(agreement):
        raise MoveRefused("not-yet", N_("The last day of this agreement is not over."))


def _expired(session: Session, agreement: Agreement, context: Context) -> None:
    agreement.ended_at = ends_at(agreement)


def _may_enter_force(session: Session, round_: Round, context: Context) -> None:
    awarded.require_over(session, round_, now=context.now)
    query = select(Agreement.id).where(Agreement.round_id == round_.id, Agreement.state == "signed")
    if session.scalar(query.limit(1)) is None:
        raise MoveRefused("nothing-signed", N_("No agreement is signed yet. Have one signed by both sides first."))


def _entered(session: Session, round_: Round, context: Context) -> None:
    session.flush()
    settle(session, round_, now=context.now, since=context.now)
    bodies = select(SignOn.organisation_id).where(SignOn.round_id == round_.id, SignOn.state == "confirmed")
    told = telling.people(session, session.scalars(bodies), "member", now=context.now)
    telling.tell(session, round_, told, "registration_open", now=context.now, page="registration/own")


def _may_close(session: Session, round_: Round, context: Context) -> None:
    count = unended(session, round_)
    if count:
        raise MoveRefused(
            "agreements-run",
            NN_("%(count)s agreement has not ended yet.", "%(count)s agreements have not ended yet."),
            count=count,
        )


register("start", _may_start, _started)
register("expire", _may_expire, _expired)
moves.register("enter_force", _may_enter_force, _entered)
moves.register("close", _may_close)
