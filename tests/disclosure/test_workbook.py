"""The workbook out and back: template, filled workbook, drop-downs, help, and text that never becomes a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tempfile
import time
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.check_file import check, check_task, rows_task
from framework.disclosure.checked import Checked
from framework.disclosure.columns import (
    COMPONENTS,
    LINKS,
    PROCESS,
    SHEETS,
    SITES,
    SMELTERS,
    SUBMISSION,
    columns,
    sheet_columns,
)
from framework.disclosure.needs import needed
from framework.disclosure.table import letter, written
from framework.disclosure.workbook import prefilled, write_filled, write_template
from framework.ground.reading.texts import clean
from framework.ground.sheets.reader import run_in_child
from tests.disclosure.workbooks import REGISTER, SCOPE, TODAY, book_of, checked, codes, faultless, read


def stored(found: Checked) -> dict[str, list[dict[str, Any]]]:
    return {name: [row["values"] for row in rows] for name, rows in found.tables.items()}


def test_a_filled_workbook_comes_back_without_an_issue(tmp_path: Path):
    path = tmp_path / "disclosure.xlsx"
    write_filled(path, SCOPE, faultless())

    found = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)

    assert (found.verdict, found.format, found.version, found.issues) == ("countable", "hefboom-1.0", "1.0", [])
    assert stored(found) == stored(checked())


def test_a_template_is_prefilled_from_the_round(tmp_path: Path):
    path = tmp_path / "template.xlsx"
    write_template(path, SCOPE, language="en", gettext=str, rows={"1_products": [{"product_ref": "P1", "lot": "A"}]})

    found = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)

    values = stored(found)
    assert values[SUBMISSION] == [
        {
            "template_version": "1.0",
            "round_id": "r-2026-1",
            "reporting_party_name": "Example Reseller",
            "reporting_party_role": "reseller",
            "reporting_party_reg_id": "556000-0001",
            "brand": "Acme",
        }
    ]
    assert [row["component_type"] for row in values[COMPONENTS]] == ["final_assembly", "mainboard_pcba"]
    assert values[SMELTERS] == [{"mineral": "tin", "applies_to": "company"}]
    assert len(values[PROCESS]) == 7
    assert {issue.code for issue in found.issues} == {"value-missing", "node-unexplained", "mine-origin-missing"}


def test_a_template_filled_in_comes_back_without_an_issue(tmp_path: Path):
    path = tmp_path / "filled.xlsx"
    rows = faultless()

    write_template(path, SCOPE, language="sv", gettext=str, rows=rows)

    found = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)
    assert codes(found) == set()


def test_another_version_gets_the_right_template_with_its_own_data(tmp_path: Path):
    tables = faultless()
    tables[SUBMISSION][0]["template_version"] = "0.9"
    old = check(book_of(tables), SCOPE, today=TODAY)
    path = tmp_path / "again.xlsx"

    write_template(path, SCOPE, language="nl", gettext=str, rows=rows_task(book_of(tables), {}))

    found = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)
    assert old.verdict == "refused"
    assert (found.verdict, codes(found)) == ("countable", set())


def test_what_could_not_be_read_goes_back_as_it_was_found(tmp_path: Path):
    path = tmp_path / "again.xlsx"
    wrong = {SITES: {"country": "Atlantis"}, LINKS: {"valid_from": "some day"}}
    first = checked(lambda tables: [tables[sheet][0].update(values) for sheet, values in wrong.items()])

    write_filled(path, SCOPE, first.tables)

    again = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)
    assert again.tables == first.tables
    assert again.issues == first.issues


def test_the_template_has_every_sheet_column_help_and_drop_down():
    file = io.BytesIO()
    write_template(file, SCOPE, language="nl", gettext=lambda text: f"nl: {text}")

    book = openpyxl.load_workbook(file)

    assert book.sheetnames == [*SHEETS, "help", "lists"]
    assert [cell.value for cell in book[SITES][1]] == list(sheet_columns(SITES))
    assert book[SITES]["A1"].comment.text.startswith("nl: Your own short key for the site.")
    helped = [row[2] for row in book["help"].iter_rows(values_only=True)]
    assert "nl: Version of this workbook; must be the round's. Do not change." in helped
    assert book.properties.title == "nl: Supply-chain disclosure: Laptops 2026"
    choices = {str(rule.sqref).partition(":")[0] for rule in book[SITES].data_validations.dataValidation}
    assert choices == {f"{letter}2" for letter in letters_of_choices(SITES)}
    assert book[SITES].freeze_panes == "B2"
    assert book[SITES].protection.sheet


def letters_of_choices(sheet: str) -> list[str]:
    known = sheet_columns(sheet).values()
    return [letter(place) for place, column in enumerate(known) if column.type in ("enum", "bool")]


def test_lots_and_their_tiers_are_chosen_from_the_round():
    file = io.BytesIO()
    write_template(file, SCOPE, language="en", gettext=str)

    book = openpyxl.load_workbook(file)

    names = list(sheet_columns("1_products"))
    rules = {str(rule.sqref): rule.formula1 for rule in book["1_products"].data_validations.dataValidation}
    offered = {}
    for name in ("lot", "spec_tier"):
        at = letter(names.index(name))
        area = rules[f"{at}2:{at}5001"].removeprefix("lists!").replace("$", "")
        offered[name] = [cell.value for (cell,) in book["lists"][area]]
    assert offered == {"lot": ["A", "B"], "spec_tier": ["basic", "plus"]}


def test_the_help_says_what_each_lot_asks():
    file = io.BytesIO()
    write_template(file, SCOPE, language="en", gettext=str)

    rows = list(openpyxl.load_workbook(file)["help"].iter_rows(max_row=4, values_only=True))

    assert rows[0][0] == "What this round asks of each lot"
    assert rows[2:] == [
        ("A", "Laptops", "laptop", "basic, plus", "final_assembly, mainboard_pcba", "1, 2", "tin", "asked for"),
        ("B", "Monitors", "monitor", "", "final_assembly", "1, 2", "", "not asked for"),
    ]


@pytest.mark.parametrize(
    ("sheet", "column", "words"),
    [
        ("3_sites", "country", "Always needed"),
        ("3_sites", "city", "Needed for: Final assembly, Strategic component, and Smelter or refiner"),
        ("3_sites", "confidentiality_reason", "Needed where confidentiality is buyers_linked or lead_and_monitor"),
        ("2_components", "component_type_other", "Needed where component_type is other"),
        ("6_audits", "evidence_file", "Needed where report_shared is given and is not none"),
        ("1_products", "gtin", "Optional"),
    ],
)
def test_when_a_column_is_needed_is_said_in_words(sheet: str, column: str, words: str):
    assert needed(sheet_columns(sheet)[column], str) == words


def test_every_column_says_when_it_is_needed():
    assert all(needed(column, str) for column in columns())


def test_only_what_the_system_fills_is_locked():
    file = io.BytesIO()
    write_filled(file, SCOPE, {COMPONENTS: [{"component_ref": "C", "required_by_lot": True}]})

    cells = openpyxl.load_workbook(file)[COMPONENTS]

    assert cells["A1"].protection.locked
    assert not cells["A2"].protection.locked
    assert cells["F2"].protection.locked


def test_text_is_never_a_formula_and_a_number_stays_that_number():
    file = io.BytesIO()
    rows = {SITES: [{"site_ref": "=1+1", "city": "@SUM(A1)", "region": "-5", "latitude": -5, "postcode": "0045"}]}
    write_filled(file, SCOPE, rows)

    cells = openpyxl.load_workbook(file)[SITES]

    by_name = {cells.cell(1, n).value: cells.cell(2, n) for n in range(1, cells.max_column + 1)}
    kinds = {name: (by_name[name].data_type, by_name[name].value) for name in rows[SITES][0]}
    assert kinds == {
        "site_ref": ("s", "=1+1"),
        "city": ("s", "@SUM(A1)"),
        "region": ("s", "-5"),
        "latitude": ("n", -5),
        "postcode": ("s", "0045"),
    }


def test_the_same_content_gives_the_same_bytes():
    first, second = io.BytesIO(), io.BytesIO()

    write_filled(first, SCOPE, faultless())
    write_filled(second, SCOPE, faultless())

    assert first.getvalue() == second.getvalue()


def test_own_rows_of_the_supplier_are_kept_when_a_template_is_filled_again():
    rows = prefilled(SCOPE, faultless())

    assert rows[SITES] == faultless()[SITES]
    assert len(rows[COMPONENTS]) == len(faultless()[COMPONENTS])
    assert rows[SUBMISSION][0]["dd_contact_name"] == "Kim Example"


def test_the_child_gives_the_same_as_this_process():
    arguments = json.loads(json.dumps({"scope": SCOPE.to_json(), "today": TODAY.isoformat(), "smelters": REGISTER}))
    change = checked(lambda tables: tables[SITES][0].update(country="China", city="n/a"))
    tables = faultless()
    tables[SITES][0].update(country="China", city="n/a")
    answer = json.loads(json.dumps(check_task(book_of(tables), arguments)))

    answer["kind"] = ""  # what kind of file it was, only the child that read it knows
    assert Checked.from_json(answer) == change


def test_a_child_process_reads_and_checks_a_file(tmp_path: Path):
    path = tmp_path / "disclosure.xlsx"
    write_filled(path, SCOPE, faultless())
    arguments = {"scope": SCOPE.to_json(), "today": TODAY.isoformat(), "smelters": REGISTER}

    answer = run_in_child(path, "framework.disclosure.check_file:check_task", arguments)

    assert answer.refusal is None
    found = Checked.from_json(answer.value)
    assert (found.verdict, found.issues, found.rows_stored) == ("countable", [], checked().rows_stored)


def test_csv_files_named_like_the_sheets_are_the_same_workbook(tmp_path: Path):
    path = tmp_path / "disclosure.zip"
    with zipfile.ZipFile(path, "w") as parcel:
        for sheet in book_of(faultless()).sheets:
            lines = io.StringIO()
            csv.writer(lines).writerows([written(cell) for cell in row.cells] for row in sheet.rows)
            parcel.writestr(f"{sheet.name}.csv", lines.getvalue())

    found = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)

    assert (found.verdict, found.format) == ("countable", "hefboom-1.0")
    assert stored(found) == stored(checked())
    assert {issue.code for issue in found.issues} <= {"separator-read"}


def test_twenty_thousand_rows_are_checked_within_a_few_seconds():
    rows = faultless()
    site = rows[SITES][1]
    rows[SITES] += [
        site | {"site_ref": f"X{n}", "site_legal_name": f"Works {n}", "address_line": f"7 {n}th Street"}
        for n in range(20_000)
    ]
    book = book_of(rows)
    began = time.process_time()

    found = check(book, SCOPE, today=TODAY, smelters=REGISTER)

    assert time.process_time() - began < 6
    assert found.rows_stored == checked().rows_stored + 20_000
    assert codes(found) == {"site-unused"}


def test_issues_beyond_the_cap_are_counted():
    rows = faultless()
    rows[SITES] += [{"site_ref": f"X{n}", "country": "Atlantis"} for n in range(7_000)]

    found = check(book_of(rows), SCOPE, today=TODAY, smelters=REGISTER)

    assert len(found.issues) == 20_000
    assert found.issue_total == sum(found.by_severity.values()) > 20_000
    assert found.issues[0].severity == "error"


_TEXT = st.text(st.characters(codec="utf-8", categories=("Lu", "Ll", "Nd", "Lo"), max_codepoint=0x9FFF), min_size=1)
_WORDS = st.lists(_TEXT, min_size=1, max_size=4).map(lambda words: "x " + " ".join(words))


def _normal(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and clean(text).text == text and not clean(text).trouble


_SITES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "site_legal_name": _WORDS.filter(_normal),
            "local_language_name": _WORDS.filter(_normal),
            "city": _WORDS.map(lambda text: text[:120].strip()).filter(_normal),
            "country": st.sampled_from(["CN", "NA", "SE", "TW"]),
            "latitude": st.floats(-90, 90).map(lambda number: round(number, 7)),
            "workers_total": st.one_of(st.integers(0, 10**9), st.just("100-150")),
            "workers_women_pct": st.floats(0, 100).map(lambda number: round(number, 4)),
            "trade_union": st.sampled_from(["yes", "no", "unknown"]),
            "address_line": st.sampled_from(["=cmd|' /C calc'!A0", "-5", "+46 8 123", "@x", "12 Quay Road"]),
        },
    ),
    max_size=6,
)
_LINKS = st.lists(
    st.fixed_dictionaries(
        {"product_ref": st.sampled_from(["P1", "007"]), "site_ref": st.just("S1")},
        optional={
            "valid_from": st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)).map(dt.date.isoformat),
            "dual_sourced": st.booleans(),
        },
    ),
    max_size=4,
)


@settings(max_examples=30, deadline=None)
@given(sites=_SITES, links=_LINKS)
def test_what_is_written_is_what_is_read(sites: list[dict[str, Any]], links: list[dict[str, Any]]):
    tables = {SITES: [{"site_ref": f"S{n}"} | row for n, row in enumerate(sites)], "4_links": links}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xlsx"
        write_filled(path, SCOPE, tables)
        found = check(read(path), SCOPE, today=TODAY, smelters=REGISTER)

    assert {name: stored(found)[name] for name in tables} == tables
    assert all(not row["found"] for rows in found.tables.values() for row in rows)
    assert found.adds_up
