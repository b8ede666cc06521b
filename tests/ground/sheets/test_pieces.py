"""A sheet read in pieces is the sheet read whole."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.ground.sheets import container, pieces, reading
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here

CELLS = st.one_of(
    st.none(), st.integers(-9, 9), st.booleans(), st.sampled_from(["a", " ", "</row>", "<sheetData>", "é&", "0045"])
)
ROWS = st.dictionaries(st.integers(0, 300), st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=30)
ONE_PIECE = 400
"""Bytes: a few rows."""


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(reading, "LONG", 1)
    monkeypatch.setattr(pieces, "PIECE", ONE_PIECE)
    monkeypatch.setattr(container, "CHUNK", ONE_PIECE // 4)


def write(path, rows, *, left=0, inline=False):
    book = xlsxwriter.Workbook(str(path), {"constant_memory": inline})
    book.add_worksheet("Other").write(0, 0, "shared with nobody")
    sheet = book.add_worksheet("Sites")
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    for number in sorted(rows):
        for place, cell in enumerate(rows[number], start=left):
            sheet.write(number, place, cell)
        sheet.write_datetime(number, left + 5, dt.date(2026, 1, 1), date)
    book.close()


@pytest.mark.parametrize("inline", [False, True], ids=["texts shared", "texts in the cells"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, left=st.integers(0, 2))
def test_pieces_give_the_same_rows_as_the_whole(tmp_path, short, inline, rows, left):
    path = tmp_path / "sites.xlsx"
    write(path, rows, left=left, inline=inline)

    whole = read_here(path, Limits.large())
    in_pieces = read_here(path, Limits.large(), scratch=tmp_path)

    assert not isinstance(whole, Refusal)
    assert in_pieces == whole


def test_a_long_sheet_is_opened_in_several_pieces_that_hold_no_other_sheet(tmp_path, short, monkeypatch):
    path, opened = tmp_path / "sites.xlsx", []
    write(path, {number: [f"Site {number}", "Kunshan"] for number in range(40)})

    def noted(piece, name):
        with zipfile.ZipFile(piece) as file:
            opened.append(file.namelist())
        return sheet_of(piece, name)

    sheet_of = reading._sheet_of
    monkeypatch.setattr(reading, "_sheet_of", noted)
    book = read_here(path, Limits.large(), scratch=tmp_path)

    assert [row.number for row in book.sheet("Sites").rows] == list(range(1, 41))
    assert len(opened) > 3
    assert all("xl/worksheets/sheet2.xml" in names or "xl/worksheets/sheet1.xml" in names for names in opened)
    assert not any({"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} <= set(names) for names in opened)
