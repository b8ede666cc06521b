"""Registration after the award: the lead sees who may call off and who lacks what; a member registers its body."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.signons import export, lists, registration
from models.base import db
from models.rounds import Round
from models.signons import SignOn
from views import clock, guard
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words
from views.signons import blueprint, pages

SHOWN = {
    "ready": N_("Ready"),
    "missing": N_("Something is missing"),
}
LACKS = {
    "not-on-frozen-list": N_("not on the list frozen at publication"),
    "not-registered": N_("not registered"),
    "fee-unpaid": N_("fee not paid"),
}


@blueprint.get("/rounds/<round_id>/registration")
@permit(Permission.REGISTRATION_VIEW)
def registration_board(round_: Round) -> str:
    """Which members may call off, which are ready, and what the others lack."""
    show = request.args.get("show", "")
    found = registration.board(
        db.session(), round_, search=request.args.get("q", ""), show=show, page=request.args.get("page")
    )
    return render_template(
        "signons/registration.html",
        round_=round_,
        found=found,
        show=show,
        shown=SHOWN,
        lacks=LACKS,
        is_asked=registration.is_asked(round_),
        may_act=round_.state == "in_force",
    )


@blueprint.get("/rounds/<round_id>/registration.xlsx")
@permit(Permission.REGISTRATION_VIEW)
def registration_workbook(round_: Round) -> Response:
    """The whole list that the search finds, as a workbook."""
    found = registration.everything(
        db.session(), round_, search=request.args.get("q", ""), show=request.args.get("show", "")
    )
    content = export.registrations(round_, found, LACKS, now=clock.now(), words=words)
    return send_workbook(content, f"registration-{round_.public_id}.xlsx")


@blueprint.post("/rounds/<round_id>/registration/activate")
@permit(Permission.SIGN_ON_CONFIRM)
def activate_ready(round_: Round) -> Response:
    """Let every confirmed body call off that lacks nothing."""
    done: list[SignOn] = []
    back = url_for("signons.registration_board", round_id=round_.public_id)
    return pages.attempt(
        lambda: done.extend(registration.activate_ready(db.session(), round_, actor=actor(), now=clock.now())),
        back,
        lambda: ngettext("%(num)s body may call off now.", "%(num)s bodies may call off now.", len(done)),
    )


@blueprint.get("/rounds/<round_id>/registration/own")
@permit(Permission.REGISTRATION_OWN)
def own_registration(round_: Round) -> str:
    """What the own body still needs before it may call off."""
    sign_on = _own(round_)
    return render_template(
        "signons/own_registration.html",
        round_=round_,
        sign_on=sign_on,
        lacking=registration.lacking(db.session(), sign_on) if sign_on.state == "confirmed" else (),
        is_asked=registration.is_asked(round_),
        reason=pages.reason(sign_on),
        sees_agreements=guard.holds(Permission.AGREEMENT_VIEW, round_),
    )


@blueprint.post("/rounds/<round_id>/registration/own")
@permit(Permission.REGISTRATION_OWN)
def register(round_: Round) -> Response:
    """Register the own body for call-offs."""
    sign_on = _own(round_)
    return pages.attempt(
        lambda: registration.register(db.session(), sign_on, actor=actor(), now=clock.now()),
        url_for("signons.own_registration", round_id=round_.public_id),
        _("Your body is registered. The lead lets it call off."),
    )


def _own(round_: Round) -> SignOn:
    found = lists.current(db.session(), round_, actor().organisation_id)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found
