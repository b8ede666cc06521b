"""A marked copy that comes back: which version it says it was made from, and what changed in it since.

What a copy says is never trusted: a receipt number counts only where it belongs to an earlier version of the same
supplier in the same round; any other is passed over without a word.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure import corrections, sealing
from framework.disclosure.checked import Checked
from framework.disclosure.marked import MAX_BYTES
from framework.ground.files import FileStore
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost, run_in_child
from models.disclosure import Disclosed
from models.sealing import KeyMissing, SealBroken

logger = logging.getLogger(__name__)
_TASKS = "framework.disclosure.copy_changes"


def made_from(session: Session, submission: Disclosed, receipt: str | None) -> Disclosed | None:
    """The version that a returned copy was made from, by the receipt number that stands in it; None where it is no such."""
    if not receipt:
        return None
    query = select(Disclosed).where(
        Disclosed.receipt_number == receipt,
        Disclosed.round_id == submission.round_id,
        Disclosed.supplier_id == submission.supplier_id,
        Disclosed.version_no < submission.version_no,
        Disclosed.checked_at.is_not(None),
    )
    return session.scalar(query)


def changes(
    session: Session, submission: Disclosed, checked: Checked, *, files: FileStore, limits: Limits
) -> dict[str, Any]:
    """What the supplier changed in a returned copy (`copy_changes.changes_task`); empty where that is not known.

    Reads both files in children, and ends the transaction before it does. Whatever breaks there, the version is read.
    """
    receipt = submission.receipt_number
    try:
        return _told(session, submission, checked, files, limits)
    except (SealBroken, KeyMissing) as error:
        session.rollback()
        logger.error("receipt %s is read without the copy it was made from: %s", receipt, error)
        return {}


def _told(
    session: Session, submission: Disclosed, checked: Checked, files: FileStore, limits: Limits
) -> dict[str, Any]:
    origin = made_from(session, submission, checked.copy_of)
    if origin is None or max(origin.file.size, submission.file.size) > 2 * MAX_BYTES:
        return {}
    if not files.may_read(origin.file):
        return {}
    mended = corrections.standing(session, origin)
    laid_open = [files.readable(one.file, sealing.key_of_file(one.file)) for one in (origin, submission)]
    session.rollback()
    with laid_open[0] as before, laid_open[1] as after:
        return _changes(before, after, mended, limits)


def _changes(before: Path, after: Path, mended: list[list[object]], limits: Limits) -> dict[str, Any]:
    try:
        texts = run_in_child(before, f"{_TASKS}:texts_task", {"corrections": mended}, limits)
        if texts.refusal is not None:
            return {}
        found = run_in_child(after, f"{_TASKS}:changes_task", {"before": texts.value}, limits)
    except ChildLost:
        return {}
    return {} if found.refusal is not None else dict(found.value)
