"""The door for uploaded tables: every file is examined and read in a child process that may die without harm."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework.ground.complaint import Complaint
from framework.ground.sheets import fork_server, progress
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.codec import book_from_json, may_need_escapes, refusal_from_json, storable
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.lines import FILE as LINES
from framework.ground.sheets.lines import Handed, LineFile
from framework.ground.sheets.progress import Progress
from framework.ground.sheets.workplace import workplace

logger = logging.getLogger(__name__)

_ANSWER = "answer.json"
_WHOLE_BOOK = "framework.ground.sheets.codec:book_as_json"
_LOOK_EVERY = 0.5
_HAD_ITS_SHARE = 0.9
"""Of the time it may take a child must have had so much of a processor for its end in time to speak against the file."""
_OWN_DEATHS = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})


@dataclass(frozen=True, slots=True)
class ChildResult:
    """What came back: the task's value, or why the file was refused. `peak_mb` is the child's resident peak in MiB.

    `lines` holds what the task wrote through `lines.write`, None where it wrote nothing.
    """

    value: Any = None
    refusal: Refusal | None = None
    seconds: float = 0.0
    peak_mb: int = 0
    lines: LineFile | None = None


class ChildLost(Exception):
    """The reading broke off for a reason that need not lie in the file: try again later.

    `refusal` is what to say of the file where it goes on like this every time; None where the machine is
    at fault (disk full, file not there), which says nothing of the file however often it happens.
    """

    def __init__(self, reason: str, refusal: Refusal | None = None) -> None:
        self.reason = reason
        self.refusal = refusal
        super().__init__(reason)


def read_book(path: Path, *, limits: Limits | None = None, folder: Path | None = None) -> Book | Refusal:
    """Read a table of any kind. `limits` defaults to the large lane; `folder` is where children work.

    Never raises for what is in the file. Cells that cannot be a value (errors, bad numbers, texts
    the file does not hold) are None in the rows and stand, with their place, in the sheet's facts.
    Raises OSError and ChildLost where the machine is at fault.
    """
    try:
        result = run_in_child(path, _WHOLE_BOOK, {}, limits, folder=folder)
    except ChildLost as lost:
        if lost.refusal is None:
            raise
        return lost.refusal
    return result.refusal if result.refusal is not None else book_from_json(result.value)


def run_in_child(
    path: Path,
    task: str,
    arguments: dict[str, Any],
    limits: Limits | None = None,
    *,
    name: str = "",
    on_progress: Progress | None = None,
    folder: Path | None = None,
    is_table: bool = True,
    handed: Mapping[str, Handed] | None = None,
) -> ChildResult:
    """Read the file in a child and run `task` ("module:function") there on (book, arguments).

    Where the file is one of ours and no table (`is_table`), the task is given its path and reads it.

    The function's value must be made of plain JSON values (dates and times come back as
    {"date": …}); it alone crosses the border, so that large books stay in the child. A child
    that aborts is tried once more with our own walk instead of the library. A child whose time is up is judged by the
    time of a processor that it had: one that hardly got any is lost, not refused. `name` is the name
    of the file as sent, where the path does not carry it. `on_progress(done, total, step)` hears what was
    last said through `progress`, twice a second for as long as the child works; what it raises ends the child. `folder` is where children work,
    instead of the folder of this process (`workplace.work_below`). `handed` are further arguments of the task, records that
    were written down (`lines.hand`). Raises OSError and ChildLost where the reading broke off
    for a reason that need not lie in the file.
    """
    limits = limits or Limits.large()
    order = {
        "path": str(path.resolve()),
        "name": name,
        "task": task,
        "arguments": arguments,
        "is_table": is_table,
        "limits": limits.as_dict(),
        "handed": {argument: (one.file.handle, one.places) for argument, one in (handed or {}).items()},
    }
    try:
        return _run(order | {"walk_only": False}, limits, folder, on_progress)
    except _Aborted:
        pass
    try:
        return _run(order | {"walk_only": True}, limits, folder, on_progress)
    except _Aborted as aborted:
        if aborted.is_our_limit:
            return _unread("memory", limit=limits.child_memory_mib)
        raise ChildLost("aborted", Refusal("file-unreadable", "aborted")) from aborted


class _Aborted(Exception):
    """A library broke in the child; the second way may go without it. `is_our_limit`: for want of the memory we allow."""

    def __init__(self, *, is_our_limit: bool) -> None:
        self.is_our_limit = is_our_limit
        super().__init__()


def _run(order: dict[str, Any], limits: Limits, base: Path | None, on_progress: Progress | None) -> ChildResult:
    with workplace(base) as folder:
        code, complaint = _run_process(order, folder, limits, on_progress)
        return _answer(folder / _ANSWER, code, complaint, limits)


def _run_process(
    order: dict[str, Any], folder: Path, limits: Limits, on_progress: Progress | None
) -> tuple[int | None, str]:
    """(exit code or None when the time was up, end of what the child complained)."""
    files = [handle for handle, _places in order["handed"].values()]
    try:
        with fork_server.start(json.dumps(order), folder, files) as child:
            return _until_it_ends(child, folder, limits, on_progress)
    except fork_server.Lost as lost:
        raise ChildLost(str(lost)) from lost


def _until_it_ends(
    child: fork_server.Child, folder: Path, limits: Limits, on_progress: Progress | None
) -> tuple[int | None, str]:
    until = time.monotonic() + limits.child_wall_s
    while (left := until - time.monotonic()) > 0:
        if child.wait(left if on_progress is None else min(left, _LOOK_EVERY)):
            return child.code, child.complaint
        if on_progress is not None:
            on_progress(*progress.read(folder))
    if child.wait(0):  # it may have ended while its progress was told
        return child.code, child.complaint
    if child.number is None or _processor_seconds(child.number) < _HAD_ITS_SHARE * min(
        limits.child_wall_s, limits.child_cpu_s
    ):
        raise ChildLost("starved")
    return None, ""


def _processor_seconds(number: int) -> float:
    """Processor time that a process used so far; none where the machine does not tell."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _answer(answer: Path, code: int | None, complaint: str, limits: Limits) -> ChildResult:
    """What a child's end means: only limits of ours and what the reader itself broke on speak against the file."""
    if code is None:
        return _unread("time", limit=limits.child_wall_s)
    if code < 0:
        return _died(signal.Signals(-code), complaint)
    if code > 0:
        return _broke(Complaint.found_in(complaint), limits)
    written = answer.with_name(LINES)
    size = answer.stat().st_size + (written.stat().st_size if written.exists() else 0)
    if size > limits.child_output_mib * MIB:
        return _unread("output", limit=limits.child_output_mib)
    said = _loaded(answer)
    refusal = refusal_from_json(said["refusal"]) if "refusal" in said else None
    opened = LineFile(written) if written.exists() else None
    return ChildResult(said.get("value"), refusal, said["seconds"], said["peak_mb"], opened)


def _died(cause: signal.Signals, complaint: str) -> ChildResult:
    if cause is signal.SIGXCPU:
        return _unread("processor-time")
    if cause in _OWN_DEATHS:
        raise _Aborted(is_our_limit="memory allocation of" in complaint)
    raise ChildLost(f"killed by {cause.name}", Refusal("file-unreadable", "killed"))


def _broke(complaint: Complaint | None, limits: Limits) -> ChildResult:
    if complaint is None:
        raise ChildLost("the child did not start")
    if complaint.is_environment:
        raise ChildLost(str(complaint))
    if complaint.error == "MemoryError":
        return _unread("memory", limit=limits.child_memory_mib)
    if complaint.is_output_too_large:
        return _unread("output", limit=limits.child_output_mib)
    if complaint.error == "PanicException":
        raise _Aborted(is_our_limit=False)
    logger.error("a child reading a table failed: %s", complaint)
    return _unread("failed")


def _loaded(answer: Path) -> dict[str, Any]:
    """The answer, in texts that any database holds.

    A hundred thousand rows hold no cycles, and looking for them takes half the time of loading.
    """
    written = answer.read_bytes()
    gc.disable()
    try:
        said: dict[str, Any] = json.loads(written)
        return storable(said) if may_need_escapes(written) else said
    finally:
        gc.enable()


def _unread(detail: str, **params: object) -> ChildResult:
    return ChildResult(refusal=Refusal("file-unreadable", detail, params))
