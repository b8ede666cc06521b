"""Members who save at once, over real processes: each is answered, and stands in the record; how fast is for the benchmark."""

from __future__ import annotations

import os

import pytest

from benchmarks import saves

OTHERS, SAVES = (20, 20) if os.environ.get("HEFBOOM_BARS") == "1" else (4, 3)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_members_who_save_at_once_are_all_answered_and_stand_in_the_record(database: str):
    result = saves.run(database, others=OTHERS, saves=SAVES, rushed=SAVES)

    assert [figure.ours for figure in result.figures if figure.unit == "saves"] == [0, 0]
    assert result.facts["answers that were no save"] == "none"
