"""Personal tokens: with one, a program calls the interface for a person, with never more rights than the person has then."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit
from framework.ground.actors import NOBODY, Actor
from framework.ground.errors import FactorStale, InvalidInput, MoveRefused, NotAllowed, NotFound
from framework.ground.separation import FRESH
from framework.ground.text import N_
from framework.people import sessions
from models.people import ApiToken, User

CREATED = audit.declare("api_token.created", "name", "scopes", "expires_at")
REVOKED = audit.declare("api_token.revoked", "name")
ENDED = audit.declare("api_token.ended", "name", "because")

PREFIX = "hef_"
"""Every token begins with it, so that a search for leaked secrets finds one."""
READ, WRITE = "submissions:read", "submissions:write"
SCOPES: dict[str, str] = {
    READ: N_("Read the rounds you may submit to, and your own versions, remarks and receipts"),
    WRITE: N_("Send, count and withdraw versions"),
}
ROLES = frozenset({"supplier"})
"""Roles that have a use for a token: the interface is for suppliers."""
DEFAULT_DAYS, MOST_DAYS = 90, 365
MOST_TOKENS = 20
TOUCH_EVERY = dt.timedelta(minutes=5)


def may_have(actor: Actor) -> bool:
    """Whether a token would be of use to the actor in the organisation acted for."""
    return bool(actor.roles & ROLES)


def create(
    session: Session,
    user: User,
    *,
    name: str,
    scopes: list[str],
    days: int,
    actor: Actor,
    now: dt.datetime,
) -> tuple[ApiToken, str]:
    """Make a token for the organisation acted for; returns it with the secret, which nobody can read again.

    It ends after `days` (1 to 365). Where a role of the actor needs a second factor, that must have been given within
    ten minutes. Raises NotAllowed, FactorStale, InvalidInput, MoveRefused.
    """
    if not may_have(actor) or actor.organisation_id is None:
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who=", ".join(sorted(ROLES)))
    _require_fresh_factor(actor, now)
    _require_sound(name, scopes, days)
    _require_room(session, user, now)
    secret = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        user_id=user.id,
        organisation_id=actor.organisation_id,
        name=name.strip(),
        scopes=[scope for scope in SCOPES if scope in scopes],
        token_hash=sessions.hashed(secret),
        ending=secret[-4:],
        created_at=now,
        created_by_id=user.id,
        expires_at=now + dt.timedelta(days=days),
        second_factor_at=actor.factor_at,
    )
    session.add(made)
    session.flush()
    ends = made.expires_at
    audit.record(
        session, CREATED, actor=actor, now=now, subject=made, name=made.name, scopes=made.scopes, expires_at=ends
    )
    return made, secret


def _require_room(session: Session, user: User, now: dt.datetime) -> None:
    if _working(session, user, now) >= MOST_TOKENS:
        raise MoveRefused(
            "too-many-tokens",
            N_("You have %(most)s tokens that work. Revoke one that is no longer used, and make the new one then."),
            most=MOST_TOKENS,
        )


def revoke(session: Session, token: ApiToken, *, actor: Actor, now: dt.datetime) -> None:
    """End one of the own tokens at once; a token that was revoked stays so. Raises NotFound for somebody else's."""
    if token.user_id != actor.user_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by_id = now, actor.user_id
        audit.record(session, REVOKED, actor=actor, now=now, subject=token, name=token.name)


def end_all(
    session: Session, user: User, *, because: str, actor: Actor, now: dt.datetime, organisation_id: int | None = None
) -> int:
    """End every token of a person, or those for one organisation, for good; how many.

    `because` is a code for the record: `password-reset`, `account-closed`, `role-withdrawn`.
    """
    query = select(ApiToken).where(
        ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    if organisation_id is not None:
        query = query.where(ApiToken.organisation_id == organisation_id)
    found = session.scalars(query.order_by(ApiToken.id)).all()
    for token in found:
        token.revoked_at, token.revoked_by_id = now, actor.user_id
        audit.record(session, ENDED, actor=actor, now=now, subject=token, name=token.name, because=because)
    return len(found)


def end_without_use(
    session: Session, user: User, organisation_id: int, *, because: str, actor: Actor, now: dt.datetime
) -> int:
    """End the tokens for an organisation in which the person has no role left that has a use for one; how many."""
    grants = sessions.current_grants(session, user, now=now)
    if any(one.organisation_id == organisation_id and one.role in ROLES for one in grants):
        return 0
    return end_all(session, user, because=because, actor=actor, now=now, organisation_id=organisation_id)


def own(session: Session, user: User) -> list[ApiToken]:
    """The tokens of a person, the newest first, those over among them."""
    query = select(ApiToken).options(joinedload(ApiToken.organisation)).where(ApiToken.user_id == user.id)
    return list(session.scalars(query.order_by(ApiToken.id.desc())))


def find(session: Session, secret: str, *, now: dt.datetime) -> ApiToken | None:
    """The token of a secret, where it works: not revoked, not over, its person's account open."""
    if not secret.startswith(PREFIX):
        return None
    query = (
        select(ApiToken)
        .options(joinedload(ApiToken.user), joinedload(ApiToken.organisation))
        .where(ApiToken.token_hash == sessions.hashed(secret), ApiToken.revoked_at.is_(None))
    )
    found = session.scalar(query)
    if found is None or found.expires_at <= now or not found.user.is_active:
        return None
    return found


def actor_of(
    session: Session,
    token: ApiToken | None,
    *,
    now: dt.datetime,
    request_ref: str = "",
    factor_roles: frozenset[str] = frozenset(),
) -> Actor:
    """The person of a token, with the roles held at this moment in its organisation; NOBODY where none is left.

    Every event names the token as its session.
    """
    if token is None:
        return NOBODY
    grants = sessions.current_grants(session, token.user, now=now)
    roles = frozenset(g.role for g in grants if g.organisation_id == token.organisation_id)
    if not roles:
        return NOBODY
    return Actor(
        user_id=token.user_id,
        organisation_id=token.organisation_id,
        roles=roles,
        name=token.user.name,
        organisation_name=token.organisation.name,
        session_ref=token.public_id,
        request_ref=request_ref,
        factor_at=token.second_factor_at,
        factor_roles=factor_roles,
        language=token.user.language,
    )


def require_scope(token: ApiToken, scope: str) -> None:
    """Raise NotAllowed where the token was made without this scope."""
    if scope not in token.scopes:
        raise NotAllowed("scope-missing", N_("This token lacks the scope %(scope)s."), scope=scope)


def require_factor(actor: Actor) -> None:
    """Raise NotAllowed where a role needs a second factor that the token was made without."""
    if actor.roles & actor.factor_roles and not actor.second_factor:
        raise NotAllowed(
            "factor-missing",
            N_("Your role needs a second factor, and this token was made without. Make a new token."),
        )


def touch(session: Session, token_id: int, *, now: dt.datetime) -> None:
    """Note that a token was used."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))


def _require_fresh_factor(actor: Actor, now: dt.datetime) -> None:
    stale = actor.factor_at is None or actor.factor_at < now - FRESH
    if actor.roles & actor.factor_roles and stale:
        raise FactorStale(
            message=N_("This takes a code of the second factor given in the last %(minutes)s minutes."),
            minutes=FRESH // dt.timedelta(minutes=1),
        )


def _require_sound(name: str, scopes: list[str], days: int) -> None:
    if not name.strip() or len(name.strip()) > 100 or not name.isprintable():
        raise InvalidInput("name-unfit", N_("Give the token a name of at most 100 characters."), field="name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InvalidInput("scope-unknown", N_("Choose at least one thing that the token may do."), field="scopes")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput("days-unfit", N_("A token works for 1 to %(most)s days."), field="days", most=MOST_DAYS)


def _working(session: Session, user: User, now: dt.datetime) -> int:
    query = select(func.count()).where(
        ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    return session.scalar(query) or 0
