"""How far the work on a file has come: the child says it in its own folder, the parent looks there now and then."""

from __future__ import annotations

import json
from pathlib import Path

_FILE = "progress.json"
_folder: list[Path] = []


def begin(folder: Path) -> None:
    """From now on `report` writes into this folder; before, and in any other process, it does nothing."""
    _folder[:] = [folder]


def report(done: int, total: int) -> None:
    """Say that `done` of `total` rows are done."""
    if _folder:
        (_folder[0] / _FILE).write_text(json.dumps([done, total]), encoding="ascii")


def read(folder: Path) -> tuple[int, int]:
    """What was said last; (0, 0) where nothing was, or where it is being written at this moment."""
    try:
        done, total = json.loads((folder / _FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0, 0
    return int(done), int(total)
