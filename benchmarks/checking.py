"""Recognising and fully checking half a million cells, beside a bare reading of the same file by pandas."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks import disclosures
from benchmarks.result import Figure, Result
from framework.disclosure.check_file import Checked
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child

MOST_OF_PANDAS = 0.5
PASSES = 5
TASK = "framework.disclosure.check_file:check_task"


def run(scale: float = 1.0, passes: int = PASSES) -> Result:
    """Check a faultless workbook, one with faults and a plain list, in the child process, as the product does."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _files(Path(folder), scale)
        figures, facts = [], {}
        for name, path in paths.items():
            seconds, peer, peak, issues = _in_turn(path, passes)
            figures.append(
                Figure(f"{name}: recognised and checked", seconds, "s", MOST_OF_PANDAS, peer, "pandas reads it")
            )
            facts[f"{name}: peak memory of the child"] = f"{peak} MiB"
            facts[f"{name}: remarks"] = str(issues)
    return Result("Checking a workbook of 20 000 rows of 25 columns", tuple(figures), facts)


def _files(folder: Path, scale: float) -> dict[str, Path]:
    paths = {
        name: folder / f"{name.replace(' ', '-')}.xlsx" for name in ("without faults", "with faults", "plain list")
    }
    disclosures.write(paths["without faults"], disclosures.faultless(scale))
    disclosures.write(paths["with faults"], disclosures.with_faults(scale)[0])
    disclosures.write_list(paths["plain list"], scale)
    return paths


def _in_turn(path: Path, passes: int) -> tuple[float, float, int, int]:
    """Ours, then pandas, again and again: the seconds of the turn with the middle ratio, our peak in MiB, remarks.

    A machine shared with others is fast in one minute and slow in the next. Two readings side by side meet the same
    minute, so the ratio of a turn says more than the least of ours over the least of the peer's.
    """
    turns, peaks, issues = [], [], 0
    for _pass in range(passes):
        begun = time.perf_counter()
        issues, peak = _check(path)
        between = time.perf_counter()
        pd.read_excel(path, sheet_name=None, engine="openpyxl")
        turns.append((between - begun, time.perf_counter() - between))
        peaks.append(peak)
    ours, peer = sorted(turns, key=lambda turn: turn[0] / turn[1])[passes // 2]
    return ours, peer, max(peaks), issues


def _check(path: Path) -> tuple[int, int]:
    """Read and check in the child and take the whole answer over, as the product does: remarks, peak in MiB."""
    arguments = {"scope": disclosures.SCOPE.to_json(), "today": disclosures.TODAY.isoformat()}
    done = run_in_child(path, TASK, arguments, Limits.large())
    if done.refusal is not None:
        raise RuntimeError(f"refused: {done.refusal.key}")
    return Checked.from_json(done.value).issue_total, done.peak_mb
