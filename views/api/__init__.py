"""The interface for programs: the intake of suppliers under `/api/v1`, its OpenAPI document, and the page about it.

A personal token says who calls and a cookie says nothing, so a page of somebody else cannot make a browser act here:
that is why these routes, and no others, ask for no form token.
"""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_smorest import Api, Blueprint
from flask_wtf.csrf import CSRFProtect

from framework.ground.text import N_
from views.api.schemas import Problem
from views.i18n import current_language
from views.settings import Settings

TITLE = "Hefboom"
VERSION = "1"
blueprint = Blueprint("api", __name__, url_prefix="/api/v1", description="The intake of suppliers")
DESCRIPTION = N_(
    "Send the file of a supplier from a program, ask what became of it, read its remarks and its receipt: "
    "the same intake as on the pages, with the same receipt and the same deadline."
)

from views.api import acts, documents, rounds, sending, versions  # noqa: E402 - the routes hang on the blueprint

__all__ = ["acts", "blueprint", "documents", "init_app", "rounds", "sending", "versions"]


class Interface(Api):
    """Writes the OpenAPI document; refusals are answered by views.problems."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None of its own."""

    def _register_etag_headers(self) -> None:
        """Answers carry none."""

    def _register_pagination_header(self) -> None:
        """The part of a list stands in the answer."""


def init_app(app: Flask, csrf: CSRFProtect) -> None:
    """Register the routes, their limit and their description."""
    settings: Settings = app.extensions["settings"]
    limiter = Limiter(_who_is_counted, app=app, storage_uri="memory://")
    limiter.limit(lambda: f"{settings.api_calls_per_minute} per minute")(blueprint)
    csrf.exempt(blueprint)
    options = {
        "title": TITLE,
        "version": VERSION,
        "openapi_version": "3.0.3",
        "info": {"description": DESCRIPTION, "license": {"name": "EUPL-1.2"}},
        "servers": [{"url": "/"}],
    }
    interface = Interface(app, spec_kwargs=options)
    interface.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    interface.register_blueprint(blueprint)
    app.register_blueprint(documents.page)
    app.extensions["interface"] = interface


@blueprint.after_request
def _say_language(response: Response) -> Response:
    response.headers.setdefault("Content-Language", current_language())
    return response


def _who_is_counted() -> str:
    """A token, else a network address."""
    token = getattr(g, "token", None)
    return token.public_id if token is not None else f"address {request.remote_addr}"
