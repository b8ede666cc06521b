"""What comes round: due dates that pass in silence, and reminders before them by the round's `reminder_hours`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.requests import acts, due, notices
from framework.ground import audit
from framework.ground.actors import SYSTEM
from framework.rounds import settings
from models.requests import RequestReminder, UpstreamRequest

AT_ONCE = 200
Clock = Callable[[], dt.datetime]


def go_round(session: Session, clock: Clock) -> tuple[int, int]:
    """Note what passed in silence and remind who is due, each in a transaction of its own; how many of both."""
    passed = reminded = 0
    for number in _running(session):
        request = session.get_one(UpstreamRequest, number)
        was = request.state
        acts.hold(session, request, clock())
        passed += request.state != was
        if request.state in due.RUNNING:
            reminded += remind_if_due(session, request, now=clock())
        session.commit()
    return passed, reminded


def remind_if_due(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> bool:
    """Remind where a step before the due date was reached since the request was asked, and was not used yet.

    Of several steps that were reached while the job was off only the last is used: one mail, not three.
    """
    end = due.ends(request)
    steps = settings.value(request.round, "reminder_hours") or []
    reached = [hours for hours in steps if request.asked_at < end - dt.timedelta(hours=hours) <= now]
    if not reached or now > end:
        return False
    step = min(reached)
    used = select(RequestReminder.id).where(
        RequestReminder.request_id == request.id,
        RequestReminder.step_hours.is_not(None),
        RequestReminder.step_hours <= step,
    )
    if session.scalar(used.limit(1)) is not None:
        return False
    notices.remind(session, request, step_hours=step, now=now)
    audit.record(session, acts.REMINDED, actor=SYSTEM, now=now, subject=request, step=f"{step} h")
    return True


def _running(session: Session) -> list[int]:
    """The running requests whose due date is nearest; the state is looked at again under the lock."""
    query = select(UpstreamRequest.id).where(UpstreamRequest.state.in_(due.RUNNING))
    return list(session.scalars(query.order_by(UpstreamRequest.due_on, UpstreamRequest.id).limit(AT_ONCE)))
