"""What the pages of agreements share: the one asked for, its address, the answer to a broken rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, url_for
from werkzeug.wrappers import Response

from framework.contract import lists, running
from framework.ground.errors import RuleBroken
from framework.ground.files import FileStore
from models.base import db
from models.contract import Agreement
from models.rounds import Round
from views import clock, guard
from views.guard import actor

Outcome = Response | tuple[str, int]
TONES = {
    "signed": "lever",
    "in_force": "good",
    "call_off_stop": "warn",
    "notice_given": "warn",
    "exhausted": "warn",
    "terminated": "error",
}


def asked(round_: Round, agreement_id: str) -> Agreement:
    """The agreement in the address; *not found* for one that this reader may not know of."""
    return lists.one(db.session(), round_, agreement_id, actor(), guard.roles(round_))


def files() -> FileStore:
    """The store of this installation."""
    found: FileStore = current_app.extensions["files"]
    return found


def where(agreement: Agreement) -> dict[str, Any]:
    """What the address of an agreement needs."""
    return {"round_id": agreement.round.public_id, "agreement_id": agreement.public_id}


def page_of(agreement: Agreement) -> str:
    """The address of an agreement."""
    return url_for("contract.agreement", **where(agreement))


def state_of(agreement: Agreement) -> str:
    """The state as the date decides it, whether or not the clock job has run."""
    return running.state_at(agreement, now=clock.now())


def attempt_form(
    act: Callable[[], object], found: Agreement, message: str, again: Callable[[Agreement, str], str]
) -> Outcome:
    """The same for a form in which much is typed: where a rule is broken the page comes again with all of it."""
    there, number = page_of(found), found.id
    try:
        act()
        return guard.done(there, message)
    except RuleBroken as error:
        if error.status == 404:
            raise
        told = guard.refused(error)
        return again(db.session.get_one(Agreement, number), told), error.status


def attempt(act: Callable[[], object], there: str, message: str) -> Response:
    """Do one act and go on; a broken rule is written down and told on the same page."""
    try:
        act()
        return guard.done(there, message)
    except RuleBroken as error:
        if error.status == 404:
            raise
        flash(guard.refused(error), "error")
        return redirect(there, code=303)
