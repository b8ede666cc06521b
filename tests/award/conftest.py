"""Fixtures of the award."""

from __future__ import annotations

import pytest

from tests.award.deciding import PRICED, Deciding
from tests.judging.judged import Judged


@pytest.fixture
def deciding(session, build, clock):
    return Deciding(Judged(session, build, clock))


@pytest.fixture
def unpriced(session, build, clock):
    """The same with prices among the criteria, so that the ranking of the lot is not known."""
    return Deciding(Judged(session, build, clock), PRICED)
