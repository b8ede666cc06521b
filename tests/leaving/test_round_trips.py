"""What leaves comes back the same: declarations, disclosures and remarks, five hundred random ones each in full."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from framework.demand import tables as demand_tables
from framework.demand import workbook as demand_workbook
from framework.demand.columns import Choices
from framework.demand.lines import LABELS, Line, Scope
from framework.demand.workbook import Reference
from framework.disclosure.check_file import check
from framework.disclosure.columns import SHEETS, sheet_columns
from framework.disclosure.findings import write_findings
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import plain, written
from framework.disclosure.workbook import write_filled
from framework.ground.blocks import split_block, table_of
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from framework.ground.table_files import csv_text
from framework.ground.terms import CATEGORIES
from tests.leaving import chance

CASES = 500 if os.environ.get("HEFBOOM_BARS") else 50
SCOPE = Scope(tuple(CATEGORIES), chance.TIERS, years=4, currency="EUR")
HERE = Reference("r1", "l1", "m1", "d1/3", "Laptops")
TODAY = dt.date(2026, 5, 1)
NOWHERE = RoundScope(round_id="r-2026-1")


def read(content: bytes, folder: Path, name: str) -> Book:
    path = folder / name
    path.write_bytes(content)
    book = read_here(path, Limits.large())
    assert isinstance(book, Book), book
    return book


def as_rows(lines: list[Line]) -> list[list[Any]]:
    """Lines as a table with our labels, empty where nothing is known."""
    return [[None if getattr(line, name) == "" else getattr(line, name) for name in LABELS] for line in lines]


@pytest.mark.parametrize("first", range(0, CASES, CASES // 10))
def test_a_declaration_comes_back_the_same_from_workbook_csv_and_block(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demand_workbook, "BLANK_ROWS", 5)  # rows to fill in take most of the time and say nothing
    for seed in range(first, first + CASES // 10):
        lines = chance.lines(random.Random(seed))
        separator = ",;\t"[seed % 3]
        text = csv_text(list(LABELS.values()), as_rows(lines), delimiter=separator)

        by_workbook = demand_workbook.read(
            read(demand_workbook.write(lines, SCOPE, reference=HERE), tmp_path, f"{seed}.xlsx"), SCOPE
        )
        by_csv = demand_tables.understand(
            table_of(read(text.encode(), tmp_path, f"{seed}.csv").sheets[0]), SCOPE, Choices()
        )
        by_block = demand_tables.understand(split_block(text), SCOPE, Choices())

        for found in filter(None, (by_workbook, by_csv, by_block)):
            assert (found.issues, found.lines) == ([], lines), seed
            assert found.account.taken == len(lines), seed
        assert by_workbook is not None, seed


@pytest.mark.parametrize("first", range(0, CASES, CASES // 10))
def test_a_disclosure_comes_back_the_same_from_workbook_and_csv(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + CASES // 10):
        in_text = seed % 2 == 1
        tables = chance.tables(random.Random(seed), two_decimals=in_text)
        content = as_csv(tables, ",;"[seed // 2 % 2]) if in_text else as_workbook(tables)

        found = check(read(content, tmp_path, f"{seed}.{'zip' if in_text else 'xlsx'}"), NOWHERE, today=TODAY)

        for name in SHEETS:
            stored = [record["values"] for record in found.tables[name]]
            asked = [{key: plain(value) for key, value in row.items()} for row in tables[name]]
            assert stored == asked, (seed, name)


@pytest.mark.parametrize("first", range(0, CASES, CASES // 10))
def test_remarks_come_back_the_same_from_their_workbook_and_csv(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + CASES // 10):
        issues = chance.issues(random.Random(seed))
        target = io.BytesIO()
        write_findings(target, issues, language="en", gettext=str)

        book = read(target.getvalue(), tmp_path, f"{seed}.xlsx")
        head, *rows = [row.cells for row in book.sheets[0].rows]
        again = read(csv_text([str(c) for c in head], rows).encode(), tmp_path, f"{seed}.csv")

        assert [facts(row) for row in rows] == list(map(told, issues)), seed
        assert [facts(row.cells) for row in again.sheets[0].rows[1:]] == list(map(told, issues)), seed


def as_workbook(tables: dict[str, list[dict[str, Any]]]) -> bytes:
    target = io.BytesIO()
    write_filled(target, NOWHERE, tables)
    return target.getvalue()


def as_csv(tables: dict[str, list[dict[str, Any]]], separator: str) -> bytes:
    """The sheets as CSV files in a zip, each value as it would be typed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, rows in tables.items():
            names = [column for column in sheet_columns(name) if sheet_columns(name)[column].mandatory != "X"]
            cells = [[written(row[c]) if c in row else None for c in names] for row in rows]
            archive.writestr(f"{name}.csv", csv_text(names, cells, delimiter=separator))
    return target.getvalue()


def facts(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of a row of the remarks: how grave, sheet, row, column, cell, found value and code."""
    whole = [*cells, *[None] * (10 - len(cells))]
    row = None if whole[2] is None else int(whole[2])
    return (whole[0], whole[1] or "", row, whole[3] or "", whole[4] or "", whole[5] or "", whole[8])


def told(issue: Issue) -> tuple[Any, ...]:
    """The same of the remark itself."""
    grave = {"block": "Blocks", "error": "Error", "warning": "Warning", "note": "Note"}[issue.severity]
    cell = str(issue.params.get("cell", ""))
    return (grave, issue.sheet, issue.row, issue.column, cell, issue.value, issue.key)
