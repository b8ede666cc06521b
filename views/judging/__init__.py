"""Judging: statements of conflict, who judges, bidders admitted or excluded, and how the work is shared out."""

from __future__ import annotations

from flask import Blueprint

import framework.judging.steps  # noqa: F401 - its import registers the next step

blueprint = Blueprint("judging", __name__)


from views.judging import (  # noqa: E402, F401 - their routes hang on the blueprint
    board,
    closing,
    conflicts,
    judges,
    planning,
    selection,
    sheets,
)
