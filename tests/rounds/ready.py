"""A round that has everything readiness asks for; a test breaks one thing of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from framework.ground import clauses as library
from framework.ground.actors import Actor
from models.people import User
from models.rounds import Clause, Criterion, Lot, Round
from tests.builders import Builder
from tests.memory import remembered


class Ready:
    """The round, two people of the lead, its lot, its members; all rows of readiness green."""

    @remembered
    def __init__(self, build: Builder, **values: Any) -> None:
        self.build = build
        now = build.clock()
        self.lead = build.organisation("lead", name="Region North")
        self.first = build.person(self.lead)
        self.second = build.person(self.lead)
        facts: dict[str, Any] = {
            "state": "demand_locked",
            "summary": "Laptops for public bodies.",
            "signon_deadline": now - dt.timedelta(days=20),
            "demand_deadline": now - dt.timedelta(days=10),
            "planned_publication_on": (now + dt.timedelta(days=5)).date(),
            "questions_until": now + dt.timedelta(days=35),
            "tender_deadline": now + dt.timedelta(days=45),
            "term_starts_on": dt.date(2027, 7, 1),
            "term_ends_on": dt.date(2031, 6, 30),
            "first_audit_on": dt.date(2028, 3, 1),
            "standstill_confirmed": True,
            "data_agreement": "Each keeps the data of the others to itself.",
            "retention_years": 10,
        }
        self.round: Round = build.round(self.lead, **(facts | values))
        self.lot: Lot = build.lot(
            self.round,
            qty_estimated=20,
            qty_maximum=30,
            call_off_route="mini_competition",
            minerals=["tin"],
            product_subset="Every model offered.",
        )
        self._members()
        self._terms()
        for _number in range(3):
            user = build.user(self.lead)
            build.appoint(self.round, user, self.lead, "opener")
        build.session.commit()

    def _members(self) -> None:
        self.members = [self.build.organisation("buyer", name=name) for name in ("Amberdorp", "Birkby")]
        self.sign_ons = [self.build.sign_on(self.round, member, state="confirmed") for member in self.members]
        for member in self.members:
            self.build.demand(self.lot, member, {"qty": 10}, state="locked")

    def _terms(self) -> None:
        now = self.build.clock()
        for position, key in enumerate(library.required_clauses()):
            found = library.clause_library()[key]
            text = found.text("en", dict.fromkeys(found.parameters, 1))
            clause = Clause(
                round=self.round,
                position=position,
                key=key,
                place=found.place,
                title=found.title("en"),
                text=text,
                notice_reference=f"section {position}",
                created_at=now,
            )
            self.build.add(clause)
        self.price = self._criterion("Price", "60.00", "absolute_linear", {"p_low": "60", "p_high": "140"})
        self.quality = self._criterion("Delivery", "40.00", "points", {"scale": "5"})

    def _criterion(self, name: str, weight: str, formula: str, parameters: dict[str, str]) -> Criterion:
        return self.build.add(
            Criterion(
                round=self.round,
                position=len(name),
                name=name,
                place="award",
                weight=Decimal(weight),
                formula=formula,
                parameters=parameters,
                created_at=self.build.clock(),
            )
        )

    def person_of(self, actor: Actor) -> Any:
        """The user behind an actor."""
        return self.build.session.get(User, actor.user_id)
