"""What the calls about versions answer with: plain values in the shapes of `schemas`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from framework.disclosure import counting, groups, sealing
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views.disclosure.sentences import counts_by_itself, state_sentence, version_tag
from views.guard import actor
from views.i18n import current_language, words

Answer = dict[str, Any]


def own_versions(round_: Round) -> Sequence[Submission]:
    """The versions of the organisation of the token in a round, newest first."""
    return counting.versions(db.session(), round_, actor().organisation_id or 0)


def ids(submission: Submission) -> dict[str, str]:
    """What names a version in an address."""
    return {"round_id": submission.round.public_id, "submission_id": submission.public_id}


def _links(submission: Submission) -> dict[str, str]:
    named = ids(submission)
    return {
        "self": url_for("api.version", **named),
        "issues": url_for("api.issues", **named),
        "receipt": url_for("api.receipt", **named),
        "page": url_for("disclosure.version", **named),
        "print": url_for("disclosure.receipt", **named),
    }


def receipt_facts(submission: Submission) -> Answer:
    """The facts of a receipt, which never change."""
    file, is_away = submission.file, sealing.is_away(submission)
    return {
        "id": submission.public_id,
        "round_id": submission.round.public_id,
        "version": submission.version_no,
        "receipt_number": submission.receipt_number,
        "received_at": submission.received_at,
        "in_time": submission.late_by_seconds is None,
        "late_by_seconds": submission.late_by_seconds,
        "file": {
            "name": None if is_away else file.name,
            "size": file.size,
            "sha256": None if is_away else file.content_sha256,
        },
        "links": _links(submission),
    }


def version_answer(submission: Submission, found: Sequence[Submission]) -> Answer:
    """What became of a version among all of its supplier, newest first."""
    standing, is_read = counting.standing(found), submission.checked_at is not None
    blocks = submission.verdict not in ("", "countable") and not sealing.is_away(submission)
    block = groups.first_block(db.session(), submission, language=current_language()) if blocks else None
    is_standing = standing is not None and standing.id == submission.id
    return {
        "id": submission.public_id,
        "round_id": submission.round.public_id,
        "version": submission.version_no,
        "receipt_number": submission.receipt_number,
        "received_at": submission.received_at,
        "state": submission.state,
        "state_words": version_tag(submission, standing)[0],
        "sentence": state_sentence(submission, found, block),
        "verdict": submission.verdict or None,
        "is_being_read": submission.is_being_read,
        "is_stopped": submission.is_stopped,
        "progress": _progress(submission),
        "counts": is_standing and (submission.state != "checked" or counts_by_itself(submission.round)),
        "format": submission.format or None,
        "rows": _rows(submission),
        "sheets": [_sheet(one) for one in submission.sheets],
        "remarks": groups.counts(submission) if is_read else None,
        "counted_at": submission.counted_at,
        "withdrawn_at": submission.withdrawn_at,
        "links": _links(submission),
    }


def _progress(submission: Submission) -> Answer | None:
    job = submission.job
    return (
        {"done": job.done, "total": job.total}
        if submission.is_being_read and not submission.is_stopped and job is not None
        else None
    )


def _rows(submission: Submission) -> Answer | None:
    if submission.rows_in is None:
        return None
    return {"read": submission.rows_in, "stored": submission.rows_stored, "listed": submission.rows_listed}


def _sheet(one: Any) -> Answer:
    return {"name": one["name"], "read": one["rows_in"], "stored": one["rows_stored"], "listed": one["rows_listed"]}


def issue_answer(issue: Issue) -> Answer:
    """A remark in the language of the caller."""
    message, advice, params = describe(issue, language=current_language())
    return {
        "code": issue.code,
        "cause": issue.cause,
        "severity": issue.severity.value,
        "sheet": issue.sheet,
        "row": issue.row,
        "column": issue.column,
        "cell": str(issue.params.get("cell") or ""),
        "value": issue.value,
        "message": words(message, **params),
        "what_to_do": words(advice, **params),
        "params": issue.params,
    }
