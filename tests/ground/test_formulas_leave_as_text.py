"""Text that a spreadsheet might run leaves as text, in a workbook unchanged and in CSV behind an apostrophe."""

from __future__ import annotations

import csv
import datetime as dt
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.blocks import split_block
from framework.ground.formula_text import harmless, restored
from framework.ground.sheets.cells import Book
from framework.ground.sheets.delimited import read_delimited
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.tally import Budget
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
ALREADY_MARKED = ("'=1+1", "''=1+1", "'-A1", "'@x")
UNREADABLE_IN_A_WORKBOOK = ("\r=1+1", "\0=1+1")
PLAIN = (
    "-5",
    "+5",
    "-1.5",
    "-1,5",
    "+46 8 123",
    "0045",
    "http://example.org",
    "a=1",
    "\uff1d1+1",
    "'s-Hertogenbosch",
    "'-5",
)


@pytest.mark.parametrize("text", [*RISKY, *PLAIN, *ALREADY_MARKED], ids=ascii)
def test_text_in_a_workbook_is_a_text_cell_unchanged(text: str) -> None:
    content = workbook("Table", [Sheet("Table", ["Name"], [[text]])], now=NOW)

    cell = openpyxl.load_workbook(io.BytesIO(content)).active["A2"]

    assert (cell.data_type, cell.value) == ("s", text)


@pytest.mark.parametrize("text", [*RISKY, *UNREADABLE_IN_A_WORKBOOK, *ALREADY_MARKED], ids=ascii)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_risky_text_in_csv_stands_behind_an_apostrophe(text: str, delimiter: str) -> None:
    assert _back(text, delimiter) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN, ids=ascii)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_plain_text_numbers_and_telephone_numbers_in_csv_stay_as_they_are(text: str, delimiter: str) -> None:
    assert _back(text, delimiter) == text


@pytest.mark.parametrize("text", [*RISKY, *UNREADABLE_IN_A_WORKBOOK, *ALREADY_MARKED, *PLAIN], ids=ascii)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_our_reader_gives_back_exactly_the_text_that_left(text: str, delimiter: str) -> None:
    book = _read(csv_text(["Name", "Other"], [[text, "x"]], delimiter=delimiter))

    assert book.sheets[0].facts.bad_characters or book.sheets[0].rows[1].cells == (text, "x")


def test_taking_apostrophes_away_is_told_with_how_many() -> None:
    book = _read("Name,Other\n'=1+1,'-5\n'@x,'s-Hertogenbosch\n")

    assert [row.cells for row in book.sheets[0].rows[1:]] == [("=1+1", "'-5"), ("@x", "'s-Hertogenbosch")]
    assert dict(book.notices)["apostrophe-removed"] == {"count": 2}


@given(text=st.text(alphabet=st.one_of(st.sampled_from("'=+-@\t\r\n 15.,;\"|"), st.characters(codec="utf-8"))))
def test_no_two_texts_leave_alike(text: str) -> None:
    assert restored(harmless(text)) == text


@pytest.mark.parametrize("text", [*RISKY, *ALREADY_MARKED, "'s-Hertogenbosch", "+46 8 123"], ids=ascii)
def test_a_pasted_cell_of_our_csv_comes_back_too(text: str) -> None:
    written = csv_text(["Name", "Other"], [["x", text]], delimiter="\t")

    assert split_block(written).rows[1] == (2, ["x", text.strip()])


def _read(text: str) -> Book:
    return read_delimited(text.encode(), name="x", limits=Limits(), budget=Budget())


def _back(text: str, delimiter: str) -> str:
    written = csv_text(["Name", "Other"], [[text, "x"]], delimiter=delimiter)
    assert written.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    return rows[1][0]
