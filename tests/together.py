"""Keep the tests that drive a browser on one worker: two browsers on two cores make each other late.

By module: of marks the process that deals the tests out knows nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadGroupScheduling

MARKS = {"pytest.mark.browser": "browser", 'pytest.mark.xdist_group("exports")': "exports"}
"""What stands in a module whose tests belong together, and the name of their group."""


class Together(LoadGroupScheduling):
    """Deals tests out one by one, and those of a group to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid


@cache
def group_of(module: str) -> str:
    """The group of a module's tests; empty where each goes by itself."""
    text = Path(module).read_text(encoding="utf-8")
    return next((group for mark, group in MARKS.items() if mark in text), "")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    """The scheduler of the run."""
    return Together(config, log)
