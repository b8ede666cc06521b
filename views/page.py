"""What every page shows around its content: navigation, account, help, language."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _

from framework.ground.permissions import Permission, may
from models.base import db
from views.guard import actor
from views.i18n import current_language


def init_app(app: Flask) -> None:
    """Hand the surroundings to every template."""
    app.context_processor(surroundings)


def surroundings() -> dict[str, Any]:
    """Navigation for this person, addresses of the account pages, the human who helps, the language."""
    who = actor()
    return {
        "current_language": current_language(),
        "navigation": _navigation(),
        "person": who if who.user_id is not None else None,
        "account_url": _address("people.account"),
        "sign_in_url": _address("people.sign_in"),
        "sign_out_url": _address("people.sign_out"),
        "help_contact": help_contact(),
    }


def _navigation() -> list[dict[str, Any]]:
    who = actor()
    if who.user_id is None:
        return []
    places = [
        ("home.start", _("Rounds"), True),
        ("people.organisation", _("Organisation"), who.organisation_id is not None),
        ("people.organisations", _("Organisations"), may(db.session, who, Permission.ORGANISATION_MANAGE)),
        ("operations.outbox", _("Outbox"), may(db.session, who, Permission.OUTBOX_VIEW)),
        ("operations.health", _("Health"), may(db.session, who, Permission.HEALTH_VIEW)),
        ("audit.everything", _("Record"), may(db.session, who, Permission.AUDIT_VIEW_ALL)),
    ]
    found = [(endpoint, _address(endpoint), label) for endpoint, label, allowed in places if allowed]
    return [{"url": u, "label": label, "current": request.endpoint == e} for e, u, label in found if u]


def _address(endpoint: str) -> str:
    """The address of a page without parameters; blank where this installation has none such."""
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


def help_contact() -> dict[str, str] | None:
    """`HEFBOOM_HELP_CONTACT` is `name=…&email=…&phone=…`, or simply a name."""
    text = current_app.extensions["settings"].help_contact
    if not text:
        return None
    found = dict(parse_qsl(text.replace("+", "%2B"))) if "=" in text else {"name": text}
    return {"name": found.get("name", ""), "email": found.get("email", ""), "phone": found.get("phone", "")}
