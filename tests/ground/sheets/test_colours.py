"""Colours behind cells: told where some cells of a column have one and others not; never for names, rows and columns as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from framework.ground.sheets import colours
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here

RED, BLUE, WHITE = "#FF0000", "#DDEEFF", "#FFFFFF"
ROWS, COLUMNS = 30, 5


def coloured(path: Path, colour_of: Any, *, plain: bool = True) -> list[int]:
    """The columns told of a sheet whose cells have the colours that `colour_of(row, column)` says."""
    book = xlsxwriter.Workbook(path, {} if plain else {"constant_memory": True})
    sheet = book.add_worksheet()
    formats = {colour: book.add_format({"bg_color": colour}) for colour in (RED, BLUE, WHITE)}
    for row in range(ROWS):
        for column in range(COLUMNS):
            colour = colour_of(row, column)
            sheet.write(row, column, f"{row} {column}", formats.get(colour))
    book.close()
    found = [read_here(path, Limits(), walk_only=walk) for walk in (False, True)]
    told = [book.sheets[0].facts.coloured_columns for book in found]
    assert told[0] == told[1]
    return told[0]


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("colour_of", "columns"),
    [
        (lambda row, column: RED if column == 3 and row in (4, 9) else None, [4]),
        (lambda row, column: (RED if row % 3 else BLUE) if column == 1 and row else None, [2]),
        (lambda row, column: RED if (row, column) == (29, 0) else None, [1]),
        (lambda row, column: BLUE if row == 0 else None, []),
        (lambda row, column: BLUE if row == 0 and column < 2 else None, []),
        (lambda row, column: BLUE if row % 2 else None, []),
        (lambda row, column: BLUE if row % 2 and column < 4 else None, []),
        (lambda row, column: BLUE if column == 2 else None, []),
        (lambda row, column: WHITE if column == 2 and row in (3, 4) else None, []),
        (lambda row, column: None, []),
    ],
    ids=["some", "two", "one", "names", "some names", "bands", "bands in part", "a column", "white", "none"],
)
def test_a_colour_is_told_where_it_may_mean_something(tmp_path: Path, colour_of: Any, columns: list[int], plain: bool):
    assert coloured(tmp_path / "x.xlsx", colour_of, plain=plain) == columns


def test_rows_without_a_colour_are_passed_over_once_enough_of_them_were_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(colours, "_MOST_PLAIN_ROWS", 3)

    def colour_of(row: int, column: int) -> str | None:
        return RED if (row, column) in ((12, 1), (29, 4)) else None

    assert coloured(tmp_path / "x.xlsx", colour_of) == [2, 5]
