"""Somebody's table as lines of demand: its cells read row by row, put over what is stored, every row accounted for. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from framework.demand import rules, told, totals, vocabulary, wordings
from framework.demand.columns import EVERY, Choices, Column, Header, Numbered, columns_of, find_header, twins
from framework.demand.figures import DecimalSign, decimal_sign, is_unknown, read_cell
from framework.demand.lines import LABELS, QUANTITIES, Line, Scope, one_line
from framework.demand.understood import Account, Note, Understood
from framework.ground.blocks import Table
from framework.ground.codelists import country_code
from framework.ground.errors import FileRefused
from framework.ground.issues import Issue
from framework.ground.reading.dates import date_order, read_date
from framework.ground.text import N_

FIGURES = (*QUANTITIES, "value_expected", "baseline_qty", vocabulary.CHANGE)
ANSWERED = frozenset(
    "category-unknown category-outside category-missing tier-missing country-missing year-missing no-quantities line-twice sum-not-known column-duplicate unclear".split()
)
"""Issues that an answer on the page mends; only rows with others may be left out without looking at each."""
_TELLING = (*QUANTITIES, "value_expected", "certainty", "not_known_reason", vocabulary.CHANGE)
_KEPT = tuple(LABELS)[4:]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a whole table is read: its header, its columns, how they write decimals, whether that must be asked."""

    header: Header | None
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

    What the table has no column for stays as it is in the line of the same key in `stored`. With `layout` it is a part of
    a larger table that was looked at as a whole: its sums were taken out there, and its notes are told there.
    Raises FileRefused (`rows-do-not-add-up`) where a row is not accounted for.
    """
    choices = choices or Choices()
    found = read_rows(table, scope, choices, layout=layout)
    _settle(found, scope, choices, stored)
    return found


def read_rows(table: Table, scope: Scope, choices: Choices, *, layout: Layout | None = None) -> Understood:
    """Every row by itself, one line or more of each: neither added up, nor put over anything, nor checked by the rules of a line."""
    seen = layout or layout_of(table, scope, choices)
    rows = _filled_rows(table)
    data = [row for row in rows if seen.header is None or row[0] > seen.header[0]]
    found = Understood(seen.columns, data, seen.signs, seen.sign_needed)
    _tell_twins(found)
    if layout is None:
        _set_apart(found, scope, choices)
    sums = set(found.totals)
    if choices.count or _says_something(found):
        for number, cells in data:
            if number not in sums:
                _read_row(found, table, number, cells, scope, choices)
    else:
        found.issues += [rules.issue("no-quantities", number) for number, _c in data if number not in sums]
    if layout is None:
        told.tell(found, choices, seen.header, rows)
    return found


def notes_of(table: Table, layout: Layout, choices: Choices, totals: list[int]) -> list[Note]:
    """What was converted or left out of a table that was read in parts; `totals` are the rows that are sums."""
    found = Understood(layout.columns, [], layout.signs, layout.sign_needed, totals=totals)
    told.tell(found, choices, layout.header, _filled_rows(table))
    told.tell_rows(found)
    return found.notes


def put_over(lines: Iterable[Line], columns: Sequence[Column], stored: Iterable[Line]) -> list[Line]:
    """Lines that were read of a table with these columns; what it has no column for stays as the stored line of the same key has it."""
    before = {line.key: line for line in stored}
    return [_completed(x, before[x.key], said_of(columns, x)) if x.key in before else x for x in lines]


def names_quantities(table: Table, scope: Scope, choices: Choices) -> bool:
    """Whether a column of a table is recognised as one of quantities by its header."""
    rows = _filled_rows(table)
    header = find_header(rows, scope, choices)
    if header is None:
        return False
    columns = columns_of(header.words, rows, scope, choices)
    return any(c.target.partition(":")[0] in FIGURES for c in columns)


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


def _set_apart(found: Understood, scope: Scope, choices: Choices) -> None:
    """Note the rows that are sums, unless the person reads them as well, and the wordings of the rest that are asked."""
    figures = [c.index for c in found.columns if c.target.partition(":")[0] in FIGURES]

    def read(cell: Any, index: int) -> Decimal | None:
        return read_cell(cell, found.signs[index], money=True, currency=scope.currency).value

    if not choices.keep_totals:
        found.totals += totals.rows_of(found.rows, figures, read)
    at = next((c.index for c in found.columns if c.target == "category"), None)
    if at is not None:
        texts = [
            (n, one_line(c)) for n, cells in found.rows if at < len(cells) and isinstance(c := cells[at], str) and c
        ]
        sums = set(found.totals)
        texts = [(n, text) for n, text in texts if n not in sums]
        found.wordings = wordings.asked(texts, choices.wordings, scope, choices.words)


def _leave_out(found: Understood, scope: Scope, choices: Choices, before: dict[Any, Line]) -> None:
    """Drop the rows of wordings that are left out, and those that no answer mends where the person said so."""
    out = leave_out_wordings(found)
    lines = [_completed(line, before.get(line.key), said_of(found.columns, line)) for line in found.lines]
    issues = [*found.issues, *rules.check(lines, scope)]
    hopeless = {x.row for x in issues if x.code not in ANSWERED and x.row is not None} - out
    found.may_leave_out = bool(hopeless)
    if choices.leave_out:
        _drop(found, out | hopeless)


def leave_out_wordings(found: Understood) -> set[int]:
    """Drop the rows of wordings that are left out; their numbers."""
    out = {row for one in found.wordings if one.said == wordings.OUT for row in one.rows}
    _drop(found, out)
    return out


def _drop(found: Understood, out: set[int]) -> None:
    found.left = sorted(out)
    found.issues = [x for x in found.issues if x.row not in out]
    found.lines = [line for line in found.lines if line.row not in out]


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
            values |= _not_known(column, cell) or {column.target: _value(found, column, number, cell, scope, choices)}
    if choices.count and not any(name.partition(":")[0] in QUANTITIES for name in values):
        values["qty_expected"] = 1
    if vocabulary.CHANGE in values and _refuse_change(found, number, values):
        return
    lines = _lines(values, number, table.sheet, found, scope, choices)
    if not lines and len(found.issues) == known:
        found.issues.append(rules.issue("quantity-missing", number, "qty_expected"))
    found.lines += lines


def _not_known(column: Column, cell: Any) -> dict[str, Any]:
    """The reason that stands for a quantity which somebody said is not known yet; nothing for any other cell."""
    name, colon, year = column.target.partition(":")
    return {f"not_known_reason{colon}{year}": one_line(cell)} if name in QUANTITIES and is_unknown(cell) else {}


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
        said = choices.wordings.get(wordings.key_of(text), "")
        return (said if said != wordings.OUT else "") or vocabulary.category_of(text, choices.words) or text
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
    if not found.is_wide:
        if not shared.get("year_no") and choices.defaults.get("year_no") == EVERY:
            later = shared | {"baseline_qty": None}
            facts = [shared, *[later] * (scope.years - 1)]
            return [_line(one, year, row, sheet, choices) for year, one in enumerate(facts, start=1)]
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
    before = {line.key: line for line in stored}
    _leave_out(found, scope, choices, before)
    made = {line.row for line in found.lines}
    if choices.add_up or choices.count:
        found.lines = _added_up(found, choices)
    found.lines = [_completed(line, before.get(line.key), said_of(found.columns, line)) for line in found.lines]
    found.issues += [_out_of_order(line) for line in found.lines if _keeps_what_does_not_fit(found, line, before)]
    broken = {issue.row for issue in found.issues}
    found.issues += [issue for issue in rules.check(found.lines, scope) if issue.row not in broken]
    found.issues.sort(key=lambda issue: issue.row or 0)
    found.account = _account(found, made)
    if not found.account.is_exact:
        raise FileRefused(
            "rows-do-not-add-up", N_("The rows of this table do not add up, so nothing was read. Tell the operator.")
        )
    told.tell_rows(found)


def said_of(columns: Sequence[Column], line: Line) -> set[str]:
    """The fields of a line that the table has a column for, in its contract year."""
    targets = [column.target.partition(":") for column in columns if column.target]
    is_wide = any(":" in column.target for column in columns)
    said = {name for name, _colon, year in targets if not year or int(year) == line.year_no}
    return said - {"baseline_qty"} if is_wide and line.baseline_qty is None else said


def _completed(line: Line, old: Line | None, said: set[str]) -> Line:
    """A line with what its table does not say: from the stored line, else firm 0 and the maximum as expected."""
    if old is not None:
        names = [name for name in _KEPT if name not in said]
        if line.not_known_reason:
            names = [name for name in names if name not in (*QUANTITIES, "not_known_reason")]
        whole = replace(line, **{name: getattr(old, name) for name in names})
        return replace(whole, not_known_reason="") if whole.is_known and "not_known_reason" not in said else whole
    if line.qty_expected is None:
        return line
    firm = line.qty_firm if "qty_firm" in said else 0
    return replace(line, qty_firm=firm, qty_max=line.qty_max if "qty_max" in said else line.qty_expected)


def _keeps_what_does_not_fit(found: Understood, line: Line, before: dict[Any, Line]) -> bool:
    """Whether a quantity that stays from the stored line is out of order with one that the table gives."""
    known = [value for name in QUANTITIES if (value := getattr(line, name)) is not None]
    return line.key in before and sorted(known) != known and not said_of(found.columns, line).issuperset(QUANTITIES)


def _out_of_order(line: Line) -> Issue:
    facts = {"firm": line.qty_firm, "maximum": line.qty_max}
    return rules.issue("kept-order", line.row, "qty_expected", line.qty_expected, year=line.year_no, **facts)


def _account(found: Understood, made: set[int | None]) -> Account:
    listed = {issue.row for issue in found.issues if issue.row is not None}
    taken = {line.row for line in found.lines} - listed
    added = made - taken - listed - set(found.left)
    return Account(len(found.rows), len(taken), len(added), len(found.totals), len(listed), len(found.left))


def _added_up(found: Understood, choices: Choices) -> list[Line]:
    """Rows that fall on the same line put together; where a part is not known yet, the person says whether it is left out."""
    sums: dict[Any, Line] = {}
    known = {line.key for line in found.lines if not line.not_known_reason}
    used: set[int | None] = set()
    for line in found.lines:
        is_unknown_part = bool(line.not_known_reason) and line.key in known
        if is_unknown_part and choices.without_unknown:
            found.unknown.append(line.row or 0)
            continue
        if is_unknown_part:
            found.issues.append(rules.issue("sum-not-known", line.row))
        used.add(line.row)
        first = sums.get(line.key)
        sums[line.key] = line if first is None else _sum(first, line)
    found.left = sorted({*found.left, *(row for row in found.unknown if row not in used)})
    return list(sums.values())


def _sum(one: Line, other: Line) -> Line:
    def total(name: str) -> Any:
        a, b = getattr(one, name), getattr(other, name)
        return None if a is None or b is None else a + b

    value: Decimal | None = total("value_expected")
    quantities = {name: total(name) for name in (*QUANTITIES, "baseline_qty")}
    reason = one.not_known_reason or other.not_known_reason
    return replace(one, value_expected=value, not_known_reason=reason, **quantities)
