"""Separation of duties: what an act of two persons asks of each of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from framework.ground.actors import Actor, roles_for
from framework.ground.errors import FactorStale
from framework.ground.text import N_

FRESH = dt.timedelta(minutes=10)
_OF_AN_OWNER = frozenset({"member", "supplier", "brand"})


def is_factor_stale(session: Session, record: object, *, actor: Actor, now: dt.datetime) -> bool:
    """Whether the actor's role needs a second factor and none was given within `FRESH`."""
    held = roles_for(session, actor, record)
    if getattr(record, "owner_id", None) is not None:
        held &= _OF_AN_OWNER
    return bool(held & actor.factor_roles) and (actor.factor_at is None or actor.factor_at < now - FRESH)


TWO_PERSONS = N_("This takes two persons, each with a code of the second factor given in the last %(minutes)s minutes.")


def require_fresh_factor(
    session: Session, record: object, *, actor: Actor, now: dt.datetime, message: str = TWO_PERSONS
) -> None:
    """Raise FactorStale where the actor's role needs a second factor and none was given within `FRESH` (SD1).

    `message` says what takes it, with `%(minutes)s`. On a record that an organisation owns, only the roles of that organisation count: a member's
    approver needs none, whatever else the person may be.
    """
    if is_factor_stale(session, record, actor=actor, now=now):
        raise FactorStale(
            message=message,
            rule="SD1",
            minutes=FRESH // dt.timedelta(minutes=1),
        )
