"""Refusals of the interface for programs: problem details (RFC 9457) where a person would get a page, never HTML."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, g, json
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError, TooManyRequests

from framework.ground.errors import FactorStale, RuleBroken
from framework.ground.pdf import NotMade
from framework.ground.sheets.reader import ChildLost
from framework.ground.text import N_
from framework.people.limits import TooManyTries
from models.base import db
from models.sealing import KeyMissing, SealBroken, WrongMasterKey
from views import guard
from views.caller import is_call
from views.i18n import current_language, sentence, words

logger = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
MINUTE = 60
TOO_LARGE = "file-too-large"

BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("request-unfit", N_("The call was not complete or not understood. Compare it with the page /api/.")),
    401: ("token-needed", N_("Send a token that works, as “Authorization: Bearer hef_…”.")),
    403: ("not-allowed", N_("This token may not do this.")),
    404: ("not-found", N_("There is nothing at this address, or it is not yours to see.")),
    405: ("method-unknown", N_("This address does not take this method. The header Allow names those it takes.")),
    409: ("stale", N_("Somebody else changed this meanwhile. Ask for its state again.")),
    413: (
        TOO_LARGE,
        N_("The file is larger than %(limit)s MB. Remove what is not data, such as pictures and unused sheets."),
    ),
    415: ("kind-unknown", N_("Send the file as multipart/form-data or, as it is, as application/octet-stream.")),
    422: ("invalid-input", N_("Something that was sent cannot be taken; “errors” says what.")),
    429: (
        "too-many-calls",
        N_("Too many calls. The header Retry-After says in how many seconds the next one is taken."),
    ),
    500: (
        "server-error",
        N_("Something broke here. Name the reference when you tell the operator; the same call may be sent again."),
    ),
    503: ("try-again", N_("Nothing was stored. Send the same call again in a moment, with the same key.")),
}
"""Code and sentence of a status where no rule of ours says more."""

SEAL_BROKEN = "a seal is broken: something stored was changed outside the product"
KEY_AWAY = "sealed content was asked for without its key: %s"
"""What the log says of these, of a page as of a call."""

Answer = Any
Handler = Callable[[Any], Answer]


def instead(page: Handler) -> Handler:
    """The handler of an error: a problem for a call, else the page."""

    @wraps(page)
    def handler(error: Any) -> Answer:
        return of(error) if is_call() else page(error)

    return handler


def of(error: Exception) -> Response:
    """The problem that an error is; what was begun is undone, and a refused attempt is written down."""
    if isinstance(error, RuleBroken):
        return _of_rule(error)
    db.session.rollback()
    if isinstance(error, SecurityError):
        said = N_("Nothing is answered under this host name. Use the address that you were given.")
        return problem(400, "host-unknown", words(said))
    if isinstance(error, StaleDataError):
        return problem(409)
    if isinstance(error, SealBroken | KeyMissing | WrongMasterKey):
        return _of_seal(error)
    if isinstance(error, ChildLost | NotMade):
        return problem(503)
    if isinstance(error, OperationalError):
        if not is_busy(error):
            raise error
        return problem(503)
    if isinstance(error, HTTPException):
        return _of_http(error)
    return problem(500)


def is_busy(error: OperationalError) -> bool:
    """Whether the database could not be written to now: another writer, two that waited for each other, a full disk."""
    text = str(error.orig).lower()
    return any(word in text for word in ("locked", "lock timeout", "deadlock", "readonly", "disk"))


def problem(status: int, code: str = "", detail: str = "", **more: Any) -> Response:
    """The answer of a refusal: status, title, code that never changes, a sentence in the caller's language."""
    known = status if status in BY_STATUS else 400 if status < 500 else 500
    usual, said = BY_STATUS[known]
    facts = {
        "type": f"/api/#status-{known}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code or usual,
        "detail": detail or words(said, **({"limit": _limit_mb()} if known == 413 else {})),
        "reference": getattr(g, "request_ref", ""),
    } | more
    answer = Response(json.dumps(facts), status, mimetype=PROBLEM)
    answer.headers["Content-Language"] = current_language()
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Hefboom"'
    return answer


def _of_seal(error: SealBroken | KeyMissing | WrongMasterKey) -> Response:
    """What was changed outside the product is not given, nor anything whose key is not at hand."""
    if isinstance(error, SealBroken):
        logger.error(SEAL_BROKEN)
        said = N_("What is stored of this file was changed outside the product, so it is not shown. Tell the operator.")
        return problem(409, "seal-broken", words(said))
    logger.error(KEY_AWAY, type(error).__name__)
    said = N_("This is sealed, and its key is not at hand, so nothing was stored. Tell the operator.")
    return problem(503, "key-missing", words(said))


def _of_rule(error: RuleBroken) -> Response:
    if isinstance(error, FactorStale):
        db.session.rollback()
        return problem(403, error.code, sentence(error))
    detail = guard.refused(error)
    if error.status == 404:
        return problem(404)
    if error.code == TOO_LARGE:
        return problem(413, detail=detail)
    answer = problem(error.status, error.code, detail)
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _of_http(error: HTTPException) -> Response:
    """A refusal of the web's own, with the headers that belong to it (Allow), or of the arguments of a call."""
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        return problem(413)
    errors = _errors(getattr(error, "data", None) or {})
    answer = problem(status, errors=errors) if errors else problem(status)
    if isinstance(error, RateLimitExceeded | TooManyRequests):
        answer.headers["Retry-After"] = str(MINUTE)
    allowed = getattr(error, "valid_methods", None)
    if status == 405 and allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _errors(data: dict[str, Any]) -> list[dict[str, str]]:
    """What the schema of the arguments found: where, and what (in English, for whoever writes the program)."""
    return [
        {"place": place, "name": str(name), "message": str(message)}
        for place, fields in (data.get("messages") or {}).items()
        for name, messages in (fields.items() if isinstance(fields, dict) else [("", fields)])
        for message in (messages if isinstance(messages, list) else [messages])
    ]


def _limit_mb() -> int:
    limit: int = getattr(g, "limit_mb", 0) or current_app.extensions["settings"].large_upload_mb
    return limit
