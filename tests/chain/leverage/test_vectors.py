"""The worked example of the leverage of a site (scoring.md 7), and where what is not known stands."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from framework.chain.leverage import reading
from framework.chain.leverage.figures import figures
from tests.chain.leverage.conftest import line, offer


@pytest.fixture
def three(member):
    """M1 3,000 and M2 1,200 of one tier at 700; M3 buys another."""
    return [member(line(3000, "A")), member(line(1200, "A")), member(line(500, "B"))]


def told(opened, lot, reader, by_name, letter="S"):
    """What `leverage_of` says of one site's only component."""
    found = reading.leverage_of(opened.session, lot, [by_name(letter)], reader)
    (only,) = found[by_name(letter)]
    return only


def test_a_site_is_as_heavy_as_the_members_that_buy_what_is_made_there(opened, lot, three, lead, by_name):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 60}), ("P2", "laptop", "B", 100, {"T": 100})))

    one = told(opened, lot, lead, by_name)
    found = reading.view(opened.session, lot, lead)
    members = reading.members_at(found.flow, found.ledger, by_name("S"), 2)

    assert (one.members, one.behind, one.behind_cents) == (2, 4200, 294_000_000)
    assert (one.units, one.cents, one.currency, one.is_assumed) == (2520, 176_400_000, "EUR", False)
    whole = sum(cents for _member, _units, cents in members)
    assert [(m, round(Decimal(cents * 100) / whole, 2)) for m, _units, cents in members] == [
        (three[0].id, Decimal("71.43")),
        (three[1].id, Decimal("28.57")),
    ]


def test_three_sites_without_shares_take_a_third_each_assumed(opened, lot, three, lead, by_name):
    opened.built(
        offer(("P1", "laptop", "A", 100, {"S": None, "T": None, "U": None}), ("P2", "laptop", "B", 100, {"V": 100}))
    )

    for letter in "STU":
        one = told(opened, lot, lead, by_name, letter)
        assert (one.cents, one.units, one.is_assumed) == (98_000_000, 1400, True)


def test_the_remainder_of_a_share_is_not_told(opened, lot, three, lead):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 60}), ("P2", "laptop", "B", 100, {"T": 100})))

    found = reading.view(opened.session, lot, lead).figures

    assert {status: one.units for status, one in found.buckets.items()} == {"not_told": 1680}


def test_a_model_without_chain_data_is_never_spread_over_sites(opened, lot, three, lead):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 60}), ("P2", "laptop", "B", 100, {})))

    found = reading.view(opened.session, lot, lead).figures

    assert {status: one.units for status, one in found.buckets.items()} == {"not_told": 1680, "unknown": 500}


def test_what_nobody_offers_stands_apart(opened, lot, three, lead):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100})))

    found = reading.view(opened.session, lot, lead).figures

    assert {status: one.units for status, one in found.buckets.items()} == {"no_model": 500}


def test_a_site_of_which_nobody_buys_has_a_leverage_of_nothing(opened, lot, three, lead, by_name):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), ("P9", "laptop", "C", 100, {"T": 100})))

    one = told(opened, lot, lead, by_name, "T")

    assert (one.members, one.units, one.cents) == (0, 0, 0)


def test_a_spend_that_some_did_not_tell_is_a_lower_bound(opened, lot, member, lead, by_name):
    member(line(3000, "A"))
    member(line(1200, "A", price=None))
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100})))

    one = told(opened, lot, lead, by_name)

    assert (one.units, one.cents, one.missing, one.members) == (4200, 210_000_000, 1, 2)


def test_a_spend_that_nobody_told_is_unknown(opened, lot, member, lead, by_name):
    member(line(1200, "A", price=None))
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100})))

    assert told(opened, lot, lead, by_name).cents is None


def test_offers_count_for_equal_parts_until_one_is_chosen(opened, lot, three, lead, by_name):
    first = opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), ("P2", "laptop", "B", 100, {"S": 100})))
    opened.built(offer(("P1", "laptop", "A", 100, {"T": 100}), ("P2", "laptop", "B", 100, {}), brand="Other"))

    both = reading.view(opened.session, lot, lead)
    alone = reading.view(opened.session, lot, lead, offer=first.id)

    assert {site: one.units for site, one in both.figures.sites.items()} == {by_name("S"): 2350, by_name("T"): 2100}
    assert both.figures.buckets["unknown"].units == 250
    assert {site: one.units for site, one in alone.figures.sites.items()} == {by_name("S"): 4700}


def test_most_of_a_category_from_few_sites_is_said(opened, lot, member, lead):
    member(line(1000, "A"))
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 40, "T": 22, "U": 20, "V": 10})))

    (one,) = reading.view(opened.session, lot, lead).figures.concentration

    assert (one.category, one.units, one.sites, one.share) == ("laptop", 1000, 2, Fraction(62, 100))


def test_a_member_that_leaves_takes_exactly_its_part_along(opened, lot, three, lead, by_name):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 60, "T": None}), ("P2", "laptop", "B", 100, {"T": 100})))
    found = reading.view(opened.session, lot, lead)

    gone = figures(found.flow, found.ledger, 2, leaver=three[1].id)
    left = figures(found.flow, found.ledger.without(three[1].id), 2)

    assert (gone.lost, gone.sites[by_name("S")].lost, gone.sites[by_name("T")].lost) == (1200, 720, 480)
    assert {site: one.left for site, one in gone.sites.items()} == {site: one.units for site, one in left.sites.items()}


def test_an_offer_that_is_excluded_counts_no_more(opened, lot, three, lead, by_name):
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), ("P2", "laptop", "B", 100, {"S": 100})))
    second = opened.built(offer(("P1", "laptop", "A", 100, {"T": 100}), brand="Other"))
    second.state = "excluded"
    opened.session.flush()

    found = reading.view(opened.session, lot, lead).figures

    assert {site: one.units for site, one in found.sites.items()} == {by_name("S"): 4700}


def test_demand_without_a_tier_and_models_without_one_find_each_other(opened, lot, member, lead):
    member(line(100, ""), line(40, "power"))
    opened.built(offer(("P1", "laptop", "", 100, {"S": 100})))

    (only,) = reading.view(opened.session, lot, lead).figures.sites.values()

    assert (only.units, only.assumed) == (140, True)
