"""A file damaged or made at random ends in a verdict within its time, and every row of it is accounted for."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.check_file import check
from framework.disclosure.checked import REFUSED, Checked
from framework.disclosure.columns import SHEETS, SYSTEM_SHEETS, sheet_columns
from framework.disclosure.our_marks import without_our_marks
from framework.disclosure.recognise import OURS, SITE_LIST, UNKNOWN
from framework.ground.sheets.cells import Book, Refusal, Row, Sheet
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child
from framework.ground.sheets.reading import read_here
from tests.disclosure.workbooks import SCOPE, TODAY
from tests.hostile.generated import HEADERS, WORDS, Generated, generated
from tests.hostile.mutations import damaged, mutated

IN_FULL = bool(os.environ.get("HEFBOOM_BARS"))
DAMAGED, MADE = (3_000, 5_000) if IN_FULL else (300, 500)
MOST_SECONDS, MOST_MB = 2.0, 256
DAMAGE_AFTER = 5
"""Every fifth of the tables made at random is damaged too."""


def verdict_of(path: Path, seed: int) -> tuple[Book | Refusal, Checked]:
    """What is said of a file, within the time a person waits; each row of what was read is stored or listed."""
    begun = time.process_time()
    book = read_here(path, Limits.quick())
    found = check(book, SCOPE, today=TODAY)
    assert time.process_time() - begun <= MOST_SECONDS, seed
    assert found.adds_up, seed
    assert (found.verdict == REFUSED) or not isinstance(book, Refusal), seed
    if isinstance(book, Book):
        assert_every_row_is_somewhere(book, found, seed)
    return book, found


def assert_every_row_is_somewhere(book: Book, found: Checked, seed: int) -> None:
    """The rows that the reader delivered, less one header for each sheet that was read, are the rows of the account."""
    if found.format not in (OURS, SITE_LIST, UNKNOWN):
        return
    own = SYSTEM_SHEETS if found.format == OURS else ()
    delivered = sum(len(sheet.rows) for sheet in without_our_marks(book).sheets if sheet.name.casefold() not in own)
    headers = sum(bool(one.target and (sheet := book.sheet(one.name)) and sheet.rows) for one in found.sheets)
    assert delivered - headers == found.rows_stored + found.rows_listed, seed


@pytest.mark.parametrize("first", range(0, DAMAGED, DAMAGED // 30))
def test_damaged_files_end_in_a_verdict_and_their_rows_add_up(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + DAMAGED // 30):
        suffix, content = mutated(seed)
        path = tmp_path / f"{seed}{suffix}"
        path.write_bytes(content)

        verdict_of(path, seed)


@pytest.mark.parametrize("first", range(0, MADE, MADE // 50))
def test_tables_made_at_random_end_in_a_verdict_with_every_row_that_was_written(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + MADE // 50):
        made, is_damaged = generated(seed), seed % DAMAGE_AFTER == 0
        path = tmp_path / f"{seed}{made.suffix}"
        path.write_bytes(damaged(made.content, random.Random(seed)) if is_damaged else made.content)

        book, _found = verdict_of(path, seed)

        if not is_damaged and isinstance(book, Book) and book.separator in ("", made.separator):
            assert sum(len(sheet.rows) for sheet in book.sheets) == made.rows, seed
        assert is_damaged or not isinstance(book, Refusal) or is_rightly_refused(book, made), seed


def is_rightly_refused(book: Refusal, made: Generated) -> bool:
    """Of tables that nobody damaged only those are refused that hold nothing, or whose first cell begins a web page."""
    return book.key == (
        "file-is-web-page" if b"<script" in made.content[:12] else "file-empty" if not made.rows else ""
    )


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(WORDS),
    st.text(max_size=12),
)
NAMES = st.sampled_from([*HEADERS, *(name for sheet in SHEETS for name in sheet_columns(sheet))])
TABLES = st.tuples(
    st.sampled_from(["Sites", *SHEETS]),
    st.lists(NAMES, min_size=1, max_size=8),
    st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=8),
)


@settings(max_examples=1_000 if IN_FULL else 60, deadline=None)
@given(st.lists(TABLES, min_size=1, max_size=3, unique_by=lambda table: table[0]))
def test_cells_of_any_kind_are_checked_and_every_row_is_accounted_for(
    tables: list[tuple[str, list[str], list[list[object]]]],
) -> None:
    book = Book("xlsx", [Sheet(name, _rows([list(head), *rows])) for name, head, rows in tables])

    found = check(book, SCOPE, today=TODAY)

    assert found.adds_up
    assert_every_row_is_somewhere(book, found, 0)


def _rows(table: list[list[object]]) -> list[Row]:
    """Rows as a reader delivers them: none without a value, no blanks at the end."""
    rows = []
    for number, cells in enumerate(table, start=1):
        while cells and cells[-1] in (None, ""):
            cells = cells[:-1]
        if cells:
            rows.append(Row(number, tuple(cells)))  # type: ignore[arg-type]
    return rows


def test_damage_leaves_some_files_readable_and_refuses_others(tmp_path: Path) -> None:
    outcomes = set()
    for seed in range(60):
        suffix, content = mutated(seed)
        path = tmp_path / f"{seed}{suffix}"
        path.write_bytes(content)
        outcomes.add(isinstance(read_here(path, Limits.quick()), Refusal))

    assert outcomes == {True, False}


@pytest.mark.parametrize("seed", range(0, DAMAGED, 30))
def test_a_damaged_file_stays_within_its_limits_in_the_child(seed: int, tmp_path: Path) -> None:
    suffix, content = mutated(seed)
    path = tmp_path / f"{seed}{suffix}"
    path.write_bytes(content)

    result = run_in_child(path, "framework.ground.sheets.codec:book_as_json", {}, Limits.quick())

    assert result.seconds <= MOST_SECONDS
    assert result.peak_mb <= MOST_MB
    assert (result.refusal is None) == (not isinstance(read_here(path, Limits.quick()), Refusal))
