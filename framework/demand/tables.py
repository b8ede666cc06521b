"""Somebody's table as lines of demand: its cells read row by row, put over what is stored, every row accounted for. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from framework.demand import rules, vocabulary
from framework.demand.columns import Choices, Column, Numbered, columns_of, find_header, twins
from framework.demand.figures import DecimalSign, decimal_sign, read_cell
from framework.demand.lines import LABELS, QUANTITIES, Line, Scope, added_up, one_line
from framework.ground.blocks import Table
from framework.ground.codelists import country_code
from framework.ground.errors import FileRefused
from framework.ground.issues import Issue
from framework.ground.reading.dates import date_order, read_date
from framework.ground.text import N_

Note = tuple[str, dict[str, object]]
FIGURES = (*QUANTITIES, "value_expected", "baseline_qty", vocabulary.CHANGE)
_TELLING = (*QUANTITIES, "value_expected", "certainty", "not_known_reason", vocabulary.CHANGE)
_KEPT = tuple(LABELS)[4:]


@dataclass(frozen=True, slots=True)
class Account:
    """Where the rows of a table went: into a line, into the line of another row, totals left out, listed with a reason."""

    rows: int
    taken: int
    added: int
    totals: int
    listed: int

    @property
    def is_exact(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.taken + self.added + self.totals + self.listed


@dataclass(slots=True)
class Understood:
    """What a table says. `lines` may be saved only when `issues` is empty; `notes` say what was converted or left out.

    `sign_needed`: a column of money writes figures such as 1.234 that can be read two ways; the person says which.
    `rows` are the rows below the header, with their own numbers.
    """

    columns: list[Column]
    rows: list[Numbered]
    signs: dict[int, DecimalSign]
    sign_needed: bool
    lines: list[Line] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    account: Account = Account(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a whole table is read: the row of its header, its columns, how they write decimals, whether that must be asked."""

    header: tuple[int, list[str]] | None
    columns: list[Column]
    signs: dict[int, DecimalSign]
    sign_needed: bool


def layout_of(table: Table, scope: Scope, choices: Choices) -> Layout:
    """What the columns of a table are, seen over all its rows."""
    rows = _filled_rows(table)
    header = find_header(rows, scope, choices)
    data = [row for row in rows if header is None or row[0] > header[0]]
    columns = columns_of(header[1] if header is not None else None, data, scope, choices)
    signs, unclear = _signs(columns, data, choices)
    return Layout(header, columns, signs, unclear and choices.sign is None)


def understand(
    table: Table,
    scope: Scope,
    choices: Choices | None = None,
    *,
    stored: Iterable[Line] = (),
    layout: Layout | None = None,
) -> Understood:
    """Read a table as lines of demand, with every issue at its row. Nothing is dropped in silence.

    What the table has no column for stays as it is in the line of the same key in `stored`. `layout` is that of the whole
    where the table is a part of one; then what concerns all its rows is told by whoever has them (`notes_of`).
    Raises FileRefused (`rows-do-not-add-up`) where a row is not accounted for.
    """
    choices = choices or Choices()
    seen = layout or layout_of(table, scope, choices)
    rows = _filled_rows(table)
    data = [row for row in rows if seen.header is None or row[0] > seen.header[0]]
    found = Understood(seen.columns, data, seen.signs, seen.sign_needed)
    _tell_twins(found)
    if _says_something(found):
        for number, cells in data:
            _read_row(found, table, number, cells, scope, choices)
    else:
        found.issues += [rules.issue("no-quantities", number) for number, _cells in data]
    if layout is None:
        _tell_what_was_filled(found, choices, seen.header, rows)
    _settle(found, scope, choices, stored)
    return found


def notes_of(table: Table, layout: Layout, choices: Choices, totals: list[int]) -> list[Note]:
    """What was converted or left out of a table that was read in parts; `totals` are the rows that are sums."""
    found = Understood(layout.columns, [], layout.signs, layout.sign_needed, totals=totals)
    _tell_what_was_filled(found, choices, layout.header, _filled_rows(table))
    return found.notes


def put_over(lines: Iterable[Line], columns: list[Column], stored: Iterable[Line]) -> list[Line]:
    """Lines that were read of a table with these columns; what it has no column for stays as the stored line of the same key has it."""
    before = {line.key: line for line in stored}
    return [_completed(x, before[x.key], _said(columns, x)) if x.key in before else x for x in lines]


def _filled_rows(table: Table) -> list[Numbered]:
    return [(number, cells) for number, cells in table.rows if any(c not in (None, "") for c in cells)]


def _signs(columns: list[Column], data: list[Numbered], choices: Choices) -> tuple[dict[int, DecimalSign], bool]:
    """How each column of figures writes decimals, and whether one of money does not tell; then the person's choice rules."""
    signs, unclear = {}, False
    for column in columns:
        name = column.target.partition(":")[0]
        if name not in FIGURES:
            continue
        cells = (cells[column.index] for _n, cells in data if column.index < len(cells))
        signs[column.index] = decimal_sign(c for c in cells if isinstance(c, str))
        if name == "value_expected" and signs[column.index] is DecimalSign.UNCLEAR:
            unclear = True
            signs[column.index] = choices.sign or DecimalSign.UNCLEAR
    return signs, unclear


def _tell_twins(found: Understood) -> None:
    for target, columns in twins(found.columns).items():
        places = ", ".join(f"{c.header} ({c.index + 1})" for c in columns)
        found.issues.append(
            rules.issue("column-duplicate", None, target.partition(":")[0], places, at=columns[0].index)
        )


def _says_something(found: Understood) -> bool:
    """Whether a column holds what a line is made of; where two claim to, that is asked instead."""
    said = {
        name.partition(":")[0] for c in found.columns for name in (c.target, c.claims if c.ground == "twice" else "")
    }
    return not said.isdisjoint(_TELLING)


def _read_row(found: Understood, table: Table, number: int, cells: list[Any], scope: Scope, choices: Choices) -> None:
    first = next((c for c in cells if c not in (None, "")), "")
    if isinstance(first, str) and vocabulary.is_total(first):
        found.totals.append(number)
        return
    values: dict[str, Any] = {}
    known = len(found.issues)
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
    lines = _lines(values, number, table.sheet, found, scope, choices)
    if not lines and len(found.issues) == known:
        found.issues.append(rules.issue("quantity-missing", number, "qty_expected"))
    found.lines += lines


def _value(found: Understood, column: Column, row: int, cell: Any, scope: Scope, choices: Choices) -> Any:
    """The cell as its column's kind of value; what cannot be read is an issue and no value."""
    name = column.target.partition(":")[0]
    if name in (*QUANTITIES, "baseline_qty", "value_expected"):
        money = name == "value_expected"
        read = read_cell(cell, found.signs[column.index], money=money, currency=scope.currency)
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
    if read.value is None or read.serial:
        found.issues.append(rules.issue("not-a-date", row, column.header or column.target, cell))
        return None
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
    """One line of a row, or one for each contract year its columns name; none where the year is not known."""
    shared = {name: value for name, value in values.items() if ":" not in name}
    if not _is_wide(found.columns):
        year = _year(shared, row, found, scope, choices)
        return [] if year is None else [_line(shared, year, row, sheet, choices)]
    years = sorted({int(target.partition(":")[2]) for target in values if ":" in target})
    if shared.get("not_known_reason") and not years:
        years = list(range(1, scope.years + 1))
    per_year = [
        shared | {n.partition(":")[0]: v for n, v in values.items() if n.endswith(f":{year}")} for year in years
    ]
    lines = [
        _line(facts | ({} if i == 0 else {"baseline_qty": None}), year, row, sheet, choices)
        for i, (year, facts) in enumerate(zip(years, per_year, strict=True))
    ]
    return [replace(x, not_known_reason="") if x.is_known else x for x in lines]


def _is_wide(columns: Iterable[Column]) -> bool:
    """Whether the contract years stand side by side."""
    return any(":" in column.target for column in columns)


def _year(shared: dict[str, Any], row: int, found: Understood, scope: Scope, choices: Choices) -> int | None:
    text = str(shared.get("year_no", "") or choices.defaults.get("year_no", "")).strip()
    digits = text if text.isdecimal() else next(iter(_year_digits(text)), "")
    if digits.isdecimal() and len(digits) < 10:
        return int(digits)
    if text:
        found.issues.append(rules.issue("year-outside", row, "year_no", text, limit=scope.years))
    else:
        found.issues.append(rules.issue("year-missing", row, "year_no"))
    return None


def _year_digits(text: str) -> list[str]:
    target = vocabulary.target_of(text) or ""
    return [target.partition(":")[2]] if ":" in target else []


def _line(facts: dict[str, Any], year: int, row: int, sheet: str, choices: Choices) -> Line:
    defaults = choices.defaults
    return Line(
        category=str(facts.get("category") or defaults.get("category", "")),
        spec_tier=str(facts.get("spec_tier") or defaults.get("spec_tier", "")),
        delivery_country=str(facts.get("delivery_country") or defaults.get("delivery_country", "")),
        year_no=year,
        qty_firm=facts.get("qty_firm"),
        qty_expected=facts.get("qty_expected"),
        qty_max=facts.get("qty_max"),
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


def _settle(found: Understood, scope: Scope, choices: Choices, stored: Iterable[Line]) -> None:
    """Add up, put over the stored lines, check against the rules, and account for every row."""
    made = {line.row for line in found.lines}
    if choices.add_up:
        found.lines = added_up(found.lines)
    before = {line.key: line for line in stored}
    found.lines = [_completed(line, before.get(line.key), _said(found.columns, line)) for line in found.lines]
    found.issues += [_out_of_order(line) for line in found.lines if _keeps_what_does_not_fit(found, line, before)]
    broken = {issue.row for issue in found.issues}
    found.issues += [issue for issue in rules.check(found.lines, scope) if issue.row not in broken]
    found.issues.sort(key=lambda issue: issue.row or 0)
    found.account = _account(found, made)
    if not found.account.is_exact:
        raise FileRefused(
            "rows-do-not-add-up", N_("The rows of this table do not add up, so nothing was read. Tell the operator.")
        )


def _said(columns: Iterable[Column], line: Line) -> set[str]:
    """The fields of a line that the table has a column for, in its contract year."""
    columns = list(columns)
    targets = [column.target.partition(":") for column in columns if column.target]
    said = {name for name, _colon, year in targets if not year or int(year) == line.year_no}
    return said - {"baseline_qty"} if _is_wide(columns) and line.baseline_qty is None else said


def _completed(line: Line, old: Line | None, said: set[str]) -> Line:
    """A line with what its table does not say: from the stored line, else firm 0 and the maximum as expected."""
    if old is not None:
        names = [name for name in _KEPT if name not in said]
        if line.not_known_reason:
            names = [name for name in names if name not in QUANTITIES]
        whole = replace(line, **{name: getattr(old, name) for name in names})
        return replace(whole, not_known_reason="") if whole.is_known and "not_known_reason" not in said else whole
    if line.qty_expected is None:
        return line
    firm = line.qty_firm if "qty_firm" in said else 0
    return replace(line, qty_firm=firm, qty_max=line.qty_max if "qty_max" in said else line.qty_expected)


def _keeps_what_does_not_fit(found: Understood, line: Line, before: dict[Any, Line]) -> bool:
    """Whether a quantity that stays from the stored line is out of order with one that the table gives."""
    known = [value for name in QUANTITIES if (value := getattr(line, name)) is not None]
    return line.key in before and sorted(known) != known and not _said(found.columns, line).issuperset(QUANTITIES)


def _out_of_order(line: Line) -> Issue:
    facts = {"firm": line.qty_firm, "maximum": line.qty_max}
    return rules.issue("kept-order", line.row, "qty_expected", line.qty_expected, year=line.year_no, **facts)


def _account(found: Understood, made: set[int | None]) -> Account:
    listed = {issue.row for issue in found.issues if issue.row is not None}
    taken = {line.row for line in found.lines} - listed
    added = made - taken - listed
    return Account(len(found.rows), len(taken), len(added), len(found.totals), len(listed))


def _tell_what_was_filled(
    found: Understood, choices: Choices, header: tuple[int, list[str]] | None, rows: list[Numbered]
) -> None:
    have = {c.target.partition(":")[0] for c in found.columns}
    if header is not None and rows[0][0] < header[0]:
        message = N_("The header was found at row %(row)s; what stands above it was not read.")
        found.notes.append((message, {"row": header[0]}))
    if found.totals:
        message = N_("Left out, because they are totals: rows %(rows)s.")
        found.notes.append((message, {"rows": [str(number) for number in found.totals]}))
    _tell_columns(found, have, choices)
    if any(c.ground == "order" for c in found.columns):
        names = [c.header for c in found.columns if c.ground == "order"]
        message = N_(
            "Calendar years were taken as contract years in their order: %(columns)s. Change it below if that is wrong."
        )
        found.notes.append((message, {"columns": names}))
    if _has_grouped(found):
        message = N_(
            "Quantities such as 1.234 or 1,234 were read as one thousand two hundred and thirty-four: pieces are whole."
        )
        found.notes.append((message, {}))
    unused = [c.header or str(c.index + 1) for c in found.columns if not c.target and c.samples and c.ground != "twice"]
    if unused:
        found.notes.append((N_("Columns that were not used: %(columns)s."), {"columns": unused}))


def _tell_columns(found: Understood, have: set[str], choices: Choices) -> None:
    """Fields without a column: what new lines get, and what was taken for every row."""
    if "qty_expected" in have and not {"qty_firm", "qty_max"} <= have:
        lacking = [LABELS[name] for name in ("qty_firm", "qty_max") if name not in have]
        message = N_(
            "There is no column for: %(columns)s. Lines you have keep theirs; in new lines firm is 0 and the maximum is the expected quantity."
        )
        found.notes.append((message, {"columns": lacking}))
    for name in ("category", "spec_tier", "delivery_country", "year_no"):
        is_said = name in have or (name == "year_no" and _is_wide(found.columns))
        if not is_said and choices.defaults.get(name):
            message = N_("There is no column for %(column)s; %(value)s was taken for every row.")
            found.notes.append((message, {"column": LABELS[name], "value": choices.defaults[name]}))


def _has_grouped(found: Understood) -> bool:
    """Whether a column of quantities writes figures that another column might mean as decimals."""
    quantities = [c.index for c in found.columns if c.target.partition(":")[0] in (*QUANTITIES, "baseline_qty")]
    return any(found.signs[index] is DecimalSign.UNCLEAR for index in quantities)
