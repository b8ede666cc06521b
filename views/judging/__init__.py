"""Judging: statements of conflict, who judges, bidders admitted or excluded, and how the work is shared out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint
from sqlalchemy.orm import Session

import framework.judging.steps  # noqa: F401 - its import registers the next step
from framework.ground import jobs
from framework.judging import reminding

blueprint = Blueprint("judging", __name__)


@jobs.periodic("judging.go_round", every_seconds=60)
def go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Remind evaluators before the day to be done by, and take back what is wanted no more."""
    reminding.go_round(session, clock)


from views.judging import (  # noqa: E402, F401 - their routes hang on the blueprint
    board,
    closing,
    conflicts,
    judges,
    planning,
    reopening,
    selection,
    sheets,
)
