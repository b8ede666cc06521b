"""Children for reading files, forked from a server that has the checks loaded: to load them takes as long as a short file.

Every process that reads files has one such server, started with its first file. A child serves one file and is gone;
it knows of no other, and gives up its rights before it opens its own. When this process ends, however it ends, the
server's line is closed, and the server goes with all of its children.
"""

from __future__ import annotations

import atexit
import errno
import json
import math
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from framework.ground.sheets.limits import MIB
from framework.ground.sheets.workplace import ORDER

LOAD = "framework.disclosure.check_file"
"""What the server loads: most files are checked by it."""
START = "import sys; sys.path.insert(0, sys.argv[1]); from framework.ground.sheets.forking import run; run()"
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
_KEPT_OF_COMPLAINTS = 2000
_GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EBADF, errno.ENOTCONN})
_PATIENCE = 10.0
"""Seconds within which the server says whom it started, takes a message, and ends. Loading takes one."""
_PIECE = 1 << 16


class Lost(Exception):
    """The server or the child went without a word."""


class Child:
    """A process that works on one order in its folder. Ended at the latest when it is left."""

    def __init__(self, server: ForkServer, told: int, complaints: int) -> None:
        self._server = server
        self._told: int | None = told
        self._complaints: int | None = complaints
        self._said = b""
        self._complaint = b""

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What happened in between is never replaced by what happens here."""
        try:
            if self.code is None and self._told is not None:
                self._be_over(time.monotonic() + _PATIENCE)
        finally:
            for file in (self._told, self._complaints):
                if file is not None:
                    os.close(file)
            self._told = self._complaints = None

    @property
    def number(self) -> int | None:
        """The process's number; None where it was not told yet."""
        number, end, _rest = self._said.partition(b"\n")
        return int(number) if end else None

    @property
    def code(self) -> int | None:
        """How it ended, below zero for a signal; None where it runs, or where that was never told."""
        words = self._said.split(b"\n")
        return int(words[1]) if len(words) > 2 else None

    @property
    def complaint(self) -> str:
        """The end of what it complained."""
        return self._complaint.decode("utf-8", "replace")[-_KEPT_OF_COMPLAINTS:]

    def wait(self, seconds: float) -> bool:
        """Whether it ended within the time; with none left, whether it ended by now. Raises Lost where its end is not told."""
        self._hear(time.monotonic() + seconds)
        if self.code is None and self._told is None:
            raise Lost("the child did not start" if self.number is None else "the server of the child ended")
        return self.code is not None

    def _be_over(self, until: float) -> None:
        """End it. A server that does not say in time whom it started listens to nobody, and is ended itself."""
        while self.number is None and self._told is not None:
            if not self._hear_once(max(until - time.monotonic(), 0)):
                self._server.kill()
                return
        if self.number is not None:
            self._server.end(self.number)
            self._hear(until)

    def _hear(self, until: float) -> None:
        """Listen until both pipes are closed, or the time is up; once at least."""
        while self._told is not None or self._complaints is not None:
            left = until - time.monotonic()
            if not self._hear_once(max(left, 0)) or left <= 0:
                return

    def _hear_once(self, seconds: float) -> bool:
        """Take what is said next; False where nothing is within the time."""
        listening = select.poll()
        for file in (self._told, self._complaints):
            if file is not None:
                listening.register(file, select.POLLIN)
        heard = listening.poll(math.ceil(seconds * 1000))
        for file, _events in heard:
            piece = os.read(file, _PIECE)
            if file == self._told:
                self._said += piece
            else:
                self._complaint = (self._complaint + piece)[-_PIECE:]
            if not piece:
                self._close(file)
        return bool(heard)

    def _close(self, file: int) -> None:
        os.close(file)
        if file == self._told:
            self._told = None
        else:
            self._complaints = None


class ForkServer:
    """The server of this process, and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_PATIENCE)
        self._line, self._turn = ours, threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", START, str(_ROOT), LOAD],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", **_GIVE_BACK},
                start_new_session=True,
            )

    def start(self, folder: Path, files: Sequence[int]) -> Child:
        """A child that works on the order in this folder and holds these open files. Raises OSError."""
        told, tells = os.pipe()
        complaints, complains = os.pipe()
        try:
            self._say({"folder": str(folder.absolute())}, (tells, complains, *files))
        except OSError:
            os.close(told)
            os.close(complaints)
            raise
        finally:
            os.close(tells)
            os.close(complains)
        return Child(self, told, complaints)

    def end(self, number: int) -> None:
        """End a child at once; nothing happens where it ended, or the server with it."""
        with suppress(OSError):
            self._say({"end": number}, ())

    def close(self) -> None:
        """Let the server go, and its children with it."""
        with self._turn:
            self._line.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server at once, and its children with it."""
        self._process.kill()
        self._process.wait()

    def _say(self, order: dict[str, object], files: Sequence[int]) -> None:
        with self._turn:
            socket.send_fds(self._line, [json.dumps(order).encode()], files)


class _Own:
    """The server of this process; a process that was forked from it makes one of its own."""

    turn = threading.Lock()
    process = 0
    server: ForkServer | None = None


def start(order: str, folder: Path, files: Sequence[int] = ()) -> Child:
    """A child that works on an order in its folder. Raises OSError where none can be started.

    The order is a file in the folder: with much in it, it is larger than a message may be.
    """
    (folder / ORDER).write_text(order, encoding="utf-8")
    server = _server()
    try:
        return server.start(folder, files)
    except OSError as error:  # it was ended by somebody, or hangs: another takes its place
        if error.errno not in _GONE and not isinstance(error, TimeoutError):
            raise
        _replace(server)
        return _server().start(folder, files)


def forget() -> None:
    """Let the server go; the next file starts another."""
    if _Own.server is not None:
        _replace(_Own.server)


def _replace(server: ForkServer) -> None:
    """Let this server go, unless another thread did."""
    with _Own.turn:
        if _Own.server is not server:
            return
        _Own.server = None
    if _Own.process == os.getpid():
        server.close()


def _server() -> ForkServer:
    with _Own.turn:
        if _Own.server is None or _Own.process != os.getpid():
            _Own.server, _Own.process = ForkServer(), os.getpid()
        return _Own.server


atexit.register(forget)
