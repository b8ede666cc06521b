"""Ask for the second factor where an act of two persons wants it fresh, then do the act with all that was typed."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, g, render_template, request
from flask_babel import gettext as _

from framework.ground.errors import FactorStale, InvalidInput
from framework.people import limits, second_factor
from models.base import db
from views import clock, guard, typed
from views.caller import is_call
from views.i18n import sentence
from views.people.account import me
from views.people.second_factor import counted, key

NOT_KEPT = ("csrf_token", guard.FRESH_CODE)
Answer = tuple[str, int] | tuple[str, int, dict[str, str]]


def init_app(app: Flask) -> None:
    """Take a code that comes along with a form; ask for one where it is wanted."""
    app.before_request(_take)
    app.register_error_handler(FactorStale, _ask)


def _take() -> Answer | None:
    """Take the code before the act it is for; its tries are limited like those of signing in."""
    if request.method in guard.SAFE or is_call():
        return None
    if guard.FRESH_CODE not in request.form or guard.actor().user_id is None:
        return None
    try:
        rows = counted()
    except limits.TooManyTries as error:
        db.session.rollback()
        return *_page(sentence(error), error.status), {"Retry-After": str(error.seconds)}
    try:
        second_factor.verify(
            db.session(), me(), request.form[guard.FRESH_CODE], key=key(), actor=guard.actor(), now=clock.now()
        )
    except InvalidInput as error:
        return _page(guard.refused(error), error.status)
    g.live_session.second_factor_at = clock.now()
    g.actor = replace(guard.actor(), factor_at=clock.now())
    limits.give_back(db.session(), rows)
    db.session.commit()
    return None


def _ask(error: FactorStale) -> Answer:
    db.session.rollback()
    return _page("", error.status, said=sentence(error))


def _page(problem: str, status: int, *, said: str = "") -> tuple[str, int]:
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
    return render_template(
        "people/fresh_factor.html",
        problem=problem,
        said=said or _("This takes a code of your second factor."),
        kept=[(name, value) for name, value in sent if not typed.is_passphrase(name)],
        again=[name for name, _value in sent if typed.is_passphrase(name)],
        field=guard.FRESH_CODE,
        here=request.full_path.rstrip("?"),
    ), status
