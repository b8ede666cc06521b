"""Text that a spreadsheet might run leaves as text, in a workbook unchanged and in CSV behind an apostrophe."""

from __future__ import annotations

import csv
import datetime as dt
import io

import openpyxl
import pytest

from framework.ground.table_files import Sheet, csv_text, workbook

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
RISKY = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    '=WEBSERVICE("http://example.org")',
    '=DDE("cmd";"/C calc";"x")',
    "@SUM(A1:A2)",
    "+1+cmd|' /C calc'!A0",
    "-1+cmd|' /C calc'!A0",
    "-5+3",
    "+46 8 123=1",
    "-A1",
    "\t=1+1",
    "=\n1",
    '="a";"b"',
)
UNREADABLE_IN_A_WORKBOOK = ("\r=1+1", "\0=1+1")
PLAIN = ("-5", "+5", "-1.5", "-1,5", "+46 8 123", "0045", "http://example.org", "a=1", "\uff1d1+1", "'=1+1")


@pytest.mark.parametrize("text", [*RISKY, *PLAIN], ids=ascii)
def test_text_in_a_workbook_is_a_text_cell_unchanged(text: str) -> None:
    content = workbook("Table", [Sheet("Table", ["Name"], [[text]])], now=NOW)

    cell = openpyxl.load_workbook(io.BytesIO(content)).active["A2"]

    assert (cell.data_type, cell.value) == ("s", text)


@pytest.mark.parametrize("text", [*RISKY, *UNREADABLE_IN_A_WORKBOOK], ids=ascii)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_risky_text_in_csv_stands_behind_an_apostrophe(text: str, delimiter: str) -> None:
    assert _back(text, delimiter) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN, ids=ascii)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_plain_text_numbers_and_telephone_numbers_in_csv_stay_as_they_are(text: str, delimiter: str) -> None:
    assert _back(text, delimiter) == text


def _back(text: str, delimiter: str) -> str:
    written = csv_text(["Name", "Other"], [[text, "x"]], delimiter=delimiter)
    assert written.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    return rows[1][0]
