"""Recognising and fully checking half a million cells, beside a bare reading of the same file by pandas."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks import disclosures
from benchmarks.result import Figure, Result
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child

MOST_OF_PANDAS = 0.5
PASSES = 3
TASK = "framework.disclosure.check_file:check_task"


def run(scale: float = 1.0, passes: int = PASSES) -> Result:
    """Check a faultless workbook, one with faults and a plain list, in the child process, as the product does."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _files(Path(folder), scale)
        figures, facts = [], {}
        for name, path in paths.items():
            seconds, peak, issues = _checked(path, passes)
            peer = _median(lambda path=path: pd.read_excel(path, sheet_name=None, engine="openpyxl"), 1)  # type: ignore[misc]
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


def _checked(path: Path, passes: int) -> tuple[float, int, int]:
    """Median seconds, highest peak of the child in MiB, number of remarks."""
    arguments = {"scope": disclosures.SCOPE.to_json(), "today": disclosures.TODAY.isoformat()}
    taken, peaks, issues = [], [], 0
    for _pass in range(passes):
        begun = time.perf_counter()
        done = run_in_child(path, TASK, arguments, Limits.large())
        taken.append(time.perf_counter() - begun)
        peaks.append(done.peak_mb)
        if done.refusal is not None:
            raise RuntimeError(f"refused: {done.refusal.key}")
        issues = done.value["issue_total"]
    return statistics.median(taken), max(peaks), issues


def _median(work: Callable[[], object], passes: int) -> float:
    taken = []
    for _pass in range(passes):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
