"""Server-side sessions: the cookie holds a random token, the table its hash; ending one works on the next request."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from framework.ground.actors import NOBODY, Actor
from models.people import Organisation, RoleGrant, User, UserSession

TOUCH_EVERY = dt.timedelta(minutes=5)


def hashed(token: str) -> str:
    """SHA-256 of a token; only this is stored."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def start(
    session: Session,
    user: User,
    *,
    now: dt.datetime,
    max_hours: int,
    user_agent: str = "",
    second_factor: bool = False,
) -> tuple[UserSession, str]:
    """Begin a session for a person; returns it with the token for the cookie.

    The acting organisation is the one in which the person was last given a role.
    """
    token = secrets.token_urlsafe(32)
    grants = current_grants(session, user, now=now)
    made = UserSession(
        token_hash=hashed(token),
        user_id=user.id,
        organisation_id=grants[0].organisation_id if grants else None,
        created_at=now,
        last_seen_at=now,
        expires_at=now + dt.timedelta(hours=max_hours),
        second_factor_at=now if second_factor else None,
        user_agent=user_agent[:200],
    )
    session.add(made)
    session.flush()
    return made, token


def find(session: Session, token: str, *, now: dt.datetime, idle_minutes: int) -> UserSession | None:
    """The live session of a token: not ended, not expired, not idle too long, its user not disabled."""
    query = (
        select(UserSession)
        .options(joinedload(UserSession.user), joinedload(UserSession.organisation))
        .where(UserSession.token_hash == hashed(token), UserSession.ended_at.is_(None))
    )
    found = session.scalar(query)
    if found is None or found.expires_at <= now or not found.user.is_active:
        return None
    return None if found.last_seen_at < now - dt.timedelta(minutes=idle_minutes) else found


def current_grants(session: Session, user: User, *, now: dt.datetime) -> list[RoleGrant]:
    """The roles a person holds now, with their organisations, the newest organisation first."""
    query = (
        select(RoleGrant)
        .options(joinedload(RoleGrant.organisation))
        .where(RoleGrant.user_id == user.id, RoleGrant.withdrawn_at.is_(None))
        .order_by(RoleGrant.id.desc())
    )
    return [g for g in session.scalars(query) if g.ends_at is None or g.ends_at > now]


def actor_of(
    session: Session,
    live: UserSession | None,
    *,
    now: dt.datetime,
    request_ref: str = "",
    factor_roles: frozenset[str] = frozenset(),
) -> Actor:
    """The actor of a live session, with the roles held at this moment; NOBODY without a session.

    `factor_roles` are the roles that need a second factor in this installation.
    """
    if live is None:
        return NOBODY
    grants = current_grants(session, live.user, now=now)
    roles = frozenset(g.role for g in grants if g.organisation_id == live.organisation_id)
    return Actor(
        user_id=live.user_id,
        organisation_id=live.organisation_id if roles else None,
        roles=roles,
        name=live.user.name,
        organisation_name=live.organisation.name if live.organisation is not None and roles else "",
        session_ref=live.token_hash[:16],
        request_ref=request_ref,
        factor_at=live.second_factor_at,
        factor_roles=factor_roles,
        language=live.user.language,
    )


def touch(session: Session, live_id: int, *, now: dt.datetime) -> None:
    """Note that a session was used."""
    session.execute(update(UserSession).where(UserSession.id == live_id).values(last_seen_at=now))


def end(session: Session, live: UserSession, *, now: dt.datetime) -> None:
    """End one session."""
    live.ended_at = now


def end_all(session: Session, user: User, *, now: dt.datetime, keep: int | None = None) -> None:
    """End every session of a person, but for the one with number `keep`."""
    query = update(UserSession).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    session.execute(query.where(UserSession.id != (keep or 0)).values(ended_at=now))


def end_in(session: Session, user: User, organisation: Organisation, *, now: dt.datetime) -> None:
    """End the sessions in which a person acts for one organisation; those for another one go on."""
    query = update(UserSession).where(
        UserSession.user_id == user.id,
        UserSession.organisation_id == organisation.id,
        UserSession.ended_at.is_(None),
    )
    session.execute(query.values(ended_at=now))
