"""Pages of demand: the member's grid, approval, the lead's board, the pool and its leverage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint
from sqlalchemy.orm import Session

import framework.demand  # noqa: F401 - its import registers the guards
from framework.demand.reminding import DEMAND
from framework.ground import jobs
from framework.rounds import reminding

blueprint = Blueprint("demand", __name__)


@jobs.periodic("demand.go_round", every_seconds=60)
def go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Remind members that have not answered for every lot, and take back what is wanted no more."""
    reminding.go_round(session, clock, DEMAND)


from views.demand import (
    board,
    cost_draft,
    cost_files,
    costs,
    declaration,
    grid,
    imports,
    lever,
    locked,
    pool,
    price_list,
    prices,
    start,
)  # noqa: E402, F401 - they hang their routes on it
