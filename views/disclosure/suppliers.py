"""The lead's page of suppliers: whom to invite, who is invited, and after the opening who took part."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.disclosure import inviting
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import SupplierInvitation
from models.people import Organisation
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.guard import actor, permit


@blueprint.get("/rounds/<round_id>/suppliers")
@permit(Permission.ROUND_MOVE)
def suppliers(round_: Round) -> str:
    """The invited suppliers; before the opening nothing of what they sent."""
    return _page(round_)


@blueprint.post("/rounds/<round_id>/suppliers")
@permit(Permission.SUPPLIER_INVITE)
def invite_supplier(round_: Round) -> Response | tuple[str, int]:
    """Invite one supplier of the list."""
    public_id, supplier_id = round_.public_id, request.form.get("organisation", "")
    try:
        supplier = _chosen(supplier_id)
        name = supplier.name
        inviting.invite(db.session(), round_, supplier, actor=actor(), now=clock.now())
    except RuleBroken as error:
        said = guard.refused(error)
        again = db.session.scalars(select(Round).where(Round.public_id == public_id)).one()
        return _page(again, error=said, chosen=supplier_id), error.status
    return guard.done(url_for("disclosure.suppliers", round_id=public_id), _("%(name)s is invited.", name=name))


@blueprint.post("/rounds/<round_id>/suppliers/<invitation_id>/take-back")
@permit(Permission.SUPPLIER_INVITE)
def take_back_invitation(round_: Round, invitation_id: str) -> Response:
    """Take an invitation back before the publication."""
    invitation = guard.child(SupplierInvitation, invitation_id, round_)
    inviting.take_back(db.session(), invitation, actor=actor(), now=clock.now())
    here = url_for("disclosure.suppliers", round_id=round_.public_id)
    return guard.done(here, _("The invitation is taken back."))


def _page(round_: Round, error: str = "", chosen: str = "") -> str:
    session = db.session()
    invitations = inviting.listed(session, round_)
    facts: dict[str, Any] = {
        "round_": round_,
        "invitations": invitations,
        "reachable": inviting.with_people(session, invitations),
        "took_part": inviting.took_part(session, round_),
        "choices": inviting.may_be_invited(session, round_),
        "error": error,
        "chosen": chosen,
    }
    return render_template("disclosure/suppliers.html", **facts)


def _chosen(public_id: str) -> Organisation:
    found = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if found is None:
        raise InvalidInput("no-supplier", N_("Choose a supplier of the list."), field="organisation")
    return found
