"""Measures of a lot: means weighted by the pooled quantity, with the part of the volume for which they are unknown."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from framework.chain import shares
from framework.chain.measures.formulas import rounded
from framework.chain.measures.product import COUNTS, MEASURES, NOTHING_ASKED, Figures
from framework.chain.measures.rolling import NO_VOLUME, Sums, roll


def figures(completeness, *, whole=False):
    values = dict.fromkeys(MEASURES) | {"completeness": None if completeness is None else Fraction(completeness)}
    reasons = {name: NOTHING_ASKED for name, value in values.items() if value is None}
    return Figures(values, reasons, dict.fromkeys(COUNTS, 0), Fraction(0), whole, None)


def lot(*products, told=(80, 20), pool=10_000):
    parts, assumed = shares.of_models([None if share is None else Fraction(share) for share in told])
    sums = Sums()
    for number, one in enumerate(products):
        sums.add(one, parts[number], assumed=assumed)
    return roll([(sums, None if pool is None else Fraction(pool))])


def test_a_lot_is_the_mean_of_its_products_weighted_by_the_pool():
    found = lot(figures("0.69875"), figures("0.80"))

    assert found.values["completeness"].value == Fraction("0.7190")
    assert found.quantity == 10_000


def test_where_a_product_is_unknown_the_part_of_the_volume_stands_beside():
    found = lot(figures("0.69875"), figures(None)).values["completeness"]

    assert found.value == Fraction("0.69875")
    assert rounded(found.unknown * 100, 1) == Decimal("20.0")


def test_coverage_by_volume_counts_products_whose_assembly_is_known():
    found = lot(figures("1", whole=True), figures("1"))

    assert found.volume.value == Fraction("0.8")


@pytest.mark.parametrize("pool", [None, 0])
def test_without_a_pooled_quantity_a_lot_is_unknown(pool):
    found = lot(figures("1"), figures("1"), pool=pool)

    assert (found.values["completeness"].value, found.values["completeness"].reason) == (None, NO_VOLUME)
    assert (found.volume.value, found.quantity, found.unpooled) == (None, None, 2)


@pytest.mark.parametrize("told", [(None, None), (80, None), (80, 30)])
def test_shares_of_the_offer_that_do_not_add_up_are_split_equally_and_flagged(told):
    found = lot(figures("1"), figures("0"), told=told)

    assert found.values["completeness"].value == Fraction(1, 2)
    assert found.assumed == 2


def test_groups_weigh_by_their_own_quantity():
    one, other = Sums(), Sums()
    one.add(figures("1"), Fraction(1), assumed=False)
    other.add(figures("0"), Fraction(1), assumed=False)

    assert roll([(one, Fraction(300)), (other, Fraction(100))]).values["completeness"].value == Fraction(3, 4)
    assert roll([(one, Fraction(300)), (other, None)]).values["completeness"].value == 1
    assert roll([]).values["completeness"].reason == NO_VOLUME
