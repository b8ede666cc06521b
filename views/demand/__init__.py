"""Pages of demand: the member's grid, approval, the lead's board, the pool and its leverage."""

from __future__ import annotations

from flask import Blueprint

import framework.demand  # noqa: F401 - its import registers the guards

blueprint = Blueprint("demand", __name__)

from views.demand import (  # noqa: E402
    board,  # noqa: F401 - they hang their routes on it
    cuts,  # noqa: F401
    declaration,  # noqa: F401
    grid,  # noqa: F401
    imports,  # noqa: F401
    lever,  # noqa: F401
    live,  # noqa: F401
    locked,  # noqa: F401
    pages,  # noqa: F401
    pool,  # noqa: F401
    standing,  # noqa: F401
    start,  # noqa: F401
    what_if,  # noqa: F401
)
