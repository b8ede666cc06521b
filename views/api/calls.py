"""What every call has in common: permission and scope, its refusals in the document, one effect for one key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from framework.ground.errors import InvalidInput
from framework.ground.paging import Page
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import tokens
from models.records import OneTimeKey
from views import guard
from views.api.schemas import ID_PATTERN, Problem
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


def call(permission: Permission, scope: str) -> Callable[[View], View]:
    """Declare the permission of a call and the scope that its token needs; both are asked before anything is read."""

    def wrap(view: View) -> View:
        @wraps(view)
        def called(**values: Any) -> Any:
            tokens.require_scope(g.token, scope)
            tokens.require_factor(actor())
            return view(**values)

        return permit(permission)(called)

    return wrap


def described(blueprint: Any, *, scope: str, summary: str, description: str, refusals: tuple[int, ...]) -> Any:
    """Describe a call: what it does, the scope it needs, which refusals it knows beside those of every call."""

    def wrap(view: View) -> View:
        for status in sorted({*ALWAYS, *refusals}, reverse=True):
            view = blueprint.alt_response(status, schema=Problem, content_type=PROBLEM)(view)
        return blueprint.doc(  # type: ignore[no-any-return]
            summary=summary, description=description, security=[{"token": []}], **{"x-scope": scope}
        )(view)

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
