"""Signing in and out: limits first, then the password, then a new session; a forgotten password by mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, jobs, mail
from framework.ground.actors import NOBODY, Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.text import N_
from framework.people import accounts, limits, links, passwords, sessions, tokens
from framework.people.addresses import fold_email
from models.people import OneUseLink, User, UserSession
from models.records import Job

STARTED = audit.declare("session.started")
ENDED = audit.declare("session.ended")
SWITCHED = audit.declare("session.organisation_switched")
RESET_ASKED = audit.declare("user.reset_asked")
FAILED = "session.start"

RESET_LASTS = dt.timedelta(minutes=60)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Try:
    """A counted try: the account meant (if any), its hash, and the rows to give back on success."""

    user_id: int | None
    password_hash: str | None
    rows: list[int]


def begin(session: Session, email: str, *, address: str, limit: int, now: dt.datetime) -> Try:
    """Count a try and find the account; raises limits.TooManyTries.

    `address` is the network address of the browser, `limit` the failures allowed in five minutes per account and
    per address. Commit, compare the password outside any transaction, then call `finish`.
    """
    rows = limits.take(
        session,
        limits.Limit("sign_in_user", limits.private(fold_email(email)), limit),
        limits.Limit("sign_in_address", address[:100], limit),
        limits.Limit("sign_in_address", "", limits.ALL_TOGETHER),
        now=now,
    )
    user = accounts.by_email(session, email)
    usable = user is not None and user.is_active
    return Try(
        user.id if user and usable else None,
        user.password_hash if user and usable else None,
        rows,
    )


def finish(session: Session, tried: Try, password: str, *, is_right: bool, now: dt.datetime) -> User | None:
    """The person signed in, or None; a failure stays counted and is written down (law L07g), in the same words for all."""
    user = session.get(User, tried.user_id, populate_existing=True) if tried.user_id is not None else None
    if user is None or not is_right or user.password_hash != tried.password_hash or not user.is_active:
        error = InvalidInput("sign-in-failed", N_("The mail address or the password is not right."))
        audit.record_denied(session, FAILED, error, actor=NOBODY, now=now, subject=user)
        return None
    limits.give_back(session, tried.rows)
    if passwords.is_outdated(user.password_hash or ""):
        user.password_hash = passwords.hashed(password)
    return user


def start(
    session: Session,
    user: User,
    *,
    now: dt.datetime,
    max_hours: int,
    user_agent: str,
    request_ref: str = "",
) -> tuple[UserSession, str]:
    """Begin a session and write it down; returns it with the token for the cookie."""
    live, token = sessions.start(session, user, now=now, max_hours=max_hours, user_agent=user_agent)
    who = sessions.actor_of(session, live, now=now, request_ref=request_ref)
    audit.record(session, STARTED, actor=who, now=now, subject=user)
    return live, token


def end(session: Session, live: UserSession, *, actor: Actor, now: dt.datetime) -> None:
    """End one of the own sessions; raises NotFound for somebody else's."""
    if live.user_id != actor.user_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if live.ended_at is None:
        sessions.end(session, live, now=now)
        audit.record(session, ENDED, actor=actor, now=now, subject=live.user)


def live_sessions(session: Session, user_id: int, *, now: dt.datetime) -> list[UserSession]:
    """The sessions of a person that have not ended, the last used first."""
    query = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.ended_at.is_(None),
        UserSession.expires_at > now,
    )
    return list(session.scalars(query.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())))


def switch(
    session: Session,
    live: UserSession,
    organisation_id: int,
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Act for another of the own organisations; raises NotFound where no role is held there (SD12)."""
    held = {g.organisation_id for g in sessions.current_grants(session, live.user, now=now)}
    if organisation_id not in held:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    live.organisation_id = organisation_id
    audit.record(session, SWITCHED, actor=actor, now=now, subject=live.organisation)


def ask_reset(
    session: Session,
    email: str,
    *,
    address: str,
    limit: int,
    per_day: int,
    now: dt.datetime,
) -> None:
    """Ask for a new password: the same rows for a known and an unknown address; a worker looks the account up (T38).

    Beyond `per_day` for one address nothing more is sent and nobody learns of it. Raises limits.TooManyTries only
    for too many asked from one network address.
    """
    limits.take(session, limits.Limit("reset_address", address[:100], limit), now=now)
    try:
        limits.take(
            session,
            limits.Limit("reset", limits.private(fold_email(email)), per_day, DAY),
            now=now,
        )
    except limits.TooManyTries:
        return
    jobs.enqueue(session, "password_reset", now=now, email=email.strip()[:254])


@jobs.runner("password_reset")
def send_reset(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Mail the reset link, where the address has an account; the address is wiped from the job."""
    now = clock()
    user = accounts.by_email(session, str(job.payload.get("email", "")))
    if user is not None and user.is_active:
        _revoke_older(session, user, now)
        _link, token = links.make(
            session,
            "password_reset",
            user.email,
            now=now,
            lasts=RESET_LASTS,
            user_id=user.id,
        )
        minutes = int(RESET_LASTS.total_seconds() // 60)
        mail.post(
            session,
            "password_reset",
            to=user,
            now=now,
            secret=f"/password-reset/{token}",
            recipient=user.name,
            minutes=minutes,
        )
        audit.record(session, RESET_ASKED, actor=NOBODY, now=now, subject=user)
    job.payload = {}


def reset(session: Session, token: str, new: str, *, now: dt.datetime) -> User:
    """Choose a new password with a mailed link; all sessions and tokens for programs end, the count of failed tries starts anew.

    Raises NotFound, links.LinkOver, InvalidInput.
    """
    link = links.find(session, "password_reset", token)
    links.require_open(link, now=now)
    user = link.user
    if user is None or not user.is_active:
        raise MoveRefused(
            "account-closed",
            N_("This account is closed. Ask the operator of this installation."),
        )
    who = Actor(user.id, None, frozenset(), name=user.name)
    accounts.set_password(session, user, new, keep=None, actor=who, now=now)
    tokens.end_all(session, user, because="password-reset", actor=who, now=now)
    link.used_at = now
    limits.forget(session, "sign_in_user", limits.private(user.folded_email))
    return user


def _revoke_older(session: Session, user: User, now: dt.datetime) -> None:
    """Only the newest reset link works."""
    query = select(OneUseLink).where(
        OneUseLink.user_id == user.id,
        OneUseLink.purpose == "password_reset",
        OneUseLink.used_at.is_(None),
        OneUseLink.revoked_at.is_(None),
    )
    for old in session.scalars(query):
        old.revoked_at = now
