"""Fixtures of requests: a published round, a supplier whose version leaves rows open, a brand and a maker with mailboxes."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.chain.requests.asking import Asking


@pytest.fixture
def backend() -> str:
    """One database is enough where nothing but the rules of a request is looked at."""
    return "sqlite"


@pytest.fixture
def asking(session, build, clock) -> Asking:
    return Asking(session, build, clock)


@pytest.fixture
def due_on(clock) -> dt.date:
    return (clock.now + dt.timedelta(days=14)).date()
