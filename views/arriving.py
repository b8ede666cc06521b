"""A sheet that is sent for a preview, or rows of one that are pasted: into the store while nobody waits for the database."""

from __future__ import annotations

import io
from dataclasses import dataclass

from flask import current_app, flash, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import FileRefused
from framework.ground.files import Blob
from views import guard, scanning


@dataclass(frozen=True, slots=True)
class Sent:
    """What arrived: its bytes in the store, the name of the file (blank where rows were pasted)."""

    blob: Blob
    name: str
    is_block: bool


def receive(place: str, *, takes_rows: bool = False) -> Sent | Response:
    """The file of the form, else (`takes_rows`) its pasted rows; or the answer: what is wrong, told at `place`, or that of a form sent again.

    The transaction ends meanwhile: what was loaded before is loaded anew.
    """
    sent, block = request.files.get("file"), request.form.get("block", "") if takes_rows else ""
    has_file = sent is not None and bool(sent.filename)
    if not has_file and not block.strip():
        return _told(place, _("Choose a file or paste rows first.") if takes_rows else _("Choose a file first."))
    store = current_app.extensions["files"]
    guard.release()
    try:
        if sent is not None and has_file:
            limit = current_app.extensions["settings"].upload_mb * 1_000_000
            found = Sent(scanning.on_arrival(store.put(sent.stream, max_bytes=limit)), sent.filename or "", False)
        else:
            content = block.encode()
            found = Sent(store.put(io.BytesIO(content), max_bytes=len(content)), "", True)
    except FileRefused as error:
        return _told(place, guard.refused(error))
    return guard.resume() or found


def _told(place: str, message: str) -> Response:
    flash(message, "error")
    return Response(status=303, headers={"Location": place})
