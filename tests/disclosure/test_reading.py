"""The reading of a version while it lasts: how far it is, stopping it, taking it up, its mail; and what a file may hold."""

from __future__ import annotations

import datetime as dt
import threading
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from framework.disclosure import check_file, checking, storing
from framework.disclosure.checks import places
from framework.disclosure.pace import MOST, SHARES, pace, share_done
from framework.ground.sheets import lines, progress
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child
from models.disclosure import Submission, SubmissionRow
from models.records import AuditEvent, Job, Mail
from tests.disclosure.test_pages import Tender
from tests.disclosure.workbooks import book_of
from tests.memory import remembered
from views import mailing, worker
from views.disclosure import work
from views.settings import Settings

LIST = b"name,address,city,country\nLakeside Ltd,58 First Avenue,Kunshan,China\n"
START = dt.datetime(2026, 11, 28, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
def waiting(tender, app, monkeypatch):
    """A version that waits for the worker: nothing is read inside the request."""
    monkeypatch.setattr(app.extensions["settings"], "inline_mb", 0)
    tender.send(LIST, "sites.csv")
    return tender


def act(tender, name, status=200):
    return tender.browser.send(f"{tender.version()}/{name}", status=status)


def run_all(tender, app):
    tender.session.rollback()
    worker.work_off(app)
    return tender.submissions()[0]


def block(tender):
    """The block of the progress bar: a part of a page, so not inspected as one."""
    return FlaskClient.open(tender.browser, f"{tender.version()}/progress")


def job_of(tender, **values):
    session = tender.writing()
    job = session.scalars(select(Submission)).one().job
    for name, value in values.items():
        setattr(job, name, value)
    session.commit()
    session.rollback()


def test_a_stopped_version_keeps_its_receipt_and_is_read_when_asked(waiting, app):
    page = act(waiting, "stop")
    left = run_all(waiting, app).state
    waiting.session.rollback()

    again = act(waiting, "read")

    assert "The reading of this file is stopped." in page.text
    assert "at the latest when receipt closes" in page.text
    assert "Read it now" in page.text
    assert "Stop reading" not in page.text
    assert "not read yet, the reading is stopped" in page.text
    assert "still being read" not in page.text
    assert "still being read" in again.text
    assert left == "staged"
    assert "Stop reading" in again.text
    assert run_all(waiting, app).state == "checked"
    kinds = list(waiting.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)))
    assert kinds[-3:-1] == ["submission_tender.reading_stopped", "submission_tender.reading_taken_up"]


def test_a_stopped_version_is_read_when_receipt_closes_and_counts(waiting, app):
    act(waiting, "stop")
    waiting.clock.forward(minutes=31)

    work.close_due_rounds(waiting.writing(), waiting.clock)
    submission = run_all(waiting, app)

    assert submission.state == "counted"


def test_after_the_deadline_nobody_stops_a_reading(waiting):
    waiting.clock.forward(minutes=31)

    page = act(waiting, "stop", status=409)

    assert "Receipt is closed. What arrived in time is read now" in page.text
    assert "Stop reading" not in waiting.browser.page(waiting.version()).text


def test_a_version_that_was_read_is_neither_stopped_nor_taken_up(tender):
    tender.send(LIST, "sites.csv")

    pages = [act(tender, name, status=409).text for name in ("stop", "read")]

    assert "is not being read any more" in pages[0]
    assert "is not stopped" in pages[1]


def test_discarding_a_version_ends_its_reading(waiting):
    act(waiting, "withdraw")

    submission = waiting.submissions()[0]
    assert (submission.state, submission.job.state) == ("withdrawn", "cancelled")


def test_a_rival_may_not_stop_it(waiting):
    waiting.writing()
    rival = waiting.person(waiting.build.organisation("supplier"))

    rival.send(f"{waiting.version()}/stop", status=404)

    assert waiting.submissions()[0].job.state == "waiting"


def test_stopping_ends_the_child_that_reads_within_seconds(waiting, app, monkeypatch):
    """The child would wait for ever; the stop comes from another session while it does."""

    def endless(path, *_arguments, limits, on_progress, **_more):
        run_in_child(path, "tests.ground.sheets.tasks:report_and_wait", {}, limits, on_progress=on_progress)

    monkeypatch.setattr(checking, "check_path", endless)
    monkeypatch.setattr(work, "SAID_EVERY_S", 0.1)
    number = waiting.submissions()[0].job_id
    waiting.session.rollback()
    reading = threading.Thread(target=worker.run_job, args=(app, number))
    reading.start()
    until = time.monotonic() + 30
    with worker.writing_session() as own:
        while time.monotonic() < until and own.get_one(Job, number, populate_existing=True).total != 2:
            own.rollback()
            time.sleep(0.05)
        said = own.get_one(Job, number).step
        own.rollback()

    act(waiting, "stop")
    reading.join(timeout=20)

    submission = waiting.submissions()[0]
    assert not reading.is_alive()
    assert (said, submission.state, submission.job.state) == ("checking", "staged", "cancelled")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Files are read in turn"),
        ({"attempts": 1}, "The reading was interrupted. It goes on by itself"),
        ({"state": "running"}, "Opening the file and reading its rows."),
        ({"state": "running", "step": "opening", "done": 30, "total": 90}, "Looking the file through: 33 % of it."),
        (
            {"state": "running", "step": "reading", "done": 1500, "total": 3000},
            "42 % 1,500 of 3,000 rows read. About 2 minutes left.",
        ),
        (
            {"state": "running", "step": "checking", "done": 3000, "total": 3000},
            "88 % 3,000 of 3,000 rows checked. Less than a minute left.",
        ),
        ({"state": "running", "step": "storing", "done": 0, "total": 3000}, "0 of 3,000 rows stored."),
        (
            {"state": "running", "step": "reading", "done": 1, "total": 3000, "heartbeat_at": START},
            "The reading was interrupted.",
        ),
    ],
    ids=["turn", "again", "opening", "looking", "reading", "checking", "storing", "silent"],
)
def test_the_page_says_how_far_the_reading_is(waiting, values, words):
    times = {"started_at": waiting.clock() - dt.timedelta(seconds=60), "heartbeat_at": waiting.clock()}
    if "heartbeat_at" in values:
        values = values | {"heartbeat_at": waiting.clock() - dt.timedelta(minutes=2)}
    job_of(waiting, **times | values)

    assert words in waiting.browser.page(waiting.version()).text
    assert 'http-equiv="refresh"' in waiting.browser.get(waiting.version()).text


def test_the_block_asks_the_page_to_load_anew_once_the_reading_is_over_or_stopped(waiting, app):
    running = block(waiting)
    act(waiting, "stop")
    stopped = block(waiting)

    assert "HX-Redirect" not in running.headers
    assert 'hx-trigger="every 2s"' in running.text
    assert "HX-Redirect" in stopped.headers


def test_a_supplier_is_told_of_its_own_files_in_turn_and_never_of_others(waiting, build):
    waiting.writing()
    for number in range(3):
        job = Job(kind="x", payload={}, queued_at=waiting.clock(), created_at=waiting.clock(), state="waiting")
        job.organisation_id = waiting.build.organisation("supplier", name=f"Rival {number}").id
        waiting.session.add(job)
    waiting.session.commit()
    waiting.send(LIST.replace(b"Lakeside", b"Dockside"), "more.csv")

    page = waiting.browser.page(waiting.version(1)).text

    assert "1 file of yours is read before this one." in page
    assert "4 files" not in page
    assert "3 files" not in page


@given(
    st.sampled_from(["", *SHARES]),
    st.integers(0, 300_000),
    st.one_of(st.none(), st.integers(0, 300_000)),
    st.integers(0, 900),
)
@settings(max_examples=60, deadline=None)
def test_progress_is_never_over_and_time_left_is_never_told_before_enough_is_known(step, done, total, seconds):
    job = Job(state="running", step=step, done=done, total=total, attempts=1, heartbeat_at=START)
    job.started_at = START - dt.timedelta(seconds=seconds)

    found = pace(job, now=START)

    assert found.percent is None or 0 <= found.percent <= MOST
    assert found.left is None or (found.left >= dt.timedelta() and found.percent >= 10)
    assert (found.percent is None) == (job.step == "")


@given(st.lists(st.tuples(st.sampled_from([*SHARES, ""]), st.integers(0, 100), st.integers(0, 100)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_what_is_done_is_never_less_than_it_was_whatever_the_child_says(words):
    said = []
    watch = work.Watch(None, 1, 1, lambda: START)
    watch._write = lambda progress: said.append(progress)
    watch.session = SimpleNamespace(in_transaction=lambda: False)
    for step, done, total in words:
        watch._next = 0.0
        watch(done, total, step)

    shares = [share_done(one["step"], one["done"], one["total"]) for one in said if one]
    assert shares == sorted(shares)
    assert len(said) == len(words)


def test_steps_share_the_whole_work():
    assert sum(SHARES.values()) == pytest.approx(1)
    assert (progress.UNDERSTANDING[0], progress.WRITING[1]) == (0, 1)
    assert (progress.UNDERSTANDING[1], progress.JUDGING[1]) == (progress.JUDGING[0], progress.WRITING[0])


def test_rows_done_move_on_while_doubles_are_searched_and_rows_written_down(tmp_path, monkeypatch):
    rows = [("name", "address", "city", "country"), *((f"Site {n}", f"{n} Quay", "Hanoi", "VN") for n in range(6_000))]
    said = []
    monkeypatch.setattr(progress, "_EVERY_S", 0.0)
    monkeypatch.setattr(progress, "_folder", [tmp_path])
    monkeypatch.setattr(progress, "report", lambda done, total, step="checking": said.append((done / total, step)))
    monkeypatch.setattr(lines, "_folder", [tmp_path])
    spans = {}
    duplicates = places.duplicates

    def watched(context):
        yield from duplicates(context)
        spans["doubles"] = progress._Step.window

    monkeypatch.setattr(
        check_file, "LIST_RULES", tuple(watched if r is duplicates else r for r in check_file.LIST_RULES)
    )
    progress.start(progress.CHECKING, len(rows))
    progress.window(*progress.UNDERSTANDING)

    check_file.check(book_of({}, extra={"List": rows}), None, today=START.date()).to_lines()

    shares = [share for share, _step in said]
    assert {step for _share, step in said} == {"checking"}
    assert shares == sorted(set(shares))
    spans |= {"columns": progress.UNDERSTANDING, "written": progress.WRITING}
    for first, last in spans.values():
        assert len([share for share in shares if first <= share <= last]) > 2
    assert max(later - share for share, later in pairwise(shares)) < 0.2


def test_the_child_tells_every_step_in_order_and_rows_in_all(tmp_path, monkeypatch):
    import xlsxwriter

    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row in range(6_000):
            sheet.write_row(row, 0, [f"Site {row}", "58 First Avenue", "Kunshan", "China"])
    monkeypatch.setattr(progress, "_EVERY_S", 0.0)
    said = []
    monkeypatch.setattr(progress, "_folder", [tmp_path])
    monkeypatch.setattr(progress, "report", lambda done, total, step="checking": said.append((step, done, total)))

    from framework.ground.sheets.reading import read_here

    book = read_here(path, Limits.quick())

    steps = [step for step, _done, _total in said]
    assert steps == sorted(steps, key=["opening", "reading"].index)
    assert ("reading", 6_000, 6_000) in said
    opened = [(done, total) for step, done, total in said if step == "opening"]
    assert opened[0][0] == 0
    assert opened[-1][0] > 0.9 * opened[-1][1]
    assert len(book.sheets[0].rows) == 6_000


def test_rows_are_stored_in_parts_and_a_reading_that_breaks_off_there_leaves_none_behind(waiting, app, monkeypatch):
    monkeypatch.setattr(storing, "AT_ONCE", 1)
    monkeypatch.setattr(work, "SAID_EVERY_S", 0.0)
    number = waiting.submissions()[0].job_id
    broke = []
    kept = checking.keep

    def breaks(*arguments, **more):
        if not broke:
            broke.append(1)
            raise OSError("away")
        return kept(*arguments, **more)

    monkeypatch.setattr(checking, "keep", breaks)
    waiting.session.rollback()
    worker.run_job(app, number)
    stored = waiting.session.scalar(select(func.count()).select_from(SubmissionRow))
    before = waiting.submissions()[0].state
    waiting.session.rollback()
    waiting.clock.forward(minutes=1)

    worker.run_job(app, number)

    submission = waiting.submissions()[0]
    rows = waiting.session.scalar(select(func.count()).select_from(SubmissionRow))
    assert (stored, before) == (1, "staged")
    assert (rows, submission.state, submission.rows_stored) == (1, "checked", 1)
    assert (submission.job.step, submission.job.state) == ("storing", "done")


def test_rows_of_a_version_taken_back_while_they_were_stored_are_forgotten(waiting):
    act(waiting, "withdraw")
    version = waiting.submissions()[0].id
    session = waiting.writing()
    session.add(SubmissionRow(submission_id=version, sheet="3_sites", row=2, read_values={}))
    session.commit()

    work.forget_unfinished_rows(session, waiting.clock)

    assert session.scalar(select(func.count()).select_from(SubmissionRow)) == 0


def test_a_reading_that_was_stopped_before_it_was_kept_keeps_nothing(waiting, app, monkeypatch):
    number = waiting.submissions()[0].job_id
    store = checking.store_rows

    def stopped_meanwhile(session, submission, checked, *, on_progress):
        store(session, submission, checked, on_progress=on_progress)
        session.commit()
        act(waiting, "stop")

    monkeypatch.setattr(checking, "store_rows", stopped_meanwhile)
    waiting.session.rollback()

    worker.run_job(app, number)

    submission = waiting.submissions()[0]
    assert (submission.state, submission.verdict, submission.job.state) == ("staged", "", "cancelled")


def mails(tender, template):
    return tender.writing().scalars(select(Mail).where(Mail.template == template)).all()


def left(tender):
    """The receipt has left already, as it does after a minute."""
    for mail in mails(tender, "submission_received"):
        mail.state = "sent"
    tender.session.commit()
    tender.session.rollback()


def test_a_long_reading_is_told_by_mail_with_the_link_and_in_the_readers_language(waiting, app):
    session = waiting.writing()
    from models.people import User

    session.scalars(select(User)).first().language = "nl"
    session.commit()
    left(waiting)
    waiting.clock.forward(seconds=90)
    run_all(waiting, app)

    mail = mails(waiting, "submission_read")[0]
    subject, text, page = mailing.render(mail)

    assert mail.language == "nl"
    assert waiting.version() in text
    assert waiting.version() in page
    assert "Lakeside" not in text + page + subject
    assert "sites.csv" not in text + page
    assert [m.params["read"] for m in mails(waiting, "submission_received")] == [False]


def test_a_short_reading_has_one_mail(waiting, app):
    waiting.clock.forward(seconds=20)
    run_all(waiting, app)

    assert mails(waiting, "submission_read") == []
    assert [m.params["read"] for m in mails(waiting, "submission_received")] == [True]


def test_how_long_a_reading_must_last_to_be_told_is_a_setting(waiting, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "mail_when_longer_s", 300)
    left(waiting)
    waiting.clock.forward(seconds=90)
    run_all(waiting, app)

    assert mails(waiting, "submission_read") == []


def test_a_version_that_is_counted_as_soon_as_it_is_read_has_the_mail_of_counting_alone(waiting, app):
    left(waiting)
    waiting.clock.forward(minutes=31)
    work.close_due_rounds(waiting.writing(), waiting.clock)
    run_all(waiting, app)

    assert mails(waiting, "submission_read") == []
    assert len(mails(waiting, "submission_counted")) == 1


def test_the_upload_page_shows_every_limit_of_both_lanes(tender):
    page = tender.browser.page(tender.home).text

    for words in ("50,000", "250,000", "400,000", "6,000,000", "20 MB", "100 MB", "1,024 MB", "32,767", "300 seconds"):
        assert words in page, words
    assert "one file at a time for each organisation" in page


def test_a_limit_that_was_set_is_the_one_that_is_shown_and_holds(tender, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "max_columns", 3)

    shown = tender.browser.page(tender.home).text
    page = tender.send(LIST, "sites.csv").text

    assert "Last column that may hold a value 3" in shown
    assert "the limit is 3 columns" in page


def test_columns_beyond_the_limit_that_was_set_are_named_with_it(tender, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "read_columns", 3)

    shown = tender.browser.page(tender.home).text
    page = tender.send(b"Name,Address,Country,Remark\nAlder Works,1 Alder Road,SE,far\n", "sites.csv").text

    assert "Columns that are read 3" in shown
    assert "Columns beyond the first 3 were not read: D." in page


def test_a_round_may_switch_the_large_lane_off(tender, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "max_rows", 1)
    tender.writing()
    tender.round.settings = {"large_lane": False}
    tender.session.commit()

    shown = tender.browser.page(tender.home).text
    page = tender.send(LIST, "sites.csv").text

    assert "Larger files are not taken in this round." in shown
    assert "at most 20 MB" in shown
    assert tender.submissions()[0].state == "refused"
    assert "the limit is 1 rows" in page or "the limit is 1 row" in page


def test_a_large_file_stays_large_when_it_is_taken_up_again(waiting, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "max_rows", 1)
    number = waiting.submissions()[0].job_id
    waiting.session.rollback()
    worker.run_job(app, number)
    lanes = [waiting.submissions()[0].job.lane]
    waiting.session.rollback()
    act(waiting, "stop")
    act(waiting, "read")
    lanes.append(waiting.submissions()[0].job.lane)

    assert lanes == ["large", "large"]
    assert run_all(waiting, app).state == "checked"


def test_the_defaults_of_the_settings_are_those_of_the_reader():
    bare = Settings()

    assert (bare.quick_limits(), bare.large_limits()) == (Limits.quick(), Limits.large())


def test_a_file_whose_very_size_is_beyond_the_quick_lane_is_read_in_the_large_one(waiting, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "upload_mb", 0)

    submission = run_all(waiting, app)

    lanes = list(waiting.session.scalars(select(Job.lane).order_by(Job.id)))
    assert (submission.state, lanes) == ("checked", ["quick", "large"])


def test_a_child_that_says_nothing_for_minutes_is_alive_as_long_as_its_worker_looks(waiting):
    job_of(waiting, state="running", attempts=1, heartbeat_at=waiting.clock(), step="reading", done=3, total=9)
    session = waiting.writing()
    watch = work.Watch(session, waiting.submissions()[0].job_id, 1, waiting.clock)
    later = waiting.clock.forward(minutes=2)

    watch(0, 0, "")

    job = waiting.submissions()[0].job
    assert (job.heartbeat_at, job.step, job.done, job.total) == (later, "reading", 3, 9)


def test_a_reading_that_is_stopped_while_it_changes_lanes_stays_stopped(waiting, app, monkeypatch):
    def stopped_meanwhile(session, *_arguments, **_more):
        session.rollback()
        act(waiting, "stop")
        raise checking.NeedsLargeLane

    monkeypatch.setattr(checking, "read", stopped_meanwhile)
    number = waiting.submissions()[0].job_id
    waiting.session.rollback()

    worker.run_job(app, number)

    submission = waiting.submissions()[0]
    assert (submission.state, submission.job_id, submission.job.state) == ("staged", number, "cancelled")


def test_a_version_that_is_still_being_read_is_not_compared(waiting):
    waiting.send(LIST.replace(b"58", b"60"), "again.csv")

    answer = waiting.browser.get(f"{waiting.version(1)}/differences")

    assert answer.status_code == 302


def test_a_busy_machine_never_refuses_a_file_and_gives_it_more_time_with_every_attempt(waiting, app, monkeypatch):
    given = []
    read = checking.read

    def starved(*arguments, limits, **more):
        given.append((limits.child_wall_s, limits.child_cpu_s))
        if len(given) < 6:
            raise checking.ChildLost("starved")
        return read(*arguments, limits=limits, **more)

    monkeypatch.setattr(checking, "read", starved)
    number = waiting.submissions()[0].job_id
    for _attempt in range(6):
        waiting.session.rollback()
        worker.run_job(app, number)
        waiting.clock.forward(minutes=10)

    submission = waiting.submissions()[0]
    assert (submission.state, submission.verdict) == ("checked", "countable")
    assert given == [(120 * n, 60) for n in (1, 2, 3, 4, 4, 4)]
