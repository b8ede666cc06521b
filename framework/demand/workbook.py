"""The declaration as a workbook and back: unchanged it changes nothing, one edited cell is exactly that change."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from framework.demand import tables, vocabulary
from framework.demand.columns import Choices
from framework.demand.lines import LABELS, Line, Scope
from framework.demand.rules import DEPARTMENTS_UNSAID
from framework.demand.understood import Understood
from framework.ground.blocks import Table, table_of
from framework.ground.codelists import country_codes
from framework.ground.sheets.cells import Book
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_

SHEET, ABOUT = "Demand", "About"
BLANK_ROWS = 300
_WIDTHS = {"not_known_reason": 30, "delivery_profile": 24, "category": 18, "spec_tier": 22}
_NUMBERS = ("year_no", "qty_firm", "qty_expected", "qty_max", "baseline_qty")
_REFERENCE = ("round", "lot", "member", "stamp", "name")
_LAST_COLUMN = 16_383
_FIRST_LIST = 4
Words = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reference:
    """Which declaration a workbook was made from: public ids of round, lot and member, the state it had, and its name.

    `stamp` changes whenever the declaration is saved; `name` is for people and takes no part in comparing.
    """

    round: str
    lot: str
    member: str
    stamp: str
    name: str = ""

    def is_same_place(self, other: Reference) -> bool:
        """Whether both belong to the same member, lot and round."""
        return (self.round, self.lot, self.member) == (other.round, other.lot, other.member)


def write(lines: list[Line], scope: Scope, *, reference: Reference, words: Words = str) -> bytes:
    """The workbook of a declaration; `words` translates labels, `reference` names the declaration.

    Frozen header, filters, drop-downs; only the header is locked, so that rows can be sorted and deleted.
    Texts can never become formulas, unknown stays an empty cell.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": reference.name})
        sheet = book.add_worksheet(SHEET)
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#0a5c63", "font_color": "#ffffff", "text_wrap": True}),
            "free": book.add_format({"locked": False}),
            "line": book.add_format({"bg_color": "#f3f6f7", "locked": False}),
            "text": book.add_format({"locked": False, "num_format": "@"}),
            "number": book.add_format({"locked": False, "num_format": "#,##0"}),
            "money": book.add_format({"locked": False, "num_format": "#,##0.00"}),
            "date": book.add_format({"locked": False, "num_format": "yyyy-mm-dd"}),
        }
        _write_header(sheet, formats, words)
        for row, line in enumerate(lines, start=1):
            _write_line(sheet, row, line, formats, words)
        _write_blank_rows(sheet, len(lines) + 1, formats)
        _add_choices(sheet, len(lines) + BLANK_ROWS, _write_about(book, reference, scope, words))
        _set_up_page(sheet, len(lines))
    return buffer.getvalue()


def read(book: Book, scope: Scope, choices: Choices | None = None, *, stored: Iterable[Line] = ()) -> Understood | None:
    """Our own workbook back, None where the book is not ours; labels in any language are known from its own list."""
    sheet, about = book.sheet(SHEET), book.sheet(ABOUT)
    if sheet is None or about is None or reference_of(book) is None:
        return None
    asked = choices or Choices()
    own = {vocabulary.norm(label): key for kind, key, label in _facts(about.rows) if kind == "label"}
    ours = replace(asked, defaults={}, words={**asked.words, **own})
    return tables.understand(_without_numbers(table_of(sheet)), scope, ours, stored=stored)


def reference_of(book: Book) -> Reference | None:
    """The declaration a workbook was made from, None where it is not ours."""
    about = book.sheet(ABOUT)
    known = {kind: key for kind, key, _label in _facts(about.rows) if kind in _REFERENCE} if about is not None else {}
    return Reference(**known) if set(known) == set(_REFERENCE) else None


def _without_numbers(table: Table) -> Table:
    """The rows without our line number; a row that holds nothing else is a row nobody filled in."""
    rows = [(number, [None, *cells[1:]]) for number, cells in table.rows]
    return Table(rows, table.sheet, table.refused)


def _facts(rows: Iterable[Any]) -> list[tuple[str, str, str]]:
    """The rows of the hidden sheet: kind, key, label."""
    found = []
    for row in rows:
        kind, key, label = (str(c) if c is not None else "" for c in (*row.cells, None, None, None)[:3])
        found.append((kind, key, label))
    return found


def _write_header(sheet: Any, formats: Mapping[str, Any], words: Words) -> None:
    sheet.set_column(0, _LAST_COLUMN, None, formats["free"])
    sheet.dim_colmin = sheet.dim_colmax = None  # or the library goes through all these columns in every row
    sheet.write_string(0, 0, words(N_("Line")), formats["head"])
    for column, (name, label) in enumerate(LABELS.items(), start=1):
        sheet.set_column(column, column, _WIDTHS.get(name, 14), formats["free"])
        sheet.write_string(0, column, words(label), formats["head"])
    sheet.set_column(0, 0, 6, formats["free"])
    sheet.set_row(0, 32)


def _write_line(sheet: Any, row: int, line: Line, formats: Mapping[str, Any], words: Words) -> None:
    sheet.write_number(row, 0, row, formats["line"])
    for column, name in enumerate(LABELS, start=1):
        value = getattr(line, name)
        kind = _format_of(name)
        if value in (None, ""):
            sheet.write_blank(row, column, None, formats[kind])
        elif name == "category":
            label = words(CATEGORIES[value].label) if value in CATEGORIES else value
            sheet.write_string(row, column, label, formats[kind])
        elif name == "certainty":
            sheet.write_string(row, column, words(CERTAINTIES[value]), formats[kind])
        elif kind == "text":
            sheet.write_string(row, column, words(value) if value == DEPARTMENTS_UNSAID else value, formats[kind])
        elif kind == "date":
            sheet.write_datetime(row, column, value, formats[kind])
        else:
            sheet.write_number(row, column, value, formats[kind])


def _write_blank_rows(sheet: Any, start: int, formats: Mapping[str, Any]) -> None:
    for row in range(start, start + BLANK_ROWS):
        for column, name in enumerate(LABELS, start=1):
            sheet.write_blank(row, column, None, formats[_format_of(name)])


def _format_of(name: str) -> str:
    if name in _NUMBERS:
        return "number"
    return {"value_expected": "money", "current_supplier_end": "date"}.get(name, "text")


def _write_about(book: Any, reference: Reference, scope: Scope, words: Words) -> dict[str, str]:
    """The hidden list of the declaration's reference, labels and choices; where the choices of each column stand."""
    sheet = book.add_worksheet(ABOUT)
    sheet.hide()
    labels = [*LABELS.items(), *((k, c.label) for k, c in CATEGORIES.items()), *CERTAINTIES.items()]
    facts = [(name, getattr(reference, name), "") for name in _REFERENCE]
    for row, fact in enumerate([*facts, *(("label", key, words(label)) for key, label in labels)]):
        for column, text in enumerate(fact):
            sheet.write_string(row, column, text)
    ranges = {}
    for column, (name, choices) in enumerate(_choices(scope, words).items(), start=_FIRST_LIST):
        for row, choice in enumerate(choices):
            write = sheet.write_number if isinstance(choice, int) else sheet.write_string
            write(row, column, choice)
        if choices:
            ranges[name] = f"={ABOUT}!{xl_range_abs(0, column, len(choices) - 1, column)}"
    sheet.protect()
    return ranges


def _choices(scope: Scope, words: Words) -> dict[str, list[Any]]:
    """What may be chosen in a column. They stand in cells: a list written into the rule itself would be a formula."""
    return {
        "delivery_country": sorted(country_codes()),
        "category": [words(CATEGORIES[c].label) for c in scope.categories if c in CATEGORIES],
        "spec_tier": list(scope.tiers),
        "year_no": list(range(1, scope.years + 1)),
        "certainty": [words(label) for label in CERTAINTIES.values()],
    }


def _add_choices(sheet: Any, last: int, ranges: Mapping[str, str]) -> None:
    for column, name in enumerate(LABELS, start=1):
        if name in ranges:
            sheet.data_validation(1, column, last, column, {"validate": "list", "source": ranges[name]})
        elif name in _NUMBERS:
            sheet.data_validation(1, column, last, column, {"validate": "integer", "criteria": ">=", "value": 0})


def _set_up_page(sheet: Any, count: int) -> None:
    sheet.freeze_panes(1, 4)
    sheet.autofilter(0, 0, max(count, 1), len(LABELS))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.protect(
        "", {"autofilter": True, "sort": True, "format_columns": True, "insert_rows": True, "delete_rows": True}
    )
