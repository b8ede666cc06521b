"""Fixtures of agreements."""

from __future__ import annotations

import pytest

from tests.contract.standing import Standing


@pytest.fixture
def standing(session, build, clock, app):
    return Standing(session, build, clock, app.extensions["files"])
