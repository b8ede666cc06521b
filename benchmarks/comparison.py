"""The comparison page over forty suppliers that each name five thousand sites, beside a page that only renders the frame."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.pool import MOST_QUERIES, MOST_TIMES, NOW, _application, _queries, _seconds, beside_the_frame
from benchmarks.result import Figure, Result
from framework.chain import figures, shared
from framework.people import sessions
from models.base import db, random_id
from models.chain import ChainBuild, Component, Link, Mention, Product, Site
from models.disclosure import Submission, SubmissionRow
from models.people import Organisation, RoleGrant, User
from models.records import StoredFile
from models.rounds import Lot, Round

SUPPLIERS, SITES, PRODUCTS, PASSES = 40, 5_000, 10, 40
KINDS = ("final_assembly", "mainboard_pcba", "battery", "display_panel", "storage")


def run(scale: float = 1.0, passes: int = PASSES) -> Result:
    """Measure the page warm, on SQLite in a folder of its own; counting happens when a chain is built, and is timed beside."""
    suppliers, sites = max(2, int(SUPPLIERS * scale)), max(50, int(SITES * scale))
    with tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder))
        with app.app_context():
            session = db.session()
            session.info["write"] = True
            round_, token = _fill(session, suppliers, sites)
            begun = time.perf_counter()
            shared.count(session, round_)
            counted = time.perf_counter() - begun
            address = f"/rounds/{round_.public_id}/comparison"
            session.commit()
            db.session.remove()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["sid"] = token
        _seconds(client, address)
        with app.app_context(), _queries() as seen:
            client.get(address)
        ours, plain = beside_the_frame(client, address, passes)
    return Result(
        "Comparison of suppliers",
        (
            Figure("queries of the comparison page", len(seen), "queries", MOST_QUERIES),
            Figure("comparison page, p95", ours, "s", MOST_TIMES, plain, "a page that only renders the frame, p95"),
        ),
        {
            "suppliers": str(suppliers),
            "mentions": str(suppliers * sites),
            "shared sites counted anew": f"{counted:.2f} s",
        },
    )


def _fill(session: Session, suppliers: int, sites: int) -> tuple[Round, str]:
    """An opened round in which every supplier names every site, by Core; the token of its lead."""
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
        required_components=list(KINDS[1:]),
        created_at=NOW,
    )
    session.add_all([round_, lot])
    session.flush()
    _insert_sites(session, sites)
    for number in range(suppliers):
        _supplier(session, round_, lot, number, sites)
    _live, token = sessions.start(session, user, now=NOW, max_hours=1000, second_factor=True)
    session.commit()
    return round_, token


def _round(lead: Organisation) -> Round:
    return Round(
        organisation=lead,
        name="Laptops",
        state="opened",
        created_at=NOW,
        jurisdiction="eu",
        mandate_type="cpb",
        tender_deadline=NOW - dt.timedelta(days=2),
        published_at=NOW - dt.timedelta(days=40),
        opened_at=NOW - dt.timedelta(days=1),
        frozen_hash="f" * 64,
        frozen_text="{}",
    )


def _insert_sites(session: Session, sites: int) -> None:
    rows = [
        {
            "id": n,
            "public_id": random_id(),
            "created_at": NOW,
            "version": 1,
            "match_key": f"site|CN|site {n}",
            "name": f"Site {n}",
            "address": f"{n} Alder Road, Kunshan",
            "city": "Kunshan",
            "country": "CN",
        }
        for n in range(1, sites + 1)
    ]
    session.execute(insert(Site), rows)


def _supplier(session: Session, round_: Round, lot: Lot, number: int, sites: int) -> None:
    """One opened submission: ten models, five components each, every site tied to one component."""
    body = Organisation(
        name=f"Supplier {number}",
        folded_name=f"supplier {number}",
        kind="supplier",
        supplier_kind="reseller",
        country="NL",
        created_at=NOW,
    )
    file = StoredFile(sha256=f"{number:064x}", size=1, name="a.xlsx", purpose="disclosure", created_at=NOW)
    submission = Submission(
        round=round_,
        supplier=body,
        version_no=1,
        state="opened",
        file=file,
        receipt_seq=number + 1,
        receipt_number=f"{number:06d}-00",
        first_byte_at=NOW - dt.timedelta(days=3),
        received_at=NOW - dt.timedelta(days=3),
        counted_at=NOW - dt.timedelta(days=2),
        opened_at=NOW - dt.timedelta(days=1),
        created_at=NOW,
        sheets=[],
        mapping={},
    )
    session.add(submission)
    session.flush()
    first = _rows(session, submission.id, sites)
    components = _products(session, submission.id, lot.id, first, f"Brand {number % 7}")
    _mentions(session, submission.id, first, sites, components)
    session.add(ChainBuild(submission_id=submission.id, at=NOW, products=PRODUCTS, mentions=sites, links=sites))
    figures.count(session, submission)


def _rows(session: Session, submission_id: int, sites: int) -> int:
    """As many rows as sites; the number of the first."""
    first = submission_id * 1_000_000
    values: dict[str, Any] = {
        "submission_id": submission_id,
        "sheet": "3_sites",
        "read_values": {},
        "found": {},
        "listed_reason": "",
    }
    session.execute(insert(SubmissionRow), [values | {"id": first + n, "row": n + 2} for n in range(sites)])
    return first


def _products(session: Session, submission_id: int, lot_id: int, first: int, brand: str) -> list[tuple[int, int]]:
    found = []
    for n in range(PRODUCTS):
        product = Product(
            submission_id=submission_id,
            row_id=first,
            lot_id=lot_id,
            product_ref=f"P{n}",
            brand=brand,
            model_name=f"Model {n}",
            category="laptop",
        )
        session.add(product)
        session.flush()
        for kind in KINDS:
            component = Component(
                submission_id=submission_id,
                row_id=first,
                product_id=product.id,
                component_ref=f"P{n}-{kind}",
                component_type=kind,
                tier=1 if kind == "final_assembly" else 2,
                required=True,
            )
            session.add(component)
            session.flush()
            found.append((product.id, component.id))
    return found


def _mentions(session: Session, submission_id: int, first: int, sites: int, components: list[tuple[int, int]]) -> None:
    mentions = [
        {
            "id": first + n,
            "submission_id": submission_id,
            "row_id": first + n,
            "site_id": n + 1,
            "site_ref": f"S{n}",
            "name": f"Site {n}",
            "precision": "site" if n % 3 else "city",
            "company_wide": False,
            "confidentiality": "consortium",
        }
        for n in range(sites)
    ]
    session.execute(insert(Mention), mentions)
    links = []
    for n in range(sites):
        product, component = components[n % len(components)]
        links.append(
            {
                "submission_id": submission_id,
                "row_id": first + n,
                "product_id": product,
                "component_id": component,
                "mention_id": first + n,
            }
        )
    session.execute(insert(Link), links)
