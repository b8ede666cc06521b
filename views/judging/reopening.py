"""Open the judging again: one chair and one lead agree on a page of their own."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission
from framework.judging import reopening as acts
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import words
from views.judging import blueprint
from views.rounds.forms import MotiveForm, answer


@blueprint.get("/rounds/<round_id>/judging/reopen")
@permit(Permission.JUDGING_REOPEN)
def reopening(round_: Round) -> str:
    """What opening again does, and who has proposed it."""
    return _page(round_, MotiveForm())


@blueprint.post("/rounds/<round_id>/judging/reopen")
@permit(Permission.JUDGING_REOPEN)
def propose_reopening(round_: Round) -> Response | tuple[str, int]:
    """Propose it, naming the error."""
    form = MotiveForm()
    return answer(
        form,
        lambda: acts.propose(db.session(), round_, form.motive.data or "", actor=actor(), now=clock.now()),
        lambda: _here(round_),
        _("Proposed. The other side confirms it on this page."),
        lambda: _page(round_, form),
    )


@blueprint.post("/rounds/<round_id>/judging/reopen/confirm")
@permit(Permission.JUDGING_REOPEN)
def confirm_reopening(round_: Round) -> Response:
    """Confirm it as the other of the two."""
    public_id = round_.public_id
    try:
        acts.confirm(db.session(), round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status == 404:
            raise
        return _told(error, public_id)
    there = url_for("judging.board", round_id=public_id)
    return guard.done(there, _("The judging is open again. Evaluators, chairs and leads are told."))


@blueprint.post("/rounds/<round_id>/judging/reopen/withdraw")
@permit(Permission.JUDGING_REOPEN)
def withdraw_reopening(round_: Round) -> Response:
    """Take the own proposal back."""
    public_id = round_.public_id
    try:
        acts.withdraw(db.session(), round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _told(error, public_id)
    return guard.done(url_for("judging.reopening", round_id=public_id), _("The proposal is taken back."))


def _told(error: RuleBroken, public_id: str) -> Response:
    flash(guard.refused(error), "error")
    return redirect(url_for("judging.reopening", round_id=public_id), code=303)


def _here(round_: Round) -> str:
    return url_for("judging.reopening", round_id=round_.public_id)


def _page(round_: Round, form: MotiveForm) -> str:
    session, who = db.session(), actor()
    waiting = acts.waiting(session, round_, now=clock.now())
    is_tied = acts.is_barred(session, round_, who.user_id)
    return render_template(
        "judging/reopening.html",
        round_=round_,
        form=form,
        waiting=waiting,
        error=acts.motive_of(waiting) if waiting is not None and not is_tied else "",
        own=waiting is not None and waiting.proposed_by_id == who.user_id,
        agrees=waiting is not None and acts.agree(session, round_, waiting.proposed_by_id, who, now=clock.now()),
        tied=words(acts.TIED) if is_tied else "",
    )
