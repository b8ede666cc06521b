"""What every call has in common: permission and scope, its refusals in the document, one effect for one key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import g, request
from marshmallow import RAISE, Schema

from framework.ground.errors import InvalidInput
from framework.ground.paging import Page
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import tokens
from models.records import OneTimeKey
from views import guard
from views.api import blueprint
from views.api.schemas import ID_PATTERN, KeyHeader, Problem
from views.guard import actor, permit
from views.problems import PROBLEM

View = Callable[..., Any]
READ, WRITE = tokens.READ, tokens.WRITE
ALWAYS = (401, 403, 429, 503)

ROUND_ID = {
    "in": "path",
    "name": "round_id",
    "required": True,
    "schema": {"type": "string", "pattern": ID_PATTERN},
    "description": N_("Identifier of the round."),
}
SUBMISSION_ID = {
    "in": "path",
    "name": "submission_id",
    "required": True,
    "schema": {"type": "string", "pattern": ID_PATTERN},
    "description": N_("Identifier of the version."),
}
LANGUAGE = {
    "in": "header",
    "name": "Accept-Language",
    "schema": {"type": "string"},
    "example": "nl",
    "description": N_("Language of the sentences in the answer (en, nl, sv); otherwise that of the account."),
}


REPLAYED = {
    "Idempotency-Replayed": {
        "description": N_("“true” where this key was used before and this is the first answer again."),
        "schema": {"type": "string", "enum": ["true"]},
    }
}
PLACES = {"round_id": ROUND_ID, "submission_id": SUBMISSION_ID}
"""Parts of an address, as the document describes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as its route declares it; everything else in its description follows from these facts.

    `answers` is the schema of its answer, `query` that of its arguments; an act is `keyed`. `refusals` are those beside
    the ones that follow from its address, its arguments and its key. `body` describes what is sent with it.
    """

    method: str
    path: str
    permission: Permission
    scope: str
    summary: str
    description: str
    answers: type[Schema]
    status: int = 200
    query: type[Schema] | None = None
    keyed: bool = False
    refusals: tuple[int, ...] = ()
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def __call__(self, view: View) -> View:
        """Register the view under its address: permission outermost, arguments innermost."""
        if self.keyed:
            view = blueprint.arguments(KeyHeader, location="headers", error_status_code=400)(view)
        if self.query is not None:
            view = blueprint.arguments(self.query, location="query", unknown=RAISE)(view)
        headers = dict(self.headers) | (REPLAYED if self.keyed else {})
        view = blueprint.response(self.status, self.answers, headers=headers or None)(view)
        for status in sorted(self._refusals(), reverse=True):
            view = blueprint.alt_response(status, schema=Problem, content_type=PROBLEM)(view)
        facts: dict[str, Any] = {"requestBody": self.body} if self.body is not None else {}
        facts |= {"summary": self.summary, "description": self.description, "security": [{"token": []}]}
        view = blueprint.doc(**facts, **{"x-scope": self.scope})(view)
        places = [described for name, described in PLACES.items() if f"<{name}>" in self.path]
        register = blueprint.route(self.path, methods=[self.method], parameters=[*places, LANGUAGE])
        registered: View = register(_asked_first(self.permission, self.scope)(view))
        return registered

    def _refusals(self) -> set[int]:
        by_address = {404} if "<" in self.path else set()
        by_arguments = {422} if self.query is not None or self.keyed else set()
        by_key = {400, 409} if self.keyed else set()
        return {*ALWAYS, *self.refusals, *by_address, *by_arguments, *by_key}


def _asked_first(permission: Permission, scope: str) -> Callable[[View], View]:
    """The permission of a call and the scope that its token needs are asked before anything is read."""

    def wrap(view: View) -> View:
        @wraps(view)
        def called(**values: Any) -> Any:
            tokens.require_scope(g.token, scope)
            tokens.require_factor(actor())
            return view(**values)

        return permit(permission)(called)

    return wrap


def first_outcome(key: str, *facts: object) -> OneTimeKey | None:
    """What became of the call that was made with this key before; None where the key is this call's now.

    `facts` is all that makes the content of a call. Raises InvalidInput where the key came with other content.
    """
    who = actor()
    claim = {
        "key": key,
        "actor": f"call/{who.user_id}/{who.organisation_id}",
        "route": str(request.endpoint),
        "body_hash": hashlib.sha256(repr((request.path, *facts)).encode()).hexdigest(),
    }
    found = guard.first_outcome(claim)
    if found is not None and found.body_hash != claim["body_hash"]:
        raise InvalidInput(
            "key-reused",
            N_("This key was used before with other content. Make a new key for each act."),
            field="Idempotency-Key",
        )
    return found


def part(page: Page, next_url: str) -> dict[str, Any]:
    """Which part of a list is answered with."""
    more = page.number < page.pages
    return {"page": page.number, "per_page": page.size, "total": page.total, "next": next_url if more else None}


def page_asked(query: dict[str, Any], total: int) -> Page:
    """The page asked for, also one beyond the last, which is empty: a program that counts on must come to an end."""
    size = query["per_page"]
    return Page(query["page"], max(1, -(-total // size)), size, total)
