"""What comes round: due dates that pass in silence, and reminders before them by the round's `reminder_hours`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.chain.requests import acts, due, notices
from framework.ground import audit
from framework.ground.actors import SYSTEM
from framework.ground.reminder_steps import step_due
from framework.rounds import settings
from models.requests import RequestReminder, UpstreamRequest
from models.rounds import Round

AT_ONCE = 200
Clock = Callable[[], dt.datetime]


def go_round(session: Session, clock: Clock) -> tuple[int, int]:
    """Note what passed in silence and remind who is due, each in a transaction of its own; how many of both."""
    passed = reminded = 0
    for number in _waiting(session, clock()):
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
    used = session.scalar(select(func.min(RequestReminder.step_hours)).where(RequestReminder.request_id == request.id))
    steps = settings.value(request.round, "reminder_hours") or []
    step = step_due(request.asked_at, due.ends(request), steps, used, now)
    if step is None:
        return False
    notices.remind(session, request, step_hours=step, now=now)
    audit.record(session, acts.REMINDED, actor=SYSTEM, now=now, subject=request, step=f"{step} h")
    return True


def _waiting(session: Session, now: dt.datetime) -> list[int]:
    """The running requests for which something is to be done now, those due first; each is looked at again under its lock.

    Requests that only run on are left out, so that they never keep others from their turn.
    """
    running = UpstreamRequest.state.in_(due.RUNNING)
    rounds = session.scalars(select(Round).where(Round.id.in_(select(UpstreamRequest.round_id).where(running)))).all()
    found: list[tuple[dt.date, int]] = []
    for round_ in rounds:
        steps = settings.value(round_, "reminder_hours") or []
        horizon = (now + dt.timedelta(hours=max(steps, default=0))).date()
        columns = (UpstreamRequest.id, UpstreamRequest.due_on, UpstreamRequest.zone, UpstreamRequest.asked_at)
        query = (
            select(*columns, func.min(RequestReminder.step_hours).label("used"))
            .outerjoin(RequestReminder, RequestReminder.request_id == UpstreamRequest.id)
            .where(running, UpstreamRequest.round_id == round_.id, UpstreamRequest.due_on <= horizon)
            .group_by(*columns)
        )
        for row in session.execute(query):
            end = due.end_of(row.due_on, row.zone)
            if now > end or step_due(row.asked_at, end, steps, row.used, now) is not None:
                found.append((row.due_on, row.id))
    return [number for _due_on, number in sorted(found)[:AT_ONCE]]
