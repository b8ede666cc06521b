"""Pages of sign-on: the lead's list, the member's own page, the record and its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint
from sqlalchemy.orm import Session

import framework.signons  # noqa: F401 - its import registers the guards
from framework.ground import jobs
from framework.rounds import reminding
from framework.signons.reminding import SIGN_ON

blueprint = Blueprint("signons", __name__)


@jobs.periodic("signons.go_round", every_seconds=60)
def go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Remind bodies whose answer or mandate is missing, and take back what is wanted no more."""
    reminding.go_round(session, clock, SIGN_ON)


from views.signons import (  # noqa: E402, F401 - they hang their routes on it
    applications,
    documents,
    lead,
    member,
    registering,
    sheet,
    showing,
)
