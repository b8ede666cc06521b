"""One-use links: the mail holds the token, the table its hash; a link works once, for a time, until it is revoked."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground.errors import NotFound, RuleBroken
from framework.ground.text import N_
from framework.people.sessions import hashed
from models.people import OneUseLink


class LinkOver(RuleBroken):
    """A link that was used, has ended or was revoked (W29)."""

    code = "link-over"
    status = 409


def make(
    session: Session,
    purpose: str,
    email: str,
    *,
    now: dt.datetime,
    lasts: dt.timedelta,
    **facts: Any,
) -> tuple[OneUseLink, str]:
    """A new link and its token; the token is known to the mail alone."""
    token = secrets.token_urlsafe(24)
    link = OneUseLink(
        purpose=purpose,
        token_hash=hashed(token),
        email=email,
        expires_at=now + lasts,
        created_at=now,
        **facts,
    )
    session.add(link)
    session.flush()
    return link, token


def find(session: Session, purpose: str, token: str, *, lock: bool = True) -> OneUseLink:
    """The link of a token, whatever its state; raises NotFound. A page that only reads asks without `lock`."""
    query = select(OneUseLink).where(OneUseLink.token_hash == hashed(token), OneUseLink.purpose == purpose)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def state(link: OneUseLink, *, now: dt.datetime) -> str:
    """`used`, `revoked`, `ended` or `open`."""
    if link.used_at is not None:
        return "used"
    if link.revoked_at is not None:
        return "revoked"
    return "ended" if link.expires_at <= now else "open"


def require_open(link: OneUseLink, *, now: dt.datetime) -> None:
    """Raise LinkOver, with the sentence for its state, unless the link still works."""
    found = state(link, now=now)
    if found == "used":
        assert link.used_at is not None
        raise LinkOver(
            "link-used",
            N_("This link was used on %(day)s. Sign in."),
            day=link.used_at.date(),
        )
    if found == "revoked":
        raise LinkOver(
            "link-revoked",
            N_("This link was withdrawn. Ask whoever invited you for a new one."),
        )
    if found == "ended":
        raise LinkOver("link-ended", N_("This link ended on %(day)s."), day=link.expires_at.date())
