"""Versions of a supplier for programs: send, ask for state, remarks and receipt, count, withdraw; the acts of the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import IO, Any
from zoneinfo import ZoneInfo

from flask import current_app, g, request, url_for
from flask_babel import gettext as _
from marshmallow import RAISE
from sqlalchemy import select
from werkzeug.exceptions import UnsupportedMediaType

from framework.disclosure import calling, counting, groups, receipts, receiving
from framework.ground.errors import InvalidInput
from framework.ground.files import Blob
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import limits, tokens
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import caller, clock, guard
from views.api import blueprint, schemas
from views.api.calls import (
    LANGUAGE,
    READ,
    ROUND_ID,
    SUBMISSION_ID,
    WRITE,
    call,
    described,
    first_outcome,
    page_asked,
    part,
)
from views.disclosure.sentences import counts_by_itself, state_sentence, version_tag
from views.disclosure.upload import own_organisation, own_submission
from views.disclosure.work import files, run_if_small, upload_mb
from views.guard import actor
from views.i18n import current_language, words

AS_IT_IS = "application/octet-stream"
KINDS = {
    AS_IT_IS: "bin",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "xlsb",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/zip": "zip",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
"""Types under which a file may be sent as it is, with the ending of its name where it has none.

What it is shows when it is read, whatever it is called.
"""
ONE_FILE = N_("Choose one workbook, or the CSV files of one submission in a zip.")
ASK_AGAIN_SECONDS = 2
HOUR = dt.timedelta(hours=1)
Answer = dict[str, Any]
BODY = {
    "required": True,
    "description": N_("One workbook, or the CSV files of one submission in a zip."),
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary", "minLength": 1}},
            }
        },
        AS_IT_IS: {"schema": {"type": "string", "format": "binary", "minLength": 1}},
    },
}
REPLAYED = {
    "Idempotency-Replayed": {
        "description": N_("“true” where this key was used before and this is the first answer again."),
        "schema": {"type": "string", "enum": ["true"]},
    }
}
LOCATION = {"Location": {"description": N_("Address of the version."), "schema": {"type": "string"}}}
RETRY = {
    "Retry-After": {
        "description": N_("Seconds to wait before asking again; only while the file is being read."),
        "schema": {"type": "integer"},
    }
}


@blueprint.get("/rounds/<round_id>/submissions", parameters=[ROUND_ID, LANGUAGE])
@call(Permission.SUBMISSION_VIEW_OWN, READ)
@described(
    blueprint,
    scope=READ,
    summary=N_("List your versions in a round"),
    description=N_("The versions of the organisation of the token, newest first."),
    refusals=(404, 422),
)
@blueprint.response(200, schemas.Versions)
@blueprint.arguments(schemas.PageQuery, location="query", unknown=RAISE)
def versions(query: Answer, round_: Round) -> Answer:
    """The supplier's own versions."""
    found = _own(round_)
    page = page_asked(query, len(found))
    following = url_for("api.versions", round_id=round_.public_id, page=page.number + 1, per_page=page.size)
    shown = found[page.offset : page.offset + page.size]
    return part(page, following) | {"versions": [_version(one, found) for one in shown]}


@blueprint.post("/rounds/<round_id>/submissions", parameters=[ROUND_ID, LANGUAGE])
@call(Permission.SUBMISSION_STAGE, WRITE)
@described(
    blueprint,
    scope=WRITE,
    summary=N_("Send a file"),
    description=N_(
        "Answers with the receipt once the bytes are safe; reading follows, ask for it at the address of the version. "
        "Uploading is submitting: the newest countable version is counted at the deadline where the round says so. "
        "The bytes of your newest version sent again give its receipt again. A file after the deadline is kept, "
        "marked late and not counted. A file may also be sent under its own media type, such as text/csv."
    ),
    refusals=(400, 404, 409, 413, 415, 422),
)
@blueprint.doc(requestBody=BODY)
@blueprint.response(201, schemas.Received, headers=LOCATION | REPLAYED)
@blueprint.arguments(schemas.UploadQuery, location="query", unknown=RAISE)
@blueprint.arguments(schemas.KeyHeader, location="headers", error_status_code=400)
def upload(query: Answer, header: Answer, round_: Round) -> tuple[Answer, int, dict[str, str]]:
    """Receive a file: bytes first, then one transaction with version, receipt, event and job."""
    first_byte_at, public_id, g.limit_mb = g.first_byte_at, round_.public_id, upload_mb(round_)
    guard.release()
    try:
        name, blob = _bytes(query["name"], g.limit_mb * 1_000_000)
    finally:
        request.close()
    _ask_again_who()
    found = first_outcome(header["key"], name, blob.sha256)
    if found is not None:
        answer = _received(_of_address(found.location))
        return answer, 201, {"Location": found.location, "Idempotency-Replayed": "true"}
    submission = _receive(public_id, blob, name, first_byte_at)
    answer, job = _received(submission), submission.job
    job_id = job.id if job is not None and job.state == "waiting" else None
    guard.keep_outcome(answer["links"]["self"])
    db.session.commit()
    run_if_small(job_id, blob.size)
    return answer, 201, {"Location": answer["links"]["self"]}


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>", parameters=[ROUND_ID, SUBMISSION_ID, LANGUAGE])
@call(Permission.SUBMISSION_VIEW_OWN, READ)
@described(
    blueprint,
    scope=READ,
    summary=N_("Ask what became of a version"),
    description=N_(
        "Its state, the account of its rows, how many remarks it has, and whether it will be counted as things stand."
    ),
    refusals=(404,),
)
@blueprint.response(200, schemas.Version, headers=RETRY)
def version(round_: Round, submission_id: str) -> Answer | tuple[Answer, int, dict[str, str]]:
    """The state of a version."""
    submission = own_submission(round_, submission_id)
    answer = _version(submission, _own(round_))
    return (answer, 200, {"Retry-After": str(ASK_AGAIN_SECONDS)}) if submission.is_being_read else answer


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/issues", parameters=[ROUND_ID, SUBMISSION_ID, LANGUAGE])
@call(Permission.SUBMISSION_VIEW_OWN, READ)
@described(
    blueprint,
    scope=READ,
    summary=N_("Read the remarks on a version"),
    description=N_("Each with its place, what was found there, what is wrong and what to do; empty until it is read."),
    refusals=(404, 422),
)
@blueprint.response(200, schemas.Issues)
@blueprint.arguments(schemas.IssueQuery, location="query", unknown=RAISE)
def issues(query: Answer, round_: Round, submission_id: str) -> Answer:
    """The remarks on a version, a page at a time."""
    submission = own_submission(round_, submission_id)
    chosen = {name: query[name] for name in ("severity", "code") if query[name]}
    offset = (query["page"] - 1) * query["per_page"]
    found, total = calling.issues(db.session(), submission, **chosen, limit=query["per_page"], offset=offset)
    page = page_asked(query, total)
    following = url_for("api.issues", **_ids(submission), **chosen, page=page.number + 1, per_page=page.size)
    return part(page, following) | {
        "issues": [_issue(one) for one in found],
        "not_listed": groups.not_kept(submission),
    }


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/receipt", parameters=[ROUND_ID, SUBMISSION_ID, LANGUAGE])
@call(Permission.SUBMISSION_VIEW_OWN, READ)
@described(
    blueprint,
    scope=READ,
    summary=N_("Read the receipt of a version"),
    description=N_(
        "What arrived, when, from whom, with which hash, and whether it counts; a page for paper is linked."
    ),
    refusals=(404,),
)
@blueprint.response(200, schemas.Receipt)
def receipt(round_: Round, submission_id: str) -> Answer:
    """The receipt of a version."""
    submission = own_submission(round_, submission_id)
    arrival = receipts.arrival(db.session(), submission)
    return _received(submission) | {
        "round_name": round_.name,
        "organisation": submission.supplier.name,
        "person": arrival.person,
        "received_at_local": submission.received_at.astimezone(ZoneInfo(round_.zone)).isoformat(),
        "zone": round_.zone,
        "event": arrival.event,
        "terms_sha256": round_.frozen_hash,
        "state": submission.state,
        "state_words": version_tag(submission, counting.standing(_own(round_)))[0],
        "counted_at": submission.counted_at,
        "note": _(
            "The newest countable version counts at the deadline without anything further. "
            "This receipt is not a qualified time stamp."
        ),
    }


@blueprint.post("/rounds/<round_id>/submissions/<submission_id>/count", parameters=[ROUND_ID, SUBMISSION_ID, LANGUAGE])
@call(Permission.SUBMISSION_COUNT, WRITE)
@described(
    blueprint,
    scope=WRITE,
    summary=N_("Let a version count at once"),
    description=N_(
        "A courtesy: the newest countable version is counted at the deadline anyway, where the round says so."
    ),
    refusals=(400, 404, 409, 422),
)
@blueprint.response(200, schemas.Version, headers=REPLAYED)
@blueprint.arguments(schemas.KeyHeader, location="headers", error_status_code=400)
def count(header: Answer, round_: Round, submission_id: str) -> tuple[Answer, int, dict[str, str]]:
    """Let this version stand at once."""
    submission = own_submission(round_, submission_id)
    found = first_outcome(header["key"])
    if found is None:
        counting.count(db.session(), submission, actor=actor(), clock=clock.now, files=files())
    return _acted(submission, is_replay=found is not None)


@blueprint.post(
    "/rounds/<round_id>/submissions/<submission_id>/withdraw", parameters=[ROUND_ID, SUBMISSION_ID, LANGUAGE]
)
@call(Permission.SUBMISSION_COUNT, WRITE)
@described(
    blueprint,
    scope=WRITE,
    summary=N_("Take a version back"),
    description=N_(
        "Until the deadline. The version that was counted is your submission: versions that are not counted yet go with "
        "it. Any other version goes alone."
    ),
    refusals=(400, 404, 409, 422),
)
@blueprint.response(200, schemas.Version, headers=REPLAYED)
@blueprint.arguments(schemas.KeyHeader, location="headers", error_status_code=400)
def withdraw(header: Answer, round_: Round, submission_id: str) -> tuple[Answer, int, dict[str, str]]:
    """Take the version, or with the counted one the submission, back."""
    submission = own_submission(round_, submission_id)
    found = first_outcome(header["key"])
    if found is None:
        counting.withdraw(db.session(), submission, actor=actor(), clock=clock.now)
    return _acted(submission, is_replay=found is not None)


def _bytes(name: str, most: int) -> tuple[str, Blob]:
    """The name and the stored bytes of the one file of this call; nobody waits for the database meanwhile.

    Raises InvalidInput for none or several, FileRefused where it is too large, UnsupportedMediaType.
    """
    if request.mimetype == "multipart/form-data":
        chosen = [one for one in request.files.getlist("file") if one.filename]
        if len(chosen) != 1 or len(request.files) != 1:
            raise InvalidInput("one-file", ONE_FILE, field="file")
        name, stream = name or chosen[0].filename or "", chosen[0].stream
    elif request.mimetype in KINDS:
        name, stream = name or f"upload.{KINDS[request.mimetype]}", request.stream
    else:
        raise UnsupportedMediaType
    return name, _stored(stream, most)


def _stored(stream: IO[bytes], most: int) -> Blob:
    blob = files().put(stream, max_bytes=most)  # type: ignore[arg-type]
    if not blob.size:
        raise InvalidInput("one-file", ONE_FILE, field="file")
    return blob


def _ask_again_who() -> None:
    """Sending may have taken minutes: a token revoked or a role withdrawn meanwhile is gone (W31)."""
    g.token, g.actor = caller.find()
    if g.token is None:
        raise caller.TokenNeeded
    tokens.require_scope(g.token, WRITE)
    tokens.require_factor(actor())


def _receive(round_id: str, blob: Blob, name: str, first_byte_at: dt.datetime) -> Submission:
    """The act, where the hour's files are not used up; the same bytes as before cost one too."""
    session, who = db.session(), actor()
    most = current_app.extensions["settings"].api_uploads_per_hour
    counted = limits.Limit("api_upload", f"{who.user_id}/{who.organisation_id}", most, HOUR)
    limits.take(session, counted, now=clock.now())
    round_ = session.scalars(select(Round).where(Round.public_id == round_id)).one()
    return receiving.receive(
        session, round_, own_organisation(), blob, name, actor=who, clock=clock.now, first_byte_at=first_byte_at
    )


def _of_address(location: str) -> Submission:
    public_id = location.rpartition("/")[2]
    return db.session.scalars(select(Submission).where(Submission.public_id == public_id)).one()


def _acted(submission: Submission, *, is_replay: bool) -> tuple[Answer, int, dict[str, str]]:
    """Commit an act on a version and answer with its state."""
    if not is_replay:
        guard.keep_outcome(url_for("api.version", **_ids(submission)))
        db.session.commit()
    answer = _version(submission, _own(submission.round))
    return answer, 200, {"Idempotency-Replayed": "true"} if is_replay else {}


def _own(round_: Round) -> Sequence[Submission]:
    return counting.versions(db.session(), round_, actor().organisation_id or 0)


def _ids(submission: Submission) -> dict[str, str]:
    return {"round_id": submission.round.public_id, "submission_id": submission.public_id}


def _links(submission: Submission) -> dict[str, str]:
    ids = _ids(submission)
    return {
        "self": url_for("api.version", **ids),
        "issues": url_for("api.issues", **ids),
        "receipt": url_for("api.receipt", **ids),
        "page": url_for("disclosure.version", **ids),
        "print": url_for("disclosure.receipt", **ids),
    }


def _received(submission: Submission) -> Answer:
    """The facts of a receipt, which never change."""
    file = submission.file
    return {
        "id": submission.public_id,
        "round_id": submission.round.public_id,
        "version": submission.version_no,
        "receipt_number": submission.receipt_number,
        "received_at": submission.received_at,
        "in_time": submission.late_by_seconds is None,
        "late_by_seconds": submission.late_by_seconds,
        "file": {"name": file.name, "size": file.size, "sha256": file.sha256},
        "links": _links(submission),
    }


def _version(submission: Submission, found: Sequence[Submission]) -> Answer:
    """What became of a version among all of its supplier, newest first."""
    standing, is_read = counting.standing(found), submission.checked_at is not None
    blocks = submission.verdict not in ("", "countable")
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
    return {"done": job.done, "total": job.total} if submission.is_being_read and job is not None else None


def _rows(submission: Submission) -> Answer | None:
    if submission.rows_in is None:
        return None
    return {"read": submission.rows_in, "stored": submission.rows_stored, "listed": submission.rows_listed}


def _sheet(one: Any) -> Answer:
    return {"name": one["name"], "read": one["rows_in"], "stored": one["rows_stored"], "listed": one["rows_listed"]}


def _issue(issue: Issue) -> Answer:
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
