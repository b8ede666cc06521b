"""The child process that opens strangers' files: bounded memory, time, output and files; no network, no programs.

Started by `reader` only. It reads the file, hands the book to a task `module:function` and
writes one JSON document to `answer.json` in its own empty folder.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from framework.ground.sheets import progress
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.codec import as_text, refusal_as_json
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.reading import read_here

ANSWER = "answer.json"
_FORBIDDEN = (
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"),
    *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"),
)


def run() -> NoReturn:
    """Do the work and be gone at once: taking millions of cells apart one by one would take longer than leaving them."""
    main()
    os._exit(0)


def main() -> None:
    """Read the order from standard input, work, write the answer."""
    gc.disable()  # a child is soon gone and its memory bounded: looking for cycles among millions of cells is waste
    order = json.load(sys.stdin)
    limits = Limits.from_dict(order["limits"])
    confine(limits)
    progress.begin(Path.cwd())
    began = time.perf_counter()
    answer = work(order, limits)
    answer["seconds"] = round(time.perf_counter() - began, 3)
    answer["peak_mb"] = peak_mb()
    with Path(ANSWER).open("w", encoding="utf-8") as file:
        file.write(json.dumps(answer, default=as_text, check_circular=False, separators=(",", ":")))


def peak_mb() -> int:
    """The resident peak of this process in MiB; the kernel's rusage would count the parent's pages as well."""
    with Path("/proc/self/status").open(encoding="ascii") as file:
        line = next((line for line in file if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) // 1024


def work(order: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Read the book, run the task: {"value": …} or {"refusal": …}."""
    book = read_here(
        Path(order["path"]),
        limits,
        name=order.get("name", ""),
        walk_only=order["walk_only"],
        lower_memory=_lower_memory,
    )
    if isinstance(book, Refusal):
        return {"refusal": refusal_as_json(book)}
    return {"value": _task(order["task"])(book, order["arguments"])}


def _task(name: str) -> Callable[[Book, dict[str, Any]], Any]:
    module, _, function = name.partition(":")
    task: Callable[[Book, dict[str, Any]], Any] = getattr(importlib.import_module(module), function)
    return task


def confine(limits: Limits) -> None:
    """Give up, for good, what reading a table does not need."""
    _bound(resource.RLIMIT_AS, limits.child_memory_mib * MIB)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.child_cpu_s, limits.child_cpu_s + 2))
    _bound(resource.RLIMIT_FSIZE, limits.child_output_mib * MIB)
    _bound(resource.RLIMIT_NOFILE, limits.child_files)
    _bound(resource.RLIMIT_NPROC, 0)
    _bound(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_refuse_forbidden)


def _bound(what: int, most: int) -> None:
    resource.setrlimit(what, (most, most))


def _lower_memory(lane: str) -> None:
    """A file of the quick lane gets no more memory than the quick lane allows."""
    if lane == "quick":
        most = min(Limits.quick().child_memory_mib * MIB, resource.getrlimit(resource.RLIMIT_AS)[0])
        _bound(resource.RLIMIT_AS, most)


def _refuse_forbidden(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(event)


if __name__ == "__main__":
    run()
