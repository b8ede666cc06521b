"""Who is in the demonstration: invented organisations and people, from `data/demo`, with a password and a second factor."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground.actors import SYSTEM, Actor
from framework.ground.codelists import read_rows
from framework.people import accounts, organisations
from models.people import Organisation, User

PASSWORD = "paper boats on dry land"  # noqa: S105 - printed at every start
"""The same for everybody: nothing here is worth protecting, and the demonstration answers on this machine alone."""

MEMBERS = ("college", "town", "hospital", "university", "water", "region")


@dataclass(slots=True)
class Cast:
    """Organisations and people by their key in `data/demo`."""

    organisations: dict[str, Organisation]
    people: dict[str, User]

    def actor(self, key: str) -> Actor:
        """A person as an actor of the own organisation, second factor given, on a session of its own."""
        row = _row_of(key)
        user, body = self.people[key], self.organisations[row["organisation"]]
        return Actor(
            user.id,
            body.id,
            frozenset(row["roles"].split()),
            name=user.name,
            organisation_name=body.name,
            session_ref=f"demo-{user.id}",
        )


def body_of(key: str) -> str:
    """The organisation of a person, both by their keys."""
    return _row_of(key)["organisation"]


def _row_of(key: str) -> dict[str, str]:
    return next(row for row in read_rows("demo/people.csv") if row["key"] == key)


def secret_of(email: str) -> str:
    """The secret of somebody's second factor, in base32: made from the address, so that it can be printed again."""
    return base64.b32encode(hashlib.sha256(f"hefboom demo {email}".encode()).digest()[:20]).decode("ascii")


def make(session: Session, *, key: bytes, needs_second_factor: frozenset[str], now: dt.datetime) -> Cast:
    """Add the organisations and their people; `key` encrypts the secrets of those who need a second factor."""
    bodies = {row["key"]: _organisation(session, row, now) for row in read_rows("demo/organisations.csv")}
    people = {
        row["key"]: _person(session, row, bodies[row["organisation"]], key, needs_second_factor, now)
        for row in read_rows("demo/people.csv")
    }
    return Cast(bodies, people)


def find(session: Session) -> Cast | None:
    """The organisations and people where they are here already."""
    rows = read_rows("demo/people.csv")
    users = {user.email: user for user in session.scalars(select(User))}
    if not all(row["email"] in users for row in rows):
        return None
    named = {body.name: body for body in session.scalars(select(Organisation).where(Organisation.is_invented))}
    bodies = {row["key"]: named[row["name"]] for row in read_rows("demo/organisations.csv")}
    return Cast(bodies, {row["key"]: users[row["email"]] for row in rows})


def addresses() -> frozenset[str]:
    """The addresses of everybody in the demonstration."""
    return frozenset(row["email"] for row in read_rows("demo/people.csv"))


def printed() -> list[tuple[str, str]]:
    """One log-in per role, as (role in words, address)."""
    return [(row["printed"], row["email"]) for row in read_rows("demo/people.csv") if row["printed"]]


def has_second_factor(email: str, needs_second_factor: frozenset[str]) -> bool:
    """Whether the person of this address is asked for a code."""
    row = next((row for row in read_rows("demo/people.csv") if row["email"] == email), None)
    return row is not None and _needs(row, needs_second_factor)


def _needs(row: dict[str, str], roles: frozenset[str]) -> bool:
    held = set(row["roles"].split()) | {row["key"].rstrip("0123456789")}
    return bool(held & roles)


def _organisation(session: Session, row: dict[str, str], now: dt.datetime) -> Organisation:
    details = organisations.Details(
        name=row["name"],
        kind=row["kind"],
        country=row["country"],
        supplier_kind=row["supplier_kind"] or None,
        body_type=row["body_type"] or None,
        registration_no=row["registration_no"],
    )
    return organisations.create(session, details, actor=SYSTEM, now=now, is_invented=True)


def _person(
    session: Session, row: dict[str, str], body: Organisation, key: bytes, roles: frozenset[str], now: dt.datetime
) -> User:
    return accounts.create_user(
        session,
        email=row["email"],
        name=row["name"],
        password=PASSWORD,
        organisation=body,
        roles=row["roles"].split(),
        actor=SYSTEM,
        now=now,
        totp_secret=secret_of(row["email"]) if _needs(row, roles) else None,
        key=key,
    )
