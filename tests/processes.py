"""Looking at other processes from a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def is_alive(number: int) -> bool:
    """Whether a process runs; one that ended and was not taken notice of yet does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Look again and again until it is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
