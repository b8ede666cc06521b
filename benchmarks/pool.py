"""The pool of two thousand members with 192,000 lines: queries and times of its pages, beside the frame alone and the bare sums in SQL."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from benchmarks.result import Figure, Result, p95
from framework.demand import pool
from framework.people import sessions
from models.base import Base, db, random_id
from models.demand import CERTAINTIES, Demand, DemandLine
from models.people import Organisation, RoleGrant, User
from models.records import StoredFile
from models.rounds import Lot, Round
from models.signons import SignOn
from views import create_app
from views.settings import Settings

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MEMBERS, LOTS, YEARS, TIERS = 2_000, 6, 4, ("basic", "standard", "power", "mobile")
COUNTRIES, BODIES = ("NL", "BE", "SE", "DE"), ("municipality", "region", "university", "hospital")
PASSES = 40
MOST_QUERIES, MOST_TIMES = 25, 10.0
MOST_SECONDS, MOST_TIMES_BARE = 0.2, 3.0
CUTS = (
    "by=year",
    "by=tier&then=year",
    "by=country",
    "by=body&tier=power",
    "by=certainty&country=SE",
    "by=category&sort=-expected",
)
"""What the page of the cut pool is asked for, by turns."""
BARE = """
    SELECT demand.lot_id, demand_line.category, demand_line.spec_tier, demand_line.year_no, SUM(qty_firm), SUM(qty_expected), SUM(qty_max)
    FROM demand JOIN demand_line ON demand_line.demand_id = demand.id
    WHERE demand.round_id = :round AND demand.state = 'accepted'
    GROUP BY demand.lot_id, demand_line.category, demand_line.spec_tier, demand_line.year_no
"""
"""The bare sums: what a page would at least have to ask for, were nothing kept."""


def run(members: int = MEMBERS, passes: int = PASSES) -> Result:
    """Measure the pool page warm and its sums cold, on SQLite in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder))
        with app.app_context():
            db.session().info["write"] = True
            round_id, token, count = fill(db.session(), members)
            db.session.remove()
        return _measure(app, signed_in(app, token), round_id, count, passes)


def fill(session: Session, members: int) -> tuple[str, str, int]:
    """A round with every member's accepted demand, by Core: (round's address, token of the lead, lines)."""
    chance = random.Random(2027)
    lead = Organisation(name="Lead", folded_name="lead", kind="lead", country="NL", created_at=NOW)
    user = User(email="lead@example.org", folded_email="lead@example.org", name="Lead", created_at=NOW)
    session.add_all([lead, user])
    session.flush()
    session.add(RoleGrant(user_id=user.id, organisation_id=lead.id, role="lead", created_at=NOW))
    round_ = Round(organisation=lead, name="Laptops", state="demand", created_at=NOW, demand_deadline=NOW + dt.timedelta(days=30), jurisdiction="eu", mandate_type="cpb")  # fmt: skip
    lots = [
        Lot(round=round_, number=n, code=f"L{n}", name=f"Lot {n}", cpv_code="30213100-6", categories=["laptop"], spec_tiers=list(TIERS), created_at=NOW)
        for n in range(1, LOTS + 1)
    ]  # fmt: skip
    mandate = StoredFile(sha256="0" * 64, size=1, name="mandate.pdf", purpose="mandate", created_at=NOW)
    session.add_all([round_, mandate, *lots])
    session.flush()
    base = lead.id
    _insert_members(session, base, members, round_.id, mandate.id)
    count = _insert_demand(session, chance, base, members, round_.id, [lot.id for lot in lots])
    _live, token = sessions.start(session, user, now=NOW, max_hours=1000, second_factor=True)
    session.commit()
    return round_.public_id, token, count


def _insert_members(session: Session, base: int, members: int, round_id: int, mandate_id: int) -> None:
    numbers = range(1, members + 1)
    facts: dict[str, Any] = {"created_at": NOW, "version": 1}
    session.execute(
        insert(Organisation),
        [facts | {"id": base + n, "public_id": random_id(), "name": f"Member {n}", "folded_name": f"member {n}", "kind": "buyer", "country": "NL", "body_type": BODIES[n % len(BODIES)]} for n in numbers],
    )  # fmt: skip
    signed = {"mandate_file_id": mandate_id, "signed_by_name": "A", "signed_on": NOW.date(), "clause_commitment": True}
    session.execute(
        insert(SignOn),
        [facts | signed | {"public_id": random_id(), "round_id": round_id, "organisation_id": base + n, "state": "confirmed"} for n in numbers],
    )  # fmt: skip


def _insert_demand(
    session: Session, chance: random.Random, base: int, members: int, round_id: int, lots: list[int]
) -> int:
    demands, lines = [], []
    for n in range(1, members + 1):
        for lot_id in lots:
            number = len(demands) + 1
            demands.append({"id": number, "public_id": random_id(), "created_at": NOW, "version": 1, "round_id": round_id, "lot_id": lot_id, "member_id": base + n, "version_no": 1, "state": "accepted", "baseline_source": "erp"})  # fmt: skip
            for year in range(1, YEARS + 1):
                for tier in TIERS:
                    firm = chance.randrange(0, 500)
                    value = (firm + 50) * 700 if chance.random() > 0.1 else None
                    lines.append({"demand_id": number, "position": len(lines) % (YEARS * len(TIERS)), "category": "laptop", "spec_tier": tier, "year_no": year, "delivery_country": COUNTRIES[n % len(COUNTRIES)], "qty_firm": firm, "qty_expected": firm + 50, "qty_max": firm + 90, "value_expected": value, "certainty": CERTAINTIES[(n + year) % 3]})  # fmt: skip
    session.execute(insert(Demand), demands)
    session.execute(insert(DemandLine), lines)
    return len(lines)


def _application(folder: Path) -> Flask:
    settings = Settings(data_dir=folder, secret_key="bench" * 10, check_database=False, second_factor_roles="", base_url="http://localhost", login_limit=10_000)  # fmt: skip
    app = create_app(settings)
    app.extensions["clock"] = lambda: NOW
    with app.app_context():
        Base.metadata.create_all(db.engine)
    return app


def _measure(app: Flask, client: FlaskClient, round_id: str, count: int, passes: int) -> Result:
    address = f"/rounds/{round_id}/pool"
    first = _seconds(client, address)
    first_cut = _seconds(client, f"{address}/by")
    with app.app_context(), _queries() as seen:
        client.get(address)
    with app.app_context(), _queries() as seen_cut:
        client.get(f"{address}/by?by=tier&then=year")
    ours, plain = beside_the_frame(client, address, passes)
    cut, changed, bare, worked = _beside_the_bare_sums(app, client, f"{address}/by", passes)
    with app.app_context():
        round_ = db.session.query(Round).one()
        started = time.perf_counter()
        pool.compute(db.session(), round_)
        cold = time.perf_counter() - started
    return Result(
        "Pool of all members",
        (
            Figure("queries of the pool page", len(seen), "queries", MOST_QUERIES),
            Figure("pool page, p95", ours, "s", MOST_TIMES, plain, "a page that only renders the frame, p95"),
            Figure("pool page, p95 alone", ours, "s", MOST_SECONDS, strict=True),
            Figure("queries of the pool cut by what its lines say", len(seen_cut), "queries", MOST_QUERIES),
            Figure("pool cut by what its lines say, p95", cut, "s", MOST_SECONDS, strict=True),
            Figure("pool cut, p95 beside the bare sums", cut, "s", MOST_TIMES_BARE, bare, "the sums in SQL alone, p95"),
            Figure(
                "pool cut after a version was accepted, p95 beside the bare sums",
                changed,
                "s",
                MOST_TIMES_BARE,
                bare,
                "the sums in SQL alone, p95",
            ),
        ),
        {
            "lines": str(count),
            "first view, picture drawn": f"{first:.2f} s",
            "first view of the cut pool": f"{first_cut:.2f} s",
            "cut after a version was accepted, p95": f"{changed:.3f} s",
            "processor time of these, p95": ", ".join(f"{what} {seconds:.3f} s" for what, seconds in worked.items()),
            "sums made anew": f"{cold:.2f} s",
        },
    )


def _beside_the_bare_sums(
    app: Flask, client: FlaskClient, address: str, passes: int
) -> tuple[float, float, float, dict[str, float]]:
    """p95 in seconds of the cut pool, of its first view after a version was accepted, and of the sums in SQL alone; by turns.

    The last is their processor time, which a busy machine lengthens less.
    """
    turns = []
    for number in range(passes):
        asked = f"{address}?{CUTS[number % len(CUTS)]}"
        with app.app_context():
            bare = _timed(_bare_sums)
            _accept_another(number)
        turns.append((_timed(lambda: _seconds(client, asked)), _timed(lambda: _seconds(client, asked)), bare))  # noqa: B023
    after, cut, alone = ([one[place] for one in turns] for place in range(3))
    named = {"the cut pool": cut, "after a version was accepted": after, "the sums in SQL alone": alone}
    worked = {what: p95([processor for _wall, processor in some]) for what, some in named.items()}
    return p95([wall for wall, _p in cut]), p95([wall for wall, _p in after]), p95([wall for wall, _p in alone]), worked


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds and processor seconds of an act."""
    wall, processor = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - processor


def _bare_sums() -> None:
    round_id = db.session.scalar(select(Round.id))
    db.session.execute(text(BARE), {"round": round_id}).all()
    db.session.remove()


def _accept_another(number: int) -> None:
    """One member's version is superseded by one with a piece more in each line, as the act leaves the tables."""
    session = db.session()
    session.info["write"] = True
    old = session.scalars(
        select(Demand).where(Demand.state == "accepted").order_by(Demand.id).offset(number * 97)
    ).first()
    if old is None:
        raise RuntimeError("there is no version to follow")
    old.state = "superseded"
    session.flush()
    facts = {"round_id": old.round_id, "lot_id": old.lot_id, "member_id": old.member_id, "state": "accepted"}
    new = Demand(version_no=old.version_no + 1, created_at=NOW, **facts)
    for line in old.lines:
        row = {column.name: getattr(line, column.name) for column in DemandLine.__table__.columns}
        row = {key: value for key, value in row.items() if key not in ("id", "demand_id")}
        new.lines.append(DemandLine(**row | {"qty_max": (line.qty_max or 0) + 1}))
    session.add(new)
    session.commit()
    db.session.remove()


def signed_in(app: Flask, token: str) -> FlaskClient:
    """A browser with the session of somebody."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = token
    return client


def queries_of(app: Flask, client: FlaskClient, address: str) -> int:
    """How often a page asks the database."""
    with app.app_context(), _queries() as seen:
        client.get(address)
    return len(seen)


def beside_the_frame(client: FlaskClient, address: str, passes: int) -> tuple[float, float]:
    """p95 in seconds of a page, and of one that only renders the frame; asked by turns, so that a busy moment meets both."""
    turns = [
        (_seconds(client, address), _seconds(client, "/help-page-that-is-not-there", status=404)) for _ in range(passes)
    ]
    ours, plain = zip(*turns, strict=True)
    return p95(ours), p95(plain)


def _seconds(client: FlaskClient, address: str, *, status: int = 200) -> float:
    started = time.perf_counter()
    response = client.get(address)
    seconds = time.perf_counter() - started
    if response.status_code != status:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return seconds


@contextmanager
def _queries() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


if __name__ == "__main__":
    print(run())
