"""Rounds that take applications: a body that was not invited asks to join."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.signons import acts
from models.base import db
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn
from views import clock
from views.guard import actor, permit
from views.signons import blueprint, pages

TAKING = ("sign_on", "demand", "demand_locked")


@blueprint.get("/applications")
@permit(Permission.SIGN_ON_APPLY)
def open_rounds() -> str:
    """The rounds this body may ask to join."""
    joined = select(SignOn.round_id).where(
        SignOn.organisation_id == actor().organisation_id, SignOn.state.not_in(("left", "refused"))
    )
    rounds = db.session.scalars(_taking().where(Round.id.not_in(joined)).order_by(Round.signon_deadline)).all()
    return render_template("signons/applications.html", rounds=rounds)


@blueprint.post("/applications/<asked_id>")
@permit(Permission.SIGN_ON_APPLY)
def apply(asked_id: str) -> Response:
    """Ask to join a round."""
    round_ = db.session.scalar(_taking().where(Round.public_id == storable(asked_id)))
    if round_ is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    body = db.session.get_one(Organisation, actor().organisation_id)
    class_name = request.form.get("class_name", "")
    return pages.attempt(
        lambda: acts.apply(db.session(), round_, body, actor=actor(), now=clock.now(), class_name=class_name),
        url_for("signons.own", round_id=round_.public_id),
        _("Noted. Hand in the mandate next."),
        otherwise=url_for("signons.open_rounds"),
    )


def _taking() -> Select[tuple[Round]]:
    return select(Round).where(Round.open_to_applications, Round.state.in_(TAKING))
