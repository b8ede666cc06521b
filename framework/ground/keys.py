"""The public keys of the installation: whatever signs something is published first, and stays so for ever."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from framework.ground import audit, signing
from framework.ground.actors import SYSTEM
from models.receipts import PublicKey
from models.records import AuditEvent

TAKEN_UP = audit.declare("key.taken_up", "fingerprint")


@dataclass(frozen=True, slots=True)
class Signed:
    """A text with its signature and the key that made it."""

    statement: str
    signature: str
    key: PublicKey


def sign(session: Session, facts: dict[str, object], *, now: dt.datetime) -> Signed:
    """Sign facts with the key of the installation; the fingerprint of the key is one of them."""
    signer = signing.current()
    statement = signing.canonical(facts | {"key": signer.fingerprint})
    return Signed(statement, signer.sign(statement), _published(session, signer, now))


def published(session: Session) -> list[PublicKey]:
    """Every key that ever signed something, the newest first."""
    return list(session.scalars(select(PublicKey).order_by(PublicKey.id.desc())))


def announce(session: Session, *, now: dt.datetime) -> None:
    """Publish the key of the installation and write into the record that it is used, once for each key.

    The worker does so when it starts, so that the first receipt of a key is not what tells of it.
    """
    key = _published(session, signing.current(), now)
    query = select(AuditEvent.seq).where(
        AuditEvent.kind == TAKEN_UP, AuditEvent.data["fingerprint"].as_string() == key.fingerprint
    )
    if session.scalar(query.limit(1)) is None:
        audit.record(session, TAKEN_UP, actor=SYSTEM, now=now, fingerprint=key.fingerprint)


def _published(session: Session, signer: signing.Signer, now: dt.datetime) -> PublicKey:
    """The key among those that are published; of two processes that use it for the first time, the second finds it."""
    query = select(PublicKey).where(PublicKey.fingerprint == signer.fingerprint)
    found = session.scalar(query)
    if found is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {"fingerprint": signer.fingerprint, "public": signer.public, "first_used_at": now}
        session.execute(insert(PublicKey).values(values).on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found
