"""Compare two long versions in a child process: rows go in and differences come out line by line, numbered, without their values.

Imports nothing of a database: the child knows the rows by their numbers alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from sys import intern
from typing import Any

from framework.disclosure.differences import Difference, Records, compare
from framework.ground.sheets import lines, progress
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.progress import Progress
from framework.ground.sheets.reader import ChildResult, run_in_child
from framework.ground.sheets.workplace import workplace

TASK = "framework.disclosure.comparing:compare_task"
BEFORE, AFTER = 0, 1
FOUND = "found"
Row = tuple[str, int, int, dict[str, Any]]
"""Our name of the sheet, number of the stored row, its row in the file, its values."""


def compare_in_child(
    before: Iterable[Row],
    after: Iterable[Row],
    total: int,
    *,
    limits: Limits,
    on_progress: Progress,
    when_written: Callable[[], None],
) -> ChildResult:
    """`value` holds `unchanged`, `too_many` and the `blocks` of `lines`, each a record of what differs; `total` counts the rows of both.

    `when_written` is called once the rows are with the child and nobody needs the database any longer.

    Raises OSError and ChildLost where the machine is at fault, and whatever `on_progress` raises.
    """
    with workplace(None) as folder:
        path = folder / lines.FILE
        encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
        with path.open("w", encoding="ascii") as file:
            for side, rows in ((BEFORE, before), (AFTER, after)):
                file.writelines(encode([side, *row]) + "\n" for row in rows)
        when_written()
        return run_in_child(path, TASK, {"total": total}, limits, on_progress=on_progress, is_table=False)


def compare_task(path: Path, arguments: dict[str, Any]) -> dict[str, Any]:
    """In the child: the differences as lines, in their order."""
    progress.start(progress.READING, int(arguments["total"]))
    before, after = _read(path)
    found = compare(before, after)
    blocks = lines.write({FOUND: [_line(number, one) for number, one in enumerate(found.found)]})
    return {"unchanged": found.unchanged, "too_many": found.too_many, "blocks": blocks}


def _read(path: Path) -> tuple[Records, Records]:
    """The rows of both versions; equal names and values are kept once, for most are the same in both."""
    sides: tuple[Records, Records] = ({}, {})
    known: dict[str, str] = {}
    with path.open(encoding="ascii") as file:
        for line in progress.counted(file, progress.READING):
            side, sheet, number, row, values = json.loads(line)
            record = {"number": number, "row": row, "values": dict(_kept(values, known))}
            sides[side].setdefault(intern(sheet), []).append(record)
    return sides


def _kept(values: dict[str, Any], known: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        yield intern(name), known.setdefault(value, value) if isinstance(value, str) else value


def _line(position: int, one: Difference) -> dict[str, Any]:
    before, after = (record["number"] if record else None for record in (one.before, one.after))
    said = {"sheet": one.sheet, "kind": one.kind, "before_row": before, "after_row": after}
    return {"row": position, "values": said | {"columns": [change.column for change in one.changes]}, "found": {}}
