"""Pages of people: signing in, the own account, organisations and their people, who may do what."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("people", __name__)

from views.people import (  # noqa: E402 - the routes hang on the blueprint
    account,
    invitations,
    organisations,
    permissions,
    roles,
    second_factor,
    signing_in,
    tokens,
)

__all__ = [
    "account",
    "blueprint",
    "invitations",
    "organisations",
    "permissions",
    "roles",
    "second_factor",
    "signing_in",
    "tokens",
]
