"""Rows as JSON texts, made column by column: the same as the records they stand for."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.read_cell import LARGEST
from framework.disclosure.table import Stored, Table

TEXTS = st.text(max_size=12)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.integers(-LARGEST, LARGEST),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.lists(TEXTS, max_size=3),
    st.lists(st.dates(), max_size=2),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.lists(st.integers(1, 99), max_size=5))
    column = st.one_of(st.lists(kind, min_size=len(rows), max_size=len(rows)) for kind in (VALUES, TEXTS, st.dates()))
    names = st.text(max_size=6)
    found = st.dictionaries(st.sampled_from(range(len(rows))), TEXTS) if rows else st.just({})
    return Table(
        "3_sites",
        "Sites",
        rows=rows,
        columns=draw(st.dictionaries(names, column, max_size=5)),
        found=draw(st.dictionaries(names, found, max_size=3)),
    )


@settings(deadline=None)
@given(tables())
def test_the_text_of_a_row_says_what_its_record_says(table):
    written = list(Stored(table).written())

    read = [{"row": one.row, "values": json.loads(one.values), "found": json.loads(one.found)} for one in written]
    assert read == json.loads(json.dumps(list(Stored(table))))
    assert [list(one["values"]) for one in read] == [list(record["values"]) for record in Stored(table)]
    assert all((one.values + one.found).isascii() for one in written)


@pytest.mark.parametrize("text", ["a\nb", 'say "x"', "100 %s", "Zürich", "中国", "\u2028", "null", "a\tb"])
def test_no_text_is_mistaken_for_the_form_around_it(text):
    table = Table("3_sites", "Sites", rows=[4, 5], columns={"na%me": [text, "x"], "city": [None, text]})

    assert [json.loads(one.values) for one in Stored(table).written()] == [
        {"na%me": text},
        {"na%me": "x", "city": text},
    ]


def test_a_long_table_is_written_in_order_across_its_pieces():
    count = 4_100
    days = [dt.date(2026, 1, 1) if number % 3 else None for number in range(count)]
    table = Table("3_sites", "Sites", rows=list(range(count)), columns={"day": days}, found={"day": {4_000: "1 Jan"}})

    written = list(Stored(table).written())

    assert [one.row for one in written] == list(range(count))
    assert [one.row for one in written if one.found != "{}"] == [4_000]
    assert [json.loads(one.values).get("day") for one in written[:3]] == [None, "2026-01-01", "2026-01-01"]
