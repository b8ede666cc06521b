"""Who calls: to the interface for programs a personal token says who asks; a cookie says nothing there."""

from __future__ import annotations

from flask import current_app, g, request
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import NOBODY, Actor
from framework.ground.errors import InvalidInput, NotAllowed
from framework.ground.text import N_
from framework.people import limits, tokens
from models.base import db
from models.people import ApiToken
from views import clock

PREFIX = "/api/"
BEARER = "bearer "
ATTEMPT = "api_token.use"


class TokenNeeded(InvalidInput):
    """A call without a token that works; nobody is told whether it is unknown, over or revoked."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "token-needed",
            N_("Send a token that works, as “Authorization: Bearer hef_…”. It may be unknown, over or revoked."),
        )


def is_call() -> bool:
    """Whether a program calls the interface; the page about it is for people."""
    return request.path.startswith(PREFIX) and request.path != PREFIX


def find() -> tuple[ApiToken | None, Actor]:
    """The token of this call and whom it stands for; None and NOBODY without one that works.

    A secret that does not work is counted by network address and written down. Raises limits.TooManyTries.
    """
    sent = request.headers.get("Authorization", "")
    if not sent.lower().startswith(BEARER):
        return None, NOBODY
    session, now = db.session(), clock.now()
    token = tokens.find(session, sent[len(BEARER) :].strip(), now=now)
    needed = current_app.extensions["settings"].needs_second_factor()
    who = tokens.actor_of(session, token, now=now, request_ref=g.request_ref, factor_roles=needed)
    if token is None or who.user_id is None:
        _note_wrong()
        return None, NOBODY
    g.user_language, g.user_zone = token.user.language, token.user.zone
    used_lately = token.last_used_at is not None and token.last_used_at > now - tokens.TOUCH_EVERY
    g.touch = None if used_lately else token.id
    return token, who


def _note_wrong() -> None:
    """Count the try and write it down, in a transaction of its own."""
    db.session.rollback()
    settings, now = current_app.extensions["settings"], clock.now()
    address = (request.remote_addr or "")[:100]
    error = NotAllowed("token-wrong", N_("This token is unknown, over or revoked."))
    with Session(db.engine.execution_options(write=True), info={"write": True}) as own:
        limits.take(own, limits.Limit("api_token", address, settings.api_wrong_tokens), now=now)
        audit.record_denied(own, ATTEMPT, error, actor=NOBODY, now=now, limit=settings.denied_log_limit)
        own.commit()
