"""What may be done with a version: count it, take it back, read it again where its reading was stopped; the acts of the pages."""

from __future__ import annotations

from flask import url_for

from framework.disclosure import counting, stopping
from framework.ground import turns
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock, guard
from views.api import schemas
from views.api.answers import Answer, ids, own_versions, version_answer
from views.api.calls import WRITE, Call, first_outcome
from views.disclosure.upload import own_submission
from views.disclosure.work import files, run_if_small
from views.guard import actor

Outcome = tuple[Answer, int, dict[str, str]]


@Call(
    method="POST",
    path="/rounds/<round_id>/submissions/<submission_id>/count",
    permission=Permission.SUBMISSION_COUNT,
    scope=WRITE,
    summary=N_("Let a version count at once"),
    description=N_(
        "A courtesy: the newest countable version is counted at the deadline anyway, where the round says so."
    ),
    answers=schemas.Version,
    keyed=True,
)
def count(header: Answer, round_: Round, submission_id: str) -> Outcome:
    """Let this version stand at once."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    found = first_outcome(header["key"])
    if found is None:
        counting.count(db.session(), submission, actor=actor(), clock=clock.now, files=files())
    return _acted(submission, is_replay=found is not None)


@Call(
    method="POST",
    path="/rounds/<round_id>/submissions/<submission_id>/withdraw",
    permission=Permission.SUBMISSION_COUNT,
    scope=WRITE,
    summary=N_("Take a version back"),
    description=N_(
        "Until the deadline. The version that was counted is your submission: versions that are not counted yet go with "
        "it. Any other version goes alone."
    ),
    answers=schemas.Version,
    keyed=True,
)
def withdraw(header: Answer, round_: Round, submission_id: str) -> Outcome:
    """Take the version, or with the counted one the submission, back."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    found = first_outcome(header["key"])
    if found is None:
        counting.withdraw(db.session(), submission, actor=actor(), clock=clock.now)
    return _acted(submission, is_replay=found is not None)


@Call(
    method="POST",
    path="/rounds/<round_id>/submissions/<submission_id>/read",
    permission=Permission.SUBMISSION_COUNT,
    scope=WRITE,
    summary=N_("Take a stopped reading up again"),
    description=N_(
        "Where “is_stopped” is true: the file is read from its beginning. Without this it is read when receipt closes, "
        "for what arrived in time is never left unread."
    ),
    answers=schemas.Version,
    keyed=True,
)
def read(header: Answer, round_: Round, submission_id: str) -> Outcome:
    """Read a version whose reading was stopped, as the page does."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    if first_outcome(header["key"]) is not None:
        return _acted(submission, is_replay=True)
    job = stopping.take_up(db.session(), submission, actor=actor(), clock=clock.now)
    db.session.flush()
    size, number = submission.file.size, job.id if job.lane != turns.LARGE else None
    outcome = _acted(submission, is_replay=False)
    run_if_small(number, size)
    return outcome


def _acted(submission: Submission, *, is_replay: bool) -> Outcome:
    """Commit an act on a version and answer with its state."""
    if not is_replay:
        guard.keep_outcome(url_for("api.version", **ids(submission)))
        db.session.commit()
    answer = version_answer(submission, own_versions(submission.round))
    return answer, 200, {"Idempotency-Replayed": "true"} if is_replay else {}
