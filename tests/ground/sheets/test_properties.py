"""Whatever table is written is read back as it was; whatever bytes come in, an answer comes out."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.ground.formula_text import restored
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import read_book
from framework.ground.sheets.reading import read_here
from tests.hostile import raw
from tests.hostile.honest import by_openpyxl, by_xlsxwriter
from tests.hostile.raw import cell, row

LIMITS = Limits.quick()
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffe\uffff\ufffd")
TEXT = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda text: text.strip() and text == text.strip() and "_x" not in text
)
NUMBER = st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9).map(lambda value: round(value, 6)).filter(
    lambda v: v != int(v)
)
TABLE = st.lists(st.lists(TEXT | NUMBER | st.booleans() | st.none(), min_size=1, max_size=6), min_size=1, max_size=8)


def trimmed(table: list[list[object]]) -> dict[int, tuple[object, ...]]:
    rows = {}
    for number, values in enumerate(table, start=1):
        cells = list(values)
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            rows[number] = tuple(cells)
    return rows


def read(data: bytes, suffix: str = ".xlsx", *, walk_only: bool = False) -> Book | Refusal:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{suffix}"
        path.write_bytes(data)
        return read_here(path, LIMITS, walk_only=walk_only)


@settings(max_examples=60, deadline=None)
@given(TABLE, st.booleans(), st.booleans())
def test_a_workbook_is_read_back_as_it_was_written(table: list[list[object]], inline: bool, walk_only: bool) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": inline, "in_memory": True})
    sheet = book.add_worksheet("Sites")
    for at, values in enumerate(table):
        for column, value in enumerate(values):
            if isinstance(value, bool):
                sheet.write_boolean(at, column, value)
            elif isinstance(value, str):
                sheet.write_string(at, column, value)
            elif value is not None:
                sheet.write_number(at, column, value)  # type: ignore[arg-type]
    book.close()

    found = read(buffer.getvalue(), walk_only=walk_only)

    expected = trimmed(table)
    if not expected:
        assert found == Refusal("file-empty", "no-cells")
    else:
        assert isinstance(found, Book)
        assert {r.number: r.cells for r in found.sheets[0].rows} == expected


def is_plain(text: str) -> bool:
    """Whether a cell is neither a comment nor marked as our own CSV files mark a formula, which is taken off and told."""
    return not text.startswith("#") and restored(text) == text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(TEXT.filter(is_plain), min_size=3, max_size=3), min_size=2, max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_csv_file_is_read_back_as_it_was_written(table: list[list[str]], separator: str, encoding: str) -> None:
    buffer = io.StringIO()
    buffer.write(f"sep={separator}\r\n")
    csv.writer(buffer, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(table)

    found = read(buffer.getvalue().encode(encoding), ".csv")

    assert isinstance(found, Book)
    assert [list(r.cells) for r in found.sheets[0].rows] == table


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=0, max_size=400))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    assert isinstance(read(data, ".csv"), Book | Refusal)


def mutated(seed: int) -> bytes:
    """An honest workbook with a few bytes changed: in the zip, or inside a part that is then packed again."""
    chance = random.Random(seed)  # a fixed seed: the same file every time
    if seed % 2:
        data = bytearray(chance.choice([by_openpyxl, by_xlsxwriter])())
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    table = "".join(
        row(n, cell(f"A{n}", f"Site {n}"), cell(f"B{n}", n), cell(f"C{n}", 0, kind="s")) for n in range(1, 9)
    )
    files = raw.parts(table)
    name = chance.choice(list(files))
    content = files[name]
    part = bytearray(content if isinstance(content, bytes) else content.encode())
    for _ in range(chance.randint(1, 4)):
        part[chance.randrange(len(part))] = chance.choice(b"<>/\"'=&0123456789 abcrst\x00\xff")
    return raw.pack({**files, name: bytes(part)})


@pytest.mark.parametrize("block", range(10))
def test_a_mutated_workbook_never_raises_and_never_loses_cells(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        data = mutated(seed)

        by_library, by_walk = read(data), read(data, walk_only=True)

        assert isinstance(by_library, Book | Refusal)
        if isinstance(by_library, Refusal):
            assert by_library.key != "file-unreadable"
        assert by_library == by_walk


def test_mutated_workbooks_end_quietly_in_the_child_too(tmp_path: Path) -> None:
    found = []
    for seed in range(20):
        path = tmp_path / f"{seed}.xlsx"
        path.write_bytes(mutated(seed))
        found.append(read_book(path, limits=LIMITS))

    assert not [refusal for refusal in found if isinstance(refusal, Refusal) and refusal.detail == "failed"]
