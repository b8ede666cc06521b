"""The demand of many members from one workbook comes through whole, row by row; how fast is for the benchmark."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from benchmarks import bulk

MEMBERS = 2_000 if os.environ.get("HEFBOOM_BARS") == "1" else 200


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_row_of_every_member_comes_through_from_one_workbook(database: str):
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # so that its memory is not that of all tests before
        result = apart.submit(bulk.run, database, MEMBERS).result()

    assert f"{MEMBERS * bulk.LINES} rows of {MEMBERS} members" in result.title
    assert int(result.facts["page of the preview"].split(", ")[1].split()[0]) <= 25
    assert next(figure for figure in result.figures if figure.unit == "MB").passes
