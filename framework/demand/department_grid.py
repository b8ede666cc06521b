"""The figures of one department as rows of a form, one a line of the declaration; pure, forms in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from framework.demand import department_figures, grid, rules
from framework.demand.cells import PER_YEAR
from framework.demand.department_figures import Figure
from framework.demand.figures import DecimalSign, decimal_sign, read_quantity
from framework.demand.lines import LABELS, Key, Scope, one_line
from framework.ground.errors import InvalidInput
from framework.ground.issues import Issue
from framework.ground.text import N_, storable

FIELDS = ("category", "tier", "country", "year", "firm", "expected", "max", "note")
"""Names of the fields in a form: `<name>-<row>`."""
QUANTITY_FIELDS = ("firm", "expected", "max")
MOST_ROWS = 400
OFFERED = 60
"""Lines that are laid out before anybody named them, at most; where a lot allows more, rows are chosen."""
_FIELD_OF = {LABELS[PER_YEAR[name]]: name for name in QUANTITY_FIELDS} | {
    LABELS["category"]: "category",
    LABELS["spec_tier"]: "tier",
    LABELS["delivery_country"]: "country",
    LABELS["year_no"]: "year",
    "note": "note",
}


@dataclass(slots=True)
class FigureRow:
    """One row as it is shown or was typed, texts by field; `is_given`: its line stands, only its figures are typed."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    is_given: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether no figure and no note was typed."""
        return not any(self.cells.get(name) for name in (*QUANTITY_FIELDS, "note"))

    @property
    def key(self) -> Key:
        """The line that it is about, as typed; year 0 where none was typed."""
        year = self.cells["year"]
        number = int(year) if year.isascii() and year.isdigit() and len(year) < 4 else 0
        return (self.cells["category"], self.cells["tier"], grid.country(self.cells["country"]), number)


def offered(declared: Iterable[Key], figures: Iterable[Figure], scope: Scope, country: str) -> list[Key]:
    """The lines to lay out: what is declared or said by any department, and all the lot allows in `country` where that is not much."""
    tiers = scope.tiers or ("",)
    allowed = [(c, t, country, year) for c in scope.categories for t in tiers for year in range(1, scope.years + 1)]
    found = {*declared, *(one.key for one in figures)} | (set(allowed) if len(allowed) <= OFFERED else set())
    order = {name: place for place, name in enumerate((*scope.categories, *scope.tiers))}
    return sorted(found, key=lambda key: (order.get(key[0], 99), order.get(key[1], 99), *key))


def rows_of(figures: Iterable[Figure], keys: Iterable[Key]) -> list[FigureRow]:
    """The rows that show the figures of a department, one for each of `keys`."""
    said = {one.key: one for one in figures}
    return [_row(number, key, said.get(key)) for number, key in enumerate(keys, start=1)]


def blank_row(number: int, scope: Scope, *, country: str) -> FigureRow:
    """An empty row whose line is to be chosen; what can only be one thing is filled in."""
    cells = dict.fromkeys(FIELDS, "")
    cells |= {"country": country, "tier": scope.tiers[0] if len(scope.tiers) == 1 else ""}
    return FigureRow(number, cells | {"category": scope.categories[0] if len(scope.categories) == 1 else ""})


def rows_of_form(form: Mapping[str, str], keys: Iterable[Key]) -> list[FigureRow]:
    """The rows as typed; `rows` says how many were on the page. Raises InvalidInput where it does not, and above MOST_ROWS."""
    said = form.get("rows", "")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        message = N_("The page did not say how many rows it has, so nothing was saved. Load it again.")
        raise InvalidInput("rows-missing", message)
    count = int(said)
    if count > MOST_ROWS:
        message = N_("This page has %(rows)s rows; it can take %(limit)s. Use the workbook for more.")
        raise InvalidInput("too-many-rows", message, rows=count, limit=MOST_ROWS)
    given = set(keys)
    rows = [
        FigureRow(number, {name: one_line(storable(form.get(f"{name}-{number}", ""))) for name in FIELDS})
        for number in range(1, count + 1)
    ]
    for row in rows:
        row.is_given = row.key in given
    return rows


def read(rows: Iterable[FigureRow], department_id: int, scope: Scope) -> tuple[list[Figure], list[Issue]]:
    """The figures of a department and everything that is wrong with them, at once; rows without figure or note are none."""
    filled = [row for row in rows if not row.is_blank]
    signs = {name: decimal_sign(row.cells[name] for row in filled) for name in QUANTITY_FIELDS}
    issues: list[Issue] = []
    figures = [_figure(row, department_id, signs, issues) for row in filled]
    broken = {found.row for found in issues}
    issues += [found for found in department_figures.check(figures, scope) if found.row not in broken]
    return figures, issues


def field_of(found: Issue) -> str:
    """The field of the form that an issue of `read` is about; the first quantity where it is about the whole row."""
    return f"{_FIELD_OF.get(found.column, 'firm')}-{found.row}"


def _row(number: int, key: Key, figure: Figure | None) -> FigureRow:
    cells = dict(zip(FIELDS, (key[0], key[1], key[2], str(key[3]), "", "", "", ""), strict=True))
    if figure is not None:
        cells |= {n: "" if v is None else str(v) for n, v in zip(QUANTITY_FIELDS, figure.quantities, strict=True)}
        cells["note"] = figure.note
    return FigureRow(number, cells, is_given=True)


def _figure(row: FigureRow, department_id: int, signs: Mapping[str, DecimalSign], issues: list[Issue]) -> Figure:
    values: dict[str, int | None] = {}
    for name in QUANTITY_FIELDS:
        found = read_quantity(row.cells[name], signs[name])
        if found.cause:
            issues.append(rules.issue(found.cause, row.number, PER_YEAR[name], row.cells[name]))
        values[name] = None if found.value is None else int(found.value)
    if not row.key[3]:
        issues.append(rules.issue("year-missing", row.number, "year_no"))
    firm, expected, most = (values[name] for name in QUANTITY_FIELDS)
    return Figure(department_id, *row.key, firm, expected, most, row.cells["note"], row.number)
