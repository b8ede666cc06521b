"""Generated pages equal their tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.ground.docs import permission_table
from views.settings_page import settings_table

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("name", "made"), [("permissions.md", permission_table), ("settings.md", settings_table)])
def test_a_generated_page_equals_its_table(name, made):
    assert (DOCS / name).read_text(encoding="utf-8") == made()
