"""The door for uploaded tables: every file is examined and read in a child process that may die without harm."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework.ground.sheets import progress
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.codec import book_from_json, refusal_from_json
from framework.ground.sheets.limits import MIB, Limits

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[3]
_ANSWER = "answer.json"
_START = "import sys; sys.path.insert(0, sys.argv[1]); from framework.ground.sheets.child import run; run()"
_WHOLE_BOOK = "framework.ground.sheets.codec:book_as_json"
_LOOK_EVERY = 0.5
_TOO_MUCH = {signal.SIGXCPU: "processor-time", signal.SIGKILL: "killed"}


@dataclass(frozen=True, slots=True)
class ChildResult:
    """What came back: the task's value, or why the file was refused. `peak_mb` is the child's resident peak in MiB."""

    value: Any = None
    refusal: Refusal | None = None
    seconds: float = 0.0
    peak_mb: int = 0


def read_book(path: Path, *, limits: Limits | None = None) -> Book | Refusal:
    """Read a table of any kind. `limits` defaults to the large lane.

    Never raises for what is in the file. Cells that cannot be a value (errors, bad numbers, texts
    the file does not hold) are None in the rows and stand, with their place, in the sheet's facts.
    """
    result = run_in_child(path, _WHOLE_BOOK, {}, limits)
    return result.refusal if result.refusal is not None else book_from_json(result.value)


Progress = Callable[[int, int], None]


def run_in_child(
    path: Path,
    task: str,
    arguments: dict[str, Any],
    limits: Limits | None = None,
    *,
    name: str = "",
    on_progress: Progress | None = None,
) -> ChildResult:
    """Read the file in a child and run `task` ("module:function") there on (book, arguments).

    The function's value must be made of plain JSON values (dates and times come back as
    {"date": …}); it alone crosses the border, so that large books stay in the child. A child
    that aborts is tried once more with our own walk instead of the library. `name` is the name
    of the file as sent, where the path does not carry it. `on_progress(done, total)` hears, in
    rows, what the task says through `progress.report`.
    """
    limits = limits or Limits.large()
    first = _run(path, task, arguments, limits, name, on_progress, walk_only=False)
    if first.refusal is not None and first.refusal.detail == "aborted":
        return _run(path, task, arguments, limits, name, on_progress, walk_only=True)
    return first


def _run(
    path: Path,
    task: str,
    arguments: dict[str, Any],
    limits: Limits,
    name: str,
    on_progress: Progress | None,
    *,
    walk_only: bool,
) -> ChildResult:
    order = {
        "path": str(path.resolve()),
        "name": name,
        "task": task,
        "arguments": arguments,
        "limits": limits.as_dict(),
        "walk_only": walk_only,
    }
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        code, complaint = _run_process(json.dumps(order), folder, limits, on_progress)
        return _answer(Path(folder) / _ANSWER, code, complaint, limits)


def _run_process(order: str, folder: str, limits: Limits, on_progress: Progress | None) -> tuple[int | None, str]:
    """(exit code or None when the time was up, end of what the child complained)."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", _START, str(_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,
        text=True,
    )
    until = time.monotonic() + limits.child_wall_s
    said, given = (0, 0), order
    while (left := until - time.monotonic()) > 0:
        try:
            _, complaint = process.communicate(given, timeout=left if on_progress is None else min(left, _LOOK_EVERY))
        except subprocess.TimeoutExpired:
            given = ""
            if on_progress is not None and (now := progress.read(Path(folder))) != said:
                said = now
                on_progress(*now)
        else:
            return process.returncode, complaint[-2000:]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return None, ""


def _answer(answer: Path, code: int | None, complaint: str, limits: Limits) -> ChildResult:
    if code is None:
        return _unread("time", limit=limits.child_wall_s)
    if code < 0:
        return _unread(_TOO_MUCH.get(signal.Signals(-code), "aborted"))
    if code > 0:
        if "MemoryError" in complaint:
            return _unread("memory", limit=limits.child_memory_mib)
        if "File too large" in complaint:
            return _unread("output", limit=limits.child_output_mib)
        if "PanicException" in complaint:
            return _unread("aborted")
        logger.error("a child reading a table failed: %s", complaint)
        return _unread("failed")
    if answer.stat().st_size > limits.child_output_mib * MIB:
        return _unread("output", limit=limits.child_output_mib)
    said = _loaded(answer)
    refusal = refusal_from_json(said["refusal"]) if "refusal" in said else None
    return ChildResult(said.get("value"), refusal, said["seconds"], said["peak_mb"])


def _loaded(answer: Path) -> dict[str, Any]:
    """The answer; a hundred thousand rows hold no cycles, and looking for them takes half the time of loading."""
    gc.disable()
    try:
        said: dict[str, Any] = json.loads(answer.read_bytes())
    finally:
        gc.enable()
    return said


def _unread(detail: str, **params: object) -> ChildResult:
    return ChildResult(refusal=Refusal("file-unreadable", detail, params))
