"""Tasks that misbehave inside the child process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from framework.ground.sheets import progress
from framework.ground.sheets.cells import Book


def hang(book: Book, arguments: dict[str, Any]) -> None:
    while True:
        pass


def hoard(book: Book, arguments: dict[str, Any]) -> int:
    return len(bytes(2_000_000_000))


def abort(book: Book, arguments: dict[str, Any]) -> None:
    os.abort()


def end(book: Book, arguments: dict[str, Any]) -> None:
    signal.raise_signal(getattr(signal, arguments["by"]))


def pause(book: Book, arguments: dict[str, Any]) -> str:
    time.sleep(arguments["seconds"])
    return "rested"


def fail(book: Book, arguments: dict[str, Any]) -> None:
    raise (
        OSError(arguments["number"], "secret of the file") if arguments["number"] else ValueError("secret of the file")
    )


def wait(book: Book, arguments: dict[str, Any]) -> None:
    Path("answer.json").write_text(f"{os.getpid()} secret of the file")
    signal.pause()


def report_and_wait(book: Book, arguments: dict[str, Any]) -> None:
    progress.report(1, 2)
    wait(book, arguments)


def place(book: Book, arguments: dict[str, Any]) -> str:
    return os.getcwd()


def letters(book: Book, arguments: dict[str, Any]) -> list[str]:
    return ["a\x00b", "c\ud800d", "\U0001f600"]


def reach(book: Book, arguments: dict[str, Any]) -> dict[str, bool]:
    """Which of the places can be opened, listed or made."""
    acts: dict[str, Any] = {}
    for place in arguments["places"]:
        acts |= {f"write {place}": partial(_opened, place, "a"), f"read {place}": partial(_opened, place, "r")}
    for place in arguments["folders"]:
        acts[f"list {place}"] = partial(os.listdir, place)
    return {name: not _refused(act) for name, act in acts.items()}


def babble(book: Book, arguments: dict[str, Any]) -> str:
    return "x" * 5_000_000


def surroundings(book: Book, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "folder": sorted(path.name for path in Path().iterdir()),
        "environment": sorted(os.environ),
        "modules": sorted(sys.modules),
        "said": arguments["said"],
        "process": os.getpid(),
        "parent": os.getppid(),
        "open": [number for number in range(256) if _is_open(number)],
        "rows": len(book.sheets[0].rows),
        "refused": [
            _refused(lambda: socket.create_connection(("127.0.0.1", 9))),
            _refused(lambda: subprocess.run(["true"])),
        ],
    }


def _opened(place: str, how: str) -> None:
    with open(place, how):
        pass


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _refused(act: Any) -> bool:
    try:
        act()
    except PermissionError:
        return True
    return False
