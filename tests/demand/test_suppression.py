"""Nobody computes what a single member buys from what briefs publish: an attacker with every page and its own data tries."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest
from scipy.optimize import linprog

from framework.demand import suppression
from framework.demand.suppression import Figure, Moment

LEAST = 3
POOLS = 1000 if os.environ.get("HEFBOOM_BARS") else 100
PARTS = 10
Demand = dict[tuple[str, str], dict[int, int]]


def parts_of(demand: Demand) -> dict[tuple[str, str], frozenset[tuple[int, str, int]]]:
    return {
        group: frozenset((member, "|".join(group), units) for member, units in some.items() if units)
        for group, some in demand.items()
    }


def choose(demand: Demand, *before: Moment):
    return suppression.choose(parts_of(demand), list(before), least=LEAST)


def moment(demand: Demand, *before: Moment) -> Moment:
    return tuple(choose(demand, *before).figures.values())


def attack(published: list[Moment], reader: int) -> list[tuple[int, int, float, float]]:
    """Every amount of another, and every total of another at one time, with the bounds that the reader works out.

    The attacker knows who stands behind each figure with what of its demand, and that this is 1 at least; not how much.
    """
    figures = [figure for some in published for figure in some]
    unknown = sorted({part for figure in figures for part in figure.parts if part[0] != reader})
    rows, rights = [], []
    for figure in figures:
        row = np.array([1.0 if part in figure.parts else 0.0 for part in unknown])
        own = sum(part[2] for part in figure.parts if part[0] == reader)
        rows += [row, -row]
        rights += [figure.high - own, own - figure.low]
    sought = [[part] for part in unknown]
    for some in published:
        told = frozenset().union(*(figure.parts for figure in some))
        sought += [[p for p in unknown if p in told and p[0] == m] for m in {p[0] for p in unknown if p in told}]
    found = []
    for target in sought:
        goal = np.array([1.0 if part in target else 0.0 for part in unknown])
        low, high = (
            linprog(sign * goal, A_ub=np.array(rows), b_ub=rights, bounds=(1, None)).fun * sign for sign in (1, -1)
        )
        found.append((sum(part[2] for part in target), len(target), low, high))
    return found


def is_kept(amount: int, known: int, low: float, high: float) -> bool:
    """No bound within 15 percent, but for what everybody knows: that each is one piece at least."""
    near = suppression.WIDTH_PCT / 100
    return high >= amount * (1 + near) - 0.01 and (low <= amount * (1 - near) + 0.01 or low <= known + 0.01)


def random_story(chance: random.Random) -> list[Moment]:
    """A pool that is published up to four times, while members come, go and change what they need."""
    members = list(range(1, chance.randint(2, 9) + 1))
    categories = chance.sample(["laptop", "monitor", "tablet"], chance.randint(1, 2))
    groups = [(c, tier) for c in categories for tier in ("standard", "power")[: chance.randint(1, 2)]]
    spread = chance.choice([0.3, 1.0, 2.0])

    def amount() -> int:
        return int(chance.lognormvariate(chance.uniform(1, 7), spread)) if chance.random() < 0.8 else 0

    demand = {group: {member: amount() for member in members} for group in groups}
    published: list[Moment] = []
    for _time in range(chance.randint(1, 4)):
        published.append(moment(demand, *published))
        mover = chance.choice([*members, members[-1] + 1])
        members = sorted({*members, mover})
        for group in groups:
            demand[group][mover] = chance.choice([0, amount(), amount(), demand[group].get(mover, 0)])
    return [some for some in published if some]


@pytest.mark.parametrize("part", range(PARTS))
def test_an_attacker_with_all_pages_and_its_own_data_recovers_nobody(part: int):
    """Two readers of each pool: whoever stands behind most of it, and another one; in the sample one of them in turn."""
    for seed in range(part, POOLS, PARTS):
        chance = random.Random(f"brief {seed}")
        published = random_story(chance)
        known = sorted({one for some in published for figure in some for one in figure.parts}, key=lambda one: one[2])
        readers = [known[-1][0], chance.choice(known)[0]] if known else []
        readers = readers if POOLS == 1000 else readers[seed // PARTS % 2 :][:1]

        broken = [(reader, *one) for reader in readers for one in attack(published, reader) if not is_kept(*one)]

        assert broken == [], seed


def test_most_random_pools_are_published():
    """A rule that suppressed everything would hold the promise too."""
    stories = [random_story(random.Random(f"brief {seed}")) for seed in range(60)]

    assert sum(bool(story) for story in stories) > 40


def test_what_few_stand_behind_is_told_with_its_category_or_not_at_all():
    even = dict.fromkeys(range(5), 100)

    tiers = choose({("laptop", "standard"): even, ("laptop", "power"): {0: 40, 1: 50}})
    alone = choose({("laptop", ""): {0: 100, 1: 100}})

    assert [sorted(cell) for cell in tiers.figures] == [[("laptop", "power"), ("laptop", "standard")]]
    assert tiers.why == {"laptop": "few"}
    assert (alone.figures, alone.why[""]) == ({}, "few")


def test_a_sum_with_one_giant_is_told_so_roughly_that_the_giant_stays_hidden():
    even = moment({("laptop", ""): dict.fromkeys(range(12), 100)})
    giant = choose({("laptop", ""): {0: 9700, 1: 100, 2: 100, 3: 100}})

    assert (even[0].low, even[0].high) == (1200, 1299)
    assert all(figure.high >= 9700 * 1.15 + 100 for figure in giant.figures.values())


def test_the_difference_of_two_releases_tells_no_newcomer():
    before = {("laptop", ""): dict.fromkeys(range(12), 1000)}
    first = moment(before)
    with_newcomer = {("laptop", ""): before["laptop", ""] | {99: 20_000}}

    careless, careful = moment(with_newcomer), moment(with_newcomer, first)

    assert not all(is_kept(*one) for one in attack([first, careless], 0))
    assert all(is_kept(*one) for one in attack([first, careful] if careful else [first], 0))


def test_a_lot_after_its_round_tells_no_more_and_says_the_same():
    demand = {("laptop", ""): {member: 100 + member for member in range(6)}}
    first = moment(demand)

    again = moment(demand, first)

    assert again == first


def test_an_exact_figure_elsewhere_is_reckoned_with():
    demand = {("laptop", "standard"): dict.fromkeys(range(4), 300), ("laptop", "power"): {0: 10, 1: 20, 4: 700}}
    parts = frozenset().union(*parts_of(demand).values())
    total = sum(part[2] for part in parts)
    exact = (Figure(parts, total, total),)

    told = moment(demand, exact)

    assert all(is_kept(*one) for reader in (0, 1, 4) for one in attack([exact, told] if told else [exact], reader))


def test_a_band_of_value_is_wide_and_needs_three_members():
    few = frozenset({(1, "value", 500_00), (2, "value", 700_00)})
    many = frozenset((member, "value", 7_000_00) for member in range(5))

    found = suppression.band(many, [], least=LEAST)

    assert suppression.band(few, [], least=LEAST) is None
    assert (found.low, found.high) == (2_000_000, 4_999_999)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_is_recovered_from_the_bands(part: int):
    for seed in range(part, POOLS // 4, PARTS):
        chance = random.Random(f"value {seed}")
        money = {member: int(chance.lognormvariate(13, 1.2)) for member in range(chance.randint(2, 7))}
        published: list[Moment] = []
        for _time in range(3):
            parts = frozenset((member, "value", cents) for member, cents in money.items())
            band = suppression.band(parts, published, least=LEAST)
            published += [(band,)] if band else []
            money[chance.randint(0, len(money))] = int(chance.lognormvariate(13, 1.2))
        reader = max(money, key=lambda member: money[member])

        assert [one for one in attack(published, reader) if published and not is_kept(*one)] == [], seed
