"""The award: decision, reasons, the members' mandate, letters, standstill and challenges."""

from __future__ import annotations

from flask import Blueprint

import framework.award  # noqa: F401 - its import registers the moves

blueprint = Blueprint("award", __name__)
