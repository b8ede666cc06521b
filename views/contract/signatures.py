"""Sign an agreement, one person of each side, and terminate one, two persons of the lead."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.contract import ending, signing
from framework.ground.permissions import Permission
from framework.ground.text import storable
from models.base import db
from models.rounds import Round
from views import clock
from views.contract import agreements, blueprint, shared
from views.contract.shared import Outcome
from views.guard import actor, permit


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/sign")
@permit(Permission.AGREEMENT_SIGN)
def sign(round_: Round, agreement_id: str) -> Response:
    """The first signature."""
    found = shared.asked(round_, agreement_id)
    return shared.attempt(
        lambda: signing.propose(db.session(), found, sha256=_read(), actor=actor(), now=clock.now()),
        shared.page_of(found),
        _("You have signed. The other side is asked to sign too."),
    )


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/sign/confirm")
@permit(Permission.AGREEMENT_SIGN)
def confirm_signature(round_: Round, agreement_id: str) -> Response:
    """The second signature."""
    found = shared.asked(round_, agreement_id)
    return shared.attempt(
        lambda: signing.confirm(db.session(), found, sha256=_read(), actor=actor(), now=clock.now()),
        shared.page_of(found),
        _("Both sides have signed. The terms are fixed from now on."),
    )


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/sign/withdraw")
@permit(Permission.AGREEMENT_SIGN)
def withdraw_signature(round_: Round, agreement_id: str) -> Response:
    """Take the own signature back while it waits."""
    found = shared.asked(round_, agreement_id)
    return shared.attempt(
        lambda: signing.withdraw(db.session(), found, actor=actor(), now=clock.now()),
        shared.page_of(found),
        _("Your signature is taken back."),
    )


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/terminate")
@permit(Permission.AGREEMENT_END)
def terminate(round_: Round, agreement_id: str) -> Outcome:
    """Propose a termination."""
    found = shared.asked(round_, agreement_id)
    sent = {name: request.form.get(name, "") for name in ("ground", "evidence", "motive")}
    return shared.attempt_form(
        lambda: ending.propose(
            db.session(),
            found,
            ground=sent["ground"],
            evidence=sent["evidence"],
            motive=sent["motive"],
            actor=actor(),
            now=clock.now(),
        ),
        found,
        _("Proposed. A second person of your organisation confirms it on this page."),
        agreements.page,
    )


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/terminate/confirm")
@permit(Permission.AGREEMENT_END)
def confirm_termination(round_: Round, agreement_id: str) -> Response:
    """Confirm it as a second person."""
    found = shared.asked(round_, agreement_id)
    return shared.attempt(
        lambda: ending.confirm(db.session(), found, actor=actor(), now=clock.now()),
        shared.page_of(found),
        _("The agreement is terminated. The contractor and the members are told."),
    )


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/terminate/withdraw")
@permit(Permission.AGREEMENT_END)
def withdraw_termination(round_: Round, agreement_id: str) -> Response:
    """Take the own proposal back."""
    found = shared.asked(round_, agreement_id)
    return shared.attempt(
        lambda: ending.withdraw(db.session(), found, actor=actor(), now=clock.now()),
        shared.page_of(found),
        _("The proposal is taken back."),
    )


def _read() -> str:
    """The hash of the text that stood on the page."""
    return storable(request.form.get("sha256", ""))[:64]
