"""What was answered about a sheet on its preview: in the address of the page, or kept beside the sheet where it would be too long."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

from flask import current_app, g, request, url_for

from framework.demand import uploads
from framework.ground import uploaded
from models.base import db
from views import clock
from views.guard import actor

LONGEST = 1500
"""Characters of an address; servers take some 4,000 bytes of a first line."""


def address(endpoint: str, place: Mapping[str, str], choices: Mapping[str, str]) -> str:
    """The address of a preview with what was answered; a long one names the answers, which are kept."""
    whole = url_for(endpoint, **place, **choices)  # type: ignore[arg-type]
    if len(whole) <= LONGEST:
        return whole
    content = json.dumps(dict(choices)).encode()
    blob = current_app.extensions["files"].put(io.BytesIO(content), max_bytes=len(content))
    kept = uploaded.keep(db.session(), blob, "", purpose=uploads.ANSWERS, actor=actor(), now=clock.now())
    return url_for(endpoint, **place, answers=kept.public_id)  # type: ignore[arg-type]


def given() -> Mapping[str, str]:
    """The answers of this request: of its form, of its address, or those that its address names. Raises NotFound."""
    named = request.args.get("answers", "")
    if request.method == "POST" or not named:
        return request.values
    if "demand_answers" not in g:
        stored = uploaded.own(db.session(), named, uploads.ANSWERS, actor=actor())
        g.demand_answers = json.loads(current_app.extensions["files"].path_of(stored).read_text("utf-8"))
    found: dict[str, str] = g.demand_answers
    return found
