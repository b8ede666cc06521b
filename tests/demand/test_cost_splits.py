"""Dues by bands and splits of joint costs: the vectors of the specification, edges, and properties over many worlds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.demand import cost_splits, dues
from framework.demand.cost_splits import Sharer, split
from framework.demand.dues import Dues

EW = dues.bands()


@pytest.mark.parametrize(
    ("spend", "band", "owed"),
    [
        ("0.01", "A", "3150.00"),
        ("1000000", "A", "3150.00"),
        ("1000000.01", "B", "5500.00"),
        ("2000000", "B", "5500.00"),
        ("3000000", "B", "5500.00"),
        ("3000000.01", "C", "6000.00"),
        ("3500000", "C", "6000.00"),
        ("4000000", "C", "6000.00"),
        ("5000000", "C", "7500.00"),
        ("5000000.01", "D", "7500.00"),
        ("6000000", "D", "7500.00"),
        ("7142857.14", "D", "7500.00"),
        ("7142870", "D", "7500.01"),
        ("10000000", "D", "10500.00"),
        ("20000000", "D", "21000.00"),
        ("20000000.01", "E", "21000.00"),
        ("50000000", "E", "52500.00"),
        ("57142857.15", "E", "60000.00"),
        ("60000000", "E", "60000.00"),
    ],
)
def test_dues_follow_the_bands_and_an_edge_belongs_to_the_lower_one(spend, band, owed):
    assert dues.estimate(Decimal(spend), "EUR", EW) == Dues(Decimal(owed), "EUR", band)


def test_unknown_spend_makes_dues_unknown_and_nothing_in_scope_makes_them_nothing():
    assert dues.estimate(None, "EUR", EW) == Dues(None, "EUR", reason="spend-unknown")
    assert dues.estimate(Decimal(0), "EUR", EW) == Dues(Decimal("0.00"), "EUR")


def test_spend_in_another_currency_is_not_converted_in_silence():
    assert dues.estimate(Decimal(5_000_000), "SEK", EW) == Dues(None, "EUR", reason="other-currency")


def test_spend_below_zero_is_refused():
    with pytest.raises(ValueError, match="-1"):
        dues.estimate(Decimal(-1), "EUR", EW)


def test_the_bands_leave_no_gap_and_a_body_that_is_not_known_has_none():
    assert [band.up_to for band in EW[:-1]] == [band.over for band in EW[1:]]
    assert (EW[0].over, EW[-1].up_to) == (0, None)
    assert dues.bands("Nobody Watch") == ()
    assert dues.bands(on=dt.date(2000, 1, 1)) == EW
    assert dues.estimate(Decimal(5), "SEK", ()) == Dues(None, "SEK", reason="no-band")


def parts(found: cost_splits.Split) -> list[str]:
    return [str(found.parts[number]) for number in sorted(found.parts)]


def of_spends(*spends: str | None) -> list[Sharer]:
    return [Sharer(n, Decimal(s) if s is not None else None) for n, s in enumerate(spends, 1)]


def of_percents(*percents: str | None) -> list[Sharer]:
    return [Sharer(n, percent=Decimal(p) if p is not None else None) for n, p in enumerate(percents, 1)]


@pytest.mark.parametrize(
    ("rule", "amount", "sharers", "wanted"),
    [
        ("by_spend", "10500", of_spends("6000000", "3000000", "1000000"), ["6300.00", "3150.00", "1050.00"]),
        ("equal", "5500", of_spends(None, None, None), ["1833.34", "1833.33", "1833.33"]),
        ("entered", "100.01", of_percents("50", "50"), ["50.01", "50.00"]),
        ("entered", "10.00", of_percents("33.33", "33.33", "33.34"), ["3.33", "3.33", "3.34"]),
        ("by_spend", "0.01", of_spends("1", "2", "0"), ["0.00", "0.01", "0.00"]),
        ("by_spend", "0.02", of_spends("1", "1", "1"), ["0.01", "0.01", "0.00"]),
        ("equal", "0", of_spends("1", "1"), ["0.00", "0.00"]),
    ],
)
def test_a_cost_is_divided_to_the_cent(rule, amount, sharers, wanted):
    assert parts(split(rule, Decimal(amount), sharers)) == wanted


@pytest.mark.parametrize(
    ("rule", "amount", "sharers", "reason", "missing"),
    [
        ("by_spend", "10", of_spends("1", None, None), "spend-unknown", (2, 3)),
        ("by_spend", "10", of_spends("0", "0"), "no-spend", ()),
        ("entered", "10", of_percents("50", None), "share-unknown", (2,)),
        ("entered", "10", of_percents("50", "49.99"), "not-whole", ()),
        ("entered", "10", of_percents("50", "50.01"), "not-whole", ()),
        ("equal", None, of_spends("1"), "amount-unknown", ()),
        ("equal", "10", [], "nobody", ()),
    ],
)
def test_what_cannot_be_divided_says_why_and_has_no_part(rule, amount, sharers, reason, missing):
    found = split(rule, Decimal(amount) if amount is not None else None, sharers)

    assert (dict(found.parts), found.reason, found.missing) == ({}, reason, missing)


@pytest.mark.parametrize(
    ("rule", "amount", "sharers"),
    [
        ("by_head", "10", of_spends("1")),
        ("equal", "-0.01", of_spends("1")),
        ("equal", "0.001", of_spends("1")),
        ("by_spend", "1", of_spends("-1", "2")),
    ],
)
def test_what_makes_no_sense_is_an_error(rule, amount, sharers):
    with pytest.raises(ValueError):
        split(rule, Decimal(amount), sharers)


calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
MONEY = st.integers(0, 10**11).map(lambda cents: Decimal(cents).scaleb(-2))
SPENDS = st.builds(lambda some, first: [first, *some], st.lists(MONEY, max_size=39), MONEY.map(lambda one: one + 1))


@calm
@given(MONEY, SPENDS)
def test_parts_by_spend_add_up_and_grow_with_spend(amount, spends):
    sharers = [Sharer(number, spend) for number, spend in enumerate(spends)]

    found = split("by_spend", amount, sharers).parts

    assert sum(found.values()) == amount
    assert min(found.values()) >= 0
    ranked = sorted(sharers, key=lambda one: (one.spend, -one.number))
    assert [found[one.number] for one in ranked] == sorted(found.values())
    assert all(found[one.number] == 0 for one in sharers if one.spend == 0)


@calm
@given(MONEY, SPENDS, st.randoms())
def test_the_order_of_the_members_never_matters(amount, spends, chance):
    sharers = [Sharer(number, spend) for number, spend in enumerate(spends)]
    mixed = sharers.copy()
    chance.shuffle(mixed)

    assert split("by_spend", amount, mixed) == split("by_spend", amount, sharers)
    assert split("equal", amount, mixed) == split("equal", amount, sharers)


@calm
@given(MONEY, st.integers(1, 60))
def test_equal_parts_differ_by_a_cent_at_most(amount, members):
    found = split("equal", amount, [Sharer(number) for number in range(members)]).parts

    assert sum(found.values()) == amount
    assert max(found.values()) - min(found.values()) <= Decimal("0.01")


@calm
@given(MONEY, st.lists(st.integers(0, 10_000), max_size=20))
def test_entered_shares_add_up_to_the_whole(amount, cuts):
    edges = [0, *sorted(cuts), 10_000]
    percents = [Decimal(high - low).scaleb(-2) for low, high in pairwise(edges)]
    sharers = [Sharer(number, percent=percent) for number, percent in enumerate(percents)]

    found = split("entered", amount, sharers).parts

    assert sum(found.values()) == amount
    assert all(abs(found[one.number] - amount * one.percent / 100) < Decimal("0.01") for one in sharers)
