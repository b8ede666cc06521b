"""What a member sends back from a CSV file of ours: apostrophes taken away and told, blocks cut where they were cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.demand.columns import Choices
from framework.demand.lines import LABELS, Scope
from framework.demand.uploads import understand
from framework.demand.workbook import Reference
from framework.ground.blocks import split_block
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from framework.ground.table_files import csv_text
from framework.ground.terms import CATEGORIES
from tests.demand.conftest import line
from tests.leaving.test_round_trips import as_rows

SCOPE = Scope(tuple(CATEGORIES), ("standard", "=1+1"), years=4, currency="EUR")
HERE = Reference("r1", "l1", "m1", "-")


@pytest.mark.parametrize(("tier", "notes"), [("=1+1", 1), ("standard", 0)])
def test_an_apostrophe_taken_away_from_a_sheet_of_demand_is_told(tier: str, notes: int, tmp_path: Path) -> None:
    path = tmp_path / "demand.csv"
    path.write_text(csv_text(list(LABELS.values()), as_rows([line(spec_tier=tier)])), encoding="utf-8")

    found, _whole = understand(read_here(path, Limits.quick()), SCOPE, Choices(), here=HERE)

    assert [one.spec_tier for one in found.lines] == [tier]
    assert [params for message, params in found.notes if "apostrophe" in message] == [{"count": 1}] * notes


@pytest.mark.parametrize(
    ("block", "cells"),
    [
        ('a,b,"c;d"\n1,2,3', [["a", "b", "c;d"], ["1", "2", "3"]]),
        ('a,b\n"x;y",2', [["a", "b"], ["x;y", "2"]]),
        ('a;b\n"x,y";2', [["a", "b"], ["x,y", "2"]]),
        ("1,5;2\n3,5;4", [["1,5", "2"], ["3,5", "4"]]),
        ("Title\na;b\n1;2", [["Title"], ["a", "b"], ["1", "2"]]),
        ("a\tb;c\n1\t2", [["a", "b;c"], ["1", "2"]]),
    ],
)
def test_a_block_is_cut_at_the_sign_that_its_first_line_is_cut_at(block: str, cells: list[list[str]]) -> None:
    assert [row for _number, row in split_block(block).rows] == cells
