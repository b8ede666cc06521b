"""What requests give away: the proof of a refusal byte for byte, and the letter as a page for print."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, render_template, send_file
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.requests import letters
from framework.ground.errors import NotFound
from framework.ground.terms import COMPONENT_TYPES, MINERALS
from framework.ground.text import N_
from models.requests import UpstreamRequest
from views import clock
from views.i18n import date, words


def send_proof(found: UpstreamRequest) -> Response:
    """Always an attachment under a name of ours: a file from outside is never shown as a page of ours."""
    if found.proof is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    ending = found.proof.name.rpartition(".")[2].lower()
    safe = ending if ending.isalnum() and ending.isascii() and len(ending) <= 5 else "bin"
    path = current_app.extensions["files"].path_of(found.proof)
    name = f"refusal-{found.public_id}.{safe}"
    answer = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=name, etag=False)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def letter_page(found: UpstreamRequest, language: str, *, back: str) -> str:
    """The letter as it was sealed, in a language; its hash is over the facts, which are the same in every language."""
    if language not in letters.LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    with force_locale(language):
        return render_template(
            "requests/letter.html",
            letter=found.letter,
            rows=[_row(row) for row in found.letter["rows"]],
            asked_on=dt.datetime.fromisoformat(found.letter["asked_at"]),
            due=date(dt.date.fromisoformat(found.letter["due_on"])),
            digest=found.letter_sha256,
            printed_at=clock.now(),
            zone=found.zone,
            back=back,
            current_language=language,
        )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    if row["kind"] == "mineral":
        what = _("%(mineral)s: smelters and refiners", mineral=words(MINERALS.get(row["mineral"], row["mineral"])))
    else:
        label = words(COMPONENT_TYPES.get(row["component"], row["component"]))
        what = f"{label} ({row['other']})" if row["other"] else label
    return {"no": row["no"], "brand": row["brand"], "model": row["model"] or None, "what": what}
