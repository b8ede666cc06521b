"""Published lists as files: what is taken, what is told of the rest, and that no file does harm."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.published_lists import MOST_ROWS, PROBLEMS, REFUSED, read_entries, read_factories
from framework.disclosure.recognise import recognise
from framework.ground.errors import FileRefused
from framework.ground.sheets.limits import Limits
from tests.chain.published.listed import LAKESIDE, book_of, read_of
from views.published_files import ENTRIES, FACTORIES, read_published

REAL = Path(__file__).parents[4] / "shared/data/sites/osh_lists"
ID = "CN2021250D1DTN7"


def test_a_list_is_read_with_brand_place_and_number():
    read = read_of(LAKESIDE)

    assert read.rows == [
        {
            "row": 2,
            "brand": "Acme",
            "name": "LAKESIDE Limited",
            "address": "58 First Avenue",
            "city": "Kunshan",
            "country": "CN",
            "number": "F-1",
        }
    ]
    assert not read.problems


@pytest.mark.parametrize(
    ("line", "code", "kept"),
    [
        ("Acme,,1 Road,Town,China,1", "no-name", 0),
        (",Works,1 Road,Town,China,1", "no-brand", 0),
        ("Acme,Works,,,,1", "no-place", 0),
        ("Acme,Works,1 Road,Town,Atlantis,1", "country-unknown", 1),
        (LAKESIDE.upper(), "twice", 0),
        (f"Acme,{'x' * 300},1 Road,Town,China,1", "shortened", 1),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_place(line, code, kept):
    read = read_of(LAKESIDE, line)

    assert [(one["code"], one["row"]) for one in read.problems] == [(code, 3)]
    assert len(read.rows) == 1 + kept
    assert PROBLEMS[code] % {"found": "", "first": 1, **read.problems[0]["params"]}


@pytest.mark.parametrize(
    ("lines", "head", "brand", "code"),
    [
        ([LAKESIDE], "a,b,c,d,e,f", "", "list-no-columns"),
        (["Lakeside,China"], "Factory name,Country", "", "list-no-brand"),
        (["Acme,,1 Road,,China,"], "Brand,Factory name,Address,City,Country,Number", "", "list-empty"),
        ([f"Acme,W{n},1 Road,Town,CN,{n}" for n in range(MOST_ROWS + 1)], None, "", "list-too-long"),
    ],
)
def test_a_file_of_which_nothing_can_be_taken_is_refused_with_what_to_do(lines, head, brand, code):
    read = read_of(*lines, brand=brand, **({"head": head} if head else {}))

    assert (read.refused, read.rows) == (code, [])
    assert REFUSED[code] % read.params


def test_ten_thousand_rows_are_read():
    read = read_of(*(f"Acme,Works {n},{n} Road,Town,China,{n}" for n in range(MOST_ROWS)))

    assert (len(read.rows), read.problems) == (MOST_ROWS, [])


def test_rows_without_a_brand_take_the_one_that_was_typed():
    read = read_of("Works,China", head="Factory name,Country", brand="Acme")

    assert [one["brand"] for one in read.rows] == ["Acme"]


def test_entries_are_read_with_contributor_and_brand():
    lines = [
        f"{ID},Fair Union,Acme",
        f"{ID},Fair Union,",
        "nonsense,Fair Union,Acme",
        f"{ID},,Acme",
        ",Fair Union,Acme",
    ]
    read = read_entries(book_of(*lines, head="os_id,contributor (list),brand"), "os")

    assert [(one["number"], one["contributor"], one["brand"]) for one in read.rows] == [
        (ID, "Fair Union", "Acme"),
        (ID, "Fair Union", ""),
    ]
    assert [one["code"] for one in read.problems] == ["brand-missing", "wrong-id", "no-contributor", "no-id"]


def test_a_file_without_ids_or_contributors_is_no_registry():
    assert read_entries(book_of(LAKESIDE), "os").refused == "registry-no-columns"


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 broken", b"\xff\xfe\x00", b"a" * 2_000_000])
@pytest.mark.parametrize("task", [FACTORIES, ENTRIES])
def test_a_hostile_file_is_refused_or_says_why_nothing_was_taken(tmp_path, content, task):
    file = tmp_path / "list.csv"
    file.write_bytes(content)

    with contextlib.suppress(FileRefused):
        read = read_published(file, task, Limits.quick(), scheme="os")
        assert read.refused
        assert not read.rows


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.lists(st.one_of(st.none(), st.integers(), st.booleans(), st.text(max_size=12)), max_size=8), max_size=12
    )
)
def test_whatever_stands_in_a_list_every_row_is_taken_or_told(lines):
    book = book_of(LAKESIDE)
    sheet = book.sheets[0]
    first = sheet.rows[-1].number
    sheet.rows += [type(sheet.rows[0])(first + n, tuple(cells)) for n, cells in enumerate(lines, start=1) if cells]
    read = read_factories(book)

    told = {one["row"] for one in read.problems} | {one["row"] for one in read.rows}
    given = {row.number for row in sheet.rows if row.number > first and any(cell is not None for cell in row.cells)}
    if not read.refused:
        assert given <= told | {header.header_row for header in recognise(book).layouts}


@pytest.mark.parametrize("file", sorted(REAL.glob("*.*")) or [None], ids=lambda one: one.name if one else "absent")
def test_real_lists_are_read_whole(file):
    if file is None:
        pytest.skip("the reference lists are not here")
    read = read_published(file, FACTORIES, Limits.quick(), brand="Acme")

    assert not read.refused
    assert len(read.rows) >= 14
    assert set(read.counts) <= {"twice"}
    assert read_published(file, ENTRIES, Limits.quick(), scheme="os").refused == "registry-no-columns"
