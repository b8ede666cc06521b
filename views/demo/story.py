"""The rounds of the demonstration, told through the acts that people would do, at the times they would do them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand import approve, declare
from framework.demand.lines import Line
from framework.disclosure import counting, inviting, opening, receiving
from framework.ground import clauses as library
from framework.ground.codelists import read_rows
from framework.rounds import creating, editing, moves, parts, publication
from framework.rounds.readiness import pooled_demand
from framework.signons import acts as signons
from framework.signons import statement
from framework.signons.mandate import Mandate
from models.base import db
from models.people import Appointment, Organisation
from models.records import Job, StoredFile
from models.rounds import Lot, Round
from models.signons import SignOn
from views.demo.cast import MEMBERS, Cast
from views.demo.lots import LOTS, ROUND_NAMES
from views.demo.workbooks import DISCLOSURES, FOLDER, SITE_LIST
from views.worker import run_job

DAY = dt.timedelta(days=1)
ZONE = "Europe/Brussels"
OPEN_MINUTES = 30
MOTIVE = "All members have answered."


@dataclass(slots=True)
class Teller:
    """Who tells: the application, its writing session, the cast, and the time of the story."""

    app: Flask
    session: Session
    cast: Cast
    now: dt.datetime

    def at(self, instant: dt.datetime) -> dt.datetime:
        """Go on to a time; the application's clock goes along."""
        self.now = instant
        return instant

    def clock(self) -> dt.datetime:
        """The time of the story."""
        return self.now

    def file(self, body: Organisation, content: bytes, name: str, purpose: str) -> StoredFile:
        """Put bytes into the store."""
        blob = self.app.extensions["files"].put(io.BytesIO(content), max_bytes=10_000_000)
        stored = StoredFile(
            sha256=blob.sha256,
            size=blob.size,
            name=name,
            purpose=purpose,
            organisation_id=body.id,
            created_at=self.now,
        )
        self.session.add(stored)
        self.session.flush()
        return stored


@contextmanager
def story_time(app: Flask, teller: Teller) -> Iterator[None]:
    """The application's clock is the story's while it is told."""
    before = app.extensions.get("clock")
    app.extensions["clock"] = teller.clock
    try:
        yield
    finally:
        app.extensions["clock"] = before


def tell(app: Flask, session: Session, cast: Cast, *, now: dt.datetime) -> None:
    """Make the four rounds: one opened, one with its tender open, one in demand, one in set-up."""
    teller = Teller(app, session, cast, now)
    with story_time(app, teller):
        _opened(teller, now - 200 * DAY)
        tender = _published(teller, "demodesktops2027", now - 60 * DAY, now + dt.timedelta(minutes=OPEN_MINUTES))
        _in_demand(teller, now - 20 * DAY)
        _in_set_up(teller, now - DAY)
        teller.at(now - dt.timedelta(minutes=20))
        _send(teller, tender, ("desktops-2027-noordhaven.xlsx", "desktops-2027-tegelveld.xlsx"))
        session.commit()


def _opened(teller: Teller, begun: dt.datetime) -> None:
    """Laptops: everything up to the comparison."""
    deadline = begun + 100 * DAY
    round_ = _published(teller, "demolaptops2026", begun, deadline)
    teller.at(deadline - 3 * DAY)
    files = [d.file for d in DISCLOSURES if d.round_id == round_.public_id]
    _send(teller, round_, (*files, SITE_LIST))
    teller.at(deadline + dt.timedelta(minutes=1))
    files_store = teller.app.extensions["files"]
    counting.close_receipt(teller.session, round_, clock=teller.clock, files=files_store)
    teller.at(deadline + DAY)
    for key in ("opener1", "opener2"):
        opening.confirm(teller.session, round_, actor=teller.cast.actor(key), clock=teller.clock)
    teller.session.commit()
    _do_jobs(teller)


def _published(teller: Teller, key: str, begun: dt.datetime, deadline: dt.datetime) -> Round:
    """A round from set-up to publication, with every member signed on and its demand locked."""
    round_ = _demanded(teller, key, begun, deadline, members=MEMBERS, answered=MEMBERS)
    lead, second = teller.cast.actor("lead"), teller.cast.actor("lead2")
    session = teller.session
    now = teller.at(begun + 20 * DAY)
    moves.lock_demand(session, round_, actor=lead, now=now, motive=MOTIVE)
    session.flush()
    _set_figures(teller, round_)
    publication.see_refusals(session, round_, actor=lead, now=now)
    session.flush()
    publication.propose_readiness(session, round_, actor=lead, now=now)
    publication.approve_readiness(session, round_, actor=second, now=teller.at(now + dt.timedelta(hours=1)))
    now = teller.at(begun + 24 * DAY)
    publication.propose_publication(
        session, round_, notice_reference=f"2026/S {key[4:10]}-INVENTED", actor=lead, now=now
    )
    publication.publish(session, round_, actor=second, now=teller.at(now + dt.timedelta(hours=2)))
    session.commit()
    return round_


def _in_demand(teller: Teller, begun: dt.datetime) -> None:
    """Tablets: some members have declared, one waits for the lead, others are missing."""
    members = ("college", "town", "hospital", "university", "region")
    _demanded(teller, "demotablets2027", begun, begun + 90 * DAY, members=members, answered=("college", "town"))
    teller.session.commit()


def _in_set_up(teller: Teller, begun: dt.datetime) -> None:
    """Meeting-room screens: just begun."""
    _begun(teller, "demoscreens2028", begun, begun + 120 * DAY)
    teller.session.commit()


def _begun(teller: Teller, key: str, begun: dt.datetime, deadline: dt.datetime) -> Round:
    """A round in set-up with its lots and dates."""
    session, lead, now = teller.session, teller.cast.actor("lead"), teller.at(begun)
    round_ = creating.create(session, name=ROUND_NAMES[key], jurisdiction="eu", actor=lead, now=now, public_id=key)
    session.flush()
    _edit(teller, round_, "scope", _scope(key))
    _edit(teller, round_, "dates", _dates(begun, deadline))
    for plan in LOTS[key]:
        values = {
            "code": plan.code,
            "name": plan.name,
            "cpv_code": plan.cpv_code,
            "unit": "piece",
            "categories": list(plan.categories),
            "spec_tiers": list(plan.tiers),
            "years": 4,
        }
        lot = parts.add_lot(session, round_, values, actor=lead, now=now)
        session.flush()
        asked = {
            "required_components": list(plan.components),
            "asked_tiers": 2,
            "minerals": list(plan.minerals),
            "asks_mines": False,
            "product_subset": "Every model offered in this lot.",
        }
        parts.edit_scope(session, lot, asked, version=lot.version, actor=lead, now=now)
        session.flush()
    return round_


def _scope(key: str) -> dict[str, object]:
    return {
        "reference": f"WJP-{key[4:8].upper()}",
        "summary": "Invented for the demonstration. Six public bodies buy together.",
        "mandate_type": "occasional_joint_full",
        "cross_border": True,
        "currency": "EUR",
    }


def _dates(begun: dt.datetime, deadline: dt.datetime) -> dict[str, object]:
    starts = (deadline + 60 * DAY).date()
    return {
        "zone": ZONE,
        "signon_deadline": begun + 15 * DAY,
        "demand_deadline": begun + 22 * DAY,
        "planned_publication_on": (begun + 25 * DAY).date(),
        "questions_until": deadline - 10 * DAY,
        "tender_deadline": deadline,
        "term_starts_on": starts,
        "term_ends_on": starts.replace(year=starts.year + 4, day=1) - DAY if starts.day == 1 else _four_years(starts),
        "first_audit_on": (deadline + 400 * DAY).date(),
    }


def _four_years(starts: dt.date) -> dt.date:
    """The last day of a term of four years."""
    day = min(starts.day, 28)
    return starts.replace(year=starts.year + 4, day=day) - DAY


def _edit(teller: Teller, round_: Round, part: str, values: dict[str, object]) -> None:
    actor = teller.cast.actor("lead")
    editing.edit(teller.session, round_, part, values, version=round_.version, actor=actor, now=teller.now)
    teller.session.flush()


def _demanded(
    teller: Teller,
    key: str,
    begun: dt.datetime,
    deadline: dt.datetime,
    *,
    members: tuple[str, ...],
    answered: tuple[str, ...],
) -> Round:
    """A round up to open demand: terms complete, members confirmed, demand of some declared and accepted."""
    round_ = _begun(teller, key, begun, deadline)
    session, lead = teller.session, teller.cast.actor("lead")
    _complete_terms(teller, round_)
    bodies = [teller.cast.organisations[m] for m in members]
    signons.invite_all(session, round_, bodies, actor=lead, now=teller.now)
    for supplier in ("noordhaven", "papierboot", "zeewind", "tegelveld", "vuurtoren"):
        inviting.invite(session, round_, teller.cast.organisations[supplier], actor=lead, now=teller.now)
    session.flush()
    moves.open_signons(session, round_, actor=lead, now=teller.at(begun + DAY))
    for member in members:
        _sign_on(teller, round_, member)
    moves.open_demand(session, round_, actor=lead, now=teller.at(begun + 12 * DAY))
    session.flush()
    teller.at(begun + 14 * DAY)
    for member in members:
        done = member in answered
        _declare(teller, round_, member, accepted=done, submitted=done or member != members[-1])
    return round_


def _complete_terms(teller: Teller, round_: Round) -> None:
    """Data agreement, retention, clauses from the library, criteria that weigh 100, openers."""
    session, lead, now = teller.session, teller.cast.actor("lead"), teller.now
    agreement = "Each member keeps the data of the others and of the suppliers to itself."
    _edit(teller, round_, "members", {"data_agreement": agreement, "retention_years": 10})
    _edit(teller, round_, "rules", {"standstill_confirmed": True})
    for number, clause_key in enumerate(library.required_clauses(), start=1):
        found = library.clause_library()[clause_key]
        figures = dict.fromkeys(found.parameters, 4)
        values = {
            "place": found.place,
            "title": found.title("en"),
            "text": found.text("en", figures),
            "notice_reference": f"Section {number}",
            "parameters": figures,
        }
        parts.add_clause(session, round_, clause_key, values, actor=lead, now=now)
    for name, weight, formula, parameters in (
        ("Price", "60.00", "absolute_linear", {"p_low": "60", "p_high": "140"}),
        ("Delivery and service", "40.00", "points", {"scale": "5"}),
    ):
        criterion = {
            "name": name,
            "place": "award",
            "weight": Decimal(weight),
            "formula": formula,
            "parameters": parameters,
        }
        parts.save_criterion(session, round_, None, criterion, actor=lead, now=now)
    for key in ("opener1", "opener2", "opener3"):
        parts.name_opener(session, round_, teller.cast.people[key], actor=lead, now=now)
    _appoint_evaluator(teller, round_)
    session.flush()


def _appoint_evaluator(teller: Teller, round_: Round) -> None:
    """Evaluators are appointed by the judging phase, which has no pages yet; the demonstration names one."""
    evaluator = teller.cast.people["evaluator"]
    teller.session.add(
        Appointment(
            round_id=round_.id,
            user_id=evaluator.id,
            organisation_id=teller.cast.organisations["university"].id,
            role="evaluator",
            created_at=teller.now,
        )
    )


def _sign_on(teller: Teller, round_: Round, member: str) -> None:
    """Accept, hand in the mandate; the second person of the lead confirms."""
    session, body = teller.session, teller.cast.organisations[member]
    officer, approver = teller.cast.actor(f"{member}1"), teller.cast.actor(f"{member}2")
    sign_on = session.scalars(
        select(SignOn).where(SignOn.round_id == round_.id, SignOn.organisation_id == body.id)
    ).one()
    now = teller.at(teller.now + dt.timedelta(hours=5))
    signons.accept_invitation(session, sign_on, actor=officer, now=now)
    session.flush()
    paper = f"Mandate of {body.name} (invented) for {round_.name}.".encode()
    mandate = Mandate(
        document=teller.file(body, paper, "mandate.txt", "mandate"),
        signed_by_name=approver.name,
        signed_by_title="Director",
        signed_on=now.date(),
        eligibility_basis="named_in_notice",
        mandate_type=round_.mandate_type,
        liaison_name=officer.name,
        liaison_email=teller.cast.people[f"{member}1"].email,
        clause_commitment=True,
        data_agreement=True,
        statement=" ".join(_statement(round_, body)),
    )
    signons.submit_mandate(session, sign_on, mandate, actor=officer, now=now, version=sign_on.version)
    session.flush()
    second = teller.cast.actor("lead2")
    signons.confirm(session, sign_on, actor=second, now=teller.at(now + DAY), version=sign_on.version)
    session.flush()


def _statement(round_: Round, body: Organisation) -> list[str]:
    """The five lines that the member signs, in English."""
    return [line % params if params else line for line, params in statement.lines(round_, body)]


def _declare(teller: Teller, round_: Round, member: str, *, accepted: bool, submitted: bool) -> None:
    """Declare each lot that `data/demo/demand.csv` knows of; a second person approves, the lead accepts."""
    session = teller.session
    officer, approver = teller.cast.actor(f"{member}1"), teller.cast.actor(f"{member}2")
    for lot in round_.lots:
        lines = list(_lines(round_, lot, member, teller.cast.organisations[member].country))
        if not lines:
            continue
        demand = declare.declare(session, lot, actor=officer, now=teller.now, prefill=False)
        session.flush()
        declare.edit(
            session, demand, lines, actor=officer, now=teller.now, version=demand.version, baseline_source="erp"
        )
        session.flush()
        if not submitted:
            continue
        approve.submit(session, demand, actor=officer, now=teller.now, version=demand.version)
        session.flush()
        approve.approve(session, demand, actor=approver, now=teller.now, version=demand.version)
        session.flush()
        if accepted:
            lead = teller.cast.actor("lead")
            approve.accept(session, demand, actor=lead, now=teller.now, version=demand.version, seen=True)
            session.flush()


def _lines(round_: Round, lot: Lot, member: str, country: str) -> Iterator[Line]:
    """The lines of one member and lot: the further the year, the softer the figure."""
    for row in read_rows("demo/demand.csv"):
        if (row["round"], row["lot"], row["member"]) != (round_.public_id, lot.code, member):
            continue
        for year in (1, 2, 3, 4):
            expected = int(row[f"year{year}"])
            yield Line(
                category=row["category"],
                spec_tier=row["spec_tier"],
                delivery_country=country,
                year_no=year,
                qty_firm=expected * (100 - 20 * year) // 100,
                qty_expected=expected,
                qty_max=expected * 5 // 4,
                value_expected=Decimal(row["unit_price"]) * expected,
                certainty="budgeted" if year == 1 else "planned" if year == 2 else "indicative",
                baseline_qty=int(row["baseline"]) if year == 1 and row["baseline"] else None,
            )


def _set_figures(teller: Teller, round_: Round) -> None:
    """Estimated as pooled, maximum a third above (law L05), and the route of each lot."""
    pooled = pooled_demand(teller.session, round_)
    routes = {plan.code: plan.route for plan in LOTS[round_.public_id]}
    for lot in round_.lots:
        estimated = pooled[lot.id].quantity
        figures = {
            "qty_estimated": estimated,
            "qty_maximum": estimated * 4 // 3,
            "call_off_route": routes[lot.code],
        }
        parts.edit_figures(
            teller.session, lot, figures, version=lot.version, actor=teller.cast.actor("lead"), now=teller.now
        )
        teller.session.flush()


def _send(teller: Teller, round_: Round, names: tuple[str, ...]) -> None:
    """Suppliers upload their files; each is read before the next."""
    suppliers = {d.file: d.supplier for d in DISCLOSURES} | {SITE_LIST: "vuurtoren"}
    for name in names:
        key = suppliers[name]
        blob = teller.app.extensions["files"].put((FOLDER / name).open("rb"), max_bytes=10_000_000)
        receiving.receive(
            teller.session,
            round_,
            teller.cast.organisations[key],
            blob,
            name,
            actor=teller.cast.actor(key),
            clock=teller.clock,
            first_byte_at=teller.now,
        )
        teller.session.commit()
        teller.at(teller.now + dt.timedelta(minutes=3))
    _do_jobs(teller)


def _do_jobs(teller: Teller) -> None:
    """Do the reading and building now, as the worker would."""
    for number in list(teller.session.scalars(select(Job.id).where(Job.state == "waiting").order_by(Job.id))):
        teller.session.commit()
        run_job(teller.app, number)
    teller.session.expire_all()


def writing_session() -> Session:
    """The session of this application context, writing."""
    session = db.session()
    session.info["write"] = True
    return session
