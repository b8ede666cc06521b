"""A marked copy goes out, is mended and comes back: with the supplier's own headers, its choice of columns, and what changed."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.disclosure.test_choosing_columns import rows, work_off
from tests.disclosure.test_pages import Tender

HEAD = ("plant ref", "where it stands", "state of affairs", "belongs to", "products")
ROWS = (
    ("Acme Works", "1 First Avenue", "Kinaa", "North Group", "none"),
    ("Bolt Works", "2 First Avenue", "Japan", None, "none"),
    ("Cork Works", "3 First Avenue", "Chinaa", None, "none"),
)
MEANING = {
    "is-Sites!A1": "site_legal_name",
    "is-Sites!B1": "address_line",
    "is-Sites!C1": "country",
    "is-Sites!D1": "parent_company",
    "is-Sites!E1": "",
    "fill-Sites!D1": "1",
}
MARKS = ("(chosen)", "(fill down)", "(split)", "(not read)")


def list_of(rows=ROWS, head=HEAD, title="Sites") -> bytes:
    """An xlsx list whose headers say nothing to us."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in (head, *rows):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def written(book) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
def chosen(tender):
    """A list of which a person said what its columns mean."""
    tender.send(list_of(), name="sites.xlsx")
    tender.browser.send(f"{tender.version()}/columns", MEANING)
    return tender


def marked(tender, number=0):
    """The marked copy of a version."""
    answer = tender.browser.get(f"{tender.version(number)}/marked.xlsx")
    assert "marked-" in answer.headers["Content-Disposition"]
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def texts_of(book):
    return [cell for sheet in book for row in sheet.values for cell in row if isinstance(cell, str)]


def test_the_suppliers_own_headers_stand_in_remarks_lists_copies_and_choices(chosen):
    page = chosen.browser.page(f"{chosen.version()}?all=1").text
    columns = chosen.browser.get(f"{chosen.version()}/columns").get_data(as_text=True)
    findings = openpyxl.load_workbook(io.BytesIO(chosen.browser.get(f"{chosen.version()}/issues.xlsx").data))
    copy = marked(chosen)

    assert not [mark for mark in MARKS for text in (page, columns) if mark in text]
    assert not [text for text in texts_of(copy) + texts_of(findings) if any(mark in text for mark in MARKS)]
    assert [cell.value for cell in copy["Sites"][1]][:5] == list(HEAD)
    for words in (
        "state of affairs",
        "belongs to → read as: Parent company; blank cells take the value above",
        "products → not read",
    ):
        assert words in page
    assert "state of affairs" in texts_of(findings)


def test_a_copy_of_a_list_read_as_a_person_said_comes_back_mended_and_counts(chosen):
    copy = marked(chosen)
    copy["Sites"]["C2"], copy["Sites"]["C4"] = "China", "China"
    chosen.send(written(copy), name="marked.xlsx")
    work_off(chosen)
    newest = chosen.submissions()[1]
    chosen.browser.send(f"{chosen.version(1)}/count")

    assert (newest.format, newest.verdict, newest.rows_stored) == ("site-list", "countable", 3)
    assert [(one["country"], one["parent_company"]) for one in rows(chosen)[3:]] == [
        ("CN", "North Group"),
        ("JP", "North Group"),
        ("CN", "North Group"),
    ]
    assert chosen.submissions()[1].state == "counted"


def test_columns_of_one_name_or_of_none_are_told_apart_by_their_letters(tender):
    head, row = ("ref", "ref", None, "state"), ("Acme Works", "1 First Avenue", "Kinaa", "x")
    tender.send(list_of([row, (*row[:2], "Japan", "x")], head), name="sites.xlsx")
    meaning = {"is-Sites!A1": "site_legal_name", "is-Sites!B1": "address_line", "is-Sites!C1": "country"}
    tender.browser.send(f"{tender.version()}/columns", meaning)
    page = tender.browser.page(f"{tender.version()}?all=1").text

    assert "Sites!C2 (C)" in page
    assert "no name → read as: Country" in page


def test_a_second_choice_over_the_first_still_shows_the_header_of_the_file(chosen):
    chosen.browser.send(f"{chosen.version()}/columns", MEANING | {"is-Sites!E1": "product_words"})
    page = chosen.browser.page(f"{chosen.version()}?all=1").text

    assert "products → read as: Products, in words" in page
    assert "products → not read" in page
    assert not [mark for mark in MARKS if mark in page]
