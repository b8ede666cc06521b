"""Columns of which some cells are coloured and others not: such a colour may say what no cell does (S59)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from framework.ground.sheets.tally import column_number

_MOST_ROWS = 2_000
"""So many rows of a sheet are looked at: what a colour means shows in the first ones."""
_MOST_PLAIN_ROWS = 200
"""So many of them without a colour: enough to know the columns that are not coloured from top to bottom."""
_CELL = re.compile(rb'<c r="([A-Z]+)\d+"(?: s="(\d+)")?[^<>]*(?<!/)>(?!</c>)')
_ROW = b"<row"
_LEAST = 2


class Colours:
    """What the fills of one sheet show. `fills` maps styles of cells to their fill, for fills that one sees.

    The first row with several values is taken for the names of the columns, which are often coloured; a row that is
    coloured from end to end is one of a pattern, and a column coloured from top to bottom says the same of every row.
    """

    def __init__(self, fills: Mapping[int, int]) -> None:
        self._fills = fills
        self._left = _MOST_ROWS if fills else 0
        self._plain_left = _MOST_PLAIN_ROWS
        self._has_header = False
        self._seen: set[tuple[int, int]] = set()
        self._as_written: set[tuple[bytes, bytes]] = set()
        self._styled = re.compile(b' s="(?:%s)"' % b"|".join(b"%d" % style for style in fills)) if fills else None

    def is_looking(self) -> bool:
        """Whether further rows are looked at."""
        return self._left > 0

    def scan(self, data: bytes) -> None:
        """Whole rows as plain text; those without a coloured cell are passed over cheaply."""
        if not self.is_looking() or self._styled is None or not self._styled.search(data):
            return
        for row in data.split(_ROW):
            if self._plain_left <= 0 and not self._styled.search(row):
                self._left -= 1
            else:
                cells = _CELL.findall(row)
                if self._tells(len(cells), {int(style or 0) for style in {style for _column, style in cells}}):
                    self._as_written.update(cells)
            if not self.is_looking():
                return

    def row(self, cells: Iterable[tuple[int, int]]) -> None:
        """Column and style of every cell of a row that holds a value."""
        if not self.is_looking():
            return
        found = set(cells)
        if self._plain_left <= 0 and not any(style in self._fills for _column, style in found):
            self._left -= 1
        elif self._tells(len(found), {style for _column, style in found}):
            self._seen |= found

    def _tells(self, cells: int, styles: Iterable[int]) -> bool:
        """Whether a row of so many cells in these styles says anything; it counts as looked at."""
        if cells < _LEAST:
            return False
        if not self._has_header:
            self._has_header = True
            return False
        self._left -= 1
        shown = {self._fills.get(style, 0) for style in styles}
        self._plain_left -= shown == {0}
        return len(shown) > 1 or 0 in shown

    def columns(self) -> list[int]:
        """The columns, from 1, in which a colour may mean something; none where most of them have it, as in a pattern."""
        of_column: dict[int, set[int]] = defaultdict(set)
        written = {(column_number(letters.decode()), int(style or 0)) for letters, style in self._as_written}
        for column, style in self._seen | written:
            of_column[column].add(self._fills.get(style, 0))
        coloured = sorted(column for column, fills in of_column.items() if len(fills) > 1)
        return coloured if 2 * len(coloured) <= max(_LEAST, len(of_column)) else []
