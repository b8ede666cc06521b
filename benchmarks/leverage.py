"""The leverage page of a lot: sixty offers with three hundred models each, five thousand sites, sixty thousand links."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from benchmarks.comparison import KINDS, _insert_sites, _round, _rows, opened_submission, stated
from benchmarks.pool import MOST_QUERIES, NOW, _application, queries_of, signed_in
from benchmarks.result import Figure, Result
from framework.chain.leverage import reading, stored
from framework.people import sessions
from models.base import db, random_id
from models.chain import ChainBuild, Component, Link, Mention, Product
from models.demand import Demand, DemandLine
from models.people import Organisation, RoleGrant, User
from models.rounds import Lot, Round

OFFERS, MODELS, SITES, LINKS, MEMBERS, PASSES = 60, 300, 5_000, 1_000, 60, 10
TIERS = ("basic", "standard", "power", "rugged")
MOST_SECONDS = 0.4
"""Processor time of a page (the task's own bar), on the machine the figures were measured on."""
PAGES = ("sites", "sites&sort=site", "countries", "brands", "components", "members", "flow")


def run(scale: float = 1.0, passes: int = PASSES) -> Result:
    """Measure each table of the page warm, on SQLite; what is counted when a chain is built is timed beside."""
    offers, models = max(2, int(OFFERS * scale)), max(4, int(MODELS * scale))
    with tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder))
        with app.app_context():
            session = db.session()
            session.info["write"] = True
            round_, token, numbers = _fill(
                session, offers, models, max(50, int(SITES * scale)), max(20, int(LINKS * scale))
            )
            everything, one = (_counted(session, round_, some) for some in (numbers, numbers[:1]))
            address = f"/rounds/{round_.public_id}/leverage?by="
            session.commit()
            db.session.remove()
        client = signed_in(app, token)
        cold = _cold(client, address + "sites")
        taken = {page: _taken(client, address + page, passes) for page in PAGES}
        asked = queries_of(app, client, address + "sites")
    slowest = max(taken, key=lambda page: taken[page])
    return Result(
        "Leverage of a lot",
        (
            Figure("queries of the leverage page", asked, "queries", MOST_QUERIES),
            Figure("leverage page, slowest table, processor time", taken[slowest], "s", MOST_SECONDS),
        ),
        {
            "offers": str(offers),
            "models": str(offers * models),
            "links": str(offers * int(LINKS * scale)),
            "counted for all offers": f"{everything:.2f} s",
            "counted where one offer changes": f"{one:.2f} s",
            "the first page after figures changed": f"{cold * 1000:.0f} ms",
        }
        | {f"table {page}": f"{seconds * 1000:.0f} ms" for page, seconds in taken.items()},
    )


def _counted(session: Session, round_: Round, submissions: list[int]) -> float:
    """Seconds of processor time to count the flows of these offers."""
    begun = time.process_time()
    stored.count(session, round_, submissions)
    return time.process_time() - begun


def _taken(client: Any, address: str, passes: int) -> float:
    """Seconds of processor time of a page, the mean of some readings after one that warms up."""
    client.get(address)
    begun = time.process_time()
    for _pass in range(passes):
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
    return (time.process_time() - begun) / passes


def _cold(client: Any, address: str) -> float:
    """Seconds of processor time where nothing of the lot is kept, in a process that has shown pages."""
    client.get(address)
    reading.forget()
    begun = time.process_time()
    client.get(address)
    return time.process_time() - begun


def _fill(session: Session, offers: int, models: int, sites: int, links: int) -> tuple[Round, str, list[int]]:
    """An opened round with locked demand and offers, by Core; the token of its lead and the submissions."""
    lead = Organisation(name="Lead", folded_name="lead", kind="lead", country="NL", created_at=NOW)
    user = User(email="lead@example.org", folded_email="lead@example.org", name="Lead", created_at=NOW)
    session.add_all([lead, user])
    session.flush()
    session.add(RoleGrant(user_id=user.id, organisation_id=lead.id, role="lead", created_at=NOW))
    round_ = _round(lead)
    lot = Lot(
        round=round_,
        number=1,
        code="A",
        name="Laptops",
        cpv_code="30213100-6",
        categories=["laptop"],
        spec_tiers=list(TIERS),
        required_components=list(KINDS[1:]),
        created_at=NOW,
    )
    session.add_all([round_, lot])
    session.flush()
    _demand(session, round_, lot)
    _insert_sites(session, sites)
    numbers = [
        _offer(session, round_, lot, number, models=models, sites=sites, links=links) for number in range(offers)
    ]
    session.add(stated(user, round_))
    _live, token = sessions.start(session, user, now=NOW, max_hours=1000, second_factor=True)
    session.commit()
    return round_, token, numbers


def _demand(session: Session, round_: Round, lot: Lot) -> None:
    for number in range(MEMBERS):
        name = f"Buyer {number}"
        body = Organisation(name=name, folded_name=name.casefold(), kind="buyer", country="NL", created_at=NOW)
        demand = Demand(round=round_, lot=lot, member=body, version_no=1, state="locked", created_at=NOW)
        for tier in TIERS:
            quantity = 100 + number
            demand.lines.append(
                DemandLine(
                    category="laptop",
                    spec_tier=tier,
                    year_no=1,
                    delivery_country="NL",
                    qty_firm=quantity,
                    qty_expected=quantity,
                    qty_max=quantity,
                    value_expected=quantity * 700,
                )
            )
        session.add(demand)
    session.flush()


def _offer(session: Session, round_: Round, lot: Lot, number: int, *, models: int, sites: int, links: int) -> int:
    submission = opened_submission(session, round_, number)
    first = _rows(session, submission.id, links)
    _products(session, submission.id, lot, first, number, models)
    _link(session, submission.id, first, number, sites=sites, links=links)
    session.add(ChainBuild(submission_id=submission.id, at=NOW, products=models, mentions=links, links=links))
    session.flush()
    return submission.id


def _products(session: Session, submission_id: int, lot: Lot, first: int, number: int, models: int) -> None:
    """The models of an offer, each with a component of every kind."""
    values: dict[str, Any] = {"submission_id": submission_id, "row_id": first}
    made = [
        values
        | {
            "lot_id": lot.id,
            "product_ref": f"P{n}",
            "brand": f"Brand {(number + n) % 12}",
            "model_name": f"Model {n}",
            "category": "laptop",
            "spec_tier": TIERS[n % len(TIERS)],
        }
        for n in range(models)
    ]
    session.execute(insert(Product), made)
    products = list(
        session.scalars(select(Product.id).where(Product.submission_id == submission_id).order_by(Product.id))
    )
    parts = [
        values
        | {
            "product_id": product,
            "component_ref": f"{product}-{kind}",
            "component_type": kind,
            "tier": 1 if kind == KINDS[0] else 2,
            "required": True,
        }
        for product in products
        for kind in KINDS
    ]
    session.execute(insert(Component), parts)


def _link(session: Session, submission_id: int, first: int, number: int, *, sites: int, links: int) -> None:
    """Half of the links are of the final assembly, so that its table is the longest."""
    query = select(Component.id, Component.product_id, Component.component_type)
    components = session.execute(query.where(Component.submission_id == submission_id).order_by(Component.id)).all()
    whole = [one for one in components if one.component_type == KINDS[0]]
    rest = [one for one in components if one.component_type != KINDS[0]]
    mentions, tied = [], []
    for n in range(links):
        site = (number * 83 + n * 7) % sites + 1
        mentions.append(
            {
                "id": first + n,
                "submission_id": submission_id,
                "row_id": first + n,
                "site_id": site,
                "site_ref": f"S{n}",
                "name": f"Site {site}",
                "country": ("CN", "VN", "MY", "TH", "CZ")[site % 5],
                "precision": "site",
                "company_wide": False,
                "confidentiality": "consortium",
                "place_key": random_id(),
            }
        )
        one = whole[n // 2 % len(whole)] if n % 2 else rest[n * 5 % len(rest)]
        tied.append(
            {
                "submission_id": submission_id,
                "row_id": first + n,
                "product_id": one.product_id,
                "component_id": one.id,
                "mention_id": first + n,
            }
        )
    session.execute(insert(Mention), mentions)
    session.execute(insert(Link), tied)
