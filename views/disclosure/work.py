"""The job that checks a received file: at once for small files, on the worker for large ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure import checking, counting
from framework.disclosure.receiving import CHECK_JOB
from framework.ground import jobs
from framework.ground.files import FileStore
from framework.ground.sheets.limits import Limits
from models.base import db
from models.disclosure import Submission
from models.records import Job
from views.settings import Settings
from views.worker import run_job


def files() -> FileStore:
    """The content store of this installation."""
    store: FileStore = current_app.extensions["files"]
    return store


def limits_for(size: int, settings: Settings) -> Limits:
    """The lane of a file of `size` bytes: the large lane also takes what proves large while it is read."""
    quick = size <= settings.inline_mb * 1_000_000
    return Limits.quick(upload_mb=settings.upload_mb) if quick else Limits.large(upload_mb=settings.large_upload_mb)


def run_if_small(job_id: int | None, size: int) -> None:
    """Check a small file at once, in this request, after its receipt is durable; the worker takes the others."""
    settings: Settings = current_app.extensions["settings"]
    if job_id is not None and size <= settings.inline_mb * 1_000_000:
        db.session.remove()
        run_job(current_app._get_current_object(), job_id)  # type: ignore[attr-defined]


@jobs.runner(CHECK_JOB)
def check_submission(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Read outside any transaction, then store the result in one."""
    public_id = str(job.payload["submission"])
    submission = session.scalar(select(Submission).where(Submission.public_id == public_id))
    if submission is None or submission.state != "staged":
        return
    limits = limits_for(submission.file.size, current_app.extensions["settings"])
    number = submission.id
    checked, milliseconds = checking.read(session, submission, files=files(), limits=limits)
    session.rollback()
    submission = session.get_one(Submission, number)
    checking.keep(session, submission, checked, milliseconds, clock=clock, files=files())


@jobs.periodic("close_due_rounds", every_seconds=5)
def close_due_rounds(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Close the receipt of every round whose deadline is past."""
    for round_ in counting.due_rounds(session, now=clock()):
        counting.close_receipt(session, round_, clock=clock, files=files())
        session.commit()
