"""Which declarations count in the pool of a round, and what tells whether they changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, func, select, true
from sqlalchemy.orm import Session, aliased

from framework.demand.pooled import Stamp
from models.demand import Demand
from models.people import Organisation
from models.rounds import Lot, Round
from models.signons import SignOn

JOINED = ("interested", "mandate_pending", "confirmed", "active", "suspended")
ENTITLED = ("confirmed", "active", "suspended")
BEFORE_FREEZE = frozenset({"set_up", "sign_on", "demand", "demand_locked", "ready"})
AT_ONCE = 5_000
"""Numbers of declarations in one statement."""
_COUNTED_ONCE = ("accepted", "locked", "superseded", "withdrawn", "lapsed")
_RISING = (2, 4, 5, 10, 11, 12, 13)
"""Which parts of a stamp never fall: versions of the round, of what counted once, of sign-ons and of their bodies."""
_MIX = 46_337
"""A prime whose products with versions stay within a column of 32 bits."""


def portions(numbers: Iterable[int]) -> Iterator[list[int]]:
    """Numbers in portions that a statement can name: PostgreSQL takes no more than 65,535 values in one."""
    every = sorted(numbers)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def current(round_: Round) -> ColumnElement[bool]:
    """Which declarations are the current ones: accepted (or still locked) while demand runs, locked afterwards."""
    if round_.state != "demand":
        return (Demand.round_id == round_.id) & (Demand.state == "locked")
    newer = aliased(Demand)
    replaced = exists().where(
        newer.lot_id == Demand.lot_id, newer.member_id == Demand.member_id, newer.state == "accepted"
    )
    running = (Demand.state == "accepted") | ((Demand.state == "locked") & ~replaced)
    return (Demand.round_id == round_.id) & running


def counting(round_: Round) -> ColumnElement[bool]:
    """Which declarations count in the pool: current ones of confirmed members; as frozen from publication on."""
    if round_.state not in BEFORE_FREEZE:
        return current(round_)
    entitled = select(SignOn.organisation_id).where(SignOn.round_id == round_.id, SignOn.state.in_(ENTITLED))
    return current(round_) & Demand.member_id.in_(entitled)


def stamp(session: Session, round_: Round) -> Stamp:
    """What changes whenever the pool of a round does, and not where somebody works on a draft that was not handed in.

    A declaration never comes back from the states of `_COUNTED_ONCE` and versions only rise, so that their sum rises with
    every change among them. What is handed in can be taken back: of it the very set is told apart. The bodies of members
    are part of it, for their names and types stand in the pool.
    """
    found = session.execute(_stamp_query(), {"number": round_.id}).one()
    return (round_.public_id, round_.state, round_.version, round_.currency, *found)


def is_older(one: Stamp, other: Stamp) -> bool:
    """Whether a stamp of a round is from before another: of what only rises, something is less in it.

    Whatever counts in the pool has come into the states of `_COUNTED_ONCE`, so that an older one lacks some of them.
    """
    return any((one[at] or 0) < (other[at] or 0) for at in _RISING)


@cache
def _stamp_query() -> Select[Any]:
    """Built once: every page of a round asks it, and building it takes longer than answering it."""
    number: BindParameter[int] = bindparam("number")
    ours = Demand.round_id == number
    counted = select(func.count(), func.sum(Demand.version)).where(ours, Demand.state.in_(_COUNTED_ONCE))
    mixed = func.sum((Demand.id % _MIX) * (Demand.version + 31))
    waiting = select(func.count(), func.sum(Demand.id), func.sum(Demand.version), mixed).where(
        ours, Demand.state == "submitted"
    )
    told = (func.count(), func.max(SignOn.id), func.sum(SignOn.version), func.sum(Organisation.version))
    bodies = select(*told).join_from(SignOn, Organisation, Organisation.id == SignOn.organisation_id)
    signs = bodies.where(SignOn.round_id == number)
    lots = select(func.count(), func.sum(Lot.version)).where(Lot.round_id == number)
    c, w, s, one = counted.subquery(), waiting.subquery(), signs.subquery(), lots.subquery()
    return select(*c.c, *w.c, *s.c, *one.c).select_from(c.join(w, true()).join(s, true()).join(one, true()))
