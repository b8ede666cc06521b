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

logger = logging.getLogger(__name__)


@jobs.periodic("seal_what_lies_open", every_seconds=60)
def seal_what_lies_open(session: Session, _clock: Callable[[], Any]) -> None:
    """Version by version, each in a transaction of its own; one that is being read or compared just now waits."""
    open_ones = (
        select(Submission.id)
        .outerjoin(Job, Job.id == Submission.job_id)
        .where(
            Submission.seal_id == "",
            Submission.opened_at.is_(None),
            Submission.round_id.in_(sealed.rounds()),
            Job.state.is_(None) | Job.state.not_in(("waiting", "running")),
        )
    )
    numbers = list(session.scalars(open_ones))
    for number in numbers:
        _seal(session, number)
        session.commit()
    if numbers:
        logger.info("%s versions were sealed that lay open", len(numbers))


def _seal(session: Session, number: int) -> None:
    submission = session.get_one(Submission, number)
    key = sealing.new_key(submission.round)
    if key is None:
        return
    session.rollback()  # nobody waits for the database while bytes are encrypted
    submission = session.get_one(Submission, number)
    blob = sealing.stored_anew(key, submission.file, files())
    receiving.lock(session, submission.round)
    session.refresh(submission)
    if not submission.seal_id and submission.opened_at is None:
        sealing.enclose(submission.file, submission.round, submission.supplier, blob)
        releasing.take_in(session, submission, key)
