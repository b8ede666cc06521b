"""Check that the record is whole: walk its chain from the first event to the last, against every head that was signed.

What was found is written down in the record itself.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, jobs, merkle, signing
from framework.ground.actors import Actor
from models.receipts import LogHead
from models.records import AuditEvent, Job

VERIFIED = audit.declare("record.verified", "events", "broken_at", "head")
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
    """Walk the whole chain, and write what was found.

    The event says how many events follow from one another, where the first break is and over how many entries the first
    head is that they do not fit or whose signature does not hold; 0 = none.
    """
    found = walked(session)
    return audit.record(
        session, VERIFIED, actor=actor, now=now, events=found.events, broken_at=found.broken_at, head=found.head
    )


@dataclass(frozen=True, slots=True)
class Walked:
    """How many events follow from one another; the first break and the size of the first head that does not fit, 0 = none."""

    events: int
    broken_at: int
    head: int

    @property
    def is_whole(self) -> bool:
        """Whether neither chain nor heads tell of a change."""
        return not self.broken_at and not self.head


def walked(session: Session) -> Walked:
    """Walk the chain from its first event; nothing is written."""
    walk = _Walk(session)
    with closing(iter(walk)) as events:
        broken_at = audit.first_break(events) or 0
    return Walked(walk.passed, broken_at, 0 if broken_at else walk.first_head_amiss())


def last(session: Session) -> AuditEvent | None:
    """The newest check; None where nobody has checked yet."""
    query = select(AuditEvent).where(AuditEvent.kind == VERIFIED).order_by(AuditEvent.seq.desc())
    return session.scalar(query.limit(1))


def is_amiss(check: AuditEvent) -> bool:
    """Whether a check found a break, or a head that does not fit."""
    return bool(check.data.get("broken_at") or check.data.get("head"))


def is_waiting(session: Session) -> bool:
    """Whether the worker has a check to do."""
    query = select(Job.id).where(Job.kind == VERIFY_JOB, Job.state.in_(("waiting", "running")))
    return session.scalar(query.limit(1)) is not None


def signed(head: LogHead) -> tuple[int, str] | None:
    """Size and root as they were signed; None where the signature does not hold or the row says something else."""
    if not signing.is_signed(head.statement, head.signature, head.key.public):
        return None
    try:
        told = json.loads(head.statement)
        said = (told["size"], told["root"], told["key"])
    except (ValueError, LookupError, TypeError):  # something else that was signed
        return None
    return said[:2] if said == (head.size, head.root, signing.fingerprint(head.key.public)) else None


class _Walk:
    """The events in their order, with the number of those that went past and the heads that fitted them."""

    def __init__(self, session: Session) -> None:
        self.session, self.passed = session, 0
        self.tree = merkle.Growing()
        self.awaited: dict[int, str] = {}
        self.unsigned: list[int] = []
        for head in session.scalars(select(LogHead).options(joinedload(LogHead.key)).order_by(LogHead.size)):
            said = signed(head)
            if said is None:
                self.unsigned.append(max(head.size, 1))
            else:
                self.awaited[said[0]] = said[1]

    def __iter__(self) -> Generator[AuditEvent, None, None]:
        query = select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=1000, populate_existing=True)
        with self.session.scalars(query) as found:
            for event in found:
                yield event
                self.passed += 1
                self.tree.add(merkle.leaf(bytes.fromhex(event.hash)))
                self._compare()

    def _compare(self) -> None:
        if self.passed in self.awaited and self.awaited[self.passed] == self.tree.root().hex():
            del self.awaited[self.passed]

    def first_head_amiss(self) -> int:
        """The size of the first head that is not as it was signed or that the events do not fit, also where they are fewer; 0 = none."""
        return min([*self.awaited, *self.unsigned], default=0)
