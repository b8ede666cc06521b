"""The text of an agreement: its canonical form byte for byte, and as a PDF that is drawn from it."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from typing import Any

from flask import send_file
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.contract import text
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.terms import CALL_OFF_ROUTES, PRICE_MECHANISMS
from framework.ground.text import N_
from models.base import db
from models.contract import Agreement
from models.people import User
from models.rounds import Round
from views.contract import blueprint, shared
from views.downloads import send_pdf
from views.guard import permit
from views.i18n import LANGUAGES, date, instant, number, words
from views.rounds import terms_files

UNSET = "–"
Signed = Mapping[str, Any]


@blueprint.get("/rounds/<round_id>/agreements/<agreement_id>/text.json")
@permit(Permission.AGREEMENT_VIEW)
def agreement_text(round_: Round, agreement_id: str) -> Response:
    """The canonical text that is signed, byte for byte: its SHA-256 is the one on the page."""
    found = shared.asked(round_, agreement_id)
    file = found.text_file
    if file is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    content = io.BytesIO(shared.files().path_of(file).read_bytes())
    name = f"agreement-{found.public_id}.json"
    return send_file(content, mimetype="application/json", as_attachment=True, download_name=name)


@blueprint.get("/rounds/<round_id>/agreements/<agreement_id>/agreement-<language>.pdf")
@permit(Permission.AGREEMENT_VIEW)
def agreement_pdf(round_: Round, agreement_id: str, language: str) -> Response:
    """The agreement for reading and print; marked as a draft until both sides have signed. Raises NotMade."""
    found = shared.asked(round_, agreement_id)
    if language not in LANGUAGES or found.text_file is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    held = json.loads(shared.files().path_of(found.text_file).read_text(encoding="utf-8"))
    with force_locale(language):
        return send_pdf(
            "agreement",
            _values(found, held),
            name=f"agreement-{found.public_id}-{language}.pdf",
            title=f"{_('Framework agreement')} · {held['agreement']['number']}",
            author=held["parties"]["lead"]["name"],
            created_at=found.signed_at or found.text_file.created_at,
        )


def _values(found: Agreement, held: Signed) -> dict[str, Any]:
    """What the template sets, in the language of now: all of it from the text that is signed."""
    agreed, terms = held["agreement"], held["published"]
    about, digest = terms["round"], found.text_file.sha256 if found.text_file is not None else UNSET
    is_draft = found.signed_at is None
    return {
        "draft": _("DRAFT") if is_draft else "",
        "heading": _("Framework agreement"),
        "name": f"{about.get('name') or UNSET} · {agreed['number']}",
        "intro": _("A draft: it binds nobody until both sides have signed it.")
        if is_draft
        else _("Signed by both sides. The published terms apply word for word."),
        "parties": [_party(_("Lead"), held["parties"]["lead"]), _party(_("Contractor"), held["parties"]["contractor"])],
        "facts": _facts(agreed, terms),
        "lot": terms_files.lot_words(
            _whole(terms["lot"]), {"publish_pool": "qty_estimated" in terms["lot"]}, {"currency": about.get("currency")}
        ),
        "clauses": terms_files.clause_words(terms),
        "conditions": [{"heading": one["name"], "text": one["description"]} for one in terms["conditions"]],
        "members": terms_files.member_words(terms),
        "headings": {
            "lot": _("Lot"),
            "clauses": _("Clauses"),
            "conditions": _("Conditions of the performance"),
            "members": _("Who may call off"),
            "signatures": _("Signatures"),
        },
        "signatures": _signatures(found),
        "unsigned": _("Not signed yet."),
        "proof": [[_("SHA-256 of the signed text"), digest], [_("SHA-256 of the published terms"), terms["hash"]]],
        "hint": _(
            "The first hash is over the canonical text of this agreement, which both sides can download; the second stands on the public page of the round."
        ),
        "foot": f"{agreed['number']} · {about.get('name') or ''}\nSHA-256 {digest}",
    }


def _whole(lot: Signed) -> dict[str, Any]:
    """A lot with every field that is printed; what was not published is blank."""
    blank = dict.fromkeys((*text.ESTIMATE, "call_off_route", "product_subset"))
    return blank | dict(lot)


def _party(label: str, body: Signed) -> dict[str, str]:
    known = [one for one in (body.get("registration_no"), body.get("country")) if one]
    return {"label": label, "name": body["name"], "about": " · ".join(known)}


def _facts(agreed: Signed, terms: Signed) -> list[list[str]]:
    route = CALL_OFF_ROUTES.get(agreed["call_off_route"], UNSET)
    rows = [
        [_("Number of the agreement"), agreed["number"]],
        [_("Notice"), terms["notice"] or UNSET],
        [_("Term"), f"{_day(agreed['starts_on'])} – {_day(agreed['ends_on'])}"],
        [_("Options, in months"), str(number(terms["round"].get("option_months") or 0))],
        [_("How prices are formed"), words(PRICE_MECHANISMS[agreed["price_mechanism"]])],
        [_("Call-off route"), words(route)],
        [_("Brands on offer"), ", ".join(agreed["brands"]) or UNSET],
        [_("First disclosure, working days after the start"), str(number(agreed["disclosure_due_days"]))],
        [_("Weeks to answer a traceability request"), str(number(agreed["traceability_weeks"]))],
    ]
    if agreed["price_text"]:
        rows.insert(5, [_("Prices in words"), agreed["price_text"]])
    return rows


def _signatures(found: Agreement) -> list[list[str]]:
    if found.signed_at is None:
        return []
    numbers = [found.signed_by_lead_id, found.signed_by_supplier_id]
    names = {row.id: row.name for row in db.session().execute(select(User.id, User.name).where(User.id.in_(numbers)))}
    when = str(instant(found.signed_at, found.round.zone))
    return [
        [_("For the lead"), f"{names.get(found.signed_by_lead_id, UNSET)}"],
        [_("For the contractor"), f"{names.get(found.signed_by_supplier_id, UNSET)}"],
        [_("Signed by both"), when],
    ]


def _day(text_: str) -> str:
    return str(date(dt.date.fromisoformat(text_)))
