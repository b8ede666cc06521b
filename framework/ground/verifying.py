"""Check that the record is whole: walk its chain from the first event to the last, and write down what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import audit, jobs
from framework.ground.actors import Actor
from models.records import AuditEvent, Job

VERIFIED = audit.declare("record.verified", "events", "broken_at")
VERIFY_JOB = "verify_record"
AT_ONCE = 5_000
"""Up to so many events the check is done while the person waits; beyond, by the worker."""


def ask(session: Session, *, actor: Actor, now: dt.datetime, at_once: int = AT_ONCE) -> bool:
    """Check the record now, or let the worker do so where it is long; whether it is done. One waiting check is enough."""
    if (session.scalar(select(func.max(AuditEvent.seq))) or 0) <= at_once:
        verify(session, actor=actor, now=now)
        return True
    if not is_waiting(session):
        organisation = actor.organisation_id
        jobs.enqueue(
            session, VERIFY_JOB, now=now, organisation_id=organisation, user=actor.user_id, organisation=organisation
        )
    return False


def verify(session: Session, *, actor: Actor, now: dt.datetime) -> AuditEvent:
    """Walk the whole chain; the event that says how many follow from one another and where the first break is (0 = none)."""
    walk = _Walk(session)
    broken = audit.first_break(walk)
    return audit.record(session, VERIFIED, actor=actor, now=now, events=walk.passed, broken_at=broken or 0)


def last(session: Session) -> AuditEvent | None:
    """The newest check; None where nobody has checked yet."""
    query = select(AuditEvent).where(AuditEvent.kind == VERIFIED).order_by(AuditEvent.seq.desc())
    return session.scalar(query.limit(1))


def is_waiting(session: Session) -> bool:
    """Whether the worker has a check to do."""
    query = select(Job.id).where(Job.kind == VERIFY_JOB, Job.state.in_(("waiting", "running")))
    return session.scalar(query.limit(1)) is not None


class _Walk:
    """The events in their order, with the number of those that went past."""

    def __init__(self, session: Session) -> None:
        self.session, self.passed = session, 0

    def __iter__(self) -> Iterator[AuditEvent]:
        query = select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=1000, populate_existing=True)
        for event in self.session.scalars(query):
            yield event
            self.passed += 1
