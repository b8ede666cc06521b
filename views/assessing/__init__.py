"""Pages of judging: each evaluator alone, then all together."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("assessing", __name__)

from views.assessing import (  # noqa: E402, F401 - their routes hang on the blueprint
    discussion,
    own_sheets,
    piles,
    scoring,
)
