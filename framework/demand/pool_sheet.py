"""The pool as a workbook: one table a sheet, numbers as numbers, unknown as an empty cell."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable
from typing import Any

import xlsxwriter

from framework.demand.pool import Amount, Pool
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_

Words = Callable[[str], str]
_SUMS = (
    N_("Firm quantity"),
    N_("Expected quantity"),
    N_("Maximum quantity"),
    N_("Expected value"),
    N_("Lines without value"),
)


def write(pool: Pool, visible: set[int | None], *, now: dt.datetime, words: Words = str) -> bytes:
    """The figures of a pool; members outside `visible` stand together in one row."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": words(N_("Pool")), "created": now.replace(tzinfo=None)})
        _sheet(book, words(N_("Pool")), _cell_header(words), _cell_rows(pool, words))
        _sheet(book, words(N_("Members")), _member_header(words), _member_rows(pool, visible, words))
    return buffer.getvalue()


def _cell_header(words: Words) -> list[str]:
    names = (
        N_("Lot"),
        N_("Unit"),
        N_("Category"),
        N_("Specification tier"),
        N_("Contract year"),
        N_("Certainty"),
        *_SUMS,
    )
    return [words(name) for name in names]


def _cell_rows(pool: Pool, words: Words) -> Iterable[list[Any]]:
    for lot in pool.lots:
        for cell in lot.cells:
            category = words(CATEGORIES[cell.category].label) if cell.category in CATEGORIES else cell.category
            certainty = words(CERTAINTIES[cell.certainty])
            yield [lot.name, lot.unit, category, cell.spec_tier, cell.year_no, certainty, *_sums(cell.amount)]


def _member_header(words: Words) -> list[str]:
    return [words(name) for name in (N_("Lot"), N_("Unit"), N_("Member"), *_SUMS)]


def _member_rows(pool: Pool, visible: set[int | None], words: Words) -> Iterable[list[Any]]:
    for lot in pool.lots:
        shown = sorted((pool.names.get(m, ""), a) for m, a in lot.by_member.items() if m in visible)
        hidden = [a for m, a in lot.by_member.items() if m not in visible]
        for name, amount in shown:
            yield [lot.name, lot.unit, name, *_sums(amount)]
        if hidden:
            yield [lot.name, lot.unit, words(N_("Other members together")), *_sums(sum(hidden, Amount()))]


def _sums(amount: Amount) -> list[Any]:
    return [amount.firm, amount.expected, amount.maximum, amount.value, amount.value_unknown]


def _sheet(book: Any, name: str, header: list[str], rows: Iterable[list[Any]]) -> None:
    sheet = book.add_worksheet(name[:31])
    bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
    whole, money = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "#,##0.00"})
    sheet.write_row(0, 0, header, bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(last, column, value)
            elif value is not None:
                sheet.write_number(last, column, value, whole if isinstance(value, int) else money)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), len(header) - 1)
    sheet.set_column(0, len(header) - 1, 18)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
