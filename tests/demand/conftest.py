"""A round with demand open: a lead, two members with two people each, one lot with two tiers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest

from framework.demand import approve, declare
from framework.demand.lines import Line
from framework.ground.actors import Actor
from models.demand import Demand
from models.people import Organisation, User
from models.rounds import Lot, Round
from tests.memory import remembered


def line(year: int = 1, qty: int | None = 10, **values: object) -> Line:
    """A line: laptop, standard, NL, `qty` firm, expected and maximum, value at 700 a piece."""
    facts: dict = {
        "category": "laptop",
        "spec_tier": "standard",
        "delivery_country": "NL",
        "year_no": year,
        "qty_firm": qty,
        "qty_expected": qty,
        "qty_max": qty,
        "value_expected": Decimal(qty * 700) if qty is not None else None,
        "certainty": "planned",
        "row": 1,
    }
    return Line(**(facts | values))


@dataclass
class World:
    """Who is in the round, and the acts a test repeats."""

    session: object
    build: object
    clock: object
    lead: Organisation
    round: Round
    lot: Lot
    members: list[Organisation]
    users: dict[int, tuple[User, User]]

    def actor(self, member: int = 0, person: int = 0) -> Actor:
        organisation = self.members[member]
        return self.build.actor(self.users[organisation.id][person], organisation)

    @property
    def lead_actor(self) -> Actor:
        return self.build.actor(self.lead_user, self.lead)

    lead_user: User = None  # type: ignore[assignment]

    def draft(self, *lines: Line, member: int = 0, lot: Lot | None = None) -> Demand:
        demand = declare.declare(self.session, lot or self.lot, actor=self.actor(member), now=self.clock())
        self.session.flush()
        if lines:
            declare.edit(
                self.session, demand, list(lines), actor=self.actor(member), now=self.clock(), version=demand.version
            )
            self.session.flush()
        return demand

    def submitted(self, *lines: Line, member: int = 0, lot: Lot | None = None) -> Demand:
        demand = self.draft(*(lines or (line(),)), member=member, lot=lot)
        approve.submit(self.session, demand, actor=self.actor(member), now=self.clock(), version=demand.version)
        self.session.flush()
        approve.approve(self.session, demand, actor=self.actor(member, 1), now=self.clock(), version=demand.version)
        self.session.flush()
        return demand

    def accepted(self, *lines: Line, member: int = 0, lot: Lot | None = None) -> Demand:
        demand = self.submitted(*lines, member=member, lot=lot)
        approve.accept(self.session, demand, actor=self.lead_actor, now=self.clock(), version=demand.version, seen=True)
        self.session.flush()
        return demand

    def lock(self) -> None:
        """What the move of the round does: guard, state, effect of this phase."""
        from framework.ground.actors import SYSTEM
        from framework.ground.lifecycle import Context, find
        from framework.rounds import hooks

        context = Context(find("round", "demand", "lock_demand"), SYSTEM, self.clock(), SYSTEM.roles)
        hooks.run_before("round", "lock_demand", self.session, self.round, context)
        self.round.state = "demand_locked"
        self.session.flush()
        hooks.run_after("round", "lock_demand", self.session, self.round, context)
        self.session.flush()


@pytest.fixture
@remembered
def world(session, build, clock) -> World:
    """Demand open until tomorrow; both members confirmed."""
    lead = build.organisation("lead")
    round_ = build.round(lead, state="demand", demand_deadline=clock() + dt.timedelta(days=1))
    lot = build.lot(round_, categories=["laptop", "monitor"], spec_tiers=["standard", "power"])
    members = [build.organisation("buyer", name=f"Gemeente {letter}") for letter in "AB"]
    users = {m.id: (build.user(m), build.user(m)) for m in members}
    for member in members:
        build.sign_on(round_, member, state="confirmed")
    made = World(session, build, clock, lead, round_, lot, members, users)
    made.lead_user = build.user(lead)
    session.flush()
    return made


@pytest.fixture
@remembered
def people(world: World, sign_in):
    """Browsers: first and second person of member A, one of member B, the lead."""
    a, b = world.members
    first, second = world.users[a.id]
    return {
        "first": sign_in(first, a),
        "second": sign_in(second, a),
        "other": sign_in(world.users[b.id][0], b),
        "lead": sign_in(world.lead_user, world.lead),
    }
