"""Pictures drawn on the server: a Vega-Lite chart becomes an SVG file, made once for its content, served as an image."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from flask import Blueprint, current_app, url_for
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.rounds import Round
from views.guard import permit

blueprint = Blueprint("charts", __name__)

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000")
INK, QUIET = "#0b1f2a", "#4f606a"
FONT = "'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
_CONFIG = {
    "font": FONT,
    "background": "#ffffff",
    "view": {"stroke": None},
    "axis": {"labelColor": INK, "titleColor": INK, "gridColor": "#e3e9ec", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 500, "domainColor": QUIET, "tickColor": QUIET},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12},
    "range": {"category": list(OKABE_ITO)},
    "bar": {"stroke": INK, "strokeWidth": 0.6},
}  # fmt: skip
_DIGEST = re.compile(r"[0-9a-f]{64}")


def svg(spec: dict[str, Any], round_: Round, *, title: str, description: str) -> str:
    """The address of the picture of a Vega-Lite specification, drawn now if it was not drawn before.

    Title and description, in the reader's language, stand in the picture itself. The file's name is a
    keyed hash of its content: nobody finds a picture that no page has shown them.
    """
    spec = {**spec, "config": _CONFIG, "usermeta": {"title": title, "description": description}}
    text = json.dumps(spec, sort_keys=True, ensure_ascii=False, default=str)
    secret = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.new(secret, text.encode("utf-8"), hashlib.sha256).hexdigest()
    path = _path(round_, digest)
    if not path.exists():
        import vl_convert  # here, for it brings a whole engine that most processes never need

        _write(path, _named(vl_convert.vegalite_to_svg(text), title, description))
    return url_for("charts.picture", round_id=round_.public_id, digest=digest)


@blueprint.get("/rounds/<round_id>/charts/<digest>.svg")
@permit(Permission.ROUND_VIEW)
def picture(round_: Round, digest: str) -> Response:
    """One picture of the round."""
    path = _path(round_, digest)
    if not _DIGEST.fullmatch(digest) or not path.exists():
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    response = Response(path.read_bytes(), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _named(picture: str, title: str, description: str) -> str:
    """An SVG with its title and description as its first elements, for whoever hears it or saves it."""
    words = f'<title id="title">{escape(title)}</title><desc id="desc">{escape(description)}</desc>'
    opened = picture.index(">", picture.index("<svg"))
    head = picture[:opened] + ' role="img" aria-labelledby="title desc">'
    return head + words + picture[opened + 1 :]


def _path(round_: Round, digest: str) -> Path:
    folder: Path = current_app.extensions["settings"].data_dir.absolute()
    return folder / "charts" / round_.public_id / f"{digest}.svg"


def _write(path: Path, text: str) -> None:
    """Under its name at once or not at all: two requests may draw the same picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as target:
        target.write(text)
    os.replace(temporary, path)
