"""What the cross-checks look at: the opened files of one round as plain facts, found with one query each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

Worth = Callable[[int, str, str], int | None]
"""Pooled expected pieces of a lot (its number), category and tier; None where the pool does not know."""


@dataclass(frozen=True, slots=True)
class Party:
    """One opened submission: whose it is, and against which day its validity is read. `brands` are folded names."""

    submission: int
    supplier: str
    kind: str
    day: dt.date
    brands: frozenset[str] = frozenset()
    statement_row: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One row that names a place. `workers` are the least and the most it gives; `key` stands for what it says."""

    id: int
    submission: int
    row: int
    site: int | None
    name: str
    address: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    key: str = ""
    precision: str = "site"
    workers: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model on offer."""

    id: int
    submission: int
    row: int
    lot: int
    ref: str
    brand: str
    name: str
    category: str
    tier: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a model; `reason` says why no site is named for it."""

    id: int
    model: int
    ref: str
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """A link: this place makes this part of this model."""

    submission: int
    row: int
    model: int
    part: int
    place: int
    share: Decimal | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    confirmed: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether it is said to hold on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or self.until >= day)


@dataclass(frozen=True, slots=True)
class Proof:
    """An audit or certificate of a place."""

    submission: int
    row: int
    place: int
    scheme: str
    date: dt.date | None = None
    until: dt.date | None = None
    body: str = ""
    reference: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Smelting:
    """A smelter named for one model, or for all of a file."""

    submission: int
    row: int
    model: int | None
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A brand that a file speaks for, and as of when."""

    submission: int
    row: int
    brand: str
    as_of: dt.date | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The places of a supplier's last opened file of an earlier round of the same lead."""

    submission: int
    round_name: str
    places: tuple[Place, ...]


def nothing_pooled(_lot: int, _category: str, _tier: str) -> None:
    """A pool that knows nothing."""


@dataclass(frozen=True)
class Facts:
    """One round after the opening. `ended` are smelters that no list names any more, with the day (None: no list is known)."""

    parties: Mapping[int, Party]
    places: tuple[Place, ...] = ()
    models: tuple[Model, ...] = ()
    parts: tuple[Part, ...] = ()
    makings: tuple[Making, ...] = ()
    proofs: tuple[Proof, ...] = ()
    smeltings: tuple[Smelting, ...] = ()
    stated: tuple[Stated, ...] = ()
    earlier: Mapping[int, Earlier] = field(default_factory=dict)
    ended: Mapping[str, dt.date] | None = None
    units: Mapping[int, str] = field(default_factory=dict)
    pooled: Worth = nothing_pooled

    @cached_property
    def place(self) -> dict[int, Place]:
        """Places by number."""
        return {one.id: one for one in self.places}

    @cached_property
    def model(self) -> dict[int, Model]:
        """Models by number."""
        return {one.id: one for one in self.models}

    @cached_property
    def part(self) -> dict[int, Part]:
        """Parts by number."""
        return {one.id: one for one in self.parts}

    @cached_property
    def sites(self) -> dict[int, list[Place]]:
        """The places that are one site, by site."""
        found: dict[int, list[Place]] = defaultdict(list)
        for one in self.places:
            if one.site is not None:
                found[one.site].append(one)
        return dict(found)

    @cached_property
    def models_of(self) -> dict[int, set[int]]:
        """Models that a link which holds ties to a place, by place."""
        found: dict[int, set[int]] = defaultdict(set)
        for one in self.current():
            found[one.place].add(one.model)
        return dict(found)

    def current(self) -> Iterator[Making]:
        """The links that hold on the day their submission is read against."""
        return (one for one in self.makings if one.holds(self.parties[one.submission].day))

    def touched(self, places: Iterable[Place]) -> set[int]:
        """The models that are made at some of these places."""
        return {model for one in places for model in self.models_of.get(one.id, ())}

    def worth(self, models: Iterable[int]) -> int | None:
        """Pooled expected pieces that these models may bring, at most; None where nothing is pooled for them.

        Each lot, category and tier counts once. Lots in different units are never added: then it is not known.
        """
        groups = {(one.lot, one.category, one.tier) for one in (self.model[number] for number in models)}
        known = {group: found for group in groups if (found := self.pooled(*group)) is not None}
        if not known or len({self.units.get(lot, "") for lot, _category, _tier in known}) > 1:
            return None
        whole = {(lot, category) for lot, category, tier in known if not tier}
        return sum(n for (lot, category, tier), n in known.items() if not tier or (lot, category) not in whole)
