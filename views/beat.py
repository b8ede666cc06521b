"""What comes round on a worker: waiting jobs found again, mail sent, rounds closed, proposals lapsed, files swept."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from framework.demand import uploads
from framework.demand.proposing import acts as proposing
from framework.ground import audit, jobs, proposals
from framework.ground.complaint import Complaint
from framework.ground.sheets import workplace
from framework.signons.sheet import uploads as bodies
from models.records import OneTimeKey, StoredFile
from views import clock, keyring, worker

logger = logging.getLogger(__name__)
SEND_AGAIN = 60.0
KEEP_STRAY_FILES = dt.timedelta(days=1)
KEEP_PASTED_BLOCKS = dt.timedelta(days=7)

Clock = Callable[[], dt.datetime]


class Beat:
    """Runs whatever is due, each in a session of its own; what fails is logged and comes round again."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._next: dict[str, float] = {}
        self._sent: dict[int, float] = {}

    def tick(self, at: float) -> list[str]:
        """Do what is due at `at` (seconds of a steady clock); the names of what was done."""
        due = [one for one in jobs.periodics() if self._next.get(one.name, 0.0) <= at]
        for one in due:
            self._next[one.name] = at + one.every_seconds
            self._run(one)
        self._requeue(at)
        alive(self.app).touch()
        return [one.name for one in due]

    def run(self, over: threading.Event) -> None:
        """Tick every second until told to stop."""
        while not over.wait(1.0):
            try:
                self.tick(time.monotonic())
            except Exception as error:  # a database that is away for a moment must not end the beat
                logger.error("the beat missed a tick: %s", Complaint.of(error))

    def _run(self, one: jobs.Periodic) -> None:
        with self.app.app_context(), keyring.with_master(self.app), worker.writing_session() as session:
            try:
                one.run(session, clock.now)
                session.commit()
            except Exception as error:  # one that breaks must not stop the others
                session.rollback()
                logger.error("%s failed: %s", one.name, Complaint.of(error))

    def _requeue(self, at: float) -> None:
        """Send waiting jobs that the queue does not seem to know, at most once a minute each."""
        with self.app.app_context(), worker.writing_session() as session:
            waiting = jobs.waiting(session, now=clock.now())
            session.rollback()
            self._sent = {job_id: when for job_id, when in self._sent.items() if at - when < SEND_AGAIN}
            for job_id in waiting:
                if job_id not in self._sent:
                    self._sent[job_id] = at
                    worker.send(job_id)


def alive(app: Flask) -> Path:
    """The file whose time says when a worker last ticked."""
    folder: Path = app.extensions["settings"].data_dir
    return folder / "worker.alive"


@jobs.periodic("expire_proposals", every_seconds=60)
def expire_proposals(session: Session, clock: Clock) -> None:
    """Proposals that nobody confirmed in time lapse."""
    proposals.expire(session, now=clock())


@jobs.periodic("forget_one_time_keys", every_seconds=3600)
def forget_one_time_keys(session: Session, clock: Clock) -> None:
    """Keys of forms that were sent days ago protect nobody any more."""
    keep = dt.timedelta(days=current_app.extensions["settings"].idempotency_keep_days)
    session.execute(delete(OneTimeKey).where(OneTimeKey.at < clock() - keep))


@jobs.periodic("sum_denied", every_seconds=60)
def sum_denied(session: Session, clock: Clock) -> None:
    """Refused attempts beyond the limit of a minute become one event that counts them."""
    limit = current_app.extensions["settings"].denied_log_limit
    audit.sum_denied(session, now=clock(), limit=limit)


@jobs.periodic("forget_deposits", every_seconds=60)
def forget_deposits(session: Session, clock: Clock) -> None:
    """What is kept in memory for a while goes when its moment has passed, also where nobody asks for it any more."""
    kept = current_app.extensions["deposits"]
    if kept is not None:
        kept.sweep(now=clock())


@jobs.periodic("sweep_files", every_seconds=3600)
def sweep_files(session: Session, clock: Clock) -> None:
    """Bytes that no row names after a day go: uploads whose transaction never came, and old pastes that nobody took over."""
    uploads.forget_blocks(session, before=clock() - KEEP_PASTED_BLOCKS)
    bodies.forget(session, before=clock() - KEEP_PASTED_BLOCKS)
    proposing.forget(session, before=clock() - KEEP_PASTED_BLOCKS)
    session.commit()
    known = set(session.scalars(select(StoredFile.sha256)))
    session.rollback()
    before = (clock() - KEEP_STRAY_FILES).timestamp()
    removed = current_app.extensions["files"].sweep(known=known, older_than=before)
    if removed:
        logger.info("%s stray files removed by process %s", removed, os.getpid())
    sweep_readings(current_app._get_current_object())  # type: ignore[attr-defined]


def sweep_readings(app: Flask) -> None:
    """What a killed process left of a reading goes: it holds what stands in somebody's file."""
    removed = workplace.sweep(app.extensions["settings"].reading_folder())
    if removed:
        logger.info("%s readings of dead processes removed", removed)
