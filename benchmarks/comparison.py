"""The comparison of sixty suppliers with three hundred models each, over five thousand sites and sixty thousand links."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from benchmarks.pool import NOW, _application, _seconds, beside_the_frame, queries_of, signed_in
from benchmarks.result import Figure, Result
from framework.chain import figures, shared
from framework.chain.leverage import stored as flows
from framework.chain.measures import sources, stored
from framework.people import sessions
from models.base import db, random_id
from models.chain import ChainBuild, Component, Link, Mention, Product, Site
from models.demand import Demand, DemandLine
from models.disclosure import Submission, SubmissionRow
from models.judging import ConflictStatement
from models.measures import LotMeasures
from models.people import Organisation, RoleGrant, User
from models.records import StoredFile
from models.rounds import Lot, Round
from models.signons import SignOn

SUPPLIERS, SITES, PRODUCTS, LINKS, PASSES = 60, 5_000, 300, 60_000, 40
BRANDS, COUNTED = 7, 2
"""Brands that the suppliers share, and the submissions whose measures are counted here."""
KINDS = ("final_assembly", "mainboard_pcba", "battery", "display_panel", "storage")
MOST_QUERIES, MOST_SECONDS, MOST_TIMES, MOST_EXPORT, MOST_PAIR_QUERIES = 25, 0.4, 12.0, 10.0, 45


def run(scale: float = 1.0, passes: int = PASSES) -> Result:
    """Measure the page warm, on SQLite in a folder of its own; counting happens when a chain is built, and is timed beside."""
    suppliers, sites = max(2, int(SUPPLIERS * scale)), max(50, int(SITES * scale))
    products, links = max(5, int(PRODUCTS * scale)), max(50, int(LINKS * scale * scale)) // suppliers
    with tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder))
        with app.app_context():
            token, address, pair, counted = _made(db.session(), Size(suppliers, sites, products, links))
        client = signed_in(app, token)
        _seconds(client, address)
        asked, asked_of_pair = queries_of(app, client, address), queries_of(app, client, pair)
        ours, plain = beside_the_frame(client, address, passes)
        export = _seconds(client, f"{address}.xlsx")
        beside = _seconds(client, pair)
    frame = "a page that only renders the frame, p95"
    return Result(
        "Comparison of suppliers",
        (
            Figure("queries of the comparison page", asked, "queries", MOST_QUERIES),
            Figure("comparison page, p95", ours, "s", MOST_SECONDS, strict=True),
            Figure("comparison page beside the frame, p95", ours, "s", MOST_TIMES, plain, frame, strict=True),
            Figure("comparison as a workbook", export, "s", MOST_EXPORT, strict=True),
            Figure("queries of two lines side by side", asked_of_pair, "queries", MOST_PAIR_QUERIES),
        ),
        {
            "suppliers": str(suppliers),
            "models": str(suppliers * products),
            "links": str(suppliers * links),
            "shared sites counted anew": f"{counted:.2f} s",
            "two lines side by side": f"{beside:.2f} s",
        },
    )


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: sites in all, models and links of each supplier."""

    suppliers: int
    sites: int
    products: int
    links: int


def _made(session: Session, size: Size) -> tuple[str, str, str, float]:
    """The round with all that is counted when a chain is built: token of its lead, two addresses, seconds for shared sites."""
    session.info["write"] = True
    round_, token, (first, second) = _fill(session, size)
    begun = time.perf_counter()
    shared.count(session, round_)
    counted = time.perf_counter() - begun
    flows.count(session, round_, list(session.scalars(select(Submission.id))))
    _measures(session, round_)
    here = f"/rounds/{round_.public_id}/lots/{round_.lots[0].public_id}"
    session.commit()
    db.session.remove()
    return token, f"{here}/comparison", f"{here}/side-by-side?line={first}&line={second}", counted


def _measures(session: Session, round_: Round) -> None:
    """Count the measures of the first two submissions as a built chain does; those of the others are theirs."""
    submissions = session.query(Submission).order_by(Submission.id).all()
    for submission in submissions[:COUNTED]:
        stored.begin(session, submission)
    while stored.count_next(session, round_, now=NOW):
        pass
    rows = session.query(LotMeasures).order_by(LotMeasures.submission_id).all()
    names = [column.key for column in LotMeasures.__table__.columns]
    for number, submission in enumerate(submissions[COUNTED:]):
        row = rows[number % len(rows)]
        values = {name: getattr(row, name) for name in names}
        brand = f"Brand {(number + COUNTED) % BRANDS}"
        session.execute(
            insert(LotMeasures).values(
                values | {"submission_id": submission.id, "brand": brand, "brand_key": sources.key_of(brand)}
            )
        )


def _fill(session: Session, size: Size) -> tuple[Round, str, tuple[str, str]]:
    """An opened round, by Core; the token of its lead, and two of its lines."""
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
        minerals=["tin", "gold", "cobalt"],
        created_at=NOW,
    )
    session.add_all([round_, lot])
    session.flush()
    _demand(session, round_, lot)
    _insert_sites(session, size.sites)
    keys = [_supplier(session, round_, lot, number, size) for number in range(size.suppliers)]
    session.add(stated(user, round_))
    _live, token = sessions.start(session, user, now=NOW, max_hours=1000, second_factor=True)
    session.commit()
    return round_, token, (keys[0], keys[1])


def stated(user: User, round_: Round) -> ConflictStatement:
    """That a person of the lead said where a conflict of interest is: before that no page of opened tenders is shown."""
    return ConflictStatement(
        round=round_,
        user=user,
        organisation=round_.organisation,
        given_at=NOW,
        shown=[],
        undertaking="1",
        created_at=NOW,
    )


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


def _demand(session: Session, round_: Round, lot: Lot) -> None:
    """A member whose need of the lot weighs the models."""
    member = Organisation(name="Member", folded_name="member", kind="buyer", country="NL", created_at=NOW)
    mandate = StoredFile(sha256="0" * 64, size=1, name="mandate.pdf", purpose="mandate", created_at=NOW)
    session.add_all([member, mandate])
    session.flush()
    signed = SignOn(
        round_id=round_.id,
        organisation_id=member.id,
        state="confirmed",
        created_at=NOW,
        mandate_file_id=mandate.id,
        signed_by_name="A",
        signed_on=NOW.date(),
        clause_commitment=True,
    )
    demand = Demand(
        round_id=round_.id,
        lot_id=lot.id,
        member_id=member.id,
        version_no=1,
        state="locked",
        baseline_source="erp",
        created_at=NOW,
    )
    session.add_all([signed, demand])
    session.flush()
    need = {"category": "laptop", "spec_tier": "", "year_no": 1, "delivery_country": "NL", "certainty": "planned"}
    pieces = {"qty_firm": 900, "qty_expected": 1_000, "qty_max": 1_200}
    session.execute(insert(DemandLine).values(demand_id=demand.id, position=0, **need, **pieces))


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


def _supplier(session: Session, round_: Round, lot: Lot, number: int, size: Size) -> str:
    """One opened submission: its models with five components each, and links from these to sites; its line."""
    submission = opened_submission(session, round_, number)
    first = _rows(session, submission.id, size.links)
    brand = f"Brand {number % BRANDS}"
    components = _products(session, submission.id, lot.id, first, brand, size.products)
    _mentions(session, submission.id, first, number, size, components)
    session.add(
        ChainBuild(submission_id=submission.id, at=NOW, products=size.products, mentions=size.links, links=size.links)
    )
    figures.count(session, submission)
    return f"{submission.public_id}.{brand}"


def opened_submission(session: Session, round_: Round, number: int) -> Submission:
    """One opened submission of a supplier of its own."""
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
    return submission


def _rows(session: Session, submission_id: int, links: int) -> int:
    """As many rows as links; the number of the first."""
    first = submission_id * 1_000_000
    values: dict[str, Any] = {
        "submission_id": submission_id,
        "sheet": "3_sites",
        "read_values": {},
        "found": {},
        "listed_reason": "",
    }
    session.execute(insert(SubmissionRow), [values | {"id": first + n, "row": n + 2} for n in range(links)])
    return first


def _products(
    session: Session, submission_id: int, lot_id: int, first: int, brand: str, products: int
) -> list[tuple[int, int]]:
    """The models with their components; the numbers of both."""
    start = submission_id * 1_000_000
    offered: dict[str, Any] = {"submission_id": submission_id, "row_id": first, "lot_id": lot_id, "brand": brand}
    session.execute(
        insert(Product),
        [
            offered | {"id": start + n, "product_ref": f"P{n}", "model_name": f"Model {n}", "category": "laptop"}
            for n in range(products)
        ],
    )
    found = [
        (start + n, start + n * len(KINDS) + place, kind) for n in range(products) for place, kind in enumerate(KINDS)
    ]
    told: dict[str, Any] = {"submission_id": submission_id, "row_id": first, "required": True}
    session.execute(
        insert(Component),
        [
            told
            | {
                "id": number,
                "product_id": product,
                "component_ref": f"C{number}",
                "component_type": kind,
                "tier": 1 if kind == "final_assembly" else 2,
            }
            for product, number, kind in found
        ],
    )
    return [(product, number) for product, number, _kind in found]


def _mentions(
    session: Session, submission_id: int, first: int, supplier: int, size: Size, components: list[tuple[int, int]]
) -> None:
    """A mention and a link for each row; suppliers share most of their sites."""
    mentions, links = [], []
    for n in range(size.links):
        site = (n + supplier * 67) % size.sites
        mentions.append(
            {
                "id": first + n,
                "submission_id": submission_id,
                "row_id": first + n,
                "site_id": site + 1,
                "site_ref": f"S{n}",
                "name": f"Site {site}",
                "address": f"{site} Alder Road, Kunshan",
                "country": ("CN", "VN", "MY")[site % 3],
                "precision": "site" if n % 3 else "city",
                "company_wide": False,
                "confidentiality": "consortium",
            }
        )
        product, component = components[(n * 3 + supplier) % len(components)]
        links.append(
            {
                "submission_id": submission_id,
                "row_id": first + n,
                "product_id": product,
                "component_id": component,
                "mention_id": first + n,
            }
        )
    session.execute(insert(Mention), mentions)
    session.execute(insert(Link), links)
