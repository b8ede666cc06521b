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


def _published(session: Session, signer: signing.Signer, now: dt.datetime) -> PublicKey:
    """The key among those that are published; that a key is used for the first time stands in the record."""
    query = select(PublicKey).where(PublicKey.fingerprint == signer.fingerprint)
    found = session.scalar(query)
    if found is not None:
        return found
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"fingerprint": signer.fingerprint, "public": signer.public, "first_used_at": now}
    made = session.scalar(insert(PublicKey).values(values).on_conflict_do_nothing().returning(PublicKey.id))
    if made is not None:
        audit.record(session, TAKEN_UP, actor=SYSTEM, now=now, fingerprint=signer.fingerprint)
    return session.scalars(query).one()
