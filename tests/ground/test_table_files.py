"""Tables that leave the product: what a spreadsheet makes of them."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.formula_text import harmless
from framework.ground.table_files import Sheet, csv_text, workbook

NOW = dt.datetime(2026, 11, 27, 12, 0, tzinfo=dt.UTC)


def read_back(*rows, name="List", header=("a", "b")):
    """The sheet as a spreadsheet program opens it."""
    content = workbook("A list", [Sheet(name, header, rows)], now=NOW)
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def test_each_kind_of_value_arrives_as_itself():
    at = dt.datetime(2026, 11, 27, 13, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    sheet = read_back(("=1+1", -5), (Decimal("1.25"), None), (dt.date(2026, 1, 2), at), ("00123", "https://x.example"))
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]

    assert cells == [
        ["=1+1", -5],
        [1.25, None],
        [dt.datetime(2026, 1, 2), dt.datetime(2026, 11, 27, 12, 30)],  # noqa: DTZ001 - a cell has no zone
        ["00123", "https://x.example"],
    ]
    assert [cell.data_type for cell in sheet[2]] == ["s", "n"]


def test_a_table_has_its_header_in_sight_a_filter_and_prints_on_a4_landscape():
    sheet = read_back(("x", 1), ("y", 2))

    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)


@pytest.mark.parametrize("name", ["a/b", "[x]:*?\\", "n" * 60])
def test_any_name_becomes_a_name_of_a_sheet(name):
    assert 1 <= len(read_back(name=name).title) <= 31


@pytest.mark.parametrize(("delimiter", "line"), [(",", "-5,'-A5,2026-01-02"), (";", "-5;'-A5;2026-01-02")])
def test_csv_keeps_numbers_and_disarms_text(delimiter, line):
    text = csv_text(("n", "t", "d"), [(-5, "-A5", dt.date(2026, 1, 2))], delimiter=delimiter)

    assert text.startswith("\ufeff")
    assert text.splitlines()[1] == line


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\0' 15.,Aé")))
def test_no_text_but_a_number_starts_a_formula(text):
    left = harmless(text)

    assert not left.startswith(("=", "+", "-", "@", "\t", "\r", "\0")) or re.fullmatch(r"[+-][0-9 .,]+", left)
