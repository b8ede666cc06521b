"""Stop the reading of a version and take it up again; what arrived in time is read at the latest when receipt closes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.receiving import CHECK_JOB, Clock, is_past, lock
from framework.ground import audit, jobs
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused
from framework.ground.text import N_
from models.disclosure import Submission
from models.records import Job
from models.rounds import Round

STOPPED = audit.declare("submission_tender.reading_stopped")
TAKEN_UP = audit.declare("submission_tender.reading_taken_up")


def is_stopped(submission: Submission) -> bool:
    """Whether a version is still to be read and nobody does so, because its reading was stopped."""
    return submission.is_stopped


def may_stop(submission: Submission, *, now: dt.datetime) -> bool:
    """Whether the supplier may stop the reading now: after the deadline it must go on, for then it decides what counts."""
    runs = submission.is_being_read and submission.job is not None and submission.job.state in ("waiting", "running")
    return runs and submission.round.state == "published" and not is_past(submission.round, now)


def stop(session: Session, submission: Submission, *, actor: Actor, clock: Clock) -> None:
    """Stop the reading; the process that reads ends within seconds.

    The version keeps its receipt, its state and its right to be counted: it is read when the supplier asks, and at
    the latest when receipt closes. Raises MoveRefused where it is not being read or receipt is closed.
    """
    now = _hold(session, submission, clock)
    if not may_stop(submission, now=now):
        if submission.round.state != "published" or is_past(submission.round, now):
            message = N_("Receipt is closed. What arrived in time is read now, so that it can be counted.")
            raise MoveRefused("receipt-closed", message, rule="L07a")
        raise MoveRefused("not-being-read", N_("This version is not being read any more. Look at it again."))
    assert submission.job is not None
    jobs.cancel(_locked(session, submission.job), now=now)
    audit.record(session, STOPPED, actor=actor, now=now, subject=submission)


def take_up(session: Session, submission: Submission, *, actor: Actor, clock: Clock) -> Job:
    """Read a version whose reading was stopped, from the beginning. Raises MoveRefused where it was not."""
    now = _hold(session, submission, clock)
    if not is_stopped(submission):
        raise MoveRefused("not-stopped", N_("The reading of this version is not stopped. Look at it again."))
    return _take_up(session, submission, actor, now)


def take_up_all(session: Session, round_: Round, *, now: dt.datetime) -> int:
    """When receipt closes: read every version that was stopped; how many."""
    query = select(Submission).options(joinedload(Submission.job)).where(Submission.round_id == round_.id)
    stopped = [one for one in session.scalars(query.order_by(Submission.receipt_seq)) if is_stopped(one)]
    for submission in stopped:
        _take_up(session, submission, SYSTEM, now)
    return len(stopped)


def end(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    """Nobody needs the reading of this version any more: whoever works on it ends within seconds."""
    job = submission.job
    if job is not None and job.state in ("waiting", "running"):
        job = _locked(session, job)
        if job.state in ("waiting", "running"):
            jobs.cancel(job, now=now)


def _take_up(session: Session, submission: Submission, actor: Actor, now: dt.datetime) -> Job:
    """The new job goes on in the lane of the old one: what that found out about the file still holds."""
    lane = submission.job.lane if submission.job is not None else "quick"
    job = jobs.enqueue(
        session,
        CHECK_JOB,
        now=now,
        organisation_id=submission.supplier_id,
        lane=lane,
        submission=submission.public_id,
    )
    submission.job = job
    audit.record(session, TAKEN_UP, actor=actor, now=now, subject=submission)
    return job


def _hold(session: Session, submission: Submission, clock: Clock) -> dt.datetime:
    lock(session, submission.round)
    session.refresh(submission)
    if submission.job is not None:
        _locked(session, submission.job)
    return clock()


def _locked(session: Session, job: Job) -> Job:
    """The job's row as it is now, held until the commit: its worker writes there too."""
    return session.get_one(Job, job.id, populate_existing=True, with_for_update=True)
