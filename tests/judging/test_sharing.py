"""Sharing out: as even as capacity allows, nobody who is barred, one of a member, and what lacks is named."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from framework.judging.sharing import FULL, MEMBERS, NOBODY, Evaluator, Lack, Work, may_take, share


def items(count, *, tenders=3, **values):
    return [Work(n, n % tenders, n % tenders, **values) for n in range(1, count + 1)]


def loads_of(found):
    return Counter(user for _item, user in found.pairs)


@st.composite
def worlds(draw):
    each = draw(st.integers(1, 3))
    people = []
    for user in range(1, draw(st.integers(0, 7)) + 1):
        barred = draw(st.frozensets(st.integers(0, 3), max_size=2))
        capacity = draw(st.one_of(st.none(), st.integers(0, 12)))
        languages = draw(st.frozensets(st.sampled_from(["en", "nl", "sv"]), max_size=2))
        load = draw(st.integers(0, 3))
        people.append(Evaluator(user, draw(st.integers(1, 4)), capacity, languages, barred, load))
    work = []
    for number in range(1, draw(st.integers(0, 14)) + 1):
        tender = draw(st.integers(0, 3))
        taken = {}
        for e in draw(st.lists(st.sampled_from(people), max_size=2, unique_by=lambda e: e.member_id)) if people else []:
            if tender not in e.barred:
                taken[e.user_id] = e.member_id
        work.append(Work(number, tender, tender, draw(st.frozensets(st.sampled_from(["en", "sv"]), max_size=1)), taken))
    return work, people, each


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_the_rules_hold_in_every_world_and_what_lacks_is_named(world):
    work, people, each = world

    found = share(work, people, each)

    by_user, by_item = {e.user_id: e for e in people}, {one.item_id: one for one in work}
    members = {number: list(one.taken.values()) for number, one in by_item.items()}
    for item, user in found.pairs:
        assert may_take(by_item[item], by_user[user]), "barred, had already, or of a member that judges it"
        members[item].append(by_user[user].member_id)
    assert all(len(some) == len(set(some)) for some in members.values()), "one member, one voice"
    for user, load in loads_of(found).items():
        assert by_user[user].capacity is None or by_user[user].load + load <= by_user[user].capacity
    missing = {lack.item_id: lack.missing for lack in found.lacks}
    for number, some in members.items():
        assert max(0, each - len(some)) == missing.get(number, 0)
    assert share(list(reversed(work)), list(reversed(people)), each) == found, "the order of asking does not matter"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 20), st.integers(2, 6), st.integers(1, 3))
def test_without_conflicts_loads_are_even_within_one_item(count, people, each):
    evaluators = [Evaluator(user, user) for user in range(1, people + 1)]

    found = share(items(count), evaluators, min(each, people))

    loads = [loads_of(found).get(e.user_id, 0) for e in evaluators]
    assert sum(loads) == count * min(each, people)
    assert max(loads) - min(loads) <= 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=5), st.integers(1, 30))
def test_loads_follow_capacity_where_members_allow(capacities, count):
    """No item moved from one person to another makes them follow capacity better: the sum of load squared by capacity is least."""
    evaluators = [Evaluator(user, user, capacity) for user, capacity in enumerate(capacities, start=1)]
    count = min(count, sum(capacities))

    found = share(items(count), evaluators, 1)

    loads = loads_of(found)
    assert sum(loads.values()) == count
    for giver in evaluators:
        for taker in evaluators:
            gives, takes = loads.get(giver.user_id, 0), loads.get(taker.user_id, 0)
            if giver is not taker and gives and takes < taker.capacity:
                assert Fraction(2 * gives - 1, giver.capacity) <= Fraction(2 * takes + 1, taker.capacity)


def test_items_of_one_sheet_stay_with_the_same_people():
    work = [Work(n, n // 6, n // 6) for n in range(24)]

    found = share(work, [Evaluator(user, user) for user in range(1, 5)], 2)

    by_sheet = {sheet: {user for item, user in found.pairs if item // 6 == sheet} for sheet in range(4)}
    assert loads_of(found) == {1: 12, 2: 12, 3: 12, 4: 12}
    assert all(len(users) == 2 for users in by_sheet.values())


def test_who_reads_the_language_comes_first():
    work = items(4, languages=frozenset({"sv"}))
    people = [Evaluator(1, 1, languages=frozenset({"nl"})), Evaluator(2, 2, languages=frozenset({"sv"}))]

    assert loads_of(share(work, people, 1)) == {2: 4}


def test_why_an_item_lacks_evaluators():
    everybody_barred = [Evaluator(user, user, barred=frozenset({1})) for user in (1, 2)]
    one_member = [Evaluator(1, 7), Evaluator(2, 7)]
    nobody_free = [Evaluator(1, 1, capacity=1, load=1), Evaluator(2, 2, capacity=0)]

    assert share([Work(5, 1, 1)], everybody_barred, 2).lacks == (Lack(5, 2, NOBODY),)
    assert share([Work(5, 1, 1)], one_member, 2).lacks == (Lack(5, 1, MEMBERS),)
    assert share([Work(5, 1, 1)], nobody_free, 2).lacks == (Lack(5, 2, FULL),)
