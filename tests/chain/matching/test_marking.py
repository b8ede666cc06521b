"""Two descriptions field by field: which words are marked, which are numbers, what agrees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.chain.matching.marking import AGREES, FIELDS, compared

BLANK = dict.fromkeys(FIELDS, "")


def marked(key, text, other, country="CN"):
    one, two = ({**BLANK, "country": country, key: said} for said in (text, other))
    found = next(field for field in compared(one, two) if field.key == key)
    return [word.text for word in found.words if word.differs], found.agrees


@pytest.mark.parametrize(
    ("key", "text", "other", "words", "agrees"),
    [
        ("address", "33 Honghai North Road", "11 Honghai North Rd", ["33"], "differs"),
        ("address", "No. 18 Luoshan Rd., Kunshan", "18 Luoshan Road, Kunshan", [], "alike"),
        ("address", "7 Tengfei Road", "7 Luoshan Road", ["Tengfei"], "differs"),
        ("address", "54A Harbour Street", "54-B Harbour Street", ["54A"], "differs"),
        ("name", "Xinbo Optical Co., Ltd.", "XINBO OPTICAL", [], "alike"),
        ("name", "Xinbo Optical Unit 2", "Xinbo Optical Unit 1", ["2"], "differs"),
        ("name", "Xin Bo Optical", "Xinbo Optical", [], "differs"),
        ("name", "Mercury Optics", "Mercury Optics", [], "equal"),
        ("name", "Mercury Optics", "", [], "one_missing"),
        ("city", "Kunshan", "Suzhou", ["Kunshan"], "differs"),
    ],
)
def test_words_without_a_counterpart_are_marked(key, text, other, words, agrees):
    assert marked(key, text, other) == (words, agrees)


def test_numbers_are_told_from_words_and_what_neither_gives_is_left_out():
    one = {**BLANK, "name": "Plant 2", "address": "18 Luoshan Road"}
    fields = compared(one, {**BLANK, "name": "Plant 2"})

    assert [field.key for field in fields] == ["name", "address"]
    assert [word.text for field in fields for word in field.words if word.is_number] == ["2", "18"]


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(sorted(FIELDS)))
def test_any_two_texts_are_compared_and_no_word_is_lost(text, other, key):
    one, two = {**BLANK, key: text}, {**BLANK, key: other}

    for field in compared(one, two):
        assert field.agrees in AGREES
        assert [word.text for word in field.words] == one[field.key].split()
    for field in compared(one, one):
        assert not any(word.differs for word in field.words)
