"""A declaration as the cells of its grid: what the saves of two editors are compared in; pure."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from framework.demand.lines import LABELS, QUANTITIES, Line
from framework.demand.rules import DEPARTMENTS_UNSAID
from framework.ground.text import N_
from models.demand import Demand

Place = tuple[str, str, str]
"""Category, tier and country: what makes a row of the grid."""
Value = int | Decimal | str
PER_YEAR = {"firm": "qty_firm", "expected": "qty_expected", "max": "qty_max", "value": "value_expected"}
"""Columns of a contract year beside its certainty, with the fields of a line."""
SUMMED = tuple(PER_YEAR)[:3]
"""Columns of a contract year that departments may say, whose sum then stands there."""
FACTS: Place = ("", "", "")
"""Where the facts of the whole declaration stand, which no row has: note and where last year's quantity comes from."""
COLUMNS = {name: LABELS[attribute] for name, attribute in PER_YEAR.items()} | {
    "certainty": LABELS["certainty"],
    "baseline": LABELS["baseline_qty"],
    "reason": LABELS["not_known_reason"],
    "note": N_("Note for the lead"),
    "baseline_source": N_("Where does last year's quantity come from?"),
}
"""Every column with the label people read."""
HIDDEN = ("current_supplier_end", "delivery_profile", "source_sheet", "source_row")
"""Fields of a line that no cell shows."""
PRESET = "indicative"
"""The certainty of a year where nobody chose one."""


class Cell(NamedTuple):
    """One cell: its row, its column, and its contract year (0: the cell stands once a row)."""

    category: str
    tier: str
    country: str
    column: str
    year: int

    @property
    def place(self) -> Place:
        """The row it stands in."""
        return self[:3]


Cells = dict[Cell, Value]
"""What stands in each cell; a blank cell is not among them. Quantities in pieces, value net in the round's currency."""


def cells_of(lines: Iterable[Line], years: int) -> Cells:
    """The cells that show `lines`, row by row in their order; nobody typed why a sum of departments is not known."""
    found: Cells = {}
    for line in lines:
        place = line.key[:3]
        for column, attribute in PER_YEAR.items():
            _put(found, Cell(*place, column, line.year_no), getattr(line, attribute))
        _put(found, Cell(*place, "certainty", line.year_no), line.certainty)
        _put(found, Cell(*place, "baseline", 0), line.baseline_qty)
        if line.not_known_reason != DEPARTMENTS_UNSAID:
            _put(found, Cell(*place, "reason", 0), line.not_known_reason)
    for cell in [cell for cell in found if cell.column == "reason"]:
        for year in range(1, years + 1):
            found.setdefault(Cell(*cell.place, "certainty", year), PRESET)
    return found


def facts_of(demand: Demand) -> Cells:
    """The facts of the whole declaration as cells."""
    found: Cells = {}
    _put(found, Cell(*FACTS, "note", 0), demand.note)
    _put(found, Cell(*FACTS, "baseline_source", 0), demand.baseline_source)
    return found


def lines_of(cells: Mapping[Cell, Value], years: int, stored: Iterable[Line] = ()) -> list[Line]:
    """The lines that the cells say, rows of `stored` first; what no cell shows is kept from the stored line of the same key."""
    kept: dict[Place, list[Line]] = defaultdict(list)
    for line in stored:
        kept[line.key[:3]].append(line)
    said = dict.fromkeys(cell.place for cell in cells)
    places = [place for place in kept if place in said] + [place for place in said if place not in kept]
    found: list[Line] = []
    for place in places:
        found += with_hidden(_row_of(place, cells, years), kept.get(place, [])) if place != FACTS else []
    return [dataclasses.replace(line, row=number) for number, line in enumerate(found, start=1)]


def with_hidden(lines: list[Line], stored: list[Line]) -> list[Line]:
    """The lines of one row with what the grid does not show, from the stored lines of the same keys."""
    kept = {line.key: line for line in stored}
    shown = next((line for line in stored if line.baseline_qty is not None), None)
    is_shown = shown is None or shown.key in {line.key for line in lines}
    same_baseline = is_shown and _first(lines, "baseline_qty") == _first(stored, "baseline_qty")
    same_reason = _first(lines, "not_known_reason") == _first(stored, "not_known_reason")
    found = []
    for line in lines:
        old = kept.get(line.key)
        if old is not None:
            line = dataclasses.replace(line, **{name: getattr(old, name) for name in HIDDEN})
            if same_baseline and all(x.key in kept for x in lines):
                line = dataclasses.replace(line, baseline_qty=old.baseline_qty)
            if same_reason and line.not_known_reason and old.not_known_reason:
                line = dataclasses.replace(line, not_known_reason=old.not_known_reason)
        found.append(line)
    return found


def _row_of(place: Place, cells: Mapping[Cell, Value], years: int) -> list[Line]:
    baseline, reason = cells.get(Cell(*place, "baseline", 0)), cells.get(Cell(*place, "reason", 0), "")
    found: list[Line] = []
    for year in range(1, years + 1):
        facts: dict[str, Any] = {a: cells.get(Cell(*place, column, year)) for column, a in PER_YEAR.items()}
        if not reason and all(value is None for value in facts.values()):
            continue
        is_known = any(facts[name] is not None for name in QUANTITIES)
        facts["certainty"] = cells.get(Cell(*place, "certainty", year), PRESET)
        facts["not_known_reason"] = "" if is_known else reason
        facts["baseline_qty"] = None if found else baseline
        found.append(Line(*place, year, **facts))
    return found


def _put(cells: Cells, cell: Cell, value: Value | None) -> None:
    """Put a value where none stands yet: of what the lines of a row say in one cell, the first counts."""
    if value is not None and value != "":
        cells.setdefault(cell, value)


def _first(lines: list[Line], name: str) -> object:
    """What the one cell of a row shows of a field that each of its lines holds."""
    return next((value for line in lines if (value := getattr(line, name)) not in (None, "")), None)
