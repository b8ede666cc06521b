"""Fixtures of requests: a published round, a supplier whose version leaves rows open, a brand and a maker with mailboxes."""

from __future__ import annotations

import pytest

from tests.chain.requests.asking import Asking


@pytest.fixture
def asking(session, build, clock) -> Asking:
    return Asking(session, build, clock)
