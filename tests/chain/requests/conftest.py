"""Fixtures of requests: a published round, a supplier whose version leaves rows open, a brand and a maker with mailboxes."""

from __future__ import annotations

import pytest

from tests.chain.requests.asking import Asking


@pytest.fixture
def asking(session, build, clock) -> Asking:
    return Asking(session, build, clock)


@pytest.fixture
def person(asking, sign_in):
    """The supplier's person in a browser."""

    def enter(user=None, organisation=None):
        return sign_in(user or asking.user, organisation or asking.supplier)

    return enter


@pytest.fixture
def anybody(app):
    return app.test_client()
