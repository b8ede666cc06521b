"""By which step before its end somebody is reminded: one rule for requests, the judging, sign-on and demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence


def step_due(
    asked_at: dt.datetime, end: dt.datetime, steps: Sequence[int], used: int | None, now: dt.datetime
) -> int | None:
    """The step (hours before the end) by which to remind now, None for none; `used` is the last step that was used."""
    reached = [hours for hours in steps if asked_at < end - dt.timedelta(hours=hours) <= now]
    if not reached or now > end or (used is not None and used <= min(reached)):
        return None
    return min(reached)
