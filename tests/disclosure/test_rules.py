"""Every rule of the disclosure workbook: a case in which it fires; the faultless disclosure is the case in which none does."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from framework.disclosure.check_file import check
from framework.disclosure.columns import SHEETS
from framework.ground.issue_catalogue import catalogue, describe
from framework.ground.sheets.cells import Refusal, Row, Sheet
from tests.disclosure.workbooks import (
    REGISTER,
    SCOPE,
    TODAY,
    Change,
    Tables,
    add,
    book_of,
    both,
    checked,
    codes,
    drop,
    faultless,
    put,
    without,
)

CASES: list[tuple[str, Change]] = [
    ("template-version-wrong", put("0_submission", template_version="0.9")),
    ("round-wrong", put("0_submission", round_id="another")),
    ("sheet-missing / needed", without("1_products")),
    ("sheet-missing / needed", without("0_submission")),
    ("sheet-missing / other", without("6_audits")),
    ("row-count-wrong / no row", drop("0_submission")),
    ("row-count-wrong / brand twice", add("0_submission", brand="ACME")),
    ("value-missing", put("3_sites", city=None)),
    ("value-missing", put("1_products", lot=None)),
    ("value-missing", put("1_products", spec_tier=None)),
    ("value-missing", put("1_products", label_certificate_no=None)),
    ("value-missing", put("5_smelters", smelter_name=None)),
    ("value-missing", put("7_due_diligence", document_name=None)),
    ("value-missing / reason given", put("3_sites", city=None, missing_reason="unknown")),
    ("column-unknown", put("3_sites", colour="red")),
    ("value-not-allowed", put("1_products", category="lap")),
    ("value-not-allowed / country", put("3_sites", country="Atlantis")),
    ("value-not-allowed / approximate", put("3_sites", workers_total="ca. 500")),
    ("value-not-allowed / range", put("4_links", share_of_production_pct="50-60")),
    ("value-not-allowed / trailing minus", put("4_links", share_of_production_pct="5-")),
    ("value-not-allowed / not a number", put("4_links", share_of_production_pct="many")),
    ("value-not-allowed / not a whole number", put("2_components", tier="1.5")),
    ("value-not-allowed / too small", put("4_links", share_of_production_pct=-5)),
    ("value-not-allowed / too large", put("4_links", share_of_production_pct=101)),
    ("value-not-allowed / too large", put("3_sites", workers_total=10**10)),
    ("value-not-allowed / too early", put("4_links", valid_from=dt.date(1999, 1, 1))),
    ("value-not-allowed / day or month", put("4_links", valid_from="03/04/2025")),
    ("value-not-allowed / no such date", put("4_links", valid_from="31/02/2025")),
    ("value-not-allowed / week", put("4_links", valid_from="week 42")),
    ("value-not-allowed / wrong kind", put("1_products", model_name=TODAY)),
    ("value-not-allowed / mail address", put("0_submission", dd_contact_email="kim at example")),
    ("value-not-allowed / version", put("0_submission", template_version="one")),
    ("value-not-allowed / barcode length", put("1_products", gtin="731")),
    ("value-not-allowed / not in round", put("1_products", lot="C")),
    ("value-not-allowed / not in round", put("1_products", spec_tier="luxury")),
    ("key-duplicate", add("3_sites", site_ref="s1")),
    ("ref-unknown", put("4_links", site_ref="S9")),
    ("ref-unknown", put("5_smelters", applies_to="P9")),
    (
        "ref-mismatch",
        both(add("1_products", product_ref="P2", spec_tier="plus"), put("4_links", 1, product_ref="P2")),
    ),
    ("row-duplicate", add("5_smelters")),
    ("assembly-row-missing", drop("2_components")),
    ("assembly-row-duplicate", add("2_components", component_ref="P1-FA2", not_disclosed_reason="unknown")),
    ("tier-mismatch", put("2_components", 1, tier=1)),
    ("node-unexplained", drop("4_links", 1)),
    ("node-contradiction", put("2_components", 1, not_disclosed_reason="unknown")),
    ("refusal-without-proof", put("2_components", 1, not_disclosed_reason="supplier_refused")),
    ("refusal-without-proof", put("5_smelters", not_disclosed_reason="supplier_refused")),
    ("not-applicable-open", put("2_components", 1, not_disclosed_reason="not_applicable")),
    ("required-node-absent / component", both(drop("2_components", 1), drop("4_links", 1))),
    ("required-node-absent / mineral", put("5_smelters", mineral="gold")),
    ("share-above-100", add("4_links", site_ref="S2")),
    ("share-below-100", put("4_links", share_of_production_pct=60)),
    ("share-partly-blank", add("4_links", site_ref="S2", share_of_production_pct=None)),
    ("period-wrong", put("4_links", valid_to=dt.date(2024, 1, 1))),
    ("link-duplicate", add("4_links", share_of_production_pct=None)),
    ("dual-source-mismatch", put("4_links", dual_sourced=True)),
    ("facility-type-mismatch", put("3_sites", facility_type="mine")),
    ("address-po-box", put("3_sites", address_line="PO Box 12")),
    ("address-imprecise", put("3_sites", address_line="Lakeside Industrial Park")),
    ("address-country-conflict", put("3_sites", address_line="58 First Avenue, Hanoi, Vietnam")),
    ("coordinates-wrong / out of range", put("3_sites", latitude=131.0)),
    ("coordinates-wrong / zero", put("3_sites", latitude=0, longitude=0)),
    ("coordinates-wrong / other country", put("3_sites", latitude=52.1, longitude=5.1)),
    ("text-too-long", put("3_sites", city="x" * 121)),
    ("range-wrong", put("3_sites", workers_total="150-100")),
    ("number-normalised", put("3_sites", workers_total="< 1.000")),
    ("registry-form", put("3_sites", os_id="SE2026326ZZZZZ9")),
    ("registry-form", put("3_sites", other_registry_id="gln:7319999000002")),
    ("registry-form", put("5_smelters", smelter_id="12345")),
    ("registry-form", put("0_submission", reporting_party_reg_id="HEFB00DEMO0000000019")),
    ("registry-form / older id", put("5_smelters", smelter_id="1JPN005")),
    ("label-lists-uneven", put("1_products", label_certificate_no=["T1"])),
    ("label-lists-uneven / none and another", put("1_products", label_scheme=["epeat", "none"])),
    ("label-expired", put("1_products", label_valid_until=[dt.date(2028, 1, 1), dt.date(2026, 5, 31)])),
    ("check-digit", put("1_products", gtin="7319999000002")),
    ("offer-share-sum / not 100", put("1_products", offered_volume_share_pct=90)),
    ("offer-share-sum / partly blank", add("1_products", product_ref="P2", offered_volume_share_pct=None)),
    ("audit-score / score", put("6_audits", score=201, recognition=None)),
    ("audit-score / findings", put("6_audits", findings_minor_open=4)),
    ("audit-recognition", put("6_audits", score=170)),
    ("audit-recognition", put("6_audits", audit_type="cma_ama")),
    ("audit-recognition", put("6_audits", recognition="platinum", score=200)),
    ("audit-validity / end before start", put("6_audits", valid_until=dt.date(2025, 1, 1))),
    ("audit-validity / longer than two years", put("6_audits", valid_until=dt.date(2027, 9, 2))),
    ("audit-validity / expired", put("6_audits", valid_until=dt.date(2026, 5, 31))),
    ("process-rows / absent", drop("7_due_diligence")),
    ("process-rows / twice", add("7_due_diligence")),
    ("document-old", put("7_due_diligence", document_date=dt.date(2024, 5, 31))),
    ("date-future", put("0_submission", signed_on=dt.date(2026, 5, 2))),
    ("scope-company-wide", put("0_submission", scope="company_wide")),
    ("confidentiality-unreasoned", put("3_sites", confidentiality="buyers_linked")),
    ("site-duplicate", add("3_sites", site_ref="S3", site_legal_name="LAKESIDE ASSEMBLY CO., LTD.")),
    (
        "site-unused",
        add("3_sites", site_ref="S3", site_legal_name="Hill Works", address_line="7 Hill Road", os_id=None),
    ),
    ("placeholder", put("3_sites", region="n/a")),
    ("personal-data", put("7_due_diligence", narrative="Ask Li, +86 138 1234 5678")),
    ("mine-origin-missing", put("5_smelters", mine_or_origin_country=None)),
    ("brand-without-row", put("1_products", brand="Zenith")),
    ("cell-with-several-sites", put("3_sites", address_line="58 First Avenue, Kunshan; 60 Second Avenue, Kunshan")),
    ("cell-error", put("3_sites", city="#N/A")),
    ("country-read", put("3_sites", country="China")),
    ("text-cleaned", put("3_sites", city=" Kunshan ")),
    ("value-bad-character", put("3_sites", city="Kun\x00shan")),
    ("value-hidden-direction", put("3_sites", city="Kun\u202eshan")),
    ("value-look-alike", put("0_submission", reporting_party_name="\u0410cme Group")),
    ("id-stored-as-number", put("3_sites", postcode=215300)),
    ("id-shortened", put("3_sites", postcode="1.23E+15")),
    ("decimal-sign-unclear", put("6_audits", score="1.234")),
    ("date-is-serial", put("4_links", valid_from=45658)),
    ("time-dropped", put("4_links", valid_from=dt.datetime(2025, 1, 1, 12, 30))),  # noqa: DTZ001
]


def test_the_faultless_disclosure_has_no_issue():
    found = checked()

    assert [describe(issue) for issue in found.issues] == []
    assert found.verdict == "countable"


@pytest.mark.parametrize(("code", "change"), CASES, ids=[f"{code} {n}" for n, (code, _) in enumerate(CASES)])
def test_the_rule_fires_where_the_data_break_it(code: str, change: Change):
    found = checked(change)

    assert code in codes(found)
    assert found.adds_up


def test_a_refused_file_is_blocked_with_its_cause():
    found = check(Refusal("file-password", "ole"), SCOPE, today=TODAY)

    assert (found.verdict, codes(found)) == ("refused", {"file-refused / file-password"})


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (put("0_submission", template_version="2.0"), "refused"),
        (put("0_submission", round_id="another"), "blocked"),
        (put("0_submission", template_version="1.0.0"), "countable"),
        (put("0_submission", round_id=None), "countable"),
        (put("3_sites", country="Atlantis"), "countable"),
    ],
)
def test_few_faults_keep_a_version_from_counting(change: Change, verdict: str):
    found = checked(change)

    assert found.verdict == verdict


def test_the_rows_of_another_version_are_listed_not_stored():
    found = checked(put("0_submission", template_version="2.0"))

    reasons = {row.reason for sheet in found.sheets for row in sheet.listed}
    assert (found.rows_in, found.rows_stored, found.rows_listed) == (17, 0, 17)
    assert (reasons, found.tables, found.created) == ({"template-version-wrong"}, {}, [])


@pytest.mark.parametrize("sheet", [name for name in SHEETS if name not in ("1_products", "0_submission")])
def test_a_missing_sheet_is_told_once_and_not_what_follows_from_it(sheet: str):
    assert codes(checked(without(sheet))) == {"sheet-missing / other"}


def test_without_the_first_sheets_nothing_is_told_of_each_row():
    assert codes(checked(without("0_submission"))) == {"sheet-missing / needed"}
    assert codes(checked(without("1_products"))) == {"sheet-missing / needed"}
    assert codes(checked(drop("0_submission"))) == {"row-count-wrong / no row"}


def test_a_link_given_twice_counts_once_in_the_shares():
    found = checked(add("4_links"))

    assert codes(found) == {"link-duplicate"}


def test_a_share_given_in_one_of_two_equal_links_is_given():
    found = checked(add("4_links", share_of_production_pct=None))

    assert codes(found) == {"link-duplicate"}


def monitor_alone(tables: Tables) -> None:
    """The only product on offer is of the lot that asks for no mines."""
    tables["1_products"][0].update(lot="B", category="monitor", spec_tier=None)
    tables["5_smelters"][0]["mine_or_origin_country"] = None


def test_origins_are_asked_for_the_minerals_of_the_lots_on_offer():
    assert codes(checked(monitor_alone)) == set()


def test_origins_of_a_row_about_one_product_are_asked_by_its_lot():
    second = add("1_products", product_ref="P2", lot="B", category="monitor", spec_tier=None)
    parts = add("2_components", component_ref="P2-FA", product_ref="P2")
    link = add("4_links", product_ref="P2")
    without_origin = put("5_smelters", mine_or_origin_country=None)

    of_monitor = checked(both(second, parts, link, without_origin, put("5_smelters", applies_to="P2")))
    of_laptop = checked(both(second, parts, link, without_origin, put("5_smelters", applies_to="P1")))

    assert "mine-origin-missing" not in codes(of_monitor)
    assert "mine-origin-missing" in codes(of_laptop)


def test_a_doubled_column_is_not_read_at_all():
    book = book_of(faultless())
    rows = book.sheets[3].rows
    book.sheets[3].rows = [Row(row.number, (*row.cells, "city" if row.number == 1 else "Paris")) for row in rows]

    found = check(book, SCOPE, today=TODAY, smelters=REGISTER)

    assert "column-duplicate" in codes(found)
    assert "city" not in found.tables["3_sites"][0]["values"]


def test_smelter_ids_are_compared_with_the_dated_lists():
    known = {"CID000002": None, "CID000003": "2025-06-01"}

    unknown = checked(smelters=known)
    removed = checked(put("5_smelters", smelter_id="CID000003"), smelters=known)
    present = checked(put("5_smelters", smelter_id="CID000002"), smelters=known)

    assert codes(unknown) == {"smelter-unknown / unknown"}
    assert codes(removed) == {"smelter-unknown / removed since"}
    assert codes(present) == set()


def test_without_a_register_of_smelters_the_file_is_told_once():
    found = checked(add("5_smelters", smelter_id="CID000009"), smelters=None)

    assert [(i.key, i.severity, i.column) for i in found.issues] == [
        ("smelter-unknown / no register", "note", "smelter_id")
    ]


def test_a_site_that_comes_less_precisely_than_before_is_told():
    before = checked().tables

    found = checked(put("3_sites", address_line=None), previous=before)

    assert "less-precise-than-before" in codes(found)


def test_a_site_is_known_again_by_its_name_where_its_key_is_new():
    before = checked().tables

    found = checked(
        both(put("3_sites", site_ref="new", address_line=None), put("4_links", site_ref="new")), previous=before
    )

    assert [i.row for i in found.issues if i.key == "less-precise-than-before"] == [2]


def test_a_component_whose_new_site_is_known_less_precisely_is_told_at_its_link():
    before = checked().tables
    moved = add("3_sites", like=1, site_ref="S3", site_legal_name="Hill Boards Ltd", address_line=None)

    found = checked(both(moved, put("4_links", 1, site_ref="S3")), previous=before)

    [told] = [i for i in found.issues if i.code == "less-precise-than-before"]
    assert (told.cause, told.sheet, told.params["cell"], told.value) == ("link", "4_links", "C3", "S3")


def test_what_is_as_precise_as_before_is_not_told():
    found = checked(previous=checked().tables)

    assert found.issues == []


def test_many_sites_that_lose_precision_are_one_issue():
    names = [f"Works {n}" for n in range(30)]
    rows = [
        {"site_legal_name": name, "address_line": "1 Quay Road", "city": "Hanoi", "country": "VN"} for name in names
    ]
    previous = {"3_sites": [{"row": 2, "values": row, "found": {}} for row in rows]}
    sheet = [("name", "address", "city", "country"), *((name, None, "Hanoi", "VN") for name in names)]

    found = check(book_of({}, extra={"List": sheet}), None, today=TODAY, previous=previous)

    assert [i.params["count"] for i in found.issues if i.code == "less-precise-than-before"] == [30]


def test_a_contract_stage_asks_for_the_agreement_number():
    found = checked(scope=replace(SCOPE, stage="contract"))

    assert {(issue.key, issue.column) for issue in found.issues} == {("value-missing", "contract_reference")}


def test_formulas_and_broken_cells_are_told_at_their_place():
    book = book_of(faultless())
    facts = book.sheets[3].facts
    facts.formula_cells, facts.formulas_without_result, facts.error_cells = 4, [(2, 6)], {(3, 6): "#REF!"}

    found = check(book, SCOPE, today=TODAY, smelters=REGISTER)

    placed = {(issue.key, issue.row) for issue in found.issues}
    assert {("formula", None), ("formula / no result", 2), ("cell-error", 3)} <= placed


def test_every_rule_of_the_workbook_has_a_case_here():
    numbered = {entry.code for entry in catalogue().values() if entry.number.startswith("D")}
    elsewhere = {"file-refused", "column-duplicate", "smelter-unknown", "formula", "less-precise-than-before"}

    covered = {code.partition(" / ")[0] for code, _change in CASES} | elsewhere

    assert len(numbered) == 57
    assert numbered - covered == set()


def test_a_hidden_sheet_is_listed_and_not_read():
    book = book_of(faultless())
    book.sheets.append(Sheet("old", [Row(1, ("name",)), Row(2, ("x",))], visible=False))

    found = check(book, SCOPE, today=TODAY, smelters=REGISTER)

    assert codes(found) == {"sheet-hidden"}
    assert [(row.row, row.reason) for row in found.sheets[-1].listed] == [(1, "sheet-hidden"), (2, "sheet-hidden")]
