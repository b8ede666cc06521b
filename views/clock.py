"""The one place where the web reads the time; tests replace it."""

from __future__ import annotations

import datetime as dt

from flask import current_app


def now() -> dt.datetime:
    """The present instant, in UTC; the app's own clock where one is set (`app.extensions["clock"]`)."""
    clock = current_app.extensions.get("clock")
    return clock() if clock is not None else dt.datetime.now(dt.UTC)
