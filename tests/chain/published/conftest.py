"""Fixtures of published lists."""

from __future__ import annotations

import pytest

from tests.chain.measures.test_loading import small  # noqa: F401 - a fixture
from tests.chain.published.listed import Listed


@pytest.fixture
def listed(small):  # noqa: F811
    return Listed(small)
