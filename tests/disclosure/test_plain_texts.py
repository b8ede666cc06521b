"""Texts that are looked at many at a time are read just as each would be by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.columns import SITES, SUBMISSION, sheet_columns
from framework.disclosure.read_cell import Reader
from framework.disclosure.read_column import _are_plain, read_column

PIECES = st.sampled_from(
    ["Acme", " ", "  ", "N/A", "-", "1E5", "12E+3", "é", "\n", "_x000D_", "\x00", "#N/A", "x" * 300, "B7"]
)
TEXTS = st.lists(st.lists(PIECES, min_size=1, max_size=3).map("".join), min_size=1, max_size=12)
COLUMNS = [sheet_columns(SITES)[name] for name in ("site_legal_name", "postcode", "os_id")]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(COLUMNS))
def test_a_column_of_texts_is_read_as_each_text_alone(texts, column):
    read = read_column(texts, column)

    alone = [Reader(column, texts).read(text, text) for text in texts]
    assert read.values == [reading.value for reading in alone]
    assert read.found == {index: one.found for index, one in enumerate(alone) if one.found is not None}
    assert read.unread == {index for index, one in enumerate(alone) if one.unread}


@pytest.mark.parametrize("odd", ["", " Acme", "Acme ", "a  b", "a\nb", "a\x07b", "Ä", "n/a", "_x0041_", "y" * 1000])
def test_one_odd_text_among_many_is_never_taken_for_plain(odd):
    name = sheet_columns(SUBMISSION)["signatory_name"]

    assert _are_plain(["Kim Example", "Sam Example"], name)
    for place in range(3):
        texts = ["Kim Example", "Sam Example"]
        texts.insert(place, odd)
        assert not _are_plain(texts, name)
