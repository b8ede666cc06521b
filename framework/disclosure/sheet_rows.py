"""What the rows of a sheet hold, whatever its columns mean."""

from __future__ import annotations

from collections.abc import Iterable

from framework.disclosure.table import letter
from framework.ground.sheets.cells import Row, Sheet


def columns_beyond(sheet: Sheet) -> list[str]:
    """Letters of the columns with values that lie beyond those we read."""
    limit = sheet.facts.read_columns
    wide = [row.cells for row in sheet.rows if len(row.cells) > limit]
    places = {place for cells in wide for place in range(limit, len(cells)) if cells[place] is not None}
    return [letter(place) for place in sorted(places)]


def has_value(row: Row, places: Iterable[int]) -> bool:
    """Whether a row has a value at one of these places; a row without any cell counts, for its only cells are broken.

    A plain loop, for it looks at every row of large files.
    """
    cells = row.cells
    width = len(cells)
    for place in places:
        if place < width and cells[place] is not None:
            return True
    return not cells
