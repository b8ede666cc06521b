"""What looks like a slip in a member's own grid: shown with its reason, never applied, put aside by a person. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from framework.demand.cells import Cell
from framework.demand.lines import Line
from framework.ground.text import N_

TIMES = 3
"""How many times last year's quantity, or which part of it, is worth a second look."""
MOST_TIMES, MOST_ABOVE = 5, 50
"""A maximum of so many times the expected quantity, and so many pieces above it."""
MANY = 50
"""From so many devices on it is odd that nothing of what goes with them is declared."""
TOGETHER = {"monitor": ("laptop", "desktop"), "keyboard": ("desktop",), "mouse": ("desktop",)}
"""Category to those it is bought with."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to look at. `key` names it with its figures: put aside, it comes back once they change."""

    key: str
    message: str
    params: dict[str, object]
    cell: Cell | None = None


def suggestions(
    lines: Iterable[Line], others: Iterable[Line], categories: Iterable[str], asked: set[str]
) -> list[Suggestion]:
    """What is odd in the lines of a lot. `others` are the member's lines in the other lots of the round,
    `categories` those of this lot and `asked` those of the whole round. Rows are named by their place in the grid."""
    own = list(lines)
    rows = {place: number for number, place in enumerate(dict.fromkeys(line.key[:3] for line in own), start=1)}
    found = [one for line in own for one in (*_against_last_year(line, own, rows), *_maximum(line, rows))]
    return found + _missing([*own, *others], set(categories), asked)


def _against_last_year(line: Line, lines: list[Line], rows: dict[tuple[str, str, str], int]) -> list[Suggestion]:
    """Year 1 of a row against what the row says of last year."""
    place, expected = line.key[:3], line.qty_expected
    baseline = next((one.baseline_qty for one in lines if one.key[:3] == place and one.baseline_qty is not None), None)
    if line.year_no != 1 or expected is None or not baseline:
        return []
    is_more, is_less = expected >= TIMES * baseline, expected * TIMES <= baseline
    if not is_more and not is_less:
        return []
    params = {"row": rows[place], "category": line.category, "new": expected, "old": baseline}
    key = "|".join(("last-year", *place, str(expected), str(baseline)))
    cell = Cell(*place, "expected", 1)
    if is_less:
        return [Suggestion(key, LESS, params, cell)]
    return [Suggestion(key, MORE, params | {"times": _times(expected, baseline)}, cell)]


def _maximum(line: Line, rows: dict[tuple[str, str, str], int]) -> list[Suggestion]:
    expected, most = line.qty_expected, line.qty_max
    if expected is None or most is None or most - expected < MOST_ABOVE or most < MOST_TIMES * max(expected, 1):
        return []
    place = line.key[:3]
    params = {"row": rows[place], "category": line.category, "year": line.year_no, "most": most, "expected": expected}
    key = "|".join(("maximum", *place, str(line.year_no), str(most), str(expected)))
    return [Suggestion(key, FAR, params, Cell(*place, "max", line.year_no))]


def _missing(lines: list[Line], categories: set[str], asked: set[str]) -> list[Suggestion]:
    """Categories of this lot, or beside those of this lot, of which nothing is declared though much of what they go with is."""
    found = []
    for missing, bought_with in TOGETHER.items():
        partners = [one for one in bought_with if one in asked]
        here = missing in categories or categories & set(partners)
        if missing not in asked or not here or any(line.category == missing and line.qty_max for line in lines):
            continue
        for partner in partners:
            expected = max(_by_year(lines, partner).values(), default=0)
            if expected >= MANY:
                params: dict[str, object] = {"category": missing, "partner": partner, "count": expected}
                found.append(Suggestion(f"missing|{missing}|{partner}|{expected}", NONE, params))
                break
    return found


def _by_year(lines: list[Line], category: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for line in lines:
        if line.category == category:
            found[line.year_no] = found.get(line.year_no, 0) + (line.qty_expected or 0)
    return found


def _times(expected: int, baseline: int) -> Decimal:
    """How many times, to one decimal."""
    return (Decimal(expected) / baseline).quantize(Decimal("0.1")).normalize()


MORE = N_("Row %(row)s, %(category)s: %(new)s in year 1 is %(times)s times last year's %(old)s. Is that meant?")
LESS = N_("Row %(row)s, %(category)s: %(new)s in year 1 is a third or less of last year's %(old)s. Is that meant?")
FAR = N_("Row %(row)s, %(category)s, year %(year)s: the maximum of %(most)s is far above the %(expected)s expected. The lot's ceiling is proposed from the maxima. Is that meant?")  # fmt: skip
NONE = N_("You declare no %(category)s, but %(count)s of %(partner)s in a year. Is nothing needed of it?")
