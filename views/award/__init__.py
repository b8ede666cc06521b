"""The award: decision, reasons, the members' mandate, letters, standstill and challenges."""

from __future__ import annotations

from flask import Blueprint

import framework.award  # noqa: F401 - its import registers moves, next steps and the date in calendars

blueprint = Blueprint("award", __name__)

from views.award import (  # noqa: E402, F401 - their routes hang on the blueprint
    announcing,
    answering,
    challenges,
    choosing,
    letters,
    pages,
    reasons,
    withdrawing,
)
