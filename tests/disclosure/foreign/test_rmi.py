"""RMI workbooks: recognised, read by cell, asked or not asked, contradictions told, persons left out, rows accounted for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.disclosure.foreign.layouts import layout_of
from framework.disclosure.foreign.recognising import SHIFTS
from framework.disclosure.foreign.resolving import SmelterName
from framework.disclosure.overlay import corrected
from framework.disclosure.scope import RoundScope
from framework.ground.sheets.cells import Row
from tests.disclosure.foreign.published import VERSIONS, columns, form_of, pairs, rows_of
from tests.disclosure.foreign.rmi_books import CANARY, Cells, columns_of, empty, golden, good, smelter, write
from tests.disclosure.workbooks import SCOPE, TODAY, codes, read

REGISTER: dict[str, str | None] = {f"CID9{n:05d}": None for n in range(10)}


@pytest.fixture
def checked(tmp_path: Path) -> Callable[[Cells], Checked]:
    return lambda cells: check(read(write(tmp_path / "x.xlsx", cells)), None, today=TODAY, smelters=REGISTER)


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_every_version_gives_back_what_stands_at_the_published_addresses(
    kind: str, version: str, checked: Callable[[Cells], Checked]
):
    found = checked(good(kind, version))

    assert (found.verdict, found.version, found.adds_up) == ("countable", "mapped", True)
    assert told(found) == golden(kind, version)


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_our_layouts_name_the_published_cells_and_no_others(kind: str, version: str):
    form, (layout, _nearest) = form_of(kind, version), layout_of(kind, version)
    assert layout is not None
    published = {row for rows in pairs(form.questions).values() for row in rows_of(rows)[: len(layout.minerals) or 10]}
    ours = {
        first + index
        for question, first in layout.questions.items()
        for index in range(layout.only.get(question, layout.rows))
    }

    assert ours == published
    assert set(layout.company_questions.values()) == {int(row) for row in pairs(form.company).values()}
    assert set(layout.head.values()) - {layout.head["authoriser"]} == set(pairs(form.head).values())
    assert " ".join(layout.mineral_cells) == form.mineral_cells
    assert set(layout.smelters.values()) == set(columns(form.smelters).values())
    assert set(layout.products.values()) == set(columns(form.products).values())
    assert set(layout.mines.values()) == (set(columns_of("mines").values()) if form.has_mines else set())


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_names_of_persons_are_nowhere_in_the_result(kind: str, version: str, checked: Callable[[Cells], Checked]):
    found = checked(good(kind, version))

    assert CANARY not in json.dumps(found.to_json(), default=str)


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_an_empty_template_only_lacks_values(kind: str, version: str, checked: Callable[[Cells], Checked]):
    found = checked(empty(kind, version, language="中文"))

    assert {issue.code for issue in found.issues} - {"foreign-version-old", "scope-company-wide"} == {"value-missing"}
    assert "D26" in {issue.params.get("cell") for issue in found.issues} or (kind, version) not in [("CMRT", "6.5")]


def test_a_metal_not_used_is_asked_nothing_more(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["D26"] = "No"
    for row in (32, 38, 44, 50, 56, 62, 68):
        del cells["Declaration"][f"D{row}"], cells["Declaration"][f"G{row}"]
    for letter in "ABCDEFGHIJKLMNOPQ":
        cells["Smelter List"].pop(f"{letter}5", None)

    assert codes(checked(cells)) == {"scope-company-wide"}


def test_contradictions_are_told_at_the_answer(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"] |= {"D26": "No", "D57": "None", "D52": "Yes", "D65": "Yes"}
    cells["Smelter List"] |= {"C8": "Smelter not yet identified", "O7": "INDONESIA"}

    found = checked(cells)

    told = {i.params["cell"]: i.params["mineral"] for i in found.issues if i.code == "question-contradiction"}
    assert told == {"D26": "tantalum", "D57": "tin", "D52": "gold", "D65": "tungsten"}
    assert {i.params["cell"] for i in found.issues if i.code == "answer-not-asked"} == {
        f"D{row}" for row in (32, 38, 44, 50, 56, 62, 68)
    }


def test_columns_shifted_by_one_are_not_read(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Smelter List"] = {f"{chr(ord(a[0]) + 1)}{a[1:]}": value for a, value in cells["Smelter List"].items()}

    found = checked(cells)

    [issue] = [i for i in found.issues if i.code == "columns-shifted"]
    assert (found.verdict, issue.params["shift"], found.tables, found.adds_up) == ("blocked", 1, {}, True)
    assert issue.params["preview"][0] == {
        "row": "5",
        "mineral": "Tantalum",
        "lookup": "Invented Smelter 0",
        "name": "Invented Smelter 0",
        "country": "INDONESIA",
        "id": "CID900000",
    }


@pytest.mark.parametrize("value", [1, 1.0, "1", "100%", "100 %", "Yes, 100%"])
def test_a_hundred_percent_is_all_however_written(value: object, checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["D56"] = value

    found = checked(cells)

    [given] = [a["values"] for a in found.tables["answers"] if a["row"] == 56]
    assert (given["value"], given["cell"]) == ("all", "D56")


def test_broken_cells_are_told_where_they_stand(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"] |= {"D22": "soon", "D38": "Perhaps"}
    cells["Smelter List"] |= {"F5": "#N/A", "F6": "CID123456", "F7": "ABC", "E8": "Atlantis", "N5": "A | B"}

    found = checked(cells)

    told = {(i.key, i.params["cell"]) for i in found.issues if i.row}
    assert told == {
        ("value-not-allowed / no such date", "D22"),
        ("value-not-allowed", "D38"),
        ("cell-error", "F5"),
        ("smelter-unknown / unknown", "F6"),
        ("registry-form", "F7"),
        ("value-not-allowed / country", "E8"),
        ("values-joined", "N5"),
    }
    said = {i.params["cell"]: i.params.get("nearest", "") for i in found.issues if i.code == "value-not-allowed"}
    assert said == {"D22": "", "D38": "", "E8": ""}


def test_rows_after_a_long_gap_are_read(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    smelter(cells["Smelter List"], form_of("CMRT", "6.5"), 70, mineral="tin", index=1)

    found = checked(cells)

    assert [row["row"] for row in found.tables["5_smelters"]] == [5, 6, 7, 8, 70]
    assert [(i.row, i.params["other"]) for i in found.issues if i.code == "smelter-twice"] == [(70, 6)]


def test_an_id_no_longer_listed_is_told_with_its_day(tmp_path: Path):
    book = read(write(tmp_path / "x.xlsx", good("CMRT", "6.5")))

    found = check(book, None, today=TODAY, smelters=REGISTER | {"CID900000": "2025-04-25"})

    assert [(i.cause, i.params["until"]) for i in found.issues if i.code == "smelter-unknown"] == [
        ("removed since", "2025-04-25")
    ]


def test_a_product_scope_brings_its_products(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["D9"] = "B. Product (or List of Products)"
    cells["Product List"] |= {"B6": "P-1", "C6": "Harbour Book 14"}

    found = checked(cells)

    assert found.tables["1_products"][0]["values"]["model_name"] == "Harbour Book 14"
    assert {row["values"]["applies_to"] for row in found.tables["5_smelters"]} == {"product_list"}
    assert codes(found) == set()


def test_versions_that_disagree_or_are_not_known_are_told(checked: Callable[[Cells], Checked]):
    two, old = good("CMRT", "6.5"), good("CMRT", "6.5")
    two["Smelter List"]["Q3"] = "Revision 6.4"
    old["Declaration"]["J3"] = "Revision 0.4"

    unknown = checked(old)

    assert "foreign-version-conflict" in codes(checked(two))
    assert (unknown.verdict, "foreign-version-unknown" in codes(unknown)) == ("blocked", True)


def test_a_day_before_the_template_came_out_is_told(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["D22"] = "2024-01-01"

    assert "date-before-template" in codes(checked(cells))


def test_a_smelter_not_listed_needs_its_country(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Smelter List"]["C5"] = "Smelter not listed"
    del cells["Smelter List"]["E5"]

    assert "smelter-row-incomplete" in codes(checked(cells))


def test_two_and_a_half_thousand_rows_are_resolved_within_two_seconds(tmp_path: Path):
    book = read(write(tmp_path / "x.xlsx", good("CMRT", "6.5")))
    sheet = book.sheet("Smelter List")
    assert sheet is not None
    sheet.rows[1:] = [Row(row, (None, "Gold", f"Smelter {row} Ltd", None)) for row in range(5, 2505)]
    names = [SmelterName("gold", f"smelter {row}", f"Works {row}", f"CID9{row:05d}", "CN") for row in range(5, 2505)]
    began = time.process_time()

    found = check(book, None, today=TODAY, smelters={name.number: None for name in names}, smelter_names=names)

    assert time.process_time() - began < 2
    assert {row["values"]["smelter_id"] for row in found.tables["5_smelters"]} == {name.number for name in names}


def test_a_version_not_described_is_read_like_its_older_neighbour_only_where_the_columns_fit(
    checked: Callable[[Cells], Checked],
):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["J3"] = "Revision 6.6"

    fits = checked(cells)
    cells["Smelter List"] |= {f"E{row}": "Atlantis" for row in range(5, 9)}
    wrong = checked(cells)

    assert (fits.format, fits.verdict, len(fits.tables["5_smelters"])) == ("CMRT 6.6", "countable", 4)
    assert (wrong.verdict, "foreign-version-unknown" in codes(wrong)) == ("blocked", True)


def test_a_row_with_values_in_unread_columns_alone_is_listed(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Smelter List"] |= {"K9": CANARY, "F10": "#N/A", "X11": 0}

    found = checked(cells)

    [account] = [sheet for sheet in found.sheets if sheet.target == "5_smelters"]
    assert [(one.row, one.reason) for one in account.listed] == [
        (4, "words-of-the-template"),
        (9, "no-known-values"),
        (10, "no-known-values"),
    ]
    assert (account.rows_in, account.rows_stored, found.adds_up) == (7, 4, True)


def told(found: Checked) -> dict[str, object]:
    """What was read, in the form of the golden facts."""
    [head] = found.tables["0_submission"]
    parts = ("question", "subject", "value", "cell", "comment")
    lists = {"smelters": "5_smelters", "mines": "mines", "products": "1_products", "asked_minerals": "asked_minerals"}
    rows = {
        name: [{"row": one["row"]} | one["values"] for one in found.tables.get(of, [])] for name, of in lists.items()
    }
    return rows | {
        "format": found.format,
        "head": {name: [head["values"][name], cell] for name, cell in head["found"]["cells"].items()},
        "answers": [[one["values"].get(part, "") for part in parts] for one in found.tables["answers"]],
        "issues": sorted(f"{issue.key} {issue.params.get('cell', '')}".strip() for issue in found.issues),
    }


def test_a_mistyped_answer_is_told_with_the_nearest_one(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"] |= {"D38": "Unknwon", "D56": "Greater then 90%", "D57": "Greater than 80%", "D75": "Unknown"}

    found = checked(cells)

    said = {i.params["cell"]: i.params["nearest"] for i in found.issues if i.code == "value-not-allowed"}
    assert said == {"D38": "unknown", "D56": "greater than 90%", "D57": "", "D75": ""}


def test_a_workbook_of_the_family_that_we_do_not_read_is_named_and_listed(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["D2"] = "Reporting Template (PRT)"
    del cells["Smelter List"]

    found = checked(cells)

    assert (found.verdict, found.adds_up, "format-not-read" in codes(found)) == ("blocked", True, True)


def test_a_shift_that_a_person_confirmed_is_read(tmp_path: Path):
    cells = good("CMRT", "6.5")
    plain = check(read(write(tmp_path / "a.xlsx", cells)), None, today=TODAY, smelters=REGISTER)
    cells["Smelter List"] = {f"{chr(ord(a[0]) + 1)}{a[1:]}": value for a, value in cells["Smelter List"].items()}
    book = read(write(tmp_path / "b.xlsx", cells))

    found = check(corrected(book, [["Smelter List", 1, "A", SHIFTS[1]]]), None, today=TODAY, smelters=REGISTER)
    other = check(corrected(book, [["Smelter List", 1, "A", SHIFTS[-1]]]), None, today=TODAY, smelters=REGISTER)

    assert found.tables == plain.tables
    assert other.verdict == "blocked"
    assert CANARY not in json.dumps(found.to_json(), default=str)


def test_what_the_round_did_not_ask_or_offers_is_told(tmp_path: Path):
    cells = good("CMRT", "6.5")
    cells["Declaration"] |= {"D9": "B. Product (or List of Products)", "D29": "No"}
    cells["Smelter List"] = {a: v for a, v in cells["Smelter List"].items() if a[1:] != "8"}
    cells["Product List"] |= {"B6": "X-1", "C6": "Other Model"}
    scope = replace(
        SCOPE, lots=(replace(SCOPE.lots[0], minerals=("tin", "gold", "tungsten")),), usual_minerals=("tungsten",)
    )
    before = {"on_offer": [{"row": 2, "values": {"model_name": "other  model", "category": "laptop"}, "found": {}}]}
    book = read(write(tmp_path / "x.xlsx", cells))

    found = check(book, scope, today=TODAY, smelters=REGISTER)
    tied = check(book, scope, today=TODAY, smelters=REGISTER, previous=before)

    told = {(i.code, i.value) for i in found.issues if i.code.startswith(("mineral", "scope"))}
    assert told == {("mineral-out-of-scope", "tantalum"), ("mineral-missing", "tungsten"), ("scope-not-our-models", "")}
    assert "scope-not-our-models" not in codes(tied)


def test_minerals_are_usual_for_the_categories_of_the_round_alone():
    lot = replace(SCOPE.lots[0], categories=("laptop",))
    by_category = {"laptop": ["tin", "gold"], "server": ["tungsten"]}

    scope = replace(SCOPE, lots=(lot,)).with_usual(by_category)

    assert scope.usual_minerals == ("tin", "gold")
    assert RoundScope.from_json(scope.to_json()).usual_minerals == ("tin", "gold")


def test_a_mine_of_a_smelter_that_the_file_does_not_name_is_told(checked: Callable[[Cells], Checked]):
    cells = good("EMRT", "2.1")
    cells["Mine List"] |= {"A6": "Cobalt", "B6": "Nobody's Smelter", "C6": "Deep Pit", "A7": "Cobalt", "C7": "Pit"}

    found = checked(cells)

    told = {(i.code, i.params["cell"]) for i in found.issues if i.sheet == "Mine List"}
    assert told == {("ref-unknown", "B6"), ("smelter-row-incomplete", "B7")}


@pytest.mark.parametrize(("cell", "value"), [("N5", "Recycled"), ("O5", "scrap material"), ("P5", "Yes")])
def test_recycled_material_has_no_mine(cell: str, value: str, checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Smelter List"][cell] = value

    given = checked(cells).tables["5_smelters"][0]["values"]

    assert (given["mine_name"], given.get("mine_or_origin_country")) == (["recycled"], None)


def test_mines_joined_by_a_bar_are_several(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Smelter List"] |= {"N5": "Pit A | Pit B", "O5": "CHINA|INDONESIA"}

    found = checked(cells)

    given = found.tables["5_smelters"][0]["values"]
    assert (given["mine_name"], given["mine_or_origin_country"]) == (["Pit A", "Pit B"], ["CN", "ID"])
    assert {i.params["cell"] for i in found.issues if i.code == "values-joined"} == {"N5", "O5"}


def test_sheets_of_the_template_are_listed_and_sheets_of_others_told(checked: Callable[[Cells], Checked]):
    cells = {"Our notes": {"A1": "x"}, **dict(reversed(good("CMRT", "6.5").items()))}

    found = checked(cells)

    accounts = {account.name: (account.rows_in, account.rows_listed) for account in found.sheets}
    assert (accounts["Instructions"], accounts["Our notes"], found.adds_up) == ((1, 1), (1, 1), True)
    assert [i.sheet for i in found.issues if i.code == "sheet-not-read"] == ["Our notes"]
    assert len(found.tables["5_smelters"]) == 4


def moved(cells: dict[str, object], step: int, *, down_from: int = 1) -> dict[str, object]:
    """The cells of a sheet one column aside, from a row on."""
    return {(f"{chr(ord(a[0]) + step)}{a[1:]}" if int(a[1:]) >= down_from else a): value for a, value in cells.items()}


@pytest.mark.parametrize(("step", "down_from"), [(1, 1), (1, 8), (-1, 8)])
def test_a_declaration_that_stands_aside_is_read_once_a_person_confirmed_it(tmp_path: Path, step: int, down_from: int):
    cells = good("CMRT", "6.5")
    plain = check(read(write(tmp_path / "a.xlsx", cells)), None, today=TODAY, smelters=REGISTER)
    cells["Declaration"] = moved(cells["Declaration"], step, down_from=down_from)
    book = read(write(tmp_path / "b.xlsx", cells))

    found = check(book, None, today=TODAY, smelters=REGISTER)
    said = check(corrected(book, [["Declaration", 1, "A", SHIFTS[step]]]), None, today=TODAY, smelters=REGISTER)

    [issue] = [i for i in found.issues if i.code == "columns-shifted"]
    assert (found.verdict, issue.sheet, issue.params["shift"], found.tables) == ("blocked", "Declaration", step, {})
    assert issue.params["preview"][0]["row"] == "9"
    assert said.tables["5_smelters"] == plain.tables["5_smelters"]
    told = [[one["values"][name] for name in ("question", "subject", "value")] for one in said.tables["answers"]]
    assert told == [[one["values"][n] for n in ("question", "subject", "value")] for one in plain.tables["answers"]]
    assert {one["values"]["cell"][0] for one in said.tables["answers"]} == {chr(ord("D") + step)}


@pytest.mark.parametrize(
    ("cells", "where"),
    [({"D9": "The whole company"}, "D9"), ({f"D{row}": "Tantalum" for row in range(26, 30)}, "D9")],
)
def test_a_declaration_whose_answers_stand_nowhere_is_not_read(
    cells: dict[str, str], where: str, checked: Callable[[Cells], Checked]
):
    given = good("CMRT", "6.5")
    given["Declaration"] |= cells

    found = checked(given)

    [issue] = [i for i in found.issues if i.code == "columns-shifted"]
    assert (found.verdict, issue.cause, issue.params["cell"], found.tables) == ("blocked", "elsewhere", where, {})


def test_one_mistyped_answer_is_no_shift(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    cells["Declaration"]["D26"] = "Yess"

    assert "columns-shifted" not in codes(checked(cells))
