"""Pages of demand: the member's grid, approval, the lead's board, the pool and its leverage."""

from __future__ import annotations

from flask import Blueprint

import framework.demand  # noqa: F401 - its import registers the guards

blueprint = Blueprint("demand", __name__)

from views.demand import board, cells, declaration, grid, imports, lever, locked, moved, pool, start  # noqa: E402, F401 - they hang their routes on it
