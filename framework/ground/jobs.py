"""Jobs: the row is the truth, the queue carries only its number; progress, heartbeat, a second life after a dead worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.records import Job

STALE_AFTER = dt.timedelta(minutes=3)
MAX_ATTEMPTS = 3

Runner = Callable[[Session, Job, Callable[[], dt.datetime]], None]
Beat = Callable[[Session, Callable[[], dt.datetime]], None]
_runners: dict[str, Runner] = {}


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work of the worker that comes round every so many seconds; it commits its own steps."""

    name: str
    every_seconds: int
    run: Beat


_periodic: dict[str, Periodic] = {}


def runner(kind: str) -> Callable[[Runner], Runner]:
    """Register the function that does jobs of a kind: `run(session, job, clock)`; it commits its own steps."""

    def keep(function: Runner) -> Runner:
        _runners[kind] = function
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
    **payload: Any,
) -> Job:
    """Write a job into the current transaction; a worker finds it after the commit."""
    job = Job(
        kind=kind,
        payload=payload,
        organisation_id=organisation_id,
        queued_at=now,
        created_at=now,
    )
    session.add(job)
    return job


def claim(session: Session, job_id: int, *, now: dt.datetime) -> Job | None:
    """Take a waiting job, or a running one whose worker fell silent; None where somebody else has it.

    A job that was tried too often is marked failed.
    """
    query = select(Job).where(Job.id == job_id).with_for_update()
    job = session.scalar(query.execution_options(populate_existing=True))
    if job is None or not _is_takeable(job, now):
        return None
    if job.attempts >= MAX_ATTEMPTS:
        job.state, job.finished_at, job.error = (
            "failed",
            now,
            job.error or "worker-died",
        )
        return None
    job.state, job.attempts, job.started_at, job.heartbeat_at = (
        "running",
        job.attempts + 1,
        now,
        now,
    )
    return job


def finish(job: Job, *, now: dt.datetime) -> None:
    """Mark a job as done."""
    job.state, job.finished_at, job.heartbeat_at = "done", now, now
    if job.total is not None:
        job.done = job.total


def fail(job: Job, error: str, *, now: dt.datetime, retry: bool) -> None:
    """Mark a job as failed, or put it back to be tried again later."""
    job.error = error[:500]
    if retry and job.attempts < MAX_ATTEMPTS:
        job.state, job.not_before = (
            "waiting",
            now + dt.timedelta(seconds=5 * job.attempts),
        )
    else:
        job.state, job.finished_at = "failed", now


def waiting(session: Session, *, now: dt.datetime, limit: int = 100) -> list[int]:
    """Numbers of the jobs that a worker should take now, the stale ones included, oldest first."""
    due = (Job.state == "waiting") & or_(Job.not_before.is_(None), Job.not_before <= now)
    stale = (Job.state == "running") & (Job.heartbeat_at < now - STALE_AFTER)
    return list(session.scalars(select(Job.id).where(due | stale).order_by(Job.queued_at).limit(limit)))


def _is_takeable(job: Job, now: dt.datetime) -> bool:
    if job.state == "waiting":
        return job.not_before is None or job.not_before <= now
    return job.state == "running" and (job.heartbeat_at is None or job.heartbeat_at < now - STALE_AFTER)
