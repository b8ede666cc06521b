"""What the pages of the award share: who is tied, how a refusal is told, how a letter's sentences are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, g, redirect, request
from flask_babel import force_locale
from werkzeug.wrappers import Response

from framework.award import mandate, ties
from framework.ground.errors import InvalidInput, NotAllowed, RuleBroken
from framework.ground.text import N_, storable
from models.base import db
from models.rounds import Round
from views import guard
from views.guard import actor
from views.i18n import sentence, words

Wrong = dict[str, str]
"""What is wrong with a form, by field; a blank field is about the form as a whole."""


def say(language: str, template: str, params: Mapping[str, Any]) -> str:
    """A sentence of a letter in the language of that letter."""
    with force_locale(language):
        return str(words(template, **params))


def tied(round_: Round) -> str:
    """The sentence for whom a tie keeps from the award; blank for everybody else."""
    if not getattr(g, "kept_out", True):
        return ""
    return words(ties.TIED) if ties.is_barred(db.session(), round_, actor().user_id) else ""


def require_reader(round_: Round) -> None:
    """Raise NotAllowed for a body whose sign-on is not confirmed: it does not know who bids."""
    if not mandate.may_read(db.session(), round_, actor(), guard.roles(round_)):
        raise NotAllowed("not-a-member", N_("Only members whose sign-on is confirmed read the award."))


def typed(name: str) -> str:
    """A field of the form that was sent."""
    return storable(request.form.get(name, ""))


def act_or_told(act: Callable[[], object], there: Callable[[], str], message: str, *, place: str = "") -> Response:
    """Do the act of a button and go on; where it is refused say why at `place`, else at the same page."""
    try:
        act()
        return guard.done(there(), message)
    except RuleBroken as error:
        if error.status == 404:
            raise
        flash(guard.refused(error), "error")
        return redirect(place or there(), code=303)


def wrong_of(error: RuleBroken) -> Wrong:
    """Undo what was begun, and what to say at which field of the form."""
    told = guard.refused(error)
    if not isinstance(error, InvalidInput):
        return {"": told}
    return {one.field: sentence(one) for one in (error, *error.also)}


def again(public_id: str) -> Round:
    """The round anew, after a refusal or the arrival of a file ended the transaction."""
    return db.session.query(Round).filter_by(public_id=public_id).one()


def is_stale(error: RuleBroken) -> bool:
    """Whether a refusal is shown as a page of its own rather than on the form."""
    return error.status in (403, 404)
