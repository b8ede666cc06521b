"""Addresses of our own style sheets, scripts and pictures: they change with the content, so browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

KEPT = 365 * 24 * 3600
"""Seconds that a browser keeps a file under an address that names its content."""
_SHOWN = 12


def init_app(app: Flask) -> None:
    """Let `url_for("static", …)` name the content, and answers under such an address last."""
    app.url_defaults(_name_content)
    app.after_request(_last)


def _name_content(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values and (name := _content(values["filename"])):
        values["v"] = name


def _last(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in (200, 304):
        named, args = request.args.get("v"), request.view_args or {}
        if named and named == _content(args["filename"]):
            response.headers["Cache-Control"] = f"public, max-age={KEPT}, immutable"
    return response


def _content(filename: str) -> str:
    """What names the content of a file; blank where there is none."""
    path = Path(str(current_app.static_folder)) / filename
    if not path.is_file():
        return ""
    stat = path.stat()
    return _digest(path, stat.st_mtime_ns, stat.st_size)


@cache
def _digest(path: Path, _changed: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_SHOWN]
