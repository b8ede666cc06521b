"""OMTS graph imports: organisations, facilities as places, who supplies whom; persons are not read."""

from __future__ import annotations

import json

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.ground.sheets.cells import Book, Row, Sheet
from tests.disclosure.workbooks import TODAY


def graph(**sheets: list[tuple[object, ...]]) -> Book:
    rows: dict[str, list[tuple[object, ...]]] = {
        "Metadata": [("version", "1")],
        "Organizations": [("id", "name", "jurisdiction"), ("o1", "Lake Ltd", "Sweden"), ("o2", "Hill Ltd", "VN")],
        "Facilities": [
            ("id", "name", "operator_id", "address", "latitude", "longitude", "gln"),
            ("f1", "Lake Works", "o1", "58 First Avenue, Kunshan", 31.4, 120.9, "7319999000001"),
        ],
        "Supply Relationships": [("type", "from_id", "to_id"), ("supplies", "o2", "o1"), ("operates", "o1", "f1")],
        "Persons": [("id", "name"), ("p1", "Canary Person")],
    } | sheets
    made = [Sheet(name, [Row(n, tuple(row)) for n, row in enumerate(of, 1)]) for name, of in rows.items()]  # type: ignore[arg-type]
    return Book("xlsx", made)


def checked(book: Book) -> Checked:
    return check(book, None, today=TODAY)


def test_organisations_facilities_and_relations_are_read():
    found = checked(graph())

    [site] = found.tables["facilities"]
    assert (found.format, found.verdict, found.adds_up) == ("OMTS graph", "countable", True)
    assert [row["values"] for row in found.tables["organisations"]] == [
        {"organisation_id": "o1", "organisation_name": "Lake Ltd", "country": "SE"},
        {"organisation_id": "o2", "organisation_name": "Hill Ltd", "country": "VN", "parent": "Lake Ltd"},
    ]
    assert site["values"] == {
        "site_ref": "f1",
        "site_legal_name": "Lake Works",
        "address_line": "58 First Avenue, Kunshan",
        "latitude": "31.4",
        "longitude": "120.9",
        "parent_company": "Lake Ltd",
        "other_registry_id": "gln:7319999000001",
    }
    assert [row["values"]["kind"] for row in found.tables["relations"]] == ["supplies", "operates"]


def test_the_sheet_of_persons_is_not_read():
    found = checked(graph())

    assert "Canary Person" not in json.dumps(found.to_json(), default=str)
    assert {issue.sheet for issue in found.issues if issue.code == "sheet-not-read"} == {"Metadata", "Persons"}


def test_what_names_no_row_and_a_wrong_number_are_told():
    book = graph(Facilities=[("id", "name", "operator_id", "gln"), ("f1", "Lake Works", "o9", "7319999000002")])

    told = {(issue.code, issue.sheet, issue.value) for issue in checked(book).issues if issue.row}

    assert told == {("ref-unknown", "Facilities", "o9"), ("registry-form", "Facilities", "7319999000002")}


def test_relations_in_columns_that_we_do_not_know_are_listed():
    book = graph(**{"Supply Relationships": [("x", "y"), ("a", "b")]})

    found = checked(book)

    assert "relations" not in found.tables
    assert found.adds_up
