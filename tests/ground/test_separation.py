"""A second factor given just now, for each of the two persons of an act (SD1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from framework.ground import proposals, separation
from framework.ground.errors import FactorStale

NEEDED = frozenset({"lead", "chair", "opener", "operator"})


def given(actor, clock, minutes, needed=NEEDED):
    """The actor with a second factor given that many minutes ago; None: never."""
    at = None if minutes is None else clock.now - dt.timedelta(minutes=minutes)
    return replace(actor, factor_at=at, factor_roles=needed)


@pytest.mark.parametrize(("minutes", "fresh"), [(0, True), (10, True), (10.1, False), (None, False)])
def test_a_lead_proposes_only_with_a_second_factor_of_the_last_ten_minutes(build, session, clock, minutes, fresh):
    lead = build.organisation("lead")
    round_ = build.round(lead)
    actor = given(build.person(lead), clock, minutes)

    if fresh:
        assert proposals.propose(session, round_, "cancel", actor=actor, now=clock.now, motive="x").id
    else:
        with pytest.raises(FactorStale):
            proposals.propose(session, round_, "cancel", actor=actor, now=clock.now, motive="x")


def test_the_second_person_needs_a_fresh_one_too(build, session, clock):
    lead = build.organisation("lead")
    round_ = build.round(lead)
    first, second = build.person(lead), build.person(lead)
    proposals.propose(session, round_, "cancel", actor=given(first, clock, 1), now=clock.now, motive="x")

    with pytest.raises(FactorStale):
        proposals.confirm(session, round_, "cancel", actor=given(second, clock, 30), now=clock.now)

    assert proposals.confirm(session, round_, "cancel", actor=given(second, clock, 2), now=clock.now).confirmed_by_id


def test_a_member_who_also_leads_approves_its_own_demand_without(build, session, clock):
    body = build.organisation("lead")
    round_ = build.round(body)
    build.sign_on(round_, body, state="confirmed")
    demand = build.demand(build.lot(round_), body)
    actor = build.person(body, "lead", "member")

    separation.require_fresh_factor(session, demand, actor=given(actor, clock, None), now=clock.now)


def test_an_installation_that_asks_nobody_asks_nobody(build, session, clock):
    lead = build.organisation("lead")
    actor = given(build.person(lead), clock, None, needed=frozenset())

    separation.require_fresh_factor(session, build.round(lead), actor=actor, now=clock.now)
