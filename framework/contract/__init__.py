"""Agreements: drafted on the published terms, signed by both sides after the standstill, started and ended by their dates."""

from framework.contract import (  # noqa: F401 - their import registers guards, effects and dates
    dates,
    drafting,
    ending,
    running,
    signing,
    steps,
    update_calendar,
    update_review,
    update_stage,
    update_steps,
    updates,
)
