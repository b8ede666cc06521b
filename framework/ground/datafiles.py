"""Read the inert tables of `data/` as text, each once."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<name>`, a UTF-8 csv with a header; every value is text, blanks are empty texts."""
    with (ROOT / "data" / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
