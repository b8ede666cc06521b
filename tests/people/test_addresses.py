"""Names and mail addresses: line breaks refused, look-alikes folded to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.errors import InvalidInput
from framework.people.addresses import clean_email, clean_name, fold_email, fold_name


@pytest.mark.parametrize(
    "name",
    [
        "Ann\nBcc: all@example.org",
        "Ann\r\nSubject: x",
        "Ann\rX",
        "Ann\x00",
        "Ann\u2028X",
        "Ann\u2029X",
        "Ann\x0bX",
        "Ann\x0cX",
        "Ann\x85X",
        "\x1bAnn",
    ],
)
def test_a_name_with_a_line_break_or_control_character_is_refused(name: str):
    with pytest.raises(InvalidInput) as caught:
        clean_name(name)

    assert caught.value.code == "name-line-break"


@pytest.mark.parametrize("name", ["", "   ", "\t"])
def test_a_blank_name_is_refused(name: str):
    with pytest.raises(InvalidInput) as caught:
        clean_name(name)

    assert caught.value.code == "name-missing"


@pytest.mark.parametrize("name", ["O'Brien-Å", "{{ 7*7 }}", "<script>alert(1)</script>", "李 雷"])
def test_other_text_is_a_name(name: str):
    assert clean_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "email", ["a\nb@example.org", "a@b", "a b@example.org", "@example.org", "a@", "x" * 250 + "@e.org"]
)
def test_what_is_no_address_is_refused(email: str):
    with pytest.raises(InvalidInput) as caught:
        clean_email(email)

    assert caught.value.field == "email"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.org", "ann@example.ORG"),
        ("ren\u00e9@example.org", "rene\u0301@example.org"),
        ("\uff41nn@example.org", "ann@example.org"),
        ("stra\u00dfe@example.org", "STRASSE@example.org"),
        ("\u0130lk@example.org", "i\u0307lk@example.org"),
        ("\ufb01n@example.org", "fin@example.org"),
    ],
)
def test_look_alike_addresses_fold_to_one(one: str, other: str):
    assert fold_email(one) == fold_email(other)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str):
    assert fold_email(fold_email(text)) == fold_email(text)
    assert fold_name(fold_name(text)) == fold_name(text)


def test_names_fold_without_punctuation():
    assert fold_name("Région  Nord, (Achats)") == fold_name("RÉGION NORD ACHATS")
