"""Withdraw the award: a page of its own, for two persons of the lead."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import taking_back as acts
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Round
from views import clock
from views.award import blueprint
from views.award.common import act_or_told, tied
from views.guard import actor, permit
from views.rounds.forms import MotiveForm, answer


@blueprint.get("/rounds/<round_id>/award/withdraw")
@permit(Permission.AWARD_DECIDE)
def withdrawal(round_: Round) -> str:
    """What withdrawing does, and who has proposed it."""
    return _page(round_, MotiveForm())


@blueprint.post("/rounds/<round_id>/award/withdraw")
@permit(Permission.AWARD_DECIDE)
def propose_withdrawal(round_: Round) -> Response | tuple[str, int]:
    """First half, with the motive."""
    form = MotiveForm()
    return answer(
        form,
        lambda: acts.propose(db.session(), round_, form.motive.data or "", actor=actor(), now=clock.now()),
        lambda: url_for("award.withdrawal", round_id=round_.public_id),
        _("Proposed. A second person of the lead confirms it on this page."),
        lambda: _page(round_, form),
    )


@blueprint.post("/rounds/<round_id>/award/withdraw/confirm")
@permit(Permission.AWARD_DECIDE)
def confirm_withdrawal(round_: Round) -> Response:
    """Second half."""
    public_id = round_.public_id
    return act_or_told(
        lambda: acts.confirm(db.session(), round_, actor=actor(), now=clock.now()),
        lambda: url_for("award.index", round_id=public_id),
        _("The award is withdrawn. The letters are marked, and every bidder is told."),
    )


@blueprint.post("/rounds/<round_id>/award/withdraw/take-back")
@permit(Permission.AWARD_DECIDE)
def take_withdrawal_back(round_: Round) -> Response:
    """Take the own proposal back."""
    public_id = round_.public_id
    return act_or_told(
        lambda: acts.withdraw_proposal(db.session(), round_, actor=actor(), now=clock.now()),
        lambda: url_for("award.withdrawal", round_id=public_id),
        _("The proposal is taken back."),
    )


def _page(round_: Round, form: MotiveForm) -> str:
    session = db.session()
    waiting = acts.waiting(session, round_, now=clock.now())
    return render_template(
        "award/withdrawal.html",
        round_=round_,
        form=form,
        waiting=waiting,
        own=waiting is not None and waiting.proposed_by_id == actor().user_id,
        tied=tied(round_),
        motive=acts.motive_of(waiting) if waiting is not None else "",
        is_signed=acts.is_signed(session, round_),
        is_open=round_.state == "standstill",
    )
