"""Fixtures of agreements."""

from __future__ import annotations

import pytest

from tests.contract.disclosing import Disclosing
from tests.contract.standing import Standing
from tests.memory import remembered


@pytest.fixture
@remembered
def standing(session, build, clock, app):
    return Standing(session, build, clock, app.extensions["files"])


@pytest.fixture
@remembered
def disclosing(session, build, clock, app):
    return Disclosing(session, build, clock, app.extensions["files"])
