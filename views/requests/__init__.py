"""Requests upstream: the supplier's pages, the pages of whoever is asked and needs no account, the lead's list of silence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint
from sqlalchemy.orm import Session

import framework.chain.requests.calendar
import framework.chain.requests.steps  # noqa: F401 - its import registers the next step
from framework.chain.requests import reminders
from framework.ground import jobs

blueprint = Blueprint("requests", __name__)


@jobs.periodic("requests.go_round", every_seconds=60)
def go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Note due dates that passed in silence, and remind before them."""
    reminders.go_round(session, clock)


from views.requests import asked, asking, lead, library, supplier  # noqa: E402, F401 - their routes hang on the blueprint
