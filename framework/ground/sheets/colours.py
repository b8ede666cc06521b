"""Columns of which some cells are coloured and others not: such a colour may say what no cell does (S59)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby

from framework.ground.sheets.tally import column_number

_MOST_ROWS = 2_000
"""So many rows of a sheet are looked at: what a colour means shows in the first ones."""
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"(?: s="(\d+)")?[^<>]*(?<!/)>(?!</c>)')
_LEAST = 2


class Colours:
    """What the fills of one sheet show. `fills` maps styles of cells to their fill, for fills that one sees.

    The first row with several values is taken for the names of the columns, which are often coloured; a row that is
    coloured from end to end is one of a pattern, and a column coloured from top to bottom says the same of every row.
    """

    def __init__(self, fills: Mapping[int, int]) -> None:
        self._fills = fills
        self._left = _MOST_ROWS if fills else 0
        self._has_header = False
        self._of_column: dict[int, Counter[int]] = defaultdict(Counter)
        self._signs = [b' s="%d"' % style for style in fills]

    def is_looking(self) -> bool:
        """Whether further rows are looked at."""
        return self._left > 0

    def scan(self, data: bytes) -> None:
        """Whole rows as plain text; those without a coloured cell are passed over cheaply."""
        if not self.is_looking() or not any(sign in data for sign in self._signs):
            return
        for _row, cells in groupby(_CELL.finditer(data), key=lambda one: one[2]):
            self.row((column_number(one[1].decode()), int(one[3] or 0)) for one in cells)
            if not self.is_looking():
                return

    def row(self, cells: Iterable[tuple[int, int]]) -> None:
        """Column and style of every cell of a row that holds a value."""
        if not self.is_looking():
            return
        found = [(column, self._fills.get(style, 0)) for column, style in cells]
        if len(found) < _LEAST:
            return
        if not self._has_header:
            self._has_header = True
            return
        self._left -= 1
        shown = {fill for _column, fill in found}
        if len(shown) == 1 and 0 not in shown:
            return
        for column, fill in found:
            self._of_column[column][fill] += 1

    def columns(self) -> list[int]:
        """The columns, from 1, in which a colour may mean something; none where most of them have it, as in a pattern."""
        coloured = sorted(column for column, fills in self._of_column.items() if len(fills) > 1)
        return coloured if 2 * len(coloured) <= max(_LEAST, len(self._of_column)) else []
