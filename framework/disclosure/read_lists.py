"""Read plain lists of sites into the columns of `3_sites`, one row per site; what has no column of ours is kept as words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from framework.disclosure.columns import SITES, Column, sheet_columns
from framework.disclosure.facility_types import Said, take_types
from framework.disclosure.geography import country_at_end
from framework.disclosure.list_cells import (
    blank_zeros,
    filled_down,
    join_ids,
    named_products,
    number_tiers,
    offered,
    offers,
    split,
    told_filled,
)
from framework.disclosure.recognise import (
    Layout,
    Recognised,
    nameless,
    names_columns,
    repeated_headers,
)
from framework.disclosure.sheet_rows import columns_beyond, has_value
from framework.disclosure.table import Listed, Table, build, letter
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.facts import sheet_issues
from framework.ground.sheets.cells import Book, Row

LONGEST = 2_000
_TITLE_ROWS = 2
_EXTRA = tuple(
    "address_line_2 address_line_3 facility_words product_model product_words tier_words industry_words list_year "
    "lei_id duns_id gln_id rba_id parent_os_id".split()
)
_JOINED = ("address_line", "address_line_2", "address_line_3")
_TOTAL = re.compile(r"(?:grand |sub)?(?:total|totaal|totalt|summa|subtotaal|delsumma|gesamt|summe|合计|总计)\b", re.I)


def read_site_lists(
    book: Book, found: Recognised, said: Said = MappingProxyType({})
) -> Iterator[tuple[Table, Iterator[Issue]]]:
    """Each recognised sheet as a table of sites, with what there is to tell about it; the table is complete once that is told.

    `said` are the types of facility that a person gave to wordings of the list.
    """
    for layout in found.layouts:
        second = second_table(layout)
        rows, listed = _rows(layout, second)
        layout.offers = offers(layout, rows)
        rows, heads, filled = filled_down(layout, rows)
        table = _table(layout, rows, [*listed, *heads], date1904=book.date1904)
        _join_addresses(table)
        number_tiers(table)
        totals = (one for one in table.listed if one.reason == "row-looks-like-total")
        yield (
            table,
            chain(
                layout.issues,
                (issue for issue in sheet_issues(layout.sheet) if not _is_of_the_headers(issue, layout)),
                offered(layout, layout.offers),
                told_filled(layout, table, filled),
                named_products(layout, table),
                split(layout, table),
                take_types(layout, table, said),
                join_ids(table),
                blank_zeros(table),
                _told(layout, rows, second),
                _countries(table),
                _gaps(table),
                (make("row-looks-like-total", sheet=table.title, row=one.row) for one in totals),
            ),
        )


def _is_of_the_headers(issue: Issue, layout: Layout) -> bool:
    """Whether a remark is about merged headers or titles, which are read as what they are."""
    return issue.code == "cells-merged" and (issue.row or 0) <= layout.header_row


def list_columns() -> dict[str, Column]:
    """The columns a list of sites may fill: those of `3_sites` without their length limits, and words kept as found."""
    columns = {name: replace(column, max_length=LONGEST) for name, column in sheet_columns(SITES).items()}
    return columns | {name: Column(SITES, name, "text", "O", max_length=LONGEST) for name in _EXTRA}


def _rows(layout: Layout, second: int | None) -> tuple[list[Row], list[Listed]]:
    """The rows of sites, and the others with the reason why they are none."""
    listed, data = [], []
    repeats = repeated_headers(layout, layout.sheet.rows)
    for row in layout.sheet.rows:
        reason = _left_out(layout, row, repeats) if second is None or row.number < second else "second-table"
        if reason:
            listed.append(Listed(row.number, reason))
        elif row.number != layout.header_row:
            data.append(row)
    return data, listed


def _table(layout: Layout, rows: list[Row], listed: list[Listed], *, date1904: bool) -> Table:
    columns = list_columns()
    mapping = {name: (place, columns[name]) for name, place in layout.mapping.items()}
    headers = {place: layout.name_of(place) for place in layout.headers}
    table = build(layout.sheet, SITES, rows, mapping, headers=headers, date1904=date1904)
    table.listed += listed
    table.rows_in += len(listed)
    return table


def second_table(layout: Layout) -> int | None:
    """The sheet's row at which another table begins: names of columns, perhaps below a title, after a blank row."""
    last, after_gap = layout.header_row, None
    for row in layout.sheet.rows:
        if row.number <= layout.header_row:
            continue
        if row.number > last + 1:
            after_gap = row.number
        last = row.number
        if after_gap is not None and last - after_gap <= _TITLE_ROWS and names_columns(layout.sheet, row):
            if not repeated_headers(layout, [row]):
                return after_gap
            after_gap = None
    return None


def _left_out(layout: Layout, row: Row, repeats: set[int]) -> str:
    """Why a row is not a site, or an empty text; `repeats` are the rows that repeat the header."""
    if row.number < layout.header_row:
        return "above-header"
    if row.number == layout.header_row:
        return ""
    if row.number in repeats:
        return "header-repeated"
    first = next((cell for cell in row.cells if cell is not None), None)
    if isinstance(first, str) and _TOTAL.match(first.strip()):
        _first, *others = (cell for cell in row.cells if cell is not None)
        if _only_numbers(others):
            return "row-looks-like-total"
    return "" if has_value(row, layout.mapping.values()) else "no-known-values"


def _only_numbers(cells: Sequence[object]) -> bool:
    return all(isinstance(cell, int | float) or re.fullmatch(r"[\d.,\s%]+", str(cell)) for cell in cells)


def _join_addresses(table: Table) -> None:
    """Address lines of several columns are one address."""
    parts = [name for name in _JOINED if table.has(name)]
    if len(parts) < 2:
        return
    rows = zip(*(table.get(name) for name in parts), strict=True)
    table.columns["address_line"] = [", ".join(part for part in row if part) or None for row in rows]
    for name in parts[1:]:
        del table.columns[name]
        table.found.pop(name, None)
        table.unread.pop(name, None)
    table.found.get("address_line", {}).clear()


def _told(layout: Layout, rows: list[Row], second: int | None) -> list[Issue]:
    sheet = layout.sheet.name
    issues = [make("header-found-at-row", sheet=sheet, row=layout.header_row)] if layout.header_row > 1 else []
    unread = columns_beyond(layout.sheet)
    if unread:
        issues.append(
            make("columns-not-read", sheet=sheet, value=", ".join(unread), limit=layout.sheet.facts.read_columns)
        )
    if second is not None:
        issues.append(make("second-table", sheet=sheet, row=second))
    for place, count in sorted(nameless(layout, rows).items()):
        cell = f"{letter(place)}{layout.header_row}"
        issues.append(make("header-missing", sheet=sheet, column=letter(place), cell=cell, count=count))
    return issues


def _countries(table: Table) -> Iterator[Issue]:
    """Where no country is given, the country an address ends with is taken, and said."""
    countries = table.columns.setdefault("country", [None] * len(table))
    found, unread = table.found.setdefault("country", {}), table.unread.setdefault("country", set())
    for index, address in enumerate(table.get("address_line")):
        if countries[index] is not None or not address or index in unread:
            continue
        code, words = country_at_end(address)
        if code:
            countries[index], found[index] = code, words
            place = table.place("address_line", index)
            yield make("country-read", "from address", value=words, read=code, **place)


def _gaps(table: Table) -> Iterator[Issue]:
    """D06: a site without a name or without a country."""
    for name in ("site_legal_name", "country"):
        unread = table.unread.get(name, set())
        for index, value in enumerate(table.get(name)):
            if value is None and index not in unread:
                yield make("value-missing", **table.place(name, index))
