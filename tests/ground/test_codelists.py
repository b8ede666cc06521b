"""Code lists: countries in many languages, CPV codes, and the lists that pages offer."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.codelists import (
    countries,
    country_by_name,
    country_code,
    country_codes,
    country_name,
    cpv,
    cpv_codes,
    currencies,
    is_country,
    languages,
    read_rows,
)
from framework.ground.terms import CATEGORIES, UNITS, unit_label

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"


@pytest.mark.parametrize(
    ("text", "code", "how"),
    [
        ("NA", "NA", "code"),
        ("nl", "NL", "code"),
        ("CHN", "CN", "code"),
        ("156", "CN", "code"),
        ("UK", "GB", "code"),
        ("USA", "US", "code"),
        ("Kina", "CN", "alias"),
        ("China", "CN", "name"),
        ("中国", "CN", "name"),
        ("Zweden", "SE", "name"),
        ("Österrike", "AT", "name"),
        ("osterrike", "AT", "name"),
        ("Niemcy", "DE", "name"),
        ("日本", "JP", "name"),
        ("  VietNam ", "VN", "alias"),
        ("Viet Nam", "VN", "alias"),
        ("People’s Republic Of China", "CN", "alias"),
        ("P.R. China", "CN", "alias"),
        ("Taiwan (R.O.C.)", "TW", "alias"),
        ("Taiwan, R.O.C.", "TW", "alias"),
        ("Hong Kong", "HK", "alias"),
        ("Korea", "KR", "alias"),
        ("Czech", "CZ", "alias"),
        ("Lao PDR", "LA", "alias"),
        ("Trinidad and Tobago", "TT", "name"),
        ("St Lucia", "LC", "name"),
        ("Kingdom of Norway", "NO", "alias"),
    ],
)
def test_a_country_is_read_in_the_ways_suppliers_write_it(text: str, code: str, how: str) -> None:
    match = country_code(text)

    assert (match.code, match.how, match.proposals) == (code, how, ())


@pytest.mark.parametrize(
    ("text", "proposals"),
    [
        ("C.P. Mexico", ("MX",)),
        ("Congo", ("CD", "CG")),
        ("Republic of China", ("CN", "TW")),
        ("Chnia", ("CN",)),
        ("Vietman", ("VN",)),
        ("Germny", ("DE",)),
        ("Guangdong", ()),
        ("unknown", ()),
        ("", ()),
        ("China " * 40, ()),
    ],
)
def test_a_doubtful_country_is_proposed_and_never_applied(text: str, proposals: tuple[str, ...]) -> None:
    match = country_code(text)

    assert match.code is None
    assert match.proposals == proposals


def test_a_democratic_form_of_state_is_not_taken_away() -> None:
    assert country_code("Democratic Republic of Korea").code is None


def test_a_two_letter_word_is_no_country_name() -> None:
    assert country_by_name("No") is None
    assert country_by_name("Norway") == "NO"


@given(st.text(max_size=200))
def test_any_text_gives_a_country_or_none(text: str) -> None:
    match = country_code(text)

    assert match.code is None or is_country(match.code)
    assert set(match.proposals) <= country_codes()
    assert match.code is None or not match.proposals


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_every_country_of_a_drop_down_reads_back_as_itself(language: str) -> None:
    two_countries = {"MF", "SX"}

    wrong = [code for code, name in countries(language) if country_code(name).code != code]

    assert len(countries(language)) == 250
    assert set(wrong) <= two_countries


def test_iso_codes_of_the_reference_are_all_known() -> None:
    path = REFERENCE / "country_names.csv"
    if not path.exists():
        pytest.skip("the shared reference data is not on this machine")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    wrong = [
        row["iso2"] for row in rows if {country_code(row[c]).code for c in ("iso2", "iso3", "numeric")} != {row["iso2"]}
    ]

    assert wrong == []
    assert country_codes() - {row["iso2"] for row in rows} == {"XK"}


def test_aliases_name_countries_that_exist() -> None:
    codes = {code for row in read_rows("country_aliases.csv") for code in row["code"].split("|")}

    assert codes <= country_codes()


def test_country_names_follow_the_language() -> None:
    assert [country_name("SE", language) for language in ("en", "nl", "sv")] == ["Sweden", "Zweden", "Sverige"]


@pytest.mark.parametrize("text", ["30213100-6", "30213100", " 30213100-6 "])
def test_a_cpv_code_is_found_with_or_without_check_digit(text: str) -> None:
    found = cpv(text)

    assert found is not None
    assert (found.code, found.name("nl")) == ("30213100-6", "Draagbare computers")


@pytest.mark.parametrize("text", ["30213100-7", "3021310", "", "99999999-9"])
def test_an_unknown_cpv_code_is_none(text: str) -> None:
    assert cpv(text) is None


def test_every_category_has_a_cpv_code_of_the_list() -> None:
    assert all(category.cpv in cpv_codes() for category in CATEGORIES.values())


def test_cpv_codes_have_names_in_all_languages_and_stand_in_order() -> None:
    codes = cpv_codes()

    assert list(codes) == sorted(codes)
    assert all(item.en and item.nl and item.sv for item in codes.values())
    assert {code[:2] for code in codes} == {"30", "32", "48"}


def test_cpv_codes_agree_with_the_official_list() -> None:
    path = REFERENCE / "cpv_ict_2008.csv"
    if not path.exists():
        pytest.skip("the shared reference data is not on this machine")
    with path.open(encoding="utf-8", newline="") as lines:
        official = {row["code"]: row["label_en"] for row in csv.DictReader(lines)}

    assert {code: item.en for code, item in cpv_codes().items() if official.get(code) != item.en} == {}


def test_currencies_and_languages_are_named() -> None:
    assert ("SEK", "svensk krona") in currencies("sv")
    assert [code for code, _name in languages()] == ["en", "nl", "sv"]


@pytest.mark.parametrize(("key", "label"), [("piece", UNITS["piece"].label), ("pallet", "pallet")])
def test_a_unit_that_is_not_listed_is_shown_as_it_stands(key, label):
    assert unit_label(key) == label
