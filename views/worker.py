"""Do jobs: at once inside a request for small work, or on a worker process."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from framework.ground import jobs
from models.base import db
from models.records import Job
from views import clock


def run_job(app: Flask, job_id: int) -> None:
    """Claim and do one job in a session of its own; a job somebody else has is left alone."""
    with app.app_context(), Session(db.engine.execution_options(write=True), info={"write": True}) as session:
        job = jobs.claim(session, job_id, now=clock.now())
        session.commit()
        if job is None:
            return
        jobs.runner_of(job.kind)(session, job, clock.now)
        jobs.finish(session.get_one(Job, job_id), now=clock.now())
        session.commit()
