"""Links to requests: the mail holds the token, the table its hash; each has one purpose, ends, and can be revoked."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from framework.chain.requests import due
from framework.ground.errors import NotFound
from framework.ground.text import N_
from framework.people.links import LinkOver
from framework.people.sessions import hashed
from models.requests import RequestLink, UpstreamRequest

ANSWER, LIBRARY = "answer", "library"
LIBRARY_LASTS = dt.timedelta(days=1)
"""The library shows more than one request, so its link is short-lived and goes to the mail address alone."""


def make(session: Session, request: UpstreamRequest, purpose: str, *, now: dt.datetime) -> str:
    """A new link; gives its token, which the mail alone knows. Older links go on working."""
    token = secrets.token_urlsafe(24)
    lasts_to = now + LIBRARY_LASTS if purpose == LIBRARY else max(due.ends(request), now) + due.LATE_ANSWER
    session.flush()
    link = RequestLink(
        request_id=request.id, purpose=purpose, token_hash=hashed(token), created_at=now, expires_at=lasts_to
    )
    session.add(link)
    return token


def find(session: Session, purpose: str, token: str, *, now: dt.datetime) -> RequestLink:
    """The link of a token; raises NotFound for one that never was, LinkOver for one that ended or was revoked."""
    wanted = hashed(token)
    found = session.scalar(select(RequestLink).where(RequestLink.token_hash == wanted, RequestLink.purpose == purpose))
    if found is None or not hmac.compare_digest(found.token_hash, wanted):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if found.revoked_at is not None:
        raise LinkOver("link-revoked", N_("This link was withdrawn: nothing is asked of you any more."))
    if found.expires_at <= now:
        raise LinkOver("link-ended", N_("This link ended on %(day)s."), day=found.expires_at.date())
    return found


def path(token: str, purpose: str = ANSWER) -> str:
    """The path that a mail leads to."""
    return f"/answers/{token}/" if purpose == LIBRARY else f"/requests/{token}/"


def revoke(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> None:
    """End every open link of a request."""
    is_open = (RequestLink.request_id == request.id) & RequestLink.revoked_at.is_(None)
    session.execute(update(RequestLink).where(is_open).values(revoked_at=now))
