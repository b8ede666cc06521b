"""Separation of duties: what an act of two persons asks of each of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from framework.ground.actors import Actor, roles_for
from framework.ground.errors import FactorStale
from framework.ground.text import N_

FRESH = dt.timedelta(minutes=10)
_OF_AN_OWNER = frozenset({"member", "supplier", "brand"})


def require_fresh_factor(session: Session, record: object, *, actor: Actor, now: dt.datetime) -> None:
    """Raise FactorStale where the actor's role needs a second factor and none was given within `FRESH` (SD1)."""
    if is_stale(session, record, actor=actor, now=now):
        raise FactorStale(
            message=N_(
                "This takes two persons, each with a code of the second factor given in the last %(minutes)s minutes."
            ),
            rule="SD1",
            minutes=FRESH // dt.timedelta(minutes=1),
        )


def is_stale(session: Session, record: object, *, actor: Actor, now: dt.datetime) -> bool:
    """Whether the actor's role needs a second factor and none was given within `FRESH`.

    On a record that an organisation owns, only the roles of that organisation count: a member's
    approver needs none, whatever else the person may be.
    """
    held = roles_for(session, actor, record)
    if getattr(record, "owner_id", None) is not None:
        held &= _OF_AN_OWNER
    return bool(held & actor.factor_roles) and (actor.factor_at is None or actor.factor_at < now - FRESH)
