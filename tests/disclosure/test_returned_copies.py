"""A marked copy goes out, is mended and comes back: with the supplier's own headers, its choice of columns, and what changed."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.disclosure.test_choosing_columns import rows, work_off
from tests.disclosure.test_pages import Tender
from tests.memory import remembered

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
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
@remembered
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


def latest(tender):
    """The version received last, of whatever supplier and round."""
    return max(tender.submissions(), key=lambda one: one.receipt_seq)


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


def returned(tender, copy, **options):
    """The page of the newest version, once this workbook has come back."""
    tender.send(written(copy), name="marked.xlsx", **options)
    work_off(tender)
    return tender.browser.page(tender.version(-1)).text


def test_a_returned_copy_says_what_it_was_made_from_and_what_changed_in_it(chosen):
    copy = marked(chosen)
    chosen.send(list_of([("Quite Other", "9 Quay", "China", "South", "none")]), name="between.xlsx")
    sheet = copy["Sites"]
    sheet["C2"] = "China"
    sheet.delete_rows(3)
    sheet.append(("Dove Works", "4 First Avenue", "Japan", None, "none"))
    page = returned(chosen, copy)
    first, _between, newest = chosen.submissions()
    compared = chosen.browser.page(f"{chosen.version(2)}/differences").text

    assert (newest.made_from_id, newest.file_kind) == (first.id, "xlsx")
    assert "This is your marked copy of version 1 (received" in page
    assert "Our column and summary were left out." in page
    assert "1 cell changed:" in page
    assert "Sites!C2: Kinaa → China" in page
    assert "Rows added: Sites row 4" in page
    assert "Rows removed, as counted in version 1: Sites row 3" in page
    assert "What changed since version 1" in page
    assert "What changed from version 1 to version 3" in compared


def test_a_copy_returned_as_it_left_says_that_no_cell_is_changed(chosen):
    page = returned(chosen, marked(chosen))

    assert "No cell is changed since then." in page


def test_what_was_mended_on_the_page_is_in_the_copy_and_no_change_of_the_supplier(chosen):
    cause = {"code": "value-not-allowed", "cause": "country", "sheet": "Sites", "column": "state of affairs"}
    chosen.browser.send(f"{chosen.version()}/mend", cause | {"value": "Kinaa", "how": "all", "everywhere": "China"})
    copy = marked(chosen)
    copy["Sites"]["C4"] = "Japan"
    page = returned(chosen, copy)

    assert copy["Sites"]["C2"].value == "China"
    assert "Sites!C4: Chinaa → Japan" in page
    assert "Kinaa" not in page


def test_a_list_that_is_no_copy_says_nothing_of_one(chosen):
    page = chosen.browser.page(chosen.version()).text

    assert "marked copy" not in page
    assert (chosen.submissions()[0].returned, chosen.submissions()[0].made_from_id) == ({}, None)


@pytest.mark.parametrize("said", ["999999-12", "' OR 1=1 --", ""])
def test_a_copy_that_names_no_version_of_ours_is_only_a_copy(chosen, said):
    copy = marked(chosen)
    copy.worksheets[0]["A2"] = said or None
    page = returned(chosen, copy)

    assert chosen.submissions()[1].made_from_id is None
    assert "This is a marked copy of ours, returned." in page
    assert "It names no earlier version of yours in this round." in page
    assert not said or said not in page


def test_another_suppliers_receipt_number_in_a_copy_tells_nothing(chosen):
    copy = marked(chosen)
    number = chosen.submissions()[0].receipt_number
    chosen.writing()
    other = chosen.person(chosen.build.organisation("supplier"))
    page = chosen.send(written(copy), name="marked.xlsx", browser=other).text
    work_off(chosen)
    newest = latest(chosen)
    page = other.page(f"{chosen.home}/{newest.public_id}").text

    assert number in copy.worksheets[0]["A2"].value
    assert newest.supplier_id != chosen.supplier.id
    assert (newest.made_from_id, newest.returned) == (None, {"changes": {}})
    assert "It names no earlier version of yours in this round." in page
    assert number not in page


def test_a_copy_of_another_round_is_only_a_copy(chosen, build, clock):
    copy = marked(chosen)
    chosen.writing()
    build.session = chosen.session
    other = build.round(state="published", tender_deadline=chosen.round.tender_deadline)
    build.lot(other, code="A")
    chosen.session.commit()
    here = f"/rounds/{other.public_id}/disclosure"
    chosen.browser.send(here, {"file": (io.BytesIO(written(copy)), "marked.xlsx")})
    work_off(chosen)
    newest = latest(chosen)

    assert newest.round_id != chosen.round.id
    assert newest.made_from_id is None


def test_a_copy_without_its_summary_is_still_known_by_our_column(chosen):
    copy = marked(chosen)
    copy.remove(copy.worksheets[0])
    page = returned(chosen, copy)

    assert "It names no earlier version of yours in this round." in page
    assert chosen.submissions()[1].verdict == chosen.submissions()[0].verdict
