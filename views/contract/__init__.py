"""Agreements: drafted, read, signed, terminated; the round in force and its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint
from sqlalchemy.orm import Session

import framework.contract  # noqa: F401 - its import registers the guards
from framework.contract import running, update_reminders
from framework.ground import jobs

blueprint = Blueprint("contract", __name__)


@jobs.periodic("contract.go_round", every_seconds=60)
def go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Start and expire agreements whose day has come, and close rounds whose agreements have all ended."""
    running.go_round(session, clock)


@jobs.periodic("contract.updates_go_round", every_seconds=60)
def updates_go_round(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Ask for first disclosures, note due dates that passed with nothing received, and remind before them."""
    update_reminders.go_round(session, clock)


from views.contract import (  # noqa: E402 - their routes hang on the blueprint
    agreements,
    documents,
    drafts,
    signatures,
    update_board,
    update_files,
    updates,
)

__all__ = ["agreements", "blueprint", "documents", "drafts", "signatures", "update_board", "update_files", "updates"]
