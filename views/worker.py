"""Do jobs: at once inside a request for small work, or on a worker process that huey feeds.

The row in `job` is the truth; a number in the queue only wakes a worker, which takes the job whose turn it is. What the
queue forgets is found again by the beat, which looks for waiting rows and for running ones that fell silent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, has_app_context
from huey import Huey, PostgresHuey, SqliteHuey
from sqlalchemy import event
from sqlalchemy.orm import Session

from framework.ground import jobs, turns
from models.base import db
from models.records import Job
from views import clock, keyring

logger = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 20.0
NEW = "new_jobs"


def init_app(app: Flask) -> None:
    """Send the number of every job to the queue once its transaction is durable."""
    app.extensions["queue"] = _Queue(app)
    app.extensions["large_slots"] = threading.BoundedSemaphore(app.extensions["settings"].workers() - 1)
    enqueue_after_commit()


def run_job(app: Flask, job_id: int) -> None:
    """Claim and do one job in a session of its own; a job somebody else has is left alone.

    What breaks is logged by kind and place, for the text of an error may hold what is sealed, and put back or given up.
    """
    with app.app_context(), keyring.with_master(app), writing_session() as session:
        job = jobs.claim(session, job_id, now=clock.now())
        session.commit()
        if job is not None:
            _do(app, session, job)


def work_off(app: Flask) -> int:
    """Do jobs in the order of their turns until none may be taken; how many.

    At least one thread of this process is always left for quick jobs: they never wait behind large ones.
    """
    done = 0
    while _do_next(app):
        done += 1
    return done


def _do_next(app: Flask) -> bool:
    slots: threading.BoundedSemaphore = app.extensions["large_slots"]
    has_slot = slots.acquire(blocking=False)
    try:
        with app.app_context(), keyring.with_master(app), writing_session() as session:
            job = turns.take_next(session, now=clock.now(), may_be_large=has_slot)
            session.commit()
            if job is None:
                return False
            if has_slot and job.lane != turns.LARGE:
                slots.release()
                has_slot = False
            _do(app, session, job)
            return True
    finally:
        if has_slot:
            slots.release()


def _do(app: Flask, session: Session, job: Job) -> None:
    number, attempt = job.id, job.attempts
    try:
        with _heartbeat(app, number, attempt):
            jobs.runner_of(job.kind)(session, job, clock.now)
    except jobs.Stopped:
        session.rollback()
        logger.info("job %s was stopped or taken over", number)
    except Exception as error:  # whatever a runner breaks on must not leave the row running
        logger.error("job %s broke: %s", number, jobs.reason(error))
        session.rollback()
        job = _anew(session, number)
        if job.state == "running" and job.attempts == attempt:
            jobs.broke(job, error, now=clock.now())
        session.commit()
    else:
        job = _anew(session, number)
        if job.state == "running" and job.attempts == attempt:
            jobs.finish(job, now=clock.now())
        session.commit()


def _anew(session: Session, number: int) -> Job:
    """The row as it is now: it may have been stopped or taken over while the work went on."""
    return session.get_one(Job, number, populate_existing=True, with_for_update=True)


def send(job_id: int) -> None:
    """Put the number of a job into the queue of this application; a queue that is away is no harm, the beat looks again."""
    queue: _Queue = current_app.extensions["queue"]
    try:
        queue.put(job_id)
    except Exception:  # the storages of huey raise what their drivers raise; the row waits either way
        logger.warning("queue not reachable; the beat will find job %s", job_id, exc_info=True)


def queue_of(app: Flask) -> Huey:
    """The queue of the application; opened when first asked for."""
    found: _Queue = app.extensions["queue"]
    return found.huey


@contextmanager
def writing_session() -> Iterator[Session]:
    """A writing session of its own; needs an application context."""
    with Session(db.engine.execution_options(write=True), info={"write": True}) as session:
        yield session


def enqueue_after_commit() -> None:
    """Listen on every session: numbers of new jobs leave with the commit and are dropped with a rollback."""
    for name, listener in (("after_flush", _collect), ("after_commit", _send_collected), ("after_rollback", _drop)):
        if not event.contains(Session, name, listener):
            event.listen(Session, name, listener)


def _collect(session: Session, _context: Any) -> None:
    new = [record for record in session.new if isinstance(record, Job)]
    if new:
        session.info.setdefault(NEW, []).extend(new)


def _send_collected(session: Session) -> None:
    new = session.info.pop(NEW, [])
    if not new or not has_app_context() or "queue" not in current_app.extensions:
        return
    for record in new:
        send(record.__dict__["id"])


def _drop(session: Session) -> None:
    session.info.pop(NEW, None)


@contextmanager
def _heartbeat(app: Flask, job_id: int, attempt: int) -> Iterator[None]:
    """Write now and then that the job is alive, from a thread of its own, until the work is over."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                with app.app_context(), writing_session() as session:
                    jobs.goes_on(session, job_id, attempt, now=clock.now())
                    session.commit()
            except jobs.Stopped:
                return
            except jobs.ENVIRONMENT:  # a database that is away for a moment; the next beat may reach it
                logger.warning("no heartbeat of job %s", job_id)

    thread = threading.Thread(target=beat, daemon=True, name=f"heartbeat-{job_id}")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=HEARTBEAT_SECONDS)


class _Queue:
    """The huey of one application, made when first used; tests never open one."""

    def __init__(self, app: Flask) -> None:
        self._app, self._huey, self._lock = app, None, threading.Lock()

    @property
    def huey(self) -> Huey:
        with self._lock:
            if self._huey is None:
                self._huey = _open(self._app)
                self._task = self._huey.task(name="take")(self._take)
            return self._huey

    def put(self, job_id: int) -> None:
        if not self._app.testing:
            self.huey.enqueue(self._task.s(job_id))

    def _take(self, _job_id: int) -> None:
        work_off(self._app)


def _open(app: Flask) -> Huey:
    settings = app.extensions["settings"]
    url = settings.url()
    if url.startswith("postgresql"):
        dsn = "postgresql" + url[url.index("://") :]
        return PostgresHuey("hefboom", dsn=dsn, results=False)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("hefboom", filename=str(settings.data_dir / "queue.sqlite"), results=False)
