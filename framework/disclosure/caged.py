"""Check a file on disk in a child process; needs no database, and imports nothing of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.disclosure.overlay import Corrections
from framework.disclosure.scope import RoundScope
from framework.disclosure.smelters import Register
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.lines import Handed
from framework.ground.sheets.progress import Progress
from framework.ground.sheets.reader import run_in_child

CHECKS = "framework.disclosure.check_file"
"""The module with the work of the child: what a child that is started ahead loads."""


class NeedsLargeLane(Exception):
    """The file is beyond the quick lane and honest until shown otherwise: the large lane reads it (trust 9.4b)."""


def check_path(
    path: Path,
    scope: RoundScope | None,
    *,
    today: dt.date,
    limits: Limits,
    name: str = "",
    on_progress: Progress | None = None,
    previous: Handed | None = None,
    smelters: Register | None = None,
    corrections: Corrections = (),
    smelter_names: Sequence[Sequence[str]] = (),
    said_types: Sequence[Sequence[str]] = (),
) -> Checked:
    """Check a file on disk in a child process; whatever is wrong with it is in the result.

    `name` is the name as sent: a csv file is a sheet of that name. `previous` are the rows of the version before (D55),
    `smelters` the installation's register (D36); without it that rule is not run, which the result says.
    `smelter_names` are its names of smelters, by which blank cells are filled. `corrections` are laid over the cells before anything is understood.
    `said_types` are types of facility that a person gave to wordings of a list.
    Raises NeedsLargeLane, and OSError and ChildLost where the reading broke off for a reason that need not lie in the file.
    """
    arguments = {
        "scope": scope.to_json() if scope is not None else None,
        "today": today.isoformat(),
        "smelters": smelters,
        "corrections": corrections,
        "said_types": said_types,
        "smelter_names": [list(one) for one in smelter_names],
        "as_lines": True,
    }
    handed = {"previous": previous} if previous is not None else None
    done = run_in_child(
        path, f"{CHECKS}:check_task", arguments, limits, name=name, on_progress=on_progress, handed=handed
    )
    if done.refusal is not None and done.refusal.lane == "large":
        raise NeedsLargeLane
    if done.refusal is not None:
        return check(done.refusal, scope, today=today)
    return Checked.from_json(done.value, done.lines)
