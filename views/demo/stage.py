"""The stage on which the stories of the rounds play: who acts, what time it is, and the acts that every story repeats."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain import build as chain
from framework.chain.contradictions import finding
from framework.demand import approve, declare
from framework.demand.lines import Line
from framework.disclosure import checking, counting, inviting, opening, receiving, sealing
from framework.ground import clauses as library
from framework.ground import jobs
from framework.ground.actors import Actor
from framework.ground.codelists import read_rows
from framework.ground.files import FileStore
from framework.ground.sheets.limits import Limits
from framework.rounds import clauses, creating, editing, moves, parts, publication, readiness_facts
from framework.signons import acts as signons
from framework.signons import statement
from framework.signons.mandate import Mandate
from models.demand import Demand
from models.disclosure import Submission
from models.records import Job, StoredFile
from models.rounds import Lot, Round
from models.signons import SignOn
from views.demo.cast import Cast
from views.demo.lots import LOTS, ROUND_NAMES, LotPlan

Story = Iterator[dt.datetime]
MANDATE = "Mandate of %s to %s. Invented for the demonstration.\n"
WEIGHTS = {
    "price": "50",
    "transparency_completeness": "20",
    "transparency_precision": "5",
    "transparency_reliability": "10",
    "due_diligence": "5",
    "delivery": "5",
    "longer_use": "5",
}
HIGHEST_BODY = 20_000_000


@dataclass(slots=True)
class Stage:
    """`now` is the time on the stage: the stories move it; `today` is when the demonstration begins."""

    session: Session
    files: FileStore
    cast: Cast
    today: dt.datetime
    now: dt.datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.today

    def clock(self) -> dt.datetime:
        """The time on the stage."""
        return self.now

    def day(self, days: float, hour: int = 10) -> dt.datetime:
        """That hour (UTC), so many days from today; never later than today where the days lie behind us."""
        found = (self.today + dt.timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        return min(found, self.today) if days <= 0 else found

    def actor(self, key: str) -> Actor:
        """A person of the cast."""
        return self.cast.actor(key)

    @property
    def lead(self) -> Actor:
        """The lead's first person."""
        return self.actor("lead")


@dataclass(frozen=True, slots=True)
class Dates:
    """Days from today of what a round plans; `tender_deadline` is an instant."""

    signon: float
    demand: float
    publication: float
    questions: float
    tender_deadline: dt.datetime
    term: int = 60


def begin(stage: Stage, key: str, dates: Dates, *, summary: str) -> Round:
    """Create a round with its terms complete, and invite the six members."""
    round_ = sketch(stage, key, dates, summary=summary)
    complete(stage, round_)
    return round_


def sketch(stage: Stage, key: str, dates: Dates, *, summary: str) -> Round:
    """Create a round with its lots, disclosure scope and dates, and no more."""
    round_ = creating.create(
        stage.session,
        name=ROUND_NAMES[key],
        jurisdiction="nl",
        actor=stage.lead,
        now=stage.now,
        public_id=key,
    )
    stage.session.flush()
    scope = {
        "mandate_type": "cpb",
        "cross_border": True,
        "reference": f"WJP-{key[-4:]}-{key[4].upper()}",
        "summary": summary,
    }
    _edit(stage, round_, "scope", scope)
    for plan in LOTS[key]:
        _add_lot(stage, round_, plan)
    _edit(stage, round_, "dates", _dates(stage, dates))
    return round_


def complete(stage: Stage, round_: Round) -> None:
    """Data agreement, rules, criteria, clauses, members and openers."""
    agreement = (
        "Members keep what suppliers disclose confidential, use it for this framework alone and delete it with it."
    )
    _edit(stage, round_, "members", {"data_agreement": agreement, "retention_years": 7})
    _edit(stage, round_, "rules", {"standstill_confirmed": True})
    editing.edit_settings(
        stage.session,
        round_,
        {"allow_reopen_after_outage": True},
        version=round_.version,
        actor=stage.lead,
        now=stage.now,
    )
    stage.session.flush()
    _criteria(stage, round_)
    _clauses(stage, round_)
    bodies = [body for body in stage.cast.organisations.values() if body.kind == "buyer"]
    signons.invite_all(stage.session, round_, bodies, actor=stage.lead, now=stage.now)
    for number in (1, 2, 3):
        parts.name_opener(stage.session, round_, stage.cast.people[f"opener{number}"], actor=stage.lead, now=stage.now)
    stage.session.flush()


def open_signons(stage: Stage, round_: Round) -> None:
    """Let the members answer."""
    moves.open_signons(stage.session, round_, actor=stage.lead, now=stage.now)
    stage.session.flush()


def sign_on(stage: Stage, round_: Round, member: str) -> SignOn:
    """The member accepts and hands in its mandate."""
    person = stage.actor(f"{member}1")
    found = _sign_on(stage, round_, member)
    signons.accept_invitation(stage.session, found, actor=person, now=stage.now)
    stage.session.flush()
    signons.submit_mandate(
        stage.session, found, _mandate(stage, round_, person), actor=person, now=stage.now, version=found.version
    )
    stage.session.flush()
    return found


def confirm(stage: Stage, round_: Round, member: str) -> None:
    """The lead puts the member on the list."""
    found = _sign_on(stage, round_, member)
    signons.confirm(stage.session, found, actor=stage.lead, now=stage.now, version=found.version)
    stage.session.flush()


def accept_invitation(stage: Stage, round_: Round, member: str) -> None:
    """The member says that it wants to join, no more."""
    person = stage.actor(f"{member}1")
    signons.accept_invitation(stage.session, _sign_on(stage, round_, member), actor=person, now=stage.now)


def open_demand(stage: Stage, round_: Round) -> None:
    """Let the members declare."""
    moves.open_demand(stage.session, round_, actor=stage.lead, now=stage.now)
    stage.session.flush()


def draft(stage: Stage, round_: Round, lot_code: str, member: str) -> Demand:
    """A declaration with the lines of `demand.csv`; blank years are not known yet."""
    person = stage.actor(f"{member}1")
    lot = _lot(round_, lot_code)
    demand = declare.declare(stage.session, lot, actor=person, now=stage.now)
    stage.session.flush()
    declare.edit(
        stage.session,
        demand,
        lines_of(round_, lot_code, member, stage.cast.organisations[member].country),
        actor=person,
        now=stage.now,
        version=demand.version,
        baseline_source="reseller_report",
        note="Invented volumes.",
    )
    stage.session.flush()
    return demand


def submit(stage: Stage, demand: Demand, member: str) -> None:
    """The first person hands in; it waits for the second."""
    person = stage.actor(f"{member}1")
    approve.submit(stage.session, demand, actor=person, now=stage.now, version=demand.version)
    stage.session.flush()


def approve_demand(stage: Stage, demand: Demand, member: str) -> None:
    """The second person approves; it waits for the lead."""
    second = stage.actor(f"{member}2")
    approve.approve(stage.session, demand, actor=second, now=stage.now, version=demand.version)
    stage.session.flush()


def accept_demand(stage: Stage, demand: Demand) -> None:
    """The lead has looked at what is odd and accepts."""
    approve.accept(stage.session, demand, actor=stage.lead, now=stage.now, version=demand.version, seen=True)
    stage.session.flush()


def declared(stage: Stage, round_: Round, lot_code: str, member: str) -> None:
    """A declaration, from draft to accepted."""
    demand = draft(stage, round_, lot_code, member)
    submit(stage, demand, member)
    approve_demand(stage, demand, member)
    accept_demand(stage, demand)


def declaring(round_: Round) -> list[tuple[str, str]]:
    """Who declares for which lot in this round, as (lot, member)."""
    rows = [row for row in read_rows("demo/demand.csv") if row["round"] == round_.public_id]
    return list(dict.fromkeys((row["lot"], row["member"]) for row in rows))


def lines_of(round_: Round, lot_code: str, member: str, country: str) -> list[Line]:
    """The lines of one member and lot out of `demand.csv`: firm is 60 %, the maximum 125 % of what is expected."""
    wanted = (round_.public_id, lot_code, member)
    rows = [row for row in read_rows("demo/demand.csv") if (row["round"], row["lot"], row["member"]) == wanted]
    return [_line(row, year, country) for row in rows for year in (1, 2, 3, 4)]


def lock_demand(stage: Stage, round_: Round) -> None:
    """The lead locks demand and takes estimate and maximum of every lot from the pool."""
    moves.lock_demand(stage.session, round_, actor=stage.lead, now=stage.now, motive="All members have answered.")
    stage.session.flush()
    set_figures(stage, round_)


def set_figures(stage: Stage, round_: Round) -> None:
    """Estimated as pooled, maximum a quarter above (law L05), and the route of each lot."""
    pooled = readiness_facts.pooled_demand(stage.session, round_)
    for plan in LOTS[round_.public_id]:
        lot = _lot(round_, plan.code)
        total = pooled[lot.id]
        value = total.value or Decimal(0)
        figures = {
            "qty_estimated": total.quantity,
            "qty_maximum": total.quantity * 5 // 4,
            "value_estimated": value,
            "value_maximum": (value * Decimal("1.25")).quantize(Decimal("0.01")),
            "call_off_route": plan.route,
        }
        parts.edit_figures(stage.session, lot, figures, version=lot.version, actor=stage.lead, now=stage.now)
        stage.session.flush()


def publish(stage: Stage, round_: Round, notice: str) -> None:
    """Readiness and publication, each by two persons, and the invitations to the suppliers."""
    session, second = stage.session, stage.actor("lead2")
    for body in stage.cast.organisations.values():
        if body.kind == "supplier":
            inviting.invite(session, round_, body, actor=stage.lead, now=stage.now)
    publication.see_refusals(session, round_, actor=stage.lead, now=stage.now)
    session.flush()
    publication.propose_readiness(session, round_, actor=stage.lead, now=stage.now)
    session.flush()
    publication.approve_readiness(session, round_, actor=second, now=stage.now)
    session.flush()
    publication.propose_publication(session, round_, notice_reference=notice, actor=stage.lead, now=stage.now)
    session.flush()
    publication.publish(session, round_, actor=second, now=stage.now)
    session.flush()


def send(stage: Stage, round_: Round, supplier: str, path: Path) -> Submission:
    """A supplier uploads a file; it is read at once and let stand."""
    key = sealing.new_key(round_)
    blob = stage.files.put(io.BytesIO(path.read_bytes()), max_bytes=HIGHEST_BODY, key=key)
    body, person = stage.cast.organisations[supplier], stage.actor(supplier)
    submission = receiving.receive(
        stage.session, round_, body, blob, path.name, actor=person, clock=stage.clock, first_byte_at=stage.now
    )
    stage.session.flush()
    scope = receiving.scope_of(stage.session, round_, body)
    checked = checking.check_path(
        path, scope, today=stage.now.date(), limits=Limits.quick(upload_mb=20), name=path.name
    )
    checking.keep(stage.session, submission, checked, 300, clock=stage.clock, files=stage.files)
    stage.session.flush()
    counting.count(stage.session, submission, actor=person, clock=stage.clock, files=stage.files)
    _finish_jobs(stage)
    return submission


def close_and_open(stage: Stage, round_: Round) -> None:
    """Receipt closes, two openers open, and the chains are built."""
    counting.close_receipt(stage.session, round_, clock=stage.clock, files=stage.files)
    stage.session.flush()
    for number in (1, 2):
        stage.now += dt.timedelta(minutes=1)
        opening.confirm(stage.session, round_, actor=stage.actor(f"opener{number}"), clock=stage.clock)
        stage.session.flush()
    query = select(Submission).where(Submission.round_id == round_.id, Submission.state == "opened")
    for submission in stage.session.scalars(query.order_by(Submission.id)):
        chain.build(stage.session, submission, now=stage.now)
    finding.find(stage.session, round_, now=stage.now)
    _finish_jobs(stage)


def _edit(stage: Stage, round_: Round, part: str, values: dict[str, object]) -> None:
    editing.edit(stage.session, round_, part, values, version=round_.version, actor=stage.lead, now=stage.now)
    stage.session.flush()


def _add_lot(stage: Stage, round_: Round, plan: LotPlan) -> None:
    fixed = {
        "code": plan.code,
        "name": plan.name,
        "cpv_code": plan.cpv_code,
        "unit": "piece",
        "categories": list(plan.categories),
        "spec_tiers": list(plan.tiers),
        "years": 4,
    }
    lot = parts.add_lot(stage.session, round_, fixed, actor=stage.lead, now=stage.now)
    stage.session.flush()
    scope = {
        "required_components": list(plan.components),
        "asked_tiers": 2,
        "minerals": list(plan.minerals),
        "product_subset": "Every model offered in this lot",
    }
    parts.edit_scope(stage.session, lot, scope, version=lot.version, actor=stage.lead, now=stage.now)
    stage.session.flush()


def _dates(stage: Stage, dates: Dates) -> dict[str, object]:
    starts = stage.day(dates.term).date().replace(day=1)
    return {
        "zone": "Europe/Amsterdam",
        "signon_deadline": stage.day(dates.signon),
        "demand_deadline": stage.day(dates.demand),
        "planned_publication_on": stage.day(dates.publication).date(),
        "questions_until": stage.day(dates.questions),
        "tender_deadline": dates.tender_deadline,
        "term_starts_on": starts,
        "term_ends_on": starts.replace(year=starts.year + 4) - dt.timedelta(days=1),
        "first_audit_on": starts.replace(year=starts.year + 1),
    }


def _criteria(stage: Stage, round_: Round) -> None:
    known = library.criteria_templates()
    for key in (*WEIGHTS, "label", "capacity_due_diligence"):
        found = known[key]
        given = {name: value for name, value in found.parameters.items() if value is not None}
        values = {
            "name": found.name("en"),
            "description": found.description("en"),
            "place": found.place,
            "weight": Decimal(WEIGHTS[key]) if key in WEIGHTS else None,
            "formula": found.formula,
            "parameters": {**given, **({"p_low": "400", "p_high": "1200"} if key == "price" else {})},
            "is_label": found.is_label,
            "equivalent_path": "Any label or file that proves the same conditions." if found.is_label else "",
        }
        parts.save_criterion(stage.session, round_, None, values, actor=stage.lead, now=stage.now)
        stage.session.flush()


def _clauses(stage: Stage, round_: Round) -> None:
    clauses.add_set(stage.session, round_, language="en", actor=stage.lead, now=stage.now)
    stage.session.flush()
    for number, clause in enumerate(round_.clauses, start=1):
        text = clause.text
        for name in clauses.blanks(clause):
            text = text.replace(f"[{name}]", FIGURES.get(name, "4"))
        values: dict[str, object] = {"text": text, "notice_reference": f"Section III.{number}"}
        if clause.key == "sanction_ladder":
            values["parameters"] = {"penalty": True, "penalty_rate": "500", "penalty_max_weeks": 10, "notice_days": 60}
        parts.edit_clause(stage.session, clause, values, version=clause.version, actor=stage.lead, now=stage.now)
        stage.session.flush()


FIGURES = {"penalty_rate": "500 euro", "penalty_max_weeks": "10", "notice_days": "60", "stop_max_months": "6"}


def _sign_on(stage: Stage, round_: Round, member: str) -> SignOn:
    query = select(SignOn).where(
        SignOn.round_id == round_.id, SignOn.organisation_id == stage.cast.organisations[member].id
    )
    return stage.session.scalars(query).one()


def _mandate(stage: Stage, round_: Round, person: Actor) -> Mandate:
    body = person.organisation_name
    blob = stage.files.put(io.BytesIO((MANDATE % (body, round_.name)).encode()), max_bytes=HIGHEST_BODY)
    document = StoredFile(
        sha256=blob.sha256,
        size=blob.size,
        name="mandate.txt",
        purpose="mandate",
        organisation_id=person.organisation_id,
        created_at=stage.now,
        created_by_id=person.user_id,
    )
    stage.session.add(document)
    organisation = next(o for o in stage.cast.organisations.values() if o.id == person.organisation_id)
    return Mandate(
        document=document,
        signed_by_name=f"Director of {body}",
        signed_by_title="Director",
        signed_on=stage.now.date(),
        eligibility_basis="named_in_notice",
        mandate_type="cpb",
        liaison_name=person.name,
        liaison_email=next(user.email for user in stage.cast.people.values() if user.id == person.user_id),
        clause_commitment=True,
        data_agreement=True,
        statement="\n".join(text % params for text, params in statement.lines(round_, organisation)),
    )


def _line(row: dict[str, str], year: int, country: str) -> Line:
    facts = {
        "category": row["category"],
        "spec_tier": row["spec_tier"],
        "delivery_country": country,
        "year_no": year,
        "baseline_qty": int(row["baseline"]) if year == 1 and row["baseline"] else None,
    }
    if not row[f"year{year}"]:
        return Line(**facts, not_known_reason="Budget is set in spring.")
    expected = int(row[f"year{year}"])
    return Line(
        **facts,
        qty_firm=expected * 3 // 5,
        qty_expected=expected,
        qty_max=-(-expected * 5 // 4),
        value_expected=expected * Decimal(row["unit_price"]),
        certainty={1: "budgeted", 2: "planned"}.get(year, "indicative"),
    )


def _lot(round_: Round, code: str) -> Lot:
    return next(lot for lot in round_.lots if lot.code == code)


def _finish_jobs(stage: Stage) -> None:
    """What the stories do at once is no work for the worker."""
    stage.session.flush()
    for job in stage.session.scalars(select(Job).where(Job.state == "waiting")):
        jobs.finish(job, now=stage.now)
