"""A leverage brief as files: one page as PDF, and a picture of 1,920 × 1,080 pixels for a slide."""

from __future__ import annotations

import io
from textwrap import shorten
from typing import Any

from flask import send_file
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.ground import pdf
from framework.ground.permissions import Permission
from models.briefs import BriefRelease
from models.rounds import Round
from views.demand import blueprint, brief_words
from views.demand.briefs import open_to_all, readable
from views.downloads import send_pdf
from views.guard import permit
from views.i18n import current_language, joined, words

TILES = 3
"""So many lots stand on a slide."""
LONGEST_ON_SLIDE = 260
LINES_ON_SLIDE = 7
"""Characters and lines of what is asked in return that a slide has room for."""
NAMED_ON_PAGE = 100
"""Names that the one page of a PDF has room for; the page of the brief names all."""


@blueprint.get("/rounds/<round_id>/briefs/<release_id>/brief.pdf")
@permit(Permission.BRIEF_VIEW)
def brief_pdf(round_: Round, release_id: str) -> Response:
    """The brief on one page, for who may read it."""
    return send_brief(readable(round_, release_id))


@blueprint.get("/rounds/<round_id>/briefs/<release_id>/brief.png")
@permit(Permission.BRIEF_VIEW)
def brief_png(round_: Round, release_id: str) -> Response:
    """The brief as a picture, for who may read it."""
    return _png(readable(round_, release_id))


@blueprint.get("/public/rounds/<round_id>/briefs/<release_id>/brief.pdf")
@permit(Permission.PUBLIC)
def public_brief_pdf(round_: Round, release_id: str) -> Response:
    """The brief on one page, for everybody."""
    return send_brief(open_to_all(round_, release_id))


@blueprint.get("/public/rounds/<round_id>/briefs/<release_id>/brief.png")
@permit(Permission.PUBLIC)
def public_brief_png(round_: Round, release_id: str) -> Response:
    """The brief as a picture, for everybody."""
    return _png(open_to_all(round_, release_id))


def send_brief(release: BriefRelease) -> Response:
    """A brief as PDF. Raises NotMade."""
    return send_pdf(
        "brief",
        values_of(release),
        name=f"leverage-brief-{release.number}.pdf",
        title=_title(release),
        author=release.figures["lead"],
        created_at=release.published_at,
    )


def send_page_picture(release: BriefRelease) -> Response:
    """The one page of a brief as a picture. Raises NotMade."""
    return _send_png(pdf.picture("brief", values_of(release), about(release)), release)


def _png(release: BriefRelease) -> Response:
    """Raises NotMade."""
    values = values_of(release)
    if len(values["asked"]) > LONGEST_ON_SLIDE or values["asked"].count("\n") >= LINES_ON_SLIDE:
        values["asked"] = shorten(values["asked"], LONGEST_ON_SLIDE, placeholder=" …")
    return _send_png(pdf.picture("brief_slide", values, about(release)), release)


def _send_png(content: bytes, release: BriefRelease) -> Response:
    name = f"leverage-brief-{release.number}.png"
    return send_file(io.BytesIO(content), mimetype="image/png", as_attachment=True, download_name=name)


def _title(release: BriefRelease) -> str:
    return f"{brief_words.heading(release)} · {release.figures['round']}"


def _named(names: list[str]) -> str:
    """As many names as the page has room for, and how many more there are."""
    left = len(names) - NAMED_ON_PAGE
    more = [ngettext("%(num)s more", "%(num)s more", left)] if left > 0 else []
    return joined([*names[:NAMED_ON_PAGE], *more]) if names else ""


def about(release: BriefRelease) -> pdf.About:
    """What the files of a brief say of themselves."""
    lacking = words(pdf.LACKING)
    return pdf.About(
        _title(release), current_language(), release.figures["lead"], release.published_at, lacking=lacking
    )


def values_of(release: BriefRelease) -> dict[str, Any]:
    """What the templates of a brief are given, in the reader's language."""
    told = brief_words.said(release.figures, release.asked)
    shown = [lot for lot in told["lots"] if not lot["hidden"]]
    left = len(shown) - TILES
    tiles = [
        {"name": lot["name"], "quantity": lot["quantity"], "note": f"{lot['members']}. {lot['value']}"}
        for lot in shown[:TILES]
    ]
    if left > 0:
        tiles[-1]["note"] += ". " + ngettext("and %(num)s more lot", "and %(num)s more lots", left)
    return told | {
        "names": f"{_named(told['names'])} {told['unnamed']}".strip(),
        "who": _("Who buys"),
        "asked_heading": _("What we ask in return"),
        "tiles": tiles,
        "foot": brief_words.foot(release),
        "withdrawn": brief_words.withdrawn(release),
    }
