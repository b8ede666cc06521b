"""The grid of a lot: one row per category, tier and country, the contract years side by side; pure, forms in and out."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from framework.demand import rules
from framework.demand.cells import FACTS, PER_YEAR, PRESET, Cell, Place, Value, cells_of, with_hidden
from framework.demand.figures import DecimalSign, decimal_sign, read_money, read_quantity, shown_money
from framework.demand.lines import LABELS, Key, Line, Scope, one_line
from framework.ground.codelists import country_code
from framework.ground.errors import InvalidInput
from framework.ground.issues import Issue
from framework.ground.text import N_

MOST_ROWS = 400
PER_ROW = ("category", "tier", "country", "baseline", "reason")
"""Names of the fields in a form: `<name>-<row>` or `<name>-<row>-<year>`; `certainty-<row>-<year>` beside them."""
_FIELDS = {LABELS[attribute]: name for name, attribute in PER_YEAR.items()} | {
    LABELS["category"]: "category",
    LABELS["spec_tier"]: "tier",
    LABELS["delivery_country"]: "country",
    LABELS["certainty"]: "certainty",
    LABELS["baseline_qty"]: "baseline",
    LABELS["not_known_reason"]: "reason",
}

Signs = dict[tuple[str, int], DecimalSign]
"""The decimal sign of each column, by field and contract year; year 0 for what stands once a row."""


@dataclass(slots=True)
class GridRow:
    """One row as it is shown or was typed: texts by field, and by field and year."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    years: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether nothing that counts was typed: a tier, country or certainty alone is the row's preset."""
        typed = any(self.cells.get(name, "") for name in ("category", "baseline", "reason"))
        return not typed and not any(y.get(name, "") for y in self.years.values() for name in PER_YEAR)

    @property
    def empty_years(self) -> list[int]:
        """The contract years without a figure, where the row says something at all."""
        if self.is_blank:
            return []
        return [year for year, cells in sorted(self.years.items()) if not any(cells.get(name, "") for name in PER_YEAR)]


def rows_of(lines: Iterable[Line], scope: Scope, sign: DecimalSign = DecimalSign.POINT) -> list[GridRow]:
    """The grid that shows `lines`, in their order; `sign` is how the reader writes decimals."""
    return rows_of_cells(cells_of(lines, scope.years), scope, sign)


def rows_of_cells(cells: Mapping[Cell, Value], scope: Scope, sign: DecimalSign = DecimalSign.POINT) -> list[GridRow]:
    """The grid that shows `cells`, row by row in their order."""
    rows: dict[Place, GridRow] = {}
    for cell, value in cells.items():
        if cell.place == FACTS:
            continue
        if cell.place not in rows:
            rows[cell.place] = _row(len(rows) + 1, cell.place, scope)
        row = rows[cell.place]
        (row.years[cell.year] if cell.year else row.cells)[cell.column] = shown(value, sign)
    return list(rows.values())


def fields_of(cells: Iterable[Cell]) -> dict[Cell, str]:
    """The field of the form that each of `cells` has on the page that `rows_of_cells` makes of them."""
    numbers: dict[Place, int] = {}
    found = {}
    for cell in cells:
        if cell.place == FACTS:
            found[cell] = cell.column.replace("_", "-")
            continue
        number = numbers.setdefault(cell.place, len(numbers) + 1)
        found[cell] = f"{cell.column}-{number}-{cell.year}" if cell.year else f"{cell.column}-{number}"
    return found


def blank_row(number: int, scope: Scope, *, country: str = "") -> GridRow:
    """An empty row; what can only be one thing is filled in."""
    cells = {"category": "", "tier": scope.tiers[0] if len(scope.tiers) == 1 else "", "country": country}
    years = {year: dict.fromkeys(PER_YEAR, "") | {"certainty": PRESET} for year in range(1, scope.years + 1)}
    return GridRow(number, cells | {"baseline": "", "reason": ""}, years)


def rows_of_form(form: Mapping[str, str], scope: Scope) -> list[GridRow]:
    """The rows as typed, blank ones included; `rows` says how many were on the page.

    Raises InvalidInput above MOST_ROWS: no row is left out in silence.
    """
    said = form.get("rows", "0")
    count = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    if count > MOST_ROWS:
        message = N_("This page has %(rows)s rows; it can take %(limit)s. Use the workbook for more.")
        raise InvalidInput("too-many-rows", message, rows=count, limit=MOST_ROWS)
    return [_typed_row(number, form, scope) for number in range(1, count + 1)]


def read(
    rows: Iterable[GridRow],
    scope: Scope,
    *,
    stored: Iterable[Line] = (),
    sign: DecimalSign = DecimalSign.POINT,
    summed: Collection[Key] = (),
) -> tuple[list[Line], list[Issue]]:
    """The lines of a grid and everything that is wrong with it, at once.

    Decimals are read as each column writes them; `sign`, the reader's own, decides where a column does not show it.
    `stored` are the lines the grid was made of: what it does not show (delivery profile, end of
    the present contract, where a line came from) is kept from the line of the same key.
    `summed` are the lines that departments say: they may stand without quantities.
    """
    filled = [row for row in rows if not row.is_blank]
    signs = _signs(filled, sign)
    issues: list[Issue] = []
    by_place: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in stored:
        by_place[line.key[:3]].append(line)
    lines: list[Line] = []
    for row in filled:
        found = _lines_of(row, signs, scope, issues, summed)
        lines += with_hidden(found, by_place[found[0].key[:3]]) if found else []
    broken = {(found.row, found.params.get("year")) for found in issues}
    issues += [i for i in rules.check(lines, scope) if (i.row, i.params.get("year")) not in broken]
    return lines, issues


def field_of(found: Issue) -> str:
    """The field of the form that an issue of `read` is about; the category where it is about the whole row."""
    name = _FIELDS.get(found.column, "category")
    return f"{name}-{found.row}" if name in PER_ROW else f"{name}-{found.row}-{found.params.get('year') or 1}"


def _row(number: int, place: Place, scope: Scope) -> GridRow:
    row = blank_row(number, scope)
    row.cells |= dict(zip(("category", "tier", "country"), place, strict=True))
    return row


def _typed_row(number: int, form: Mapping[str, str], scope: Scope) -> GridRow:
    cells = {name: one_line(form.get(f"{name}-{number}", "")) for name in PER_ROW}
    names = (*PER_YEAR, "certainty")
    years = {
        year: {name: one_line(form.get(f"{name}-{number}-{year}", "")) for name in names}
        for year in range(1, scope.years + 1)
    }
    return GridRow(number, cells, years)


def _signs(rows: Iterable[GridRow], reader: DecimalSign) -> Signs:
    """How each column writes decimals; where a column of money does not show it, as its reader does."""
    columns: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row in rows:
        columns["baseline", 0].append(row.cells.get("baseline", ""))
        for year, cells in row.years.items():
            for name in PER_YEAR:
                columns[name, year].append(cells.get(name, ""))
    return {
        place: decimal_sign(texts, reader if place[0] == "value" else DecimalSign.UNCLEAR)
        for place, texts in columns.items()
    }


def _lines_of(row: GridRow, signs: Signs, scope: Scope, issues: list[Issue], summed: Collection[Key]) -> list[Line]:
    place = (row.cells["category"], row.cells["tier"], country(row.cells["country"]))
    baseline = _quantity(row.cells["baseline"], "baseline_qty", row.number, signs["baseline", 0], issues)
    reason = row.cells["reason"]
    found = []
    for year, cells in sorted(row.years.items()):
        typed = any(cells.get(name, "") for name in PER_YEAR)
        is_summed = (*place, year) in summed
        if not typed and not reason and not is_summed:
            continue
        firm, expected, most = (
            _quantity(cells[name], PER_YEAR[name], row.number, signs[name, year], issues, year)
            for name in ("firm", "expected", "max")
        )
        value = _money(cells["value"], row.number, signs["value", year], scope, issues, year)
        is_known = any(cells[name] for name in ("firm", "expected", "max"))
        unknown = "" if is_known else rules.DEPARTMENTS_UNSAID if is_summed else reason
        certainty = cells["certainty"] or PRESET
        found.append(
            Line(*place, year, firm, expected, most, value, certainty, not_known_reason=unknown, row=row.number)
        )
    if not found:
        issues.append(rules.issue("quantity-missing", row.number, "qty_expected"))
    return [dataclasses.replace(line, baseline_qty=baseline) if i == 0 else line for i, line in enumerate(found)]


def country(text: str) -> str:
    """The code of a country that was typed by its name or code; what is neither stays."""
    return country_code(text).code or text


def _quantity(
    text: str, name: str, row: int, sign: DecimalSign, issues: list[Issue], year: int | None = None
) -> int | None:
    found = read_quantity(text, sign)
    if found.cause:
        issues.append(rules.issue(found.cause, row, name, text, year=year))
    return None if found.value is None else int(found.value)


def _money(text: str, row: int, sign: DecimalSign, scope: Scope, issues: list[Issue], year: int) -> Decimal | None:
    found = read_money(text, sign, currency=scope.currency)
    if found.cause:
        issues.append(rules.issue(found.cause, row, "value_expected", text, year=year))
    return found.value


def shown(value: Value | None, sign: DecimalSign) -> str:
    """A value as its field holds it; unknown is blank."""
    if value is None:
        return ""
    return shown_money(value, sign) if isinstance(value, Decimal) else str(value)
