"""Tables that leave the product: workbooks with one table a sheet, and CSV; text never becomes a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from framework.ground.errors import RuleBroken
from framework.ground.formula_text import harmless
from framework.ground.text import N_

Value = str | int | float | Decimal | dt.date | dt.datetime | None

MOST_ROWS = 1_048_575
"""What a sheet of a workbook holds below its header row (ECMA-376 as Excel limits it)."""

LISTS = "lists"
"""The hidden sheet that holds what cells offer."""

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_NAME_LENGTH, _CELL_LENGTH = 31, 32_767
_NARROWEST, _WIDEST = 9, 48
_A4 = 9


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. Text stays text, a whole number is shown grouped, a Decimal or float with two decimals.

    A date is a date, an instant is written in UTC (say so in the header), None is an empty cell.
    `frozen` columns stay in sight beside the header row. `choices` offers, by column, the values that a cell may hold.
    """

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value]]
    frozen: int = 1
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)


def workbook(title: str, sheets: Iterable[Sheet], *, now: dt.datetime) -> bytes:
    """The bytes of an xlsx file: header frozen and repeated in print, filter on, A4 landscape."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"title": title[:255], "created": now.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bg_color": "#f3f6f7", "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {
            int: book.add_format({"num_format": "#,##0"}),
            Decimal: book.add_format({"num_format": "#,##0.00"}),
            dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
            dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        lists: list[Sequence[str]] = []
        for sheet in sheets:
            made = book.add_worksheet(_FORBIDDEN.sub(" ", sheet.name)[:_NAME_LENGTH])
            _write(made, sheet, head, formats)
            _offer(made, sheet, lists)
        if lists:
            _write_lists(book.add_worksheet(LISTS), lists)
    return buffer.getvalue()


def require_room(rows: int) -> None:
    """Refuse a table that is longer than a sheet, so that no row is lost without a word; raises RuleBroken."""
    if rows > MOST_ROWS:
        raise RuleBroken(
            "table-too-long",
            N_(
                "A workbook holds %(most)s rows, and this table has %(rows)s. Download it as CSV, or choose a part of it first."
            ),
            rows=rows,
            most=MOST_ROWS,
        )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Value]], *, delimiter: str = ",") -> str:
    """The table as CSV with a byte-order mark, instants in ISO form with their offset."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter)
    for row in itertools.chain([header], rows):
        writer.writerow([_written(value) for value in row])
    return "\ufeff" + target.getvalue()


def _written(value: Value) -> Value:
    if isinstance(value, dt.date):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else value


def _write(sheet: Worksheet, table: Sheet, head: Format, formats: dict[type, Format]) -> None:
    sheet.write_row(0, 0, table.header, head)
    widths = [len(max(name.split(), key=len, default="")) for name in table.header]
    last = 0
    for last, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            widths[column] = max(widths[column], _put(sheet, last, column, value, formats))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width + 2, _NARROWEST), _WIDEST))
    sheet.freeze_panes(1, table.frozen)
    sheet.autofilter(0, 0, max(last, 1), len(table.header) - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _offer(sheet: Worksheet, table: Sheet, lists: list[Sequence[str]]) -> None:
    """Let cells of a column offer its choices. They stand in cells: a list written into the rule itself would be a formula."""
    for column, offered in table.choices.items():
        place = xl_range_abs(0, len(lists), len(offered) - 1, len(lists))
        sheet.data_validation(1, column, MOST_ROWS, column, {"validate": "list", "source": f"={LISTS}!{place}"})
        lists.append(offered)


def _write_lists(sheet: Worksheet, lists: Sequence[Sequence[str]]) -> None:
    sheet.hide()
    for column, offered in enumerate(lists):
        for row, choice in enumerate(offered):
            sheet.write_string(row, column, choice)


def _put(sheet: Worksheet, row: int, column: int, value: Value, formats: dict[type, Format]) -> int:
    """Write one cell; how many characters wide it shows."""
    if value is None:
        return 0
    if isinstance(value, str):
        sheet.write_string(row, column, value[:_CELL_LENGTH])
        return len(value)
    if isinstance(value, dt.datetime):
        sheet.write_datetime(row, column, value.astimezone(dt.UTC), formats[dt.datetime])
        return len("2026-01-01 00:00:00")
    if isinstance(value, dt.date):
        sheet.write_datetime(row, column, value, formats[dt.date])
        return len("2026-01-01")
    sheet.write_number(row, column, value, formats[int if isinstance(value, int) else Decimal])
    return len(f"{value:,}")
