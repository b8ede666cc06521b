"""The job that compares two long versions, on the worker; what it found is kept until either is read again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure import comparisons, receiving, sealing
from framework.disclosure.comparisons import COMPARE_JOB
from framework.ground import jobs
from models.base import db
from models.disclosure import Comparison
from models.records import Job
from views.disclosure.work import Clock, Watch, comparing_limits


@jobs.runner(COMPARE_JOB)
def compare_versions(session: Session, job: Job, clock: Clock) -> None:
    """Compare outside any transaction, then store the rows in parts, and all that tells of them in one transaction."""
    job_id, watch = job.id, Watch(session, job.id, job.attempts, clock)
    public_id = str(job.payload["comparison"])
    organisation_id = job.organisation_id
    session.rollback()
    with Session(db.engine) as reading, sealing.for_job(reading, organisation_id):
        found = reading.scalar(select(Comparison).where(Comparison.public_id == public_id))
        if found is None or found.job_id != job_id:
            return
        number = found.id
        result = comparisons.work_out(reading, found, limits=comparing_limits(), on_progress=watch)
    if result is None:
        return
    with sealing.for_job(session, organisation_id):
        counts = comparisons.store(session, number, result, on_progress=watch)
        receiving.lock(session, session.get_one(Comparison, number).after.round)  # first the round, then the job
        watch.hold()
        comparisons.keep(session, number, result, counts, now=clock())


@jobs.periodic("forget_unfit_comparisons", every_seconds=3600)
def forget_unfit_comparisons(session: Session, _clock: Clock) -> None:
    """Comparisons of readings that no longer stand are shown nowhere."""
    comparisons.forget_unfit(session)
