"""The page of the bars: some are run again, the others keep their lines."""

from __future__ import annotations

import pytest

from benchmarks import bars
from benchmarks.bars import Bar


@pytest.fixture
def two(monkeypatch, tmp_path):
    known = (
        Bar("nothing is lost", ("tests/one.py",), "both"),
        Bar("all is told", ("tests/two.py", "tests/three"), "none"),
    )
    monkeypatch.setattr(bars, "BARS", known)
    monkeypatch.setattr(bars, "PAGE", tmp_path / "bars.md")
    monkeypatch.setattr(bars.speed, "main", lambda: 0)
    return known


def outcomes(monkeypatch, **said):
    def measured(bar):
        return said[bar.promise.split()[0]], 12.4, "failed" not in said[bar.promise.split()[0]]

    monkeypatch.setattr(bars, "measured", measured)


def test_all_bars_are_run_and_those_that_fail_are_counted(two, monkeypatch):
    outcomes(monkeypatch, nothing="3 passed", all="1 failed, 2 passed")

    assert bars.main([]) == 1
    assert [line.split(" | ")[3:5] for line in bars.known_lines(bars.PAGE.read_text()).values()] == [
        ["3 passed", "12"],
        ["1 failed, 2 passed", "12"],
    ]


def test_a_bar_that_is_run_again_takes_the_place_of_its_line_alone(two, monkeypatch):
    outcomes(monkeypatch, nothing="3 passed", all="1 failed, 2 passed")
    bars.main([])
    outcomes(monkeypatch, all="3 passed")

    assert bars.main(["tests/three"]) == 0
    assert [line.split(" | ")[3] for line in bars.known_lines(bars.PAGE.read_text()).values()] == ["3 passed"] * 2


def test_lines_of_bars_that_are_no_more_go(two, monkeypatch):
    bars.PAGE.write_text("| an old promise | `tests/old.py` | both | 1 passed | 1 | 2026-01-01 |\n")
    outcomes(monkeypatch, nothing="3 passed")

    bars.main(["tests/one.py"])

    assert list(bars.known_lines(bars.PAGE.read_text())) == ["nothing is lost"]
