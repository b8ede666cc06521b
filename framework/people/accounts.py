"""Accounts: one per person and folded mail address; made, changed, disabled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import passwords, second_factor, sessions, tokens
from framework.people.addresses import clean_email, clean_name, fold_email
from framework.people.roles import grant
from models.people import Organisation, User, UserSession

CREATED = audit.declare("user.created")
EDITED = audit.declare("user.edited", "fields")
DISABLED = audit.declare("user.disabled")
ENABLED = audit.declare("user.enabled")
PASSWORD_CHANGED = audit.declare("user.password_changed")

LANGUAGES = ("en", "nl", "sv")


def create_user(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    organisation: Organisation | None,
    roles: Iterable[str],
    actor: Actor,
    now: dt.datetime,
    language: str = "en",
    zone: str = "Europe/Brussels",
    totp_secret: str | None = None,
    key: bytes | None = None,
) -> User:
    """Make an account with roles in an organisation; for the operator and the system.

    A blank `password` makes an account that must first choose one by the reset link. A known `totp_secret` (base32)
    comes with `key`, see `second_factor.key_from`. Raises InvalidInput, also for an address that has an account.
    """
    if not actor.is_system:
        permissions.require(session, actor, Permission.ORGANISATION_MANAGE)
    user = add(
        session,
        email=email,
        name=name,
        password=password,
        actor=actor,
        now=now,
        language=language,
        zone=zone,
    )
    if totp_secret is not None:
        if key is None:
            raise ValueError("a secret of the second factor needs the key that encrypts it")
        second_factor.store(user, totp_secret, key=key, now=now)
    for role in roles:
        if organisation is not None:
            grant(session, user, organisation, role, actor=actor, now=now)
    return user


def add(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    actor: Actor,
    now: dt.datetime,
    language: str = "en",
    zone: str = "Europe/Brussels",
) -> User:
    """Write the account; the caller has checked the right to it. Raises InvalidInput."""
    address = clean_email(email)
    if by_email(session, address) is not None:
        raise InvalidInput("email-known", N_("This address already has an account."), field="email")
    accepted = passwords.acceptable(password, email=address) if password else ""
    user = User(
        email=address,
        folded_email=fold_email(address),
        name=clean_name(name),
        password_hash=passwords.hashed(accepted) if accepted else None,
        language=_language(language),
        zone=_zone(zone),
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(user)
    session.flush()
    audit.record(session, CREATED, actor=actor, now=now, subject=user)
    return user


def by_email(session: Session, email: str) -> User | None:
    """The account of an address, compared after folding (I02, W28)."""
    return session.scalar(select(User).where(User.folded_email == fold_email(email)))


def edit(
    session: Session,
    user: User,
    *,
    name: str,
    language: str,
    zone: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Change the own name, language and zone; raises InvalidInput."""
    wanted = {
        "name": clean_name(name),
        "language": _language(language),
        "zone": _zone(zone),
    }
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, wanted[field])
    if changed:
        audit.record(session, EDITED, actor=actor, now=now, subject=user, fields=changed)


def change_password(
    session: Session,
    user: User,
    *,
    present: str,
    new: str,
    keep: UserSession | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Change the own password; every other session ends (T35). Raises InvalidInput."""
    if not passwords.matches(user.password_hash, present):
        raise InvalidInput("password-wrong", N_("This is not your present password."), field="present")
    set_password(session, user, new, keep=keep, actor=actor, now=now)


def set_password(
    session: Session,
    user: User,
    new: str,
    *,
    keep: UserSession | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Store a new password and end the sessions, but for `keep`; raises InvalidInput."""
    user.password_hash = passwords.hashed(passwords.acceptable(new, email=user.email, field="password"))
    sessions.end_all(session, user, now=now, keep=keep.id if keep is not None else None)
    audit.record(session, PASSWORD_CHANGED, actor=actor, now=now, subject=user)


def disable(session: Session, user: User, *, actor: Actor, now: dt.datetime) -> None:
    """Close an account: all its sessions and tokens end at once, the tokens for good; operator only, never the own account."""
    permissions.require(session, actor, Permission.ORGANISATION_MANAGE)
    if user.id == actor.user_id:
        raise MoveRefused("own-account", N_("You cannot disable your own account."))
    if user.disabled_at is None:
        user.disabled_at = now
        sessions.end_all(session, user, now=now)
        tokens.end_all(session, user, because="account-closed", actor=actor, now=now)
        audit.record(session, DISABLED, actor=actor, now=now, subject=user)


def enable(session: Session, user: User, *, actor: Actor, now: dt.datetime) -> None:
    """Open a disabled account again; operator only."""
    permissions.require(session, actor, Permission.ORGANISATION_MANAGE)
    if user.disabled_at is not None:
        user.disabled_at = None
        audit.record(session, ENABLED, actor=actor, now=now, subject=user)


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise InvalidInput("language-unknown", N_("Choose one of the list."), field="language")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise InvalidInput("zone-unknown", N_("Choose one of the list."), field="zone")
    return value
