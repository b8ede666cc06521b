"""How far the reading of a version has come: rows done, percent, time left, what stands in its way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from framework.ground import jobs
from framework.ground.sheets.progress import CHECKING, OPENING, READING, STORING
from models.records import Job

SHARES = {OPENING: 0.25, READING: 0.35, CHECKING: 0.28, STORING: 0.12}
"""What each step takes of the whole time, measured on lists of 200 000 rows and 25 columns."""
ENOUGH_DONE, ENOUGH_SECONDS = 0.1, 5
"""Before so much is done, and for so long, nobody can tell how long the rest takes."""
SILENT_AFTER = dt.timedelta(seconds=60)
"""A heartbeat comes every 20 seconds at least: after three missed ones the worker is taken to be gone."""
MOST = 99


@dataclass(frozen=True, slots=True)
class Pace:
    """`state` is waiting, running, interrupted, stopped or over; `done` of `total` (None: not known) of `step`.

    `percent` is of the whole work, None before it began; `left` is None where too little is done to tell.
    """

    state: str
    step: str = ""
    done: int = 0
    total: int | None = None
    percent: int | None = None
    left: dt.timedelta | None = None


def pace(job: Job | None, *, now: dt.datetime) -> Pace:
    """How far this job has come."""
    if job is None:
        return Pace("waiting")
    state = _state(job, now)
    if state != "running":
        return Pace(state)
    share = share_done(job.step, job.done, job.total)
    return Pace(
        state, job.step, job.done, job.total, min(MOST, int(100 * share)) if job.step else None, _left(job, share, now)
    )


def _state(job: Job, now: dt.datetime) -> str:
    if job.state == "waiting":
        return "interrupted" if job.attempts else "waiting"
    if job.state == "running":
        silent = job.heartbeat_at is None or job.heartbeat_at < now - SILENT_AFTER
        return "interrupted" if silent or jobs.is_silent(job, now) else "running"
    return "stopped" if job.state == "cancelled" else "over"


def share_done(step: str, done: int, total: int | None) -> float:
    """How much of the whole work is done, 0 to 1: the steps before, and of this one what its count says."""
    if step not in SHARES:
        return 0.0
    names = list(SHARES)
    before = sum(SHARES[name] for name in names[: names.index(step)])
    return before + SHARES[step] * (min(1.0, done / total) if total else 0.0)


def _left(job: Job, share: float, now: dt.datetime) -> dt.timedelta | None:
    """The rest at the pace of what is done."""
    if job.started_at is None or share < ENOUGH_DONE:
        return None
    since = now - job.started_at
    return since * ((1 - share) / share) if since >= dt.timedelta(seconds=ENOUGH_SECONDS) else None
