"""What a passed deadline for demand does by itself."""

from __future__ import annotations

import datetime as dt

import pytest

from framework.rounds import schedule
from tests.rounds.ready import Ready


@pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, True), (1, False)])
def test_demand_is_open_up_to_the_last_instant_of_its_deadline(build, clock, seconds, is_open):
    round_ = build.round(state="demand", demand_deadline=clock() - dt.timedelta(seconds=seconds))

    assert schedule.is_demand_open(round_, now=clock()) is is_open


def test_demand_is_locked_by_the_clock_unless_a_declaration_waits_for_the_lead(build, session, clock):
    ready = Ready(build, state="demand")
    waiting = build.demand(ready.lot, build.organisation("buyer"), state="submitted")

    assert schedule.demand_due(session, now=clock()) == [ready.round]
    assert schedule.lock_demand_if_due(session, ready.round, now=clock()) is False

    waiting.state = "withdrawn"
    session.flush()
    assert schedule.lock_demand_if_due(session, ready.round, now=clock()) is True
    assert ready.round.state == "demand_locked"


def test_a_date_a_year_on_keeps_its_local_time_over_the_change_of_clocks():
    before = dt.datetime(2026, 3, 29, 10, 0, tzinfo=dt.UTC)

    assert schedule.year_on(before, "Europe/Brussels") == dt.datetime(2027, 3, 29, 10, 0, tzinfo=dt.UTC)
    assert schedule.year_on(None, "Europe/Brussels") is None
