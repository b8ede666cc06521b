"""A supplier's own workbook back: every fault marked in its cell, nothing else changed, and mended cells leave no fault."""

from __future__ import annotations

import io
import os

import openpyxl
import pytest
import xlsxwriter

from framework.disclosure.caged import check_path
from framework.disclosure.columns import sheet_columns
from framework.disclosure.marked import mark
from framework.disclosure.table import letter
from framework.disclosure.workbook import write_filled
from framework.ground.issues import Severity
from framework.ground.sheets.limits import Limits
from tests.disclosure.test_pages import Tender
from tests.disclosure.workbooks import SCOPE, TODAY, faultless
from tests.memory import remembered

FILES, FAULTS = (20 if os.environ.get("HEFBOOM_BARS") else 2), 10
"""200 faults over 20 files with the bars; else one workbook of ours and one list."""
HEAD = ("name", "address", "city", "country", "number of workers", "latitude", "longitude", "remarks")
GRAVE = (Severity.BLOCK, Severity.ERROR, Severity.WARNING)


def a_list(path, number):
    """A plain list of sites below a title, by one of two writers; the rows of its sheet as they are right."""
    rows = [
        (f"Works {n}", f"{n + 1} First Avenue", "Kunshan", "China", 100 + n, 31.38, 120.95, "=cmd|' /C calc'!A1")
        for n in range(FAULTS * 2)
    ]
    if number % 4 == 1:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["Our sites"])
        for row in (HEAD, *rows):
            sheet.append([*row])
            if row is not HEAD:
                sheet.cell(sheet.max_row, 8).data_type = "s"
        book.save(path)
    else:
        book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
        sheet = book.add_worksheet("Sites of ours")
        sheet.write(0, 0, "Our sites")
        for place, row in enumerate((HEAD, *rows), start=1):
            sheet.write_row(place, 0, row)
        book.add_worksheet("Other").write(0, 0, "stays")
        book.close()
    return {f"{column}{row}": value for row, column, value in _places(rows, 3)}


def _places(rows, first):
    for number, row in enumerate(rows, start=first):
        for place, value in enumerate(row):
            yield number, letter(place), value


def plant_in_list(path):
    """Ten wrong cells in a list: place → right value."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    right = {}
    for n in range(FAULTS):
        column, wrong = (("D", "Kinaa"), ("E", "ca. 500"), ("F", 431.5), ("D", None))[n % 4]
        place = f"{column}{3 + n}"
        right[sheet.title, place] = sheet[place].value
        sheet[place] = wrong
    book.save(path)
    return right


def plant_in_workbook(path, number):
    """Ten wrong cells in our workbook: place → right value."""
    tables = faultless()
    site = dict(tables["3_sites"][1])
    first = len(tables["3_sites"])
    for n in range(FAULTS):
        tables["3_sites"].append(
            site
            | {
                "site_ref": f"X{n}",
                "site_legal_name": f"Works {n} of {number}",
                "address_line": f"{n + 1} Second Avenue",
                "os_id": None,
            }
        )
    write_filled(path, SCOPE, tables)
    clean = grave(path)
    names, right = list(sheet_columns("3_sites")), {}
    book = openpyxl.load_workbook(path)
    sheet = book["3_sites"]
    for n in range(FAULTS):
        name, wrong = (("country", "Kinaa"), ("facility_type", "fabric"), ("workers_total", "ca. 5"))[n % 3]
        place = f"{letter(names.index(name))}{first + 2 + n}"
        right["3_sites", place] = sheet[place].value
        sheet[place] = wrong
    book.save(path)
    return right, clean


def checked(path):
    return check_path(path, SCOPE, today=TODAY, limits=Limits.large(), name=path.name)


def grave(path) -> set[tuple[str, str, int | None, str]]:
    return {(i.key, i.sheet, i.row, i.column) for i in checked(path).issues if i.severity in GRAVE}


def marked_copy(path, **options):
    found = checked(path)
    return mark(path, found.issues, language="en", gettext=str, form=found.format, **options)


@pytest.mark.parametrize("number", range(FILES))
def test_every_planted_fault_is_marked_and_mending_the_marked_cells_leaves_none(tmp_path, number):
    path = tmp_path / f"file-{number}.xlsx"
    if number % 2:
        a_list(path, number)
        clean = grave(path)
        right = plant_in_list(path)
    else:
        right, clean = plant_in_workbook(path, number)
    copy = marked_copy(path)
    assert copy.content, copy.cannot
    book = openpyxl.load_workbook(io.BytesIO(copy.content))
    for (sheet, place), value in right.items():
        cell = book[sheet][place]
        assert cell.comment is not None, place
        assert cell.fill.fgColor.rgb != "00000000", place
        cell.value = value
    mended = tmp_path / f"mended-{number}.xlsx"
    book.save(mended)

    assert len(right) == FAULTS
    assert grave(path) > clean
    assert grave(mended) == clean
    assert checked(mended).rows_in == checked(path).rows_in


def test_the_copy_keeps_sheets_columns_and_texts_that_look_like_formulas(tmp_path):
    path = tmp_path / "list.xlsx"
    a_list(path, 3)
    plant_in_list(path)
    before = openpyxl.load_workbook(path)
    after = openpyxl.load_workbook(io.BytesIO(marked_copy(path).content))

    assert after.sheetnames[1:] == before.sheetnames
    assert [c.value for c in after[before.sheetnames[0]][2]][: len(HEAD)] == list(HEAD)
    assert after[before.sheetnames[0]]["H3"].data_type == "s"
    assert after[before.sheetnames[0]]["H3"].value == "=cmd|' /C calc'!A1"
    assert after["Other"]["A1"].value == "stays"


def test_a_copy_that_comes_back_as_it_left_gives_the_same_remarks_and_can_be_marked_again(tmp_path):
    path, back = tmp_path / "list.xlsx", tmp_path / "back.xlsx"
    a_list(path, 3)
    plant_in_list(path)
    back.write_bytes(marked_copy(path).content)
    again = openpyxl.load_workbook(io.BytesIO(marked_copy(back).content))

    assert [i.key for i in checked(back).issues] == [i.key for i in checked(path).issues]
    assert checked(back).rows_in == checked(path).rows_in
    assert len(again.sheetnames) == len(openpyxl.load_workbook(back).sheetnames)


def test_what_was_mended_on_the_page_is_in_the_copy(tmp_path):
    path = tmp_path / "list.xlsx"
    a_list(path, 3)
    plant_in_list(path)
    name = openpyxl.load_workbook(path).sheetnames[0]
    copy = marked_copy(path, corrections=[[name, 3, "D", "China"]])
    book = openpyxl.load_workbook(io.BytesIO(copy.content))

    assert book[name]["D3"].value == "China"


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def test_a_supplier_takes_its_file_away_marked(tender):
    tables = tender.tables()
    tables["1_products"][0]["category"] = "lapptop"
    tender.send(tender.workbook(tables))
    page = tender.browser.page(tender.version()).text
    answer = tender.browser.get(f"{tender.version()}/marked.xlsx")

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert "Your file, marked up" in page
    assert "marked-" in answer.headers["Content-Disposition"]
    assert "1_products" in book.sheetnames[1:]
    assert any(cell.comment and "lapptop" in cell.comment.text for row in book["1_products"] for cell in row)


def test_a_csv_gets_the_remarks_with_the_reason_on_top(tender):
    tender.send(b"name,address,country\nAcme,1 First Avenue,Kinaa\n", name="sites.csv")
    answer = tender.browser.get(f"{tender.version()}/marked.xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert "only xlsx files can" in sheet["A1"].value


def test_another_supplier_does_not_find_the_marked_file(tender):
    tender.send()
    address = tender.version()
    tender.writing()
    other = tender.person(tender.build.organisation("supplier"))

    assert other.get(f"{address}/marked.xlsx").status_code == 404
