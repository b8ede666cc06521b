"""A list of 200 000 rows of 25 columns on its whole road: upload, receipt, worker, child, database, page; as processes of their own."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import disclosures
from benchmarks.result import Figure, Result
from framework.people import sessions
from models.base import db
from models.disclosure import Submission, SubmissionRow
from models.people import Organisation, RoleGrant, User
from models.rounds import Lot, Round
from views import create_app
from views.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
ROWS = 200_000
MOST_SECONDS, MOST_MB, MOST_GROWTH_MB = 60.0, 600.0, 50.0
PATIENCE = 900
LOOK_EVERY = 0.2
PIECE = 1 << 16
SECRET = "bench" * 10
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def run(rows: int = ROWS, database_url: str = "") -> Result:
    """Send the list, wait until its version is checked, open the page; `database_url` blank is SQLite in a new folder."""
    path = cached(rows)
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder), database_url) as installation:
        return _measured(installation, path, rows)


def cached(rows: int) -> Path:
    """The file of so many rows in the temporary folder, made where it is not there: that takes longer than reading it."""
    path = Path(tempfile.gettempdir()) / f"hefboom-bench-{rows}-{disclosures.LIST_COLUMNS}.xlsx"
    if not path.exists():
        half = path.with_suffix(f".{os.getpid()}")
        disclosures.write_long_list(half, rows)
        half.rename(path)
    return path


def _measured(installation: Installation, path: Path, rows: int) -> Result:
    installation.browse()
    with Watch(installation.processes) as watch:
        before = watch.now("web")
        begun = time.monotonic()
        address = installation.upload(path)
        received = time.monotonic()
        sent = watch.peak("web") - before
        installation.wait_until_checked()
        seconds = time.monotonic() - received
        shown = time.monotonic()
        page = installation.get(address)
        shown = time.monotonic() - shown
        grown = watch.peak("web") - before
    found, kept = installation.outcome()
    if found["rows_in"] != found["rows_stored"] + found["rows_listed"] or kept != found["rows_in"]:
        raise RuntimeError(f"rows were lost: {found}, kept {kept}")
    if found["receipt"] not in page:
        raise RuntimeError("the page of the version does not show its receipt")
    what = f"{rows:,} rows of {disclosures.LIST_COLUMNS} columns".replace(",", " ")
    return Result(
        f"{what} through the large lane",
        (
            Figure(f"{what}: from receipt to checked", seconds, "s", MOST_SECONDS, strict=True),
            Figure(f"{what}: all processes at their peak", watch.most, "MB", MOST_MB, strict=True),
            Figure(f"{what}: growth of the web process", grown, "MB", MOST_GROWTH_MB, strict=True),
        ),
        {
            "database": "PostgreSQL" if installation.database_url else "SQLite",
            "size of the file": f"{path.stat().st_size / 1e6:.1f} MB",
            "upload until the receipt": f"{received - begun:.1f} s, the web process growing by {sent:.0f} MB",
            "processor time of worker and child": f"{watch.processor:.1f} s",
            "peaks": ", ".join(f"{name} {peak:.0f} MB" for name, peak in watch.peaks.items()),
            "all processes, shared pages counted in each": f"{watch.most_resident:.0f} MB",
            "page of the version": f"{shown:.2f} s",
            "rows in, stored, listed": f"{found['rows_in']}, {found['rows_stored']}, {found['rows_listed']}",
            "remarks": str(found["issues"]),
        },
    )


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
        with self.app.app_context():
            one = db.session.scalars(select(Submission).order_by(Submission.id.desc()).limit(1)).one()
            kept = db.session.scalar(select(func.count()).where(SubmissionRow.submission_id == one.id))
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


class Watch:
    """Looks at the memory of processes and of what they started, several times a second, until it is left.

    A page shared by processes counts once in the sum (proportional set size); the web process is looked at by its
    resident set. Figures are in MB (million bytes).
    """

    def __init__(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        self._groups = {name: process.pid for name, process in processes.items()}
        self._over, self._thread = threading.Event(), threading.Thread(target=self._look, daemon=True)
        self._spent: dict[int, float] = {}
        self._began: dict[int, float] = {}
        self.most = self.most_resident = 0.0
        self.peaks: dict[str, float] = {}
        self._web = 0.0

    def __enter__(self) -> Watch:
        self._began = {pid: _spent(pid) for pid in _members(self._groups["worker"])}
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def now(self, name: str) -> float:
        """Resident MB of the processes of a name."""
        return sum(_memory(pid)[0] for pid in _members(self._groups[name]))

    def peak(self, name: str) -> float:
        """Their largest so far."""
        return max(self.peaks.get(name, 0.0), self.now(name))

    @property
    def processor(self) -> float:
        """Seconds of processor time of worker and child."""
        return sum(spent - self._began.get(pid, 0.0) for pid, spent in self._spent.items())

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            resident, shared_once = 0.0, 0.0
            for name, group in self._groups.items():
                pids = _members(group)
                for pid in pids:
                    rss, pss = _memory(pid)
                    label = name if name == "web" or pid == group else "child"
                    resident, shared_once = resident + rss, shared_once + pss
                    if name == "web":
                        continue
                    self._spent[pid] = _spent(pid)
                    self.peaks[label] = max(self.peaks.get(label, 0.0), rss)
                if name == "web":
                    self.peaks[name] = max(self.peaks.get(name, 0.0), sum(_memory(pid)[0] for pid in pids))
            self.most, self.most_resident = max(self.most, shared_once), max(self.most_resident, resident)


def _members(root: int) -> list[int]:
    """A process and all that came from it and live."""
    found, new = [root], [root]
    while new:
        new = [child for pid in new for child in _children(pid)]
        found += new
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    return children


def _memory(pid: int) -> tuple[float, float]:
    """(resident, proportional) MB; nothing of a process that ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = {line.split()[0]: int(line.split()[1]) for line in lines[1:] if line.endswith("kB")}
    return sizes.get("Rss:", 0) * 1024 / 1e6, sizes.get("Pss:", 0) * 1024 / 1e6


def _spent(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def main() -> None:
    """Measure alone: `python -m benchmarks.large [rows] [database address]`."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    result = run(rows, sys.argv[2] if len(sys.argv) > 2 else "")
    for figure in result.figures:
        print(
            f"{figure.what}: {figure.ours:.1f} {figure.unit} (bar {figure.bar:g}) {'' if figure.passes else 'MISSED'}"
        )
    for name, value in result.facts.items():
        print(f"  {name}: {value}")


if __name__ == "__main__":
    main()
