"""The start page, the public rounds and the choice of language."""

from __future__ import annotations

from pathlib import Path

from flask import (
    Blueprint,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from framework.ground.actors import SUPPLIER_SEES_FROM
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Round
from views.guard import actor, permit, stay_home
from views.i18n import LANGUAGES

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@permit(Permission.PUBLIC)
def start() -> str | Response:
    """The home page: what Hefboom is and the public rounds; the own rounds for somebody signed in."""
    if actor().user_id is not None:
        return redirect(url_for("rounds.index"))
    public = (
        select(Round)
        .options(joinedload(Round.organisation))
        .where(Round.state.in_(SUPPLIER_SEES_FROM))
        .order_by(Round.published_at.desc())
        .limit(50)
    )
    return render_template("home/start.html", rounds=db.session.scalars(public).all(), picture=_picture())


def _picture() -> str:
    """The picture of the comparison, where it was made at set-up."""
    name = "pictures/comparison.png"
    folder = current_app.static_folder or ""
    return url_for("static", filename=name) if (Path(folder) / name).exists() else ""


@blueprint.post("/language/<language>")
@permit(Permission.PUBLIC)
def language(language: str) -> Response:
    """Choose the language of the pages; kept in the cookie, changes no record."""
    if language in LANGUAGES:
        session["language"] = language
        g.pop("_flask_babel", None)
    return redirect(stay_home(request.form.get("next")), code=303)
