"""Accepted factory lists of labels: the lead of a round loads them, each as it was on one day, and takes one back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from framework.chain.measures import stored
from framework.chain.measures.publishers import survivors
from framework.disclosure.published_lists import REFUSED, ListRead
from framework.ground import audit, jobs, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, RuleBroken, WrongPhase
from framework.ground.permissions import Permission
from framework.ground.text import N_, key_of
from models.published import FactoryList, FactoryListing
from models.rounds import Round

LOADED = audit.declare("factory_list.loaded", "label", "day", "rows", "left_out")
WITHDRAWN = audit.declare("factory_list.withdrawn", "label", "day")
LOOK_JOB = "chain.look_up_listings"
AT_ONCE = 2_000
LONGEST_LABEL, LONGEST_HOLDER, LONGEST_BRAND = 120, 200, 120
TAKEN = frozenset({"country-unknown", "shortened", "brand-missing"})
"""Remarks of a report about rows that were taken all the same."""


@dataclass(frozen=True, slots=True)
class About:
    """What a person says of a file: the label, the organisation that keeps its list, the day, and the brand of rows without one."""

    label: str
    holder: str
    day: dt.date | None
    brand: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """A list with how many of its rows wait, are matched to a site, and are none of the sites; `proposed` of those that wait."""

    list: FactoryList
    waiting: int = 0
    proposed: int = 0
    matched: int = 0
    declined: int = 0

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.waiting + self.matched + self.declined


def check(about: About, *, now: dt.datetime) -> About:
    """The same without needless blanks; raises InvalidInput where something is missing, too long or in the future."""
    label, holder, brand = (" ".join(text.split()) for text in (about.label, about.holder, about.brand))
    for field, text, limit in (
        ("label", label, LONGEST_LABEL),
        ("holder", holder, LONGEST_HOLDER),
        ("brand", brand, LONGEST_BRAND),
    ):
        if len(text) > limit:
            raise InvalidInput("too-long", N_("At most %(limit)s characters."), field=field, limit=limit)
    if not label:
        raise InvalidInput("label-missing", N_("Type the name of the label."), field="label")
    if not holder:
        message = N_("Type the organisation that keeps the list: its own products are not backed by it.")
        raise InvalidInput("holder-missing", message, field="holder")
    if about.day is None:
        raise InvalidInput("day-missing", N_("Give the day that the list speaks of."), field="day")
    if about.day > now.date():
        raise InvalidInput("list-in-future", N_("The day of the list lies in the future."), field="day")
    return About(label, holder, about.day, brand)


def load(
    session: Session, round_: Round, about: About, read: ListRead, *, sha256: str, actor: Actor, now: dt.datetime
) -> FactoryList:
    """Keep a list that was read, and have sites looked for; nothing counts before a person matched a row.

    Raises NotAllowed, WrongPhase, and InvalidInput where nothing could be read, or one of this label and day stands.
    """
    _require_may_load(session, actor, round_)
    about = check(about, now=now)
    require_read(read)
    same = select(FactoryList.id).where(
        FactoryList.round_id == round_.id,
        FactoryList.label_key == key_of(about.label),
        FactoryList.day == about.day,
        FactoryList.withdrawn_at.is_(None),
    )
    if session.scalar(same) is not None:
        message = N_(
            "A list of this label was loaded for this day before. Take that one back first, or give another day."
        )
        raise InvalidInput("factory-list-loaded", message, field="day")
    made = FactoryList(
        round=round_,
        label=about.label,
        label_key=key_of(about.label),
        holder=about.holder,
        day=about.day,
        sha256=sha256,
        report=read.report,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    _insert(session, made, read)
    left = sum(count for code, count in read.counts.items() if code not in TAKEN)
    said: dict[str, Any] = {"label": made.label, "day": made.day.isoformat(), "rows": len(read.rows), "left_out": left}
    audit.record(session, LOADED, actor=actor, now=now, subject=made, **said)
    jobs.enqueue(session, LOOK_JOB, now=now, list=made.public_id)
    return made


def _require_may_load(session: Session, actor: Actor, round_: Round) -> None:
    """The lead may, and the command line in the same phases: a list that is loaded says nothing before the lead matched a row."""
    if not actor.is_system:
        permissions.require(session, actor, Permission.FACTORY_LISTS_DECIDE, round_)
    elif round_.state not in permissions.TABLE[Permission.FACTORY_LISTS_DECIDE].states:
        raise WrongPhase("wrong-phase", N_("This is not possible in the present phase of the round."))


def require_read(read: ListRead) -> None:
    """Raise InvalidInput, with what to do, where nothing of a file was taken."""
    if read.refused:
        raise InvalidInput(read.refused, REFUSED[read.refused], field="file", **read.params)


def withdraw(session: Session, found: FactoryList, *, actor: Actor, now: dt.datetime) -> None:
    """Take a list back: none of its rows counts any more, and it may be loaded again. Raises RuleBroken where it is."""
    permissions.require(session, actor, Permission.FACTORY_LISTS_DECIDE, found.round)
    hold(session, found)
    require_standing(found)
    found.withdrawn_at, found.withdrawn_by_id = now, actor.user_id
    audit.record(session, WITHDRAWN, actor=actor, now=now, subject=found, label=found.label, day=found.day.isoformat())
    matched = select(FactoryListing.site_id).where(
        FactoryListing.list_id == found.id, FactoryListing.state == "matched"
    )
    sites = {number for number in session.scalars(matched.distinct()) if number is not None}
    if sites:
        now_sites = set(survivors(session, sites).values())
        stored.sites_changed(session, [found.round], now_sites, now=now)


def look_again(session: Session, found: FactoryList, *, actor: Actor, now: dt.datetime) -> None:
    """Have sites looked for anew for every row that waits: sites may have come since."""
    permissions.require(session, actor, Permission.FACTORY_LISTS_DECIDE, found.round)
    require_standing(found)
    waiting = select(FactoryListing).where(FactoryListing.list_id == found.id, FactoryListing.state == "open")
    for one in session.scalars(waiting):
        one.is_looked_up = False
    jobs.enqueue(session, LOOK_JOB, now=now, list=found.public_id)


def require_standing(found: FactoryList) -> None:
    """Raise RuleBroken where a list was taken back."""
    if found.withdrawn_at is not None:
        raise RuleBroken("factory-list-withdrawn", N_("This list was taken back. Nothing of it counts any more."))


def hold(session: Session, found: FactoryList) -> None:
    """Hold a list as it is now until the commit."""
    query = select(FactoryList).where(FactoryList.id == found.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()


def counted(session: Session, round_: Round) -> list[Counted]:
    """The lists of a round, those that stand first, the newest day first."""
    lists = list(
        session.scalars(
            select(FactoryList)
            .where(FactoryList.round_id == round_.id)
            .order_by(FactoryList.withdrawn_at.is_not(None), FactoryList.day.desc(), FactoryList.id.desc())
        )
    )
    return _with_counts(session, lists)


def count(session: Session, found: FactoryList) -> Counted:
    """One list with its counts."""
    return _with_counts(session, [found])[0]


def _with_counts(session: Session, lists: Sequence[FactoryList]) -> list[Counted]:
    proposed = func.count().filter(FactoryListing.score > 0)
    query = select(FactoryListing.list_id, FactoryListing.state, func.count(), proposed)
    query = query.where(FactoryListing.list_id.in_([one.id for one in lists]))
    rows: dict[int, dict[str, int]] = {one.id: {} for one in lists}
    for number, state, n, some in session.execute(query.group_by(FactoryListing.list_id, FactoryListing.state)):
        rows[number] |= {state: n, **({"proposed": some} if state == "open" else {})}
    names = ("open", "proposed", "matched", "declined")
    return [Counted(one, *(rows[one.id].get(name, 0) for name in names)) for one in lists]


def _insert(session: Session, made: FactoryList, read: ListRead) -> None:
    rows = [
        {
            **row,
            "list_id": made.id,
            "brand_key": key_of(row["brand"])[:LONGEST_BRAND],
            "state": "open",
            "is_looked_up": False,
            "candidates": [],
            "score": 0,
        }
        for row in read.rows
    ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(FactoryListing), rows[start : start + AT_ONCE])
