"""Jobs: the row is the truth, the queue carries only its number; progress, heartbeat, a new life after every failure.

A job whose worker died, or that met a failing disk or database, is tried again with growing pauses and without end: that is
no fault of the job. One that breaks on its own is given up after three times, unless its kind must never be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from framework.ground.complaint import Complaint
from framework.ground.errors import RuleBroken
from models.records import Job

STALE_AFTER = dt.timedelta(minutes=3)
MAX_FAULTS = 3
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=5), dt.timedelta(minutes=5)
DOUBLINGS = 10
ENVIRONMENT = (OSError, OperationalError, InterfaceError, NoConnection, StaleDataError, MemoryError)
"""What speaks against the machine or the moment, never against the job."""

Runner = Callable[[Session, Job, Callable[[], dt.datetime]], None]
Beat = Callable[[Session, Callable[[], dt.datetime]], None]
_runners: dict[str, Runner] = {}
_never_given_up: set[str] = set()


class TryAgain(Exception):
    """Raised by a runner: what stopped the job lies outside it. `reason` is for the operator; it holds nothing sealed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Stopped(Exception):
    """Raised inside a runner: the job was stopped, or another worker has it by now. Its row says which; leave it alone."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work of the worker that comes round every so many seconds; it commits its own steps."""

    name: str
    every_seconds: int
    run: Beat


_periodic: dict[str, Periodic] = {}


def runner(kind: str, *, is_given_up: bool = True) -> Callable[[Runner], Runner]:
    """Register the function that does jobs of a kind: `run(session, job, clock)`; it commits its own steps.

    Where a job must not fail for good, because somebody's right hangs on it, `is_given_up` is False.
    """

    def keep(function: Runner) -> Runner:
        _runners[kind] = function
        (_never_given_up.discard if is_given_up else _never_given_up.add)(kind)
        return function

    return keep


def runner_of(kind: str) -> Runner:
    """The function that does jobs of a kind; KeyError where none is registered."""
    return _runners[kind]


def periodic(name: str, *, every_seconds: int) -> Callable[[Beat], Beat]:
    """Register work that comes round: `run(session, clock)`; the same name once more replaces it."""

    def keep(function: Beat) -> Beat:
        _periodic[name] = Periodic(name, every_seconds, function)
        return function

    return keep


def periodics() -> tuple[Periodic, ...]:
    """Everything that comes round, by name."""
    return tuple(_periodic[name] for name in sorted(_periodic))


def enqueue(
    session: Session,
    kind: str,
    *,
    now: dt.datetime,
    organisation_id: int | None = None,
    lane: str = "quick",
    **payload: Any,
) -> Job:
    """Write a job into the current transaction; a worker finds it after the commit.

    `organisation_id` is whose turn it takes, `lane` quick or large (`turns`).
    """
    job = Job(
        kind=kind,
        payload=payload,
        organisation_id=organisation_id,
        lane=lane,
        queued_at=now,
        created_at=now,
    )
    session.add(job)
    return job


def claim(session: Session, job_id: int, *, now: dt.datetime) -> Job | None:
    """Take a waiting job, or a running one whose worker fell silent; None where somebody else has it."""
    query = select(Job).where(Job.id == job_id).with_for_update()
    job = session.scalar(query.execution_options(populate_existing=True))
    if job is None or not _is_takeable(job, now):
        return None
    job.state, job.attempts, job.started_at, job.heartbeat_at = (
        "running",
        job.attempts + 1,
        now,
        now,
    )
    job.step, job.done, job.total = "", 0, None
    return job


def goes_on(session: Session, job_id: int, attempt: int, *, now: dt.datetime, **progress: Any) -> None:
    """Write a heartbeat, with `step`, `done` and `total` where given, for as long as the attempt holds the job.

    Raises Stopped where it was stopped or another worker took it over. The row's version stays: nobody who writes the
    job is in the way of its progress.
    """
    mine = (Job.id == job_id) & (Job.state == "running") & (Job.attempts == attempt)
    written = session.execute(
        update(Job).where(mine).values(heartbeat_at=now, **progress).execution_options(synchronize_session=False)
    )
    if isinstance(written, CursorResult) and not written.rowcount:
        raise Stopped


def cancel(job: Job, *, now: dt.datetime) -> None:
    """Stop a job that waits or runs: nobody takes it, and who works on it notices within seconds."""
    job.state, job.finished_at = "cancelled", now


def is_silent(job: Job, now: dt.datetime) -> bool:
    """Whether a running job's worker fell silent, so that another may take it over."""
    return job.state == "running" and (job.heartbeat_at is None or job.heartbeat_at < now - STALE_AFTER)


def finish(job: Job, *, now: dt.datetime) -> None:
    """Mark a job as done."""
    job.state, job.finished_at, job.heartbeat_at, job.error = "done", now, now, ""
    if job.total is not None:
        job.done = job.total


def broke(job: Job, error: Exception, *, now: dt.datetime) -> None:
    """Put a job back that broke on `error`, to be tried after a pause; or mark it failed where it is given up."""
    job.error = reason(error)[:500]
    if _speaks_against(job, error):
        job.faults += 1
        is_over = isinstance(error, RuleBroken) or job.faults >= MAX_FAULTS
    else:
        is_over = False
    if is_over:
        job.state, job.finished_at = "failed", now
    else:
        job.state, job.not_before = "waiting", now + pause(job.attempts)


def reason(error: Exception) -> str:
    """What an operator may read about an error: kind and place, nothing of what was being worked on."""
    if isinstance(error, TryAgain):
        return error.reason
    return error.code if isinstance(error, RuleBroken) else str(Complaint.of(error))


def pause(attempts: int) -> dt.timedelta:
    """How long a job waits after its n-th attempt: twice as long each time, at most five minutes."""
    doublings = min(max(attempts - 1, 0), DOUBLINGS)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def held_up(session: Session, *, limit: int = 20) -> list[Job]:
    """Jobs that broke and are tried again, the longest waiting first."""
    query = select(Job).where(Job.state.in_(("waiting", "running")), Job.error != "")
    return list(session.scalars(query.order_by(Job.queued_at).limit(limit)))


def waiting(session: Session, *, now: dt.datetime, limit: int = 100) -> list[int]:
    """Numbers of the jobs that a worker should take now, the stale ones included, oldest first."""
    return list(session.scalars(select(Job.id).where(takeable(now)).order_by(Job.queued_at).limit(limit)))


def takeable(now: dt.datetime) -> ColumnElement[bool]:
    """Jobs that wait and are due, and running ones whose worker fell silent."""
    due = (Job.state == "waiting") & or_(Job.not_before.is_(None), Job.not_before <= now)
    return due | (Job.state == "running") & (Job.heartbeat_at < now - STALE_AFTER)


def _speaks_against(job: Job, error: Exception) -> bool:
    return job.kind not in _never_given_up and not isinstance(error, (TryAgain, *ENVIRONMENT))


def _is_takeable(job: Job, now: dt.datetime) -> bool:
    if job.state == "waiting":
        return job.not_before is None or job.not_before <= now
    return is_silent(job, now)
