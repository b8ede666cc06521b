"""What a receipt says beside the version itself: who sent it, and under which number its arrival stands in the record."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.disclosure import Submission
from models.people import User
from models.records import AuditEvent

ARRIVALS = ("submission_tender.stage", "submission_tender.store_late")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The person who sent a version, blank where the account is gone, and the number of its event in the record."""

    person: str
    event: int | None


def arrival(session: Session, submission: Submission) -> Arrival:
    """Who sent this version, and the number of the event of its arrival (trust 4.4)."""
    sender = session.get(User, submission.created_by_id) if submission.created_by_id else None
    event = select(func.min(AuditEvent.seq)).where(
        AuditEvent.subject_type == submission.__tablename__,
        AuditEvent.subject_id == submission.public_id,
        AuditEvent.kind.in_(ARRIVALS),
        AuditEvent.outcome == "done",
    )
    return Arrival(sender.name if sender is not None else "", session.scalar(event))
