"""How final values become one: the vectors of the specification, and what holds for all values."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.chain.measures.scale import EVIDENCE
from framework.judging.rule import IN_MODERATION, OPEN, UNDER_AGREEMENT, is_within, of_levels, of_points

LEVELS = st.lists(st.sampled_from(EVIDENCE), min_size=2, max_size=7)


@pytest.mark.parametrize(
    ("levels", "state", "value"),
    [
        ("E3 E3", UNDER_AGREEMENT, "E3"),
        ("E2 E3", UNDER_AGREEMENT, "E2"),
        ("E3 E3 E2", UNDER_AGREEMENT, "E3"),
        ("E2 E2 E3 E3", UNDER_AGREEMENT, "E2"),
        ("E1 E2 E2 E2 E1", UNDER_AGREEMENT, "E2"),
        ("E1 E3 E3", IN_MODERATION, None),
        ("E3", OPEN, None),
        ("", OPEN, None),
    ],
)
def test_levels(levels: str, state: str, value: str | None) -> None:
    found = of_levels(levels.split(), needed=2, agree_spread=1)
    assert (found.state, found.value) == (state, value)


@pytest.mark.parametrize(
    ("points", "state", "value"),
    [
        ("6 7", UNDER_AGREEMENT, "6.50"),
        ("6 7 8", UNDER_AGREEMENT, "7.00"),
        ("6 7 9", IN_MODERATION, None),
        ("4 8", IN_MODERATION, None),
        ("6", OPEN, None),
    ],
)
def test_points(points: str, state: str, value: str | None) -> None:
    told = [Decimal(one) for one in points.split()]
    found = of_points(told, needed=2, scale=Decimal(10), agree_pct=Decimal(20))
    assert (found.state, found.value) == (state, None if value is None else Decimal(value))


def test_points_outside_the_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="scale"):
        of_points([Decimal(11), Decimal(3)], needed=2, scale=Decimal(10), agree_pct=Decimal(20))


@given(LEVELS, st.integers(2, 4), st.integers(0, 3))
def test_the_order_of_evaluators_never_matters_and_the_value_is_one_of_theirs(
    levels: list[str], needed: int, agree_spread: int
) -> None:
    found = of_levels(levels, needed=needed, agree_spread=agree_spread)
    assert found == of_levels(reversed(levels), needed=needed, agree_spread=agree_spread)
    assert (found.value in levels) == (found.state == UNDER_AGREEMENT)
    if found.value is not None and found.low is not None and found.high is not None:
        assert is_within(found.value, found.low, found.high)
        lower = sum(1 for one in levels if one < found.value)
        higher = sum(1 for one in levels if one > found.value)
        assert lower < len(levels) / 2
        assert higher <= len(levels) / 2, "the lower of two"
        assert found.spread is not None
        assert found.spread <= agree_spread


def test_a_moderated_value_lies_within_the_range() -> None:
    assert is_within("E2", "E1", "E3")
    assert not is_within("E0", "E1", "E3")
    assert not is_within("E9", "E1", "E3")
