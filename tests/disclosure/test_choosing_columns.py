"""What the columns of a supplier's own list mean: shown with samples, chosen by a person, recorded, undoable."""

from __future__ import annotations

import pytest
from flask import current_app
from sqlalchemy import select

from framework.disclosure.fields import FIELD_LABELS, header_of
from framework.disclosure.recognise import header_key
from framework.ground.codelists import read_rows
from models.disclosure import Correction, Submission, SubmissionRow
from models.records import Job
from tests.disclosure.test_pages import Tender
from tests.memory import remembered
from views.worker import run_job

STRANGE = (
    "plant ref,where it stands,state of affairs,\n" + "Acme,1 First Avenue,China,note\nBolt,2 First Avenue,Japan,note\n"
)
MEANING = {
    "is-sites!A1": "site_legal_name",
    "is-sites!B1": "address_line",
    "is-sites!C1": "country",
    "is-sites!D1": "product_words",
}


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
@remembered
def sent(tender):
    tender.send(STRANGE.encode(), name="sites.csv")
    return tender


def choose(tender, status=200, **meaning):
    return tender.browser.send(f"{tender.version()}/columns", MEANING | meaning, status)


def rows(tender):
    tender.session.rollback()
    found = tender.session.scalars(
        select(SubmissionRow).where(SubmissionRow.listed_reason == "").order_by(SubmissionRow.id)
    )
    return [row.read_values for row in found]


def test_a_list_that_is_not_recognised_shows_its_columns_with_samples(sent):
    version = sent.browser.page(sent.version()).text
    page = sent.browser.page(f"{sent.version()}/columns").text

    assert sent.submissions()[0].verdict == "blocked"
    assert "Say what your columns mean" in version
    assert "See and change what your columns mean" in version
    for words in (
        "plant ref",
        "state of affairs",
        "no name",
        "Acme",
        "2 First Avenue",
        "We do not know what it means.",
    ):
        assert words in page


def test_saying_what_columns_mean_makes_the_list_countable(sent):
    page = choose(sent)

    submission = sent.submissions()[0]
    assert "4 columns are read as you said." in page.text
    assert (submission.format, submission.verdict) == ("site-list", "countable")
    assert [(one["site_legal_name"], one["country"], one["product_words"]) for one in rows(sent)] == [
        ("Acme", "CN", "note"),
        ("Bolt", "JP", "note"),
    ]
    assert submission.rows_in == submission.rows_stored + submission.rows_listed == 2


def test_the_choice_is_shown_beside_the_header_of_the_file_and_can_be_taken_back(sent):
    choose(sent)
    page = sent.browser.page(f"{sent.version()}/columns").text
    sent.session.rollback()
    batch = sent.session.scalars(select(Correction.batch)).first()
    sent.browser.send(f"{sent.version()}/mended/{batch}/undo")

    assert page.count("You said so, here or for an earlier version.") == 4
    assert "plant ref" in page
    assert sent.submissions()[0].verdict == "blocked"


def test_two_columns_cannot_mean_the_same(sent):
    page = choose(sent, status=422, **{"is-sites!B1": "site_legal_name"})

    assert "Two columns cannot mean the same" in page.text
    assert sent.submissions()[0].verdict == "blocked"


def test_a_meaning_that_is_not_in_the_list_is_refused(sent):
    assert "Choose a meaning from the list" in choose(sent, status=422, **{"is-sites!B1": "price"}).text


def test_a_wrong_guess_is_corrected(tender):
    tender.send(b"name,supplier name,address,country\nPlant 7,Acme,1 First Avenue,China\n", name="sites.csv")
    page = tender.browser.page(f"{tender.version()}/columns").text
    before = rows(tender)
    meaning = {"is-sites!A1": "local_language_name", "is-sites!B1": "site_legal_name"}
    tender.browser.send(f"{tender.version()}/columns", meaning)

    assert "Its name says so." in page
    assert [one.get("site_legal_name") for one in before] == ["Plant 7"]
    assert [(one["site_legal_name"], one["local_language_name"]) for one in rows(tender)] == [("Acme", "Plant 7")]


def work_off(tender):
    """What the worker does with the jobs that wait."""
    for job in tender.session.scalars(select(Job).where(Job.state == "waiting").order_by(Job.id)).all():
        number = job.id
        tender.session.rollback()
        run_job(current_app._get_current_object(), number)


def test_what_was_said_is_taken_over_for_the_next_list_with_the_same_headers(sent):
    choose(sent)
    sent.send((STRANGE + "Cork,3 First Avenue,China,note\n").encode(), name="next.csv")
    work_off(sent)

    newest = sent.submissions()[1]
    page = sent.browser.page(sent.version(1)).text
    assert (newest.format, newest.verdict, newest.rows_stored, newest.is_being_read) == (
        "site-list",
        "countable",
        3,
        False,
    )
    assert "taken over from your earlier version" in page


def test_other_headers_take_nothing_over(sent):
    choose(sent)
    sent.send(STRANGE.replace("state of affairs", "state").encode(), name="sites.csv")
    work_off(sent)

    assert sent.submissions()[1].verdict == "blocked"


def test_another_suppliers_choice_is_not_taken_over(sent):
    choose(sent)
    sent.writing()
    other = sent.person(sent.build.organisation("supplier"))
    sent.send(STRANGE.encode(), name="sites.csv", browser=other)
    work_off(sent)

    sent.session.rollback()
    newest = sent.session.scalars(select(Submission).order_by(Submission.id.desc())).first()
    assert newest.supplier_id != sent.supplier.id
    assert newest.verdict == "blocked"


def test_a_column_that_is_left_out_is_not_read(tender):
    tender.send(b"name,address,country,products\nAcme,1 First Avenue,China,laptops\n", name="sites.csv")
    tender.browser.send(f"{tender.version()}/columns", {"is-sites!D1": ""})

    assert "product_words" not in rows(tender)[0]


def test_our_own_workbook_has_no_columns_to_choose(tender):
    tender.send()

    assert "what your columns mean" not in tender.browser.page(tender.version()).text
    assert tender.browser.get(f"{tender.version()}/columns").status_code == 302


def test_another_supplier_does_not_find_the_columns(sent):
    address = sent.version()
    sent.writing()
    other = sent.person(sent.build.organisation("supplier"))

    assert other.get(f"{address}/columns").status_code == 404


def test_every_field_of_the_headers_has_a_name_and_a_header_that_means_it():
    fields = {row["field"]: row["headers"].split("|") for row in read_rows("site_list_headers.csv")}
    owners = {}
    for field, headers in fields.items():
        for header in headers:
            owners.setdefault(header_key(header), field)

    assert set(FIELD_LABELS) == set(fields)
    assert {field: owners[header_key(header_of(field))] for field in FIELD_LABELS} == {f: f for f in FIELD_LABELS}


GUESSED = b"Qwerty,Address,Country\nLakeside Works Ltd,58 First Avenue,China\nBolt Assembly Ltd,2 Quay Road,Japan\n"


def test_a_guess_blocks_until_a_person_confirms_it_with_one_button(tender):
    tender.send(GUESSED, name="sites.csv")
    before = tender.submissions()[0].verdict
    page = tender.browser.page(f"{tender.version()}/columns").text
    version = tender.browser.page(tender.version()).text
    done = tender.browser.send(f"{tender.version()}/columns", {"as-is": "1"})

    assert before == "blocked"
    for words in ("1 column is only guessed", "confidence of 75", "guessed", "sure", "All guesses are right"):
        assert words in page
    assert "Say what your columns mean" in version
    assert "1 column is read as you said" in done.text
    assert (tender.submissions()[0].verdict, rows(tender)[0]["site_legal_name"]) == ("countable", "Lakeside Works Ltd")


def test_a_guess_that_is_wrong_is_changed_and_a_confirmed_one_is_asked_no_more(tender):
    tender.send(GUESSED, name="sites.csv")
    tender.browser.send(f"{tender.version()}/columns", {"is-sites!A1": "parent_company"})
    page = tender.browser.page(f"{tender.version()}/columns").text

    assert "only guessed" not in page
    assert tender.submissions()[0].verdict == "blocked"


BLANKS = (
    b"Parent,Factory,Address,Country,Products\nNorth,Lakeside,58 First Avenue,China,Laptops; Tablets\n"
    b",Bolt,2 Quay Road,Japan,Cables\n,Cork,3 Quay Road,Japan,Cables\n"
)


def test_filling_down_and_splitting_are_asked_for_on_the_page_and_taken_back(tender):
    tender.send(BLANKS, name="sites.csv")
    page = tender.browser.page(f"{tender.version()}/columns").text
    before = rows(tender)
    asked = {"fill-sites!A1": "1", "split-sites!E1": "1"}
    tender.browser.send(f"{tender.version()}/columns", asked)
    after = rows(tender)
    ticked = tender.browser.get(f"{tender.version()}/columns").get_data(as_text=True)
    batch = tender.session.scalars(select(Correction.batch)).first()
    tender.browser.send(f"{tender.version()}/mended/{batch}/undo")

    assert "Blank cells take the value above" in page
    assert "Blank in 2 of 3 rows." in page
    assert [one.get("parent_company") for one in before] == ["North", None, None]
    assert [one.get("parent_company") for one in after] == ["North", "North", "North"]
    assert [one["product_words"] for one in after] == [["Laptops", "Tablets"], ["Cables"], ["Cables"]]
    assert ticked.count(" checked") == 2
    assert rows(tender) == before


TWO_ROWS = (
    b"Factory,,,Head office,\nName,Street,Country,Name,Country\nLakeside,58 First Avenue,China,Acme,Japan\n"
    b"Bolt,2 Quay Road,Japan,Acme,Japan\n"
)


def test_what_is_said_below_headers_of_groups_is_said_for_the_whole_sheet_and_taken_over(tender):
    tender.send(TWO_ROWS, name="sites.csv")
    page = tender.browser.page(f"{tender.version()}/columns").text
    before = rows(tender)
    tender.browser.send(f"{tender.version()}/columns", {"is-sites!D2": "parent_company"})
    after = rows(tender)
    tender.send(TWO_ROWS + b"Cork,3 Quay Road,China,Acme,Japan\n", name="next.csv")
    work_off(tender)

    assert "Head office" in page
    assert [(one["country"], one.get("parent_company")) for one in before] == [("CN", None), ("JP", None)]
    assert [(one["country"], one.get("parent_company")) for one in after] == [("CN", "Acme"), ("JP", "Acme")]
    assert [(one["country"], one.get("parent_company")) for one in rows(tender)[2:]] == [
        ("CN", "Acme"),
        ("JP", "Acme"),
        ("CN", "Acme"),
    ]
