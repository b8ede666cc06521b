"""Flows times demand: what comes out of each site, brand and country in whole pieces and cents that add up to the pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from framework.chain.leverage.flows import NO_MODEL, NOT_ASKED, NOT_TOLD, ROUGH, SITE, UNKNOWN, Place
from framework.chain.leverage.parts import apportion
from framework.chain.leverage.stored import Flow, Kind
from framework.demand.ledger import Group, Ledger

K = TypeVar("K")

HIDDEN, REST = "hidden", "rest"
"""What comes from sites that the reader may not see; that together with what is not told, where it could be computed."""
FEW = 3
BUCKETS = (ROUGH, HIDDEN, NOT_TOLD, UNKNOWN, REST, NOT_ASKED, NO_MODEL)
"""The order in which what is no site stands below the sites."""
HALF = Fraction(1, 2)

Key = tuple[str, int, str]
"""Status, site and country: the country only of places that are told too roughly."""


@dataclass(slots=True)
class Sum:
    """What comes out of one place: `units` and `cents` add up over the places; `behind` is that of models made there.

    `cents` is None where no value is known, and a lower bound where `missing` members gave none for a part of it.
    `lost` is the part of the member who leaves. `groups` are those that it takes part in.
    """

    units: int = 0
    cents: int | None = None
    behind: int = 0
    behind_cents: int | None = None
    lost: int = 0
    lost_cents: int | None = None
    members: int = 0
    missing: int = 0
    assumed: bool = False
    rank: int = 0
    country: str = ""
    groups: set[Group] = field(default_factory=set)
    by_category: dict[str, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """What is left where the member leaves."""
        return self.units - self.lost


class Weights:
    """What a group gives to places or to brands, by their number and in parts of its whole.

    `known` of it comes from sites that are shown; `flags` are 0 where it gives nothing, above 1 where a part is assumed.
    """

    __slots__ = ("behind", "flags", "known", "part")

    def __init__(self, size: int) -> None:
        self.part = [0] * size
        self.behind = [0] * size
        self.known = [0] * size
        self.flags = bytearray(size)


@dataclass(frozen=True, slots=True)
class Concentration:
    """The fewest sites that make at least half of a category, or all known ones where they make less."""

    category: str
    units: int
    sites: int
    share: Fraction
    known: Fraction


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one kind of component, for one offer or all, for one reader.

    `sites` by number, the most first; `buckets` what comes from no known site; `countries` and `brands` by code and name,
    `known_of` a brand the part that comes from sites shown.
    """

    units: int
    cents: int | None
    missing: int
    lost: int
    sites: dict[int, Sum]
    buckets: dict[str, Sum]
    countries: dict[str, Sum]
    brands: dict[str, Sum]
    known_of: dict[str, Fraction]
    concentration: tuple[Concentration, ...]


def key_of(place: Place, audience: int, *, is_told_apart: bool) -> Key:
    """How a place is shown to an audience (0 open, 1 members linked to the lot, 2 who sees everything)."""
    status = place.status
    if place.level > audience:
        status = HIDDEN
    if not is_told_apart and status in (HIDDEN, NOT_TOLD, UNKNOWN):
        status = REST
    return (status, place.site if status == SITE else 0, place.country if status == ROUGH else "")


def tells_apart(kind: Kind, audience: int) -> bool:
    """Whether what comes from hidden sites may stand by itself: not where some offer has fewer than three of them."""
    return not 0 < kind.hides[audience] < FEW


def figures(flow: Flow, ledger: Ledger, audience: int, *, leaver: int | None = None) -> Figures:
    """The figures of a flow for a ledger. Where a member leaves, hidden sites never stand by themselves."""
    is_told_apart = tells_apart(flow.kind, audience) and (leaver is None or audience == 2)
    keys = [key_of(place, audience, is_told_apart=is_told_apart) for place in flow.places]
    by_place, by_brand = _weighed(flow, [key[0] == SITE for key in keys])
    at, of = [Sum(country=place.country) for place in flow.places], [Sum() for _brand in flow.brands]
    exact: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    known = [0] * len(flow.brands)
    for number, group in enumerate(flow.groups):
        if group in ledger.held_back:
            continue
        units = ledger.units_of(group)
        for key, part in zip(keys, by_place[number].part, strict=True):
            if part and key[0] == SITE:
                exact[group[0]][key[1]] += part * units
        known = [before + part * units for before, part in zip(known, by_brand[number].known, strict=True)]
        _divide(at, by_place[number], group, ledger, leaver)
        _divide(of, by_brand[number], group, ledger, leaver)
    places = _shown(keys, at)
    brands = {brand: one for brand, one in zip(flow.brands, of, strict=True) if one.groups}
    known_of = dict(zip(flow.brands, known, strict=True))
    whole = flow.kind.whole
    _finish(places.values(), ledger, whole)
    _finish(brands.values(), ledger, whole)
    sites = _ranked({key[1]: one for key, one in places.items() if key[0] == SITE})
    return Figures(
        units=ledger.units,
        cents=ledger.cents,
        missing=ledger.unvalued(ledger.groups),
        lost=ledger.of(leaver).units if leaver is not None else 0,
        sites=sites,
        buckets=_buckets(places, ledger),
        countries=_countries(places, ledger),
        brands=_ranked(brands),
        known_of={b: Fraction(known_of[b], one.units * whole) for b, one in brands.items() if one.units},
        concentration=tuple(_concentrated(ledger, exact, whole)),
    )


def brands_of(flow: Flow, ledger: Ledger) -> dict[str, Sum]:
    """The figures of the brands alone, the most first: those that `figures` gives."""
    _by_place, by_brand = _weighed(flow, [False for _place in flow.places])
    of = [Sum() for _brand in flow.brands]
    for number, group in enumerate(flow.groups):
        if group not in ledger.held_back:
            _divide(of, by_brand[number], group, ledger, None)
    brands = {brand: one for brand, one in zip(flow.brands, of, strict=True) if one.groups}
    _finish(brands.values(), ledger, flow.kind.whole)
    return _ranked(brands)


def cells_of(
    flow: Flow, ledger: Ledger, audience: int, *, named: Collection[int] | None = None
) -> dict[tuple[str, Key], int]:
    """Brand and place in parts of a piece, for the picture; sites beyond those `named` as one, whose number is 0.

    Hidden sites never stand by themselves, for brands have few of them.
    """
    keys = [key_of(place, audience, is_told_apart=audience == 2) for place in flow.places]
    if named is not None:
        keys = [key if key[0] != SITE or key[1] in named else (SITE, 0, "") for key in keys]
    distinct = list(dict.fromkeys(keys))
    number_of = {key: number for number, key in enumerate(distinct)}
    numbers = [number_of[key] for key in keys]
    units = [0 if group in ledger.held_back else ledger.units_of(group) for group in flow.groups]
    found: dict[int, int] = defaultdict(int)
    groups, brands, places, parts, _behind, _assumed = flow.columns
    size = len(distinct)
    for group, brand, place, part in zip(groups, brands, places, parts, strict=True):
        found[brand * size + numbers[place]] += part * units[group]
    return {(flow.brands[cell // size], distinct[cell % size]): part for cell, part in found.items()}


def _shown(keys: Sequence[Key], sums: Sequence[Sum]) -> dict[Key, Sum]:
    """The sums of places as this reader sees them. Pieces were made whole before, so that every reader reads the same."""
    found: dict[Key, Sum] = {}
    for key, one in zip(keys, sums, strict=True):
        if not one.groups:
            continue
        if key[0] not in (SITE, ROUGH):
            one.country = ""
        if key in found:
            _fold(found[key], one)
        else:
            found[key] = one
    return found


def _fold(one: Sum, other: Sum) -> None:
    """Add a sum to another of the same flow."""
    one.units += other.units
    one.behind += other.behind
    one.lost += other.lost
    one.cents = _plus(one.cents, other.cents)
    one.behind_cents = _plus(one.behind_cents, other.behind_cents)
    one.lost_cents = _plus(one.lost_cents, other.lost_cents)
    one.assumed = one.assumed or other.assumed
    one.country = one.country or other.country
    one.groups |= other.groups
    for category, units in other.by_category.items():
        one.by_category[category] = one.by_category.get(category, 0) + units


def _plus(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def unserved(flow: Flow, ledger: Ledger) -> list[Group]:
    """Groups of demand that the flow does not know of: none, unless demand moved after it was counted."""
    return [group for group in ledger.groups if group not in flow.kind.parts]


def _weighed(flow: Flow, are_sites: Sequence[bool]) -> tuple[list[Weights], list[Weights]]:
    """What each group gives to places and to brands, in parts of its whole; by their numbers, for there are many."""
    by_place = [Weights(len(are_sites)) for _group in flow.groups]
    by_brand = [Weights(len(flow.brands)) for _group in flow.groups]
    for group, brand, place, part, behind, assumed in zip(*flow.columns, strict=True):
        there, of = by_place[group], by_brand[group]
        there.part[place] += part
        there.behind[place] += behind
        there.flags[place] |= 1 + 2 * assumed
        of.part[brand] += part
        of.flags[brand] |= 1 + 2 * assumed
        if are_sites[place]:
            of.known[brand] += part
    return by_place, by_brand


def _divide(sums: Sequence[Sum], by: Weights, group: Group, ledger: Ledger, leaver: int | None) -> None:
    """Add a group's pieces and money to the sums of its places, in whole parts that add up to the group."""
    numbers = [number for number, flag in enumerate(by.flags) if flag]
    weights = [by.part[number] for number in numbers]
    total, money = ledger.units_of(group), ledger.cents_of(group)
    units = apportion(weights, total)
    cents = apportion(weights, money) if money is not None else []
    gone = ledger.groups.get(group, {}).get(leaver) if leaver is not None else None
    lost = apportion(weights, gone.units, most=units) if gone else []
    lost_cents = apportion(weights, gone.cents, most=cents) if gone and gone.cents is not None else []
    for place, number in enumerate(numbers):
        one = sums[number]
        one.units += units[place]
        one.by_category[group[0]] = one.by_category.get(group[0], 0) + units[place]
        one.behind += by.behind[number] * total
        one.assumed = one.assumed or by.flags[number] > 1
        one.groups.add(group)
        if money is not None:
            one.behind_cents = (one.behind_cents or 0) + by.behind[number] * money
            one.cents = (one.cents or 0) + cents[place]
        if lost:
            one.lost += lost[place]
        if lost_cents:
            one.lost_cents = (one.lost_cents or 0) + lost_cents[place]


def _finish(sums: Iterable[Sum], ledger: Ledger, whole: int) -> None:
    """What is counted once for each combination of groups: members, and members without a value."""
    known: dict[frozenset[Group], tuple[int, int]] = {}
    for one in sums:
        groups = frozenset(one.groups)
        if groups not in known:
            known[groups] = len(ledger.members(groups)), ledger.unvalued(groups)
        one.members, one.missing = known[groups]
        one.behind = half_up(one.behind, whole)
        one.behind_cents = None if one.behind_cents is None else half_up(one.behind_cents, whole)
        if not one.units and one.cents is None and not one.members:
            one.cents = 0


def half_up(number: int, whole: int) -> int:
    """A number of parts in whole pieces, the half counted up."""
    return (2 * number + whole) // (2 * whole)


def _ranked(sums: dict[K, Sum]) -> dict[K, Sum]:
    """The most first; equal ones share a rank."""
    order = sorted(sums.items(), key=lambda item: (-item[1].units, str(item[0])))
    for number, (_key, one) in enumerate(order):
        same = number and order[number - 1][1].units == one.units
        one.rank = order[number - 1][1].rank if same else number + 1
    return dict(order)


def _added(some: Sequence[Sum], ledger: Ledger) -> Sum:
    found = Sum(country=some[0].country)
    for one in some:
        _fold(found, one)
    found.members, found.missing = len(ledger.members(found.groups)), ledger.unvalued(found.groups)
    return found


def _buckets(places: dict[Key, Sum], ledger: Ledger) -> dict[str, Sum]:
    found: dict[str, list[Sum]] = defaultdict(list)
    for (status, _site, _country), one in places.items():
        if status != SITE:
            found[status].append(one)
    return {status: _added(found[status], ledger) for status in BUCKETS if status in found}


def _countries(places: dict[Key, Sum], ledger: Ledger) -> dict[str, Sum]:
    """By country of the sites and of what is told of no more than a country; nothing else has one."""
    found: dict[str, list[Sum]] = defaultdict(list)
    for (status, _site, _country), one in places.items():
        if status in (SITE, ROUGH):
            found[one.country].append(one)
    return _ranked({country: _added(some, ledger) for country, some in found.items()})


def _concentrated(ledger: Ledger, exact: dict[str, dict[int, int]], whole: int) -> Iterable[Concentration]:
    totals: dict[str, int] = defaultdict(int)
    for group in ledger.groups:
        totals[group[0]] += ledger.units_of(group)
    for category, units in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        if not units:
            continue
        flows = sorted((part for part in exact.get(category, {}).values() if part), reverse=True)
        known, reached, sites = sum(flows), 0, 0
        for part in flows:
            reached, sites = reached + part, sites + 1
            if Fraction(reached, units * whole) >= HALF:
                break
        yield Concentration(category, units, sites, Fraction(reached, units * whole), Fraction(known, units * whole))
