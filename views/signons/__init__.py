"""Pages of sign-on: the lead's list, the member's own page, the record and its files."""

from __future__ import annotations

from flask import Blueprint

import framework.signons  # noqa: F401 - its import registers the guards

blueprint = Blueprint("signons", __name__)

from views.signons import applications, documents, lead, member, sheet, showing  # noqa: E402, F401 - they hang their routes on it
