"""Builders of records with keyword defaults; a test names only what matters to its case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from framework.ground.actors import Actor
from models.demand import Demand, DemandLine
from models.people import Appointment, Organisation, RoleGrant, User
from models.records import StoredFile
from models.rounds import Lot, Round
from models.signons import SignOn

ROLE_OF_KIND = {"lead": "lead", "buyer": "member", "supplier": "supplier", "monitor": "monitor", "operator": "operator"}


class Builder:
    """Makes and flushes records; every one is valid by itself."""

    def __init__(self, session: Session, clock: Callable[[], dt.datetime]) -> None:
        self.session, self.clock = session, clock
        self.number = 0

    def next(self) -> int:
        """A number that no record of this test has yet."""
        self.number += 1
        return self.number

    def add(self, record: Any) -> Any:
        self.session.add(record)
        self.session.flush()
        return record

    def organisation(self, kind: str = "buyer", **values: Any) -> Organisation:
        n = self.next()
        values.setdefault("name", f"{kind.title()} {n}")
        values.setdefault("folded_name", values["name"].casefold())
        if kind == "supplier":
            values.setdefault("supplier_kind", "reseller")
        return self.add(Organisation(kind=kind, country="NL", created_at=self.clock(), **values))

    def user(self, organisation: Organisation | None = None, *roles: str, **values: Any) -> User:
        """A person; with an organisation they hold its kind's role there, or those named."""
        n = self.next()
        email = values.pop("email", f"person{n}@example.org")
        values.setdefault("name", f"Person {n}")
        user = self.add(User(email=email, folded_email=email.casefold(), created_at=self.clock(), **values))
        if organisation is not None:
            for role in roles or (ROLE_OF_KIND[organisation.kind],):
                self.grant(user, organisation, role)
        return user

    def grant(self, user: User, organisation: Organisation, role: str) -> RoleGrant:
        return self.add(RoleGrant(user_id=user.id, organisation_id=organisation.id, role=role, created_at=self.clock()))

    def actor(self, user: User, organisation: Organisation, *roles: str) -> Actor:
        """The actor a person is when acting for an organisation."""
        held = frozenset(roles or (ROLE_OF_KIND[organisation.kind],))
        return Actor(user.id, organisation.id, held, name=user.name, session_ref=f"s{user.id}")

    def person(self, organisation: Organisation, *roles: str) -> Actor:
        """A new person of an organisation, as an actor."""
        return self.actor(self.user(organisation, *roles), organisation, *roles)

    def round(self, lead: Organisation | None = None, **values: Any) -> Round:
        """A round; from `published` on with the facts that must accompany the state."""
        lead = lead or self.organisation("lead")
        state = values.setdefault("state", "set_up")
        values.setdefault("settings", {})
        if state not in ("set_up", "sign_on", "demand", "demand_locked", "ready", "cancelled", "archived"):
            values.setdefault("frozen_hash", "f" * 64)
            values.setdefault("frozen_text", "{}")
            values.setdefault("published_at", self.clock() - dt.timedelta(days=40))
            values.setdefault("tender_deadline", self.clock() + dt.timedelta(days=1))
        values.setdefault("name", f"Laptops {self.next()}")
        values.setdefault("jurisdiction", "eu")
        values.setdefault("mandate_type", "cpb")
        return self.add(Round(organisation=lead, created_at=self.clock(), **values))

    def lot(self, round_: Round, **values: Any) -> Lot:
        n = len(round_.lots) + 1
        values.setdefault("code", f"L{n}")
        values.setdefault("name", f"Lot {n}")
        values.setdefault("categories", ["laptop"])
        values.setdefault("required_components", ["final_assembly", "mainboard_pcba", "battery"])
        lot = Lot(round=round_, number=n, cpv_code="30213100-6", created_at=self.clock(), **values)
        return self.add(lot)

    def stored_file(self, **values: Any) -> StoredFile:
        values.setdefault("sha256", f"{self.next():064x}")
        values.setdefault("name", "mandate.pdf")
        values.setdefault("purpose", "mandate")
        return self.add(StoredFile(size=values.pop("size", 10), created_at=self.clock(), **values))

    def sign_on(self, round_: Round, member: Organisation | None = None, **values: Any) -> SignOn:
        """A sign-on; from `mandate_pending` on with its mandate."""
        member = member or self.organisation("buyer")
        state = values.setdefault("state", "interested")
        if state in ("mandate_pending", "confirmed", "active", "suspended"):
            values.setdefault("mandate_file_id", self.stored_file().id)
            values.setdefault("signed_by_name", "A. Signatory")
            values.setdefault("signed_by_title", "Director")
            values.setdefault("signed_on", dt.date(2026, 6, 1))
            values.setdefault("clause_commitment", True)
            values.setdefault("data_agreement_signed_on", dt.date(2026, 6, 1))
            values.setdefault("mandate_type", round_.mandate_type)
        return self.add(SignOn(round=round_, organisation=member, created_at=self.clock(), **values))

    def demand(self, lot: Lot, member: Organisation, *lines: dict[str, Any], **values: Any) -> Demand:
        """A declaration with lines (category laptop, year 1, NL, 10/10/10 unless said)."""
        values.setdefault("state", "draft")
        demand = Demand(
            round=lot.round,
            lot=lot,
            member=member,
            version_no=values.pop("version_no", 1),
            created_at=self.clock(),
            **values,
        )
        for position, line in enumerate(lines or ({},)):
            demand.lines.append(self.line(position=position, **line))
        return self.add(demand)

    def line(self, **values: Any) -> DemandLine:
        qty = values.pop("qty", 10)
        defaults: dict[str, Any] = {
            "category": "laptop",
            "spec_tier": "",
            "year_no": 1,
            "delivery_country": "NL",
            "qty_firm": qty,
            "qty_expected": qty,
            "qty_max": qty,
            "value_expected": Decimal(qty) * 700 if qty is not None else None,
            "certainty": "planned",
        }
        return DemandLine(**(defaults | values))

    def appoint(self, round_: Round, user: User, organisation: Organisation, role: str) -> Appointment:
        return self.add(
            Appointment(
                round_id=round_.id, user_id=user.id, organisation_id=organisation.id, role=role, created_at=self.clock()
            )
        )
