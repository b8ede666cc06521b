"""Whose turn it is to write on SQLite: one writer at a time, first come first served, over threads and processes.

SQLite itself lets writers look again and again, so that under load some are passed by until their patience ends. Here the
threads of a process stand in line, and the first of each process waits at two locks of the operating system: who stands at the inner one holds
the outer one, so that nobody who comes later passes. A process that dies lets go of both. Where the system has no such locks, SQLite's own waiting remains.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path
from weakref import WeakSet

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_LOOK_EVERY_S = 0.001
_NEXT, _NOW = ".next", ".now"


class Turns:
    """The line before one database file. `take` and `give_back` come in pairs, from whichever thread."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._files: dict[str, int] = {}
        self.begin_anew()
        _ALL.add(self)

    def begin_anew(self) -> None:
        """Nobody of this process stands in line: so it is at first, and in a child, whose files would keep what its parent locked."""
        for file in self._files.values():
            os.close(file)
        self._files = {}
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()
        self._is_taken = False

    def take(self, seconds: float) -> bool:
        """Wait at most so long for the turn; whether it came."""
        until = time.monotonic() + seconds
        if not self._take_here(seconds):
            return False
        if self._take_among_processes(until):
            return True
        self._give_back_here()
        return False

    def give_back(self) -> None:
        """Let the next one write."""
        if fcntl is not None:
            fcntl.flock(self._file(_NOW), fcntl.LOCK_UN)
        self._give_back_here()

    def _take_here(self, seconds: float) -> bool:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Event()
            self._line.append(mine)
        if mine.wait(seconds):
            return True
        with self._guard:
            if mine.is_set():
                return True
            self._line.remove(mine)
            return False

    def _give_back_here(self) -> None:
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._is_taken = False

    def _take_among_processes(self, until: float) -> bool:
        if fcntl is None or not self._lock(_NEXT, until):
            return fcntl is None
        try:
            return self._lock(_NOW, until)
        finally:
            fcntl.flock(self._file(_NEXT), fcntl.LOCK_UN)

    def _lock(self, which: str, until: float) -> bool:
        while True:
            try:
                fcntl.flock(self._file(which), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    return False
                time.sleep(_LOOK_EVERY_S)
            else:
                return True

    def _file(self, which: str) -> int:
        if which not in self._files:
            path = self._database.with_name(self._database.name + which)
            self._files[which] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._files[which]


_ALL: WeakSet[Turns] = WeakSet()


def _in_a_child() -> None:
    for turns in list(_ALL):
        turns.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
