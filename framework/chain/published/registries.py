"""Open registries in which others name sites, as Open Supply Hub: dated loads, old ones kept, the same for all rounds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from framework.chain.measures import stored
from framework.chain.published.lists import AT_ONCE, require_read
from framework.disclosure.confidentiality import deadline_day
from framework.disclosure.published_lists import ListRead
from framework.disclosure.veil import OPENED
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput
from framework.ground.text import N_, key_of
from models.chain import Product
from models.disclosure import Submission
from models.published import RegistryEntry, RegistryLoad
from models.rounds import Round

LOADED = audit.declare("registry.loaded", "scheme", "day", "entries")
LONGEST_SCHEME = 20


def load(
    session: Session, scheme: str, day: dt.date, read: ListRead, *, sha256: str, actor: Actor, now: dt.datetime
) -> RegistryLoad:
    """Keep what a registry said on a day, and mark the products of the brands that it names, in every round it may count in.

    Raises InvalidInput where nothing could be read, the day lies in the future, or it was loaded before for this day.
    """
    require_read(read)
    if not scheme or len(scheme) > LONGEST_SCHEME:
        raise InvalidInput("scheme-wrong", N_("Give the registry in a few letters, as os for Open Supply Hub."))
    if day > now.date():
        raise InvalidInput("list-in-future", N_("The day of the list lies in the future."))
    if (
        session.scalar(select(RegistryLoad.id).where(RegistryLoad.scheme == scheme, RegistryLoad.day == day))
        is not None
    ):
        raise InvalidInput("list-loaded", N_("A list of this source was loaded for this day before."))
    made = RegistryLoad(scheme=scheme, day=day, sha256=sha256, created_at=now, created_by_id=actor.user_id)
    session.add(made)
    session.flush()
    rows = [
        {name: row[name] for name in ("number", "contributor", "brand")}
        | {"load_id": made.id, "brand_key": key_of(row["brand"])[:120]}
        for row in read.rows
    ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(RegistryEntry), rows[start : start + AT_ONCE])
    said: dict[str, Any] = {"scheme": scheme, "day": day.isoformat(), "entries": len(rows)}
    audit.record(session, LOADED, actor=actor, now=now, subject=made, **said)
    _mark(session, {str(row["brand_key"]) for row in rows} - {""}, day, now)
    return made


def loads(session: Session) -> list[tuple[RegistryLoad, int]]:
    """All loads, the newest day first, each with how many entries it has."""
    count = select(func.count()).where(RegistryEntry.load_id == RegistryLoad.id).scalar_subquery()
    query = select(RegistryLoad, count).order_by(RegistryLoad.day.desc(), RegistryLoad.id.desc())
    return [(one, n) for one, n in session.execute(query)]


def _mark(session: Session, brands: Collection[str], day: dt.date, now: dt.datetime) -> None:
    """Products of these brands are counted anew, whatever ids their rows give."""
    offers = (
        select(Submission.round_id, Product.id, Product.brand)
        .join(Product, Product.submission_id == Submission.id)
        .where(Submission.state.in_(OPENED))
        .order_by(Submission.round_id, Product.id)
    )
    found: dict[int, list[int]] = {}
    for round_id, product, brand in session.execute(offers):
        if key_of(brand) in brands:
            found.setdefault(round_id, []).append(product)
    for round_ in session.scalars(select(Round).where(Round.id.in_(found)).order_by(Round.id)):
        deadline = deadline_day(round_)
        if deadline is None or day <= deadline:
            stored.products_changed(session, round_, found[round_.id], now=now)
