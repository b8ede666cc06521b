"""Due dates of requests in the calendar of whoever asks: when, never whom or what."""

from __future__ import annotations

import pytest

from framework.chain.requests import due
from framework.chain.requests.calendar import requests_due
from tests.chain.requests.test_pages import asked


@pytest.fixture
def backend() -> str:
    """Due dates are the same from either database."""
    return "sqlite"


def test_a_request_stands_in_its_supplier_s_calendar_until_it_is_over(asking):
    request, _path = asked(asking)
    owner = asking.build.actor(asking.build.user(request.supplier), request.supplier)
    rival = asking.build.organisation("supplier")
    other = asking.build.actor(asking.build.user(rival), rival)

    (entry,) = requests_due(asking.session, asking.round, owner, frozenset({"supplier"}))
    assert (entry.at, entry.is_cancelled) == (due.ends(request), False)
    assert request.asked_name not in entry.title
    assert requests_due(asking.session, asking.round, other, frozenset({"supplier"})) == []
    assert requests_due(asking.session, asking.round, owner, frozenset({"member"})) == []

    request.state = "withdrawn"
    asking.session.flush()
    (over,) = requests_due(asking.session, asking.round, owner, frozenset({"supplier"}))
    assert (over.uid, over.is_cancelled) == (entry.uid, True)
    assert over.sequence > entry.sequence
