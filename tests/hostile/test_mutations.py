"""A file damaged at random ends in a verdict within its time, and every row of it is accounted for."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from framework.disclosure.check_file import REFUSED, check
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child
from framework.ground.sheets.reading import read_here
from tests.disclosure.workbooks import SCOPE, TODAY
from tests.hostile.mutations import mutated

FILES = 7_000 if os.environ.get("HEFBOOM_BARS") else 700
BATCH = FILES // 70
MOST_SECONDS, MOST_MB = 2.0, 256


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


@pytest.mark.parametrize("seed", range(0, FILES, FILES // 10))
def test_a_damaged_file_stays_within_its_limits_in_the_child(seed: int, tmp_path: Path) -> None:
    suffix, content = mutated(seed)
    path = tmp_path / f"{seed}{suffix}"
    path.write_bytes(content)

    result = run_in_child(path, "framework.ground.sheets.codec:book_as_json", {}, Limits.quick())

    assert result.seconds <= MOST_SECONDS
    assert result.peak_mb <= MOST_MB
    assert (result.refusal is None) == (not isinstance(read_here(path, Limits.quick()), Refusal))
