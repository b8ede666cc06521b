"""What the pages of sign-on share: the frame of the round, the record asked for, the answer to a broken rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound, RuleBroken
from framework.ground.text import N_
from framework.signons import closing
from framework.signons.notices import GROUND_LABELS
from models.rounds import Round
from models.signons import SignOn
from views import guard
from views.guard import actor
from views.i18n import words

REASONS = GROUND_LABELS | {
    closing.LIST_CLOSED: N_("The round was published and its list of buyers is closed."),
}
STEPS = (
    ("invited", N_("Invited")),
    ("interested", N_("Interested")),
    ("mandate_pending", N_("Mandate handed in")),
    ("confirmed", N_("Confirmed")),
)


def sign_on_of(round_: Round, sign_on_id: str) -> SignOn:
    """A sign-on of the round for the lead, or the reader's own; *not found* for anybody else's."""
    found = guard.child(SignOn, sign_on_id, round_)
    if found.organisation_id != actor().organisation_id and "lead" not in guard.roles(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def reason(sign_on: SignOn) -> str:
    """The stored reason in words: a code of ours is translated, a person's text stands as written."""
    return words(REASONS[sign_on.reason]) if sign_on.reason in REASONS else sign_on.reason


def steps(sign_on: SignOn) -> list[dict[str, Any]]:
    """The four steps with their marks: past, now, ahead."""
    keys = [key for key, _label in STEPS]
    state = "confirmed" if sign_on.state in ("active", "suspended") else sign_on.state
    at = keys.index(state) if state in keys else -1
    return [
        {"label": words(label), "mark": "past" if i < at else "now" if i == at else "ahead"}
        for i, (_key, label) in enumerate(STEPS)
    ]


def attempt(act: Callable[[], object], back: str, message: str | Callable[[], str], *, otherwise: str = "") -> Response:
    """Do one act and go to `back` with a message; a broken rule is written down and told at `otherwise`, else there."""
    try:
        act()
        return guard.done(back, message if isinstance(message, str) else message())
    except RuleBroken as error:
        if error.status == 404:
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": otherwise or back})


def version() -> int:
    """The version the form was made from; 0, which never fits, where the form has none."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
