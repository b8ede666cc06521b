"""Run every benchmark and write `docs/performance.md`: `python -m benchmarks.run`."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks import bulk, checking, comparison, large, leverage, million, pool, saves
from benchmarks.bytecode import keep_bytecode
from benchmarks.result import Figure, Result

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BASE, LIST = 20_000, 2_000
"""Sites and rows of the matching benchmark here; the million stands with the bars."""
HEAD = """# Performance

Written by `make bench` on {day}, {cores} cores, Python {python}. Ratios count, not seconds: ours and the peer's were measured in one run. A bar is the largest ratio, or the largest figure where there is no peer.

| what | ours | the peer | ratio | bar | held |
|---|---|---|---|---|---|
"""


def main() -> int:
    """Measure, print, write; the exit code counts the bars that were missed."""
    keep_bytecode()
    results = [
        checking.run(),
        large.run(),
        large.on_postgresql(),
        pool.run(),
        comparison.run(),
        leverage.run(),
        million.run(BASE, LIST),
        *_on_both(bulk.run),
        *_on_both(saves.run),
    ]
    text = page(results, dt.datetime.now(dt.UTC).date())
    print(text)
    PAGE.write_text(text, encoding="utf-8")
    return sum(not figure.passes for result in results for figure in result.figures)


def _on_both(measure: Callable[[str], Result]) -> list[Result]:
    """The same on SQLite and, where a server can be started here, on PostgreSQL."""
    found = [measure("sqlite")]
    with suppress(ImportError):
        found.append(measure("postgresql"))
    return found


def page(results: list[Result], day: dt.date) -> str:
    """The page of these results."""
    head = HEAD.format(day=day.isoformat(), cores=os.cpu_count(), python=platform.python_version())
    rows = "".join(_row(figure) for result in results for figure in result.figures)
    facts = "".join(
        f"\n## {result.title}\n\n" + "".join(f"- {name}: {value}\n" for name, value in result.facts.items())
        for result in results
    )
    return head + rows + facts


def _row(figure: Figure) -> str:
    peer = "" if figure.peer is None else f"{_shown(figure.peer, figure.unit)} ({figure.peer_name})"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    held = "yes" if figure.passes else "**no**"
    return f"| {figure.what} | {_shown(figure.ours, figure.unit)} | {peer} | {ratio} | {figure.bar:g} | {held} |\n"


def _shown(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:g} {unit}"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
