"""A tenth of every benchmark runs here, for what it does, never for how fast."""

from __future__ import annotations

import datetime as dt

from benchmarks import checking, comparison, leverage, pool
from benchmarks.result import Figure
from benchmarks.run import page


def queries(result) -> Figure:
    """The figure that counts queries."""
    return next(figure for figure in result.figures if figure.unit == "queries")


def test_a_tenth_of_the_checking_benchmark_finds_just_the_planted_faults():
    result = checking.run(scale=0.1, passes=1)

    assert result.facts["without faults: remarks"] == "0"
    assert int(result.facts["with faults: remarks"]) > 0


def test_the_pool_page_of_two_hundred_members_keeps_its_queries():
    assert queries(pool.run(members=200, passes=2)).passes


def test_the_comparison_page_keeps_its_queries():
    result = comparison.run(scale=0.1, passes=2)

    assert [figure.passes for figure in result.figures if figure.unit == "queries"] == [True, True]
    assert (result.facts["suppliers"], result.facts["links"]) == ("6", "600")


def test_the_leverage_page_keeps_its_queries():
    result = leverage.run(scale=0.02, passes=1)

    assert queries(result).passes
    assert result.facts["offers"] == "2"


def test_a_missed_bar_says_so_on_the_page():
    slow = Figure("reading", 2.0, "s", 0.5, 2.0, "a peer")

    text = page([type("R", (), {"title": "T", "figures": (slow,), "facts": {}})()], dt.date(2026, 11, 23))

    assert "| reading | 2.00 s | 2.00 s (a peer) | 1.00 | 0.5 | **no** |" in text
