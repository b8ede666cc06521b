"""Honest files are never refused, and every cell arrives at its place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.ground.sheets import container, scan, strings
from framework.ground.sheets.cells import Book
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.preflight import examine, load_strings, preflight, walk_sheet_slowly
from framework.ground.sheets.reader import read_book
from framework.ground.sheets.reading import read_here
from framework.ground.sheets.refused import Refused
from framework.ground.sheets.scan import SheetScan
from framework.ground.sheets.tally import Budget, Tally
from framework.ground.sheets.xml import NotPlain, XmlPart
from tests.hostile import raw
from tests.hostile.honest import HONEST, Honest
from tests.hostile.make import Case, geometry_cases, hostile_cases, value_cases, xml_cases

LIMITS = Limits.large()


def as_rows(book: Book) -> dict[int, tuple[object, ...]]:
    return {row.number: row.cells for row in book.sheets[0].rows}


@pytest.fixture
def stored(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    case: Honest | Case = request.param
    path = tmp_path / f"upload{case.suffix}"
    path.write_bytes(case.build())
    return path


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.id)
def test_an_honest_file_is_read_cell_by_cell(case: Honest, tmp_path: Path) -> None:
    path = tmp_path / f"upload{case.suffix}"
    path.write_bytes(case.build())

    book = read_book(path, limits=Limits.quick())

    assert isinstance(book, Book), book
    assert as_rows(book) == case.rows
    assert not case.notice or case.notice in dict(book.notices)
    assert book.sheets[0].facts.valued_cells == sum(
        value is not None for cells in case.rows.values() for value in cells
    )


@pytest.mark.parametrize("stored", HONEST, ids=lambda case: case.id, indirect=True)
def test_both_ways_of_reading_deliver_the_same_cells(stored: Path) -> None:
    by_library, by_walk = read_here(stored, LIMITS), read_here(stored, LIMITS, walk_only=True)

    assert by_library == by_walk


@pytest.mark.parametrize(
    "stored",
    [*HONEST, *(case for case in hostile_cases() if case.verdict != "refused")],
    ids=lambda case: case.id,
    indirect=True,
)
def test_the_fast_and_the_slow_walk_find_the_same_facts(stored: Path) -> None:
    try:
        found = examine(stored, LIMITS)
    except Refused as error:
        pytest.fail(f"refused: {error}")
    sheets = found.package.sheets if found.package and found.container else []
    workshop = load_strings(found, LIMITS)

    slow = {
        s.name: walk_sheet_slowly(found.container, s, workshop, Budget(), LIMITS).tally.facts
        for s in sheets
        if found.container
    }

    fast = {s.name: replace(found.facts[s.name], notes=0, pictures=0) for s in sheets}
    assert fast == slow


def test_the_usual_writers_take_the_fast_walk(tmp_path: Path) -> None:
    usual = [case for case in HONEST if case.id.startswith(("openpyxl", "xlsxwriter", "pandas"))]
    plain = {}
    for case in usual:
        path = tmp_path / case.id
        path.write_bytes(case.build())
        plain[case.id] = all(examine(path, LIMITS).plain.values())

    assert all(plain.values()), plain


def test_there_are_enough_honest_files() -> None:
    assert len(HONEST) >= 30


@pytest.mark.parametrize(
    "stored", [*xml_cases(), *geometry_cases(), *value_cases()], ids=lambda case: case.id, indirect=True
)
def test_a_hostile_file_meets_the_same_end_without_the_fast_walk(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = preflight(stored, LIMITS)
    monkeypatch.setattr(SheetScan, "scan", not_plain)
    monkeypatch.setattr(strings, "_plain_facts", not_plain)

    slow = preflight(stored, LIMITS)

    assert fast == slow


BREAKS = {
    "control character": raw.row(40, raw.cell("A40", "Site\x07")),
    "control character in a formula": raw.row(40, raw.cell("A40", 1, formula="1+\x01")),
    "form feed between rows": "\x0c",
    "end of a section": raw.row(40, raw.cell("A40", "Site ]]> 40")),
    "no such entity": raw.row(40, raw.cell("A40", "Site &nbsp; 40")),
    "no such character": raw.row(40, raw.cell("A40", "Site &#1; 40")),
    "no letter at all": raw.row(40, raw.cell("A40", "Site \ufffe 40")),
    "attribute twice": raw.row(40, raw.cell("A40", "Site 40"), attributes=' ht="1" ht="2"'),
    "attribute without quotes": raw.row(40, raw.cell("A40", "Site 40"), attributes=" ht=1"),
    "prefix of nothing": raw.row(40, raw.cell("A40", "Site 40"), attributes=' x14:dyDescent="0.25"'),
    "formula with a bad attribute": '<row r="40"><c r="A40"><f t="x" t="y">1</f><v>1</v></c></row>',
    "entities and references": raw.row(40, raw.cell("A40", "Smith &amp; Sons&#10;Ltd &lt;3&gt;")),
    "all of Unicode": raw.row(40, raw.cell("A40", "昆山 Göteborg 🏭")),
    "no string of this number": raw.row(40, raw.cell("A40", 2, kind="s")),
    "no everyday date": raw.row(40, raw.cell("A40", -1, style=1)),
    "an everyday date": raw.row(40, raw.cell("A40", 45000, style=1)),
    "hidden row": raw.row(40, raw.cell("A40", "Site 40"), attributes=' hidden="1"'),
}
"""What may stand among many plain rows, and what expat alone would judge."""


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS.keys())
@pytest.mark.parametrize("many", [False, True], ids=["one batch", "several batches"])
def test_expat_need_not_read_plain_rows(
    broken: str, many: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if many:
        monkeypatch.setattr(scan, "_BATCH", 600)
        monkeypatch.setattr(container, "CHUNK", 100)
    rows = [raw.row(number, raw.cell(f"A{number}", number), raw.cell(f"B{number}", "x")) for number in range(1, 80)]
    rows[39] = broken
    path = tmp_path / "upload.xlsx"
    path.write_bytes(raw.workbook("\n".join(rows)))
    fast = preflight(path, LIMITS)
    monkeypatch.setattr(SheetScan, "scan", not_plain)

    assert preflight(path, LIMITS) == fast


@pytest.mark.parametrize("text", ["\x07", "]]>", "&nbsp;", "&#1;", "\ufffe", "&amp;&#10;", "昆山", "", "  "])
def test_expat_need_not_read_plain_strings(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "upload.xlsx"
    path.write_bytes(raw.workbook(raw.row(1, raw.cell("A1", 0, kind="s")), strings=raw.strings("one", text, "three")))
    fast = preflight(path, LIMITS)
    monkeypatch.setattr(strings, "_plain_facts", not_plain)

    assert preflight(path, LIMITS) == fast


def test_expat_reads_next_to_nothing_of_plain_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [raw.row(number, raw.cell(f"A{number}", number)) for number in range(1, 2_000)]
    path = tmp_path / "upload.xlsx"
    path.write_bytes(raw.workbook("".join(rows)))
    read: list[bytes] = []
    feed = XmlPart.feed
    monkeypatch.setattr(XmlPart, "feed", lambda self, data: (read.append(data), feed(self, data))[1])

    assert examine(path, LIMITS).plain == {"Sites": True}
    assert sum(data.count(b"<row ") for data in read) == 1


@given(st.integers(0, 12_000), st.integers(0, 13_000))
def test_the_pattern_of_smaller_numbers_knows_them_all(count: int, number: int) -> None:
    assert bool(re.fullmatch(scan._below(count), str(number).encode())) == (number < count)


def not_plain(*_: object) -> None:
    raise NotPlain


ROWS = st.lists(
    st.tuples(st.integers(0, 60) | st.integers(1, 1_048_577), st.integers(0, 5), st.integers(0, 9)), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.booleans())
def test_rows_counted_at_once_count_as_one_by_one(first: list[Any], second: list[Any], ascending: bool) -> None:
    batches = [sorted(first), sorted(second)] if ascending else [first, second]

    assert counted_in(batches, at_once=True) == counted_in(batches, at_once=False)


def counted_in(batches: list[list[Any]], *, at_once: bool) -> object:
    """The tally after these rows, or the refusal they met; few rows and cells are allowed."""
    tally = Tally("Sites", replace(LIMITS, max_rows=30, max_row_elements=45, max_cells=120), Budget())
    try:
        for batch in batches:
            if at_once:
                tally.whole_rows(batch)
            for number, valued, last in () if at_once else batch:
                tally.begin_row(number)
                tally.end_row(number, valued, last)
    except Refused as error:
        return error.refusal
    return tally
