"""Tasks that misbehave inside the child process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from framework.ground.sheets.cells import Book


def hang(book: Book, arguments: dict[str, Any]) -> None:
    while True:
        pass


def hoard(book: Book, arguments: dict[str, Any]) -> int:
    return len(bytes(2_000_000_000))


def abort(book: Book, arguments: dict[str, Any]) -> None:
    os.abort()


def babble(book: Book, arguments: dict[str, Any]) -> str:
    return "x" * 5_000_000


def surroundings(book: Book, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "folder": sorted(path.name for path in Path().iterdir()),
        "environment": sorted(os.environ),
        "modules": sorted(sys.modules),
        "said": arguments["said"],
        "rows": len(book.sheets[0].rows),
        "refused": [
            _refused(lambda: socket.create_connection(("127.0.0.1", 9))),
            _refused(lambda: subprocess.run(["true"])),
        ],
    }


def _refused(act: Any) -> bool:
    try:
        act()
    except PermissionError:
        return True
    return False
