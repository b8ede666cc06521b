"""Until when a request may be answered: a date that ends at 24:00 in its zone; time decides, not the job that notes it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import MoveRefused
from framework.ground.text import N_
from models.requests import UpstreamRequest

RUNNING = ("asked", "passed_on")
"""States in which the due date runs."""
LATE_ANSWER = dt.timedelta(days=60)
"""How long after the due date the link still takes an answer: late is better than never, and it is told as late."""


def end_of(due_on: dt.date, zone: str) -> dt.datetime:
    """The last instant of a due date, in UTC: 24:00 of that day as clocks in the zone show it."""
    midnight = dt.datetime.combine(due_on + dt.timedelta(days=1), dt.time(), tzinfo=ZoneInfo(zone))
    return midnight.astimezone(dt.UTC)


def ends(request: UpstreamRequest) -> dt.datetime:
    """The last instant of a request's due date."""
    return end_of(request.due_on, request.zone)


def is_past(request: UpstreamRequest, now: dt.datetime) -> bool:
    """Whether the due date is over; its last instant still belongs to it."""
    return now > ends(request)


def state_now(request: UpstreamRequest, now: dt.datetime) -> str:
    """The state as the date decides it, whether or not the job has noted it."""
    return "no_answer" if request.state in RUNNING and is_past(request, now) else request.state


def since(request: UpstreamRequest, now: dt.datetime) -> dt.datetime:
    """Since when it is in its state of now."""
    return request.moved_at if state_now(request, now) == request.state else ends(request)


def days_silent(request: UpstreamRequest, now: dt.datetime) -> int | None:
    """Whole days since it was asked while nobody has answered; None where an answer or refusal is here, or none is wanted."""
    return (now - request.asked_at).days if state_now(request, now) in (*RUNNING, "no_answer") else None


def settle(session: Session, request: UpstreamRequest, now: dt.datetime) -> bool:
    """Note that the due date passed in silence, where it did; whether it was noted now."""
    if state_now(request, now) == request.state:
        return False
    lifecycle.move(session, request, "pass_due_date", actor=SYSTEM, now=now)
    return True


def _guard(_session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    if not is_past(request, context.now):
        raise MoveRefused("due-date-ahead", N_("The due date has not passed yet."))


def _effect(_session: Session, request: UpstreamRequest, _context: lifecycle.Context) -> None:
    request.moved_at = ends(request)


lifecycle.register("request", "pass_due_date", guard=_guard, effect=_effect)
