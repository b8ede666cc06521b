"""Links of the workbook of remarks: into the supplier's file by its name alone, to our page, and never a formula."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest

from framework.disclosure.file_links import target_of
from framework.disclosure.findings import write_findings
from framework.ground.issue_catalogue import make
from tests.disclosure.test_pages import Tender
from tests.memory import remembered


def workbook(name, sheet="Våra 'sites'", value="=1+1", **options):
    target = io.BytesIO()
    issue = make("value-not-allowed", "country", sheet=sheet, row=7, column="country", value=value, cell="B7")
    write_findings(target, [issue], language="en", gettext=str, file_name=name, **options)
    return target


def external(target):
    """The addresses outside of the workbook, as its package holds them."""
    with zipfile.ZipFile(target) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/_rels")]
        raw = "".join(archive.read(name).decode() for name in names)
    return set(re.findall(r'Target="([^"]*)" TargetMode="External"', raw))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("sites.xlsx", "sites.xlsx"),
        ("our sites 2026.xlsx", "our%20sites%202026.xlsx"),
        ("50% of 'us' & #1.ods", "50%25%20of%20%27us%27%20%26%20%231.ods"),
        ("a%41b.xlsx", "a%2541b.xlsx"),
        ("工厂 Übersicht.xlsx", "工厂%20Übersicht.xlsx"),
        ("../../secret.xlsx", "secret.xlsx"),
        ("\\\\server\\share\\sites.xlsx", "sites.xlsx"),
        ("file://server/share/sites.xlsx", "sites.xlsx"),
        ("C:\\folder\\sites.xls", "sites.xls"),
    ],
)
def test_a_link_is_the_files_own_name_and_nothing_before_it(name, target):
    book = workbook(name)
    sheet = openpyxl.load_workbook(book).active

    assert target_of(name) == target
    assert external(book) == {target}
    assert sheet["E2"].hyperlink.location == "'Våra ''sites'''!B7"
    assert sheet["B2"].hyperlink.location == "'Våra ''sites'''!A1"
    assert (sheet["E2"].value, sheet["E2"].data_type, sheet["F2"].value, sheet["F2"].data_type) == (
        *("B7", "s"),
        *("=1+1", "s"),
    )
    assert "one folder with that file" in sheet["G3"].value


@pytest.mark.parametrize(
    "name",
    [
        "javascript:alert(1).xlsx",
        "file:sites.xlsx",
        "C:sites.xlsx",
        "..",
        ".xlsx",
        "sites.exe",
        "sites\u202excod.xlsx",
        "",
    ],
)
def test_a_name_that_may_lead_elsewhere_gets_no_link(name):
    book = workbook(name)
    sheet = openpyxl.load_workbook(book).active

    assert (target_of(name), external(book), sheet["E2"].hyperlink) == ("", set(), None)
    assert sheet["J2"].value == "'Våra ''sites'''!B7"


@pytest.mark.parametrize("sheet", ["A1", "=cmd|'/C calc'!A1", "javascript:alert(1)", "file://x#y"])
def test_whatever_a_sheet_is_called_the_link_leads_into_the_file(sheet):
    book = workbook("sites.ods", sheet)
    found = openpyxl.load_workbook(book).active

    assert external(book) == {"sites.ods"}
    assert (found["B2"].value, found["B2"].data_type) == (sheet, "s")


def test_of_a_csv_the_file_is_linked_and_the_row_stands_beside_it():
    book = workbook("sites.csv", "sites")
    sheet = openpyxl.load_workbook(book).active

    assert external(book) == {"sites.csv"}
    assert (sheet["B2"].hyperlink.location, sheet["C2"].value, sheet["E2"].hyperlink) == (None, 7, None)
    assert sheet["G3"].value.startswith("The sheet is a link to your file sites.csv, which opens at its beginning.")


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def test_a_csv_is_offered_the_workbook_of_remarks_with_the_reason(tender):
    tender.send(b"name,address,country\nAcme,1 First Avenue,Kinaa\n", name="our sites.csv")
    page = tender.browser.get(tender.version()).get_data(as_text=True)
    book = io.BytesIO(tender.browser.get(f"{tender.version()}/issues.xlsx").data)
    links = external(book)
    pages = {cell.hyperlink for cell in openpyxl.load_workbook(book).active["K"] if cell.hyperlink}

    assert "Your file, marked up" not in page
    assert 'href="#remarks"' in page
    assert "Your file itself cannot be marked up, since only xlsx files can." in page
    assert "our%20sites.csv" in links
    assert pages
    for one in pages:
        assert one.target.endswith(f"{tender.version()}?all=1")
        assert f'id="{one.location}"' in page


def test_an_xlsx_of_ours_is_offered_marked_up(tender):
    tables = tender.tables()
    tables["1_products"][0]["category"] = "lapptop"
    tender.send(tender.workbook(tables))
    page = tender.browser.page(tender.version()).text

    assert "Your file, marked up" in page
    assert "cannot be marked up" not in page
