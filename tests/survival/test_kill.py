"""kill -9 of web and worker during uploads: nothing acknowledged is lost, nothing half-written stays."""

from __future__ import annotations

import datetime as dt
import http.client
import io
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, text

from framework.disclosure import receiving, sealing
from framework.ground import audit, jobs
from framework.people import sessions
from models.base import db
from models.disclosure import Correction, Submission, SubmissionRow, WaitingRow
from models.people import Organisation, User
from models.records import AuditEvent, Job, StoredFile
from models.rounds import Round
from models.sealing import holding
from tests.builders import Builder
from tests.conftest import all_keys
from views import create_app
from views.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
KILLS = 30 if os.environ.get("HEFBOOM_BARS") == "1" else 3
SUPPLIERS = 3
MENDED_ROWS = 60_000 if os.environ.get("HEFBOOM_BARS") == "1" else 20_000
"""So many that storing them lasts longer than it takes to kill."""
LARGE_ROWS, LARGE_KILLS = (60_000, 10) if os.environ.get("HEFBOOM_BARS") == "1" else (10_000, 1)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PLACE = re.compile(r"/disclosure/([a-z2-7]{16})$")


class Installation:
    """A data folder with a published round, and the processes that serve it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {
            "HEFBOOM_DATA_DIR": str(folder),
            "HEFBOOM_DATABASE_URL": "",
            "HEFBOOM_SECRET_KEY": "s" * 40,
            "HEFBOOM_INLINE_MB": "0",
            "HEFBOOM_SECOND_FACTOR_ROLES": "",
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        self.app = create_app(Settings(data_dir=folder, secret_key="s" * 40, second_factor_roles=""))
        self.cookies, self.round_id = self._fill()
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *, web: bool = True) -> None:
        commands = [[sys.executable, "-m", "flask", "--app", "wsgi", "worker"]]
        if web:
            bind = f"127.0.0.1:{self.port}"
            options = ["--worker-class", "gthread", "--threads", "4", "--bind", bind, "--log-level", "critical"]
            commands.append([sys.executable, "-m", "gunicorn", *options, "wsgi:app"])
        self.processes = [
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for command in commands
        ]
        if web:
            self._wait_until_it_answers()

    def kill(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes = []

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with closing(Client(self, 0)) as client:
                    client.get("/")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the web process did not start")

    def _fill(self) -> tuple[list[str], str]:
        with self.app.app_context():
            upgrade()
            session = db.session()
            session.info["write"] = True
            now = dt.datetime.now(dt.UTC)
            build = Builder(session, lambda: now)
            round_ = build.round(state="published", tender_deadline=now + dt.timedelta(days=1))
            build.lot(round_)
            cookies = [self._cookie(build, now) for _ in range(SUPPLIERS)]
            public_id = round_.public_id
            session.commit()
            db.session.remove()
        return cookies, public_id

    def _cookie(self, build: Builder, now: dt.datetime) -> str:
        supplier = build.organisation("supplier")
        user = build.user(supplier)
        _live, token = sessions.start(build.session, user, now=now, max_hours=12)
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return f"session={serializer.dumps({'sid': token})}"


class Client:
    """One supplier's browser: fetches the form's token once for each upload, and keeps its cookie."""

    def __init__(self, installation: Installation, number: int) -> None:
        self.cookie = installation.cookies[number]
        self.connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=20)

    def close(self) -> None:
        self.connection.close()

    def get(self, path: str) -> str:
        self.connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("session="):
                self.cookie = value.split(";")[0]
        return answer.read().decode("utf-8")

    def upload(self, path: str, content: bytes) -> str:
        """Send a file; the public id of the version that was acknowledged."""
        token = TOKEN.findall(self.get(path))[0]
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'.encode(),
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="sites.csv"\r\n\r\n'
            + content
            + b"\r\n--b--\r\n",
        ]
        headers = {"Cookie": self.cookie, "Content-Type": "multipart/form-data; boundary=b"}
        self.connection.request("POST", path, b"".join(parts), headers)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == 303, answer.status
        return PLACE.findall(answer.getheader("Location") or "")[0]


def upload_until_killed(installation: Installation, number: int, acknowledged: list[str], run: int) -> None:
    """Send one list of sites after another; an answer that never came is no acknowledgement."""
    path = f"/rounds/{installation.round_id}/disclosure"
    for count in range(10_000):
        rows = [f"Site {run}-{number}-{count}-{i},Street {i + 1},Town,NL" for i in range(20)]
        content = ("name,address,city,country\n" + "\n".join(rows)).encode()
        try:
            with closing(Client(installation, number)) as client:
                acknowledged.append(client.upload(path, content))
        except (OSError, http.client.HTTPException):
            return


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9(tmp_path):
    installation = Installation(tmp_path)
    acknowledged: list[str] = []

    for run in range(KILLS):
        installation.start()
        threads = [
            threading.Thread(target=upload_until_killed, args=(installation, n, acknowledged, run))
            for n in range(SUPPLIERS)
        ]
        for thread in threads:
            thread.start()
        wait_for_an_answer(acknowledged, len(acknowledged))
        time.sleep(random.uniform(0.2, 1.5))
        installation.kill()
        for thread in threads:
            thread.join()
        assert_nothing_lost(installation.app, acknowledged)

    installation.start(web=False)
    try:
        wait_until_read(installation.app)
    finally:
        installation.kill()
    assert acknowledged
    assert_nothing_lost(installation.app, acknowledged)
    assert_nothing_half_written(installation.app)


@pytest.mark.slow
def test_a_large_file_whose_worker_is_killed_is_read_by_the_next_one_without_a_row_lost_or_doubled(tmp_path):
    installation = Installation(tmp_path, HEFBOOM_MAX_ROWS="50")
    receive(installation.app, installation.round_id, rows=LARGE_ROWS)
    steps = []

    for _run in range(LARGE_KILLS):
        installation.start(web=False)
        steps.append(wait_for_progress(installation.app))
        installation.kill()
        assert wait_until_no_child(tmp_path)
        with installation.app.app_context():
            assert db.session.scalars(select(Submission.state)).all() == ["staged"]
            forget_heartbeats(installation.app, dt.timedelta())
    installation.start(web=False)
    try:
        wait_until_read(installation.app)
    finally:
        installation.kill()

    assert_nothing_half_written(installation.app)
    with installation.app.app_context(), holding(all_keys(installation.app)):
        submission = db.session.scalars(select(Submission)).one()
        found = (submission.state, submission.job.lane, submission.rows_stored)
        assert found == ("checked", "large", LARGE_ROWS)
        assert submission.job.attempts > 1
        assert db.session.scalar(select(func.count()).select_from(SubmissionRow)) == LARGE_ROWS
        db.session.remove()
    assert all(steps)


@pytest.mark.slow
def test_a_worker_killed_while_it_checks_a_mended_list_again_leaves_the_result_before_whole(tmp_path):
    installation = Installation(tmp_path, HEFBOOM_MAX_ROWS="50")
    receive(installation.app, installation.round_id, rows=MENDED_ROWS)
    work_until_read(installation)
    mend_first_name(installation.app)
    interrupted = 0

    for _run in range(LARGE_KILLS):
        installation.start(web=False)
        wait_for_waiting_rows(installation.app)
        installation.kill()
        if not is_mended(installation.app):
            break  # it was quicker than the kill; at least one kill has to come in time
        interrupted += 1
        assert stored_names(installation.app, row=2) == ["Site 0"]
        with installation.app.app_context(), holding(all_keys(installation.app)):
            submission = db.session.scalars(select(Submission)).one()
            assert (submission.state, submission.is_mended, submission.rows_stored) == ("checked", True, MENDED_ROWS)
            assert db.session.scalar(select(func.count()).select_from(SubmissionRow)) == MENDED_ROWS
            forget_heartbeats(installation.app, dt.timedelta())
    assert interrupted, "every kill came too late"
    if is_mended(installation.app):
        work_until_read(installation)

    assert stored_names(installation.app, row=2) == ["Mended Ltd"]
    assert_nothing_half_written(installation.app)
    with installation.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SubmissionRow)) == MENDED_ROWS
        assert db.session.scalar(select(func.count()).select_from(WaitingRow)) == 0
        assert not db.session.scalars(select(Submission)).one().is_mended
        db.session.remove()


def is_mended(app: Flask) -> bool:
    """Whether the version still waits for being checked again."""
    with app.app_context():
        waits = db.session.scalars(select(Submission.is_mended)).one()
        db.session.remove()
        return waits


def work_until_read(installation: Installation) -> None:
    installation.start(web=False)
    try:
        wait_until_read(installation.app)
    finally:
        installation.kill()


def mend_first_name(app: Flask) -> None:
    """Lay another name over the first site of the list, as mending a cell does."""
    with app.app_context(), holding(all_keys(app)):
        session = db.session()
        session.info["write"] = True
        submission = session.scalars(select(Submission)).one()
        person = session.scalars(select(User)).first()
        now = dt.datetime.now(dt.UTC)
        session.add(
            Correction(
                submission=submission,
                batch="a" * 16,
                sheet="sites",
                row=2,
                column="A",
                found="Site 0",
                corrected="Mended Ltd",
                code="value-missing",
                created_at=now,
                created_by_id=person.id,
            )
        )
        submission.is_mended = True
        submission.job = jobs.enqueue(
            session,
            receiving.CHECK_JOB,
            now=now,
            organisation_id=submission.supplier_id,
            submission=submission.public_id,
        )
        session.commit()
        db.session.remove()


def wait_for_waiting_rows(app: Flask, seconds: float = 90) -> None:
    """Until some of the new rows are stored, but not all that belongs to them."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with app.app_context():
            some = db.session.scalar(select(WaitingRow.id).limit(1))
            db.session.remove()
        if some is not None:
            return
        time.sleep(0.01)
    raise AssertionError("no row was stored ahead")


def stored_names(app: Flask, *, row: int) -> list[str]:
    with app.app_context(), holding(all_keys(app)):
        found = db.session.scalars(select(SubmissionRow.read_values).where(SubmissionRow.row == row)).all()
        db.session.remove()
    return [values["site_legal_name"] for values in found]


def receive(app: Flask, round_id: str, *, rows: int) -> None:
    """A version of so many rows, received as an upload is."""
    lines = [f"Site {number},Street {number},Town,NL" for number in range(rows)]
    content = ("name,address,city,country\n" + "\n".join(lines)).encode()
    with app.app_context(), holding(all_keys(app)):
        session = db.session()
        session.info["write"] = True
        round_ = session.scalars(select(Round).where(Round.public_id == round_id)).one()
        supplier = session.scalars(select(Organisation).where(Organisation.kind == "supplier")).first()
        key = sealing.new_key(round_)
        blob = app.extensions["files"].put(io.BytesIO(content), max_bytes=100_000_000, key=key)
        now = dt.datetime.now(dt.UTC)
        actor = Builder(session, lambda: now).person(supplier)
        receiving.receive(
            session, round_, supplier, blob, "sites.csv", actor=actor, clock=lambda: now, first_byte_at=now
        )
        session.commit()
        db.session.remove()


def wait_for_progress(app: Flask, seconds: float = 90) -> str:
    """The step in which the large file is found at work."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with app.app_context():
            job = db.session.scalar(select(Job).where(Job.lane == "large", Job.state == "running", Job.step != ""))
            step = job.step if job is not None else ""
            db.session.remove()
        if step:
            return step
        time.sleep(0.05)
    raise AssertionError("the large file was never begun")


def wait_until_no_child(folder: Path, seconds: float = 10) -> bool:
    """Whether every process that works below the reading folder ends with its worker."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(_works_below(process, folder / "reading") for process in Path("/proc").glob("[0-9]*")):
            return True
        time.sleep(0.1)
    return False


def _works_below(process: Path, folder: Path) -> bool:
    try:
        return str(folder) in os.readlink(process / "cwd")
    except OSError:
        return False


def wait_for_an_answer(acknowledged: list[str], before: int, seconds: float = 60) -> None:
    """Kill while uploads are running, however slow the machine is: not before one more was acknowledged."""
    until = time.monotonic() + seconds
    while len(acknowledged) <= before and time.monotonic() < until:
        time.sleep(0.05)


def assert_nothing_lost(app: Flask, acknowledged: list[str]) -> None:
    """Every version that was answered for has its row, its receipt and its bytes."""
    files = app.extensions["files"]
    with app.app_context():
        stored = {s.public_id: s for s in db.session.scalars(select(Submission))}
        lost = [i for i in acknowledged if i not in stored or not files.is_intact(stored[i].file.sha256)]
        db.session.remove()
    assert lost == []


def assert_nothing_half_written(app: Flask) -> None:
    """No row without bytes, no gap in receipts, an unbroken record, a sound database."""
    files = app.extensions["files"]
    with app.app_context():
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
        assert [f.sha256 for f in db.session.scalars(select(StoredFile)) if not files.is_intact(f.sha256)] == []
        receipts = list(db.session.scalars(select(Submission.receipt_seq).order_by(Submission.receipt_seq)))
        assert receipts == list(range(1, len(receipts) + 1))
        assert audit.first_break(db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq))) is None
        unread = select(func.count()).where(Submission.state == "staged")
        assert db.session.scalar(unread) == 0
        db.session.remove()


def wait_until_read(app: Flask, seconds: float = 240) -> None:
    """Until the worker has done every job, also those whose first worker was killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with app.app_context():
            open_jobs = db.session.scalar(select(func.count()).where(Job.state.in_(("waiting", "running"))))
            db.session.remove()
        if not open_jobs:
            return
        with app.app_context():
            forget_heartbeats(app)
        time.sleep(0.5)
    raise AssertionError("jobs are still open")


def forget_heartbeats(app: Flask, silent_for: dt.timedelta = dt.timedelta(minutes=1)) -> None:
    """A killed worker's job is stale after minutes; the test lets them pass by turning its heartbeat back."""
    session = db.session()
    session.info["write"] = True
    now = dt.datetime.now(dt.UTC)
    for job in session.scalars(select(Job).where(Job.state == "running", Job.heartbeat_at < now - silent_for)):
        job.heartbeat_at = now - dt.timedelta(minutes=10)
    session.commit()
    db.session.remove()
