"""A supplier's side of a round: template, upload, versions, receipt, counting."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from flask import Response, current_app, g, render_template, request, send_file, url_for
from flask_babel import force_locale, gettext
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from framework.disclosure import again, counting, previous, receiving, sealing, workbook
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Disclosed, Submission
from models.people import Organisation
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint, sentences
from views.disclosure.taken import limits_of
from views.disclosure.work import files, inline_limits, run_if_small, upload_mb
from views.downloads import send_pieces, send_workbook
from views.guard import actor, permit
from views.i18n import LANGUAGES, current_language


@blueprint.get("/rounds/<round_id>/disclosure")
@permit(Permission.SUBMISSION_VIEW_OWN)
def own(round_: Round) -> str:
    """The supplier's versions and the upload form."""
    return _own_page(round_)


@blueprint.post("/rounds/<round_id>/disclosure")
@permit(Permission.SUBMISSION_STAGE)
def upload(round_: Round) -> BaseResponse | tuple[str, int]:
    """Receive a file: bytes first, then one transaction with version, receipt, event and job."""
    first_byte_at = getattr(g, "first_byte_at", clock.now())
    try:
        sent = _one_file(request.files)
    except InvalidInput as error:
        return _own_page(round_, error=guard.refused(error)), error.status
    public_id, supplier_id, most = round_.public_id, actor().organisation_id, upload_mb(round_) * 1_000_000
    key = sealing.new_key(round_)
    guard.release()
    try:
        blob = files().put(sent.stream, max_bytes=most, key=key)
    except RuleBroken as error:
        return _own_page(_again(public_id), error=guard.refused(error)), 413
    replay = guard.resume()
    if replay is not None:
        return replay
    submission = _receive(public_id, supplier_id, blob, sent.filename or "", first_byte_at)
    return _receipt(submission)


@blueprint.post("/rounds/<round_id>/disclosure/again")
@permit(Permission.SUBMISSION_STAGE)
def send_again(round_: Round) -> BaseResponse:
    """Send the earlier file once more, without a transfer; receipt and check are those of an upload."""
    submission = again.send_again(
        db.session(),
        round_,
        own_organisation(),
        actor=actor(),
        clock=clock.now,
        files=files(),
    )
    said = _("The same file was sent again, as version %(number)s.", number=submission.version_no)
    return _receipt(submission, said)


@blueprint.get("/rounds/<round_id>/disclosure/template-<language>.xlsx")
@permit(Permission.SUBMISSION_VIEW_OWN)
def template(round_: Round, language: str) -> BaseResponse:
    """Our workbook, prefilled for this round and supplier, with what the supplier said before, in a language."""
    if language not in LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    target = io.BytesIO()
    session, supplier = db.session(), own_organisation()
    scope = receiving.scope_of(session, round_, supplier)
    rows = previous.rows_to_fill_in(session, round_, supplier, files=files(), limits=inline_limits())
    with force_locale(language):
        workbook.write_template(target, scope, language=language, gettext=gettext, rows=rows)
    return send_workbook(target.getvalue(), f"hefboom-{round_.public_id}-{language}.xlsx")


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/original")
@permit(Permission.SUBMISSION_VIEW_OWN)
def original(round_: Round, submission_id: str) -> Response:
    """The supplier's own file, byte for byte."""
    submission = own_submission(round_, submission_id)
    return send_original(submission)


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/count")
@permit(Permission.SUBMISSION_COUNT)
def count(round_: Round, submission_id: str) -> BaseResponse:
    """Let this version stand at once."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    counting.count(db.session(), submission, actor=actor(), clock=clock.now, files=files())
    return guard.done(address(submission), _("This version counts. You can replace or withdraw it until the deadline."))


def own_organisation() -> Organisation:
    """The organisation the supplier's person acts for."""
    return db.session.get_one(Organisation, actor().organisation_id)


def own_submission(round_: Round, public_id: str, *, may_be_away: bool = False) -> Submission:
    """One of the supplier's own versions; another's is *not found*.

    Raises MoveRefused where its key is away until the opening and what is asked for needs it (`may_be_away`: it does not).
    """
    submission = guard.child(Submission, public_id, round_)
    if submission.supplier_id != actor().organisation_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if not may_be_away:
        sealing.require_at_hand(submission)
    return submission


def send_original(submission: Disclosed) -> Response:
    """The stored bytes as an attachment with a name of our making; raises Quarantined and NotScannedYet."""
    ending = submission.file.name.rpartition(".")[2].lower()
    safe = ending if ending.isalnum() and len(ending) <= 5 else "bin"
    file, key = submission.file, sealing.key_of_file(submission.file)
    path = files().path_of(file)
    name = f"disclosure-{submission.receipt_number}.{safe}"
    if key is not None:
        answer = send_pieces(files().pieces(file.sha256, key), file.size, name)
    else:
        answer = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _own_page(round_: Round, error: str = "") -> str:
    found = counting.versions(db.session(), round_, actor().organisation_id or 0)
    earlier = again.earlier(db.session(), round_, actor().organisation_id or 0)
    standing, settings = counting.standing(found), current_app.extensions["settings"]
    facts: dict[str, Any] = {
        "round_": round_,
        "versions": found,
        "earlier": earlier,
        "may_repeat": earlier is not None and again.may_send_again(round_, earlier),
        "standing": standing,
        "counts_by_itself": sentences.counts_by_itself(round_),
        "passed_over": sentences.passed_over(found[0], standing) if standing is not None else "",
        "standing_said": sentences.standing_sentence(standing) if standing is not None else "",
        "warning": sentences.replaced_workbook(standing, found) if standing is not None else "",
        "tags": {version.id: sentences.version_tag(version, standing) for version in found},
        "is_open": round_.state == "published" and not receiving.is_past(round_, clock.now()),
        "error": error,
        "limit_mb": upload_mb(round_),
        "limits": limits_of(round_),
        "inline_mb": settings.inline_mb,
        "language": current_language(),
    }
    return render_template("disclosure/own.html", **facts)


def _one_file(sent: Any) -> FileStorage:
    """The one file of the form; anything else is told what to do."""
    chosen = [f for f in sent.getlist("file") if f.filename]
    if len(chosen) != 1:
        raise InvalidInput(
            "one-file",
            N_("Choose one workbook, or the CSV files of one submission in a zip."),
            field="file",
        )
    return chosen[0]


def _again(public_id: str) -> Round:
    return db.session.scalars(select(Round).where(Round.public_id == public_id)).one()


def _receive(
    round_public_id: str,
    supplier_id: int | None,
    blob: Any,
    name: str,
    first_byte_at: dt.datetime,
) -> Submission:
    round_ = _again(round_public_id)
    supplier = db.session.get_one(Organisation, supplier_id)
    return receiving.receive(
        db.session(),
        round_,
        supplier,
        blob,
        name,
        actor=actor(),
        clock=clock.now,
        first_byte_at=first_byte_at,
    )


def _receipt(submission: Submission, said: str = "") -> BaseResponse:
    job = submission.job
    size, job_id = submission.file.size, job.id if job is not None and job.state == "waiting" else None
    answer = guard.done(address(submission), said)
    run_if_small(job_id, size)
    return answer


def address(submission: Submission) -> str:
    """The page of a version."""
    return url_for("disclosure.version", round_id=submission.round.public_id, submission_id=submission.public_id)
