"""A round in demand whose lead asks two invited suppliers for indicative prices; two members want 400 and 700 laptops."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from framework.demand import price_lists
from framework.demand.price_lists import Head
from framework.demand.price_rows import Offered
from models.disclosure import SupplierInvitation
from models.prices import PriceList
from tests.builders import Builder
from tests.memory import remembered

STEPS = ((1, "700"), (1000, "650"), (5000, "600"))


class Pricing:
    """Who is in the round, and shorthands for what tests repeat."""

    @remembered
    def __init__(self, build: Builder, *, asked: bool = True, shown: bool = False, **values: Any) -> None:
        self.build, self.session, self.clock = build, build.session, build.clock
        self.lead = build.organisation("lead", name="Region North")
        self.lead_actor = build.person(self.lead)
        settings = {"ask_indicative_prices": asked, "show_indicative_prices": shown}
        facts: dict[str, Any] = {"state": "demand", "demand_deadline": build.clock() + dt.timedelta(days=9)}
        self.round = build.round(self.lead, settings=settings, **(facts | values))
        self.lot = build.lot(self.round, categories=["laptop", "monitor"], spec_tiers=["standard", "power"])
        self.members = [build.organisation("buyer", name=name) for name in ("Amberdorp", "Bronzestad")]
        for member, qty in zip(self.members, (400, 700), strict=True):
            build.sign_on(self.round, member, state="confirmed")
            state = "accepted" if self.round.state == "demand" else "locked"
            build.demand(self.lot, member, {"qty": qty, "spec_tier": "standard"}, state=state)
        self.suppliers = [build.organisation("supplier", name=name) for name in ("Zeewind Computers", "Nordlicht IT")]
        self.givers = [build.person(supplier) for supplier in self.suppliers]
        for supplier in self.suppliers:
            build.add(SupplierInvitation(round=self.round, organisation=supplier, created_at=build.clock()))
        self.session.commit()

    @property
    def here(self) -> str:
        """The address of the round."""
        return f"/rounds/{self.round.public_id}"

    def offered(self, *steps: tuple[int, str], tier: str = "", category: str = "laptop") -> list[Offered]:
        """Steps of one product of the lot."""
        return [Offered(self.lot.id, category, tier, start, Decimal(price)) for start, price in steps or STEPS]

    def given(
        self, *steps: tuple[int, str], supplier: int = 0, based_on: int = 0, tier: str = "", **head: Any
    ) -> PriceList:
        """A list that a supplier gave."""
        made = price_lists.give(
            self.session,
            self.round,
            self.offered(*steps, tier=tier),
            Head(**({"currency": "EUR"} | head)),
            based_on=based_on,
            actor=self.givers[supplier],
            now=self.clock(),
        )
        self.session.flush()
        return made

    def list_of(self, supplier: Any, *steps: tuple[int, str], **head: Any) -> PriceList:
        """A list of a further supplier, which is invited."""
        self.build.add(SupplierInvitation(round=self.round, organisation=supplier, created_at=self.clock()))
        self.suppliers.append(supplier)
        self.givers.append(self.build.person(supplier))
        return self.given(*steps, supplier=len(self.suppliers) - 1, **head)

    def rate(self, currency: str = "SEK", rate: str = "0.0885", **values: Any) -> None:
        """A rate that the lead entered."""
        facts = {"on_date": dt.date(2026, 11, 20), "source": "European Central Bank"} | values
        price_lists.set_rate(
            self.session,
            self.round,
            currency=currency,
            rate=Decimal(rate),
            actor=self.lead_actor,
            now=self.clock(),
            **facts,
        )
        self.session.flush()

    def browser(self, sign_in: Any, who: Any) -> Any:
        """A browser of an actor, in its organisation."""
        from models.people import Organisation, User

        user = self.session.get_one(User, who.user_id)
        return sign_in(user, self.session.get_one(Organisation, who.organisation_id))

    def member_actor(self, number: int = 0) -> Any:
        """A new person of a member."""
        return self.build.person(self.members[number])
