"""Read the sheets of our own workbook into tables, and tell what is wrong with the workbook as a whole (D02 to D05)."""

from __future__ import annotations

import re

from framework.disclosure.checks.keys import leave_out_duplicates
from framework.disclosure.columns import (
    PRODUCTS,
    SHEETS,
    SUBMISSION,
    SYSTEM_SHEETS,
    TEMPLATE_VERSION,
    fold,
    sheet_columns,
)
from framework.disclosure.recognise import Layout, Recognised
from framework.disclosure.scope import RoundScope
from framework.disclosure.sheet_rows import columns_beyond, has_value
from framework.disclosure.table import Listed, Table, build
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.facts import sheet_issues
from framework.ground.sheets.cells import Book, Row

_OF_THE_TEMPLATE = frozenset({"notes-not-read", "filter-ignored", "empty-rows-ignored"})
"""What our own template brings along and nobody need be told."""


def read_workbook(book: Book, found: Recognised, scope: RoundScope | None) -> tuple[dict[str, Table], list[Issue]]:
    """All eight tables (empty where the sheet is missing) and the issues of the workbook, its sheets and its headers."""
    found.not_read = [sheet for sheet in found.not_read if fold(sheet.name) not in SYSTEM_SHEETS]
    tables = {name: Table(name, name) for name in SHEETS}
    issues: list[Issue] = []
    for layout in found.layouts:
        table = tables[layout.target] = _table(layout, date1904=book.date1904)
        issues += layout.issues
        issues += [issue for issue in sheet_issues(layout.sheet) if issue.code not in _OF_THE_TEMPLATE]
        issues += leave_out_duplicates(table)
        unread = columns_beyond(layout.sheet)
        if unread:
            beyond = ", ".join(unread)
            limit = layout.sheet.facts.read_columns
            issues.append(make("columns-not-read", sheet=layout.sheet.name, value=beyond, limit=limit))
        if layout.header_row > 1:
            issues.append(make("header-found-at-row", sheet=layout.sheet.name, row=layout.header_row))
    return tables, [*issues, *_whole(found, tables, scope)]


def same_version(first: str, second: str) -> bool:
    """Whether two version numbers are the same: 1.0 is 1.0.0."""
    return _numbers(first) == _numbers(second)


def _numbers(version: str) -> list[int]:
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def _table(layout: Layout, *, date1904: bool) -> Table:
    columns = sheet_columns(layout.target)
    mapping = {name: (place, columns[name]) for name, place in layout.mapping.items() if columns[name].mandatory != "X"}
    places = [place for place, _column in mapping.values()]
    above: list[Row] = []
    data: list[Row] = []
    unknown: list[Row] = []
    for row in layout.sheet.rows:
        if row.number < layout.header_row:
            above.append(row)
        elif row.number > layout.header_row:
            (data if has_value(row, places) else unknown).append(row)
    table = build(layout.sheet, layout.target, data, mapping, headers=layout.headers, date1904=date1904)
    table.rows_in += len(above) + len(unknown)
    table.listed += [Listed(row.number, "above-header") for row in above]
    table.listed += [Listed(row.number, "no-known-values") for row in unknown]
    return table


def _whole(found: Recognised, tables: dict[str, Table], scope: RoundScope | None) -> list[Issue]:
    issues = [_missing(name) for name in SHEETS if found.layout(name) is None]
    expected = scope.template_version if scope else TEMPLATE_VERSION
    if found.version and not same_version(found.version, expected):
        issues.append(_other_version(tables[SUBMISSION], found.version, expected))
    if found.layout(SUBMISSION) is not None and not len(tables[SUBMISSION]):
        issues.append(make("row-count-wrong", "no row", sheet=tables[SUBMISSION].title))
    return [*issues, *_round(tables[SUBMISSION], scope)]


def _other_version(table: Table, version: str, expected: str) -> Issue:
    shown = (index for index in range(len(table)) if table.as_found("template_version", index))
    place = next((table.place("template_version", index) for index in shown), {})
    return make("template-version-wrong", value=version, found=version, expected=expected, **place)


def _missing(name: str) -> Issue:
    return make("sheet-missing", "needed" if name in (SUBMISSION, PRODUCTS) else "other", sheet=name)


def _round(table: Table, scope: RoundScope | None) -> list[Issue]:
    """D03: a round_id that is not this round; a blank one is only a missing value."""
    for index, value in enumerate(table.get("round_id")):
        if scope and value is not None and value.casefold() != scope.round_id.casefold():
            place = table.place("round_id", index) | {"value": table.as_found("round_id", index)}
            found = scope.round_names.get(value.casefold(), value)
            return [make("round-wrong", **place, found=found, expected=scope.round_name or scope.round_id)]
    return []
