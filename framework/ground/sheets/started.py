"""Starting the processes that read files; a worker keeps one started ahead, for to load the checks takes as long as a short file.

A child serves one file and is gone. One that was started ahead knows of no file until it gets its order, and gives up the
same rights as any other before it opens one.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from framework.ground.sheets.limits import MIB
from framework.ground.sheets.workplace import ORDER

logger = logging.getLogger(__name__)

START = "import sys; sys.path.insert(0, sys.argv[1]); from framework.ground.sheets.child import run; run()"
_ROOT = Path(__file__).resolve().parents[3]
_GIVE_BACK = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2 * MIB),
    "MALLOC_TRIM_THRESHOLD_": str(4 * MIB),
}
"""What the library lets go returns to the machine at once (glibc; unknown elsewhere), for the rows to have it.

What is smaller is kept: the walk takes and leaves a mebibyte at a time, and to get it from the machine anew each time
would take a tenth of the whole check.
"""
Process = subprocess.Popen[str]


def start(files: Sequence[int] = (), *, load: str = "") -> Process:
    """A child that waits for its order. It keeps these open files, and loads this module meanwhile."""
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", START, str(_ROOT), str(os.getpid()), load],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        pass_fds=files,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", **_GIVE_BACK},
        start_new_session=True,
        text=True,
    )


def give(process: Process, order: str, folder: Path) -> None:
    """Tell a waiting child what to do, and where.

    The order is a file in the child's folder: with much in it, it is larger than a pipe holds, and a child that is slow to
    start would never get the rest.
    """
    (folder / ORDER).write_text(order, encoding="utf-8")
    given, process.stdin = process.stdin, None
    if given is not None:
        try:
            with given:
                given.write(f"{folder}\n")
        except BrokenPipeError:
            pass  # it ended already: its end says why


class Ahead:
    """One child of this process that is started before anybody needs it, with `load` in memory.

    A thread of its own starts them all: a child ends with the thread that started it, and others come and go.
    """

    def __init__(self, load: str) -> None:
        self._load = load
        self._wanted = threading.Semaphore(1)
        self._ready: SimpleQueue[Process] = SimpleQueue()
        threading.Thread(target=self._keep, name="children", daemon=True).start()

    def take(self) -> Process | None:
        """The child that waits, another being started in its place; None where none is ready."""
        try:
            process = self._ready.get_nowait()
        except Empty:
            return None
        self._wanted.release()
        if process.poll() is None:
            return process
        process.communicate()  # it died while it waited: its pipes are closed
        return None

    def _keep(self) -> None:
        while self._wanted.acquire():
            try:
                self._ready.put(start(load=self._load))
            except OSError:
                logger.exception("no child could be started ahead")
                return


class _Kept:
    ahead: Ahead | None = None


def keep_one_ahead(load: str) -> None:
    """From now on this process has a child waiting that has loaded this module; for processes that read one file after another."""
    if _Kept.ahead is None:
        _Kept.ahead = Ahead(load)


def taken() -> Process | None:
    """A child started ahead, where this process keeps one and it is ready."""
    return _Kept.ahead.take() if _Kept.ahead is not None else None
