"""The job that checks a received file: at once for small files, on the worker for large ones."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure import checking, counting, smelter_loads
from framework.disclosure.receiving import CHECK_JOB
from framework.disclosure.smelters import Known, together
from framework.ground import jobs
from framework.ground.files import FileStore
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from models.base import db
from models.disclosure import Submission
from models.records import Job
from views.settings import Settings
from views.worker import run_job

logger = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]


def files() -> FileStore:
    """The content store of this installation."""
    store: FileStore = current_app.extensions["files"]
    return store


def run_if_small(job_id: int | None, size: int) -> None:
    """Check a small file at once, in this request, after its receipt is durable; the worker takes the others.

    Whatever this meets, the receipt has been given and is answered with; the worker finds the job again.
    """
    if job_id is not None and size <= _settings().inline_mb * 1_000_000:
        db.session.remove()
        try:
            run_job(current_app._get_current_object(), job_id)  # type: ignore[attr-defined]
        except jobs.ENVIRONMENT as error:
            logger.error("job %s left to the worker: %s", job_id, jobs.reason(error))


@jobs.runner(CHECK_JOB, is_given_up=False)
def check_submission(session: Session, job: Job, clock: Clock) -> None:
    """Read outside any transaction, then store the result in one.

    A file that proves too large for the quick lane goes to the worker with a new job (trust 9.4b). What arrived in
    time counts: a fault of the machine never refuses it, so this job is tried until the file has been read.
    """
    submission = session.scalar(select(Submission).where(Submission.public_id == str(job.payload["submission"])))
    if submission is None or not submission.is_being_read:
        return
    number, job_id, lane = submission.id, job.id, _lane(job, submission)
    progress = _progress(session, job_id, clock)
    try:
        checked, milliseconds = checking.read(
            session,
            submission,
            files=files(),
            limits=_limits(lane),
            smelters=_smelters(session),
            usual_minerals=_settings().usual_minerals,
            on_progress=progress,
        )
    except checking.NeedsLargeLane:
        _send_to_large_lane(session, number, clock)
        return
    except checking.ChildLost as lost:
        session.rollback()
        if session.get_one(Submission, number).is_rechecked:
            raise jobs.TryAgain(lost.reason) from lost  # it was read once, so this does not speak against the file
        refusal = _judged(session, job_id, lost)
        checked, milliseconds = checking.unread(session.get_one(Submission, number), refusal), 0
    session.rollback()
    submission = session.get_one(Submission, number)
    checking.keep(session, submission, checked, milliseconds, clock=clock, files=files())


def _judged(session: Session, job_id: int, lost: checking.ChildLost) -> Refusal:
    """What to say of the file once its reading broke off so often that it must be the file; else raises TryAgain."""
    if lost.refusal is None:
        raise jobs.TryAgain(lost.reason)
    job = session.get_one(Job, job_id)
    job.faults += 1
    if job.faults < jobs.MAX_FAULTS:
        session.commit()
        raise jobs.TryAgain(lost.reason)
    session.commit()
    return lost.refusal


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _smelters(session: Session) -> Known | None:
    """The register of the installation: its file, and the lists that were loaded."""
    of_file: Known | None = current_app.extensions["smelters"]
    return together(of_file, smelter_loads.known(session))


def _lane(job: Job, submission: Submission) -> str:
    beyond = submission.file.size > _settings().upload_mb * 1_000_000
    return "large" if beyond else str(job.payload.get("lane", "quick"))


def _limits(lane: str) -> Limits:
    return large_limits() if lane == "large" else Limits.quick(upload_mb=_settings().upload_mb)


def large_limits() -> Limits:
    """What a file of the large lane may ask of us here."""
    return Limits.large(upload_mb=_settings().large_upload_mb)


def inline_limits() -> Limits:
    """What a file that is read while somebody waits for the page may ask of us here."""
    return Limits.quick(upload_mb=_settings().inline_mb)


def _send_to_large_lane(session: Session, number: int, clock: Clock) -> None:
    session.rollback()
    submission = session.get_one(Submission, number)
    payload = {"submission": submission.public_id, "lane": "large"}
    submission.job = jobs.enqueue(session, CHECK_JOB, now=clock(), organisation_id=submission.supplier_id, **payload)
    session.commit()


def _progress(session: Session, job_id: int, clock: Clock) -> Callable[[int, int], None]:
    """Keep what the child says on the job's row, in short transactions: it survives the page and the worker."""

    def keep(done: int, total: int) -> None:
        job = session.get_one(Job, job_id)
        job.done, job.total, job.heartbeat_at = done, total, clock()
        session.commit()

    return keep


@jobs.periodic("close_due_rounds", every_seconds=5)
def close_due_rounds(session: Session, clock: Clock) -> None:
    """Close the receipt of every round whose deadline is past."""
    for round_ in counting.due_rounds(session, now=clock()):
        counting.close_receipt(session, round_, clock=clock, files=files())
        session.commit()
