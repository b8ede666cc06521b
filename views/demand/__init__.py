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


from views.demand import (  # noqa: E402
    board,  # noqa: F401 - they hang their routes on it
    brief_files,  # noqa: F401
    briefs,  # noqa: F401
    cells,  # noqa: F401
    cost_draft,  # noqa: F401
    cost_files,  # noqa: F401
    costs,  # noqa: F401
    cuts,  # noqa: F401
    declaration,  # noqa: F401
    department_imports,  # noqa: F401
    department_pages,  # noqa: F401
    departments,  # noqa: F401
    earlier,  # noqa: F401
    grid,  # noqa: F401
    imports,  # noqa: F401
    lever,  # noqa: F401
    live,  # noqa: F401
    locked,  # noqa: F401
    moved,  # noqa: F401
    pages,  # noqa: F401
    pool,  # noqa: F401
    price_list,  # noqa: F401
    prices,  # noqa: F401
    proposed,  # noqa: F401
    proposing,  # noqa: F401
    proposing_work,  # noqa: F401
    standing,  # noqa: F401
    start,  # noqa: F401
    what_if,  # noqa: F401
)
