"""What suppliers and the lead do alike with requests of their own: send, remind, withdraw."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.requests import acts
from framework.chain.requests.acts import Party
from framework.ground.errors import InvalidInput, MoveRefused
from models.base import db
from models.requests import UpstreamRequest
from models.rounds import Round
from views import clock, guard
from views.guard import actor
from views.requests import words


def party() -> Party:
    """Whom to ask, as typed."""
    form = request.form
    return Party(form.get("name", ""), form.get("email", ""), form.get("language", "en"))


def sent(
    round_: Round,
    ask: Callable[[], UpstreamRequest],
    place: Callable[[UpstreamRequest], str],
    form: Callable[[Round, list[dict[str, str]]], str],
) -> Response | tuple[str, int]:
    """Ask; the mail with the link leaves after the commit. Where something is wrong, the form with what was typed."""
    public_id = round_.public_id
    try:
        made = ask()
    except InvalidInput as error:
        said = guard.refused(error)
        again = db.session.query(Round).filter_by(public_id=public_id).one()
        return form(again, words.errors_at(error, said)), error.status
    return guard.done(place(made), _("The request to %(party)s is on its way.", party=made.asked_name))


def withdrawn(found: UpstreamRequest, place: str) -> Response:
    """Take a request back."""
    acts.withdraw(db.session(), found, actor=actor(), now=clock.now())
    return guard.done(place, _("The request is withdrawn. Its links no longer work."))


def reminded(found: UpstreamRequest, place: str) -> Response:
    """Remind the one asked."""
    name = found.asked_name
    try:
        acts.remind(db.session(), found, actor=actor(), now=clock.now())
    except MoveRefused as error:
        return guard.done(place, guard.refused(error), "error")
    return guard.done(place, _("A reminder to %(party)s is on its way.", party=name))
