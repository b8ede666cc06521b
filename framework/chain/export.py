"""The comparison of a lot as a workbook: numbers as numbers, text never a formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

import xlsxwriter

from framework.chain.comparison import Comparison, Line
from framework.ground.text import N_

COLUMNS: tuple[tuple[str, Callable[[Line], Any]], ...] = (
    (N_("Brand"), lambda one: one.brand),
    (N_("Models on offer"), lambda one: one.figures["products"]),
    (N_("Components asked"), lambda one: one.figures["nodes"]),
    (N_("Components disclosed"), lambda one: one.figures["disclosed"]),
    (N_("Known to the street"), lambda one: one.figures["precise"]),
    (N_("Minerals asked"), lambda one: one.figures["minerals_asked"]),
    (N_("Minerals answered"), lambda one: one.figures["minerals_answered"]),
    (N_("Smelters named"), lambda one: one.figures["smelters"]),
    (N_("Sites with a valid audit"), lambda one: one.figures["audits_valid"]),
    (N_("Audits expired"), lambda one: one.figures["audits_expired"]),
    (N_("Due diligence: full"), lambda one: one.figures["due_diligence"].get("full", 0)),
    (N_("Due diligence: partial"), lambda one: one.figures["due_diligence"].get("partial", 0)),
    (N_("Not disclosed: unknown"), lambda one: one.figures["reasons"].get("unknown", 0)),
    (N_("Not disclosed: refused with proof"), lambda one: one.figures["reasons"].get("supplier_refused", 0)),
    (N_("Not disclosed: trade secret"), lambda one: one.figures["reasons"].get("trade_secret", 0)),
    (N_("Sites of a company-wide list"), lambda one: one.figures["company_wide"]),
)


def write(target: BinaryIO, found: Comparison, *, named: Callable[[Line], str], gettext: Callable[[str], str]) -> None:
    """Write the lines and the shared sites, each on a sheet with a frozen header and a filter.

    `named` says what the reader calls the supplier of a line. A figure that is not known is an empty cell.
    """
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": f"{found.lot.round.name} · {found.lot.name}"})
    head = book.add_format({"bold": True, "bg_color": "#f3f6f7", "border": 1, "text_wrap": True, "valign": "top"})
    lines = [[named(one), *_values(one)] for one in found.lines]
    labels = [N_("Supplier"), *(label for label, _value in COLUMNS)]
    _sheet(book, gettext(N_("Comparison")), [gettext(label) for label in labels], lines, head)
    sites = [
        [s.site.site.name, s.site.site.address, s.site.site.country, s.site.suppliers, s.site.products, s.quantity]
        for s in found.shared
    ]
    labels = [N_("Site"), N_("Address"), N_("Country"), N_("Suppliers"), N_("Models"), N_("Pooled quantity behind it")]
    _sheet(book, gettext(N_("Shared sites")), [gettext(label) for label in labels], sites, head)
    book.close()


def _values(one: Line) -> list[Any]:
    """The figures of a line; what the file says nothing about is left empty, never 0."""
    if one.figures["products"]:
        return [value(one) for _label, value in COLUMNS]
    return [one.brand, *[None] * (len(COLUMNS) - 2), one.figures["company_wide"]]


def _sheet(book: Any, name: str, labels: list[str], rows: list[list[Any]], head: Any) -> None:
    sheet = book.add_worksheet(name[:31])
    sheet.write_row(0, 0, labels, head)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(rows)), len(labels) - 1)
    sheet.set_column(0, 1, 28)
    sheet.set_column(2, len(labels) - 1, 14)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
