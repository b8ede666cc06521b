"""What if, in price steps: a member that leaves can take the pool below its step; who may not see prices is told none."""

from __future__ import annotations

import pytest

from framework.demand import simulated_prices
from framework.demand.pooled import Amount
from framework.demand.simulation import Question
from tests.demand.pricing import Pricing
from tests.judging.test_own_sheet import write_again
from tests.memory import remembered


@pytest.fixture
@remembered
def pricing(build):
    return Pricing(build)


def of(pricing, **asked):
    found = simulated_prices.changes(pricing.session, pricing.round, Question(**asked))
    return found.get(pricing.lot.id, [])


def steps(change):
    return change.before.step, change.after.step


def test_a_member_that_leaves_takes_the_pool_below_its_step(pricing):
    pricing.given()
    (change,) = of(pricing, leaving=frozenset({pricing.members[0].id}))
    assert (change.before.quantity, change.after.quantity) == (1100, 700)
    assert steps(change) == (1, 0)
    assert not change.is_same
    assert (change.before.unit_price, change.after.unit_price) == (650, 700)


def test_nothing_is_worked_out_for_single_members_which_the_page_does_not_show(pricing):
    pricing.given()
    (change,) = of(pricing, leaving=frozenset({pricing.members[0].id}))

    assert "parts" not in vars(change.before)
    assert "parts" not in vars(change.after)


def test_without_lists_or_with_withdrawn_ones_nothing_is_told(pricing):
    assert of(pricing, leaving=frozenset({pricing.members[0].id})) == []


def test_who_joins_counts_where_it_is_clear_what_it_buys(pricing, session):
    pricing.given()
    joining = {pricing.lot.id: Amount(0, 4000, 4000, lines=1)}
    (change,) = of(pricing, joining=joining)
    assert change.after.quantity == 1100, "the lot has two categories, and nobody guesses"
    pricing.lot.categories = ["laptop"]
    session.flush()
    (change,) = of(pricing, joining=joining)
    assert change.after.quantity == 5100
    assert steps(change) == (1, 2)


def test_a_split_counts_each_new_lot_alone(pricing, build):
    member = build.organisation("buyer", name="Cobaltveen")
    build.sign_on(pricing.round, member, state="confirmed")
    build.demand(pricing.lot, member, {"qty": 4000, "spec_tier": "power"}, state="accepted")
    pricing.given()
    whole, power, standard = of(pricing, split=(pricing.lot.id, "tier"))
    assert (whole.after.quantity, whole.part, whole.after.step) == (5100, None, 2)
    assert (power.part, power.after.quantity, power.after.step) == ("power", 4000, 1)
    assert (standard.part, standard.after.quantity, standard.after.step) == ("standard", 1100, 1)


def test_the_page_tells_the_lead_and_a_member_only_where_the_lead_shows_it(pricing, session, sign_in):
    pricing.given()
    people = {}
    for name, body in (("lead", pricing.lead), ("member", pricing.members[1])):
        people[name] = sign_in(pricing.build.user(body), body)
    session.commit()
    here = f"{pricing.here}/pool/what-if?leave={pricing.members[0].public_id}"
    page = people["lead"].get(here).text
    assert "Zeewind Computers" in page
    assert "from 1,000" in page
    page = people["member"].get(here).text
    assert "Price steps by" not in page
    write_again(session)
    pricing.round.settings = dict(pricing.round.settings) | {"show_indicative_prices": True}
    session.commit()
    page = people["member"].get(here).text
    assert "Price list 1" in page
    assert "Zeewind" not in page
