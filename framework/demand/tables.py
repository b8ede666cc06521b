"""Somebody's table as lines of demand: split a pasted block, find its header, map its columns, read its cells. Pure."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from framework.demand import rules, vocabulary
from framework.demand.figures import DecimalSign, decimal_sign, read_cell, read_quantity
from framework.demand.lines import LABELS, QUANTITIES, Line, Scope, one_line
from framework.ground.codelists import country_code
from framework.ground.issues import Issue
from framework.ground.reading.dates import date_order, read_date
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Sheet
from framework.ground.text import N_

Note = tuple[str, dict[str, object]]
FIGURES = (*QUANTITIES, "value_expected", "baseline_qty", vocabulary.CHANGE)
SAMPLES = 3
MOST_ROWS = 20_000
_HEADER_WITHIN = 15


@dataclass(slots=True)
class Table:
    """Rows of cells with their own numbers; `refused` are cells that hold no value, by (row number, column index)."""

    rows: list[tuple[int, list[Any]]]
    sheet: str = ""
    refused: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as understood: their header, samples, what we take it for, and why (header, values, chosen, blank)."""

    index: int
    header: str
    samples: tuple[str, ...]
    target: str
    ground: str


@dataclass(slots=True)
class Understood:
    """What a table says. `lines` may be saved only when `issues` is empty; `notes` say what was converted or left out.

    `sign_needed`: the block writes figures such as 1.234 that can be read two ways; the person says which.
    """

    columns: list[Column]
    lines: list[Line]
    issues: list[Issue]
    notes: list[Note]
    sign: DecimalSign = DecimalSign.POINT
    sign_needed: bool = False
    rows_read: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose in the preview: columns by index, values where no column says them, and how to read.

    `words` are translated labels (compared form → key) that count beside our own synonyms.
    """

    targets: Mapping[int, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    sign: DecimalSign | None = None
    add_up: bool = False
    words: Mapping[str, str] = field(default_factory=dict)


def split_block(text: str) -> Table:
    """The cells of a pasted block: tabs, else semicolons, else commas; quoted cells as spreadsheets write them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").rstrip("\n")
    delimiter = _delimiter(lines)
    if lines.count('"') % 2:
        cells = [line.split(delimiter) for line in lines.split("\n")]
    else:
        cells = list(csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter))
    return Table([(number, [c.strip() for c in row]) for number, row in enumerate(cells, start=1)][:MOST_ROWS])


def table_of(sheet: Sheet) -> Table:
    """The table of one sheet of a file as read; broken and percent cells are marked, never read as numbers."""
    rows = [(row.number, [_trimmed(c) for c in row.cells]) for row in sheet.rows[:MOST_ROWS]]
    refused = {(row, column - 1): "cell-error" for row, column in broken_cells(sheet)}
    refused |= {(row, column - 1): "percent" for row, column in sheet.facts.percent_cells}
    return Table(rows, sheet.name, refused)


def best_sheet(book: Book) -> Sheet | None:
    """The visible sheet with most cells: hidden look-up lists are not data."""
    visible = [sheet for sheet in book.sheets if sheet.visible and sheet.rows]
    return max(visible, key=lambda sheet: sum(len(row.cells) for row in sheet.rows), default=None)


def understand(table: Table, scope: Scope, choices: Choices | None = None) -> Understood:
    """Read a table as lines of demand, with every issue at its row. Nothing is dropped in silence."""
    choices = choices or Choices()
    rows = [(number, cells) for number, cells in table.rows if any(c not in (None, "") for c in cells)]
    header = _header(rows, scope, choices)
    data = [row for row in rows if header is None or row[0] > header[0]]
    columns = _columns(header[1] if header is not None else None, data, scope, choices)
    texts = [str(c) for _n, cells in data for c in _at(cells, columns, FIGURES) if isinstance(c, str)]
    sign = decimal_sign(texts)
    found = Understood(columns, [], [], [], choices.sign or sign, sign is DecimalSign.UNCLEAR and choices.sign is None)
    for number, cells in data:
        _read_row(found, table, number, cells, scope, choices)
    _tell_what_was_filled(found, choices)
    if choices.add_up:
        found.lines = _added_up(found)
    broken = {issue.row for issue in found.issues}
    found.issues += [issue for issue in rules.check(found.lines, scope) if issue.row not in broken]
    found.issues.sort(key=lambda issue: issue.row or 0)
    return found


def _delimiter(text: str) -> str:
    if "\t" in text:
        return "\t"
    first = text.split("\n", 1)[0]
    if ";" in text:
        return ";"
    return "," if first.count(",") and not any(c.isdigit() for c in first) else "\t"


def _trimmed(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell


def _header(rows: list[tuple[int, list[Any]]], scope: Scope, choices: Choices) -> tuple[int, list[str]] | None:
    """The first row that names columns: all words, at least one of them known as a header, none of them a figure."""
    for number, cells in rows[:_HEADER_WITHIN]:
        words = [c for c in cells if c not in (None, "")]
        named = [c for c in words if isinstance(c, str) and vocabulary.target_of(c, choices.words) is not None]
        figures = any(not isinstance(c, str) or read_quantity(c, DecimalSign.POINT).value is not None for c in words)
        if named and not figures and (len(named) > 1 or len(words) > 1):
            return number, [str(c or "") for c in cells]
    return None


def _columns(
    header: list[str] | None, data: list[tuple[int, list[Any]]], scope: Scope, choices: Choices
) -> list[Column]:
    width = max((len(cells) for _n, cells in data), default=0)
    width = max(width, len(header or []))
    by_value = _by_values(data, width, scope, choices) if header is None else {}
    taken: set[str] = set()
    found = []
    for index in range(width):
        name = header[index] if header is not None and index < len(header) else ""
        if index in choices.targets:
            target, ground = choices.targets[index], "chosen"
        else:
            target = (vocabulary.target_of(name, choices.words) if name else by_value.get(index)) or ""
            ground = ("header" if name else "values") if target else ""
        if target in taken and target != vocabulary.CHANGE:
            target, ground = "", ""
        taken.add(target or "-")
        samples = [str(cells[index]) for _n, cells in data if index < len(cells) and cells[index] not in (None, "")]
        found.append(Column(index, name, tuple(samples[:SAMPLES]), target, ground))
    return found


def _by_values(data: list[tuple[int, list[Any]]], width: int, scope: Scope, choices: Choices) -> dict[int, str]:
    """What the columns of a block without header are, from their values; blank where that is not certain."""
    columns = {
        i: [cells[i] for _n, cells in data if i < len(cells) and cells[i] not in (None, "")] for i in range(width)
    }
    tests = {
        "category": lambda t: vocabulary.category_of(t, choices.words) is not None,
        "spec_tier": lambda t: _tier(t, scope) in scope.tiers,
        "certainty": lambda t: vocabulary.certainty_of(t, choices.words) is not None,
        "delivery_country": lambda t: country_code(t).code is not None,
    }
    found: dict[int, str] = {}
    numeric = []
    for index, values in columns.items():
        if values and all(not isinstance(v, str) or _is_figure(v) for v in values):
            numeric.append(index)
            continue
        for target, fits in tests.items():
            if target not in found.values() and values and all(isinstance(v, str) and fits(v) for v in values):
                found[index] = target
                break
    return found | _figure_columns(numeric, columns, scope)


def _is_figure(text: str) -> bool:
    found = read_quantity(text, DecimalSign.POINT)
    return found.value is not None or found.cause in ("not-whole", "unclear", "percent", "approximate", "negative")


def _figure_columns(numeric: list[int], columns: dict[int, list[Any]], scope: Scope) -> dict[int, str]:
    """The usual orders of figures: firm, expected, maximum, with or without the year before and the value after."""
    found: dict[int, str] = {}
    if len(numeric) in (2, 4, 5) and all(
        str(v).strip() in map(str, range(1, scope.years + 1)) for v in columns[numeric[0]]
    ):
        found[numeric[0]] = "year_no"
        numeric = numeric[1:]
    plain = {1: ("qty_expected",), 3: QUANTITIES, 4: (*QUANTITIES, "value_expected")}
    if not found and scope.years > 1:
        plain = {
            1: plain[1],
            scope.years * 3: _for_years(QUANTITIES, scope),
            scope.years * 4: _for_years((*QUANTITIES, "value_expected"), scope),
        }
        if scope.years != 3:
            plain[3] = QUANTITIES
            plain[scope.years] = _for_years(("qty_expected",), scope)
    return found | dict(zip(numeric, plain.get(len(numeric), ()), strict=False))


def _for_years(names: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    return tuple(f"{name}:{year}" for year in range(1, scope.years + 1) for name in names)


def _at(cells: list[Any], columns: Iterable[Column], names: tuple[str, ...]) -> list[Any]:
    wanted = [c.index for c in columns if c.target.partition(":")[0] in names]
    return [cells[index] for index in wanted if index < len(cells)]


def _read_row(found: Understood, table: Table, number: int, cells: list[Any], scope: Scope, choices: Choices) -> None:
    first = next((c for c in cells if c not in (None, "")), "")
    if isinstance(first, str) and vocabulary.is_total(first):
        found.notes.append((N_("Row %(row)s is a total and was left out."), {"row": number}))
        return
    found.rows_read += 1
    values: dict[str, Any] = {}
    for column in found.columns:
        if not column.target:
            continue
        cell = cells[column.index] if column.index < len(cells) else None
        refused = table.refused.get((number, column.index))
        if refused is not None and (refused != "percent" or column.target.partition(":")[0] in FIGURES):
            found.issues.append(rules.issue(refused, number, column.header, cell))
        elif cell not in (None, ""):
            values[column.target] = _value(found, column, number, cell, scope, choices)
    if vocabulary.CHANGE in values and _refuse_change(found, number, values):
        return
    found.lines += _lines(values, number, table.sheet, found, scope, choices)


def _value(found: Understood, column: Column, row: int, cell: Any, scope: Scope, choices: Choices) -> Any:
    """The cell as its column's kind of value; what cannot be read is an issue and no value."""
    name = column.target.partition(":")[0]
    if name in (*QUANTITIES, "baseline_qty", "value_expected"):
        money = name == "value_expected"
        read = read_cell(cell, found.sign, money=money, currency=scope.currency)
        if read.cause:
            found.issues.append(rules.issue(read.cause, row, column.header or name, cell))
        return read.value if money or read.value is None else int(read.value)
    if name == "current_supplier_end":
        return _date(found, column, row, cell)
    text = one_line(str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell))
    if name == "category":
        return vocabulary.category_of(text, choices.words) or text
    if name == "certainty":
        return vocabulary.certainty_of(text, choices.words) or text
    if name == "delivery_country":
        return country_code(text).code or text
    return _tier(text, scope) if name == "spec_tier" else text


def _date(found: Understood, column: Column, row: int, cell: Any) -> dt.date | None:
    read = read_date(cell, date_order(column.samples))
    if read.value is None:
        found.issues.append(rules.issue("not-a-date", row, column.header or column.target, cell))
    return read.value


def _tier(text: str, scope: Scope) -> str:
    return next((tier for tier in scope.tiers if vocabulary.norm(tier) == vocabulary.norm(text)), text)


def _refuse_change(found: Understood, row: int, values: dict[str, Any]) -> bool:
    """A change on top of an earlier total is not taken: the total is asked, never worked out."""
    column = next(c.header for c in found.columns if c.target == vocabulary.CHANGE)
    total = any(values.get(name) is not None for name in QUANTITIES)
    code = "total-and-change" if total else "is-a-change"
    found.issues.append(rules.issue(code, row, column, values[vocabulary.CHANGE]))
    return True


def _lines(
    values: dict[str, Any], row: int, sheet: str, found: Understood, scope: Scope, choices: Choices
) -> list[Line]:
    """One line of a row, or one for each contract year its columns name."""
    years = sorted({int(target.partition(":")[2]) for target in values if ":" in target})
    wide = any(":" in c.target for c in found.columns)
    shared = {name: value for name, value in values.items() if ":" not in name}
    if not wide:
        return [_line(shared, _year(shared, row, found, scope, choices), row, sheet, found, scope, choices)]
    reason = shared.get("not_known_reason", "")
    if reason and not years:
        years = list(range(1, scope.years + 1))
    per_year = [
        shared | {n.partition(":")[0]: v for n, v in values.items() if n.endswith(f":{year}")} for year in years
    ]
    lines = [
        _line(facts | ({} if i == 0 else {"baseline_qty": None}), year, row, sheet, found, scope, choices)
        for i, (year, facts) in enumerate(zip(years, per_year, strict=True))
    ]
    return [replace(x, not_known_reason="") if x.is_known else x for x in lines]


def _year(shared: dict[str, Any], row: int, found: Understood, scope: Scope, choices: Choices) -> int:
    said = shared.get("year_no", "") or choices.defaults.get("year_no", "")
    text = str(said).strip()
    digits = text if text.isdecimal() else next(iter(_year_digits(text)), "")
    if digits.isdecimal() and len(digits) < 10:
        return int(digits)
    found.issues.append(rules.issue("year-outside", row, "year_no", text or "–", limit=scope.years))
    return 1


def _year_digits(text: str) -> list[str]:
    target = vocabulary.target_of(text) or ""
    return [target.partition(":")[2]] if ":" in target else []


def _line(
    facts: dict[str, Any], year: int, row: int, sheet: str, found: Understood, scope: Scope, choices: Choices
) -> Line:
    defaults = choices.defaults
    firm, expected, most = (facts.get(name) for name in QUANTITIES)
    have = {c.target.partition(":")[0] for c in found.columns}
    if expected is not None and "qty_firm" not in have:
        firm = 0
    if expected is not None and "qty_max" not in have:
        most = expected
    return Line(
        category=str(facts.get("category") or defaults.get("category", "")),
        spec_tier=str(facts.get("spec_tier") or defaults.get("spec_tier", "")),
        delivery_country=str(facts.get("delivery_country") or defaults.get("delivery_country", "")),
        year_no=year,
        qty_firm=firm,
        qty_expected=expected,
        qty_max=most,
        value_expected=facts.get("value_expected"),
        certainty=str(facts.get("certainty") or "indicative"),
        baseline_qty=facts.get("baseline_qty"),
        not_known_reason=str(facts.get("not_known_reason") or ""),
        current_supplier_end=facts.get("current_supplier_end"),
        delivery_profile=str(facts.get("delivery_profile") or ""),
        source_sheet=sheet[:100],
        source_row=row,
        row=row,
    )


def _tell_what_was_filled(found: Understood, choices: Choices) -> None:
    have = {c.target.partition(":")[0] for c in found.columns}
    if "qty_expected" in have and not {"qty_firm", "qty_max"} <= have:
        lacking = [LABELS[name] for name in ("qty_firm", "qty_max") if name not in have]
        message = N_("There is no column for: %(columns)s. Firm is taken as 0, the maximum as the expected quantity.")
        found.notes.append((message, {"columns": lacking}))
    for name in ("category", "spec_tier", "delivery_country", "year_no"):
        if (
            name not in have
            and choices.defaults.get(name)
            and (name != "year_no" or not any(":" in c.target for c in found.columns))
        ):
            message = N_("There is no column for %(column)s; %(value)s was taken for every row.")
            found.notes.append((message, {"column": LABELS[name], "value": choices.defaults[name]}))
    unused = [c.header or str(c.index + 1) for c in found.columns if not c.target and c.samples]
    if unused:
        found.notes.append((N_("Columns that were not used: %(columns)s."), {"columns": unused}))


def _added_up(found: Understood) -> list[Line]:
    """Rows that fall on the same line put together; a sum with an unknown part stays unknown."""
    sums: dict[Any, Line] = {}
    for line in found.lines:
        first = sums.get(line.key)
        sums[line.key] = line if first is None else _sum(first, line)
    joined = len(found.lines) - len(sums)
    if joined:
        found.notes.append((N_("%(count)s rows were added to another row of the same line."), {"count": joined}))
    return list(sums.values())


def _sum(one: Line, other: Line) -> Line:
    def total(name: str) -> Any:
        a, b = getattr(one, name), getattr(other, name)
        return None if a is None or b is None else a + b

    value: Decimal | None = total("value_expected")
    quantities = {name: total(name) for name in (*QUANTITIES, "baseline_qty")}
    return replace(one, value_expected=value, **quantities)
