"""Where an issue points: the sheet, the column as its maker named it, the cell, and what stands in that very cell."""

from __future__ import annotations

from typing import Any

import pytest

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Row
from tests.disclosure.workbooks import (
    REGISTER,
    SCOPE,
    TODAY,
    Change,
    add,
    book_of,
    both,
    checked,
    drop,
    faultless,
    list_of,
    put,
)


def one(found: Checked, code: str) -> Issue:
    return next(issue for issue in found.issues if issue.code == code)


def place(issue: Issue) -> tuple[str, object, str]:
    return issue.column, issue.params.get("cell"), issue.value


def said(issue: Issue) -> str:
    message, _advice, params = describe(issue)
    return message % params


def test_a_list_is_answered_in_the_names_of_its_own_columns():
    rows = (
        ("Corporate Profile", "Adres", "Productieland"),
        ("Works", "Zone 4", "Atlantis"),
        ("", "1 Quay Road, Hanoi", "VN"),
    )

    found = check(list_of(*rows), None, today=TODAY)

    assert place(one(found, "value-not-allowed")) == ("Productieland", "C2", "Atlantis")
    assert place(one(found, "address-imprecise")) == ("Adres", "B2", "Zone 4")
    assert place(one(found, "value-missing")) == ("Corporate Profile", "A3", "")


CELLS: list[tuple[str, str, str, Change]] = [
    ("assembly-row-duplicate", "C4", "final_assembly", add("2_components", component_ref="P1-FA2")),
    ("node-unexplained", "A2", "P1", both(drop("2_components"), drop("4_links"))),
    ("node-contradiction", "G3", "unknown", put("2_components", 1, not_disclosed_reason="unknown")),
    ("share-above-100", "D2", "100", add("4_links", site_ref="S2")),
    ("share-below-100", "D2", "60", put("4_links", share_of_production_pct=60)),
    ("share-partly-blank", "D2", "100", add("4_links", site_ref="S2", share_of_production_pct=None)),
    ("facility-type-mismatch", "C2", "S1", put("3_sites", facility_type="mine")),
    ("coordinates-wrong", "J2", "0", put("3_sites", latitude=0, longitude=0)),
    ("mine-origin-missing", "L2", "", put("5_smelters", mine_or_origin_country=None)),
    ("key-duplicate", "A4", "s1", add("3_sites", site_ref="s1")),
    ("row-count-wrong", "F3", "ACME", add("0_submission", brand="ACME")),
    ("template-version-wrong", "A2", "0.9", put("0_submission", template_version="0.9")),
    ("round-wrong", "B2", "another", put("0_submission", round_id="another")),
]


@pytest.mark.parametrize(("code", "cell", "value", "change"), CELLS, ids=[case[0] for case in CELLS])
def test_the_value_found_is_the_value_of_the_cell_named(code: str, cell: str, value: str, change: Change):
    issue = one(checked(change), code)

    assert (issue.params["cell"], issue.value) == (cell, value)


@pytest.mark.parametrize(
    ("code", "change", "sentence"),
    [
        ("node-contradiction", CELLS[2][3], "Component P1-MB has both a site and a reason"),
        ("share-below-100", CELLS[4][3], "The shares of P1 add up to 60 percent."),
        ("facility-type-mismatch", CELLS[6][3], "The link is of tier 1, but the site S1 is given as mine."),
        ("mine-origin-missing", CELLS[8][3], "The round asks where this mineral comes from: tin."),
    ],
)
def test_the_sentence_names_what_the_issue_is_about(code: str, change: Change, sentence: str):
    assert said(one(checked(change), code)).startswith(sentence)


def test_a_doubled_column_is_placed_at_its_second_header():
    book = book_of(faultless())
    sheet = book.sheets[3]
    sheet.rows = [Row(row.number, (*row.cells, "City" if row.number == 1 else "Paris")) for row in sheet.rows]

    issue = one(check(book, SCOPE, today=TODAY, smelters=REGISTER), "column-duplicate")

    assert place(issue) == ("City", "W1", "")


def with_error(column: int, **blank: Any) -> Checked:
    """The faultless disclosure with an error word in one cell of the first site, as the reader hands it over."""
    tables = faultless()
    tables["3_sites"][0].update(blank)
    book = book_of(tables)
    book.sheets[3].facts.error_cells = {(2, column): "#REF!"}
    return check(book, SCOPE, today=TODAY, smelters=REGISTER)


def test_an_error_of_the_spreadsheet_is_shown_with_its_word():
    found = with_error(6, city=None)

    [issue] = found.issues
    assert (issue.code, issue.params["cell"], issue.value) == ("cell-error", "F2", "#REF!")
    assert said(issue) == "This cell holds an Excel error (#REF!), not a value."


def test_an_error_in_a_reason_is_told_once():
    found = with_error(22, confidentiality="buyers_linked", confidentiality_reason=None)

    assert [issue.code for issue in found.issues] == ["cell-error"]


def test_an_error_in_the_address_of_a_list_is_told_once():
    book = list_of(("Name", "Address", "Country"), ("Works", None, "VN"))
    book.sheets[0].facts.error_cells = {(2, 2): "#N/A"}

    found = check(book, None, today=TODAY)

    assert [issue.code for issue in found.issues if issue.row] == ["cell-error"]


def test_merged_cells_and_links_to_elsewhere_name_their_cell():
    book = book_of(faultless())
    facts = book.sheets[3].facts
    facts.merged, facts.linked_formulas, facts.hidden_columns = [(2, 3, 3, 3)], [(3, 6)], [4]

    found = check(book, SCOPE, today=TODAY, smelters=REGISTER)

    assert one(found, "cells-merged").params["cell"] == "C2"
    assert one(found, "formula").params["cell"] == "F3"
    assert one(found, "hidden-rows-read").value == "D"
