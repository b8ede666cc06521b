"""How often something may fail: counted in the database, so that the limits hold across processes (T38, W13)."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.errors import RuleBroken
from framework.ground.text import N_
from models.people import SignInAttempt

WINDOW = dt.timedelta(minutes=5)
KEEP = dt.timedelta(days=2)
ALL_TOGETHER = 1000
SWEEP_EVERY = 200


class TooManyTries(RuleBroken):
    """Too many tries in a short time; `seconds` until the next one is taken. It lifts by itself."""

    code = "too-many-tries"
    status = 429

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            message=N_("Too many tries. You can try again in %(minutes)s minutes; nobody needs to unlock you."),
            minutes=max(1, math.ceil(seconds / 60)),
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` rows of `kind` and `subject` within `window`."""

    kind: str
    subject: str
    most: int
    window: dt.timedelta = WINDOW


def private(text: str) -> str:
    """A subject that does not tell the mail address it stands for."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def take(session: Session, *limits: Limit, now: dt.datetime) -> list[int]:
    """Count one try against every limit, or raise TooManyTries; returns the rows, for `give_back` on success.

    A try is counted before its outcome is known, under a lock, so that parallel tries cannot pass the limit together.
    """
    number = audit.next_number(session, "tries")
    waits = [wait for limit in limits if (wait := _wait(session, limit, now)) > 0]
    if waits:
        raise TooManyTries(max(waits))
    if number % SWEEP_EVERY == 0:
        session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - KEEP))
    rows = [SignInAttempt(kind=limit.kind, subject=limit.subject, at=now) for limit in limits if limit.subject]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def give_back(session: Session, rows: list[int]) -> None:
    """Take a counted try away again: only failures count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(rows)))


def forget(session: Session, kind: str, subject: str) -> None:
    """Start a count anew."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.kind == kind, SignInAttempt.subject == subject))


def _wait(session: Session, limit: Limit, now: dt.datetime) -> int:
    """Seconds until one more try is taken; a blank subject counts all rows of the kind."""
    query = select(SignInAttempt.at).where(SignInAttempt.kind == limit.kind, SignInAttempt.at > now - limit.window)
    if limit.subject:
        query = query.where(SignInAttempt.subject == limit.subject)
    used = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if used < limit.most:
        return 0
    frees = session.scalar(query.order_by(SignInAttempt.at.desc()).offset(max(limit.most - 1, 0)).limit(1))
    return max(1, math.ceil(((frees or now) + limit.window - now).total_seconds()))
