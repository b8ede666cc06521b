"""Pages of a disclosure in the browser's order: upload, receipt, remarks, counting, deadline, opening; and who finds nothing."""

from __future__ import annotations

import datetime as dt
import errno
import io
import zipfile

import pytest
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from framework.disclosure import checking, counting, notices
from framework.disclosure.columns import sheet_columns
from framework.disclosure.receiving import scope_of
from framework.disclosure.table import written
from framework.disclosure.workbook import write_filled
from framework.ground import jobs
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost
from framework.people import sessions
from models.base import db
from models.disclosure import Submission, SubmissionRow, SupplierInvitation
from models.people import Organisation
from models.records import AuditEvent, Job, Mail
from models.rounds import Round
from tests.disclosure.workbooks import faultless
from tests.memory import remembered
from views import mailing, worker
from views.disclosure import work


class Tender:
    """A published round with a supplier that is signed in, and its workbook.

    An upload gives its session back to read the file, so records are looked up anew in the session of the moment.
    """

    @remembered
    def __init__(self, session, build, clock, sign_in, **terms):
        self._build, self.clock, self._sign_in = build, clock, sign_in
        round_ = build.round(state="published", tender_deadline=clock.now + dt.timedelta(minutes=30), **terms)
        build.lot(round_, code="A", required_components=["mainboard_pcba"], minerals=["tin"])
        supplier = build.organisation("supplier", name="Example Reseller")
        user = build.user(supplier)
        self.home = f"/rounds/{round_.public_id}/disclosure"
        self.here, self._ids = f"/rounds/{round_.public_id}", (round_.id, supplier.id)
        session.commit()
        self.browser = sign_in(user, supplier)

    @property
    def session(self):
        return db.session()

    @property
    def build(self):
        self._build.session = self.session
        return self._build

    @property
    def round(self):
        return self.session.get_one(Round, self._ids[0])

    @property
    def supplier(self):
        return self.session.get_one(Organisation, self._ids[1])

    @remembered
    def person(self, organisation, *roles):
        """A browser of a new person of an organisation."""
        user = self.build.user(organisation, *roles)
        return self.enter(user, organisation)

    @remembered
    def enter(self, user, organisation):
        live, token = sessions.start(self.session, user, now=self.clock.now, max_hours=1000, second_factor=True)
        live.organisation_id = organisation.id
        self.session.commit()
        return self._client(token)

    def _client(self, token):
        browser = current_app.test_client()
        with browser.session_transaction() as cookie:
            cookie["sid"] = token
        return browser

    def tables(self, **changes):
        tables = faultless()
        tables["0_submission"][0]["round_id"] = self.round.public_id
        tables["1_products"][0]["spec_tier"] = None
        for sheet, change in changes.items():
            tables[f"{sheet}"] = change
        return tables

    def workbook(self, tables=None) -> bytes:
        target = io.BytesIO()
        write_filled(target, scope_of(self.session, self.round, self.supplier), tables or self.tables())
        return target.getvalue()

    @remembered
    def send(self, content=None, name="disclosure.xlsx", status=200, browser=None, **values):
        data = {"file": (io.BytesIO(self.workbook() if content is None else content), name)} | values
        page = (browser or self.browser).send(self.home, data, status)
        self.session.rollback()  # what was not committed is not kept
        return page

    def submissions(self) -> list[Submission]:
        self.session.rollback()
        return list(self.session.scalars(select(Submission).order_by(Submission.version_no)))

    def writing(self):
        self.session.rollback()
        self.session.info["write"] = True
        return self.session

    def version(self, number=0):
        return f"{self.home}/{self.submissions()[number].public_id}"


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def csv_of(sheet, rows) -> str:
    names = list(sheet_columns(sheet))
    lines = [";".join(str(written(row.get(n)) if row.get(n) is not None else "") for n in names) for row in rows]
    return "\n".join([";".join(names), *lines])


def with_faults(tables):
    tables["1_products"][0]["category"] = "lapptop"
    tables["3_sites"][1]["country"] = ""
    return tables


def test_the_prefilled_template_opens_and_names_the_round(tender):
    answer = tender.browser.get(f"{tender.home}/template-sv.xlsx")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert zipfile.is_zipfile(io.BytesIO(answer.data))


def test_a_clean_workbook_is_read_counted_and_every_row_is_accounted_for(tender):
    page = tender.send()
    submission = tender.submissions()[0]
    counted = tender.browser.send(f"{tender.home}/{submission.public_id}/count")

    submission = tender.submissions()[0]
    rows = tender.session.scalar(select(func.count()).select_from(SubmissionRow))
    assert submission.receipt_number in page.text
    assert submission.file.content_sha256 in page.text
    assert "Counted and sealed" in counted.text
    assert (submission.state, submission.verdict) == ("counted", "countable")
    assert rows == submission.rows_in == submission.rows_stored + submission.rows_listed == 17


def test_a_faulty_file_names_its_places_and_the_mended_one_replaces_it(tender):
    page = tender.send(tender.workbook(with_faults(tender.tables())))
    first = tender.version(0)
    tender.browser.send(f"{first}/count")
    tender.send()
    tender.browser.send(f"{tender.version(1)}/count")

    assert "1_products!C2 (category)" in page.text
    assert "Did you mean laptop?" in page.text
    assert "3_sites!I3 (country)" in page.text
    assert [s.state for s in tender.submissions()] == ["replaced", "counted"]
    assert "Replaced by a newer version" in tender.browser.page(first).text


def test_a_file_for_another_round_blocks_and_the_older_one_stands(tender):
    tender.send()
    tables = tender.tables()
    tables["0_submission"][0]["round_id"] = "another"
    page = tender.send(tender.workbook(tables))

    assert "cannot be counted" in page.text
    assert "for the round another, not" in page.text
    assert "will be counted" in page.text
    assert (
        "Version 1, received on 23 Nov 2026 10:00 CET, will be counted instead" in tender.browser.page(tender.home).text
    )


def test_a_file_for_another_public_round_is_told_by_the_name_of_that_round(tender):
    session = tender.writing()
    other = tender.build.round(state="published", name="Monitors 2029")
    tables = tender.tables()
    tables["0_submission"][0]["round_id"] = other.public_id
    session.commit()

    page = tender.send(tender.workbook(tables))

    assert "This workbook is for the round Monitors 2029, not for" in page.text


def test_only_the_version_that_will_count_is_marked_as_good(tender):
    tender.send()
    tender.browser.send(f"{tender.version()}/count")
    before = tender.browser.page(tender.home).text
    tender.send(tender.workbook(with_faults(tender.tables())))

    after = tender.browser.page(tender.home).text

    assert "Counted until replaced" not in before
    assert "Counted until replaced" in after
    assert "Will be counted" in after


def test_a_receipt_says_not_counted_yet_while_it_will_be(tender):
    tender.send()

    shown = tender.browser.page(tender.version()).text

    assert "not counted yet" in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\x89PNG\r\n\x1a\n rest", "spreadsheet"), (b"PK\x03\x04 cut", "incomplete")],
    ids=["empty", "picture", "cut"],
)
def test_an_unreadable_file_is_refused_with_a_receipt_and_a_reason(tender, content, said):
    page = tender.send(content)

    submission = tender.submissions()[0]
    assert submission.state == "refused"
    assert submission.receipt_number in page.text
    assert said in page.text


def test_the_same_bytes_twice_are_one_version(tender):
    tender.send()
    tender.send()

    assert len(tender.submissions()) == 1


def test_one_form_sent_twice_is_one_version(tender):
    content = tender.workbook()
    tender.send(content, once="k1")
    tender.browser.send(f"{tender.version()}/withdraw")

    tender.send(content, once="k1")

    assert [s.state for s in tender.submissions()] == ["withdrawn"]


def test_pages_of_a_version_are_not_found_for_another_supplier(tender):
    tender.send()
    version = f"{tender.home}/{tender.submissions()[0].public_id}"
    tender.writing()
    browser = tender.person(tender.build.organisation("supplier"))

    for path in ("", "/original", "/issues.xlsx", "/progress", "/receipt"):
        assert browser.get(version + path).status_code == 404, path
    for act in ("/count", "/withdraw"):
        assert browser.post(version + act).status_code == 404, act


def test_lead_and_member_find_nothing_of_a_sealed_version(tender):
    tender.send()
    version = f"{tender.home}/{tender.submissions()[0].public_id}"
    tender.writing()
    lead = tender.person(tender.round.organisation)
    tender.writing()
    member = tender.person(tender.build.sign_on(tender.round, state="confirmed").organisation)

    for browser in (lead, member):
        for path in ("", "/original", "/issues.xlsx", "/progress", "/receipt"):
            assert browser.get(version + path).status_code in (403, 404), path
        for path in ("submissions", "comparison"):
            assert browser.get(f"{tender.here}/{path}").status_code == 409
        assert "Example Reseller" not in browser.page(f"{tender.here}/opening").text


@pytest.mark.parametrize("count", [0, 2], ids=["none", "two"])
def test_one_upload_is_one_file(tender, count):
    files = [(io.BytesIO(b"a"), "a.xlsx"), (io.BytesIO(b"b"), "b.xlsx")][:count]

    page = tender.browser.send(tender.home, {"file": files}, 422)

    assert "Choose one workbook" in page.text
    assert tender.submissions() == []


def test_a_file_above_the_limit_is_refused_and_nothing_stays(tender, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "large_upload_mb", 0)

    page = tender.send(b"x" * 100, status=413)

    assert "larger than" in page.text
    assert tender.submissions() == []
    assert list(app.extensions["files"].addresses()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd.xlsx", "..\\..\\x.xlsx", "a; X-Evil=1.xlsx", "<b>.xlsx"])
def test_a_hostile_file_name_does_nothing(tender, name):
    tender.send(name=name)

    submission = tender.submissions()[0]
    answer = tender.browser.get(f"{tender.home}/{submission.public_id}/original")
    sent = answer.get_data()
    answer.close()
    assert sent == tender.workbook()
    assert f"disclosure-{submission.receipt_number}.xlsx" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "X-Evil" not in answer.headers


def test_a_csv_list_of_sites_counts_as_company_wide_under_its_own_name(tender):
    text = "Our suppliers\n\nSupplier name;Address;City;Country\nLakeside Ltd;58 First Avenue;Kunshan;China\n"

    page = tender.send(text.encode(), "sites 2026.csv")

    submission = tender.submissions()[0]
    assert (submission.state, submission.format) == ("checked", "site-list")
    assert submission.sheets[0]["name"] == "sites 2026"
    assert "a list of sites of the whole company" in page.text


def test_the_csv_files_of_a_submission_in_one_zip_are_read(tender):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for sheet, rows in tender.tables().items():
            package.writestr(f"{sheet}.csv", csv_of(sheet, rows))

    tender.send(target.getvalue(), "all.zip")

    submission = tender.submissions()[0]
    assert (submission.verdict, submission.rows_in, submission.rows_stored) == ("countable", 17, 17)


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, "checked"), (0, "checked"), (1, "late")], ids=["before", "at", "after"]
)
@pytest.mark.parametrize("job", [False, True], ids=["clock job off", "clock job on"])
def test_the_date_decides_whether_or_not_the_clock_job_ran(tender, seconds, state, job):
    tender.clock.now = tender.round.tender_deadline + dt.timedelta(seconds=seconds)
    if job:
        work.close_due_rounds(tender.writing(), tender.clock)
        tender.session.rollback()

    page = tender.send()

    assert tender.submissions()[0].state == state
    assert ("1 second after the deadline" in page.text) is (state == "late")


@pytest.mark.parametrize("job", [False, True], ids=["clock job off", "clock job on"])
def test_nothing_is_counted_or_withdrawn_by_hand_after_the_deadline(tender, job):
    tender.send()
    version = f"{tender.home}/{tender.submissions()[0].public_id}"
    tender.clock.forward(minutes=40)
    if job:
        work.close_due_rounds(tender.writing(), tender.clock)
        tender.session.rollback()

    for act in ("count", "withdraw"):
        tender.browser.send(f"{version}/{act}", status=409)

    page = tender.browser.page(version)
    denied = tender.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.outcome == "denied").order_by(AuditEvent.seq)
    ).all()
    taken_back = "withdraw" if job else "discard"
    assert denied == ["submission_tender.count.denied", f"submission_tender.{taken_back}.denied"]
    assert "Withdraw my submission" not in page.text
    assert "nothing is left to do" in page.text or "Counted and sealed" in page.text


def test_a_file_that_is_much_too_late_is_told_in_minutes(tender):
    tender.browser.page(tender.home)
    tender.clock.forward(minutes=40, seconds=14)

    page = tender.send()

    assert "10 minutes after the deadline" in page.text
    assert "No, 614 seconds late" in page.text


def test_a_late_file_is_kept_unopened_with_a_receipt(tender, app):
    tender.browser.page(tender.home)
    tender.clock.forward(minutes=30, seconds=14)

    page = tender.send()

    submission = tender.submissions()[0]
    assert "14 seconds after the deadline" in page.text
    assert submission.receipt_number in page.text
    assert app.extensions["files"].is_intact(submission.file.sha256)
    assert submission.rows_in is None


def test_after_the_opening_no_file_is_taken(tender):
    tender.send()
    tender.writing()
    round_ = tender.round
    round_.state, round_.opened_at = "opened", tender.clock()
    tender.session.commit()

    tender.send(b"other", status=409)

    assert len(tender.submissions()) == 1


def test_withdrawing_takes_everything_back_until_a_new_file_comes(tender):
    tender.send()
    version = f"{tender.home}/{tender.submissions()[0].public_id}"

    page = tender.browser.send(f"{version}/withdraw")
    tender.send()

    assert "does not count" in page.text
    assert [s.state for s in tender.submissions()] == ["withdrawn", "checked"]


def test_the_page_before_a_withdrawal_says_what_it_does_and_changes_nothing(tender):
    tender.send()
    tender.browser.send(f"{tender.version()}/count")
    tender.send(tender.workbook(with_faults(tender.tables())))

    newer = tender.browser.page(f"{tender.version(1)}/withdraw")
    counted = tender.browser.page(f"{tender.version()}/withdraw")

    assert "Discard this version" in newer.text
    assert "Version 1 goes on counting" in newer.text
    assert "Withdraw the submission" in counted.text
    assert "Nothing of yours counts then" in counted.text
    assert "you can send the same file again" in counted.text
    assert [s.state for s in tender.submissions()] == ["counted", "checked"]


def test_discarding_the_newer_version_is_told_as_such(tender):
    tender.send()
    tender.browser.send(f"{tender.version()}/count")
    tender.send(tender.workbook(with_faults(tender.tables())))

    page = tender.browser.send(f"{tender.version(1)}/withdraw")

    mails = tender.writing().scalars(select(Mail.template)).all()
    assert "This version is discarded" in page.text
    assert [s.state for s in tender.submissions()] == ["counted", "withdrawn"]
    assert ("submission_discarded" in mails, "submission_withdrawn" in mails) == (True, False)


def test_after_the_deadline_the_page_before_a_withdrawal_leads_back(tender):
    tender.send()
    version = tender.version()
    tender.session.rollback()
    tender.clock.forward(minutes=40)

    answer = tender.browser.get(f"{version}/withdraw")

    assert (answer.status_code, answer.headers["Location"]) == (302, version)


def test_all_remarks_come_as_a_workbook(tender):
    tender.send(tender.workbook(with_faults(tender.tables())))
    version = f"{tender.home}/{tender.submissions()[0].public_id}"

    answer = tender.browser.get(f"{version}/issues.xlsx")

    assert zipfile.is_zipfile(io.BytesIO(answer.data))
    assert "filename=remarks-" in answer.headers["Content-Disposition"]


def test_a_receipt_leaves_in_one_mail_without_the_file_name_or_a_value(tender, app):
    tender.send(tender.workbook(with_faults(tender.tables())), "Secret project.xlsx")

    mails = tender.writing().scalars(select(Mail).where(Mail.template == "submission_received")).all()
    subject, text, page = mailing.render(mails[0])
    assert len(mails) == 1
    assert mails[0].next_try_at == tender.clock()
    for half in (subject + text, page):
        assert tender.submissions()[0].receipt_number in half
        assert "Secret project" not in half
        assert "lapptop" not in half
    assert tender.submissions()[0].file.content_sha256 in text


@pytest.mark.parametrize(
    "template",
    ["submission_late", "submission_counted", "submission_withdrawn", "submission_discarded", "submission_not_counted"],
)
def test_every_mail_of_a_submission_renders_in_both_halves(tender, app, template):
    tender.send()
    tender.writing()
    submission = tender.session.scalars(select(Submission)).one()
    submission.late_by_seconds, submission.reason = 3, "nobody counted it"
    mail = notices._post(
        tender.session, submission, template, now=tender.clock(), seconds=3, at="now", reason=submission.reason
    )

    subject, text, page = mailing.render(mail)

    assert "000001-95" in subject + text
    assert "000001-95" in page


def test_a_file_beyond_the_quick_lane_waits_for_the_worker_and_is_read_there(tender, app, monkeypatch):
    narrow = Limits.quick(max_rows=2)
    monkeypatch.setattr(work, "_limits", lambda lane, _round: narrow if lane == "quick" else Limits.large())
    page = tender.send()
    waiting = tender.submissions()[0]
    assert waiting.state == "staged"
    assert "Waiting for its turn" in page.text
    number = waiting.job_id
    tender.session.rollback()

    worker.run_job(app, number)

    submission = tender.submissions()[0]
    assert submission.state == "checked"
    assert submission.job.lane == "large"


def test_progress_stays_on_the_row_of_the_job(tender, app):
    tender.send()
    number = tender.submissions()[0].job_id
    session = tender.writing()
    job = session.get_one(Job, number)
    job.state = "running"
    session.commit()
    watch = work.Watch(session, number, job.attempts, tender.clock)

    watch(5, 16, "checking")

    job = tender.submissions()[0].job
    assert (job.step, job.done, job.total) == ("checking", 5, 16)


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "disk"),
        OperationalError("INSERT", {}, Exception("locked")),
        ChildLost("EIO"),
        KeyError("bug"),
    ],
    ids=["disk", "database", "child", "bug"],
)
def test_a_fault_of_the_machine_never_refuses_what_arrived_in_time(tender, app, monkeypatch, fault):
    def broken(*_arguments, **_more):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(checking, "read", broken)
        tender.send()
        number = tender.submissions()[0].job_id
        for _attempt in range(6):
            tender.session.rollback()
            tender.clock.forward(minutes=5)
            worker.run_job(app, number)
    before = tender.submissions()[0].state
    tender.session.rollback()
    tender.clock.forward(minutes=5)
    worker.run_job(app, number)

    assert (before, tender.submissions()[0].state) == ("staged", "checked")


def test_a_child_that_is_killed_every_time_is_in_the_end_judged_to_be_the_file(tender, app, monkeypatch):
    def killed(*_arguments, **_more):
        raise ChildLost("killed by SIGKILL", Refusal("file-unreadable", "killed"))

    monkeypatch.setattr(checking, "read", killed)
    tender.send()
    number, states = tender.submissions()[0].job_id, []
    for _attempt in range(jobs.MAX_FAULTS):
        states.append(tender.submissions()[0].state)
        tender.session.rollback()
        tender.clock.forward(minutes=5)
        worker.run_job(app, number)

    submission = tender.submissions()[0]
    page = tender.browser.page(f"{tender.home}/{submission.public_id}")
    assert (states, submission.state) == (["staged", "staged", "refused"], "refused")
    assert "The program that reads files broke off at this one each time it was tried." in page.text


def test_a_receipt_that_was_given_is_answered_whatever_the_check_meets(tender, app, monkeypatch):
    def away(*_arguments, **_more):
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(jobs, "claim", away)

    page = tender.send()

    assert "000001-95" in page.text
    assert tender.submissions()[0].state == "staged"


def test_a_tampered_file_does_not_keep_the_round_from_closing(tender, app):
    tender.send()
    tender.send(tender.workbook(with_faults(tender.tables())))
    files = app.extensions["files"]
    path = files.path(tender.submissions()[1].file.sha256)
    path.chmod(0o600)
    path.write_bytes(b"other")
    tender.clock.forward(minutes=40)

    tender.writing()
    counting.close_receipt(tender.session, tender.round, clock=tender.clock, files=files)

    tender.session.commit()
    assert [s.state for s in tender.submissions()] == ["counted", "lapsed"]


def test_two_openers_open_on_their_pages_and_the_record_prints(tender):
    tender.send()
    browsers = []
    for _ in range(2):
        tender.writing()
        person = tender.build.user(tender.round.organisation, "lead")
        tender.build.appoint(tender.round, person, tender.round.organisation, "opener")
        browsers.append(tender.enter(person, tender.round.organisation))
    here = f"{tender.here}/opening"
    browsers[0].send(here, status=409)
    tender.clock.forward(minutes=40)

    offered = browsers[0].page(here)
    first = browsers[0].send(here)
    browsers[0].send(here, status=409)
    second = browsers[1].send(here)
    record = browsers[1].page(f"{here}/record")

    submission = tender.submissions()[0]
    kinds = tender.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.outcome == "denied").order_by(AuditEvent.seq)
    ).all()
    assert "Confirm the opening" in offered.text
    assert "You have confirmed" in first.text
    assert "The tenders are open" in second.text
    assert submission.state == "opened"
    assert submission.file.content_sha256 in record.text
    assert kinds == ["tenders:open.denied"] * 2


def test_the_lead_invites_a_supplier_and_sees_nothing_of_what_it_sends(tender):
    tender.send()
    tender.writing()
    other = tender.build.organisation("supplier", name="Quiet AB")
    address, public_id = tender.build.user(other).email, other.public_id
    browser = tender.person(tender.round.organisation)
    here = f"{tender.here}/suppliers"

    invited = browser.send(here, {"organisation": public_id})
    browser.send(here, {"organisation": public_id}, 409)
    browser.send(here, {"organisation": "nobody"}, 422)

    mails = tender.writing().scalars(select(Mail.recipient).where(Mail.template == "supplier_invited")).all()
    assert "Quiet AB is invited" in invited.text
    assert mails == [address]
    for word in ("000001-95", "Submission opened", "17 rows"):
        assert word not in browser.page(here).text


def test_an_invitation_before_publication_is_told_with_it_and_can_be_taken_back(build, session, clock, sign_in):
    round_ = build.round(state="demand")
    supplier = build.organisation("supplier")
    build.user(supplier)
    lead = build.user(round_.organisation)
    session.commit()
    browser = sign_in(lead, round_.organisation)
    here = f"/rounds/{round_.public_id}/suppliers"

    page = browser.send(here, {"organisation": supplier.public_id})
    session.rollback()
    public_id = session.scalars(select(SupplierInvitation.public_id)).one()
    gone = browser.send(f"{here}/{public_id}/take-back")

    assert "Is told at the publication" in page.text
    assert "taken back" in gone.text
    assert session.scalar(select(func.count()).select_from(Mail)) == 0
