"""Who learns what of the leverage: no single member's amount outside, no hidden site, and nothing by taking figures apart."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.chain import comparison
from framework.chain.leverage import reading
from framework.chain.leverage.export import known_parts, weights_of
from framework.chain.leverage.figures import HIDDEN, REST, figures
from framework.chain.leverage.picture import picture
from framework.demand.leverage import lever_strip
from tests.chain.leverage.conftest import PLACES, line, offer
from tests.chain.leverage.test_sums import LEDGERS, OFFERS, flow_of
from tests.memory import remembered

ALL_FIVE = dict.fromkeys(PLACES, 20)


@pytest.fixture
@remembered
def monitor(opened):
    return opened.reader(opened.build.organisation("monitor"))


@settings(max_examples=60, deadline=None)
@given(LEDGERS, st.integers(1, 4))
def test_what_is_left_out_for_outsiders_cannot_be_computed_from_sums(ledger, least):
    """Everybody knows the sum of the lot and of each category; what is missing from them has enough members behind it."""
    shown = ledger.for_outsiders(least)

    for group in shown.groups:
        members = ledger.members([group])
        assert not members or len(members) >= least
    for category in {None, *(group[0] for group in ledger.groups)}:
        groups = [g for g in ledger.groups if category in (None, g[0])]
        missing = [g for g in groups if g not in shown.groups]
        behind = ledger.members(missing)
        is_all_left_out = not ledger.members([g for g in groups if g in shown.groups])
        assert not behind or len(behind) >= least or is_all_left_out
    assert shown.held_back == set(ledger.groups) - set(shown.groups)


@settings(max_examples=60, deadline=None)
@given(LEDGERS)
def test_money_is_told_outside_only_where_enough_members_gave_some(ledger):
    shown = ledger.for_outsiders(3)

    for shares in shown.groups.values():
        valued = [share for share in shares.values() if share.cents]
        assert not valued or len(valued) >= 3


def test_the_monitor_learns_no_amount_of_few_members_from_any_two_figures(opened, lot, member, lead, monitor):
    for quantity in (100, 200, 300):
        member(line(quantity, "A"))
    member(line(7, "B"))
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), ("P2", "laptop", "B", 100, {"T": 100})))

    inside = reading.view(opened.session, lot, lead)
    outside = reading.view(opened.session, lot, monitor)

    assert inside.figures.units == 607
    assert outside.figures is None or outside.figures.units == 0
    amounts = {100, 200, 300, 7}
    shown = {one.units for one in outside.figures.sites.values()} | {outside.figures.units, 607}
    assert not {abs(a - b) for a, b in itertools.product(shown | {0}, repeat=2)} & amounts


def test_the_monitor_sees_groups_behind_which_enough_members_stand(opened, lot, member, monitor):
    for quantity in (100, 200, 300):
        member(line(quantity, "A"), line(quantity, "B"))
    member(line(7, "C"))
    opened.built(offer(*((f"P{t}", "laptop", t, 100, {p: 100}) for t, p in zip("ABC", "STU", strict=True))))

    found = reading.view(opened.session, lot, monitor)

    assert found.figures.units == 600
    assert found.ledger.held_back
    assert len(found.ledger.held_back) == 2


def test_the_comparison_tells_outsiders_no_amount_of_few_members(opened, lot, member, lead, monitor):
    member(line(420))
    for _supplier in range(2):
        opened.built(offer(("P1", "laptop", "", 100, {"S": 100})))

    inside = comparison.compare(opened.session, lot, lead)
    outside = comparison.compare(opened.session, lot, monitor)

    assert (inside.lot_pool.total.expected, inside.shared[0].quantity) == (420, 420)
    assert (outside.lot_pool, outside.shared[0].quantity) == (None, None)


ENOUGH = [[line(100)], [line(200)], [line(300)]]
DEMANDS = {
    "few members": [[line(100)], [line(200)]],
    "enough of all": ENOUGH,
    "a tier of one": [*ENOUGH, [line(7, "B")]],
    "a tier of two of four": [*ENOUGH, [line(7, "B")], [line(9, "B")], [line(5, "C"), line(6, "B")]],
    "money of one": [[line(100)], [line(200, price=None)], [line(300, price=None)]],
    "money of none": [[line(100, price=None)], [line(200, price=None)], [line(300, price=None)]],
    "money of three of four": [*ENOUGH, [line(400, price=None)]],
}


@pytest.mark.parametrize("demand", DEMANDS)
def test_the_strip_and_the_comparison_never_show_what_the_leverage_hides(opened, lot, member, monitor, demand):
    for lines in DEMANDS[demand]:
        member(*lines)
    opened.round.settings = {**(opened.round.settings or {}), "publish_pool": True}
    opened.built(offer(*((f"P{t}", "laptop", t, 100, {"S": 100}) for t in ("", "B", "C"))))
    person = opened.build.person(opened.build.organisation("monitor"))

    held = reading.ledger_for(opened.session, lot, monitor)
    strip = lever_strip(opened.session, opened.round, person)
    compared = comparison.compare(opened.session, lot, monitor)

    value = sum((one["value_expected"] for some in DEMANDS[demand] for one in some if one["value_expected"]), 0)
    assert (strip is None) is (compared.lot_pool is None) is (not held.units)
    if strip is not None:
        assert strip.holds_money is compared.holds_money is (not held.tells_money)
        told = value if held.cents is not None else None
        assert strip.value == compared.lot_pool.total.value == told
        assert {cell.amount.value for cell in compared.lot_pool.cells} in ({None}, {told})


def test_the_value_of_a_round_is_not_told_where_that_of_one_lot_is_not(opened, lot, member, monitor):
    other = opened.build.lot(opened.round, code="L2")
    members = [member(line(quantity)) for quantity in (100, 200, 300)]
    for body, price in zip(members, (700, None, None), strict=True):
        opened.build.demand(other, body, line(10, price=price), state="locked")
    opened.round.settings = {**(opened.round.settings or {}), "publish_pool": True}
    person = opened.build.person(opened.build.organisation("monitor"))

    strip = lever_strip(opened.session, opened.round, person)

    assert reading.ledger_for(opened.session, lot, monitor).cents == 42_000_000
    assert (len(strip.lots), strip.value, strip.holds_money) == (2, None, True)


@pytest.mark.parametrize(("hidden", "status"), [("S", REST), ("ST", REST), ("STU", HIDDEN)])
def test_sites_that_are_hidden_stand_by_themselves_only_where_they_are_three(opened, lot, member, lead, hidden, status):
    buyer = member(line(1000))
    opened.built(
        offer(("P1", "laptop", "", 100, dict.fromkeys(PLACES, 15)), levels=dict.fromkeys(hidden, "lead_and_monitor"))
    )
    reader = opened.reader(buyer)

    found = reading.view(opened.session, lot, reader)
    (kind,) = (one for one in found.kinds if one.component_type == "final_assembly")
    parts = known_parts(kind, weights_of(found), found.audience)

    assert len(found.figures.sites) == len(PLACES) - len(hidden)
    assert status in found.figures.buckets
    assert status in parts
    if status == REST:
        assert set(found.figures.buckets) == {REST}
        assert found.figures.buckets[REST].units == 150 * len(hidden) + 250
    assert len(reading.view(opened.session, lot, lead).figures.sites) == len(PLACES)


def test_one_offer_alone_does_not_give_away_what_all_together_hide(opened, lot, member):
    """Three hidden sites in one offer and one in the other: the one is not to be had by taking the three away."""
    buyer = member(line(1000))
    secret = dict.fromkeys("STU", "lead_and_monitor")
    first = opened.built(offer(("P1", "laptop", "", 100, dict.fromkeys("STUV", 20)), levels=secret))
    second = opened.built(offer(("P1", "laptop", "", 100, {"S": 50, "W": 20}), levels=secret, brand="Other"))
    reader = opened.reader(buyer)

    alone, other, both = (
        reading.view(opened.session, lot, reader, offer=number) for number in (first.id, second.id, None)
    )

    assert HIDDEN in alone.figures.buckets
    assert set(other.figures.buckets) == set(both.figures.buckets) == {REST}


def test_no_brand_tells_of_its_hidden_sites_in_the_picture(opened, lot, member):
    buyer = member(line(1000))
    secret = dict.fromkeys("STU", "lead_and_monitor")
    opened.built(offer(("P1", "laptop", "", 100, dict.fromkeys("STUV", 20)), levels=secret))
    found = reading.view(opened.session, lot, opened.reader(buyer))

    nodes, _links = picture(found.figures, found.ledger, found.flow, found.audience, most=25, shown=None)

    assert HIDDEN in found.figures.buckets
    assert HIDDEN not in {node.kind for node in nodes}


def test_what_a_leaving_member_takes_from_hidden_sites_is_not_told_apart(opened, lot, member):
    buyer = member(line(1000))
    secret = dict.fromkeys("STU", "lead_and_monitor")
    opened.built(offer(("P1", "laptop", "", 100, dict.fromkeys("STUV", 20)), levels=secret))

    found = reading.view(opened.session, lot, opened.reader(buyer), leaver=buyer.id)

    assert set(found.figures.buckets) == {REST}


def test_a_hidden_site_has_no_leverage_for_who_may_not_see_it(opened, lot, member, lead, by_name):
    buyer = member(line(1000))
    opened.built(offer(("P1", "laptop", "", 100, {"S": 60, "T": 40}), levels={"S": "lead_and_monitor"}))
    sites = [by_name("S"), by_name("T")]

    assert set(reading.leverage_of(opened.session, lot, sites, lead)) == set(sites)
    assert set(reading.leverage_of(opened.session, lot, sites, opened.reader(buyer))) == {by_name("T")}


def test_nothing_of_a_sealed_submission_counts(opened, lot, member, lead):
    member(line(1000))
    opened.supplier(offer(("P1", "laptop", "", 100, {"S": 60})), state="counted")

    found = reading.view(opened.session, lot, lead)

    assert (found.offers, found.figures) == ((), None)


@settings(max_examples=60, deadline=None)
@given(OFFERS, LEDGERS, st.none() | st.integers(1, 6))
def test_every_reader_reads_the_same_figure_of_a_site(offers, ledger, leaver):
    flow = flow_of(offers, ledger)
    whole = figures(flow, ledger, 2)

    for audience in (0, 1, 2):
        part = figures(flow, ledger, audience, leaver=leaver)
        seen = {place.site for place in flow.places if place.site and place.level <= audience}
        hidden = {place.site for place in flow.places if place.site and place.level > audience}
        assert set(part.sites) <= seen
        for site in seen - hidden:
            if site in whole.sites:
                assert (part.sites[site].units, part.sites[site].cents) == (
                    whole.sites[site].units,
                    whole.sites[site].cents,
                )
