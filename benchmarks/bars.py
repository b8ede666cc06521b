"""Run the heavy promises in full and write `docs/bars.md`: `python -m benchmarks.bars`."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import run as speed

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "bars.md"
HEAD = """# Bars

Written by `make bars` on {day}, {cores} cores. Each line runs the tests that hold a promise, in full (`HEFBOOM_BARS=1`); `make test` holds a sample of the heavy ones.

| promise | tests | databases | outcome | seconds |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise and the tests that hold it."""

    promise: str
    tests: tuple[str, ...]
    databases: str


BARS = (
    Bar(
        "hostile and broken files end within 2 s and 256 MB in their message",
        ("tests/hostile/test_corpus.py", "tests/hostile/test_understood.py", "tests/hostile/test_field_files.py"),
        "none",
    ),
    Bar(
        "3,000 files damaged and 5,000 tables made at random end in a verdict, every row accounted for",
        ("tests/hostile/test_mutations.py",),
        "none",
    ),
    Bar(
        "sixty texts that a spreadsheet might run leave every export as texts, numbers as numbers",
        ("tests/leaving/test_every_export.py", "tests/ground/test_formulas_leave_as_text.py"),
        "SQLite",
    ),
    Bar(
        "500 random declarations, disclosures and lists of remarks each come back as they left",
        ("tests/leaving/test_round_trips.py",),
        "none",
    ),
    Bar(
        "no connection is made because of a file; a child that is killed or aborts ends in plain words",
        ("tests/hostile/test_no_connection.py", "tests/hostile/test_child_ends.py"),
        "SQLite",
    ),
    Bar("honest files of many writers are accepted, cell by cell", ("tests/hostile/test_honest.py",), "none"),
    Bar(
        "kill -9 of web and worker during uploads, 30 times: nothing acknowledged is lost",
        ("tests/survival",),
        "SQLite",
    ),
    Bar(
        "every pair of states: the listed moves succeed, all others are refused",
        ("tests/ground/test_lifecycle.py",),
        "both",
    ),
    Bar("every route: its permission, every persona, reading changes nothing", ("tests/test_routes.py",), "both"),
    Bar("migrations and models say the same, upwards and down", ("tests/test_migrations.py",), "both"),
    Bar("demand: pasting, round trips, independent sums", ("tests/demand",), "both"),
    Bar("what arrived in time counts; nobody opens alone or early", ("tests/disclosure",), "both"),
    Bar(
        "200 faults planted over 20 files are each marked, and mending the marked cells leaves none",
        ("tests/disclosure/test_marked.py",),
        "both",
    ),
    Bar("journeys in a real browser, without scripts, by keyboard, axe", ("tests/journeys", "tests/look"), "SQLite"),
    Bar(
        "a list of 200,000 rows of 25 columns, and its second version, checked within 60 s of the receipt and 600 MB in all",
        ("tests/benchmarks/test_large.py",),
        "both",
    ),
    Bar(
        "a list of 10,000 rows in a base of a million sites: 60 s in memory, 200 s and 200 MB in the database, none wrong",
        ("tests/benchmarks/test_million.py",),
        "SQLite",
    ),
    Bar("English, Dutch and Swedish at par", ("tests/test_translations.py",), "none"),
)


def main() -> int:
    """Run every bar, print and write the page; the exit code counts those that failed."""
    rows, failed = [], 0
    for bar in BARS:
        begun = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-n",
                "2",
                "--dist",
                "loadgroup",
                "-p",
                "tests.together",
                *bar.tests,
            ],
            cwd=ROOT,
            env=os.environ | {"HEFBOOM_BARS": "1"},
            capture_output=True,
            text=True,
        )
        outcome = done.stdout.strip().splitlines()[-1].strip("= ") if done.stdout.strip() else "no output"
        failed += done.returncode != 0
        seconds = time.monotonic() - begun
        rows.append(f"| {bar.promise} | `{' '.join(bar.tests)}` | {bar.databases} | {outcome} | {seconds:.0f} |\n")
        print(rows[-1], end="", flush=True)
    head = HEAD.format(day=dt.datetime.now(dt.UTC).date().isoformat(), cores=os.cpu_count())
    PAGE.write_text(
        head + "".join(rows) + "\nSpeed: see `performance.md`, which says when it was measured.\n", encoding="utf-8"
    )
    return failed + speed.main()


if __name__ == "__main__":
    sys.exit(main())
