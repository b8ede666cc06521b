"""What leaves the installation by itself: a signed head of the record each day, and every entry where a file is named."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Callable
from pathlib import Path

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, heads, jobs, keys, log_lines
from framework.ground.complaint import Complaint
from framework.rounds import attempts
from models.receipts import LogHead
from models.records import AuditEvent, Counter
from views.settings import Settings

logger = logging.getLogger(__name__)
SHIPPED = "record/shipped"
AT_ONCE = 5_000

Clock = Callable[[], dt.datetime]


@jobs.periodic("log_head", every_seconds=600)
def daily_head(session: Session, clock: Clock) -> None:
    """Publish the key, sign the head of the day, mail it, and write every head that no file holds yet."""
    settings: Settings = current_app.extensions["settings"]
    keys.announce(session, now=clock())
    session.commit()
    if heads.is_due(session, now=clock()):
        heads.lock(session)
        _sign(session, settings.head_addresses(), clock())
        session.commit()
    if settings.head_folder is not None:
        for head in heads.unfiled(session):
            _file(head, settings.head_folder)
            head.filed_at = clock()
            session.commit()


@jobs.periodic("attempts_denied", every_seconds=600)
def daily_attempts(session: Session, clock: Clock) -> None:
    """Tell leads once a day of attempts that were refused in their rounds."""
    attempts.send_due(session, now=clock())
    session.commit()


@jobs.periodic("ship_log", every_seconds=30)
def ship_log(session: Session, clock: Clock) -> None:
    """Write new entries to the end of the file for them: first durable there, then noted as shipped, so that none is left out."""
    settings: Settings = current_app.extensions["settings"]
    if settings.log_ship_to is None:
        return
    shipped = _shipped(session)
    query = select(AuditEvent).where(AuditEvent.seq > shipped.value).order_by(AuditEvent.seq).limit(AT_ONCE)
    found = session.scalars(query).all()
    if not found:
        return
    try:
        with settings.log_ship_to.open("a", encoding="utf-8") as stream:
            stream.writelines(f"{log_lines.line(event)}\n" for event in found)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        logger.error("the record could not be shipped: %s", Complaint.of(error))
        return
    shipped.value = found[-1].seq


def _sign(session: Session, addresses: list[str], now: dt.datetime) -> None:
    if not heads.is_due(session, now=now):
        return
    head = heads.make(session, now=now)
    if head is None:
        logger.error("the record is broken: no head was signed")
        return
    session.flush()
    heads.send(session, head, addresses, now=now)


def _shipped(session: Session) -> Counter:
    """The number of the last entry that was shipped, its row held."""
    counter = session.get(Counter, SHIPPED, with_for_update=True, populate_existing=True)
    if counter is None:
        audit.begin(session, SHIPPED)
        counter = session.get_one(Counter, SHIPPED, with_for_update=True, populate_existing=True)
    return counter


def _file(head: LogHead, folder: Path) -> None:
    """Write a head as a file, whole or not at all; one that is there already is left."""
    name = f"head-{head.at:%Y-%m-%d}-{head.size}.jsonl"
    unfinished = folder / f".{name}.{os.getpid()}"
    with unfinished.open("w", encoding="utf-8") as stream:
        stream.write(heads.line(head) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(folder / name)
