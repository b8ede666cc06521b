"""What is done at a site, in a list's own words: a type is proposed with its words, taken once a person says so, for all rows alike."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.check_file import check
from framework.disclosure.facility_types import UNKNOWN, proposed_type, wording_key
from framework.ground.terms import FACILITY_TYPES
from tests.disclosure.workbooks import TODAY, list_of

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "sites"
HEADER = ("Factory", "Address", "Country", "Activity")
PLACE = ("58 First Avenue, Kunshan", "China")


def listed(*kinds, said=()):
    rows = [(f"Works {number}", *PLACE, kind) for number, kind in enumerate(kinds)]
    return check(list_of(HEADER, *rows), None, today=TODAY, said_types=said)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("EMS", "final_assembly"),
        ("Final Product Assembly", "final_assembly"),
        ("Final Assembly and/ or Original Design Manufacturers", "final_assembly"),
        ("Endmontage", "final_assembly"),
        ("Endmontagewerk Notebooks", "final_assembly"),
        ("eindassemblage", "final_assembly"),
        ("Slutmontering", "final_assembly"),
        ("assemblage final", "final_assembly"),
        ("整机组装", "final_assembly"),
        ("整機組裝", "final_assembly"),
        ("final_assembly", "final_assembly"),
        ("PCB 组装", "component"),
        ("battery cells", "component"),
        ("Display / LCD", "component"),
        ("Leiterplattenbestückung", "component"),
        ("Kretskortstillverkning", "component"),
        ("batterijcellen", "component"),
        ("Fabrication de cartes mères", "component"),
        ("显示屏模组", "component"),
        ("sub-assembly", "sub_component"),
        ("Spritzguss", "sub_component"),
        ("注塑", "sub_component"),
        ("Tin smelter", "smelter_refiner"),
        ("smältverk", "smelter_refiner"),
        ("冶炼厂", "smelter_refiner"),
        ("Mining", "mine"),
        ("gruva", "mine"),
        ("Repair centre", "warehouse_repair"),
        ("Magazijn", "warehouse_repair"),
        ("仓库", "warehouse_repair"),
    ],
)
def test_words_of_six_languages_propose_a_type_and_name_the_words(words, kind):
    found = proposed_type(words)

    assert found.type == kind
    assert found.words


@pytest.mark.parametrize(
    "words",
    [
        "Manufacturing",
        "Head office",
        "final assembly and PCB assembly",
        "no final assembly",
        "Demontage",
        "kontor",
        "examine",
        "类型",
        "x",
        "",
    ],
)
def test_words_that_say_nothing_or_several_things_or_deny_it_propose_nothing(words):
    assert proposed_type(words).type == ""


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_type_of_the_list_or_none(text):
    assert proposed_type(text).type in {*FACILITY_TYPES, ""}


def test_a_list_keeps_each_wording_once_and_fills_in_nothing_by_itself():
    found = listed("EMS", "ems ", "battery cells", "Office", None)

    [issue] = [one for one in found.issues if one.code == "facility-types-open"]
    assert (issue.params["count"], issue.params["proposed"], issue.params["cell"]) == (3, 2, "D1")
    assert [(one["value"], one["rows"], one["proposed"], one["cell"]) for one in found.columns[0]["types"]] == [
        ("EMS", 2, "final_assembly", "D2"),
        ("battery cells", 1, "component", "D4"),
        ("Office", 1, "", "D5"),
    ]
    assert all("facility_type" not in row["values"] for row in found.tables["3_sites"])


def test_a_type_that_was_said_serves_all_rows_with_these_words_and_keeps_the_words_beside_it():
    said = [("Sites", wording_key("EMS"), "final_assembly"), ("Sites", "office", UNKNOWN)]

    found = listed("EMS", "ems", "battery cells", "Office", said=said)

    rows = found.tables["3_sites"]
    assert [row["values"].get("facility_type") for row in rows] == ["final_assembly", "final_assembly", None, None]
    assert [row["found"].get("facility_type") for row in rows] == ["EMS", "ems", None, None]
    [issue] = [one for one in found.issues if one.code == "facility-types-open"]
    assert issue.params["count"] == 1


def test_when_every_wording_has_its_word_nothing_is_asked_any_more():
    found = listed("EMS", said=[("Sites", "ems", "final_assembly")])

    assert "facility-types-open" not in {one.code for one in found.issues}


def test_a_published_list_of_a_brand_gets_its_two_wordings():
    path = REAL / "dell_suppliers_2020_11.csv"
    if not path.exists():
        pytest.skip("the published lists are not on this machine")
    with path.open(encoding="utf-8-sig") as file:
        kinds = {row["Supplier Type"] for row in csv.DictReader(file)}

    assert {proposed_type(kind).type for kind in kinds} == {"final_assembly", "component"}
