"""An installation as processes of its own, and a supplier's browser that sends it files."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import disclosures
from framework.disclosure import sealing
from framework.people import sessions
from models.base import db
from models.disclosure import Submission, SubmissionRow
from models.people import Organisation, RoleGrant, User
from models.rounds import Lot, Round
from views import create_app
from views.keyring import with_master
from views.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 900
LOOK_EVERY = 0.2
PIECE = 1 << 16
SECRET = "bench" * 10
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Installation:
    """A data folder with a published round and a supplier, a web process and a worker that serve it."""

    folder: Path
    database_url: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Installation:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = Settings(
            data_dir=self.folder, database_url=self.database_url, secret_key=SECRET, second_factor_roles=""
        )
        self.app = create_app(settings)
        self.cookie, self.round_id = _fill(self.app)
        self._start()
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self) -> None:
        environment = os.environ | {
            "HEFBOOM_DATA_DIR": str(self.folder),
            "HEFBOOM_DATABASE_URL": self.database_url,
            "HEFBOOM_SECRET_KEY": SECRET,
            "HEFBOOM_SECOND_FACTOR_ROLES": "",
            "HEFBOOM_INLINE_MB": "0",
            "PYTHONPATH": str(ROOT),
        }
        web = ["-m", "gunicorn", "--worker-class", "gthread", "--threads", "8", "--bind", f"127.0.0.1:{self.port}"]
        commands = {"web": [*web, "--log-level", "critical", "wsgi:app"], "worker": ["-m", "flask", "worker"]}
        for name, command in commands.items():
            self.processes[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment | {"FLASK_APP": "wsgi"},
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def browse(self) -> None:
        """Open the pages a supplier sees before sending anything, until the web process has loaded what it needs."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                self.get("/")
                self.get(f"/rounds/{self.round_id}/disclosure")
                self.upload(None)
            except OSError:
                time.sleep(0.1)
            else:
                self.wait_until_checked()
                return
        raise RuntimeError("the web process did not start")

    def get(self, path: str) -> str:
        """A page as the supplier's browser gets it."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path, headers={"Cookie": self.cookie})
            return self._text(connection.getresponse())

    def upload(self, path: Path | None) -> str:
        """Send a file piece by piece, or a list of one row; the address of its version."""
        page = f"/rounds/{self.round_id}/disclosure"
        token = TOKEN.findall(self.get(page))[0]
        head = (
            f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
            f'--b\r\nContent-Disposition: form-data; name="file"; filename="sites.{"xlsx" if path else "csv"}"\r\n\r\n'
        ).encode()
        tail = b"\r\n--b--\r\n"
        small = b"name,address,city,country\nAlder,Road 1,Town,NL"
        size = len(head) + len(tail) + (path.stat().st_size if path else len(small))
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.putrequest("POST", page)
            for name, value in {
                "Cookie": self.cookie,
                "Content-Type": "multipart/form-data; boundary=b",
                "Content-Length": str(size),
            }.items():
                connection.putheader(name, value)
            connection.endheaders(head)
            if path is None:
                connection.send(small)
            else:
                with path.open("rb") as file:
                    while piece := file.read(PIECE):
                        connection.send(piece)
            connection.send(tail)
            answer = connection.getresponse()
            self._text(answer)
        if answer.status != 303:
            raise RuntimeError(f"the upload was answered with {answer.status}")
        return str(answer.getheader("Location"))

    def wait_until_checked(self) -> None:
        """Until the newest version has a verdict, however long it takes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with self.app.app_context():
                state = db.session.scalar(select(Submission.state).order_by(Submission.id.desc()).limit(1))
                db.session.remove()
            if state != "staged":
                return
            time.sleep(LOOK_EVERY)
        raise RuntimeError("the version was not checked in time")

    def outcome(self) -> tuple[dict[str, object], int]:
        """What is said of the newest version, and how many rows the database keeps of it."""
        with self.app.app_context(), with_master(self.app):
            session = db.session()
            one = session.scalars(select(Submission).order_by(Submission.id.desc()).limit(1)).one()
            kept = session.scalar(select(func.count()).where(SubmissionRow.submission_id == one.id))
            with sealing.for_job(session, one.supplier_id):
                said = {
                    "rows_in": one.rows_in,
                    "rows_stored": one.rows_stored,
                    "rows_listed": one.rows_listed,
                    "issues": one.issue_count,
                    "receipt": one.receipt_number,
                }
            db.session.remove()
        return said, kept or 0

    def _text(self, answer: http.client.HTTPResponse) -> str:
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("session="):
                self.cookie = value.split(";")[0]
        return answer.read().decode("utf-8")


def _fill(app: Flask) -> tuple[str, str]:
    """A published round with one lot; the cookie of a supplier's person, and the round's address."""
    with app.app_context():
        upgrade()
        session = db.session()
        session.info["write"] = True
        now = dt.datetime.now(dt.UTC)
        round_, user = _records(session, now)
        _live, token = sessions.start(session, user, now=now, max_hours=12)
        public_id = round_.public_id
        session.commit()
        db.session.remove()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"session={serializer.dumps({'sid': token})}", public_id


def _records(session: Session, now: dt.datetime) -> tuple[Round, User]:
    lead = Organisation(name="Lead", folded_name="lead", kind="lead", country="NL", created_at=now)
    supplier = Organisation(
        name="Reseller", folded_name="reseller", kind="supplier", supplier_kind="reseller", country="NL", created_at=now
    )
    user = User(email="kim@example.org", folded_email="kim@example.org", name="Kim", created_at=now)
    session.add_all([lead, supplier, user])
    session.flush()
    session.add(RoleGrant(user_id=user.id, organisation_id=supplier.id, role="supplier", created_at=now))
    round_ = Round(
        organisation=lead,
        name="Laptops",
        state="published",
        created_at=now,
        jurisdiction="eu",
        mandate_type="cpb",
        settings={},
        tender_deadline=now + dt.timedelta(days=1),
        published_at=now - dt.timedelta(days=40),
        frozen_hash="f" * 64,
        frozen_text="{}",
    )
    lot = Lot(
        round=round_,
        number=1,
        code="A",
        name="Laptops",
        cpv_code="30213100-6",
        categories=["laptop"],
        required_components=list(disclosures.KINDS[1:]),
        created_at=now,
    )
    session.add_all([round_, lot])
    session.flush()
    return round_, user
