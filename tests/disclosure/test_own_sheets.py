"""Lists as suppliers keep them: guesses with a confidence, two-row headers, blank cells below filled ones, several values in a cell."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.disclosure.fields import said_header
from framework.disclosure.guessing import ENOUGH, certainty
from framework.disclosure.header_words import APART, meaning
from framework.disclosure.list_cells import parts_of, tier_of
from framework.disclosure.overlay import corrected
from framework.disclosure.recognise import recognise
from tests.disclosure.foreign_sheets import HELD_OUT, TUNING, VALUES
from tests.disclosure.measure_columns import measure
from tests.disclosure.workbooks import TODAY, codes, list_of, read

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "sites"
NAMES = ("Lakeside Works Ltd", "Bolt Assembly GmbH", "Cork Electronics AB", "Dune Industries Inc")
STREETS = ("58 First Avenue, Kunshan", "2 Quay Road, Leeds", "9 Mill Lane, Austin", "4 Hill Street, Penang")
LANDS = ("China", "United Kingdom", "USA", "Malaysia")


def checked_list(*rows: tuple[object, ...]) -> Checked:
    return check(list_of(*rows), None, today=TODAY)


def columns(found: Checked) -> dict[str, str]:
    """Header → field."""
    return {one["header"]: one["field"] for one in found.columns[0]["columns"]}


def stored(found: Checked, name: str) -> list[object]:
    return [row["values"].get(name) for row in found.tables["3_sites"]]


@pytest.mark.parametrize("sheets", [TUNING, HELD_OUT], ids=["written for tuning", "held out"])
def test_columns_of_foreign_lists_are_right_and_no_required_one_is_wrong_in_silence(sheets):
    result = measure(sheets)

    assert len(sheets) >= 20
    assert result.share >= 0.95, result.wrong
    assert result.silent == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "dell_suppliers_2020_11.csv",
            {
                "Corporate Profile": "site_legal_name",
                "Address": "address_line",
                "Dell Products / Procurement Category": "product_words",
                "Supplier Type": "facility_words",
                "Sustainability Site": "",
                "GRI": "",
            },
        ),
        (
            "ieee_electronics_orgs.csv",
            {"organization_name": "site_legal_name", "organization_address": "address_line", "n_assignments": ""},
        ),
        (
            "osh_lists/winter_2018_apparel_list.csv",
            {
                "country": "country",
                "name": "site_legal_name",
                "address": "address_line",
                "sector": "product_words",
                "lat": "latitude",
                "lng": "longitude",
            },
        ),
        (
            "apple_suppliers_2012_2022.csv",
            {
                "year": "list_year",
                "supplier_name": "site_legal_name",
                "country_area": "",
                "country": "country",
                "supplier_address": "address_line",
            },
        ),
    ],
)
def test_columns_of_published_lists_are_right(name, wanted, tmp_path):
    path = REAL / name
    if not path.exists():
        pytest.skip("the published lists are not on this machine")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[:120]
    short = tmp_path / "short.csv"
    with short.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)

    assert columns(check(read(short), None, today=TODAY)) == wanted


TRAPS = {
    "codes below Factory": (("Factory", "Address", "Country"), (("F-001", "F-002", "F-003", "F-004"), STREETS, LANDS)),
    "mail below Address": (
        ("Factory", "Address", "Country"),
        (NAMES, ("a@b.example", "c@d.example", "e@f.example", "g@h.example"), LANDS),
    ),
    "towns below a country of a name that we do not know": (
        ("Factory", "Address", "Country of placement"),
        (NAMES, STREETS, ("Kunshan", "Leeds", "Austin", "Ipoh")),
    ),
    "countries without a name": (("Factory", "Address", "Xyz"), (NAMES, STREETS, LANDS)),
    "names without a name": (("Qwerty", "Address", "Country"), (NAMES, STREETS, LANDS)),
    "yes and no below Supplier": (("Supplier", "Address", "Country"), (("Yes", "No", "Yes", "No"), STREETS, LANDS)),
    "a word we do not know": (("Factory", "Address", "Zork blarg country"), (NAMES, STREETS, LANDS)),
}


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_a_required_column_that_is_only_guessed_waits_for_a_person(trap):
    headers, values = TRAPS[trap]

    found = checked_list(headers, *zip(*values, strict=True))

    assert found.verdict == "blocked"
    assert {"column-guessed", "header-not-found"} & codes(found)


def test_misspelt_countries_below_a_clear_header_are_told_one_by_one_and_not_taken():
    found = checked_list(
        ("Factory", "Address", "Country"), *[(n, s, "Kinaa") for n, s in zip(NAMES, STREETS, strict=True)]
    )

    assert found.verdict == "countable"
    assert (stored(found, "country"), "value-not-allowed / country" in codes(found)) == ([None] * 4, True)


@pytest.mark.parametrize(
    "header",
    "Head office country|Country of parent company|Contact name|Address (head office)|Country (parent)|Phone|"
    "Kontaktperson|Land van moederbedrijf|Ansprechpartner|Pays du siège|联系人|总部国家|E-Mail-Adresse|Vendor no.|"
    "Number of factories|Audit date|Spend in EUR|Women %".split("|"),
)
def test_headers_about_something_else_are_not_taken_for_the_site(header):
    assert meaning(header).field == APART


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Werksanschrift", "address_line"),
        ("Leverancierland", "country"),
        ("Fabriksadress", "address_line"),
        ("Anzahl der Mitarbeitenden", "workers_total"),
        ("Pays de fabrication", "country"),
        ("工廠名稱", "site_legal_name"),
        ("生产国家", "country"),
        ("Contry", "country"),
        ("FactoryName", "site_legal_name"),
        ("Postcode / PLZ", "postcode"),
        ("Product group", "product_words"),
    ],
)
def test_headers_that_are_in_no_list_are_understood_by_their_words(header, field):
    said = meaning(header)

    assert (said.field, said.confidence >= ENOUGH) == (field, True)


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet="abcdelnorst äéß()/-_%123 工厂地址国", max_size=40))
def test_any_header_has_a_meaning_of_a_measured_confidence(header):
    said = meaning(header)

    assert 0 <= said.confidence < 1
    assert bool(said.field) == (said.confidence > 0)


def test_confidence_has_three_names():
    assert [certainty(one) for one in (1.0, 0.97, 0.8, ENOUGH, 0.74, 0.3)] == [
        "sure",
        "sure",
        "likely",
        "likely",
        "guessed",
        "guessed",
    ]


def test_what_a_person_said_is_sure_whatever_the_values_look_like():
    rows = list(zip(("F-001", "F-002", "F-003"), STREETS, LANDS, strict=False))
    book = corrected(
        list_of(("Factory", "Address", "Country"), *rows), [["Sites", 1, "A", said_header("site_legal_name"), True]]
    )

    found = check(book, None, today=TODAY)

    assert (found.verdict, stored(found, "site_legal_name")) == ("countable", ["F-001", "F-002", "F-003"])
    assert found.columns[0]["columns"][0]["ground"] == "person"


GROUPED = (
    ("Factory", None, None, None, "Head office", None, "Employees"),
    ("Name", "Street", "City", "Country", "Name", "Country", "Total"),
)


def grouped_rows() -> list[tuple[object, ...]]:
    return [(NAMES[n], STREETS[n], "Town", LANDS[n], "Group", "Japan", 10 * n + 5) for n in range(len(NAMES))]


def test_two_rows_of_headers_are_one():
    found = checked_list(("List of suppliers",), *GROUPED, *grouped_rows())

    assert (found.verdict, found.rows_stored) == ("countable", 4)
    assert stored(found, "country") == ["CN", "GB", "US", "MY"]
    assert stored(found, "site_legal_name") == list(NAMES)
    assert stored(found, "workers_total") == [5, 15, 25, 35]
    assert "parent_company" not in found.tables["3_sites"][0]["values"]
    assert found.rows_in == found.rows_stored + found.rows_listed


def test_both_rows_of_a_header_may_be_repeated_on_every_page():
    rows = grouped_rows()

    found = checked_list(*GROUPED, *rows[:2], *GROUPED, *rows[2:])

    assert stored(found, "site_legal_name") == list(NAMES)
    assert [one.reason for one in found.sheets[0].listed] == ["above-header", "header-repeated", "header-repeated"]


def test_a_header_merged_downwards_belongs_to_its_own_column():
    upper, lower = ("Factory", "Address", None, "Workers"), (None, "Street", "Country", None)

    found = checked_list(upper, lower, *zip(NAMES, STREETS, LANDS, (1, 2, 3, 4), strict=True))

    assert (found.verdict, stored(found, "site_legal_name")) == ("countable", list(NAMES))
    assert (stored(found, "country")[0], stored(found, "workers_total")) == ("CN", [1, 2, 3, 4])


def test_headers_of_groups_stay_where_they_were_once_a_person_said_the_columns():
    upper = ("Factory", "Address", None, None, "Parent")
    lower = (None, "Street", "City", "Country", None)
    rows = zip(NAMES, STREETS, ("A", "B", "C", "D"), LANDS, NAMES, strict=True)
    book = list_of(upper, lower, *rows)
    fields = ("site_legal_name", "address_line", "city", "country", "parent_company")
    said = [["Sites", 2, letters, said_header(field), True] for letters, field in zip("ABCDE", fields, strict=True)]

    groups = [one["group"] for one in check(book, None, today=TODAY).columns[0]["columns"]]
    again = [one["group"] for one in check(corrected(book, said), None, today=TODAY).columns[0]["columns"]]

    assert groups == ["", "Address", "Address", "Address", ""]
    assert again == ["Factory", "Address", "Address", "Address", "Parent"]


def test_headers_in_two_languages_below_one_another_are_one():
    rows = zip(NAMES, STREETS, LANDS, strict=True)

    found = checked_list(("Factory name", "Address", "Country"), ("工厂名称", "地址", "国家"), *rows)

    assert [row["row"] for row in found.tables["3_sites"]] == [3, 4, 5, 6]


def test_a_table_may_begin_in_a_later_column_below_a_logo():
    rows = [(None, None, *row) for row in zip(NAMES, STREETS, LANDS, strict=True)]

    found = checked_list(("Acme",), ("Confidential",), (None, None, "Factory", "Address", "Country"), *rows)

    assert (found.verdict, found.rows_stored, stored(found, "country")[3]) == ("countable", 4, "MY")


BLANK_BELOW = (
    ("Parent", "Factory", "Address", "Country"),
    ("North Group", None, None, None),
    (None, "Lakeside", "58 First Avenue, Kunshan", "CN"),
    (None, "Bolt", "2 Quay Road, Leeds", "GB"),
    ("South Group", None, None, None),
    (None, "Cork", "9 Mill Lane, Austin", "US"),
)


def test_filling_down_is_offered_and_nothing_is_filled_without_a_person():
    found = checked_list(*BLANK_BELOW)

    assert "fill-down-offered" in codes(found)
    assert found.columns[0]["columns"][0]["offer"] == {"fill": {"blank": 3, "rows": 5}}
    assert stored(found, "parent_company") == ["North Group", None, None, "South Group", None]


def test_filling_down_takes_the_value_above_says_so_and_accounts_for_every_row():
    said = said_header("parent_company", fill_down=True)

    found = check(corrected(list_of(*BLANK_BELOW), [["Sites", 1, "A", said, True]]), None, today=TODAY)

    assert stored(found, "parent_company") == ["North Group", "North Group", "South Group"]
    assert [row["found"]["parent_company"] for row in found.tables["3_sites"]] == ["", "", ""]
    assert [(one.row, one.reason) for one in found.sheets[0].listed] == [
        (2, "names-rows-below"),
        (5, "names-rows-below"),
    ]
    assert [issue.params["count"] for issue in found.issues if issue.code == "fill-down-used"] == [3]
    assert found.rows_in == found.rows_stored + found.rows_listed == 5


def test_a_few_blank_cells_are_gaps_and_no_habit():
    rows = [(name, street, land) for name, street, land in zip(NAMES, STREETS, LANDS, strict=True)]
    rows[2] = (None, *rows[2][1:])  # type: ignore[assignment]

    assert "fill-down-offered" not in codes(checked_list(("Factory", "Address", "Country"), *rows))


JOINED = (
    ("Factory", "Address", "Country", "Products"),
    ("Lakeside", "58 First Avenue, Kunshan", "CN", "Laptops; Tablets"),
    ("Bolt", "2 Quay Road, Leeds", "GB", "Cables"),
)


def test_several_values_in_a_cell_are_split_only_when_asked_and_the_cell_is_kept():
    before = checked_list(*JOINED)
    said = said_header("product_words", split=True)
    after = check(corrected(list_of(*JOINED), [["Sites", 1, "D", said, True]]), None, today=TODAY)

    assert stored(before, "product_words") == ["Laptops; Tablets", "Cables"]
    assert before.columns[0]["columns"][3]["offer"]["split"]["parts"] == ["Laptops", "Tablets"]
    assert stored(after, "product_words") == [["Laptops", "Tablets"], ["Cables"]]
    assert after.tables["3_sites"][0]["found"]["product_words"] == "Laptops; Tablets"
    assert ("split-offered" in codes(before), "values-split" in codes(after)) == (True, True)


@given(st.lists(st.from_regex(r"[a-zA-Z]{1,8}( [a-zA-Z]{1,8})?", fullmatch=True), min_size=2, max_size=5))
@settings(max_examples=30)
def test_parts_of_a_cell_come_back_whole(parts):
    for sign in ("; ", "|", "、", "\n", ", "):
        assert parts_of(sign.join(parts)) == parts


def test_several_addresses_in_a_cell_are_reported_and_not_cut():
    address = "1) 58 First Avenue, Kunshan, China 2) 4 Nanshan Road, Shenzhen, China"

    found = checked_list(("Factory", "Address", "Country"), ("Lakeside", address, "CN"))

    assert "cell-with-several-sites" in codes(found)
    assert stored(found, "address_line") == [address]


HUB = (
    "country",
    "name",
    "address",
    "sector_product_type",
    "lei_id",
    "duns_id",
    "rba_id",
    "parent_company_os_id",
    "number_of_workers",
)


def test_a_list_of_the_open_hub_has_bars_and_ids_with_the_name_of_their_register():
    row = (
        "CN",
        "Lakeside",
        "58 First Avenue, Kunshan",
        "Laptops|Tablets",
        "HEFB00DEMO0000000018",
        "123456789",
        "V-1",
        "NL2026001ABCDE1",
        "500–600",
    )

    found = checked_list(HUB, row)

    values = found.tables["3_sites"][0]["values"]
    assert found.columns[0]["kind"] == "open-supply-hub"
    assert values["product_words"] == ["Laptops", "Tablets"]
    assert values["other_registry_id"] == ("lei:HEFB00DEMO0000000018|duns:123456789|rba:V-1|parent-os:NL2026001ABCDE1")
    assert values["workers_total"] == "500-600"
    assert "registry-form" not in codes(found)


def test_an_id_with_a_wrong_check_digit_is_told_at_its_cell_and_not_taken():
    found = checked_list(HUB, ("CN", "Lakeside", "58 First Avenue", "Laptops", "HEFB00DEMO0000000019", "123456789"))

    [issue] = [one for one in found.issues if one.code == "registry-form"]
    assert (issue.params["cell"], issue.params["registry"]) == ("E2", "LEI")
    assert found.tables["3_sites"][0]["values"]["other_registry_id"] == "duns:123456789"


def test_a_list_of_products_and_factories_keeps_each_product_with_its_site():
    site = ("Lakeside", "58 First Avenue, Kunshan", "CN")

    found = checked_list(
        ("Model", "Factory", "Address", "Country"),
        ("NB-14", *site),
        ("NB-15", *site),
        ("DT-2", "Bolt", "2 Quay Road, Leeds", "GB"),
    )

    [issue] = [one for one in found.issues if one.code == "products-in-list"]
    assert found.columns[0]["kind"] == "product-factory"
    assert (issue.params["count"], issue.params["sites"]) == (3, 2)
    assert stored(found, "product_model") == ["NB-14", "NB-15", "DT-2"]
    assert not {"site-duplicate", "row-duplicate"} & codes(found)


@pytest.mark.parametrize(
    ("words", "tier"),
    [
        ("Tier 1 - Primary", 1),
        ("Tier 1 – Subcontractor", 1),
        ("Tier 2", 2),
        ("2", 2),
        ("Led 3", 3),
        ("Stufe 2", 2),
        ("二级", 2),
        ("Tier 1 and tier 2", None),
        ("Primary", None),
        ("Tier 12", None),
        (None, None),
    ],
)
def test_tiers_are_read_from_their_words(words, tier):
    assert tier_of(words) == tier


def test_a_postcode_of_nought_and_a_parent_that_is_not_known_are_missing():
    found = checked_list(
        ("Factory", "Address", "Zip code", "Country", "Parent"), ("Lakeside", "58 First Avenue", "0", "CN", "N/A")
    )

    values = found.tables["3_sites"][0]["values"]
    assert not {"postcode", "parent_company"} & values.keys()
    assert "placeholder" in codes(found)


def test_recognising_a_long_list_stays_quick():
    rows = [tuple(VALUES[kind][n % 8] for kind in ("name", "address", "country", "products")) for n in range(5_000)]
    book = list_of(("Factory", "Address", "Country", "Products"), *rows)
    begun = time.perf_counter()

    recognise(book)

    assert time.perf_counter() - begun < 1
