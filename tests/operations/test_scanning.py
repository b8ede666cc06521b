"""The virus scanner at work on files from before it came, on what it does not take, and on the operator's page."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from models.records import Job, StoredFile
from tests.clamd import FakeClamd, connect, eicar, scan_the_rest
from views import scanning


@pytest.fixture
def operator(build, sign_in):
    body = build.organisation("operator")
    return sign_in(build.user(body), body)


def kept(session):
    session.rollback()
    return session.scalars(select(StoredFile).order_by(StoredFile.id)).all()


def stored(build, app, content, name="mandate.pdf", purpose="mandate"):
    blob = app.extensions["files"].put(io.BytesIO(content), max_bytes=1000)
    return build.stored_file(sha256=blob.sha256, size=blob.size, name=name, purpose=purpose).id


def test_files_from_before_the_scanner_are_scanned_by_a_job(session, build, app, clamd, clock):
    for content in (b"one", b"two", b"three" + eicar()):
        stored(build, app, content)
    session.commit()

    scan_the_rest(app, clock)

    assert [one.scan for one in kept(session)] == ["clean", "clean", "infected"]


def test_one_job_at_a_time_scans_them(session, build, app, clamd, clock):
    stored(build, app, b"one")
    session.commit()
    for _ in range(3):
        scanning.expect_scans(session, clock)
        session.commit()

    assert len(session.scalars(select(Job).where(Job.kind == scanning.SCAN_JOB)).all()) == 1


def test_a_file_that_the_scanner_does_not_take_keeps_no_other_waiting_and_is_tried_again(
    session, build, app, clamd, clock, monkeypatch
):
    first, second = stored(build, app, b"too large"), stored(build, app, b"two")
    session.commit()
    answer = clamd._answer
    monkeypatch.setattr(
        clamd, "_answer", lambda sent: b"Can't allocate memory ERROR\0" if sent == b"too large" else answer(sent)
    )

    scan_the_rest(app, clock)

    job = session.scalars(select(Job).where(Job.kind == scanning.SCAN_JOB)).one()
    found = {one.id: one.scan for one in kept(session)}
    assert found == {first: "", second: "clean"}
    assert job.state == "waiting"
    assert "did not take a file" in job.error


def test_a_row_without_bytes_stops_nothing(session, build, app, clamd, clock):
    build.stored_file(name="gone.pdf")
    number = stored(build, app, b"there")
    session.commit()

    scan_the_rest(app, clock)

    assert session.get_one(StoredFile, number).scan == "clean"
    job = session.scalars(select(Job).where(Job.kind == scanning.SCAN_JOB)).one()
    assert job.state == "waiting"
    assert "cannot be read (FileNotFoundError)" in job.error


def test_health_says_that_no_scanner_is_connected(operator):
    assert "none is connected: files are not scanned for viruses" in operator.page("/health").text


def test_health_says_that_the_scanner_answers(operator, clamd):
    page = operator.page("/health")

    assert "Virus scanner connected" in page.text
    assert "does not answer" not in page.text


def test_health_says_why_files_wait_and_how_many(session, build, operator, app, monkeypatch):
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    daemon.close()
    build.stored_file()
    build.stored_file(purpose="disclosure")
    session.commit()

    page = operator.page("/health")

    assert "connected, but it does not answer: files wait" in page.text
    assert "the virus scanner does not answer (ConnectionRefusedError)" in page.text
    assert "Files that wait for the virus scanner: 1" in page.text


def test_a_file_that_the_scanner_never_ends_keeps_no_other_waiting(session, build, app, clamd, clock):
    clamd.endless.add(b"dense")
    first, second = stored(build, app, b"dense"), stored(build, app, b"two")
    session.commit()

    scan_the_rest(app, clock)

    assert {one.id: one.scan for one in kept(session)} == {first: "", second: "clean"}


def test_a_job_has_more_patience_with_each_attempt(session, build, app, clamd, monkeypatch):
    asked = []
    monkeypatch.setattr(scanning.Scanner, "scan", lambda self, stream, size, *, times: asked.append(times) or "")
    with app.app_context():
        blob = app.extensions["files"].put(io.BytesIO(b"slow"), max_bytes=1000)
        for attempts in (1, 3, 500):
            scanning.ask_for_job(blob.sha256, blob.size, attempts=attempts)

    assert asked == [1, 3, scanning.MOST_PATIENCE]
