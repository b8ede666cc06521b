"""The opening record as a PDF: what the page shows, for the file and for signatures."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import opening
from framework.ground.errors import NotFound
from framework.ground.text import N_
from models.disclosure import Opening
from models.rounds import Round
from views.downloads import send_pdf
from views.i18n import LANGUAGES, day_time, number


def pdf(round_: Round, found: Opening, language: str) -> Response:
    """The record in a language, dated as the opening: whoever fetches it gets the same bytes. Raises NotFound, NotMade."""
    if language not in LANGUAGES or found.opened_at is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    reference = round_.reference or round_.public_id
    with force_locale(language):
        return send_pdf(
            "opening",
            _values(round_, found, reference),
            name=f"opening-{round_.public_id}-{language}.pdf",
            title=f"{_('Opening record')} · {round_.name}",
            author=round_.organisation.name,
            created_at=found.opened_at,
        )


def _values(round_: Round, found: Opening, reference: str) -> dict[str, Any]:
    record, digest = found.record, opening.record_hash(found)
    return {
        "heading": _("Opening record"),
        "facts": [
            [_("Round"), round_.name],
            [_("Reference"), reference],
            [_("Lead"), round_.organisation.name],
            [_("Opened at"), _at(record["opened_at"], round_)],
        ],
        "confirmed": _("Confirmed by"),
        "persons": [[one["name"], _at(one["at"], round_)] for one in record["confirmed"]],
        "opened": _("Opened submissions"),
        "head": [_("Receipt"), _("Supplier"), _("Received"), _("Bytes"), "SHA-256"],
        "rows": [
            [one["receipt"], one["supplier"], _at(one["received_at"], round_), str(number(one["bytes"])), one["sha256"]]
            for one in record["opened"]
        ],
        "late": _("Late files, kept unopened"),
        "late_numbers": ", ".join(record["late"]) or _("None."),
        "proof": [
            [_("Terms of the round, SHA-256"), record["frozen_hash"] or "–"],
            [_("All that came in time, SHA-256"), record["closed_set_digest"] or "–"],
            [_("This record, SHA-256"), digest],
        ],
        "signatures": _("Signatures"),
        "foot": f"{reference} · {round_.name}\nSHA-256 {digest}",
    }


def _at(iso: str, round_: Round) -> str:
    return str(day_time(dt.datetime.fromisoformat(iso), round_.zone))
