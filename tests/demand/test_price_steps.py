"""Steps in price: the arithmetic of a pool against each member alone, exact, unknown where there is no price."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.demand.price_steps import (
    PARTS,
    WHOLE,
    Ladder,
    Step,
    effect,
    effect_of,
    in_cents,
    priced_as,
    to_cent,
    total,
    unpriced,
)

LAPTOP = (1, "laptop", "")
POWER = (1, "laptop", "power")
STANDARD = (1, "laptop", "standard")


def ladder(*steps: tuple[int, str], reading: str = WHOLE) -> Ladder:
    return Ladder(tuple(Step(start, Decimal(price)) for start, price in steps), reading)


THREE = ladder((1, "700"), (1000, "650"), (5000, "600"))


@pytest.mark.parametrize(
    ("quantity", "step", "cost", "more"),
    [
        (1, 0, 700, 999),
        (999, 0, 699_300, 1),
        (1000, 1, 650_000, 4000),
        (4999, 1, 3_249_350, 1),
        (5000, 2, 3_000_000, None),
    ],
)
def test_all_pieces_cost_what_the_step_reached_says(quantity, step, cost, more):
    assert (THREE.at(quantity), THREE.cost(quantity), THREE.to_next(quantity)) == (step, cost, more)


@pytest.mark.parametrize(
    ("quantity", "cost"),
    [(999, 999 * 700), (1000, 999 * 700 + 650), (5001, 999 * 700 + 4000 * 650 + 2 * 600)],
)
def test_read_in_parts_each_step_keeps_its_own_price(quantity, cost):
    in_parts = ladder((1, "700"), (1000, "650"), (5000, "600"), reading=PARTS)

    assert in_parts.cost(quantity) == cost


def test_pieces_before_the_first_step_cost_its_price_once_it_is_reached():
    in_parts = ladder((100, "700"), (200, "600"), reading=PARTS)

    assert in_parts.cost(99) is None
    assert in_parts.cost(100) == 70_000
    assert in_parts.cost(201) == 199 * 700 + 2 * 600


def test_below_the_first_step_there_is_no_price_and_never_0():
    found = effect_of(ladder((500, "650")), {1: 400, 2: 300})

    assert found.parts[1].alone is None
    assert found.parts[1].saving is None
    assert found.parts[1].share == 400 * 650
    assert found.saving is None
    assert found.without_price_alone == 2


def test_a_pool_below_the_first_step_has_no_price_and_says_how_many_pieces_are_missing():
    found = effect_of(ladder((500, "650")), {1: 100, 2: 200})

    assert (found.step, found.cost, found.unit_price, found.to_next) == (None, None, None, 200)
    assert found.cost_at_next == 500 * 650
    assert found.deciding == ()
    assert found.parts[1].share is None


def test_what_the_pool_saves_each_member():
    found = effect_of(THREE, {1: 400, 2: 600, 3: 3000})

    assert found.unit_price == 650
    assert {member: part.saving for member, part in found.parts.items()} == {1: 20_000, 2: 30_000, 3: 0}
    assert found.saving == 50_000
    assert (found.to_next, found.cost_at_next) == (1000, 3_000_000)


def test_who_decides_a_step_is_each_one_without_whom_the_pool_falls_below_it():
    assert effect_of(THREE, {1: 400, 2: 600, 3: 0}).deciding == (1, 2)
    assert effect_of(THREE, {1: 400, 2: 600, 3: 700}).deciding == ()
    assert effect_of(THREE, {1: 400, 2: 5000, 3: 0}).deciding == (2,)


def test_a_price_that_rises_is_told_and_the_saving_is_below_0():
    rising = ladder((1, "600"), (100, "650"))

    assert rising.rises == (1,)
    assert effect_of(rising, {1: 60, 2: 60}).parts[1].saving == -3000
    assert THREE.rises == ()


@pytest.mark.parametrize("starts", [(), (5, 5), (10, 5), (0,)])
def test_steps_that_do_not_rise_are_no_ladder(starts):
    with pytest.raises(ValueError, match="rise strictly"):
        ladder(*((start, "1") for start in starts))


def test_a_tier_without_a_price_of_its_own_counts_with_its_category():
    ladders = {LAPTOP: THREE, POWER: ladder((1, "900"))}
    found = effect(ladders, {STANDARD: {1: 10}, (1, "laptop", "heavy"): {1: 5, 2: 7}, POWER: {2: 3}})

    assert {m: p.quantity for m, p in found[LAPTOP].parts.items()} == {1: 15, 2: 7}
    assert {m: p.quantity for m, p in found[POWER].parts.items()} == {2: 3}


def test_what_a_list_has_no_price_for_is_named():
    monitor = (1, "monitor", "")

    assert unpriced([POWER], {STANDARD: {1: 10}, POWER: {1: 1}, monitor: {1: 0}}) == [STANDARD]
    assert priced_as(STANDARD, [POWER]) is None


def test_an_item_that_nobody_wants_has_no_pieces_and_no_price():
    found = effect({LAPTOP: THREE}, {})[LAPTOP]

    assert (found.quantity, found.cost, found.unit_price, found.to_next) == (0, None, None, 1)


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The first of these tests also pays for what the library reads of our modules."""
prices = st.integers(1, 999_990_000).map(lambda units: Decimal(units).scaleb(-4))
starts = st.lists(st.integers(1, 5000), min_size=1, max_size=6, unique=True).map(sorted)
quantities = st.dictionaries(st.integers(1, 40), st.integers(0, 3000), min_size=1, max_size=12)
readings = st.sampled_from([WHOLE, PARTS])


@st.composite
def ladders(draw, *, falling: bool) -> Ladder:
    found = draw(starts)
    asked = draw(st.lists(prices, min_size=len(found), max_size=len(found)))
    if falling:
        asked.sort(reverse=True)
    return Ladder(tuple(Step(q, p) for q, p in zip(found, asked, strict=True)), draw(readings))


@unhurried
@given(ladders(falling=True), quantities)
def test_where_prices_fall_nobody_pays_more_in_the_pool_than_alone(steps, by_member):
    found = effect_of(steps, by_member)

    for part in found.parts.values():
        assert part.saving is None or part.saving >= 0
        if part.alone is not None and part.quantity:
            assert found.unit_price is not None
            assert found.unit_price <= part.alone / part.quantity


@unhurried
@given(ladders(falling=False), quantities)
def test_the_shares_add_up_to_the_cost_of_the_pool_to_the_cent(steps, by_member):
    found = effect_of(steps, by_member)
    shares = [part.share for part in found.parts.values()]
    if found.cost is None:
        assert shares == [None] * len(shares)
    else:
        assert sum(in_cents(shares)) == to_cent(found.cost)


@unhurried
@given(ladders(falling=False), quantities)
def test_units_to_the_next_step_reach_it_and_one_fewer_does_not(steps, by_member):
    found = effect_of(steps, by_member)
    if found.to_next is None:
        assert found.step == len(steps.steps) - 1
    else:
        reached = -1 if found.step is None else found.step
        assert steps.at(found.quantity + found.to_next) == reached + 1
        assert steps.at(found.quantity + found.to_next - 1) == found.step


@unhurried
@given(ladders(falling=False), quantities)
def test_who_decides_is_whoever_takes_the_pool_below_its_step_by_leaving(steps, by_member):
    found = effect_of(steps, by_member)
    for member in by_member:
        left = effect_of(steps, {m: q for m, q in by_member.items() if m != member})
        below = found.step is not None and (left.step is None or left.step < found.step)
        assert (member in found.deciding) == below


@unhurried
@given(st.lists(st.fractions(min_value=-1000, max_value=1000), max_size=12))
def test_amounts_to_the_cent_add_up_and_move_by_less_than_a_cent(amounts):
    found = in_cents(amounts)

    assert sum(found, Decimal(0)) == to_cent(sum(amounts, Fraction(0)))
    for exact, shown in zip(amounts, found, strict=True):
        assert abs(Fraction(shown) - exact) < Fraction(1, 100)
        assert exact < 0 or shown >= 0


@unhurried
@given(
    amounts=st.lists(st.fractions(-5000, 5000, max_denominator=9973), max_size=12),
    factor=st.fractions("1/100000", 100, max_denominator=10**8),
)
def test_cents_at_a_rate_are_those_of_the_converted_amounts(amounts, factor):
    exact = [amount * factor * 100 for amount in amounts]
    floors = [amount.numerator // amount.denominator for amount in exact]
    left = int(to_cent(sum(exact, Fraction(0)) / 100) * 100) - sum(floors)
    ranked = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    expected = [floor + (i in ranked[:left]) for i, floor in enumerate(floors)]

    assert [int(cents * 100) for cents in in_cents(amounts, factor)] == expected
    assert total(amounts) == sum(amounts, Fraction(0))


def test_what_it_means_for_members_is_worked_out_only_where_it_is_asked_for():
    found = effect_of(THREE, {1: 400, 2: 600, 3: 400})

    assert (found.step, found.unit_price) == (1, 650)
    assert "parts" not in vars(found)
    assert found.parts[1] is found.parts[3]
