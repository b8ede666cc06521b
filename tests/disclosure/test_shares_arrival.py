"""Where openers hold shares: a version is read while its sender's session lives; then nobody reads it before the opening."""

from __future__ import annotations

import datetime as dt
import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import current_app
from sqlalchemy import delete, select, update

from framework.chain.requests import nodes
from framework.disclosure import arriving, counting, in_memory, opening, previous, releasing
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import MoveRefused
from framework.ground.sheets.reader import ChildLost
from models.base import db
from models.boxes import PrivateBox
from models.disclosure import Correction, Submission, SubmissionRow
from models.people import User, UserSession
from models.records import Job, Mail
from models.sealing import KeyMissing, Ring, holding
from tests.disclosure.test_pages import Tender, with_faults
from tests.memory import remembered
from views import mailing
from views.disclosure.work import forget_keys_in_memory
from views.keyring import with_master
from views.worker import work_off

KEY = PrivateBox.of_seed(b"sixteen bytes of")
SEALED = {"seal_public_key": KEY.public, "settings": {"seal_mode": "shares"}}


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in, **SEALED)


def again(tender):
    """The same person in a new session: the old one goes on."""
    user = tender.submissions()[0].created_by_id
    tender.writing()
    return tender.enter(tender.session.get_one(User, user), tender.supplier)


def test_in_the_session_of_its_sender_a_version_is_shown_as_everywhere(tender):
    page = tender.send(tender.workbook(with_faults(tender.tables())))

    one = tender.submissions()[0]
    assert (one.state, one.verdict, one.preflight) == ("checked", "countable", "passed")
    assert "disclosure.xlsx" in page.text
    assert "lapptop" in page.text
    assert tender.browser.get(f"{tender.version()}/original").status_code == 200


def test_another_session_of_the_same_person_reads_nothing_of_it(tender):
    tender.send(tender.workbook(with_faults(tender.tables())))
    browser = again(tender)

    page, listing = browser.page(tender.version()), browser.page(tender.home)

    assert "Nobody can read it before the opening" in page.text
    assert "lapptop" not in page.text
    assert "disclosure.xlsx" not in page.text
    assert "…" in page.text
    assert tender.submissions()[0].receipt_number in listing.text
    for part in ("original", "issues.xlsx", "marked.xlsx", "columns", "mend", "receipt.pdf", "receipt.json"):
        assert browser.get(f"{tender.version()}/{part}", buffered=True).status_code in (404, 405, 409), part
    assert "sealed until the opening" in browser.page(f"{tender.version()}/receipt").text
    assert browser.get(f"{tender.home}/template-en.xlsx", buffered=True).status_code == 200


@pytest.mark.parametrize("ends", ["signed out", "idle", "revoked"])
def test_with_its_session_the_key_is_forgotten(tender, ends):
    tender.send()
    one = tender.submissions()[0]
    deposits = current_app.extensions["deposits"]
    assert deposits.get(f"{in_memory.KIND}{one.seal_id}") is not None

    if ends == "signed out":
        tender.browser.send("/sign-out")
    elif ends == "idle":
        tender.clock.forward(hours=2)
        forget_keys_in_memory(tender.writing(), tender.clock)
    else:
        tender.writing().execute(delete(UserSession))
        tender.session.commit()
        forget_keys_in_memory(tender.writing(), tender.clock)

    assert deposits.get(f"{in_memory.KIND}{one.seal_id}") is None
    with pytest.raises(KeyMissing):
        _ = one.facts()


def opened(tender):
    """Receipt closes, and what the openers' shares give opens."""
    tender.clock.forward(minutes=31)
    session = tender.writing()
    files = current_app.extensions["files"]
    held = Ring(master=current_app.extensions["master"], deposits=current_app.extensions["deposits"])
    held.boxes[tender.round.public_id] = KEY
    with holding(held):
        counting.close_receipt(session, tender.round, clock=tender.clock, files=files)
        counting.wait_for_nothing(session, tender.round, clock=tender.clock, files=files)
        session.flush()
        for one in session.scalars(select(Submission).where(Submission.state == "counted")).all():
            one.opened_at = tender.clock.now
            releasing.release(session, one)
            lifecycle.move(session, one, "open", actor=SYSTEM, now=tender.clock.now)
    session.commit()


def test_after_its_session_it_is_counted_and_opened_with_the_shares(tender):
    tender.send()
    tender.browser.send("/sign-out")
    deposits = current_app.extensions["deposits"]
    assert list(deposits.all("")) == []

    opened(tender)

    one = tender.submissions()[0]
    assert (one.state, one.rows_stored) == ("opened", one.rows_in)
    assert one.file.name == "disclosure.xlsx"
    rows = tender.session.scalars(select(SubmissionRow)).all()
    assert rows
    assert all(isinstance(row.read_values, dict) for row in rows)


def unread(tender, content=None):
    """A version whose session ended before anybody read it."""
    current_app.extensions["settings"].inline_mb, before = 0, current_app.extensions["settings"].inline_mb
    try:
        tender.send(content)
    finally:
        current_app.extensions["settings"].inline_mb = before
    assert tender.submissions()[0].state == "staged"
    tender.browser.send("/sign-out")
    db.session.remove()
    work_off(current_app)


def test_what_nobody_read_in_time_counts_and_is_read_after_the_opening(tender):
    unread(tender)
    one = tender.submissions()[0]
    assert (one.state, one.verdict, one.checked_at) == ("checked", "countable", None)
    page = again(tender).page(tender.version())
    assert "It could not be read before your session ended" in page.text

    opened(tender)
    one = tender.submissions()[0]
    assert one.state == "opened"
    assert one.is_being_read
    session = tender.writing()
    opening._prepare(session, session.get_one(Submission, one.id), tender.clock.now)
    session.commit()
    db.session.remove()
    work_off(current_app)

    one = tender.submissions()[0]
    assert one.rows_stored
    assert not one.is_being_read
    assert tender.session.scalars(select(Job.kind).where(Job.kind == "build_chain")).all() == ["build_chain"]


def test_what_is_no_table_and_was_not_read_does_not_count(tender):
    unread(tender, b"%PDF-1.7 no table")

    assert [one.state for one in tender.submissions()] == ["refused"]
    assert "We could not take this file" in again(tender).page(tender.version()).text


def test_a_late_file_has_its_receipt_in_its_session_and_is_read_by_nobody(tender):
    tender.clock.forward(minutes=31)
    tender.send()

    one = tender.submissions()[0]
    assert (one.state, one.checked_at, one.job) == ("late", None, None)
    assert tender.browser.get(f"{tender.version()}/receipt.json", buffered=True).status_code == 200
    tender.browser.send("/sign-out")
    assert list(current_app.extensions["deposits"].all("")) == []
    assert "after the deadline" in again(tender).page(tender.version()).text


def test_the_same_bytes_again_are_the_same_version(tender):
    content = tender.workbook()
    tender.send(content)
    tender.send(content, browser=again(tender))

    assert len(tender.submissions()) == 1


def test_a_newer_version_of_another_session_replaces_the_one_nobody_can_read(tender):
    tender.send()
    browser = again(tender)
    tender.browser.send("/sign-out")
    tender.send(tender.workbook(with_faults(tender.tables())), browser=browser)

    assert [one.state for one in tender.submissions()] == ["checked", "checked"]
    opened(tender)
    assert [one.state for one in tender.submissions()] == ["replaced", "opened"]


def test_mails_go_without_what_only_the_key_opens(tender, app):
    tender.send()
    tender.browser.send("/sign-out")
    tender.clock.forward(minutes=2)
    with app.app_context():
        mail = tender.session.scalars(select(Mail).where(Mail.template == "submission_received")).one()
        _subject, text, page = mailing.render(mail)

        assert tender.submissions()[0].receipt_number in text
        assert "SHA-256" not in text + page
        assert mailing.attached(mail) == []


def test_the_mail_of_the_arrival_carries_the_signed_receipt_while_the_session_lives(tender, app):
    tender.send()
    with app.app_context():
        mail = tender.session.scalars(select(Mail).where(Mail.template == "submission_received")).one()
        assert "SHA-256" in mailing.render(mail)[1]
        assert len(mailing.attached(mail)) == 1


def test_withdrawing_and_counting_need_no_key(tender):
    tender.send()
    browser = again(tender)
    tender.browser.send("/sign-out")

    browser.send(f"{tender.version()}/count")
    assert tender.submissions()[0].state == "counted"
    browser.send(f"{tender.version()}/withdraw")
    assert tender.submissions()[0].state == "withdrawn"


def test_where_no_memory_keeps_keys_a_file_is_still_taken(tender, monkeypatch):
    monkeypatch.setitem(current_app.extensions, "deposits", None)
    tender.send()

    one = tender.submissions()[0]
    assert (one.state, one.verdict, one.checked_at) == ("checked", "countable", None)


def test_a_mending_that_nobody_read_is_set_aside_and_what_was_read_counts(tender):
    tender.send(tender.workbook(with_faults(tender.tables())))
    page = tender.browser.get(tender.version(), buffered=True).get_data(as_text=True)
    address = html.unescape(next(iter(re.findall(r'href="([^"]*/mend[^"]*)"', page))))
    cause = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    current_app.extensions["settings"].inline_mb, before = 0, current_app.extensions["settings"].inline_mb
    tender.browser.post(urlsplit(address).path, data=cause | {"how": "all", "everywhere": "laptop"})
    current_app.extensions["settings"].inline_mb = before
    assert tender.submissions()[0].is_rechecked
    tender.browser.send("/sign-out")

    opened(tender)

    one = tender.submissions()[0]
    assert (one.state, one.is_mended) == ("opened", False)
    assert [cell.undone_at is not None for cell in tender.session.scalars(select(Correction))] == [True]


def test_a_version_nobody_can_read_is_not_taken_for_an_empty_one(tender):
    tender.send()
    browser = again(tender)
    tender.browser.send("/sign-out")
    one = tender.submissions()[0]

    with with_master(current_app), pytest.raises(MoveRefused) as refused:
        previous.rows_of(tender.session, one)
    assert refused.value.code == "key-away"
    with with_master(current_app), pytest.raises(MoveRefused):
        nodes.open_nodes(tender.session, one)
    page = browser.page(f"{tender.here}/requests")
    assert "nobody can read it before the opening" in page.text
    assert "leaves nothing open" not in page.text


def test_a_newer_version_is_not_compared_with_one_that_nobody_can_read(tender):
    tender.send()
    browser = again(tender)
    tender.browser.send("/sign-out")
    tender.send(tender.workbook(with_faults(tender.tables())), browser=browser)

    page = browser.page(tender.version(1))

    assert "What changed since" not in page.text
    listed = browser.get(f"{tender.version(1)}/differences.xlsx", buffered=True)
    assert listed.status_code == 302


def test_the_same_bytes_are_read_where_nobody_could_read_them_before(tender):
    content = tender.workbook()
    unread(tender, content)
    tender.send(content, browser=again(tender))

    assert [(one.state, one.checked_at is None) for one in tender.submissions()] == [
        ("checked", True),
        ("checked", False),
    ]


@pytest.mark.parametrize("fails", [ChildLost("starved"), OSError("no room")])
def test_a_fault_of_the_machine_refuses_no_file(tender, monkeypatch, fails):
    def lost(*_given, **_named):
        raise fails

    monkeypatch.setattr(arriving, "run_in_child", lost)
    unread(tender)

    assert [(one.state, one.verdict, one.preflight) for one in tender.submissions()] == [("checked", "countable", "")]


def test_who_is_refused_unread_is_told(tender, app):
    unread(tender, b"%PDF-1.7 no table")
    with app.app_context():
        mail = tender.session.scalars(select(Mail).where(Mail.template == "submission_received")).one()
        text = mailing.render(mail)[1]

    assert "We could not read this file" in text
    assert "without anything further" not in text
    assert "did not pass the first look" in again(tender).page(tender.version()).text


def test_a_mail_that_leaves_late_says_whether_the_file_can_count(tender, app):
    tender.send(b"a,b\n1,2\n", name="wrong.csv")
    blocked = tender.submissions()[0].verdict
    tender.browser.send("/sign-out")
    with app.app_context():
        mail = tender.session.scalars(select(Mail).where(Mail.template == "submission_received")).one()
        text = mailing.render(mail)[1]

    assert blocked != "countable"
    assert "without anything further" not in text


def test_a_folder_that_others_look_into_keeps_nothing_and_refuses_no_file(tender):
    deposits = current_app.extensions["deposits"]
    deposits.folder.mkdir(parents=True, exist_ok=True)
    deposits.folder.chmod(0o755)

    assert not deposits.works()
    tender.send()
    assert tender.submissions()[0].verdict == "countable"
    deposits.folder.chmod(0o700)
    assert deposits.works()


def test_whoever_sends_after_a_pause_is_not_idle(tender):
    tender.writing().execute(update(UserSession).values(last_seen_at=tender.clock.now - dt.timedelta(minutes=59)))
    tender.session.commit()
    tender.send()
    tender.writing().execute(update(UserSession).values(last_seen_at=tender.clock.now - dt.timedelta(hours=3)))
    tender.session.commit()

    forget_keys_in_memory(tender.writing(), tender.clock)

    assert len(list(current_app.extensions["deposits"].all(in_memory.KIND))) == 1
