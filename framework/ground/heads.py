"""Heads of the record: once a day one signed root over all entries so far, and proofs that each continues the others.

Whoever holds a head from outside can tell a record that was rewritten, cut or shown in two versions (RFC 6962).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, keys, log_lines, merkle, verifying
from framework.ground.actors import SYSTEM
from framework.ground.errors import NotFound
from framework.ground.mail import post
from framework.ground.text import N_
from models.receipts import LogHead
from models.records import AuditEvent, Counter, Mail

MADE = audit.declare("record.head_made", "size", "root")
FORMAT = "hefboom-head-1"
MAIL = "log_head"
LOCK = "record/heads"


def is_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether no head of this day (UTC) is there yet, nor an attempt that found the record broken."""
    if session.scalar(select(func.max(AuditEvent.seq))) is None:
        return False
    latest, checked = newest(session), verifying.last(session)
    if checked is not None and verifying.is_amiss(checked) and checked.at.date() == now.date():
        return False
    return latest is None or latest.at.date() < now.astimezone(dt.UTC).date()


def lock(session: Session) -> None:
    """Hold what makes heads until the commit: of several workers one makes the head of the day."""
    audit.begin(session, LOCK)
    session.get_one(Counter, LOCK, with_for_update=True, populate_existing=True)


def make(session: Session, *, now: dt.datetime) -> LogHead | None:
    """Check the record and sign its root; None where it is broken: what was changed gets no head."""
    if verifying.is_amiss(verifying.verify(session, actor=SYSTEM, now=now)):
        return None
    leaves, before = _leaves(session), newest(session)
    root = merkle.root(leaves).hex()
    facts = {"format": FORMAT, "at": now.astimezone(dt.UTC).isoformat(), "size": len(leaves), "root": root}
    signed = keys.sign(session, facts, now=now)
    proof = merkle.consistency(leaves, before.size) if before is not None else []
    head = LogHead(
        at=now,
        size=len(leaves),
        root=root,
        statement=signed.statement,
        signature=signed.signature,
        key=signed.key,
        continues=[one.hex() for one in proof],
    )
    session.add(head)
    audit.record(session, MADE, actor=SYSTEM, now=now, size=head.size, root=root)
    return head


def send(session: Session, head: LogHead, recipients: Iterable[str], *, now: dt.datetime) -> None:
    """Put a head into the outbox, for each address that shall hold it."""
    for address in recipients:
        post(
            session,
            MAIL,
            to=address,
            now=now,
            at=f"{head.at:%Y-%m-%d %H:%M:%S} UTC",
            size=head.size,
            root=head.root,
            fingerprint=head.key.fingerprint,
            head=line(head),
        )


def newest(session: Session) -> LogHead | None:
    """The last head; None where there is none."""
    return session.scalar(every().order_by(LogHead.size.desc()).limit(1))


def every() -> Select[LogHead]:
    """All heads with their keys, in no order."""
    return select(LogHead).options(joinedload(LogHead.key))


def count(session: Session) -> int:
    """How many heads there are."""
    return session.scalar(select(func.count()).select_from(LogHead)) or 0


def unfiled(session: Session) -> Sequence[LogHead]:
    """Heads that no file of the folder of heads holds yet, oldest first."""
    return session.scalars(every().where(LogHead.filed_at.is_(None)).order_by(LogHead.size)).all()


def sized(session: Session, size: int) -> LogHead:
    """The head over so many entries. Raises NotFound."""
    head = session.scalar(every().where(LogHead.size == size))
    if head is None:
        raise NotFound("no-head", N_("There is no head over so many entries."))
    return head


def said(head: LogHead) -> dict[str, Any]:
    """A head as it leaves: what it says, and the signature over that."""
    return {"statement": json.loads(head.statement), "signature": head.signature}


def line(head: LogHead) -> str:
    """The same as a line of JSON, with the proof that it continues the head before."""
    return json.dumps(said(head) | {"continues": head.continues}, sort_keys=True)


def consistency(session: Session, first: int, second: int) -> dict[str, Any]:
    """Two heads by their sizes with the proof that the larger continues the smaller. Raises NotFound."""
    old, new = (sized(session, size) for size in sorted((first, second)))
    path = merkle.consistency(_leaves(session, new.size), old.size)
    return {"first": said(old), "second": said(new), "path": [one.hex() for one in path]}


def inclusion(session: Session, seq: int) -> dict[str, Any] | None:
    """An entry with the proof that the newest head covers it; None where no head does yet."""
    head = newest(session)
    if head is None or head.size < seq:
        return None
    path = merkle.inclusion(_leaves(session, head.size), seq - 1)
    entry = log_lines.line(session.get_one(AuditEvent, seq))
    told = {"public": head.key.public, "fingerprint": head.key.fingerprint}
    return {"head": said(head), "entry": entry, "path": [one.hex() for one in path], "keys": [told]}


def last_copy(session: Session, *, is_mailed: bool) -> dt.datetime | None:
    """When a head last left for a place outside: into the folder of heads or, where mail leaves at all, to a reader."""
    times = [session.scalar(select(func.max(LogHead.filed_at)))]
    if is_mailed:
        times.append(session.scalar(select(func.max(Mail.sent_at)).where(Mail.template == MAIL, Mail.state == "sent")))
    return max((one for one in times if one is not None), default=None)


def _leaves(session: Session, size: int | None = None) -> list[bytes]:
    """The leaves of the tree: one for each entry, over its hash, so that an entry can be withheld and still be proven."""
    query = select(AuditEvent.hash).order_by(AuditEvent.seq).limit(size).execution_options(all_tenders=True)
    return [merkle.leaf(bytes.fromhex(one)) for one in session.scalars(query)]
