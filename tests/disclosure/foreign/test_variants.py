"""The same declaration in the forms in which it arrives: other language, no stored results, other programs, broken, long."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.disclosure.foreign.recognising import recognise_foreign
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from tests.disclosure.foreign.published import VERSIONS, form_of, pairs, rows_of
from tests.disclosure.foreign.rmi_books import Cells, good, smelter, write
from tests.disclosure.foreign.test_rmi import REGISTER, told
from tests.disclosure.workbooks import TODAY, codes, read

ORIGINALS = os.environ.get("HEFBOOM_ORIGINALS", "")


@pytest.fixture
def checked(tmp_path: Path) -> Callable[[Cells], Checked]:
    return lambda cells: check(read(write(tmp_path / "x.xlsx", cells)), None, today=TODAY, smelters=REGISTER)


def in_chinese(cells: Cells) -> None:
    cells["Declaration"] |= {"D3": "Chinese", "B8": "公司名称 (*)", "D2": "冲突矿产报告模板 (CMRT)"}


def in_another_order(cells: Cells) -> None:
    for name in ("Declaration", "Instructions"):
        cells[name] = cells.pop(name)


def with_blanks_and_case(cells: Cells) -> None:
    cells["Declaration"] |= {"D8": "  Harbour   Metals Ltd ", "D26": "YES  ", "D38": " no"}
    cells[" smelter list "] = cells.pop("Smelter List")
    cells[" smelter list "]["E5"] = " Indonesia "


def with_helper_columns(cells: Cells) -> None:
    for row in range(5, 60):
        cells["Smelter List"] |= {f"X{row}": 0, f"R{row}": "Unknown"}


@pytest.mark.parametrize("change", [in_chinese, in_another_order, with_blanks_and_case, with_helper_columns])
def test_the_form_of_the_file_changes_nothing_of_what_it_says(change, checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    plain = told(checked(cells))

    change(cells)

    assert told(checked(cells)) == plain


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_a_template_without_a_title_is_told_by_its_structure_or_asked(
    kind: str, version: str, checked: Callable[[Cells], Checked]
):
    cells = good(kind, version)
    del cells["Declaration"]["D2"]

    found = checked(cells)

    assert found.format == f"{kind} {version}"


def test_formulas_without_stored_results_are_resolved_from_what_was_typed(tmp_path: Path):
    path = write(tmp_path / "x.xlsx", good("CMRT", "6.5"))
    look_up = {"A5": "Gold", "B5": "Harbour Gold", "C5": "Harbour Gold Works", "D5": "CHINA", "E5": "CID900002"}
    cells = good("CMRT", "6.5")
    cells["Smelter Look-up"] = {"A4": "Metal"} | look_up
    cells["Smelter List"] = {"A5": "CID900002", **{f"{letter}5": f"=$A5&{n}" for n, letter in enumerate("BCEFHIJ")}}
    path = without_results(write(tmp_path / "y.xlsx", cells), tmp_path / "z.xlsx")

    found = check(read(path), None, today=TODAY, smelters=REGISTER)

    [given] = [row["values"] for row in found.tables["5_smelters"]]
    assert (given["mineral"], given["smelter_name"], given["smelter_country"]) == ("gold", "Harbour Gold Works", "CN")
    assert "formula" not in codes(found)


def test_a_workbook_that_says_nothing_of_itself_is_not_guessed_at(checked: Callable[[Cells], Checked]):
    cells = good("CMRT", "6.5")
    del cells["Declaration"]["D2"], cells["Declaration"]["J3"]

    found = checked(cells)

    assert (found.verdict, "foreign-version-unknown" in codes(found)) == ("blocked", True)


def without_results(path: Path, target: Path) -> Path:
    """The workbook without the results that its formulas had."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
            new.writestr(name, content)
    return target


@pytest.mark.parametrize(("kind", "version"), [("CMRT", "6.5"), ("CMRT", "3.01"), ("CMRT", "2.02"), ("EMRT", "2.1")])
def test_contradictions_are_told_at_their_cells_in_every_family(
    kind: str, version: str, checked: Callable[[Cells], Checked]
):
    form, cells = form_of(kind, version), good(kind, version)
    rows = {question: rows_of(rows)[0] for question, rows in pairs(form.questions).items()}
    words = "Yes all smelters have been provided" if version == "2.02" else "Yes"
    cells["Declaration"] |= {f"D{rows['all_recycled']}": "Yes", f"D{rows['smelters_identified']}": words}
    label = cells["Smelter List"]["B5"]
    cells["Smelter List"] |= {"B30": label, "C30": "Smelter not yet identified"}

    found = checked(cells)

    at = {issue.params["cell"] for issue in found.issues if issue.code == "question-contradiction"}
    [unnamed] = [row["values"] for row in found.tables["5_smelters"] if row["row"] == 30]
    assert at == {f"D{rows['all_recycled']}", f"D{rows['smelters_identified']}"}
    assert (unnamed["not_disclosed_reason"], unnamed.get("smelter_name")) == ("unknown", None)


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_broken_cells_are_told_where_each_version_keeps_them(
    kind: str, version: str, checked: Callable[[Cells], Checked]
):
    form, cells = form_of(kind, version), good(kind, version)
    head = pairs(form.head)
    date, added = head.get("date", head.get("day", "")), f"D{rows_of(pairs(form.questions)['added'])[0]}"
    cells["Declaration"] |= {date: "31 February", added: "#VALUE!", head["company"]: "#N/A"}

    found = checked(cells)

    places = {(issue.code, issue.params.get("cell")) for issue in found.issues if issue.severity == "error"}
    assert {("value-not-allowed", date), ("cell-error", added), ("cell-error", head["company"])} <= places
    assert ("value-missing", head["company"]) in places
    assert found.adds_up


def test_a_row_after_a_gap_of_sixty_is_read_in_every_layout(checked: Callable[[Cells], Checked]):
    for kind, version in (("CMRT", "1.00"), ("CMRT", "2.00"), ("AMRT", "1.2")):
        form, cells = form_of(kind, version), good(kind, version)
        smelter(cells[form.smelter_sheet], form, 75, mineral=form.minerals[0], index=0)

        assert checked(cells).tables["5_smelters"][-1]["row"] == 75


def test_an_xml_file_is_kept_and_what_it_may_be_is_said(tmp_path: Path):
    path = tmp_path / "exchange.xml"
    path.write_text('<?xml version="1.0"?><declaration/>', encoding="utf-8")

    found = check(read_here(path, Limits.large()), None, today=TODAY)

    assert (found.verdict, [issue.key for issue in found.issues]) == (
        "refused",
        ["file-refused / file-wrong-kind", "format-not-read / xml"],
    )


@pytest.mark.skipif(not ORIGINALS, reason="HEFBOOM_ORIGINALS names no folder of original templates")
def test_original_templates_are_recognised_and_empty_ones_only_lack_values():
    for path in sorted(Path(ORIGINALS).glob("*.xlsx")):
        book = read_here(path, Limits.large())
        assert not isinstance(book, Refusal), path.name
        found = recognise_foreign(book)
        assert found is not None, path.name
        assert found.readable, path.name

        told_of = codes(check(book, None, today=TODAY, smelters=REGISTER)) - {"foreign-version-old"}

        assert told_of <= {"value-missing", "scope-company-wide"}, path.name
