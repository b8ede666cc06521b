"""Fixtures of judging."""

from __future__ import annotations

import pytest

from tests.judging.world import World


@pytest.fixture
def world(session, build, clock):
    return World(session, build, clock)
