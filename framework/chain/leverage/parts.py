"""Pure arithmetic of leverage: parts of a whole, exact; whole pieces that add up to the whole."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from framework.chain import shares

K = TypeVar("K", bound=Hashable)


def site_parts(links: Sequence[tuple[K, Decimal | None]]) -> tuple[dict[K, Fraction], Fraction, bool]:
    """Which part of a component comes from each place, which part is not told, and whether a part is assumed.

    Links to one place are added.
    """
    parts, assumed = shares.of_places([share for _place, share in links])
    found: dict[K, Fraction] = {}
    for (place, _share), part in zip(links, parts, strict=True):
        found[place] = found.get(place, Fraction(0)) + part
    return found, 1 - sum(parts, Fraction(0)) if links else Fraction(0), assumed


def apportion(
    weights: Sequence[int] | Sequence[Fraction], total: int, *, most: Sequence[int] | None = None
) -> list[int]:
    """Divide a whole number in proportion to the weights, so that the parts add up to it: largest remainder.

    Equal remainders go to the first. `most` limits each part; together they leave room. All zero without weights.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [divmod(weight * total, whole) for weight in weights]
    found = [int(share) for share, _rest in shares]
    order = sorted((i for i, weight in enumerate(weights) if weight), key=lambda i: (-shares[i][1], i))
    left = total - sum(found)
    while left:
        free = [i for i in order if most is None or found[i] < most[i]][:left]
        if not free:
            raise ValueError("no room for the whole")
        for i in free:
            found[i] += 1
        left -= len(free)
    return found


def fitted(
    cells: Mapping[tuple[int, int], int], rows: Sequence[int], columns: Sequence[int]
) -> dict[tuple[int, int], int]:
    """Whole numbers near `cells` (in proportion) whose sums are exactly those of the rows and of the columns given.

    What the picture of flows shows adds up to its tables in both directions. Sums of rows and of columns are equal.
    """
    scale, total = sum(cells.values()), sum(rows)
    if not scale:
        return {}
    rest = {cell: value * total % scale for cell, value in cells.items()}
    found = {cell: value * total // scale for cell, value in cells.items()}
    want_row, want_column = list(rows), list(columns)
    for (row, column), value in found.items():
        want_row[row] -= value
        want_column[column] -= value
    _take_back(found, want_row, want_column, axis=0)
    _take_back(found, want_row, want_column, axis=1)
    for cell in sorted(rest, key=lambda c: (-rest[c], c)):
        _add_one(cell, found, want_row, want_column)
    for row in range(len(rows)):
        while want_row[row] > 0 and _along(row, cells, found, want_row, want_column):
            pass
    return _forced(found, want_row, want_column)


def _take_back(found: dict[tuple[int, int], int], rows: list[int], columns: list[int], *, axis: int) -> None:
    """Take pieces out of the largest cells of a row (0) or column (1) that holds more than it wants."""
    wants = (rows, columns)[axis]
    for number, wanted in enumerate(wants):
        for _piece in range(-wanted):
            cell = max((c for c in found if c[axis] == number), key=lambda c: (found[c], c))
            found[cell] -= 1
            rows[cell[0]] += 1
            columns[cell[1]] += 1


def _add_one(cell: tuple[int, int], found: dict[tuple[int, int], int], rows: list[int], columns: list[int]) -> None:
    if rows[cell[0]] > 0 and columns[cell[1]] > 0:
        found[cell] += 1
        rows[cell[0]] -= 1
        columns[cell[1]] -= 1


def _along(
    start: int,
    cells: Mapping[tuple[int, int], int],
    found: dict[tuple[int, int], int],
    rows: list[int],
    columns: list[int],
) -> bool:
    """Move one piece along a chain of cells from a row that wants one to a column that wants one."""
    came: dict[tuple[str, int], tuple[int, int] | None] = {("row", start): None}
    queue: list[tuple[str, int]] = [("row", start)]
    for kind, number in queue:
        if kind == "column" and columns[number] > 0:
            rows[start] -= 1
            columns[number] -= 1
            _shift(("column", number), came, found)
            return True
        for cell in cells:
            here, there = (cell[0], ("column", cell[1])) if kind == "row" else (cell[1], ("row", cell[0]))
            if here == number and there not in came and (kind == "row" or found[cell] > 0):
                came[there] = cell
                queue.append(there)
    return False


def _shift(
    end: tuple[str, int], came: dict[tuple[str, int], tuple[int, int] | None], found: dict[tuple[int, int], int]
) -> None:
    step: tuple[str, int] = end
    while (cell := came[step]) is not None:
        found[cell] += 1 if step[0] == "column" else -1
        step = ("row", cell[0]) if step[0] == "column" else ("column", cell[1])


def _forced(found: dict[tuple[int, int], int], rows: list[int], columns: list[int]) -> dict[tuple[int, int], int]:
    """What no chain could place goes where row and column want it: a new thin flow rather than a wrong sum."""
    for row, _wanted in enumerate(rows):
        for column, _free in enumerate(columns):
            piece = min(rows[row], columns[column])
            if piece > 0:
                found[row, column] = found.get((row, column), 0) + piece
                rows[row] -= piece
                columns[column] -= piece
    return {cell: value for cell, value in found.items() if value}
