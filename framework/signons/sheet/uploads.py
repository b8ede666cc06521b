"""A sheet of bodies as it was sent: forgotten where it was not taken over, and the table that is in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete, exists
from sqlalchemy.orm import Session

from framework.ground.blocks import Table, table_of
from framework.ground.errors import FileRefused
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.cells import Book, Refusal, Sheet
from framework.ground.text import N_
from framework.signons.sheet import entries
from framework.signons.sheet.entries import Choices
from models.records import StoredFile
from models.signons import BodiesTaken

FILE, BLOCK = "bodies", "bodies-block"


def forget(session: Session, *, before: dt.datetime) -> None:
    """Forget what was sent before then and never taken over: it names people. The sweep takes the bytes."""
    is_taken = exists().where(BodiesTaken.file_id == StoredFile.id)
    old = StoredFile.purpose.in_((FILE, BLOCK)) & (StoredFile.created_at < before) & ~is_taken
    session.execute(delete(StoredFile).where(old))


def table_in(book: Book | Refusal, choices: Choices) -> Table:
    """The table of bodies in a file: the visible sheet whose header names most columns of it, else that with most cells.

    Raises FileRefused with the sentence of the catalogue where the file cannot be read as a table.
    """
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    visible = [sheet for sheet in book.sheets if sheet.visible and sheet.rows]
    if not visible:
        raise FileRefused("empty", N_("There is nothing in this file. Fill in a sheet and send it again."))
    return table_of(max(visible, key=lambda sheet: _rank(sheet, choices)))


def _rank(sheet: Sheet, choices: Choices) -> tuple[int, int]:
    top = Table([(row.number, list(row.cells)) for row in sheet.rows[:20]])
    return entries.header_score(top, choices), sum(len(row.cells) for row in sheet.rows)
