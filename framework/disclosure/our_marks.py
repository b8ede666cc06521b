"""What we add to a supplier's workbook when we mark it up, and how it is left out again when that copy comes back.

The names are fixed here for every language, since a copy marked in one language may return after a sentence was reworded.
"""

from __future__ import annotations

import re
from dataclasses import replace

from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Cell, Row, Sheet

SUMMARY_SHEETS = {"en": "Hefboom what to fix", "nl": "Hefboom te herstellen", "sv": "Hefboom att rätta"}
SUMMARY_TITLES = {
    "en": "What to fix in your file",
    "nl": "Wat er in uw bestand te herstellen is",
    "sv": "Vad som ska rättas i er fil",
}
HEADINGS = {"en": "What to fix (Hefboom)", "nl": "Te herstellen (Hefboom)", "sv": "Att rätta (Hefboom)"}
SIGN = "— Hefboom —"
"""The line with which our part of a note begins."""
HEADING_ROWS = 30
_RECEIPT = re.compile(r"(?<!\d)\d{6,10}-\d{2}(?!\d)")
_NUMBERED = re.compile(r"\s*\(\d+\)\Z")


def is_summary(name: str, title: object) -> bool:
    """Whether a sheet of this name, with this in its first cell, is the summary that we put in front."""
    plain = _NUMBERED.sub("", name).strip()
    return plain in SUMMARY_SHEETS.values() and title in SUMMARY_TITLES.values()


def is_heading(cell: object) -> bool:
    """Whether a cell is the name of our column."""
    return isinstance(cell, str) and cell.strip() in HEADINGS.values()


def without_our_marks(book: Book) -> Book:
    """The book without our summary sheet and our columns; the same book where it has none.

    The notes and colours of such a book count as ours: those the supplier had were told of the first time.
    """
    kept = [sheet for sheet in book.sheets if not is_summary_sheet(sheet)]
    sheets = [_without_column(sheet) for sheet in kept]
    if len(kept) == len(book.sheets) and all(one is other for one, other in zip(kept, sheets, strict=True)):
        return book
    return replace(book, sheets=[_without_notes(sheet) for sheet in sheets])


def is_summary_sheet(sheet: Sheet) -> bool:
    """Whether a sheet is the summary that we put in front."""
    first = sheet.rows[0] if sheet.rows else None
    return first is not None and bool(first.cells) and is_summary(sheet.name, first.cells[0])


def copy_of(book: Book) -> str | None:
    """Of a marked copy the receipt number of the version it says it was made from, blank where it says none; else None.

    The number stands in the second line of our summary. Anybody may write another there.
    """
    summary = next((sheet for sheet in book.sheets if is_summary_sheet(sheet)), None)
    if summary is None:
        return "" if any(map(our_places, book.sheets)) else None
    line = next((row.cells[0] for row in summary.rows if row.number == 2 and row.cells), None)
    numbers = _RECEIPT.findall(line) if isinstance(line, str) else []
    return numbers[0] if numbers else ""


def _without_notes(sheet: Sheet) -> Sheet:
    return replace(sheet, facts=replace(sheet.facts, notes=0, coloured_columns=[]))


def _without_column(sheet: Sheet) -> Sheet:
    ours = our_places(sheet)
    if not ours:
        return sheet
    broken = {row for row, _column in broken_cells(sheet)}
    rows = (Row(row.number, _cells(row.cells, ours)) for row in sheet.rows)
    return replace(sheet, rows=[row for row in rows if row.cells or row.number in broken])


def our_places(sheet: Sheet) -> frozenset[int]:
    """The columns of ours in a sheet; 0 is A."""
    first = (row for row in sheet.rows[:HEADING_ROWS] if row.number <= HEADING_ROWS)
    return frozenset(place for row in first for place, cell in enumerate(row.cells) if is_heading(cell))


def _cells(cells: tuple[Cell, ...], ours: frozenset[int]) -> tuple[Cell, ...]:
    kept = [None if place in ours else cell for place, cell in enumerate(cells)]
    while kept and kept[-1] is None:
        kept.pop()
    return tuple(kept)
