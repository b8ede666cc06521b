"""Every file of the corpus ends within its time and memory, with the verdict, key and place of the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from framework.ground.sheets.codec import book_from_json
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildResult, run_in_child
from tests.hostile.make import ISSUE, REFUSED, Case, hostile_cases

MOST_SECONDS, MOST_MB = 2.0, 256
CASES = hostile_cases()


def look_at(case: Case, folder: Path) -> ChildResult:
    path = folder / f"upload{case.suffix}"
    path.write_bytes(case.build())
    return run_in_child(path, "framework.ground.sheets.codec:book_as_json", {}, Limits.large())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_hostile_file_ends_in_its_verdict(case: Case, tmp_path: Path) -> None:
    result = look_at(case, tmp_path)

    assert result.seconds <= MOST_SECONDS
    assert result.peak_mb <= MOST_MB
    if case.verdict == REFUSED:
        assert_refused(case, result)
    else:
        assert_read(case, result)


def assert_refused(case: Case, result: ChildResult) -> None:
    assert result.refusal is not None
    assert result.refusal.key == case.key
    assert result.refusal.detail == (case.detail or result.refusal.detail)
    assert case.params.items() <= result.refusal.params.items()


def assert_read(case: Case, result: ChildResult) -> None:
    assert result.refusal is None
    book = book_from_json(result.value)
    facts = book.sheets[0].facts
    if case.fact:
        found: Any = getattr(facts, case.fact)
        assert found
        assert not case.places or set(found) == set(case.places)
    elif case.verdict == ISSUE or case.key:
        params = dict(book.notices)[case.key]
        assert case.params.items() <= params.items()


def test_the_corpus_is_large_enough() -> None:
    names = [case.id for case in CASES]

    assert len(names) == len(set(names))
    assert len(names) >= 100
