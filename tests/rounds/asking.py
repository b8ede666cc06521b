"""A published round with two suppliers, each with a person, and two people of the lead, a member and an opener."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from models.disclosure import SupplierInvitation
from models.people import User
from models.records import AuditEvent, Mail
from tests.builders import Builder
from tests.memory import remembered


class Tendering:
    """The round, who takes part in it, and shorthands for what tests look at."""

    @remembered
    def __init__(self, build: Builder, *, mailbox: str = "w.devries", **values: Any) -> None:
        self.build, self.session, self.clock = build, build.session, build.clock
        now = build.clock()
        self.lead = build.organisation("lead", name="Region North")
        self.first, self.second = build.person(self.lead), build.person(self.lead)
        facts: dict[str, Any] = {
            "state": "published",
            "zone": "Europe/Amsterdam",
            "published_at": now - dt.timedelta(days=10),
            "questions_until": now + dt.timedelta(days=20),
            "tender_deadline": now + dt.timedelta(days=30),
        }
        self.round = build.round(self.lead, **(facts | values))
        self.lot = build.lot(self.round)
        self.supplier = build.organisation("supplier", name="Zeewind Computers B.V.", mail_domain="zeewind.example")
        self.rival = build.organisation("supplier", name="Nordlicht IT")
        self.asker = build.actor(
            build.user(self.supplier, name="Wilhelmina de Vries", email=f"{mailbox}@zeewind.example"), self.supplier
        )
        self.other = build.actor(build.user(self.rival), self.rival)
        self.member = build.organisation("buyer", name="Amberdorp")
        build.sign_on(self.round, self.member, state="confirmed")
        self.buyer = build.actor(build.user(self.member), self.member)
        self.opener = build.user(self.lead, name="Olga Opener")
        build.appoint(self.round, self.opener, self.lead, "opener")
        build.session.commit()

    def invite(self, *suppliers: Any) -> None:
        """Put suppliers on the list of the invited."""
        for supplier in suppliers:
            self.build.add(SupplierInvitation(round=self.round, organisation=supplier, created_at=self.clock()))

    def write(self) -> None:
        """Begin to write anew after a page was read, which left a reading transaction."""
        self.session.rollback()
        self.session.info["write"] = True

    def user(self, actor: Any) -> User:
        """The person behind an actor."""
        return self.session.get_one(User, actor.user_id)

    def addresses(self, template: str) -> list[str]:
        """Who got mails of one kind, in order."""
        query = select(Mail.recipient).where(Mail.template == template)
        return sorted(self.session.scalars(query))

    def events(self, kind: str) -> list[AuditEvent]:
        """The events of one kind."""
        return list(self.session.scalars(select(AuditEvent).where(AuditEvent.kind == kind).order_by(AuditEvent.seq)))

    @property
    def here(self) -> str:
        return f"/rounds/{self.round.public_id}"

    @property
    def public(self) -> str:
        return f"/public/rounds/{self.round.public_id}"
