"""Whatever is declared and disclosed: the figures of every page add up to the pool, to the piece and to the cent."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from framework.chain.leverage import flows as flowing
from framework.chain.leverage.figures import cells_of, figures
from framework.chain.leverage.flows import WHOLE, Model, Node, Offer, Place, Tie
from framework.chain.leverage.picture import BRAND, CATEGORY, MEMBER, PLACE, picture
from framework.chain.leverage.stored import _hidden, _summary, packed
from framework.demand.ledger import Ledger, Share

FA = "final_assembly"
TOLD = (None, *map(Decimal, ("0", "12.5", "33.33", "40", "60", "99.99", "100")))
CATEGORIES, TIERS = ("laptop", "monitor"), ("", "A", "B")
PLACES = st.builds(
    lambda site, level: Place("site" if site else "rough", site, level, "CN" if site % 2 else "VN"),
    st.integers(0, 6),
    st.integers(0, 2),
)
TIES = st.lists(st.builds(Tie, st.integers(1, 9), PLACES, st.sampled_from(TOLD)), max_size=4)
MODELS = st.builds(
    lambda brand, group, share, nodes: _model(brand, group, share, nodes),
    st.sampled_from(["Acme", "Beta", "Gamma"]),
    st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(TIERS)),
    st.none() | st.sampled_from([Decimal(50), Decimal(100)]),
    st.lists(st.builds(Node, TIES, st.booleans()), max_size=2),
)
OFFERS = st.lists(st.lists(MODELS, min_size=1, max_size=4), min_size=1, max_size=3)
SHARES = st.builds(Share, st.integers(0, 5_000), st.none() | st.integers(0, 10**9), st.booleans())
LEDGERS = st.dictionaries(
    st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(TIERS)),
    st.dictionaries(st.integers(1, 6), SHARES, max_size=5),
    max_size=4,
).map(lambda groups: Ledger(1, "piece", "EUR", groups, {m: (str(m), f"M{m}") for m in range(1, 7)}))


def _model(brand, group, share, nodes):
    model = Model(brand, group, share)
    model.nodes[FA] = nodes
    return model


def flow_of(offers, ledger, *, order=None):
    """The flow of all offers together."""
    parts = []
    for models in offers:
        offer = Offer(list(models), {FA: 1}, [])
        parts.append(flowing.flows(offer, FA, ledger.groups, is_asked=True))
    leaves = flowing.merged(parts if order is None else [parts[i] for i in order])
    return packed(_summary(FA, 1, WHOLE * len(offers), leaves, _hidden(leaves)), leaves, [])


def demand_by_category(ledger):
    found = defaultdict(int)
    for group in ledger.groups:
        found[group[0]] += ledger.units_of(group)
    return {category: units for category, units in found.items() if units}


def by_category(sums):
    found = defaultdict(int)
    for one in sums:
        for category, units in one.by_category.items():
            found[category] += units
    return {category: units for category, units in found.items() if units}


@settings(max_examples=60, deadline=None)
@given(OFFERS, LEDGERS, st.integers(0, 2), st.none() | st.integers(1, 6))
def test_sites_and_what_is_not_known_add_up_to_the_pool(offers, ledger, audience, leaver):
    found = figures(flow_of(offers, ledger), ledger, audience, leaver=leaver)

    places = [*found.sites.values(), *found.buckets.values()]
    wanted = demand_by_category(ledger)
    assert by_category(places) == by_category(found.brands.values()) == wanted
    assert sum(one.units for one in places) == found.units == ledger.units
    assert sum(one.cents or 0 for one in places) == (ledger.cents or 0)
    assert sum(one.lost for one in places) == (ledger.of(leaver).units if leaver else 0)
    assert all(0 <= one.lost <= one.units for one in places)
    roughly = found.buckets["rough"].units if "rough" in found.buckets else 0
    assert sum(one.units for one in found.countries.values()) == sum(s.units for s in found.sites.values()) + roughly


@settings(max_examples=60, deadline=None)
@given(OFFERS, LEDGERS, st.randoms())
def test_the_order_of_rows_and_offers_is_irrelevant(offers, ledger, chance):
    mixed = [chance.sample(models, len(models)) for models in chance.sample(offers, len(offers))]

    one, other = (figures(flow_of(some, ledger), ledger, 2) for some in (offers, mixed))

    assert {k: s.units for k, s in one.sites.items()} == {k: s.units for k, s in other.sites.items()}
    assert {k: s.units for k, s in one.buckets.items()} == {k: s.units for k, s in other.buckets.items()}


@settings(max_examples=60, deadline=None)
@given(OFFERS, LEDGERS, st.integers(1, 6))
def test_a_member_that_leaves_lowers_each_flow_exactly_by_its_part(offers, ledger, leaver):
    flow = flow_of(offers, ledger)
    whole, gone, left = (cells_of(flow, one, 2) for one in (ledger, ledger.of(leaver), ledger.without(leaver)))

    assert whole == {cell: gone[cell] + left[cell] for cell in whole}


@settings(max_examples=60, deadline=None)
@given(OFFERS, LEDGERS)
def test_shares_stay_within_their_bounds(offers, ledger):
    found = figures(flow_of(offers, ledger), ledger, 2)

    for one in found.sites.values():
        assert 0 <= one.units <= one.behind + len(ledger.groups) <= found.units + 2 * len(ledger.groups)
        assert one.members <= len(ledger.members(ledger.groups))
    for one in found.concentration:
        assert 0 <= one.share <= one.known <= 1
        assert one.share >= Fraction(1, 2) or one.share == one.known


@settings(max_examples=60, deadline=None)
@given(OFFERS, LEDGERS, st.sampled_from([None, {1}, {1, 2, 3, 4, 5, 6}]))
def test_the_picture_shows_few_links_and_they_add_up(offers, ledger, shown):
    flow = flow_of(offers, ledger)
    found = figures(flow, ledger, 2)

    nodes, links = picture(found, ledger, flow, 2, most=25, shown=shown)

    assert len(links) <= 25
    for column in (MEMBER, CATEGORY, BRAND, PLACE):
        assert sum(node.units for node in nodes if node.column == column) == (ledger.units if links else 0)
    for node in nodes:
        into = [link.units for link in links if link.target == node]
        out = [link.units for link in links if link.source == node]
        assert node.column == MEMBER or sum(into) == node.units
        assert node.column == PLACE or sum(out) == node.units
    for node in (n for n in nodes if n.kind == "site"):
        assert node.units == found.sites[node.key].units
