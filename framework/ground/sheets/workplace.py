"""The folders in which children read: one for each reading, gone with it; what a killed process left is swept."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ORDER = "order.json"
"""What the reading is to do: there from the start, until the child took it."""
_PREFIX = "sheet-"
_base: list[Path] = []


def work_below(base: Path) -> None:
    """From now on children of this process work below `base`, where nobody else looks; until then in the temporary folder."""
    _base[:] = [base]


@contextmanager
def workplace(base: Path | None) -> Iterator[Path]:
    """An empty folder for one reading, below `base` or else where `work_below` said; removed afterwards.

    It is locked while in use, so that `sweep` knows the folders of the living from those of the dead. Raises OSError.
    """
    base = base or next(iter(_base), None)
    if base is not None:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder, handle = _made(base)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep(base: Path) -> int:
    """Remove every folder below `base` that no living process reads in; how many."""
    return sum(_removed(folder) for folder in base.glob(f"{_PREFIX}*"))


def _made(base: Path | None) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        handle = _locked(folder)
        if handle is not None and folder.exists():
            return folder, handle
        if handle is not None:  # a sweep came between making and locking
            os.close(handle)


def _removed(folder: Path) -> bool:
    handle = _locked(folder)
    if handle is None:
        return False
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
    return True


def _locked(folder: Path) -> int | None:
    """An open handle that holds the folder's lock; None where another process holds it or the folder is gone."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
