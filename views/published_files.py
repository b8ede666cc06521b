"""Read a published list in the child process: what was read of it, or why the file could not be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from framework.disclosure.published_lists import ListRead
from framework.ground.errors import FileRefused
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost, run_in_child

TASKS = "framework.disclosure.published_lists"
FACTORIES, ENTRIES = f"{TASKS}:factories_task", f"{TASKS}:entries_task"


def read_published(path: Path, task: str, limits: Limits, *, name: str = "", **arguments: Any) -> ListRead:
    """What one of the tasks makes of a file; raises FileRefused with what is wrong with it, and ChildLost for the machine."""
    try:
        done = run_in_child(path, task, arguments, limits, name=name)
        refusal = done.refusal
    except ChildLost as lost:
        if lost.refusal is None:
            raise
        refusal = lost.refusal
    if refusal is not None:
        message, _advice, params = describe(refusal_issue(refusal.key, refusal.detail, refusal.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(refusal.key, message, **facts)
    return ListRead(**done.value)
