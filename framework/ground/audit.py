"""The record: one event per act, in the act's transaction, with declared keys, chained by hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from framework.ground.actors import Actor, round_of
from framework.ground.errors import RuleBroken
from models.records import AuditEvent, Counter

GENESIS = "0" * 64

KEYS: dict[str, frozenset[str]] = {}
"""Declared keys of each event kind: every event of the kind carries exactly these in its data."""


DENIED_PER_MINUTE = 100
_COUNTED = "denied/"
_EVENTS = "audit"
SUMMED = "attempts.summed"


class UndeclaredEvent(Exception):
    """An event kind or key that nobody declared; a mistake of ours, found by tests."""


def declare(kind: str, *keys: str) -> str:
    """Declare an event kind with its data keys; return the kind."""
    if kind in KEYS and KEYS[kind] != frozenset(keys):
        raise UndeclaredEvent(f"{kind} is declared twice with different keys")
    KEYS[kind] = frozenset(keys)
    return kind


def extend(kind: str, *keys: str) -> None:
    """Let events of a declared kind carry further keys."""
    KEYS[kind] |= frozenset(keys)


declare(SUMMED, "count", "minute", "attempt")


def next_number(session: Session, name: str) -> int:
    """The next number of a counter, taken under its row lock: gapless, in the order of commits."""
    counter = _locked(session, name)
    counter.value += 1
    session.flush()
    return counter.value


def hold(session: Session) -> None:
    """Take what every event is numbered under, until the commit: whatever act comes after this one sees what it did.

    For acts that compare with records of all rounds before they add any. Locks of a round come before this one.
    """
    _locked(session, _EVENTS)


def _locked(session: Session, name: str) -> Counter:
    counter = session.get(Counter, name, with_for_update=True, populate_existing=True)
    if counter is None:
        begin(session, name)
        counter = session.get_one(Counter, name, with_for_update=True, populate_existing=True)
    return counter


def begin(session: Session, name: str) -> None:
    """Make a counter; where two processes do so at once, the second waits and finds the first's."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Counter).values(name=name, value=0).on_conflict_do_nothing())


def record(
    session: Session,
    kind: str,
    *,
    actor: Actor,
    now: dt.datetime,
    subject: object = None,
    outcome: str = "done",
    from_state: str = "",
    to_state: str = "",
    **data: Any,
) -> AuditEvent:
    """Write one event into the current transaction.

    `data` holds exactly the declared keys of `kind`; values are plain JSON. Raises
    UndeclaredEvent otherwise. No secret, token, file content or sealed content may stand in it.
    """
    _require_declared(kind, outcome, data)
    session.flush()
    round_ = round_of(subject)
    event = AuditEvent(
        at=now,
        actor_id=actor.user_id,
        organisation_id=actor.organisation_id,
        session_ref=actor.session_ref[:16],
        request_ref=actor.request_ref,
        kind=kind,
        subject_type=getattr(subject, "__tablename__", ""),
        subject_id=getattr(subject, "public_id", "") or "",
        round_id=round_.id if round_ is not None else None,
        outcome=outcome,
        from_state=from_state,
        to_state=to_state,
        data=_plain(data),
    )
    _chain(session, event)
    return event


def _require_declared(kind: str, outcome: str, data: dict[str, Any]) -> None:
    declared = KEYS.get(kind.removesuffix(".denied"))
    if declared is None or (outcome == "done" and declared != frozenset(data)):
        raise UndeclaredEvent(f"{kind} with keys {sorted(data)}; declared: {sorted(declared or ())}")


def _chain(session: Session, event: AuditEvent) -> None:
    """Give an event its number and the hash that follows from the one before, and write it."""
    event.seq = next_number(session, _EVENTS)
    event.prev_hash = session.scalar(select(AuditEvent.hash).where(AuditEvent.seq == event.seq - 1)) or GENESIS
    event.hash = digest(event)
    session.add(event)
    session.flush()


def record_denied(
    session: Session,
    what: str,
    error: RuleBroken,
    *,
    actor: Actor,
    now: dt.datetime,
    subject: object = None,
    limit: int = DENIED_PER_MINUTE,
) -> AuditEvent | None:
    """Write the fact of a refused attempt (law L07g): what was tried, which rule refused it.

    `attempt` tells what the lead is told of from a form that was stale or a motive that was missing. Beyond `limit`
    of one actor and minute it is only counted, for `sum_denied`; then the answer is None.
    """
    if next_number(session, f"{_COUNTED}{actor.user_id or 0}/{int(now.timestamp()) // 60}") > limit:
        return None
    kind = f"{what}.denied"
    KEYS.setdefault(what, frozenset())
    return record(
        session,
        kind,
        actor=actor,
        now=now,
        subject=subject,
        outcome="denied",
        code=error.code,
        rule=error.rule,
        attempt=error.is_attempt,
    )


def sum_denied(session: Session, *, now: dt.datetime, limit: int = DENIED_PER_MINUTE) -> int:
    """Write one event for the attempts of each actor and past minute that were only counted; how many events."""
    written = 0
    query = select(Counter).where(Counter.name.startswith(_COUNTED)).order_by(Counter.name).with_for_update()
    for counter in session.scalars(query).all():
        user, minute = (int(part) for part in counter.name.removeprefix(_COUNTED).split("/"))
        if minute >= int(now.timestamp()) // 60:
            continue
        if counter.value > limit:
            who = Actor(user or None, None, frozenset())
            record(
                session,
                SUMMED,
                actor=who,
                now=now,
                outcome="denied",
                count=counter.value - limit,
                minute=dt.datetime.fromtimestamp(minute * 60, dt.UTC),
                attempt=True,
            )
            written += 1
        session.delete(counter)
    session.flush()
    return written


def canonical(event: AuditEvent) -> str:
    """The text that is hashed: sorted keys, UTF-8, no free spaces."""
    return json.dumps(facts(event), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def facts(event: AuditEvent) -> dict[str, Any]:
    """All that the hash of an event is over; persons and organisations by their numbers alone."""
    return {
        "seq": event.seq,
        "at": event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": event.actor_id,
        "organisation": event.organisation_id,
        "session": event.session_ref,
        "request": event.request_ref,
        "kind": event.kind,
        "subject": [event.subject_type, event.subject_id],
        "round": event.round_id,
        "outcome": event.outcome,
        "from": event.from_state,
        "to": event.to_state,
        "data": event.data,
        "prev": event.prev_hash,
    }


def digest(event: AuditEvent) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(event).encode("utf-8")).hexdigest()


def first_break(events: Iterable[AuditEvent]) -> int | None:
    """Number of the first event that does not follow from the one before it; None if the chain holds."""
    expected_seq, previous = 1, GENESIS
    for event in events:
        if event.seq != expected_seq or event.prev_hash != previous or event.hash != digest(event):
            return expected_seq
        expected_seq, previous = event.seq + 1, event.hash
    return None


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _escape(value) for key, value in data.items()}


def _escape(value: Any) -> Any:
    """Plain JSON; control characters in text are escaped so that a value cannot forge a line."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in value)
    if isinstance(value, dict):
        return {str(k): _escape(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_escape(v) for v in value]
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value if isinstance(value, int | float | bool | type(None)) else str(value)
