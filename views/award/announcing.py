"""The buttons of the announcement: propose, confirm, take back."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import announcing as acts
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Round
from views import clock
from views.award import blueprint
from views.award.common import act_or_told, say
from views.guard import actor, permit


@blueprint.post("/rounds/<round_id>/award/announce")
@permit(Permission.AWARD_DECIDE)
def propose_announcement(round_: Round) -> Response:
    """First half."""
    public_id = round_.public_id
    return act_or_told(
        lambda: acts.propose(db.session(), round_, say=say, actor=actor(), now=clock.now()),
        lambda: _here(public_id),
        _("Proposed. A second person of the lead confirms it on this page."),
    )


@blueprint.post("/rounds/<round_id>/award/announce/confirm")
@permit(Permission.AWARD_DECIDE)
def confirm_announcement(round_: Round) -> Response:
    """Second half: the letters leave."""
    public_id = round_.public_id
    return act_or_told(
        lambda: acts.confirm(db.session(), round_, say=say, actor=actor(), now=clock.now()),
        lambda: _here(public_id),
        _("The award is announced. The letters have left, and the standstill runs."),
    )


@blueprint.post("/rounds/<round_id>/award/announce/withdraw")
@permit(Permission.AWARD_DECIDE)
def withdraw_announcement(round_: Round) -> Response:
    """Take the own proposal back."""
    public_id = round_.public_id
    return act_or_told(
        lambda: acts.withdraw_proposal(db.session(), round_, actor=actor(), now=clock.now()),
        lambda: _here(public_id),
        _("The proposal is taken back."),
    )


def _here(public_id: str) -> str:
    return url_for("award.index", round_id=public_id)
