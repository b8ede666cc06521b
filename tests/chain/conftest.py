"""Fixtures of the chain: an opened round, and browsers of those who read it."""

from __future__ import annotations

import pytest

from tests.chain.opened import Opened, hand_counted
from tests.memory import remembered


@pytest.fixture
@remembered
def opened(session, build, clock):
    return Opened(session, build, clock)


@pytest.fixture
@remembered
def pages(opened, sign_in, session):
    """Two built suppliers and browsers of lead, member and monitor."""
    submissions = [opened.built(hand_counted(), name=name) for name in ("Northern IT", "=Evil Reseller")]
    people = {
        "lead": opened.round.organisation,
        "member": opened.member,
        "monitor": opened.build.organisation("monitor"),
    }
    users = {role: (opened.build.user(organisation), organisation) for role, organisation in people.items()}
    here = f"/rounds/{opened.round.public_id}"
    there = f"{here}/lots/{opened.lot.public_id}/comparison"
    ids = [s.public_id for s in submissions]
    session.commit()
    browsers = {role: sign_in(user, organisation) for role, (user, organisation) in users.items()}
    return browsers, here, there, ids
