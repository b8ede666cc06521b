"""A member's save while twenty others save: real requests to an installation of several processes, on both databases.

`python -m benchmarks.saves [sqlite|postgresql]` prints the figures. Each member works on a declaration of its own, as a page that saves by
itself does: one row with one changed quantity goes, the answer's version comes along with the next. The clients are a process
of their own and share the machine with the servers.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.large import postgresql
from benchmarks.result import Figure, Result, p95
from framework.demand import declare
from framework.demand.lines import Line
from framework.ground import audit
from framework.ground.actors import Actor
from framework.people import sessions
from models.base import db
from models.demand import Demand
from models.people import Organisation, RoleGrant, User
from models.records import AuditEvent
from models.rounds import Lot, Round
from models.signons import SignOn
from views import create_app
from views.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OTHERS, LINES, SAVES, PAUSE = 20, 40, 60, 1.0
"""Members that save beside the one that is measured, lines of each, saves of the one, seconds between two saves of one member."""
RUSHED = 20
"""Saves of the one where nobody waits in between."""
PROCESSES, THREADS = 2, 8
MOST_SECONDS = 0.1
SECRET = "bench" * 10
TIERS = tuple(f"tier {n}" for n in range(1, LINES // 4 + 1))
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Told:
    """What the clients met: seconds of each save of the measured member and of the others, and answers that were no save."""

    mine: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Saves a second, of all."""
        return (len(self.mine) + len(self.others)) / self.seconds


def run(database: str = "sqlite", *, others: int = OTHERS, saves: int = SAVES, rushed: int = RUSHED) -> Result:
    """Measure on one database: alone, at the pace at which people type, and as fast as answers come."""
    with (
        address_of(database) as url,
        tempfile.TemporaryDirectory() as folder,
        _served(Path(folder), url, others) as served,
    ):
        clients, app, process = served
        load = os.getloadavg()[0]
        _drive(clients[:1], 5, 0.1)
        alone = _drive(clients[:1], saves, 0.05)
        before = _processor_seconds(process)
        told = _drive(clients, saves, PAUSE)
        busy = (_processor_seconds(process) - before) / (len(told.mine) + len(told.others))
        hasty = _drive(clients, rushed, 0.0)
        count = _require_whole(app, told, hasty)
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database]
    return Result(
        f"A member's save while {others} others save, {name}",
        (
            Figure(f"save while {others} others save, p95, {name}", p95(told.mine), "s", MOST_SECONDS),
            Figure(f"saves refused meanwhile, {name}", sum(told.refused.values()), "saves", 0),
            Figure(f"saves refused as fast as answers come, {name}", sum(hasty.refused.values()), "saves", 0),
        ),
        {
            "processes, threads each": f"{PROCESSES}, {THREADS}",
            "load of the machine before": f"{load:.1f} on {os.cpu_count()} cores",
            "processor time of the servers for a save": f"{busy * 1000:.0f} ms",
            "alone, p95": f"{p95(alone.mine) * 1000:.0f} ms",
            f"each saves, then waits {PAUSE:g} s": f"{told.rate:.1f} saves a second; the others' p95 {p95(told.others) * 1000:.0f} ms",
            "without waiting": f"{hasty.rate:.1f} saves a second; p95 {p95(hasty.mine) * 1000:.0f} ms",
            "answers that were no save": str(dict(told.refused + hasty.refused) or "none"),
            "events in the record": str(count),
        },
    )


@contextmanager
def address_of(database: str) -> Iterator[str]:
    """The address of an empty database: blank for SQLite in the data folder."""
    if database == "sqlite":
        yield ""
        return
    with postgresql() as url:
        yield url


@contextmanager
def _served(folder: Path, url: str, others: int) -> Iterator[tuple[list[Client], Flask, int]]:
    """An installation with a declaration for each member, served as the manual says, and a client for each."""
    app = create_app(Settings(data_dir=folder, database_url=url, secret_key=SECRET, second_factor_roles=""))
    place, cookies = _fill(app, others + 1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "HEFBOOM_DATA_DIR": str(folder),
        "HEFBOOM_DATABASE_URL": url,
        "HEFBOOM_SECRET_KEY": SECRET,
        "HEFBOOM_SECOND_FACTOR_ROLES": "",
        "PYTHONPATH": str(ROOT),
    }
    web = ["-m", "gunicorn", "--worker-class", "gthread", "--threads", str(THREADS), "--workers", str(PROCESSES)]
    command = [sys.executable, *web, "--bind", f"127.0.0.1:{port}", "--log-level", "critical", "wsgi:app"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **silent)  # type: ignore[call-overload]
    try:
        clients = [Client(port, place, cookie) for cookie in cookies]
        _wait_until_it_answers(clients[0])
        for client in clients:
            client.open()
        yield clients, app, process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        with app.app_context():
            db.engine.dispose()


class Client:
    """One member's page that saves by itself."""

    def __init__(self, port: int, place: str, cookie: str) -> None:
        self.port, self.place, self.cookie = port, place, cookie
        self.token, self.version, self.seen, self.count = "", 0, "", 0

    def open(self) -> None:
        """Load the grid once."""
        page = self._ask("GET", self.place)[1]
        self.token = TOKEN.findall(page)[0]
        self.version = int(_value(page, "version"))
        self.seen = _value(page, "seen")

    def save(self) -> tuple[int, float]:
        """Change the expected quantity of one row and save it; the status of the answer and the seconds it took."""
        self.count += 1
        data: dict[str, Any] = {"version": self.version, "seen": self.seen, "rows": 1, "category-1": "laptop"}
        data |= {"was-1": json.dumps(["laptop", TIERS[0], "NL"]), "tier-1": TIERS[0], "country-1": "NL"}
        for year in range(1, 5):
            data |= {f"firm-1-{year}": 5, f"expected-1-{year}": 10, f"max-1-{year}": 10_000}
            data |= {f"value-1-{year}": "", f"certainty-1-{year}": "planned"}
        data["expected-1-1"] = 10 + self.count % 5_000
        begun = time.perf_counter()
        status, text = self._ask("POST", f"{self.place}/cells", urlencode(data))
        seconds = time.perf_counter() - begun
        if status == 200:
            told = json.loads(text)
            if told["wrong"] or told["clashes"]:
                raise RuntimeError(f"not saved: {told}")
            self.version, self.seen = told["version"], told["seen"]
        return status, seconds

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.token, "Accept": "application/json, text/html"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie" and value.startswith("session="):
                    self.cookie = value.split(";")[0]
            return answer.status, answer.read().decode("utf-8")


def _processor_seconds(parent: int) -> float:
    """Processor time so far of the web processes below this one; 0 where the system does not tell."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _value(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def _wait_until_it_answers(client: Client) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if client._ask("GET", "/")[0] < 500:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web processes did not start")


def _drive(clients: list[Client], saves: int, pause: float) -> Told:
    """The first client saves so often, the others for as long as it does; each waits in between."""
    told, over = Told(), threading.Event()
    beside = [threading.Thread(target=_keep_saving, args=(one, told, over, pause)) for one in clients[1:]]
    begun = time.monotonic()
    for number, thread in enumerate(beside):
        thread.start()
        time.sleep(pause / len(beside) if number % 2 else 0)
    for _ in range(saves):
        _note(told.mine, told.refused, *clients[0].save())
        time.sleep(pause)
    over.set()
    for thread in beside:
        thread.join()
    told.seconds = time.monotonic() - begun
    return told


def _keep_saving(client: Client, told: Told, over: threading.Event, pause: float) -> None:
    while not over.is_set():
        _note(told.others, told.refused, *client.save())
        over.wait(pause)


def _note(times: list[float], refused: Counter[int], status: int, seconds: float) -> None:
    times.append(seconds)
    if status != 200:
        refused[status] += 1


def _require_whole(app: Flask, *told: Told) -> int:
    """The chain of the record holds and every save that was answered stands in it; how many events."""
    with app.app_context():
        events = list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq)))
        saved = sum(event.kind == "demand.edited" for event in events)
        broken = audit.first_break(events)
        db.session.remove()
    answered = sum(len(one.mine) + len(one.others) - sum(one.refused.values()) for one in told)
    if broken is not None or saved < answered:
        raise RuntimeError(f"the record breaks at {broken}; {saved} saves of {answered} stand in it")
    return len(events)


def _fill(app: Flask, members: int) -> tuple[str, list[str]]:
    """A round with demand open and a draft for each member: the address of the grid, and the members' cookies."""
    with app.app_context():
        upgrade()
        session = db.session()
        session.info["write"] = True
        now = dt.datetime.now(dt.UTC)
        lot = _round(session, now)
        cookies = [_member(app, session, lot, number, now) for number in range(members)]
        place = f"/rounds/{lot.round.public_id}/lots/{lot.public_id}/demand"
        session.commit()
        db.session.remove()
    return place, cookies


def _round(session: Session, now: dt.datetime) -> Lot:
    lead = Organisation(name="Lead", folded_name="lead", kind="lead", country="NL", created_at=now)
    deadline = now + dt.timedelta(days=30)
    round_ = Round(organisation=lead, name="Laptops", state="demand", created_at=now, demand_deadline=deadline, jurisdiction="eu", mandate_type="cpb")  # fmt: skip
    lot = Lot(round=round_, number=1, code="L1", name="Laptops", cpv_code="30213100-6", categories=["laptop"], spec_tiers=list(TIERS), years=4, created_at=now)  # fmt: skip
    session.add_all([lead, round_, lot])
    session.flush()
    return lot


def _member(app: Flask, session: Session, lot: Lot, number: int, now: dt.datetime) -> str:
    body = Organisation(name=f"Member {number}", folded_name=f"member {number}", kind="buyer", country="NL", body_type="municipality", created_at=now)  # fmt: skip
    email = f"m{number}@example.org"
    user = User(email=email, folded_email=email, name=f"Person {number}", created_at=now)
    session.add_all([body, user])
    session.flush()
    session.add(RoleGrant(user_id=user.id, organisation_id=body.id, role="member", created_at=now))
    session.add(SignOn(round_id=lot.round_id, organisation_id=body.id, state="interested", created_at=now))
    session.flush()
    actor = Actor(user.id, body.id, frozenset({"member"}))
    demand: Demand = declare.declare(session, lot, actor=actor, now=now)
    session.flush()
    lines = [
        Line("laptop", tier, "NL", year, qty_firm=5, qty_expected=10, qty_max=10_000, certainty="planned")
        for tier in TIERS
        for year in range(1, 5)
    ]
    declare.edit(session, demand, lines, actor=actor, now=now, version=demand.version)
    _live, token = sessions.start(session, user, now=now, max_hours=12, second_factor=True)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"session={serializer.dumps({'sid': token})}"


def main() -> int:
    """Measure on the databases that are named, or both; the exit code counts the bars that were missed."""
    missed = 0
    for database in sys.argv[1:] or ("sqlite", "postgresql"):
        found = run(database)
        print(found.title)
        for figure in found.figures:
            print(
                f"  {figure.what}: {figure.ours:.3f} {figure.unit} (bar {figure.bar:g}): {'held' if figure.passes else 'MISSED'}"
            )
            missed += not figure.passes
        for name, value in found.facts.items():
            print(f"  {name}: {value}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
