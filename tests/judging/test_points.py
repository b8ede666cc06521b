"""Points from figures and places from points: the numbers of the scoring rules, and what no figures may break."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.judging import points
from framework.judging.points import Given, place, points_of

LEVELS = {"level_1": "0.40", "level_2": "0.35", "level_3": "0.20", "level_4": "0.05"}


@pytest.mark.parametrize(
    ("formula", "weight", "parameters", "figure", "wanted"),
    [
        ("transparency", "15", LEVELS, Fraction("0.4645"), "6.97"),
        ("transparency", "15", LEVELS, Fraction("0.4916"), "7.37"),
        ("points", "20", {"scale": "10"}, Decimal("6.5"), "13.00"),
        ("points", "30", {"scale": "8"}, Decimal("3.37"), "12.64"),
        ("completeness", "10", LEVELS, Fraction(2, 3), "6.67"),
        ("transparency", "3", LEVELS, Fraction(11, 600), "0.06"),
        ("transparency", "30", LEVELS, Fraction(1673, 6000), "8.37"),
        ("transparency", "30", LEVELS, Fraction(1943, 6000), "9.72"),
    ],
)
def test_points_follow_the_published_formula(formula, weight, parameters, figure, wanted):
    assert points_of(formula, Decimal(weight), parameters, figure) == Decimal(wanted)


@given(
    st.integers(0, 10_000).map(lambda one: Decimal(one) / 100),
    st.fractions(0, 1, max_denominator=60_000),
    st.integers(1, 100),
)
def test_points_are_rounded_once_half_up(weight, share, scale):
    for formula, parameters, figure in (("transparency", LEVELS, share), ("points", {"scale": scale}, share * scale)):
        found = points_of(formula, weight, parameters, figure)
        assert found == found.quantize(Decimal("0.01"))
        assert Fraction(-1, 200) < Fraction(found) - Fraction(weight) * share <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("formula", "parameters"),
    [("absolute_linear", {"p_low": "1", "p_high": "2"}), ("", {}), ("points", {}), ("points", {"scale": "many"})],
)
def test_what_has_no_figure_here_gives_no_points(formula, parameters):
    assert points_of(formula, Decimal(10), parameters, Fraction(1, 2)) is None


def given_of(*values, is_price=False):
    return [
        Given(
            number,
            Decimal(10),
            None if one is None else Decimal(one),
            "no_price" if one is None else "",
            is_price=is_price,
        )
        for number, one in enumerate(values)
    ]


def test_the_higher_total_comes_first_and_equals_share_a_place():
    found = place([(1, given_of("5.00", "4.00")), (2, given_of("9.00", "1.00")), (3, given_of("9.00", "1.00"))])
    assert [(one.submission_id, one.place, one.is_tied) for one in found] == [(2, 1, True), (3, 1, True), (1, 3, False)]


def test_of_equal_totals_more_points_for_all_but_the_price_come_first():
    first = [Given(1, Decimal(50), Decimal(40), is_price=True), Given(2, Decimal(50), Decimal(20))]
    second = [Given(1, Decimal(50), Decimal(30), is_price=True), Given(2, Decimal(50), Decimal(30))]
    found = place([(1, first), (2, second)])
    assert [(one.submission_id, one.place, one.is_tied) for one in found] == [(2, 1, False), (1, 2, False)]


def test_one_unknown_leaves_the_whole_lot_without_places():
    found = place([(1, given_of("5.00", "4.00")), (2, given_of("9.00", None)), (3, [])])
    assert [(one.submission_id, one.place, one.total, one.reason) for one in found] == [
        (1, None, Decimal("9.00"), points.OTHERS),
        (2, None, None, points.NO_PRICE),
        (3, None, None, points.NO_FORMULA),
    ]
    assert found[1].known == Decimal("9.00"), "what is known is told, and is no total"


AMOUNTS = st.one_of(st.none(), st.integers(0, 400).map(lambda one: Decimal(one) / 4))


@given(st.lists(st.lists(AMOUNTS, min_size=1, max_size=3), max_size=6))
def test_places_are_of_all_or_of_none_and_follow_the_totals(tenders):
    found = place([(number, given_of(*amounts)) for number, amounts in enumerate(tenders)])
    assert sorted(one.submission_id for one in found) == list(range(len(tenders)))
    if any(None in amounts for amounts in tenders):
        assert all(one.place is None and one.reason in points.REASONS for one in found)
        return
    for one in found:
        assert not one.reason
        assert one.place == 1 + sum(1 for other in found if (other.total, other.quality) > (one.total, one.quality))
        assert one.is_tied == (sum(1 for other in found if other.place == one.place) > 1)
