"""Plain lists of sites: headers in six languages, title rows, doubles, totals, and real published lists."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.ground.sheets.cells import Book, Row
from tests.disclosure.workbooks import SCOPE, TODAY, book_of, codes, faultless, list_of, read

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "sites"
SITE = ("Lakeside Works", "58 First Avenue, Kunshan", "CN")


def checked_list(*rows: tuple[object, ...]) -> Checked:
    return check(list_of(*rows), None, today=TODAY)


@pytest.mark.parametrize(
    "headers",
    [
        ("Name", "Address", "Country"),
        ("FACTORY NAME", "Factory address", "Country code"),
        ("supplier_name", "supplier_address", "country"),
        ("organization_name", "organization_address", "country"),
        ("Naam organisatie", "Vestigingsadres", "Land"),
        ("Organisationens namn", "Organisationens adress", "Land"),
        ("Naam fabriek", "Adres", "Land"),
        ("Fabriksnamn", "Adress", "Tillverkningsland"),
        ("Name des Werks", "Anschrift", "Land"),
        ("Nom de l'usine", "Adresse", "Pays"),
        ("工厂名称", "地址", "国家"),
        ("Na\u00adme *", "Address (street)", "COUNTRY"),
    ],
)
def test_headers_of_six_languages_are_understood(headers: tuple[str, ...]):
    found = checked_list(headers, SITE)

    assert (found.format, found.verdict, found.version) == ("site-list", "countable", "mapped")
    assert found.tables["3_sites"] == [
        {
            "row": 2,
            "values": {
                "site_legal_name": "Lakeside Works",
                "address_line": "58 First Avenue, Kunshan",
                "country": "CN",
            },
            "found": {},
        }
    ]


def test_a_post_box_in_a_list_is_no_exact_place():
    found = checked_list(("Name", "Address", "Country"), ("Works", "Postbus 12, 1000 AA Amsterdam", "NL"))

    assert [(i.code, i.params["cell"]) for i in found.issues if i.row] == [("address-imprecise", "B2")]


def test_a_list_is_company_wide_and_says_so():
    found = checked_list(("Name", "Address", "Country"), SITE)

    assert codes(found) == {"scope-company-wide"}


def test_a_header_below_a_title_is_found_and_rows_keep_their_numbers():
    blank = (None, None, None)
    found = checked_list(("Suppliers of 2025",), blank, blank, ("Name", "Address", "Country"), SITE)

    assert [row["row"] for row in found.tables["3_sites"]] == [5]
    assert [(row.row, row.reason) for row in found.sheets[0].listed] == [(1, "above-header")]
    assert "header-found-at-row" in codes(found)


def test_the_country_at_the_end_of_an_address_is_taken_and_said():
    found = checked_list(("Name", "Address"), ("Works", "1 Quay Road, Hai Phong, Viet Nam"))

    [row] = found.tables["3_sites"]
    assert (row["values"]["country"], row["found"]["country"]) == ("VN", "Viet Nam")
    assert row["values"]["address_line"] == "1 Quay Road, Hai Phong, Viet Nam"
    assert "country-read / from address" in codes(found)


def test_of_two_columns_of_names_the_better_named_one_counts():
    rows = ("Supplier name", "Factory name", "Address", "Country"), ("Group", *SITE)

    found = checked_list(*rows)

    assert found.tables["3_sites"][0]["values"]["site_legal_name"] == "Lakeside Works"
    [note] = [issue for issue in found.issues if issue.cause == "two candidates"]
    assert (note.column, note.params["chosen"]) == ("Supplier name", "Factory name")


def test_two_columns_of_the_same_name_are_both_left_unread():
    found = checked_list(("Name", "Address", "Country", "Country"), (*SITE, "SE"))

    assert "column-duplicate" in codes(found)
    assert "country" not in found.tables["3_sites"][0]["values"]


def test_a_column_of_countries_is_known_by_its_values():
    found = checked_list(("Name", "Address", "Where"), SITE, ("Other", "2 Quay Road, Hanoi", "Vietnam"))

    assert [row["values"]["country"] for row in found.tables["3_sites"]] == ["CN", "VN"]


def test_repeated_headers_and_totals_are_listed_with_a_reason():
    header = ("Name", "Address", "Country", "Workers")
    rows = (header, (*SITE, 10), header, ("Other", "2 Quay Road, Hanoi", "VN", 5), ("Total", None, None, 15))

    found = checked_list(*rows)

    assert [(row.row, row.reason) for row in found.sheets[0].listed] == [
        (3, "header-repeated"),
        (5, "row-looks-like-total"),
    ]
    assert (found.rows_in, found.rows_stored, found.rows_listed) == (4, 2, 2)


@pytest.mark.parametrize("title", [None, "Other sites"])
def test_a_second_table_below_a_gap_is_listed_and_told(title: str | None):
    header, blank = ("Name", "Address", "Country"), (None, None, None)
    other = (("Contact", "City", "Country"), ("Kim", "Hanoi", "VN"))
    rows = (header, SITE, blank, *([(title, None, None)] if title else []), *other)

    found = checked_list(*rows)

    begins = 4
    assert [(row.row, row.reason) for row in found.sheets[0].listed] == [
        (number, "second-table") for number in range(begins, len(rows) + 1)
    ]
    assert [(i.row, i.severity) for i in found.issues if i.code == "second-table"] == [(begins, "warning")]
    assert len(found.tables["3_sites"]) == 1


def test_a_gap_or_a_repeated_header_alone_is_no_second_table():
    header, blank = ("Name", "Address", "Country"), (None, None, None)

    found = checked_list(header, SITE, blank, header, ("Other", "2 Quay Road, Hanoi", "VN"), blank, ("X", "Y", "SE"))

    assert [row["row"] for row in found.tables["3_sites"]] == [2, 5, 7]


def test_columns_beyond_the_sixty_fourth_are_named():
    wide = (None,) * 70

    found = checked_list(("Name", "Address", "Country", *wide, "Remark"), (*SITE, *wide, "x"))

    [issue] = [i for i in found.issues if i.code == "columns-not-read"]
    assert (issue.value, issue.params["limit"]) == ("BV", 64)


def test_columns_of_our_workbook_beyond_the_sixty_fourth_are_named():
    book = book_of(faultless())
    first = book.sheets[0].rows[1]
    book.sheets[0].rows[1] = Row(first.number, (*first.cells, *(None,) * 60, "far away"))

    found = check(book, SCOPE, today=TODAY)

    assert [i.value for i in found.issues if i.code == "columns-not-read"] == ["BX"]


def test_identical_rows_are_told_as_that_and_both_are_kept():
    found = checked_list(("Name", "Address", "Country"), SITE, SITE)

    assert [(i.key, i.row, i.params["other"]) for i in found.issues if i.row] == [("row-duplicate", 3, 2)]
    assert found.rows_stored == 2


def test_a_table_on_its_side_is_told_so():
    found = checked_list(("Name", "Works", "Other"), ("Address", "1 Quay Road", "2 Quay Road"), ("Country", "VN", "VN"))

    assert {"header-not-found", "table-lies-on-its-side"} <= codes(found)


def test_the_sheet_that_was_read_is_named_where_it_is_not_the_first():
    book = list_of(("Read me first",), name="Start")
    book.sheets += list_of(("Name", "Address", "Country"), SITE, name="Factories").sheets

    found = check(book, None, today=TODAY)

    assert [(i.sheet, i.severity) for i in found.issues if i.code == "sheet-chosen"] == [("Factories", "note")]


def test_a_list_without_any_site_is_blocked():
    found = checked_list(("Name", "Address", "Country"))

    assert (found.verdict, "row-count-wrong / no row" in codes(found)) == ("blocked", True)


def test_a_table_that_names_no_sites_is_blocked_with_every_row_listed():
    found = checked_list(("Animal", "Sound"), ("Cow", "moo"))

    assert (found.verdict, found.format, found.rows_listed) == ("blocked", "unknown", 2)
    [told] = [issue for issue in found.issues if issue.code == "header-not-found"]
    assert (told.cause, told.row, told.params["headers"]) == ("unknown names", 1, "Animal, Sound")


@pytest.mark.parametrize(
    "headers", [("Lot", "Category", "Quantity"), ("Regio", "Aantal"), ("urn", "ukprn", "allocation")]
)
def test_a_sheet_of_demand_is_named_as_one(headers):
    found = checked_list(headers, tuple("1" for _name in headers))

    assert found.verdict == "blocked"
    assert "header-not-found / demand" in codes(found)


def test_several_years_in_one_list_are_told_once_and_their_sites_are_no_doubles():
    headers = ("Year", "Name", "Address", "Country")
    rows = [(year, *SITE) for year in (2021, 2022)]

    found = checked_list(headers, *rows, (2022, "Other Works", *SITE[1:]))

    [told] = [issue for issue in found.issues if issue.code == "years-mixed"]
    assert (told.params["count"], told.params["first"], told.params["last"]) == (2, "2021", "2022")
    assert [issue.row for issue in found.issues if issue.code == "site-duplicate"] == [4]


def test_address_lines_of_several_columns_become_one_address():
    found = checked_list(
        ("Name", "Address 1", "Address 2", "City", "Country"), ("W", "1 Quay Road", "Zone B", "X", "SE")
    )

    assert found.tables["3_sites"][0]["values"]["address_line"] == "1 Quay Road, Zone B"


def test_workers_parents_and_products_come_along():
    headers = ("Name", "Address", "Country", "Number of workers", "Parent company", "Product type", "Year")
    found = checked_list(headers, (*SITE, "< 1.000", "Lake Group", "Notebooks", 2024))

    values = found.tables["3_sites"][0]["values"]
    assert (values["workers_total"], values["parent_company"]) == ("0-1000", "Lake Group")
    assert (values["product_words"], values["list_year"]) == ("Notebooks", "2024")


def real_list(name: str) -> Book:
    path = REAL / name
    if not path.exists():
        pytest.skip("the published lists are not on this machine")
    return read(path)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("dell_suppliers_2020_11.csv", 243),
        ("osh_lists/same_list_three_formats.csv", 15),
        ("osh_lists/same_list_three_formats.xlsx", 15),
        ("osh_lists/same_list_three_formats.xls", 15),
        ("osh_lists/winter_2019_compliance_list_v2.csv", 351),
        ("osh_lists/summer_2019_affiliate_list.csv", 77),
    ],
)
def test_published_lists_are_read_row_for_row(name: str, rows: int):
    found = check(real_list(name), None, today=TODAY)

    assert (found.verdict, found.rows_in, found.rows_stored, found.rows_listed) == ("countable", rows, rows, 0)
    given = sum("country" in row["values"] for row in found.tables["3_sites"])
    assert given >= 0.99 * rows


def test_a_register_of_organisations_is_read_row_for_row():
    found = check(real_list("ieee_electronics_orgs.csv"), None, today=TODAY)

    assert (found.verdict, found.rows_stored) == ("countable", 600)
    assert all({"site_legal_name", "address_line"} <= row["values"].keys() for row in found.tables["3_sites"])


def test_one_year_of_a_long_list_is_read_row_for_row(tmp_path: Path):
    source = REAL / "apple_suppliers_2012_2022.csv"
    if not source.exists():
        pytest.skip("the published lists are not on this machine")
    path = tmp_path / "one_year.csv"
    with source.open(encoding="utf-8", newline="") as file, path.open("w", encoding="utf-8", newline="") as out:
        rows = [row for row in csv.reader(file) if row[0] in ("year", "2018")]
        csv.writer(out).writerows(rows)

    found = check(read(path), None, today=TODAY)

    assert (found.verdict, found.rows_stored) == ("countable", len(rows) - 1)
    assert "column-unknown / two candidates" in codes(found)


def test_many_rows_without_a_street_are_told_as_one():
    rows = [(f"Works {number}", "Penang", "MY") for number in range(30)]

    found = checked_list(("Name", "City", "Country"), *rows, ("Works", "Penang", "MY"))

    [told] = [issue for issue in found.issues if issue.code in ("list-low-precision", "address-imprecise")]
    assert (told.code, told.params["count"]) == ("list-low-precision", 31)


def test_a_list_without_any_place_is_told_once():
    book = list_of(("supplier_name", "supplier_address", "country"), ("Works", None, None), ("Other", None, None))

    found = check(book, None, today=TODAY)

    assert "list-of-names" in codes(found)
    assert "address-imprecise" not in codes(found)


@pytest.mark.parametrize("address", ["58 First Avenue", "58 First Avenue, Building {n}", "First Avenue", None])
@pytest.mark.parametrize("name", ["Plant {n}", "Lakeside Works Unit {n}", "Harbour {n:05d}", "No. {n} Factory"])
def test_numbered_plants_are_not_doubles(name: str, address: str | None):
    numbers = [*range(300), 6300, 6301, 63000, 12345]
    rows = [(name.format(n=n), (address or "").format(n=n) or None, "Kunshan", "CN") for n in numbers]

    assert "site-duplicate" not in codes(checked_list(("Name", "Address", "City", "Country"), *rows))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Lakeside Works Plant 2", "LAKESIDE WORKS, Plant 02"),
        ("Lakeside Works Plant II", "Lakeside Works Plant 2"),
        ("Lakeside Works", "Lakeside Works Co., Ltd."),
        ("Lakeside Works", "Harbour Optics"),
    ],
)
def test_doubles_among_numbered_plants_are_still_found(first: str, second: str):
    plants = [(f"Lakeside Works Plant {n}", "58 First Avenue", "Kunshan", "CN") for n in range(10, 20)]
    rows = [(first, "58 First Avenue", "Kunshan", "CN"), *plants, (second, "58 First Ave.", "Kunshan", "CN")]

    found = checked_list(("Name", "Address", "City", "Country"), *rows)

    assert [issue.row for issue in found.issues if issue.code == "site-duplicate"] == [len(rows) + 1]
