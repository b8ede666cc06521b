"""The start page, the public rounds and the choice of language."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, session
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground.actors import SUPPLIER_SEES_FROM
from framework.ground.permissions import Permission, visible_rounds
from models.base import db
from models.rounds import Round
from views.guard import actor, permit, stay_home
from views.i18n import LANGUAGES

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@permit(Permission.PUBLIC)
def start() -> str:
    """The home page: the own rounds for somebody signed in, else what Hefboom is and the public rounds."""
    if actor().user_id is not None:
        rounds = db.session.scalars(visible_rounds(actor()).order_by(Round.created_at.desc())).all()
        return render_template("home/rounds.html", rounds=rounds)
    public = select(Round).where(Round.state.in_(SUPPLIER_SEES_FROM)).order_by(Round.published_at.desc())
    return render_template("home/start.html", rounds=db.session.scalars(public).all())


@blueprint.get("/language/<language>")
@permit(Permission.PUBLIC)
def language(language: str) -> Response:
    """Choose the language of the pages; kept in the cookie, changes no record."""
    if language in LANGUAGES:
        session["language"] = language
        g.pop("_flask_babel", None)
    return redirect(stay_home(request.args.get("next")))
