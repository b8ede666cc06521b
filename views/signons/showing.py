"""The public page of who takes part in a round, where its lead put it up."""

from __future__ import annotations

from flask import make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.signons import showing
from models.base import db
from models.rounds import Round
from views import clock
from views.guard import actor, permit
from views.signons import blueprint, pages

KEPT = 300
"""For how many seconds a browser may show the page again without asking."""


@blueprint.get("/public/rounds/<round_id>/members")
@permit(Permission.PUBLIC)
def public_members(round_: Round) -> Response:
    """Who takes part, in what, until when; the same *not found* where the page is down as where there is no round."""
    if not round_.has_public_members:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    facts = showing.public_facts(db.session(), round_)
    answer = make_response(render_template("signons/public_members.html", round_=round_, facts=facts))
    answer.headers["Cache-Control"] = f"private, max-age={KEPT}"  # the frame around it is the reader's own
    return answer


@blueprint.post("/rounds/<round_id>/sign-ons/public-page")
@permit(Permission.SIGN_ON_CONFIRM)
def show_members(round_: Round) -> Response:
    """Put the public page up, or take it down."""
    is_shown = request.form.get("show") == "y"
    return pages.attempt(
        lambda: showing.show(db.session(), round_, is_shown=is_shown, actor=actor(), now=clock.now()),
        url_for("signons.listing", round_id=round_.public_id),
        _("Everybody may read now who takes part.") if is_shown else _("The public page is down."),
    )
