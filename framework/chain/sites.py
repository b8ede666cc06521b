"""Sites: mentions that are equal after normalisation share one; a mention too imprecise for a site has none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from framework.ground.places import is_site_key, mention_key
from models.base import random_id
from models.chain import Site

AT_ONCE = 500
Place = tuple[str, str, str, str]


def site_numbers(session: Session, places: Sequence[Place], *, now: dt.datetime) -> list[int | None]:
    """For each place (name, address, city, country) the number of its site, made where it is new.

    None where the place is too imprecise to be one site (no street, several addresses).
    """
    keys = [_key(place) for place in places]
    known = _known(session, {key for key in keys if key})
    fresh = {key: place for key, place in zip(keys, places, strict=True) if key and key not in known}
    _make(session, fresh, now)
    known |= _known(session, set(fresh))
    return [known.get(key) if key else None for key in keys]


def _key(place: Place) -> str:
    key = mention_key(*place)
    return key[:400] if is_site_key(key) else ""


def _known(session: Session, keys: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        query = select(Site.match_key, Site.id).where(Site.match_key.in_(ordered[start : start + AT_ONCE]))
        found.update({key: number for key, number in session.execute(query)})  # noqa: C416 - a Row is no pair to mypy
    return found


def _make(session: Session, fresh: dict[str, Place], now: dt.datetime) -> None:
    rows = [
        {
            "public_id": random_id(),
            "created_at": now,
            "version": 1,
            "match_key": key,
            "name": name[:200],
            "address": address[:400],
            "city": city[:120],
            "country": country[:2],
        }
        for key, (name, address, city, country) in fresh.items()
    ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(Site), rows[start : start + AT_ONCE])
