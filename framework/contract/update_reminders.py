"""What comes round for disclosure under agreements: first disclosures to ask, due dates that pass, reminders 7 and 2 days before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.contract import duties, running, update_notices
from framework.disclosure.receiving import lock
from framework.ground.reminder_steps import step_due
from models.contract import Agreement
from models.contract_disclosure import ContractSubmission, Duty

STEPS_HOURS = (168, 48)
AT_ONCE = 200
Clock = Callable[[], dt.datetime]


def go_round(session: Session, clock: Clock) -> tuple[int, int, int]:
    """Ask, note what passed, remind: each in a transaction of its own; how many of each."""
    asked = _begin_missing(session, clock)
    passed = reminded = 0
    for number in _waiting(session, clock()):
        version = session.get_one(ContractSubmission, number)
        lock(session, version.round)
        session.refresh(version)
        now = clock()
        passed += duties.settle(session, version, now=now)
        reminded += remind_if_due(session, version, now=now)
        session.commit()
    return asked, passed, reminded


def remind_if_due(session: Session, version: ContractSubmission, *, now: dt.datetime) -> bool:
    """Remind where a step before the due date was reached since it was asked; of several only the last is used."""
    if version.state != "requested":
        return False
    step = step_due(version.created_at, duties.ends(version), STEPS_HOURS, version.reminded_hours, now)
    if step is None:
        return False
    version.reminded_hours = step
    update_notices.remind(session, version, days=step // 24, now=now)
    return True


def _begin_missing(session: Session, clock: Clock) -> int:
    """First disclosures of agreements that started without one being asked, such as before this was part of the product."""
    has_one = select(Duty.agreement_id).where(Duty.kind == "initial")
    query = select(Agreement.id).where(Agreement.state.in_(running.RUNNING), Agreement.id.not_in(has_one))
    found = 0
    for number in session.scalars(query.order_by(Agreement.id).limit(AT_ONCE)).all():
        agreement, now = session.get_one(Agreement, number), clock()
        lock(session, agreement.round)
        if not duties.is_over(agreement, now):
            found += duties.begin(session, agreement, now=now) is not None
        session.commit()
    return found


def _waiting(session: Session, now: dt.datetime) -> list[int]:
    """Versions that are waited for and for which something is to be done now, those due first."""
    horizon = (now + dt.timedelta(hours=max(STEPS_HOURS) + 48)).date()
    query = (
        select(ContractSubmission)
        .options(joinedload(ContractSubmission.duty))
        .where(ContractSubmission.state == "requested", ContractSubmission.due_on <= horizon)
        .order_by(ContractSubmission.due_on, ContractSubmission.id)
    )
    found = []
    for version in session.scalars(query).all():
        end = duties.ends(version)
        if now > end or step_due(version.created_at, end, STEPS_HOURS, version.reminded_hours, now) is not None:
            found.append(version.id)
    return found[:AT_ONCE]
