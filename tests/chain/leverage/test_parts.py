"""The arithmetic of leverage: parts that add up, whatever the shares, in any order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.chain import shares
from framework.chain.leverage.flows import Model, serving
from framework.chain.leverage.parts import apportion, fitted, site_parts
from framework.chain.measures.rolling import quantities_of, quantity_of
from framework.chain.measures.stored import shares_of
from framework.demand.pooled import Amount

SHARES = st.none() | st.decimals(0, 120, places=2)
WEIGHTS = st.lists(st.integers(0, 10**14), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(
    ("shares", "parts", "rest", "assumed"),
    [
        ([60, 30], [Fraction(60, 100), Fraction(30, 100)], Fraction(10, 100), False),
        ([60, None, None], [Fraction(60, 100), Fraction(20, 100), Fraction(20, 100)], Fraction(0), True),
        ([None, None, None], [Fraction(1, 3)] * 3, Fraction(0), True),
        ([None], [Fraction(1)], Fraction(0), True),
        ([100], [Fraction(1)], Fraction(0), False),
        ([100, None], [Fraction(1), Fraction(0)], Fraction(0), True),
        ([60, 60], [Fraction(1, 2), Fraction(1, 2)], Fraction(0), True),
        ([0, 0], [Fraction(0), Fraction(0)], Fraction(1), False),
    ],
    ids=["a remainder", "some blank", "all blank", "one blank", "one whole", "nothing left", "above 100", "zero"],
)
def test_shares_of_sites_become_parts(shares, parts, rest, assumed):
    links = [(number, None if share is None else Decimal(share)) for number, share in enumerate(shares)]

    assert site_parts(links) == (dict(enumerate(parts)), rest, assumed)


def test_shares_that_add_up_but_for_a_hundredth_are_the_whole():
    links = [(1, Decimal("33.33")), (2, Decimal("33.33")), (3, Decimal("33.33"))]

    assert site_parts(links) == ({1: Fraction(1, 3), 2: Fraction(1, 3), 3: Fraction(1, 3)}, Fraction(0), False)
    assert shares.of_models([share for _place, share in links]) == ([Fraction(1, 3)] * 3, False)


@pytest.mark.parametrize("told", [[None, None], [Decimal(80), None], [Decimal(80), Decimal(80)]])
def test_models_without_whole_shares_take_equal_parts_assumed(told):
    assert shares.of_models(told) == ([Fraction(1, 2)] * 2, True)


MODELS = st.lists(
    st.tuples(
        st.sampled_from(["laptop", "monitor"]),
        st.sampled_from(["", " ", "Power", "power", "POWER ", "basic"]),
        st.none() | st.sampled_from([Decimal(40), Decimal(60), Decimal(100)]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(MODELS)
def test_measures_and_leverage_divide_the_models_of_an_offer_alike(told):
    """Whatever the case and blanks of a tier: the part of a model is the same where measures weigh and leverage flows."""
    products = [
        SimpleNamespace(id=n, category=category, spec_tier=tier, offered_share=share)
        for n, (category, tier, share) in enumerate(told)
    ]
    models = [Model(str(n), (category, tier), share) for n, (category, tier, share) in enumerate(told)]
    parts = shares_of(products)

    for model in models:
        same, is_assumed = serving(models, model.group)
        takes, is_split = shares.of_models([one.share for one in same])
        assert not is_assumed
        assert {int(one.brand): (part, is_split) for one, part in zip(same, takes, strict=True)} == {
            int(one.brand): parts[int(one.brand)] for one in same
        }


def test_pooled_quantities_of_a_tier_in_other_letters_are_added():
    amounts = {
        ("laptop", "Power"): Amount(expected=100, lines=1),
        ("laptop", "power"): Amount(expected=20, lines=1),
        ("laptop", "POWER"): Amount(lines=1, not_known=1),
        ("laptop", ""): Amount(lines=1, not_known=1),
    }

    found = quantities_of(SimpleNamespace(by=lambda *_names: amounts))

    assert found == {("laptop", "power"): 120, ("laptop", ""): None}
    assert quantity_of(found, "laptop", "pow er") == 120


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), SHARES), max_size=12), st.randoms())
def test_parts_of_sites_are_within_bounds_and_do_not_depend_on_the_order(links, chance):
    parts, rest, assumed = site_parts(links)
    mixed = list(links)
    chance.shuffle(mixed)

    assert site_parts(mixed) == (parts, rest, assumed)
    assert all(0 <= part <= 1 for part in [*parts.values(), rest])
    assert not links or sum(parts.values()) + rest == 1


@settings(max_examples=100, deadline=None)
@given(WEIGHTS, st.integers(0, 10**9))
def test_whole_pieces_add_up_and_stay_within_one_of_their_share(weights, total):
    parts = apportion(weights, total)

    assert sum(parts) == total
    assert all(
        abs(part - Fraction(weight * total, sum(weights))) < 1 for part, weight in zip(parts, weights, strict=True)
    )


@settings(max_examples=100, deadline=None)
@given(WEIGHTS, st.integers(0, 10**6), st.data())
def test_the_part_of_a_member_never_exceeds_what_it_is_a_part_of(weights, total, data):
    whole = apportion(weights, total)
    own = data.draw(st.integers(0, total))

    part = apportion(weights, own, most=whole)

    assert sum(part) == own
    assert all(a <= b for a, b in zip(part, whole, strict=True))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 5)), st.integers(1, 10**9), min_size=1, max_size=20),
    st.integers(0, 5_000),
)
def test_a_table_of_flows_adds_up_in_both_directions(cells, total):
    rows = apportion([sum(v for c, v in cells.items() if c[0] == row) for row in range(5)], total)
    columns = apportion([sum(v for c, v in cells.items() if c[1] == column) for column in range(6)], total)

    found = fitted(cells, rows, columns)

    assert [sum(v for c, v in found.items() if c[0] == row) for row in range(5)] == rows
    assert [sum(v for c, v in found.items() if c[1] == column) for column in range(6)] == columns
    assert all(value > 0 for value in found.values())
