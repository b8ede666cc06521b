"""A file damaged at random ends in a verdict within its time, and every row of it is accounted for."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from framework.disclosure.check_file import REFUSED, check
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from tests.disclosure.workbooks import SCOPE, TODAY
from tests.hostile.mutations import mutated

FILES = 7_000 if os.environ.get("HEFBOOM_BARS") else 700
BATCH = FILES // 70
MOST_SECONDS = 2.0


@pytest.mark.parametrize("first", range(0, FILES, BATCH))
def test_damaged_files_end_in_a_verdict_and_their_rows_add_up(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + BATCH):
        suffix, content = mutated(seed)
        path = tmp_path / f"{seed}{suffix}"
        path.write_bytes(content)
        begun = time.process_time()

        book = read_here(path, Limits.quick())
        found = check(book, SCOPE, today=TODAY)

        assert time.process_time() - begun <= MOST_SECONDS, seed
        assert found.adds_up, seed
        assert (found.verdict == REFUSED) or not isinstance(book, Refusal), seed


def test_damage_leaves_some_files_readable_and_refuses_others(tmp_path: Path) -> None:
    outcomes = set()
    for seed in range(60):
        suffix, content = mutated(seed)
        path = tmp_path / f"{seed}{suffix}"
        path.write_bytes(content)
        outcomes.add(isinstance(read_here(path, Limits.quick()), Refusal))

    assert outcomes == {True, False}
