"""The files of a sign-on and its printable record, for the lead and the body itself."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.terms import ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_
from framework.signons import evaluators
from framework.signons import record as records
from models.base import db
from models.records import StoredFile
from models.rounds import Round
from models.signons import SignOn
from views import clock
from views.downloads import send_pdf
from views.guard import permit
from views.i18n import date, day_time, words
from views.signons import blueprint, pages


@blueprint.get("/rounds/<round_id>/sign-ons/<sign_on_id>/record")
@permit(Permission.SIGN_ON_VIEW)
def record(round_: Round, sign_on_id: str) -> str:
    """The sign-on as it was signed, for print: text, who, when, hash."""
    sign_on = _signed(round_, sign_on_id)
    return render_template(
        "signons/record.html",
        round_=round_,
        sign_on=sign_on,
        offered=evaluators.of(db.session(), sign_on, now=clock.now()),
        bases=ELIGIBILITY_BASES,
        types=MANDATE_TYPES,
        printed_at=clock.now(),
        digest=records.digest(sign_on),
    )


@blueprint.get("/rounds/<round_id>/sign-ons/<sign_on_id>/record.pdf")
@permit(Permission.SIGN_ON_VIEW)
def record_pdf(round_: Round, sign_on_id: str) -> Response:
    """The same as a PDF with its hash; the same bytes in one language until the record changes."""
    sign_on = _signed(round_, sign_on_id)
    title = _("Sign-on of %(name)s", name=sign_on.organisation.name)
    return send_pdf(
        "signon",
        _values(round_, sign_on),
        name=f"sign-on-{sign_on.public_id}.pdf",
        title=f"{title} · {round_.name}",
        author="Hefboom",
        created_at=sign_on.confirmed_at or sign_on.mandate_submitted_at or sign_on.created_at,
    )


def _signed(round_: Round, sign_on_id: str) -> SignOn:
    """A sign-on whose mandate was handed in at least once; *not found* where there is nothing signed."""
    sign_on = pages.sign_on_of(round_, sign_on_id)
    if not sign_on.statement:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return sign_on


def _values(round_: Round, sign_on: SignOn) -> dict[str, Any]:
    """What the template of the PDF sets."""
    body, lead, digest = sign_on.organisation.name, round_.organisation.name, records.digest(sign_on)
    names = {"body": body, "round": round_.name, "lead": lead}
    return {
        "heading": _("Sign-on of %(name)s", name=body),
        "intro": _("%(body)s signed on to the round “%(round)s” of %(lead)s.", **names),
        "statement_heading": _("The statement as it was signed"),
        "statement": sign_on.statement.splitlines(),
        "facts_heading": _("What was handed in"),
        "facts": [[label, value or _("not given")] for label, value in _facts(round_, sign_on)],
        "proof": [
            [_("Reference"), sign_on.public_id],
            [_("SHA-256 of this record"), digest],
            [
                _("SHA-256 of the mandate:").rstrip(":"),
                sign_on.mandate_file.sha256 if sign_on.mandate_file else _("not given"),
            ],
        ],
        "hint": _("The page of this record in Hefboom shows the same hash as long as nothing in it was changed."),
        "signatures": [_("For %(name)s", name=body), _("For %(name)s", name=lead)],
        "foot": f"{sign_on.public_id} · {round_.name}\nSHA-256 {digest}",
    }


def _facts(round_: Round, sign_on: SignOn) -> list[tuple[str, str]]:
    """Labels and values of what was handed in; blank: not given."""
    body, zone = sign_on.organisation, round_.zone
    basis = words(ELIGIBILITY_BASES[sign_on.eligibility_basis])
    through = sign_on.affiliated_via.name if sign_on.affiliated_via else ""
    handed_in, confirmed = sign_on.mandate_submitted_at, sign_on.confirmed_at
    return [
        (_("Registration number"), body.registration_no),
        (_("Country"), body.country),
        (_("Basis"), f"{basis}: {sign_on.class_name}" if sign_on.class_name else basis),
        *([(_("Joins through"), through)] if through else []),
        (_("Mandate type"), words(MANDATE_TYPES[sign_on.mandate_type]) if sign_on.mandate_type else ""),
        (_("Signed by"), ", ".join(filter(None, (sign_on.signed_by_name, sign_on.signed_by_title)))),
        (_("Signed on"), str(date(sign_on.signed_on)) if sign_on.signed_on else ""),
        (_("Liaison"), ", ".join(filter(None, (sign_on.liaison_name, sign_on.liaison_email)))),
        (_("Uses the clauses of the round"), _("yes") if sign_on.clause_commitment else _("no")),
        (_("Data agreement signed on"), str(date(at)) if (at := sign_on.data_agreement_signed_on) else ""),
        (_("Handed in"), str(day_time(handed_in, zone)) if handed_in else ""),
        (_("Confirmed"), str(day_time(confirmed, zone)) if confirmed else ""),
    ]


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
