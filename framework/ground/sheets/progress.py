"""How far the work on a file has come: the child says it in its own folder, the parent looks there now and then.

The work has steps: *opening* is counted in bytes of the file, *reading* and *checking* in its rows, and after the child
*storing* in rows again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

OPENING, READING, CHECKING, STORING = STEPS = ("opening", "reading", "checking", "storing")
UNDERSTANDING, JUDGING, WRITING = (0.0, 0.35), (0.35, 0.72), (0.72, 1.0)
"""From where to where in checking the columns are understood, the rules run and the rows are written down (measured)."""
_FILE = "progress.json"
_EVERY_S = 0.2
_ROWS_AT_ONCE = 2_000
_PARTS = 20
_folder: list[Path] = []
Item = TypeVar("Item")


class Said(NamedTuple):
    """What was said last: `done` of `total` of a step; a `total` of 0 is not known."""

    done: int = 0
    total: int = 0
    step: str = ""


class Progress(Protocol):
    """Hears how far the work has come; what it raises ends the work."""

    def __call__(self, done: int, total: int, step: str = STORING, /) -> None:
        """`done` of `total` of a step."""


class _Step:
    """The step that `advance` counts on, and when it was last said."""

    name, done, total, said_at = "", 0, 0, 0.0
    window = UNDERSTANDING


def begin(folder: Path) -> None:
    """From now on `report` writes into this folder; before, and in any other process, it does nothing."""
    _folder[:] = [folder]


def report(done: int, total: int, step: str = CHECKING) -> None:
    """Say that `done` of `total` of a step is done."""
    if _folder:
        _Step.said_at = time.monotonic()
        (_folder[0] / _FILE).write_text(json.dumps([done, total, step]), encoding="ascii")


def start(step: str, total: int) -> None:
    """A step begins, of which `advance` says how much is done."""
    _Step.name, _Step.done, _Step.total = step, 0, total
    report(0, total, step)


def advance(by: int, step: str) -> None:
    """So much more of the step is done; said a few times a second at most. Nothing happens while another step runs."""
    if not _folder or step != _Step.name:
        return
    _Step.done = min(_Step.done + by, _Step.total)
    if time.monotonic() - _Step.said_at >= _EVERY_S:
        report(_Step.done, _Step.total, step)


def window(first: float, last: float) -> None:
    """What follows is this part of checking: from `first` to `last`, both between 0 and 1."""
    _Step.window = (first, last)
    reach(0.0)


def reach(share: float) -> None:
    """Say that this share of the window is done, between 0 and 1; said a few times a second at most, and never less."""
    if not _folder or _Step.name != CHECKING:
        return
    first, last = _Step.window
    done = int(_Step.total * (first + (last - first) * share))
    if done > _Step.done:
        _Step.done = done
        if time.monotonic() - _Step.said_at >= _EVERY_S:
            report(done, _Step.total, CHECKING)


def along(items: Iterable[Item], total: int, past: int = 0) -> Iterator[Item]:
    """The same items, of which the window has `total`, and `past` of them before these."""
    each = max(1, min(_ROWS_AT_ONCE, total // _PARTS))
    for number, item in enumerate(items, start=past):
        if not number % each:
            reach(number / total)
        yield item


def counted(items: Iterable[Item], step: str) -> Iterator[Item]:
    """The same items, each of them one more of the step."""
    since = 0
    for item in items:
        since += 1
        if since == _ROWS_AT_ONCE:
            advance(since, step)
            since = 0
        yield item
    advance(since, step)


def read(folder: Path) -> Said:
    """What was said last; blank where nothing was, or where it is being written at this moment."""
    try:
        done, total, step = json.loads((folder / _FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Said()
    return Said(int(done), int(total), str(step))
