"""Fixtures of judging."""

from __future__ import annotations

import pytest

from tests.judging.judged import Judged
from tests.judging.world import World


@pytest.fixture
def judged(session, build, clock):
    return Judged(session, build, clock)


@pytest.fixture
def world(session, build, clock):
    return World(session, build, clock)
