"""Every file of the corpus that is read ends in its verdict, with its remarks at their places and its values as they stood."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from framework.disclosure.check_file import check
from framework.ground.issue_catalogue import describe
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child
from framework.ground.sheets.reading import read_here
from tests.disclosure.workbooks import REGISTER, SCOPE, TODAY
from tests.hostile.honest import HONEST
from tests.hostile.make import hostile_cases
from tests.hostile.understood import Read, cases

MOST_SECONDS, MOST_MB = 2.0, 256
IN_FULL = bool(os.environ.get("HEFBOOM_BARS"))
CATALOGUE = Path(__file__).resolve().parents[3] / "shared" / "spec" / "bad-inputs.md"
CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_file_that_is_read_ends_in_its_verdict_with_its_remarks(case: Read, tmp_path: Path) -> None:
    path = tmp_path / f"upload{case.suffix}"
    path.write_bytes(case.build())
    begun = time.process_time()

    found = check(read_here(path, Limits.quick()), SCOPE, today=TODAY, smelters=REGISTER)

    assert time.process_time() - begun <= MOST_SECONDS
    told = {issue.key for issue in found.issues}
    assert (found.verdict, found.adds_up) == (case.verdict, True)
    assert set(case.keys) <= told
    assert not told & set(case.never)
    assert case.stored in (None, found.rows_stored)
    values = [record["values"] for record in found.tables.get("3_sites", ())]
    assert all(any(row.get(name) == value for row in values) for name, value in case.values.items()), values
    if case.at is not None:
        places = [{issue.row, issue.params.get("cell")} for issue in found.issues if issue.key == case.keys[0]]
        assert any(case.at in place for place in places), places
    assert all(describe(issue)[0] % describe(issue)[2] for issue in found.issues)


@pytest.mark.parametrize("case", CASES if IN_FULL else CASES[::12], ids=lambda case: case.id)
def test_a_file_that_is_read_stays_within_its_limits_in_the_child(case: Read, tmp_path: Path) -> None:
    path = tmp_path / f"upload{case.suffix}"
    path.write_bytes(case.build())
    order = {"scope": SCOPE.to_json(), "today": TODAY.isoformat(), "smelters": REGISTER}

    result = run_in_child(path, "framework.disclosure.check_file:check_task", order, Limits.quick())

    assert result.seconds <= MOST_SECONDS
    assert result.peak_mb <= MOST_MB
    assert result.refusal is None or case.verdict == "refused"


def test_every_line_of_the_catalogue_of_bad_files_has_a_file() -> None:
    if not CATALOGUE.exists():
        pytest.skip("the catalogue is not on this machine")
    lines = set(re.findall(r"^\| ([SC]\d\d[a-z]?) ", CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE))

    built = {re.split("-", case.id)[0] for case in [*CASES, *hostile_cases(), *HONEST]}

    assert lines - built - set(ELSEWHERE) == set()


ELSEWHERE = {
    "S02a": "the tests of other kinds of workbook",
    "S02b": "the tests of other kinds of workbook",
    "S35a": "the tests of columns that a person chooses",
    "S56a": "tests/demand/test_figures.py: a disclosure asks no quantities",
    "S56b": "tests/demand/test_figures.py: a unit beside a figure is no number",
    "S57a": "tests/demand/test_figures.py: a disclosure asks no money",
    "S57b": "tests/demand/test_figures.py: another currency is refused",
}
"""Lines whose files are tested in another place, or not at all."""
