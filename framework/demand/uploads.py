"""A sheet or a block that a member sent: forgotten where nothing was made of it, and what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, exists
from sqlalchemy.orm import Session

from framework.demand import tables, workbook
from framework.demand.columns import Choices
from framework.demand.lines import Line, Scope
from framework.demand.understood import Understood
from framework.demand.workbook import Reference
from framework.ground.blocks import best_sheet, table_of
from framework.ground.errors import FileRefused, InvalidInput
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.cells import Book, Refusal, Sheet
from framework.ground.text import N_
from models.demand import Demand
from models.records import StoredFile

FILE, BLOCK, ANSWERS = "demand", "demand-block", "demand-answers"


def forget_blocks(session: Session, *, before: dt.datetime) -> None:
    """Forget the pasted blocks from before then that no declaration was made from, and answers about sheets; the sweep takes their bytes."""
    is_named = exists().where(Demand.source_upload_id == StoredFile.id)
    session.execute(
        delete(StoredFile).where(StoredFile.purpose.in_((BLOCK, ANSWERS)), StoredFile.created_at < before, ~is_named)
    )


def understand(
    book: Book | Refusal, scope: Scope, choices: Choices, *, here: Reference, stored: Iterable[Line] = ()
) -> tuple[Understood, bool]:
    """What a file says, and whether it is our own workbook (which stands for the whole declaration).

    `here` is the declaration it was sent for. Raises FileRefused with the sentence of the catalogue where the
    file cannot be read as a table, InvalidInput where it is the workbook of another declaration.
    """
    book = _readable(book)
    stored = list(stored)
    made_for = workbook.reference_of(book)
    if made_for is not None and not made_for.is_same_place(here):
        message = N_(
            "This workbook belongs to “%(theirs)s”, and this is “%(ours)s”. Download the workbook here, or send this one there."
        )
        raise InvalidInput("workbook-elsewhere", message, theirs=made_for.name[:300], ours=here.name)
    ours = workbook.read(book, scope, choices, stored=stored)
    if ours is not None and made_for is not None:
        if made_for.stamp != here.stamp:
            ours.notes.insert(0, (_OLDER, {}))
        return ours, True
    sheet = _chosen(book, scope, choices)
    found = tables.understand(table_of(sheet), scope, choices, stored=stored)
    tell_sheets(found, book, sheet)
    return found, False


def sheet_in(book: Book | Refusal, scope: Scope, choices: Choices) -> tuple[Book, Sheet]:
    """A file that holds figures of departments, and its sheet to read. Raises FileRefused where it cannot be read as a table."""
    book = _readable(book)
    return book, _chosen(book, scope, choices)


def tell_sheets(found: Understood, book: Book, sheet: Sheet) -> None:
    """Say which sheet was read and which were not, and what was taken away in it."""
    found.sheets = [one.name for one in book.sheets if one.visible and one.rows]
    found.sheet = sheet.name
    if len(found.sheets) > 1:
        others = [name for name in found.sheets if name != sheet.name]
        found.notes.insert(0, (_ONE_SHEET, {"sheet": sheet.name, "others": others}))
    found.notes += [(_UNMARKED, params) for key, params in book.notices if key == "apostrophe-removed"]


def _readable(book: Book | Refusal) -> Book:
    if not isinstance(book, Refusal):
        return book
    if book.key == "file-empty":
        raise FileRefused("empty", EMPTY)
    message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
    facts: dict[str, Any] = dict(params)
    raise FileRefused(book.key, message, **facts)


def _chosen(book: Book, scope: Scope, choices: Choices) -> Sheet:
    """The sheet that the person chose, else the fullest that names quantities, else the fullest. Raises FileRefused."""
    visible = [sheet for sheet in book.sheets if sheet.visible and sheet.rows]
    best = best_sheet(book)
    if best is None:
        raise FileRefused("empty", EMPTY)
    named = [sheet for sheet in visible if sheet.name == choices.sheet]
    if named or len(visible) == 1:
        return named[0] if named else best
    speaking = Book(book.kind, [sheet for sheet in visible if tables.names_quantities(table_of(sheet), scope, choices)])
    return best_sheet(speaking) or best


EMPTY = N_("There is nothing in this file. Fill in a sheet and send it again.")
_ONE_SHEET = N_(
    "The sheet “%(sheet)s” was read. Not read: %(others)s. Choose another sheet below, or send them one by one."
)
_UNMARKED = N_(
    "An apostrophe in front of a sign such as = was taken away, as our own CSV files have it there: %(count)s cells."
)
_OLDER = N_(
    "Your declaration was saved after this workbook was downloaded. Where they differ, the workbook would undo what was saved since: look at every change."
)
