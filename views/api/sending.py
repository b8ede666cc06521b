"""Send a file: bytes first, then version, receipt, event and job in one transaction; the act of the page."""

from __future__ import annotations

import datetime as dt
from typing import IO

from flask import current_app, g, request
from sqlalchemy import select
from werkzeug.exceptions import UnsupportedMediaType

from framework.disclosure import receiving, sealing
from framework.ground.errors import InvalidInput
from framework.ground.files import Blob
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import limits, tokens
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from models.sealing import Key
from views import caller, clock, guard, keyring
from views.api import schemas
from views.api.answers import Answer, receipt_facts
from views.api.calls import WRITE, Call, first_outcome
from views.disclosure.upload import own_organisation
from views.disclosure.work import files, run_if_small, upload_mb
from views.guard import actor

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
HOUR = dt.timedelta(hours=1)
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
LOCATION = {"Location": {"description": N_("Address of the version."), "schema": {"type": "string"}}}


@Call(
    method="POST",
    path="/rounds/<round_id>/submissions",
    permission=Permission.SUBMISSION_STAGE,
    scope=WRITE,
    summary=N_("Send a file"),
    description=N_(
        "Answers with the receipt once the bytes are safe; reading follows, ask for it at the address of the version. "
        "Uploading is submitting: the newest countable version is counted at the deadline where the round says so. "
        "The bytes of your newest version sent again give its receipt again. A file after the deadline is kept, "
        "marked late and not counted. A file may also be sent under its own media type, such as text/csv."
    ),
    answers=schemas.Received,
    status=201,
    query=schemas.UploadQuery,
    keyed=True,
    refusals=(413, 415),
    headers=LOCATION,
    body=BODY,
)
def upload(query: Answer, header: Answer, round_: Round) -> tuple[Answer, int, dict[str, str]]:
    """Receive a file: bytes first, then one transaction with version, receipt, event and job."""
    first_byte_at, public_id, g.limit_mb = g.first_byte_at, round_.public_id, upload_mb(round_)
    key = sealing.new_key(round_)
    guard.release()
    try:
        name, blob = _bytes(query["name"], g.limit_mb * 1_000_000, key)
    finally:
        request.close()
    _ask_again_who()
    found = first_outcome(header["key"], name, sealing.outcome_hash(blob.content_sha256))
    if found is not None:
        answer = receipt_facts(_of_address(found.location))
        return answer, 201, {"Location": found.location, "Idempotency-Replayed": "true"}
    submission = _receive(public_id, blob, name, first_byte_at)
    answer, job = receipt_facts(submission), submission.job
    job_id = job.id if job is not None and job.state == "waiting" else None
    guard.keep_outcome(answer["links"]["self"])
    db.session.commit()
    run_if_small(job_id, blob.size)
    return answer, 201, {"Location": answer["links"]["self"]}


def _bytes(name: str, most: int, key: Key | None) -> tuple[str, Blob]:
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
    return name, _stored(stream, most, key)


def _stored(stream: IO[bytes], most: int, key: Key | None) -> Blob:
    blob = files().put(stream, max_bytes=most, key=key)  # type: ignore[arg-type]
    if not blob.size:
        raise InvalidInput("one-file", ONE_FILE, field="file")
    return blob


def _ask_again_who() -> None:
    """Sending may have taken minutes: a token revoked or a role withdrawn meanwhile is gone (W31)."""
    g.token, g.actor = caller.find()
    keyring.hold_for(g.actor)
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
        session,
        round_,
        own_organisation(),
        blob,
        name,
        actor=who,
        clock=clock.now,
        first_byte_at=first_byte_at,
    )


def _of_address(location: str) -> Submission:
    public_id = location.rpartition("/")[2]
    return db.session.scalars(select(Submission).where(Submission.public_id == public_id)).one()
