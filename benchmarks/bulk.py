"""The demand of two thousand members, forty lines each, from one workbook: read by the worker, proposed, and one page of a member.

`python -m benchmarks.bulk [sqlite|postgresql]` prints the figures. The worker is this process, so that its peak of memory and the longest
time for which it held a transaction that writes can be told.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from benchmarks.pool import signed_in
from benchmarks.result import Figure, Result
from benchmarks.saves import address_of
from framework.demand.proposing import acts, sheet
from framework.ground.sheets.child import peak_mb
from framework.people import sessions
from models.base import db, random_id
from models.demand import Demand, DemandLine
from models.people import Organisation, RoleGrant, User
from models.proposed import DemandSheet, ProposedDemand
from models.records import Job, StoredFile
from models.rounds import Lot, Round
from models.signons import SignOn
from views import create_app
from views.settings import Settings
from views.worker import run_job

MEMBERS, LINES = 2_000, 40
TIERS, YEARS = tuple(f"tier {n}" for n in range(1, LINES // 4 + 1)), 4
MOST_READ_S, MOST_PROPOSE_S, MOST_HELD_S, MOST_MB = 60.0, 1.0, 0.5, 600
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


def run(database: str = "sqlite", members: int = MEMBERS) -> Result:
    """Send, read, look, propose, take over; every row must come through."""
    with address_of(database) as url, tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder), url)
        with app.app_context():
            lead, member, place, grid = _fill(app, members)
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # writing it takes more memory than reading it
            content = apart.submit(workbook_of, members).result()
        found = _measure(app, lead, member, place, grid, content)
        with app.app_context():
            db.engine.dispose()
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database]
    rows = members * LINES
    if found["lines"] != rows or found["taken"] != LINES:
        raise RuntimeError(f"of {rows} rows {found['lines']} were proposed; a member took over {found['taken']}")
    what = f"{rows} rows of {members} members in one workbook"
    return Result(
        f"{what}, {name}",
        (
            Figure(f"{what}: read and stored, {name}", found["read"], "s", MOST_READ_S),
            Figure(f"{what}: proposed, {name}", found["proposed"], "s", MOST_PROPOSE_S),
            Figure(f"{what}: longest transaction that writes, {name}", found["held"], "s", MOST_HELD_S),
            Figure(f"{what}: peak of the worker, {name}", round(found["peak"]), "MB", MOST_MB),
        ),
        {
            "size of the workbook": f"{len(content) / 1e6:.1f} MB",
            "received": f"{found['received']:.2f} s",
            "page of the preview": f"{found['page']:.2f} s, {found['queries']} queries",
            "a member takes over its lines": f"{found['take']:.2f} s",
            "export of all demand": f"{found['export']:.2f} s",
        },
    )


def _measure(
    app: Flask, lead: FlaskClient, member: FlaskClient, place: str, grid: str, content: bytes
) -> dict[str, float]:
    found: dict[str, float] = {}
    with _timed(found, "received"):
        sent = lead.post(place, data={"file": (io.BytesIO(content), "all.xlsx")})
    address = sent.headers["Location"]
    with _timed(found, "read"), _longest_writing(app, found):
        _work_off(app, acts.READ_JOB)
    found["peak"] = peak_mb()
    with _timed(found, "page"), _counted(app, found):
        lead.get(address)
    with app.app_context():
        read = db.session.scalars(select(DemandSheet)).one()
        found["lines"], number = read.found.get("lines", 0), read.version
        db.session.remove()
    with _timed(found, "proposed"):
        lead.post(address, data={"version": number})
    with app.app_context():
        query = select(ProposedDemand.public_id).where(ProposedDemand.position == 0)
        there = f"{grid}/proposed/{db.session.scalars(query).one()}"
        db.session.remove()
    seal = member.get(there).get_data(as_text=True).split('name="seal" value="')[1].split('"')[0]
    with _timed(found, "take"):
        member.post(there, data={"do": "take", "seal": seal})
    with app.app_context():
        found["taken"] = db.session.scalar(select(func.count()).select_from(DemandLine)) or 0
        _hand_all_in(db.session())
        db.session.remove()
    with _timed(found, "export"):
        lead.get(f"{place}.xlsx")
    return found


@contextmanager
def _timed(found: dict[str, float], what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    found[what] = time.perf_counter() - begun


@contextmanager
def _longest_writing(app: Flask, found: dict[str, float]) -> Iterator[None]:
    """The longest time from the beginning of a writing transaction to its end."""
    begun: dict[int, float] = {}
    found["held"] = 0.0

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("write", True):
            begun[id(connection)] = time.perf_counter()

    def end(connection: Connection) -> None:
        if id(connection) in begun:
            found["held"] = max(found["held"], time.perf_counter() - begun.pop(id(connection)))

    with app.app_context():
        engine = db.engine
    hooks = (("begin", begin), ("commit", end), ("rollback", end))
    for name, hook in hooks:
        event.listen(engine, name, hook)
    yield
    for name, hook in hooks:
        event.remove(engine, name, hook)


@contextmanager
def _counted(app: Flask, found: dict[str, float]) -> Iterator[None]:
    found["queries"] = 0

    def count(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        found["queries"] += statement.lstrip().upper().startswith("SELECT")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    yield
    event.remove(engine, "before_cursor_execute", count)


def _work_off(app: Flask, kind: str) -> None:
    with app.app_context():
        number = db.session.scalars(select(Job.id).where(Job.kind == kind)).one()
        db.session.remove()
    run_job(app, number)


def _hand_all_in(session: Session) -> None:
    """What is proposed counts for every member, as the acts would leave the tables: so much there is to take away."""
    session.info["write"] = True
    parts = session.execute(select(ProposedDemand.member_id, ProposedDemand.lot_id).order_by(ProposedDemand.id)).all()
    round_id = session.scalars(select(Round.id)).one()
    head = {"created_at": NOW, "version": 1, "round_id": round_id, "version_no": 2, "state": "accepted"}
    session.execute(insert(Demand), [head | {"public_id": random_id(), "member_id": m, "lot_id": lot, "submitted_at": NOW} for m, lot in parts])  # fmt: skip
    numbers = list(session.scalars(select(Demand.id).where(Demand.state == "accepted").order_by(Demand.id)))
    quantities = {"qty_firm": 5, "qty_expected": 10, "qty_max": 20}
    for start in range(0, len(numbers), 200):
        session.execute(
            insert(DemandLine),
            [
                quantities | {"demand_id": number, "category": "laptop", "spec_tier": tier, "year_no": year, "delivery_country": "NL", "value_expected": Decimal(700)}
                for number in numbers[start : start + 200]
                for tier in TIERS
                for year in range(1, YEARS + 1)
            ],
        )  # fmt: skip
    session.commit()


def workbook_of(members: int) -> bytes:
    """The consortium's list: every member by name and number, its lines in full."""
    chance = random.Random(41)
    rows = [
        (f"Gemeente Proef {n}", str(10_000_000 + n), "", "Laptops", "laptop", tier, "NL", year, firm := chance.randrange(500), firm + 50, firm + 90, Decimal((firm + 50) * 700), "planned", firm, "", dt.date(2027, 3, 1), "each month")
        for n in range(1, members + 1)
        for tier in TIERS
        for year in range(1, YEARS + 1)
    ]  # fmt: skip
    return sheet.write(Round(name="List"), rows, now=NOW)


def _application(folder: Path, url: str) -> Flask:
    settings = Settings(data_dir=folder, database_url=url, secret_key="bench" * 10, check_database=False, second_factor_roles="", base_url="http://localhost", inline_mb=0)  # fmt: skip
    app = create_app(settings)
    app.extensions["clock"] = lambda: NOW
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        upgrade()
    return app


def _fill(app: Flask, members: int) -> tuple[FlaskClient, FlaskClient, str, str]:
    """A round with demand open and so many members: browsers of the lead and of the first member, and the addresses they use."""
    session = db.session()
    session.info["write"] = True
    lead = Organisation(name="Lead", folded_name="lead", kind="lead", country="NL", created_at=NOW)
    session.add(lead)
    session.flush()
    round_ = Round(organisation=lead, name="Laptops", state="demand", created_at=NOW, demand_deadline=NOW + dt.timedelta(days=30), jurisdiction="eu", mandate_type="cpb")  # fmt: skip
    lot = Lot(round=round_, number=1, code="L1", name="Laptops", cpv_code="30213100-6", categories=["laptop"], spec_tiers=list(TIERS), years=YEARS, created_at=NOW)  # fmt: skip
    mandate = StoredFile(sha256="0" * 64, size=1, name="mandate.pdf", purpose="mandate", created_at=NOW)
    session.add_all([round_, lot, mandate])
    session.flush()
    _insert_members(session, lead.id, members, round_.id)
    tokens = [_token(session, lead.id, "lead"), _token(session, lead.id + 1, "member")]
    here = f"/rounds/{round_.public_id}"
    place, grid = f"{here}/demand/members", f"{here}/lots/{lot.public_id}/demand"
    session.commit()
    db.session.remove()
    browsers = [signed_in(app, token) for token in tokens]
    return browsers[0], browsers[1], place, grid


def _insert_members(session: Session, base: int, members: int, round_id: int) -> None:
    facts: dict[str, Any] = {"created_at": NOW, "version": 1}
    numbers = range(1, members + 1)
    session.execute(
        insert(Organisation),
        [facts | {"id": base + n, "public_id": random_id(), "name": f"Gemeente Proef {n}", "folded_name": f"gemeente proef {n}", "registration_no": str(10_000_000 + n), "kind": "buyer", "country": "NL", "body_type": "municipality"} for n in numbers],
    )  # fmt: skip
    session.execute(
        insert(SignOn),
        [facts | {"public_id": random_id(), "round_id": round_id, "organisation_id": base + n, "state": "interested"} for n in numbers],
    )  # fmt: skip


def _token(session: Session, organisation_id: int, role: str) -> str:
    email = f"{role}@example.org"
    user = User(email=email, folded_email=email, name=role, created_at=NOW)
    session.add(user)
    session.flush()
    session.add(RoleGrant(user_id=user.id, organisation_id=organisation_id, role=role, created_at=NOW))
    _live, token = sessions.start(session, user, now=NOW, max_hours=1000, second_factor=True)
    return token


def main() -> int:
    """Measure on the databases that are named, or both; the exit code counts the bars that were missed."""
    missed = 0
    for database in sys.argv[1:] or ("sqlite", "postgresql"):
        found = run(database)
        print(found.title)
        for figure in found.figures:
            print(f"  {figure.what}: {figure.ours:.2f} {figure.unit} (bar {figure.bar:g}): {'held' if figure.passes else 'MISSED'}")  # fmt: skip
            missed += not figure.passes
        for name, value in found.facts.items():
            print(f"  {name}: {value}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
