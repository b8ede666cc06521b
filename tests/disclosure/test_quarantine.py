"""A virus scanner is connected: nothing is read or given away before it was scanned, and what is infected goes no further."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, select, update

from framework.disclosure import counting, releasing
from framework.ground import jobs
from framework.ground.files import INFECTED
from framework.rounds.telling import people
from models.base import db
from models.disclosure import Submission, SubmissionIssue, SubmissionRow
from models.records import AuditEvent, Job, Mail, StoredFile
from tests.clamd import NAME, FakeClamd, connect, eicar, scan_the_rest, socket_in
from tests.disclosure.test_pages import Tender
from tests.memory import remembered
from views import mailing, scanning, worker

SUPPLIER = "Example Reseller"
LIST = b"Supplier name;Address;City;Country\nLakeside Ltd;58 First Avenue;Kunshan;China\n"
BAD_LIST = LIST + b"Other Ltd;" + eicar() + b";Kunshan;China\n"


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
@remembered
def lead(tender):
    """A lead of the round."""
    tender.writing()
    person = tender.build.user(tender.round.organisation, "lead", language="en")
    return tender.enter(person, tender.round.organisation)


def file_of(tender, number=0) -> StoredFile:
    return tender.submissions()[number].file


def work(app, tender):
    """As a worker would: the job of the newest version."""
    number = tender.submissions()[-1].job_id
    tender.session.rollback()
    tender.session.info["write"] = False
    worker.run_job(app, number)
    tender.session.rollback()


def told(tender, template):
    tender.session.rollback()
    return tender.session.scalars(select(Mail).where(Mail.template == template).order_by(Mail.id)).all()


# -- clean ------------------------------------------------------------------


def test_a_clean_file_is_scanned_whole_and_read(tender, clamd):
    content = tender.workbook()

    page = tender.send(content)

    assert clamd.seen == [content]
    assert (tender.submissions()[0].state, file_of(tender).scan) == ("checked", "clean")
    assert "Scanned for viruses, nothing found." in page.text


def test_a_file_is_scanned_once_also_where_it_is_read_again(tender, clamd, app):
    tender.send(LIST, "sites.csv")
    tender.writing()
    submission = tender.session.scalars(select(Submission)).one()
    submission.is_mended = True
    submission.job = jobs.enqueue(
        tender.session, "check_submission", now=tender.clock(), submission=submission.public_id
    )
    tender.session.commit()

    work(app, tender)

    assert len(clamd.seen) == 1
    assert not tender.submissions()[0].is_mended


def test_the_daemon_may_listen_on_a_unix_socket(tender, app, monkeypatch, tmp_path):
    path = socket_in(tmp_path)
    daemon = FakeClamd(path)
    connect(app, monkeypatch, daemon)

    tender.send(LIST, "sites.csv")
    tender.send(BAD_LIST, "sites.csv")

    daemon.close()
    path.unlink()
    assert [s.state for s in tender.submissions()] == ["checked", "refused"]


# -- infected ---------------------------------------------------------------


def test_an_infected_file_is_refused_unread_and_says_what_was_found_and_what_to_do(tender, clamd):
    page = tender.send(BAD_LIST, "sites.csv")

    submission = tender.submissions()[0]
    issues = tender.session.scalars(select(SubmissionIssue)).all()
    assert (submission.state, submission.verdict, submission.refusal_key) == (
        "refused",
        "refused",
        "file-refused / file-infected",
    )
    assert (submission.file.scan, submission.file.found) == (INFECTED, NAME)
    assert [(one.code, one.cause, one.severity) for one in issues] == [("file-refused", "file-infected", "block")]
    assert tender.session.scalars(select(SubmissionRow)).all() == []
    assert submission.receipt_number in page.text
    assert f"The virus scanner found something in this file ({NAME})" in page.text
    assert "make a clean copy of the file, and send that" in page.text
    assert "Send a clean copy." in page.text
    assert "Your file as received" not in page.text


def test_refusal_quarantine_event_and_mails_stand_or_fall_together(tender, clamd, app, monkeypatch):
    def break_off(*_arguments, **_named):
        raise RuntimeError("broke off")

    monkeypatch.setattr("framework.disclosure.quarantine.keep", break_off)

    tender.send(BAD_LIST, "sites.csv")

    assert (tender.submissions()[0].state, file_of(tender).scan) == ("staged", "")
    kinds = tender.session.scalars(select(AuditEvent.kind)).all()
    assert "file.quarantined" not in kinds
    assert told(tender, "file_quarantined") == []


def test_the_act_is_in_the_record_without_what_was_found(tender, clamd):
    tender.send(BAD_LIST, "sites.csv")

    event = tender.session.scalars(select(AuditEvent).where(AuditEvent.kind == "file.quarantined")).one()
    submission = tender.submissions()[0]
    assert (event.subject_type, event.subject_id, event.actor_id) == ("submission", submission.public_id, None)
    assert event.data == {}


def test_a_clean_copy_sent_after_it_counts(tender, clamd):
    tender.send(BAD_LIST, "sites.csv")

    page = tender.send(LIST, "sites.csv")

    assert [s.state for s in tender.submissions()] == ["refused", "checked"]
    assert "It will be counted" in page.text


def test_an_older_file_that_counts_goes_on_counting(tender, clamd):
    tender.send(LIST, "sites.csv")

    page = tender.send(BAD_LIST, "sites.csv")

    assert [s.state for s in tender.submissions()] == ["checked", "refused"]
    assert "will be counted" in page.text


# -- every road to the bytes ------------------------------------------------


def quarantined_later(tender, app, clamd, content):
    """What was read before the scanner came, or knew of it, is found to be infected."""
    clamd.bad.add(content)
    tender.writing()
    tender.session.execute(update(StoredFile).values(scan=""))
    tender.session.commit()
    scan_the_rest(app, tender.clock)


@pytest.mark.parametrize("tail", ["original", "marked.xlsx"])
def test_the_supplier_gets_the_bytes_of_a_quarantined_file_no_more(tender, clamd, tail):
    tender.send(BAD_LIST, "sites.csv")

    answer = tender.browser.get(f"{tender.version()}/{tail}")

    assert answer.status_code == 409
    assert b"quarantine" in answer.data
    assert b"EICAR-STANDARD" not in answer.data


def test_remarks_and_template_are_still_to_be_had(tender, clamd):
    tender.send(BAD_LIST, "sites.csv")

    for place in (f"{tender.version()}/issues.xlsx", f"{tender.home}/template-nl.xlsx"):
        answer = tender.browser.get(place)
        assert answer.status_code == 200
        assert b"EICAR-STANDARD" not in answer.data


def test_what_was_read_and_is_found_infected_later_cannot_be_counted_any_more(tender, clamd, app):
    tender.send(LIST, "sites.csv")

    quarantined_later(tender, app, clamd, LIST)

    submission = tender.submissions()[0]
    page = tender.browser.page(tender.version())
    assert (submission.state, submission.verdict, submission.file.scan) == ("checked", "blocked", INFECTED)
    assert submission.issue_counts["block"] == 1
    assert "This file cannot be counted as it is." in page.text
    assert "Send a clean copy." in page.text
    tender.browser.send(f"{tender.version()}/count", status=409)
    assert tender.browser.get(f"{tender.version()}/original").status_code == 409


def test_a_mending_that_waits_is_taken_back_where_the_file_is_found_infected(tender, clamd, app):
    tender.send(LIST, "sites.csv")
    tender.writing()
    submission = tender.session.scalars(select(Submission)).one()
    submission.is_mended = True
    submission.job = jobs.enqueue(
        tender.session, "check_submission", now=tender.clock(), submission=submission.public_id
    )
    tender.session.execute(update(StoredFile).values(scan=""))
    tender.session.commit()
    clamd.bad.add(LIST)

    work(app, tender)

    submission = tender.submissions()[0]
    assert (submission.verdict, submission.is_mended, submission.file.scan) == ("blocked", False, INFECTED)


def test_after_the_opening_the_lead_gets_no_bytes_and_is_told_whose_file_it_is(tender, clamd, app, lead):
    tender.send(LIST, "sites.csv")
    tender.browser.send(f"{tender.version()}/count")
    open_round(tender)
    here = f"{tender.here}/submissions/{tender.submissions()[0].public_id}"
    before = lead.get(f"{here}/original")
    before.close()

    quarantined_later(tender, app, clamd, LIST)

    page = lead.page(here)
    assert before.status_code == 200
    assert lead.get(f"{here}/original").status_code == 409
    assert "It is in quarantine" in page.text
    assert "The file as received" not in page.text
    assert tender.submissions()[0].state == "opened"
    assert [mail.params["sender"] for mail in told(tender, "file_quarantined")] == [SUPPLIER]


def open_round(tender):
    tender.writing()
    round_ = tender.round
    round_.state, round_.opened_at = "opened", tender.clock()
    for submission in tender.session.scalars(select(Submission).where(Submission.state == "counted")):
        submission.state, submission.opened_at = "opened", tender.clock()
        releasing.release(tender.session, submission)
    tender.session.commit()


def test_other_rows_of_the_same_bytes_are_scanned_again_before_anybody_reads_them(tender, clamd, app):
    tender.send(LIST, "sites.csv")
    tender.browser.send(f"{tender.version()}/withdraw")
    tender.send(LIST, "sites.csv")
    clamd.bad.add(LIST)
    tender.writing()
    tender.session.execute(update(StoredFile).where(StoredFile.id == file_of(tender, 1).id).values(scan=""))
    tender.session.commit()

    scan_the_rest(app, tender.clock)
    other = file_of(tender).scan
    blocked = tender.browser.get(f"{tender.version()}/original").status_code
    scan_the_rest(app, tender.clock)

    assert (other, blocked) == ("", 409)
    assert {one.file.scan for one in tender.submissions()} == {INFECTED}


def test_a_quarantined_file_is_not_offered_to_be_sent_again(tender, clamd, app):
    tender.send(LIST, "sites.csv")
    tender.browser.send(f"{tender.version()}/withdraw")
    offered = "Nothing changed?" in tender.browser.page(tender.home).text

    quarantined_later(tender, app, clamd, LIST)

    assert offered
    assert "Nothing changed?" not in tender.browser.page(tender.home).text
    tender.browser.send(f"{tender.home}/again", status=409)


def test_a_late_file_is_scanned_though_nobody_reads_it(tender, clamd, app):
    tender.clock.forward(minutes=31)
    tender.send(BAD_LIST, "sites.csv")
    waiting = tender.browser.get(f"{tender.version()}/original")

    scan_the_rest(app, tender.clock)

    assert waiting.status_code == 409
    assert b"waiting for the virus scanner" in waiting.data
    assert (tender.submissions()[0].state, file_of(tender).scan) == ("late", INFECTED)


def test_no_scanner_any_more_does_not_end_the_quarantine(tender, clamd, app, monkeypatch):
    tender.send(BAD_LIST, "sites.csv")
    monkeypatch.setattr(app.extensions["files"], "is_scanned", False)
    monkeypatch.setitem(app.extensions, "scanner", None)

    assert tender.browser.get(f"{tender.version()}/original").status_code == 409


# -- the scanner is away ----------------------------------------------------


@pytest.mark.parametrize("mode", ["hang", "die", "half", "error", "closed"])
def test_a_file_waits_while_the_scanner_does_not_answer_and_is_read_when_it_does(tender, app, monkeypatch, mode):
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    if mode == "closed":
        daemon.close()
    daemon.mode = mode

    page = tender.send(LIST, "sites.csv")

    submission = tender.submissions()[0]
    assert (submission.state, submission.file.scan, submission.job.state) == ("staged", "", "waiting")
    assert submission.receipt_number in page.text
    assert "Waiting for the virus scanner; it is read after that." in page.text
    assert "Waiting for the virus scanner. You can close this page" in page.text
    assert tender.session.scalars(select(SubmissionRow)).all() == []
    assert tender.browser.get(f"{tender.version()}/original").status_code == 409
    if mode == "closed":
        daemon = FakeClamd()
        connect(app, monkeypatch, daemon)
    daemon.mode = "scan"
    tender.clock.forward(minutes=5)
    work(app, tender)

    daemon.close()
    assert (tender.submissions()[0].state, file_of(tender).scan) == ("checked", "clean")


def test_the_pauses_grow_and_the_job_is_never_given_up(tender, app, monkeypatch):
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    daemon.close()
    tender.send(LIST, "sites.csv")
    pauses = []
    for _ in range(12):
        job = tender.session.get_one(Job, tender.submissions()[0].job_id)
        pauses.append(job.not_before - tender.clock())
        tender.clock.now = job.not_before
        work(app, tender)

    job = tender.session.get_one(Job, tender.submissions()[0].job_id)
    assert pauses == sorted(pauses)
    assert pauses[0] < dt.timedelta(minutes=1) < pauses[-1] == jobs.LONGEST_PAUSE
    assert (job.state, job.faults) == ("waiting", 0)
    assert "the virus scanner does not answer (ConnectionRefusedError)" in job.error


def test_a_receipt_waits_once_for_a_scanner_that_is_away_and_then_no_more(tender, app, monkeypatch):
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    daemon.close()

    tender.send(LIST, "sites.csv")
    tender.send(LIST + b"Next Ltd;1 Road;Kunshan;China\n", "sites.csv")

    assert [one.job.attempts for one in tender.submissions()] == [1, 0]


def test_the_deadline_decides_by_the_receipt_and_not_by_the_scan(tender, app, monkeypatch):
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    daemon.mode = "error"
    tender.send(LIST, "sites.csv")
    tender.clock.forward(minutes=31)
    close(tender, app)
    waiting = tender.browser.page(tender.version())
    state = tender.submissions()[0].state
    daemon.mode = "scan"

    work(app, tender)

    daemon.close()
    assert state == "staged"
    assert "Received in time and waiting for the virus scanner" in waiting.text
    assert tender.submissions()[0].state == "counted"


def test_an_infected_newest_file_leaves_the_older_one_counting_after_the_deadline(tender, app, monkeypatch):
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    tender.send(LIST, "sites.csv")
    daemon.mode = "error"
    tender.send(BAD_LIST, "sites.csv")
    tender.clock.forward(minutes=31)
    close(tender, app)
    daemon.mode = "scan"

    work(app, tender)

    daemon.close()
    assert [s.state for s in tender.submissions()] == ["counted", "refused"]


def close(tender, app):
    tender.writing()
    counting.close_receipt(tender.session, tender.round, clock=tender.clock, files=app.extensions["files"])
    tender.session.commit()


# -- the lead ---------------------------------------------------------------


def test_the_lead_is_told_at_once_that_a_file_was_put_away_and_not_whose(tender, clamd, lead):
    tender.send(BAD_LIST, "sites.csv")

    mail = told(tender, "file_quarantined")
    leads = people(tender.session, [tender.round.organisation_id], "lead", now=tender.clock())
    assert [one.recipient for one in mail] == [one.email for one in leads] != []
    assert all(one.next_try_at - tender.clock() < dt.timedelta(minutes=4) for one in mail)
    for one in mail:
        for text in mailing.render(one):
            assert SUPPLIER not in text
            assert "sites.csv" not in text
            assert NAME not in text
        assert tender.round.name in mailing.render(one)[1]


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_mail_is_written_in_the_lead_s_language(tender, clamd, language):
    tender.writing()
    tender.build.user(tender.round.organisation, "lead", language=language)
    tender.session.commit()
    tender.send(BAD_LIST, "sites.csv")

    subject, text, _page = mailing.render(told(tender, "file_quarantined")[-1])

    expected = {"en": "A file in quarantine", "nl": "Een bestand in quarantaine", "sv": "En fil i karantän"}[language]
    assert subject.startswith(expected)
    assert f"/rounds/{tender.round.public_id}" in text


def test_before_the_opening_the_lead_s_record_tells_nothing_of_it(tender, clamd, lead):
    tender.send(BAD_LIST, "sites.csv")

    for place in (f"{tender.here}/record", tender.here, f"{tender.here}/opening"):
        page = lead.page(place)
        assert "quarantine" not in page.text
        assert SUPPLIER not in page.text


def test_the_supplier_s_mail_says_what_to_do(tender, clamd):
    tender.send(BAD_LIST, "sites.csv")

    _subject, text, _page = mailing.render(told(tender, "submission_received")[-1])

    assert "put into quarantine and cannot count" in text
    assert "make a clean copy of the file, and send that" in text


# -- no scanner -------------------------------------------------------------


def test_without_a_scanner_everything_is_as_it_was_and_the_pages_say_so(tender, app):
    page = tender.send(BAD_LIST, "sites.csv")

    answer = tender.browser.get(f"{tender.version()}/original")
    answer.close()
    assert (tender.submissions()[0].state, file_of(tender).scan) == ("checked", "")
    assert answer.status_code == 200
    assert "Not scanned: no virus scanner is connected." in page.text
    assert "No virus scanner is connected" in tender.browser.page(tender.home).text


def test_without_a_scanner_no_job_comes_round(tender, app):
    tender.send(LIST, "sites.csv")

    scan_the_rest(app, tender.clock)

    assert tender.session.scalars(select(Job).where(Job.kind == scanning.SCAN_JOB)).all() == []


def test_without_a_scanner_no_statement_is_about_scanning(tender, app):
    asked = []

    def note(_connection, _cursor, statement, *_more):
        if "UPDATE stored_file" in statement or "stored_file.scan =" in statement or "stored_file.scan !=" in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        tender.send(LIST, "sites.csv")
        tender.browser.page(tender.version())
        tender.browser.page(tender.home)
        tender.browser.get(f"{tender.version()}/original").close()
        scan_the_rest(app, tender.clock)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert asked == []
