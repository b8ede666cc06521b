"""Pages of rounds: list, set-up, readiness, publication, deadline, the public page."""

from __future__ import annotations

from flask import Blueprint

import framework.rounds  # noqa: F401 - its import registers the guards

blueprint = Blueprint("rounds", __name__)

from views.rounds import (  # noqa: E402, F401 - they hang their routes on it
    calendars,
    deadlines,
    frame,
    lot_sheet,
    lots,
    overview,
    phases,
    public,
    publishing,
    question_files,
    questions,
    setup,
    terms,
    terms_files,
)

blueprint.app_context_processor(frame.surroundings)
