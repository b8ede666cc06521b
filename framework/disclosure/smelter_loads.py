"""The installation's register of smelters in the database: dated loads of lists, old loads kept, and what follows from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from framework.disclosure.foreign.resolving import SmelterName
from framework.disclosure.smelters import Known, Row, listed
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput
from framework.ground.text import N_
from models.disclosure import SmelterListing, SmelterLoad

LOADED = audit.declare("smelters.loaded", "source", "day", "names")
AT_ONCE = 2_000


def load(
    session: Session, rows: Sequence[Row], *, source: str, day: dt.date, sha256: str, actor: Actor, now: dt.datetime
) -> SmelterLoad:
    """Keep a list of smelters as it was on `day`; earlier loads of the same source stay and say what was listed before.

    Raises InvalidInput where the list names no smelter, lies in the future, or was loaded before for this day.
    """
    if not rows:
        raise InvalidInput("list-empty", N_("The list names no smelter."))
    if day > now.date():
        raise InvalidInput("list-in-future", N_("The day of the list lies in the future."))
    same = select(SmelterLoad.id).where(SmelterLoad.source == source, SmelterLoad.day == day)
    if session.scalar(same) is not None:
        raise InvalidInput("list-loaded", N_("A list of this source was loaded for this day before."))
    made = SmelterLoad(source=source[:120], day=day, sha256=sha256, created_at=now, created_by_id=actor.user_id)
    session.add(made)
    session.flush()
    records = [_record(made.id, row) for row in rows]
    for start in range(0, len(records), AT_ONCE):
        session.execute(insert(SmelterListing), records[start : start + AT_ONCE])
    audit.record(
        session, LOADED, actor=actor, now=now, subject=made, source=made.source, day=day.isoformat(), names=len(rows)
    )
    return made


def loads(session: Session) -> list[SmelterLoad]:
    """All loads, newest day first."""
    return list(session.scalars(select(SmelterLoad).order_by(SmelterLoad.day.desc(), SmelterLoad.id.desc())))


def known(session: Session) -> Known | None:
    """Ids and names of all loads; None where there is none.

    An id is listed while the newest list of some source names it; else it was last seen on the day of the last list
    that did, or on the day that list itself gives.
    """
    found = loads(session)
    if not found:
        return None
    days = {one.id: one.day.isoformat() for one in found}
    newest = {one.source: one.id for one in reversed(found)}.values()
    ends: list[tuple[str, str | None]] = []
    names: dict[SmelterName, None] = {}
    for one in session.execute(select(SmelterListing.__table__).order_by(SmelterListing.load_id.desc())):
        until = one.until or (None if one.load_id in newest else days[one.load_id])
        ends.append((one.number, until))
        names.setdefault(SmelterName(one.mineral, one.alias, one.name, one.number, one.country, one.older))
    return Known(listed(ends), tuple(names))


def _record(load_id: int, row: Row) -> dict[str, object]:
    name = row.name
    return {
        "load_id": load_id,
        "mineral": name.mineral[:30],
        "alias": name.alias[:200],
        "name": name.name[:200],
        "number": name.number[:20],
        "country": name.country,
        "older": name.older[:20],
        "until": row.until,
    }
