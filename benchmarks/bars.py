"""Run the heavy promises in full and write `docs/bars.md`: `python -m benchmarks.bars [beginning of a test's path …]`.

With paths only the promises they hold are run again, the others keep the lines and the days of their last run.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import run as speed

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "bars.md"
HEAD = """# Bars

Written by `make bars`, {cores} cores. Each line runs the tests that hold a promise, in full (`HEFBOOM_BARS=1`); `make test` holds a sample of the heavy ones.

| promise | tests | databases | outcome | seconds | day |
|---|---|---|---|---|---|
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
        "500 random lists of members come back as they left",
        ("tests/leaving/test_members_come_back.py",),
        "none",
    ),
    Bar(
        "500 drawn cases each of entered shares and of all members' demand come back as they left",
        ("tests/leaving/test_shares_and_demand_come_back.py",),
        "none",
    ),
    Bar(
        "80,000 rows of 2,000 members from one workbook: shown, proposed as one unit, once; no member is declared for",
        ("tests/demand/test_proposing.py", "tests/benchmarks/test_bulk.py"),
        "both",
    ),
    Bar(
        "writers on SQLite stand in line over threads and processes; 21 members who save at once are all answered",
        ("tests/ground/test_write_turns.py", "tests/benchmarks/test_saves.py"),
        "both",
    ),
    Bar(
        "300 bodies of a sheet are shown and invited within seconds; a round is set up from one workbook in 11 presses",
        ("tests/signons/test_sheet.py", "tests/journeys/test_sheets.py"),
        "both",
    ),
    Bar(
        "no connection is made because of a file; a child that is killed or aborts ends in plain words",
        ("tests/hostile/test_no_connection.py", "tests/hostile/test_child_ends.py"),
        "SQLite",
    ),
    Bar("honest files of many writers are accepted, cell by cell", ("tests/hostile/test_honest.py",), "none"),
    Bar(
        "kill -9 of web and worker during uploads, 30 times: nothing acknowledged is lost",
        ("tests/survival/test_kill.py",),
        "SQLite",
    ),
    Bar(
        "every pair of states: the listed moves succeed, all others are refused",
        ("tests/ground/test_lifecycle.py",),
        "both",
    ),
    Bar("every route: its permission, every persona, reading changes nothing", ("tests/test_routes.py",), "both"),
    Bar("migrations and models say the same, upwards and down", ("tests/test_migrations.py",), "both"),
    Bar(
        "after 10,000 random edits every cut of the pool equals an independent computation, to the unit",
        ("tests/demand/test_cuts.py",),
        "both",
    ),
    Bar(
        "two editors of one declaration, 1,000 interleavings: no value overwritten unseen, nothing typed lost",
        ("tests/demand/test_two_editors.py", "tests/demand/test_merge.py"),
        "both",
    ),
    Bar("demand: pasting, round trips, independent sums", ("tests/demand",), "both"),
    Bar(
        "1,000 changes made in the database are found by the stand-alone verifier; any two of 50 heads are consistent",
        ("tests/audit", "tests/ground/test_merkle.py", "tests/ground/test_signing.py"),
        "both",
    ),
    Bar("100 of 100 receipts verify offline, none with a flipped byte", ("tests/disclosure/test_receipts.py",), "both"),
    Bar(
        "a mark in every field of a sealed tender: no route, mail, log, dump or stored file tells it but its owner's pages",
        ("tests/disclosure/test_canary.py", "tests/disclosure/test_sealing.py"),
        "both",
    ),
    Bar("what arrived in time counts; nobody opens alone or early", ("tests/disclosure",), "both"),
    Bar(
        "4,000 files around the deadline over four processes: in or late, and all later readers see the same set",
        ("tests/survival/test_deadline_race.py",),
        "both",
    ),
    Bar(
        "2,000 random sequences never open with fewer than two persons, before the time or outside the window; 200 versions count without a click",
        ("tests/disclosure/test_opening_sequences.py",),
        "both",
    ),
    Bar(
        "sealed with shares: any two openers open, one never does, and database, key file and backup together tell nothing",
        (
            "tests/disclosure/test_shares_whole.py",
            "tests/disclosure/test_shares_opening.py",
            "tests/disclosure/test_shares_arrival.py",
            "tests/disclosure/test_shares_pages.py",
        ),
        "both",
    ),
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
    Bar(
        "5,000 random worlds: no score, comment, assignment or sight of a tender by somebody with a conflict of interest",
        ("tests/judging/test_worlds.py",),
        "SQLite",
    ),
    Bar(
        "5,000 random worlds: no value of another, and nothing counted from one, before the own values are final",
        ("tests/judging/test_blind_worlds.py",),
        "SQLite",
    ),
    Bar(
        "500 forms sent again, one after another and at the same moment: one effect each, and the same answer",
        ("tests/survival/test_replays.py",),
        "both",
    ),
    Bar(
        "a tender of 300 claims: at most 25 questions to the database for its page, 95 of 100 savings within 100 ms",
        ("tests/judging/test_speed.py", "tests/judging/test_scoring_page.py"),
        "both",
    ),
    Bar(
        "1,000 random pools: an attacker with all leverage briefs and its own data recovers no other member's cell within 15 %",
        ("tests/demand/test_suppression.py",),
        "none",
    ),
    Bar("English, Dutch and Swedish at par", ("tests/test_translations.py",), "none"),
)


def main(chosen: Sequence[str]) -> int:
    """Run the bars, print and write the page after each; the exit code counts those that failed."""
    lines: dict[str, str] = {}
    failed = 0
    for bar in BARS:
        if chosen and not any(test.startswith(tuple(chosen)) for test in bar.tests):
            continue
        outcome, seconds, is_held = measured(bar)
        failed += not is_held
        if chosen:  # read only now: other bars may have been run meanwhile
            lines = known_lines(PAGE.read_text(encoding="utf-8"))
        day = dt.datetime.now(dt.UTC).date().isoformat()
        lines[bar.promise] = (
            f"{bar.promise} | `{' '.join(bar.tests)}` | {bar.databases} | {outcome} | {seconds:.0f} | {day}"
        )
        print(f"| {lines[bar.promise]} |", flush=True)
        PAGE.write_text(page(lines), encoding="utf-8")
    return failed if chosen else failed + speed.main()


def measured(bar: Bar) -> tuple[str, float, bool]:
    """The last line that the tests of a bar print, the seconds they take, and whether all of them hold; what fails is told on stderr."""
    begun = time.monotonic()
    workers = ("-n", "2", "--dist", "loadgroup", "-p", "tests.together")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "faulthandler_timeout=0", *workers, *bar.tests],
        cwd=ROOT,
        env=os.environ | {"HEFBOOM_BARS": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
    outcome = done.stdout.strip().splitlines()[-1].strip("= ") if done.stdout.strip() else "no output"
    return outcome, time.monotonic() - begun, done.returncode == 0


def page(lines: Mapping[str, str]) -> str:
    """The page, its lines in the order of the bars; a bar that was not run yet has none."""
    told = "".join(f"| {lines[bar.promise]} |\n" for bar in BARS if bar.promise in lines)
    foot = "\nSpeed: see `performance.md`, which says when it was measured.\n"
    return HEAD.format(cores=os.cpu_count()) + told + foot


def known_lines(text: str) -> dict[str, str]:
    """The lines of a page by their promise, without those of bars that are no more."""
    cells = (line.strip("| ") for line in text.splitlines() if line.startswith("| "))
    found = {line.split(" | ")[0]: line for line in cells}
    return {bar.promise: found[bar.promise] for bar in BARS if bar.promise in found}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
