"""The members of a round leave as a sheet and come back the same, five hundred random lists in full."""

from __future__ import annotations

import datetime as dt
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from framework.ground.blocks import split_block
from framework.ground.table_files import csv_text
from framework.signons.sheet import entries, members, uploads
from framework.signons.sheet.entries import Choices
from models.rounds import Round
from tests.leaving import chance
from tests.leaving.test_round_trips import read

CASES = 500 if os.environ.get("HEFBOOM_BARS") else 50
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("first", range(0, CASES, CASES // 10))
def test_members_come_back_the_same_from_workbook_csv_and_block(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + CASES // 10):
        known = chance.bodies(random.Random(seed))
        table = members.sheet(known)
        text = csv_text(table.header, table.rows, delimiter=",;\t"[seed % 3])
        by_workbook = read(members.write(Round(name="Laptops"), known, now=NOW), tmp_path, f"{seed}.xlsx")
        by_csv = read(text.encode(), tmp_path, f"{seed}.csv")

        tables = [uploads.table_in(by_workbook, Choices()), uploads.table_in(by_csv, Choices()), split_block(text)]

        for found in tables:
            again = entries.read(found, Choices())
            assert [replace(entry, row=0) for entry in again.entries] == known, seed
            assert [column.ground for column in again.columns] == ["header"] * 10, seed
