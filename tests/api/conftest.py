"""A supplier with a token, a round that takes files, and a program that calls."""

from __future__ import annotations

import datetime as dt
import io
import itertools

import pytest

from framework.people import tokens
from models.base import db

SITES = b"name,address,city,country\nAcme,Elm Street 1,Town,NL\n"
BOTH = [tokens.READ, tokens.WRITE]


class Program:
    """Calls with a token and nothing else; `key` is a new one for each act unless said."""

    def __init__(self, app, secret: str, round_id: str = "") -> None:
        self.app, self.secret, self.round_id = app, secret, round_id
        self._keys = itertools.count(1)

    @property
    def submissions(self) -> str:
        return f"/api/v1/rounds/{self.round_id}/submissions"

    def get(self, path: str, **headers: str):
        return self.app.test_client().get(path, headers=self._headers(headers))

    def post(self, path: str, *, key: str | None = "", headers: dict[str, str] | None = None, **sent):
        given = {"Idempotency-Key": key or f"key-{next(self._keys):08d}"} if key is not None else {}
        return self.app.test_client().post(path, headers=self._headers(given | (headers or {})), **sent)

    def send(self, content: bytes = SITES, *, name: str = "sites.csv", **more):
        """Send a file as a form does."""
        return self.post(more.pop("path", self.submissions), data={"file": (io.BytesIO(content), name)}, **more)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return own | more


@pytest.fixture
def token_of(session, build, clock):
    """`token_of(user, organisation)` makes a token and gives the record and its secret."""

    def make(user, organisation, *, scopes=BOTH, days=90, roles=("supplier",), factor_at=None):
        actor = build.actor(user, organisation, *roles)
        made = tokens.create(session, user, name="ERP", scopes=list(scopes), days=days, actor=actor, now=clock.now)
        session.commit()
        return made

    return make


class Supplier:
    def __init__(self, app, build, clock, token_of) -> None:
        self.round = build.round(
            state="published", tender_deadline=clock.now + dt.timedelta(days=1), zone="Europe/Amsterdam"
        )
        build.lot(self.round)
        self.organisation = build.organisation("supplier")
        self.user = build.user(self.organisation)
        self.token, secret = token_of(self.user, self.organisation)
        self.round_id, self.user_id, self.token_ref = self.round.public_id, self.user.id, self.token.public_id
        self.organisation_id, self.names = self.organisation.id, (self.organisation.name, self.user.name)
        self.program = Program(app, secret, self.round_id)


@pytest.fixture
def supplier(app, build, clock, token_of):
    """A supplier's person with a token of both scopes, and a round open for a day."""
    return Supplier(app, build, clock, token_of)


@pytest.fixture
def program(supplier):
    return supplier.program


@pytest.fixture
def fresh(session):
    """The session as it is after the calls of others; for writing too."""

    def look():
        db.session.remove()
        db.session().info["write"] = True
        return db.session()

    return look
