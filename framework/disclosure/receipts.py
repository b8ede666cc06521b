"""Receipts: signed lines that say what arrived, when and from whom, and what became of it (trust 4.4).

The record holds SHA-256(salt ‖ hash of the file) of every arrival and never the hash itself: with file and receipt anybody
can prove what stands there, and the record alone confirms no guess about a sealed file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure import sealing, stages
from framework.ground import keys
from models.disclosure import Disclosed
from models.people import User
from models.receipts import ReceiptLine
from models.records import AuditEvent

FORMAT = "hefboom-receipt-1"
ARRIVALS = ("submission_tender.stage", "submission_tender.store_late")
ACTS = {"count": "counted", "withdraw": "withdrawn", "discard": "discarded"}
"""What a line says of each act that adds one."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The person who sent a version, blank where the account is gone, and the number of its event in the record."""

    person: str
    event: int | None


def arrival(session: Session, submission: Disclosed) -> Arrival:
    """Who sent this version, and the number of the event of its arrival (trust 4.4)."""
    sender = session.get(User, submission.created_by_id) if submission.created_by_id else None
    stage = stages.later(submission)
    subject, kinds = (submission, ARRIVALS) if stage is None else (stage.subject(session, submission), stage.arrivals)
    return Arrival(sender.name if sender is not None else "", _event(session, subject, kinds, func.min))


def new_salt() -> str:
    """32 random bytes, in hexadecimal."""
    return secrets.token_hex(32)


def file_hash(submission: Disclosed) -> str:
    """SHA-256 of the bytes as they were sent, in hexadecimal. Raises KeyMissing."""
    return submission.file.content_sha256


def commitment(salt: str, digest: str) -> str:
    """SHA-256 over the bytes of a salt and of a hash, both given in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(salt) + bytes.fromhex(digest)).hexdigest()


def give(session: Session, submission: Disclosed, salt: str, *, now: dt.datetime) -> ReceiptLine:
    """Sign the first line of a receipt, once the arrival stands in the record with the commitment under this salt."""
    came, file, round_ = arrival(session, submission), submission.file, submission.round
    stage = stages.later(submission)
    facts = {
        "round": {"id": round_.public_id, "name": round_.name},
        "organisation": {"id": submission.supplier.public_id, "name": submission.supplier.name},
        "person": came.person,
        "file": {
            "size": file.size,
            "sha256": file_hash(submission),
            "name_commitment": commitment(salt, hashlib.sha256(file.name.encode("utf-8")).hexdigest()),
        },
        "salt": salt,
        "received_at": utc(submission.received_at),
        "received_at_local": _local(submission.received_at, round_.zone),
        "zone": round_.zone,
        "log": {"number": came.event, "commitment": commitment(salt, file_hash(submission))},
    }
    terms = _terms(submission) if stage is None else stage.terms(session, submission)
    return _add(session, submission, "arrival", facts | terms, now)


def _terms(submission: Disclosed) -> dict[str, Any]:
    """What a receipt of the tender says of the deadline, and of what becomes of the file."""
    deadline, is_late = submission.round.tender_deadline, submission.state == "late"
    by_itself = "at the deadline, unless a newer one does, it cannot be read or is withdrawn"
    return {
        "deadline": utc(deadline) if deadline else None,
        "in_time": not is_late,
        "late_by_seconds": submission.late_by_seconds,
        "counts": "no: late" if is_late else by_itself,
    }


def add(session: Session, submission: Disclosed, act: str, *, now: dt.datetime, is_by_system: bool) -> None:
    """Add a signed line for an act that stands in the record; a receipt from before receipts were signed gets none."""
    if not lines(session, submission):
        return
    facts = {
        "at": utc(now),
        "at_local": _local(now, submission.round.zone),
        "zone": submission.round.zone,
        "by": "system" if is_by_system else "person",
        "log": {"number": _event(session, submission, (f"submission_tender.{act}",), func.max)},
    }
    _add(session, submission, ACTS[act], facts, now)


def lines(session: Session, submission: Disclosed) -> Sequence[ReceiptLine]:
    """The signed lines of a receipt in their order; none where it was given before receipts were signed."""
    query = select(ReceiptLine).options(joinedload(ReceiptLine.key)).where(ReceiptLine.submission_id == submission.id)
    return session.scalars(query.order_by(ReceiptLine.number)).all()


def as_file(found: Sequence[ReceiptLine], name: str = "") -> str:
    """A receipt as the small file that is verified offline; the mailed one has no name of the file."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "lines": [{"statement": json.loads(line.statement), "signature": line.signature} for line in found],
        "keys": sorted({line.key.public for line in found}),
    }
    if name:
        told["file_name"] = name
    return json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _add(session: Session, submission: Disclosed, what: str, facts: dict[str, Any], now: dt.datetime) -> ReceiptLine:
    before = lines(session, submission)
    last = before[-1] if before else None
    common = {
        "format": FORMAT,
        "receipt": submission.receipt_number,
        "line": len(before) + 1,
        "what": what,
        "previous": last.digest if last is not None else None,
    }
    signed = keys.sign(session, facts | common, now=now)
    is_sealed = what == "arrival"  # the other lines tell nothing of the file, and the system writes some of them
    line = ReceiptLine(
        submission_id=submission.id,
        number=len(before) + 1,
        what=what,
        at=now,
        statement=sealing.meant(sealing.key_of(submission) if is_sealed else None, signed.statement),
        digest=hashlib.sha256(signed.statement.encode("utf-8")).hexdigest(),
        signature=signed.signature,
        key=signed.key,
    )
    session.add(line)
    session.flush()
    return line


def _event(session: Session, subject: Any, kinds: tuple[str, ...], which: Any) -> int | None:
    query = select(which(AuditEvent.seq)).where(
        AuditEvent.subject_type == subject.__tablename__,
        AuditEvent.subject_id == subject.public_id,
        AuditEvent.kind.in_(kinds),
        AuditEvent.outcome == "done",
    )
    found: int | None = session.scalar(query)
    return found


def utc(instant: dt.datetime) -> str:
    """An instant as receipts write it."""
    return instant.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _local(instant: dt.datetime, zone: str) -> str:
    return instant.astimezone(ZoneInfo(zone)).isoformat(timespec="microseconds")
