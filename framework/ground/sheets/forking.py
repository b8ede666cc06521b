"""The process that forks the children which open strangers' files: it has the checks loaded, and never sees a file itself.

Started by `fork_server` only. It does one thing after the other: fork a child for an order, end one that is asked to end,
and say how each ended. It is gone as soon as nobody holds the other end of its line, and its children with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from framework.ground.sheets import child

MOST_FILES = 16
MOST_BYTES = 1 << 16
MOST_SECONDS_TO_LOAD = 120


def run() -> NoReturn:
    """Load and warm the module that the command line names, and serve the line on standard input until it is closed."""
    _root, load = sys.argv[1:3]
    signal.alarm(MOST_SECONDS_TO_LOAD)  # what hangs here listens to nobody, and would outlive its process
    _load(load)
    signal.alarm(0)
    gc.collect()
    gc.freeze()  # what is loaded stays as it is in every child, so that the pages are shared
    _Server(socket.socket(fileno=0)).serve()
    os._exit(0)


def _load(name: str) -> None:
    """Load and warm a module; without it children load for themselves what they need."""
    try:
        if name:
            importlib.import_module(name).warm()
    except Exception as error:
        sys.stderr.write(f"the server of children could not load {name}: {type(error).__name__}\n")


class _Server:
    """The children that run, each with the pipe on which its end is told."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._children: dict[int, int] = {}

    def serve(self) -> None:
        """Until the line is closed."""
        ended, woken = os.pipe()
        os.set_blocking(ended, False)
        os.set_blocking(woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        waiting = select.poll()
        waiting.register(self._line, select.POLLIN)
        waiting.register(ended, select.POLLIN)
        while True:
            for number, _events in waiting.poll():
                if number == ended:
                    os.read(ended, MOST_BYTES)
                    self._tell_ends()
                elif not self._take_order():
                    return

    def _take_order(self) -> bool:
        """Start or end a child; False where nobody is there any more."""
        said, files, _flags, _address = socket.recv_fds(self._line, MOST_BYTES, MOST_FILES)
        if not said:
            return False
        order = json.loads(said)
        if "end" in order:
            self._end(order["end"])
        elif len(files) > 1:
            self._fork(order["folder"], files[0], files[1], files[2:])
        else:  # this process has no room for more open files: who asked hears it by their end
            _close(files)
        return True

    def _end(self, number: int) -> None:
        """End a child at once. Its number is nobody else's until its end was taken notice of here."""
        if number in self._children:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def _fork(self, folder: str, told: int, complaints: int, handed: Sequence[int]) -> None:
        """A child in this folder. `told` is closed without a word where there can be none."""
        server = os.getpid()
        try:
            number = os.fork()
        except OSError:
            os.close(told)
        else:
            if not number:
                _be_a_child(server, folder, complaints, handed)
            self._children[number] = told
            with suppress(BrokenPipeError):  # who asked may be gone
                os.write(told, b"%d\n" % number)
        _close([complaints, *handed])

    def _tell_ends(self) -> None:
        while self._children:
            number, status = os.waitpid(-1, os.WNOHANG)
            if not number:
                return
            told = self._children.pop(number)
            with suppress(BrokenPipeError):  # who asked may be gone
                os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
            os.close(told)


def _close(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)


def _be_a_child(server: int, folder: str, complaints: int, handed: Sequence[int]) -> NoReturn:
    """Keep nothing of the server but what is loaded, and work on the order in the folder."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(complaints, 2)
        _close_all_but({0, 1, 2, *handed})
        os.chdir(folder)
    except BaseException:
        os._exit(1)  # whatever it is, this process must not go on as the server
    child.run(server, handed)


def _close_all_but(kept: set[int]) -> None:
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in kept:
            with suppress(OSError):  # the one by which they were listed is closed already
                os.close(number)


if __name__ == "__main__":
    run()
