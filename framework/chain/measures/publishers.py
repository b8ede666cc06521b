"""What labels and open registries publish of the sites of a round: who names which site for which brand.

A factory list counts where a person matched its row to the site; an entry of a registry where a row of a tender gives its
id. Both only where they speak of a day that is not after the deadline.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, String, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from framework.disclosure.confidentiality import deadline_day
from framework.ground.identifiers import compact
from framework.ground.text import key_of
from models.chain import Mention, Site
from models.people import Organisation
from models.published import FactoryList, FactoryListing, RegistryEntry, RegistryLoad
from models.rounds import Round
from models.veiled import real

LIST, REGISTRY = "list", "registry"
COLUMNS = {"os_id": "os", "smelter_id": "cid", "gln": "gln"}
"""Columns of a row about a site that hold one id, and its registry."""
OTHERS = "other_registry_id"
"""The column that holds any ids, each as `scheme:id`."""
AT_ONCE = 5_000
Id = tuple[str, str]
"""The scheme of a registry, and an id without blanks and hyphens, in capitals."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Somebody who publishes that a site makes for a brand.

    `name` is the label, or the scheme of the registry; `by` the holder of the list, or the contributor; `marks` are what
    tells it from other sources, `identity` its name without case and blanks: one that publishes twice is one.
    """

    kind: str
    name: str
    by: str
    day: dt.date
    marks: frozenset[str]

    @property
    def identity(self) -> str:
        """By what it is counted."""
        return key_of(self.by)


class Publishers:
    """What is published about some brands, as one round may count it."""

    def __init__(self, session: Session, round_: Round, brands: Collection[str]) -> None:
        """`brands` without case and blanks. A number of queries that does not grow with them."""
        self._sites: dict[tuple[int, str], list[Publisher]] = defaultdict(list)
        self._ids: dict[tuple[Id, str], list[Publisher]] = defaultdict(list)
        day = deadline_day(round_)
        found: Sequence[Any] = session.execute(union_all(_listings(round_, brands, day), _entries(brands, day))).all()
        if not found:
            return
        known = _organisations(session)
        now = survivors(session, {row.site_id for row in found if row.site_id is not None})
        for row in found:
            kind = REGISTRY if row.site_id is None else LIST
            one = Publisher(kind, row.name, row.by, row.day, marks_of(row.by, known))
            if row.site_id is None:
                self._ids[(row.name, row.number), row.brand_key].append(one)
            else:
                self._sites[now[row.site_id], row.brand_key].append(one)

    def of(self, mention: Mention, values: Mapping[str, Any], brand: str) -> list[Publisher]:
        """Who publishes that the site of a mention makes for a brand; `values` are those of its row."""
        found = list(self._sites.get((mention.site_id, brand), ())) if mention.site_id is not None else []
        if self._ids:
            for one in sorted(ids_of(mention.os_id, values)):
                found += self._ids.get((one, brand), ())
        return sorted(set(found), key=lambda one: (one.kind, one.name, one.by, one.day))


def ids_of(os_id: str, values: Mapping[str, Any]) -> set[Id]:
    """The ids of registries that a row about a site gives."""
    given = [("os", os_id), *((scheme, str(values.get(column) or "")) for column, scheme in COLUMNS.items())]
    for text in str(values.get(OTHERS) or "").split("|"):
        scheme, colon, number = text.partition(":")
        if colon:
            given.append((scheme.strip().casefold(), number))
    return {(scheme, compact(number)) for scheme, number in given if compact(number)}


def marks_of(name: str, known: Mapping[str, Iterable[Organisation]]) -> frozenset[str]:
    """The marks of a publisher: its name, and those of the organisations of that name that take part here."""
    marks = {f"name:{key_of(name)}"}
    for one in known.get(key_of(name), ()):
        marks.add(f"by:{one.id}")
        if number := real(one.registration_no):
            marks.add(f"registered:{one.country}:{key_of(number)}")
    return frozenset(marks)


def survivors(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """The sites of numbers as they are now: what became part of another is that one."""
    leads: dict[int, int | None] = {}
    missing = set(numbers)
    while missing:
        some = sorted(missing)
        for start in range(0, len(some), AT_ONCE):
            query = select(Site.id, Site.merged_into_id).where(Site.id.in_(some[start : start + AT_ONCE]))
            leads |= {number: into for number, into in session.execute(query)}  # noqa: C416 - a Row is no pair to mypy
        missing = {into for into in leads.values() if into is not None} - leads.keys()
    found = {}
    for number in numbers:
        site = number
        while (into := leads.get(site)) is not None:
            site = into
        found[number] = site
    return found


def _listings(
    round_: Round, brands: Collection[str], day: dt.date | None
) -> Select[int | None, str, str, str, str, dt.date]:
    """The matched rows of lists, in the shape of `_entries`."""
    query = (
        select(
            FactoryListing.site_id.label("site_id"),
            FactoryList.label.label("name"),
            literal("", String).label("number"),
            FactoryList.holder.label("by"),
            FactoryListing.brand_key.label("brand_key"),
            FactoryList.day.label("day"),
        )
        .join(FactoryList, FactoryList.id == FactoryListing.list_id)
        .where(
            FactoryList.round_id == round_.id,
            FactoryList.withdrawn_at.is_(None),
            FactoryListing.state == "matched",
            FactoryListing.brand_key.in_(sorted(brands)),
        )
        .distinct()
    )
    return query if day is None else query.where(FactoryList.day <= day)


def _entries(brands: Collection[str], day: dt.date | None) -> Select[int, str, str, str, str, dt.date]:
    query = (
        select(
            cast(null(), Integer).label("site_id"),
            RegistryLoad.scheme.label("name"),
            RegistryEntry.number.label("number"),
            RegistryEntry.contributor.label("by"),
            RegistryEntry.brand_key.label("brand_key"),
            RegistryLoad.day.label("day"),
        )
        .join(RegistryLoad, RegistryLoad.id == RegistryEntry.load_id)
        .where(RegistryEntry.brand_key.in_(sorted(set(brands) - {""})))
    )
    return query if day is None else query.where(RegistryLoad.day <= day)


def _organisations(session: Session) -> dict[str, list[Organisation]]:
    found: dict[str, list[Organisation]] = defaultdict(list)
    for one in session.scalars(select(Organisation)):
        found[key_of(real(one.name))].append(one)
    return found
