"""What tells a later stage from the tender: whose scope, compared with what, what its reading decides; the reading itself is one.

The tender is sealed and counted. A phase after it enters its own stage here, so that nothing that reads a file, shows its
remarks or signs its receipt need know of that phase.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from framework.disclosure.checked import Checked
from framework.disclosure.scope import RoundScope
from models.disclosure import Disclosed


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage after the tender.

    `scope` is what is asked there, `before` the version that one is compared with, `was_read(session, version, checked, now,
    mail_after)` moves on what was read for the first time, `subject` the record that its events are about, `arrivals` the
    kinds of events by which a file comes, `terms` what the receipt says of deadline and counting.
    """

    scope: Callable[[Session, Disclosed], RoundScope]
    before: Callable[[Session, Disclosed], Disclosed | None]
    was_read: Callable[[Session, Disclosed, Checked, dt.datetime, dt.timedelta], None]
    subject: Callable[[Session, Disclosed], Any]
    arrivals: tuple[str, ...]
    terms: Callable[[Session, Disclosed], dict[str, Any]]


_stages: dict[str, Stage] = {}


def enter(name: str, stage: Stage) -> None:
    """Register a stage under what `Disclosed.stage` calls it; the same name once more replaces it."""
    _stages[name] = stage


def later(submission: Disclosed) -> Stage | None:
    """The stage of a version where that is a later one; None in the tender."""
    return None if submission.stage == "tender" else _stages[submission.stage]
