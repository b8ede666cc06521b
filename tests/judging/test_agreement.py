"""Agreement of a panel: alpha against published examples, its interval, and the parts of verdicts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.judging.agreement import NO_VARIATION, TOO_FEW, alpha, panel

# Klaus Krippendorff, "Computing Krippendorff's alpha-reliability" (2011): four observers, twelve units, values 1 to 5.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


def published() -> list[list[int]]:
    units = zip(*(row.split() for row in OBSERVERS), strict=True)
    return [[int(value) - 1 for value in unit if value != "."] for unit in units]


def test_alpha_of_the_published_example() -> None:
    found = alpha(published(), steps=5)
    assert found.items == 11, "the unit that one observer alone coded says nothing"
    assert found.value == pytest.approx(0.815, abs=0.0005)
    assert found.low is not None
    assert found.high is not None
    assert 0.2 < found.low < found.value < found.high <= 1


def test_the_interval_is_the_same_each_time_and_does_not_depend_on_the_order() -> None:
    assert alpha(published(), steps=5) == alpha(list(reversed(published())), steps=5)


def test_too_few_items_and_no_variation_are_unknown() -> None:
    few, same = alpha([[1, 2]] * 9, steps=5), alpha([[3, 3]] * 40, steps=5)
    assert (few.value, few.reason, few.items) == (None, TOO_FEW, 9)
    assert (same.value, same.reason) == (None, NO_VARIATION)


@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=4), min_size=10, max_size=30))
def test_alpha_is_at_most_one_and_one_only_where_all_agree(items: list[list[int]]) -> None:
    found = alpha(items, steps=5, draws=10)
    if found.value is not None:
        assert found.value <= 1
        assert (found.value > 1 - 1e-12) == all(len(set(values)) == 1 for values in items)


def test_the_parts_of_a_panel() -> None:
    assert panel([("open", 0), ("in_moderation", 3)]).equal is None
    found = panel([("agreed", 0), ("agreed", 1), ("agreed", 0), ("moderated", 1), ("in_moderation", 2)])
    assert (found.equal, found.close, found.moderated) == (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
    assert found.reached == 4
