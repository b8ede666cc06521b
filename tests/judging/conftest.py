"""Fixtures of judging."""

from __future__ import annotations

import pytest

from tests.judging.judged import Judged
from tests.judging.world import World
from tests.memory import remembered


@pytest.fixture
@remembered
def judged(session, build, clock):
    return Judged(session, build, clock)


@pytest.fixture
@remembered
def world(session, build, clock):
    return World(session, build, clock)
