"""What requests give away: the proof of a refusal, byte for byte."""

from __future__ import annotations

from flask import current_app, send_file
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.text import N_
from models.requests import UpstreamRequest


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
