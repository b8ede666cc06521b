"""Fixtures of judging."""

from __future__ import annotations

import pytest

from tests.judging.judged import Judged


@pytest.fixture
def judged(session, build, clock):
    return Judged(session, build, clock)
