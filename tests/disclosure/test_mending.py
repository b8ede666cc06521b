"""Cells mended on the spot: recorded on top of the untouched file, checked again, undoable, and only while that is open."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from framework.disclosure import checking, counting, opening
from framework.disclosure.check_file import check
from framework.disclosure.corrections import CauseKey
from framework.disclosure.overlay import corrected
from framework.ground.sheets.cells import Book, Refusal, Row, Sheet, SheetFacts
from framework.ground.sheets.limits import Limits
from models.disclosure import Correction, Submission, SubmissionIssue, SubmissionRow, WaitingRow
from models.records import AuditEvent, Job
from tests.disclosure.test_pages import Tender
from tests.disclosure.workbooks import TODAY
from tests.memory import remembered
from views import worker
from views.disclosure import work

REAL = checking.check_path
LIST = "name,address,city,country\n" + "".join(f"Works {n},{n + 1} First Avenue,Kunshan,Kinaa\n" for n in range(5))
CAUSE = CauseKey("value-not-allowed", "country", "sites", "country", "Kinaa")


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
@remembered
def sent(tender):
    tender.send(LIST.encode(), name="sites.csv")
    return tender


def codes(tender):
    tender.session.rollback()
    return [issue.code for issue in tender.session.scalars(select(SubmissionIssue).order_by(SubmissionIssue.position))]


def countries(tender):
    tender.session.rollback()
    rows = tender.session.scalars(select(SubmissionRow).order_by(SubmissionRow.id))
    return [row.read_values.get("country") for row in rows]


def mend(tender, status=200, **values):
    return tender.browser.send(f"{tender.version()}/mend", CAUSE._asdict() | values, status)


def batch(tender):
    tender.session.rollback()
    return tender.session.scalars(select(Correction.batch)).first()


def test_one_value_mends_all_cells_of_a_cause(sent):
    before = sent.browser.page(sent.version()).text
    form = sent.browser.page(f"{sent.version()}/mend?{urlencode(CAUSE._asdict())}").text
    page = mend(sent, how="all", everywhere="China")

    assert "Mend these 5 cells" in before
    assert "One value for all 5 cells" in form
    assert "5 cells are mended." in page.text
    assert countries(sent) == ["CN"] * 5
    assert "value-not-allowed" not in codes(sent)


def test_the_file_stays_as_it_was_sent_and_the_record_says_who_mended(sent):
    before = sent.submissions()[0].file.sha256
    mend(sent, how="all", everywhere="China")

    submission = sent.submissions()[0]
    kept = sent.session.scalars(select(Correction).order_by(Correction.row)).all()
    event = sent.session.scalars(select(AuditEvent).where(AuditEvent.kind == "submission_tender.mended")).one()
    assert submission.file.sha256 == before
    assert submission.state == "checked"
    assert not submission.is_being_read
    assert [(one.sheet, one.row, one.column, one.found, one.corrected) for one in kept] == [
        ("sites", row, "D", "Kinaa", "China") for row in range(2, 7)
    ]
    assert {one.created_by_id for one in kept} == {event.actor_id}
    assert event.data == {"cells": 5}


def test_cells_can_be_mended_one_by_one(sent):
    mend(sent, how="each", **{"to-D2": "China", "to-D4": "Viet Nam"})

    assert countries(sent) == ["CN", None, "VN", None, None]


def test_taking_back_brings_the_remarks_back(sent):
    mend(sent, how="all", everywhere="China")
    page = sent.browser.send(f"{sent.version()}/mended/{batch(sent)}/undo")

    assert "5 cells are as you sent them again." in page.text
    assert "Taken back on" in page.text
    assert countries(sent) == [None] * 5
    assert codes(sent).count("value-not-allowed") == 5


def test_an_act_of_mending_is_taken_back_once(sent):
    mend(sent, how="all", everywhere="China")
    sent.browser.send(f"{sent.version()}/mended/{batch(sent)}/undo")

    sent.browser.send(f"{sent.version()}/mended/{batch(sent)}/undo", status=404)


def test_nothing_given_keeps_the_page_and_says_so(sent):
    page = mend(sent, status=422, how="all", everywhere="  ")

    assert "Give at least one value that differs" in page.text
    assert countries(sent) == [None] * 5


def test_a_second_tab_that_mends_the_same_cells_is_told(sent):
    mend(sent, how="all", everywhere="China")

    page = mend(sent, status=409, how="all", everywhere="Japan")

    assert "mended meanwhile" in page.text
    assert countries(sent) == ["CN"] * 5


def test_a_version_that_counts_is_not_mended(sent):
    sent.browser.send(f"{sent.version()}/count")

    page = mend(sent, status=409, how="all", everywhere="China")

    assert "counts and is sealed" in page.text
    assert sent.session.scalars(select(Correction)).all() == []


def test_nothing_is_mended_after_the_deadline(sent):
    sent.clock.now = sent.round.tender_deadline
    sent.clock.forward(minutes=1)

    mend(sent, status=409, how="all", everywhere="China")

    assert countries(sent) == [None] * 5


def test_another_supplier_does_not_find_the_page(sent):
    address = sent.version()
    sent.writing()
    other = sent.person(sent.build.organisation("supplier"))

    assert other.get(f"{address}/mend?{urlencode(CAUSE._asdict())}").status_code == 404
    other.send(f"{address}/mend", CAUSE._asdict() | {"how": "all", "everywhere": "China"}, status=404)
    assert countries(sent) == [None] * 5


def test_a_version_that_is_checked_again_is_neither_counted_nor_mended_until_that_is_done(sent):
    sent.writing()
    sent.session.scalars(select(Submission)).one().is_mended = True
    sent.session.commit()

    counted = sent.browser.send(f"{sent.version()}/count", status=409)
    page = mend(sent, status=409, how="all", everywhere="China")

    assert "being checked again" in counted.text
    assert "being checked again" in page.text


def test_a_mended_version_that_can_be_counted_counts_with_its_mended_values(sent):
    mend(sent, how="all", everywhere="China")
    sent.browser.send(f"{sent.version()}/count")

    assert sent.submissions()[0].state == "counted"
    assert countries(sent) == ["CN"] * 5


def test_a_correction_takes_away_what_the_walk_found_at_its_place():
    facts = SheetFacts(error_cells={(2, 1): "#N/A", (3, 1): "#N/A"}, formulas_without_result=[(2, 1), (2, 2)])
    book = Book("xlsx", [Sheet("S", [Row(1, ("name",)), Row(2, (None, "x"))], facts)])

    sheet = corrected(book, [["S", 2, "A", "Acme"], ["S", 4, "C", "late"]]).sheets[0]

    assert sheet.rows[1:] == [Row(2, ("Acme", "x")), Row(4, (None, None, "late"))]
    assert sheet.facts.error_cells == {(3, 1): "#N/A"}
    assert sheet.facts.formulas_without_result == [(2, 2)]
    assert book.sheets[0].rows[1] == Row(2, (None, "x"))


def test_no_corrections_leave_the_book_as_it_is():
    book = Book("csv", [Sheet("S", [Row(1, ("name",))])])

    assert corrected(book, []) is book


def test_checking_is_the_same_whether_a_value_was_typed_or_mended():
    def book(country):
        rows = [Row(1, ("name", "address", "country")), Row(2, ("Acme", "1 First Avenue, Kunshan", country))]
        return Book("xlsx", [Sheet("S", rows)])

    typed = check(book("China"), None, today=TODAY)
    mended = check(corrected(book("Kinaa"), [["S", 2, "C", "China"]]), None, today=TODAY)

    assert mended.to_json() == typed.to_json()


def test_closing_and_opening_wait_for_a_version_that_is_checked_again(sent):
    sent.writing()
    sent.session.scalars(select(Submission)).one().is_mended = True
    sent.session.commit()
    sent.clock.now = sent.round.tender_deadline + dt.timedelta(minutes=1)
    sent.writing()
    counting.close_receipt(sent.session, sent.round, clock=sent.clock, files=work.files())
    sent.session.commit()
    waiting = sent.submissions()[0].state, [code for code, _words in obstacles(sent)]
    check_again(sent)

    assert waiting == ("checked", ["still-reading", "nothing-counted"])
    assert sent.submissions()[0].state == "counted"
    assert obstacles(sent) == []


def obstacles(tender):
    return opening.obstacles(tender.session, tender.round, now=tender.clock.now)


def check_again(tender):
    submission = tender.writing().scalars(select(Submission)).one()
    checked, took = checking.read(tender.session, submission, files=work.files(), limits=Limits.quick(upload_mb=1))
    submission = tender.writing().scalars(select(Submission)).one()
    checking.keep(tender.session, submission, checked, took, clock=tender.clock, files=work.files())
    tender.session.commit()


def refused(detail):
    return check(Refusal("file-unreadable", detail, {"limit": 1}), None, today=TODAY)


@pytest.mark.parametrize("detail", ["memory", "time", "killed"])
def test_mending_that_makes_a_file_too_heavy_to_read_is_set_aside_and_the_result_before_stands(
    sent, monkeypatch, detail
):
    monkeypatch.setattr(checking, "check_path", lambda *_arguments, **_more: refused(detail))

    mend(sent, how="all", everywhere="China")

    submission = sent.submissions()[0]
    assert (submission.state, submission.verdict, submission.is_mended) == ("checked", "countable", False)
    assert countries(sent) == [None] * 5
    assert {one.undone_at is not None for one in sent.session.scalars(select(Correction))} == {True}
    [event] = sent.session.scalars(select(AuditEvent).where(AuditEvent.kind == "submission_tender.mending_set_aside"))
    assert event.data == {"cells": 5}


def test_taking_back_that_makes_a_file_too_heavy_to_read_is_reversed_and_every_mending_stands_with_its_rows(
    sent, monkeypatch
):
    mend(sent, how="each", **{"to-D2": "China"})
    older = batch(sent)
    sent.clock.forward(seconds=1)
    mend(sent, how="each", **{"to-D4": "Viet Nam"})
    sent.clock.forward(seconds=1)
    monkeypatch.setattr(checking, "check_path", lambda *_arguments, **_more: refused("memory"))

    sent.browser.send(f"{sent.version()}/mended/{older}/undo")

    assert countries(sent) == ["CN", None, "VN", None, None]
    kept = sent.session.scalars(select(Correction)).all()
    assert {(one.undone_at, one.undone_by_id) for one in kept} == {(None, None)}
    assert not sent.submissions()[0].is_mended
    kinds = list(sent.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)))
    assert kinds[-1] == "submission_tender.undoing_set_aside"


def waiting_rows(tender):
    tender.session.rollback()
    return tender.session.scalar(select(func.count()).select_from(WaitingRow))


def test_rows_that_a_broken_off_check_left_waiting_are_never_those_of_the_next_one(sent, app, monkeypatch):
    """Stored ahead, then the worker broke before the result: the next attempt begins anew and puts each row in once."""
    take_place, broke = checking.take_place, []

    def breaks_once(*arguments):
        if not broke:
            broke.append(1)
            raise OSError("away")
        take_place(*arguments)

    monkeypatch.setattr(checking, "take_place", breaks_once)
    monkeypatch.setattr(work, "SAID_EVERY_S", 0.0)
    mend(sent, how="all", everywhere="China")
    between = (countries(sent), waiting_rows(sent), sent.submissions()[0].is_mended)
    sent.clock.forward(minutes=1)
    number = sent.submissions()[0].job_id
    sent.session.rollback()

    worker.run_job(app, number)

    assert between == ([None] * 5, 5, True)
    assert countries(sent) == ["CN"] * 5
    assert waiting_rows(sent) == 0


def test_a_check_that_lost_its_job_puts_nothing_in_place(sent, monkeypatch):
    """Another worker took the job over after the rows of the first were stored ahead."""
    store = checking.store_rows

    def overtaken(session, submission, checked, *, on_progress):
        number = submission.job_id
        store(session, submission, checked, on_progress=on_progress)
        session.commit()
        with worker.writing_session() as other:
            other.get_one(Job, number).attempts += 1
            other.commit()

    monkeypatch.setattr(checking, "store_rows", overtaken)

    mend(sent, how="all", everywhere="China")

    assert countries(sent) == [None] * 5
    assert sent.submissions()[0].is_mended


def test_rows_that_wait_in_vain_are_forgotten(sent):
    version = sent.submissions()[0].id
    session = sent.writing()
    session.add(WaitingRow(submission_id=version, sheet="3_sites", row=2, read_values={}))
    session.commit()

    work.forget_unfinished_rows(session, sent.clock)

    assert waiting_rows(sent) == 0
    assert len(countries(sent)) == 5


def test_the_rows_of_an_older_version_never_cost_a_file_its_reading(sent, monkeypatch):
    handed = []

    def heavy(*arguments, previous, **more):
        handed.append(previous)
        return refused("memory") if previous else REAL(*arguments, previous=previous, **more)

    monkeypatch.setattr(checking, "check_path", heavy)
    sent.browser.send(f"{sent.version()}/count")
    sent.send(LIST.replace("Kinaa", "China").encode(), name="again.csv")

    assert [bool(previous) for previous in handed] == [True, False]
    assert sorted(one.state for one in sent.submissions()) == ["checked", "counted"]
