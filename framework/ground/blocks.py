"""The cells of somebody's table, without meaning: a pasted block split, a sheet of a file taken; nothing is cut off."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

from framework.ground.errors import InvalidInput
from framework.ground.formula_text import restored
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Sheet
from framework.ground.text import N_

MOST_ROWS = 20_000
_BETWEEN_CELLS = re.compile(r",(?=[^\d\s-])")
"""A comma that no figure contains: one with a word, a quote or another comma behind it."""

_QUOTED = re.compile(r'"[^"]*"')


@dataclass(slots=True)
class Table:
    """Rows of cells with their own numbers; `refused` are cells that hold no value, by (row number, column index)."""

    rows: list[tuple[int, list[Any]]]
    sheet: str = ""
    refused: dict[tuple[int, int], str] = field(default_factory=dict)


def split_block(text: str) -> Table:
    """The cells of a pasted block: tabs, else semicolons, else commas; quoted cells as spreadsheets write them.

    The apostrophe that our own CSV files have before a text that would run as a formula is taken away again.
    Raises InvalidInput where it has more rows than MOST_ROWS.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").rstrip("\n")
    delimiter = _delimiter(lines)
    if lines.count('"') % 2:
        cells = [line.split(delimiter) for line in lines.split("\n")]
    else:
        cells = list(csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter))
    _require_few(len(cells))
    return Table([(number, [restored(c).strip() for c in row]) for number, row in enumerate(cells, start=1)])


def table_of(sheet: Sheet, *, most: int = MOST_ROWS) -> Table:
    """The table of one sheet of a file as read; broken and percent cells are marked, never read as numbers.

    Raises InvalidInput where it has more rows than `most`.
    """
    _require_few(len(sheet.rows), most)
    rows = [(row.number, [_trimmed(c) for c in row.cells]) for row in sheet.rows]
    refused = {(row, column - 1): "cell-error" for row, column in broken_cells(sheet)}
    refused |= {(row, column - 1): "percent" for row, column in sheet.facts.percent_cells}
    return Table(rows, sheet.name, refused)


def best_sheet(book: Book) -> Sheet | None:
    """The visible sheet with most cells: hidden look-up lists are not data."""
    visible = [sheet for sheet in book.sheets if sheet.visible and sheet.rows]
    return max(visible, key=lambda sheet: sum(len(row.cells) for row in sheet.rows), default=None)


def _require_few(rows: int, most: int = MOST_ROWS) -> None:
    if rows > most:
        message = N_("This table has %(rows)s rows; at most %(limit)s are read at once. Send it in parts.")
        raise InvalidInput("too-many-rows", message, rows=rows, limit=most)


def _delimiter(text: str) -> str:
    if "\t" in text:
        return "\t"
    first = _QUOTED.sub('""', text.split("\n", 1)[0])
    if ";" not in first and _BETWEEN_CELLS.search(first):
        return ","
    return ";" if ";" in text else "\t"


def _trimmed(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell
