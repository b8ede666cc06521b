"""Recognising and fully checking half a million cells, beside bare readings of the same file by pandas and python-calamine."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import python_calamine

from benchmarks import disclosures
from benchmarks.result import Figure, Result
from framework.disclosure.caged import CHECKS
from framework.disclosure.checked import Checked
from framework.ground.sheets import fork_server
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.preflight import preflight
from framework.ground.sheets.reader import run_in_child

MOST_OF_PANDAS, MOST_OF_CALAMINE, PREFLIGHT_OF_PANDAS = 0.35, 4.0, 0.12
PASSES = 5
TASK = f"{CHECKS}:check_task"


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of readings of one file: seconds of ours and of the peers, peak of the child in MiB, remarks."""

    check: float
    preflight: float
    pandas: float
    calamine: float
    peak: int
    issues: int


def run(scale: float = 1.0, passes: int = PASSES) -> Result:
    """Check a faultless workbook, one with faults and a plain list, in the child process, as the product does."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _files(Path(folder), scale)
        figures: list[Figure] = []
        facts = {"start of the server, once for each process that reads files": f"{_start(Path(folder)):.2f} s"}
        for name, path in paths.items():
            turns = [_turn(path) for _pass in range(passes)]
            figures += _figures(name, turns)
            facts[f"{name}: peak memory of the child"] = f"{max(turn.peak for turn in turns)} MiB"
            facts[f"{name}: remarks"] = str(turns[-1].issues)
    return Result("Checking a workbook of 20 000 rows of 25 columns", tuple(figures), facts)


def _figures(name: str, turns: list[Turn]) -> Iterator[Figure]:
    """Each promise beside its peer, in the turn with the middle ratio.

    A machine shared with others is fast in one minute and slow in the next. Readings side by side meet the same
    minute, so the ratio of a turn says more than the least of ours over the least of the peer's.
    """
    check = f"{name}: recognised and checked"
    for what, bar, peer_name, pairs in (
        (check, MOST_OF_PANDAS, "pandas reads it", [(turn.check, turn.pandas) for turn in turns]),
        (check, MOST_OF_CALAMINE, "python-calamine reads it", [(turn.check, turn.calamine) for turn in turns]),
        (f"{name}: pre-flight", PREFLIGHT_OF_PANDAS, "pandas reads it", [(t.preflight, t.pandas) for t in turns]),
    ):
        ours, peer = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
        yield Figure(what, ours, "s", bar, peer, peer_name)


def _files(folder: Path, scale: float) -> dict[str, Path]:
    paths = {
        name: folder / f"{name.replace(' ', '-')}.xlsx" for name in ("without faults", "with faults", "plain list")
    }
    disclosures.write(paths["without faults"], disclosures.faultless(scale))
    disclosures.write(paths["with faults"], disclosures.with_faults(scale)[0])
    disclosures.write_list(paths["plain list"], scale)
    return paths


def _turn(path: Path) -> Turn:
    """Ours and the peers once, one after the other."""
    check, (issues, peak) = _timed(lambda: _check(path))
    calamine, _ = _timed(lambda: _read_bare(path))
    looking, _ = _timed(lambda: preflight(path, Limits.large()))
    pandas, _ = _timed(lambda: pd.read_excel(path, sheet_name=None, engine="openpyxl"))
    return Turn(check, looking, pandas, calamine, peak, issues)


def _start(folder: Path) -> float:
    """Seconds that the first file takes beside the work on it; it is one of one line."""
    fork_server.forget()
    path = folder / "short.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    taken, done = _timed(lambda: run_in_child(path, TASK, {"today": disclosures.TODAY.isoformat()}, Limits.large()))
    return taken - done.seconds


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def _read_bare(path: Path) -> int:
    """Every cell of every sheet as python-calamine gives it; the number of rows."""
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def _check(path: Path) -> tuple[int, int]:
    """Read and check in the child and go through all rows of its answer, as the product does: remarks, peak in MiB."""
    arguments = {"scope": disclosures.SCOPE.to_json(), "today": disclosures.TODAY.isoformat(), "as_lines": True}
    done = run_in_child(path, TASK, arguments, Limits.large())
    if done.refusal is not None:
        raise RuntimeError(f"refused: {done.refusal.key}")
    checked = Checked.from_json(done.value, done.lines)
    if sum(1 for records in checked.tables.values() for _record in records) != checked.rows_stored:
        raise RuntimeError("rows are missing")
    return checked.issue_total, done.peak_mb
