"""The files of a sign-on and its printable record, for the lead and the body itself."""

from __future__ import annotations

from flask import current_app, render_template, send_file
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.terms import ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_
from framework.signons import record as records
from models.records import StoredFile
from models.rounds import Round
from models.signons import SignOn
from views import clock
from views.guard import permit
from views.signons import blueprint, pages


@blueprint.get("/rounds/<round_id>/sign-ons/<sign_on_id>/record")
@permit(Permission.SIGN_ON_VIEW)
def record(round_: Round, sign_on_id: str) -> str:
    """The sign-on as it was signed, for print: text, who, when, hash."""
    sign_on = pages.sign_on_of(round_, sign_on_id)
    if not sign_on.statement:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return render_template(
        "signons/record.html",
        round_=round_,
        sign_on=sign_on,
        bases=ELIGIBILITY_BASES,
        types=MANDATE_TYPES,
        printed_at=clock.now(),
        digest=records.digest(sign_on),
    )


@blueprint.get("/rounds/<round_id>/sign-ons/<sign_on_id>/mandate")
@permit(Permission.SIGN_ON_VIEW)
def mandate_file(round_: Round, sign_on_id: str) -> Response:
    """The mandate, byte for byte."""
    sign_on = pages.sign_on_of(round_, sign_on_id)
    return _download(sign_on, sign_on.mandate_file, "mandate")


@blueprint.get("/rounds/<round_id>/sign-ons/<sign_on_id>/class-proof")
@permit(Permission.SIGN_ON_VIEW)
def class_proof(round_: Round, sign_on_id: str) -> Response:
    """The proof of class or consortium, byte for byte."""
    sign_on = pages.sign_on_of(round_, sign_on_id)
    return _download(sign_on, sign_on.class_proof, "class-proof")


def _download(sign_on: SignOn, file: StoredFile | None, what: str) -> Response:
    """Always as an attachment, under our own name: a file from outside is never shown as a page of ours."""
    if file is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    ending = file.name.rsplit(".", 1)[-1].lower()
    kind = "application/pdf" if ending == "pdf" else "application/octet-stream"
    path = current_app.extensions["files"].path_of(file)
    return send_file(
        path, mimetype=kind, as_attachment=True, download_name=f"{what}-{sign_on.public_id}.{ending}", etag=False
    )
