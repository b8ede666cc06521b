"""Properties of the measures: between 0 and 1, more is never worth less, hiding never helps, the order of rows is nothing."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framework.chain import shares
from framework.chain.measures import formulas
from framework.chain.measures.nodes import Node, Place
from framework.chain.measures.product import MEASURES, measure
from framework.chain.measures.rolling import Sums, ranked, roll
from framework.chain.measures.scale import ASKED, EVIDENCE
from framework.ground.places import Precision
from tests.chain.measures.worked import ON, SCALE

PARTS = st.sampled_from([Fraction(0), Fraction(1, 5), Fraction(1, 2), Fraction(1)])
DAYS = st.one_of(st.none(), st.dates(dt.date(2020, 1, 1), dt.date(2027, 1, 1)))
PRECISIONS = st.sampled_from([one.value for one in Precision])
SHARES = st.one_of(st.none(), st.integers(0, 10_000).map(lambda share: Fraction(share, 100)))


@st.composite
def places(draw, level, shares=SHARES):
    told = {name: draw(PARTS) for name in ASKED[level]}
    return Place(
        told,
        draw(PRECISIONS),
        share=draw(shares),
        as_of=draw(DAYS),
        sources=draw(st.integers(0, 3)),
        class_=draw(st.integers(0, 2)),
        street=draw(st.booleans()),
    )


@st.composite
def nodes(draw, shares=SHARES, least=0, levels=("fa", "co", "sm", "mi")):
    level = draw(st.sampled_from(levels))
    kind = "final_assembly" if level == "fa" else draw(st.sampled_from(["a", "b", "c"]))
    verdict = draw(st.one_of(st.none(), st.sampled_from(EVIDENCE)))
    found = draw(st.lists(places(level, shares), min_size=least, max_size=3))
    return Node(level, kind, tuple(found), verdict=verdict)


def products(*fixed, shares=SHARES):
    """Nodes of one product, those of `fixed` first."""
    others = st.lists(nodes(shares), max_size=4)
    return st.tuples(st.tuples(*fixed), others).map(lambda both: once([*both[0], *both[1]]))


def once(every):
    """The first node of each level and kind."""
    found = {}
    for node in every:
        found.setdefault((node.level, node.kind), node)
    return list(found.values())


PRODUCTS = products()
SOME = products(nodes(least=1))
FEW = settings(max_examples=40, deadline=None)


@FEW
@given(PRODUCTS)
def test_every_measure_is_unknown_or_between_0_and_1(asked):
    found = measure(asked, ON, SCALE)
    worth = formulas.award_value(asked, ON, SCALE)

    for value in (*found.values.values(), worth):
        assert value is None or 0 <= value <= 1
    assert all(found.counts[name] <= found.counts["disclosed"] for name in ("full", "exact", "dated", "corroborated"))
    assert all(0 <= worth <= 1 for worth in found.gaps.values())


@FEW
@given(PRODUCTS, st.randoms())
def test_the_order_of_rows_changes_nothing(asked, chance: random.Random):
    mixed = [replace(node, places=tuple(chance.sample(node.places, len(node.places)))) for node in asked]
    chance.shuffle(mixed)

    assert measure(mixed, ON, SCALE) == measure(asked, ON, SCALE)


@FEW
@given(SOME, st.data())
def test_answering_more_never_lowers_completeness(asked, data):
    node = asked[0]
    chosen = data.draw(st.integers(0, len(node.places) - 1))
    name = data.draw(st.sampled_from(ASKED[node.level]))
    fuller = replace(node.places[chosen], answered={**node.places[chosen].answered, name: Fraction(1)})
    better = replace(node, places=(*node.places[:chosen], fuller, *node.places[chosen + 1 :]))

    before = formulas.completeness(asked, SCALE)
    assert formulas.completeness([better if one is node else one for one in asked], SCALE) >= before


@FEW
@given(SOME, st.data())
def test_a_better_place_a_newer_date_and_one_more_source_never_lower_their_measure(asked, data):
    node = asked[0]
    chosen = data.draw(st.integers(0, len(node.places) - 1))
    old = node.places[chosen]
    assume(old.as_of is not None and old.as_of <= ON)
    new = replace(old, precision="site", as_of=ON, sources=old.sources + 1)
    better = replace(node, places=(*node.places[:chosen], new, *node.places[chosen + 1 :]))

    before = measure(asked, ON, SCALE).values
    after = measure([better if one is node else one for one in asked], ON, SCALE).values
    for name in ("precision", "freshness", "corroboration"):
        if before[name] is not None:  # unknown where all that counts has no date, and may stay so
            assert after[name] is not None
            assert after[name] >= before[name]


def told_shares(asked):
    """Every share told, none beyond 100 together."""
    return all(
        node.level in ("sm", "mi")
        or (
            all(place.share is not None for place in node.places)
            and sum((place.share for place in node.places), Fraction(0)) <= 100
        )
        for node in asked
    )


LITTLE = st.integers(0, 2_500).map(lambda share: Fraction(share, 100))
TOLD = products(nodes(LITTLE, least=1, levels=("fa", "co")), shares=LITTLE)
FULL = products(nodes(st.sampled_from([Fraction(50), Fraction(25)]), least=2, levels=("fa",)))


@FEW
@given(TOLD, st.data())
def test_removing_a_site_whose_share_is_told_never_raises_completeness_or_coverage(asked, data):
    node = asked[0]
    assert told_shares(asked)
    chosen = data.draw(st.integers(0, len(node.places) - 1))
    poorer = replace(node, places=(*node.places[:chosen], *node.places[chosen + 1 :]))
    hidden = [poorer if one is node else one for one in asked]

    before, after = measure(asked, ON, SCALE), measure(hidden, ON, SCALE)

    assert after.values["completeness"] <= before.values["completeness"]
    assert after.counts["disclosed"] <= before.counts["disclosed"]
    assert after.counts["required"] == before.counts["required"]


@FEW
@given(SOME)
def test_removing_all_that_is_said_of_a_node_never_raises_completeness_or_coverage(asked):
    node = asked[0]
    hidden = [replace(node, places=()) if one is node else one for one in asked]

    before, after = measure(asked, ON, SCALE), measure(hidden, ON, SCALE)

    assert after.values["completeness"] <= before.values["completeness"]
    assert after.counts["disclosed"] <= before.counts["disclosed"]
    assert after.whole <= before.whole


@FEW
@given(SOME)
def test_removing_one_of_several_rows_never_raises_the_number_of_disclosed_nodes(asked):
    node = asked[0]
    hidden = [replace(node, places=node.places[1:]) if one is node else one for one in asked]

    assert measure(hidden, ON, SCALE).counts["disclosed"] <= measure(asked, ON, SCALE).counts["disclosed"]


@FEW
@given(FULL)
def test_removing_a_site_never_makes_an_assembly_known(asked):
    node = asked[0]
    assume(sum(place.share for place in node.places) <= 100)
    hidden = [replace(node, places=node.places[1:]) if one is node else one for one in asked]

    assert measure(hidden, ON, SCALE).whole <= measure(asked, ON, SCALE).whole


def test_where_no_share_is_told_the_sites_left_share_what_the_hidden_one_made():
    """What the rule for blank shares costs: they are flagged as assumed, and the half point of the share is lost for each."""
    good = Place({name: Fraction(1) for name in ASKED["co"] if name != "share"}, "site")
    poor = Place({}, "country")
    both, one = (Node("co", "battery", found) for found in ((good, poor), (good,)))

    assert formulas.node_completeness(both, SCALE) < formulas.node_completeness(one, SCALE) < 1
    assert measure([both], ON, SCALE).counts["assumed"] == 1


OFFERS = st.lists(st.tuples(PRODUCTS, st.integers(0, 100)), min_size=1, max_size=3)


@FEW
@given(OFFERS, st.one_of(st.none(), st.integers(0, 10_000)))
def test_a_roll_up_is_unknown_or_between_the_least_and_the_greatest_of_its_products(offers, quantity):
    parts, assumed = shares.of_models([Fraction(share) for _nodes, share in offers])
    sums, found = Sums(), [measure(asked, ON, SCALE) for asked, _share in offers]
    for number, figures in enumerate(found):
        sums.add(figures, parts[number], assumed=assumed)
    rolled = roll([(Sums.read(sums.plain(), sums.plain_gaps()), None if quantity is None else Fraction(quantity))])

    for name in MEASURES:
        value = rolled.values[name]
        known = [one.values[name] for one in found if one.values[name] is not None]
        assert value.value is None or min(known) <= value.value <= max(known)
        assert value.unknown is None or 0 <= value.unknown <= 1
        assert value.value is not None or value.reason
    assert rolled.quantity is None or rolled.quantity == quantity
    assert rolled.counts["required"] == sum(len(asked) for asked, _share in offers)


@FEW
@given(OFFERS)
def test_the_gaps_of_a_roll_up_add_up_to_what_it_lacks(offers):
    parts, assumed = shares.of_models([None] * len(offers))
    sums = Sums()
    for number, (asked, _share) in enumerate(offers):
        sums.add(measure(asked, ON, SCALE), parts[number], assumed=assumed)
    groups = [(sums, Fraction(10))]

    rolled, gaps = roll(groups), ranked(groups, classes=(0, 1, 2))

    for name in ("completeness", "precision", "freshness", "corroboration"):
        if (value := rolled.values[name].value) is not None:
            assert 1 - value == sum(worth for gap, (worth, _models) in gaps.items() if gap.measure == name)
