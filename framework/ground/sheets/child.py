"""The child process that opens strangers' files: bounded memory, time and output; no network, programs or other files.

Forked by `forking` only. It reads the file, hands the book to a task `module:function` and
writes one JSON document to `answer.json` in its own empty folder; what would be too much for one document the task
writes as `lines`.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from framework.ground.complaint import Complaint
from framework.ground.sheets import lines, progress
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.codec import as_text, refusal_as_json
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.reading import read_here
from framework.ground.sheets.workplace import ORDER

Task = Callable[[Any, dict[str, Any]], Any]
"""Takes the book, or where the file is one of ours and no table its path, and the arguments of the order."""
ANSWER = "answer.json"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PARENT_DEATH_SIGNAL = 1
_STATUS = "/proc/self/status"
_ROOT = Path(__file__).resolve().parents[3]
_ALWAYS = (_STATUS, "/dev/null", "/dev/urandom", "/usr/share/zoneinfo", "/etc/localtime")
_FORBIDDEN = frozenset(
    {
        *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"),
        *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"),
        *("os.link", "os.symlink", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod"),
        *("os.chown", "os.chdir", "os.kill", "os.killpg", "sqlite3.connect", "ctypes.dlopen"),
    }
)


def run(server: int, files: Sequence[int]) -> NoReturn:
    """Do the work and be gone at once: taking millions of cells apart one by one would take longer than leaving them.

    `server` is the process that forked this one, `files` are open files that the order speaks of in this sequence.
    """
    try:
        main(server, files)
    except BaseException as error:
        # the parent judges from the kind of error; its text may hold what stands in the file
        sys.stderr.write(Complaint.of(error).line())
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def main(server: int, files: Sequence[int]) -> None:
    """Take the order from the own folder, work, write the answer."""
    gc.disable()  # a child is soon gone and its memory bounded: looking for cycles among millions of cells is waste
    die_with(server)
    order = _order(files)
    limits = Limits.from_dict(order["limits"])
    bound(limits)
    task = _task(order["task"])
    confine(Path(order["path"]))
    progress.begin(Path.cwd())
    lines.begin(Path.cwd())
    began = time.perf_counter()
    answer = work(order, limits, task)
    answer["seconds"] = round(time.perf_counter() - began, 3)
    answer["peak_mb"] = peak_mb()
    with Path(ANSWER).open("w", encoding="utf-8") as file:
        file.write(json.dumps(answer, default=as_text, check_circular=False, separators=(",", ":")))


def _order(files: Sequence[int]) -> dict[str, Any]:
    """The order, with the numbers that its open files have here."""
    given = Path(ORDER)
    order: dict[str, Any] = json.loads(given.read_text(encoding="utf-8"))
    given.unlink()
    names = order["handed"]
    return order | {"handed": {name: (file, names[name][1]) for name, file in zip(names, files, strict=True)}}


def die_with(parent: int) -> None:
    """End when the parent ends, however it ends: nobody else would take this child's answer or end it in time."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before this child asked to be told
        os._exit(1)


def peak_mb() -> int:
    """The resident peak of this process in MiB; the kernel's rusage would count the parent's pages as well."""
    with Path(_STATUS).open(encoding="ascii") as file:
        line = next((line for line in file if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) // 1024


def work(order: dict[str, Any], limits: Limits, task: Task) -> dict[str, Any]:
    """Read the book, run the task: {"value": …} or {"refusal": …}."""
    if not order["is_table"]:
        return {"value": task(Path(order["path"]), order["arguments"])}
    book = read_here(
        Path(order["path"]),
        limits,
        name=order.get("name", ""),
        walk_only=order["walk_only"],
        lower_memory=_lower_memory,
        scratch=Path.cwd(),
    )
    if isinstance(book, Refusal):
        return {"refusal": refusal_as_json(book)}
    progress.start(progress.CHECKING, sum(len(sheet.rows) for sheet in book.sheets))
    progress.window(*progress.UNDERSTANDING)
    return {"value": task(book, order["arguments"] | _handed(order))}


def _handed(order: dict[str, Any]) -> dict[str, Any]:
    """What the parent wrote down for the task, by the name of the argument: records that are read from its open file."""
    return {name: lines.LineFile(handle).blocks(places) for name, (handle, places) in order["handed"].items()}


def _task(name: str) -> Task:
    module, _, function = name.partition(":")
    task: Task = getattr(importlib.import_module(module), function)
    return task


def bound(limits: Limits) -> None:
    """Give up, for good, more memory, time, output and files than reading a table needs."""
    _bound(resource.RLIMIT_AS, limits.child_memory_mib * MIB)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.child_cpu_s, limits.child_cpu_s + 2))
    _bound(resource.RLIMIT_FSIZE, limits.child_output_mib * MIB)
    _bound(resource.RLIMIT_NOFILE, limits.child_files)
    _bound(resource.RLIMIT_NPROC, 0)
    _bound(resource.RLIMIT_CORE, 0)


def confine(path: Path) -> None:
    """Give up, for good, network, programs and every file but the own folder, the table at `path`, code and reference data.

    Code and reference data are those on the search path, and of this repository `framework/` and `data/`.
    """
    own = Path.cwd().resolve()
    places = [
        *(entry for entry in sys.path if entry != str(_ROOT)),
        *_ALWAYS,
        _ROOT / "framework",
        _ROOT / "data",
        path,
    ]
    readable = tuple(os.path.realpath(str(place)) for place in places if place)
    sys.addaudithook(_guard(str(own), readable))


def _guard(own: str, readable: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    """The hook that refuses; what it knows cannot be reached from outside of it."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(event)
        if event == "open" and not isinstance(arguments[0], int):
            place, writes = os.path.realpath(os.fsdecode(arguments[0])), bool(arguments[2] & _WRITING)
            if not (_is_in(place, own) or (not writes and any(_is_in(place, one) for one in readable))):
                raise PermissionError(event)
        if event in ("os.listdir", "os.scandir"):
            place = os.path.realpath(os.fsdecode(arguments[0] or "."))
            if not any(_is_in(place, one) for one in (own, *readable)):
                raise PermissionError(event)

    return refuse


def _is_in(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder + os.sep)


def _bound(what: int, most: int) -> None:
    resource.setrlimit(what, (most, most))


def _lower_memory(lane: str) -> None:
    """A file of the quick lane gets no more memory than the quick lane allows."""
    if lane == "quick":
        most = min(Limits.quick().child_memory_mib * MIB, resource.getrlimit(resource.RLIMIT_AS)[0])
        _bound(resource.RLIMIT_AS, most)
