"""Something stored was damaged: that costs what was damaged, and no version, round or mail beside it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from framework.disclosure import counting, opening
from framework.ground import jobs
from models.disclosure import Submission, SubmissionIssue
from models.records import Mail
from tests.clamd import scan_the_rest
from tests.disclosure.test_comparisons import NEW, OLD
from tests.disclosure.test_pages import Tender
from tests.memory import remembered
from views import worker


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
def later(monkeypatch):
    """What is sent waits for the worker."""
    monkeypatch.setattr("views.disclosure.upload.run_if_small", lambda *_: None)


def damage(app, tender, version=-1):
    """Change one stored byte of the file of a version."""
    path = app.extensions["files"].path(tender.submissions()[version].file.sha256)
    stored = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))


def work(app, tender):
    tender.session.rollback()
    tender.session.info["write"] = False
    worker.work_off(app)
    return tender.submissions()


def change_rows(tender, submission):
    """Put what no key opens in the place of the values of a version."""
    number = submission.id
    tender.writing()
    broken = f"'\"~sealed1~{submission.seal_id}.AAAA\"'"
    tender.session.execute(text(f"UPDATE submission_row SET read_values = {broken} WHERE submission_id = {number}"))
    tender.session.commit()


def test_a_file_whose_stored_bytes_were_damaged_is_refused_and_the_round_does_not_wait_for_it(
    tender, app, later, caplog
):
    tender.send(OLD, "sites.csv")
    damage(app, tender)

    submission = work(app, tender)[0]

    causes = [one.cause for one in tender.session.scalars(select(SubmissionIssue))]
    assert (submission.state, submission.verdict, causes) == ("refused", "refused", ["file-changed"])
    assert "were changed" in caplog.text
    assert "stored bytes of this file were changed" in tender.browser.page(tender.version()).text
    assert not any(
        code == "still-reading" for code, _ in opening.obstacles(tender.session, tender.round, now=tender.clock())
    )


def test_a_version_that_is_read_again_from_damaged_bytes_keeps_its_result_and_lapses(tender, app):
    tender.send()
    tender.writing()
    submission = tender.submissions()[0]
    submission.is_mended = True
    submission.job = jobs.enqueue(
        tender.session, "check_submission", now=tender.clock(), submission=submission.public_id
    )
    tender.session.commit()
    damage(app, tender)

    submission = work(app, tender)[0]

    assert (submission.state, submission.verdict, submission.is_mended) == ("checked", "countable", False)
    tender.writing()
    tender.clock.forward(hours=2)
    counting.close_receipt(tender.session, tender.round, clock=tender.clock, files=app.extensions["files"])
    submission = tender.session.scalars(select(Submission)).one()
    assert (submission.state, submission.reason) == ("lapsed", "the stored file no longer has the hash of its receipt")


def test_a_newer_version_is_read_though_the_rows_of_an_older_one_were_changed(tender, app, caplog):
    tender.send(OLD, "sites.csv")
    change_rows(tender, tender.submissions()[0])

    tender.send(NEW, "sites.csv")

    assert [one.state for one in tender.submissions()] == ["checked", "checked"]
    assert "read without the version before it" in caplog.text


def change(tender, statement):
    """Change what is stored below the product."""
    tender.writing()
    tender.session.execute(text(statement))
    tender.session.commit()


@pytest.mark.parametrize("what", ["key of another version", "line of the receipt"])
def test_a_receipt_that_does_not_open_is_not_attached_and_stops_no_act(tender, app, what, caplog):
    tender.send(OLD, "sites.csv")
    tender.send()
    first, second = (one.file_id for one in tender.submissions())
    if what == "key of another version":
        change(tender, f"UPDATE stored_file SET wrapped_key = 'AAAA' WHERE id = {first}")
    else:
        change(tender, "UPDATE receipt_line SET statement = substr(statement, 1, 60)")
    tender.writing()
    tender.clock.forward(hours=2)

    counting.close_receipt(tender.session, tender.round, clock=tender.clock, files=app.extensions["files"])

    tender.session.flush()
    counted = tender.session.scalars(select(Submission).where(Submission.state == "counted")).one()
    mail = tender.session.scalars(select(Mail).where(Mail.template == "submission_counted")).one()
    assert counted.file_id == second
    assert bool(mail.params["proof"]) == (what == "key of another version")
    assert "does not open" in caplog.text or "goes without it" in caplog.text


def test_the_scanner_passes_over_a_file_that_does_not_open_and_scans_those_behind_it(tender, app, request):
    tender.send(OLD, "sites.csv")
    tender.send(NEW, "sites.csv")
    damage(app, tender, 0)
    request.getfixturevalue("clamd")

    scan_the_rest(app, tender.clock)

    assert [one.file.scan for one in tender.submissions()] == ["", "clean"]
