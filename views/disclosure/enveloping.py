"""What lies open in a sealed round is sealed by the worker: versions from before there were envelopes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure import receiving, releasing, sealing
from framework.ground import jobs, sealed
from models.disclosure import Submission
from models.records import Job
from views.disclosure.work import files

UNDER_WAY = ("waiting", "running")
logger = logging.getLogger(__name__)


@jobs.periodic("seal_what_lies_open", every_seconds=60)
def seal_what_lies_open(session: Session, _clock: Callable[[], Any]) -> None:
    """Version by version, each in a transaction of its own; one that is being read or compared just now waits.

    One that cannot be sealed keeps no other open.
    """
    open_ones = (
        select(Submission.id)
        .outerjoin(Job, Job.id == Submission.job_id)
        .where(
            Submission.seal_id == "",
            Submission.opened_at.is_(None),
            Submission.round_id.in_(sealed.rounds()),
            Job.state.is_(None) | Job.state.not_in(UNDER_WAY),
        )
    )
    numbers = list(session.scalars(open_ones))
    sealed_now = sum(_is_sealed_now(session, number) for number in numbers)
    if sealed_now:
        logger.info("%s versions were sealed that lay open", sealed_now)


def _is_sealed_now(session: Session, number: int) -> bool:
    try:
        is_done = _seal(session, number)
        session.commit()
    except Exception as error:
        session.rollback()
        logger.error("version %s lies open still: %s", number, jobs.reason(error))
        return False
    return is_done


def _seal(session: Session, number: int) -> bool:
    """Whether it was sealed. Raises whatever its file, its rows or the database meet."""
    submission = session.get_one(Submission, number)
    key = sealing.new_key(submission.round)
    if key is None:
        return False
    session.rollback()  # nobody waits for the database while bytes are encrypted
    submission = session.get_one(Submission, number)
    blob = sealing.stored_anew(key, submission.file, files())
    receiving.lock(session, submission.round)
    session.refresh(submission)
    if submission.seal_id or submission.opened_at is not None or _is_being_worked_on(session, submission):
        return False
    if blob.content_sha256 != submission.file.content_sha256:  # a seal over changed bytes would hide that they were
        logger.error("the stored bytes of receipt %s were changed, so they stay as they lie", submission.receipt_number)
        return False
    sealing.enclose(submission.file, submission.round, submission.supplier, blob)
    releasing.take_in(session, submission, key)
    return True


def _is_being_worked_on(session: Session, submission: Submission) -> bool:
    """Whether its job began or was queued since: it would go on with the address and the open rows of before.

    The row of the job is held, so that none begins until the commit.
    """
    if submission.job_id is None:
        return False
    job = session.get_one(Job, submission.job_id, populate_existing=True, with_for_update=True)
    return job.state in UNDER_WAY
