"""The pool cut by any of what its lines say: lot, category, tier, contract year, country, class of members.

Quantities are added up within one lot only, for pieces of two lots are not the same thing; what is not known is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from framework.demand import cube
from framework.demand.cube import Cube, Grain, Sums
from framework.demand.pooled import Amount
from framework.ground.errors import InvalidInput, NotAllowed
from framework.ground.terms import BODY_TYPES, CATEGORIES, CERTAINTIES
from framework.ground.text import N_
from models.rounds import Lot, Round

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to cut the pool: the field of the grain, its label, and the order of its values.

    `tells_members`: there may be one member only behind a value, so that it is for those who may see single members.
    """

    field: str
    label: str
    order: Callable[[Any], Any] = str
    tells_members: bool = False


def _among(known: Iterable[str]) -> Callable[[Any], Any]:
    places = {key: place for place, key in enumerate(known)}
    return lambda value: (places.get(value, len(places)), value)


DIMENSIONS: dict[str, Dimension] = {
    "category": Dimension("category", N_("Category"), _among(CATEGORIES)),
    "tier": Dimension("tier", N_("Specification tier")),
    "year": Dimension("year", N_("Contract year"), int),
    "certainty": Dimension("certainty", N_("Certainty"), _among(CERTAINTIES)),
    "country": Dimension("country", N_("Delivery country"), tells_members=True),
    "class": Dimension("member_class", N_("Class in the notice"), tells_members=True),
    "body": Dimension("body", N_("Type of public body"), _among(BODY_TYPES), tells_members=True),
}
"""What a reader may cut the pool by, by the word in the address; the lots always stand apart."""

SORTS: dict[str, Callable[[Amount], Any]] = {
    "firm": lambda amount: amount.firm,
    "soft": lambda amount: amount.beyond_firm,
    "expected": lambda amount: amount.expected,
    "maximum": lambda amount: amount.maximum,
    "value": lambda amount: amount.value,
    "not_known": lambda amount: amount.not_known,
}
BLANK = "(none)"
"""What stands in an address for lines that name no value of a dimension."""
UNKNOWN_LAST = {"firm", "soft", "expected", "maximum"}
"""Sorts by quantities, of which a group may know none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks for: one or two dimensions, values that are wanted by dimension (and by `lot`), an order."""

    by: tuple[str, ...] = ("year",)
    wanted: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One group of a lot; `certain` are its expected pieces by certainty."""

    key: Key
    amount: Amount
    certain: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LotRows:
    """The groups of one lot and what they come to together, in the lot's unit."""

    lot: Lot
    rows: tuple[Row, ...]
    total: Row


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What was asked, lot by lot; `choices` are the values that the pool holds, by dimension, in their order."""

    asked: Asked
    lots: tuple[LotRows, ...]
    choices: Mapping[str, tuple[Any, ...]]


def offered(may_see_members: bool) -> dict[str, Dimension]:
    """The dimensions for a reader."""
    return {name: one for name, one in DIMENSIONS.items() if may_see_members or not one.tells_members}


def require_offered(asked: Asked, *, may_see_members: bool) -> None:
    """Raise InvalidInput for a dimension or an order that is not there, NotAllowed where it would tell of single members."""
    there = offered(may_see_members)
    for name in (*asked.by, *asked.wanted):
        if name != "lot" and name not in DIMENSIONS:
            raise InvalidInput(
                "pool-by-unknown", N_("The pool cannot be cut by “%(value)s”. Choose from the list."), value=name
            )
        if name != "lot" and name not in there:
            raise NotAllowed(
                "volumes-not-shared", N_("Volumes of single members are shown to the lead only in this round.")
            )
    if asked.sort and asked.sort.removeprefix("-") not in SORTS:
        raise InvalidInput(
            "pool-sort-unknown", N_("The pool cannot be sorted by “%(value)s”. Choose a column."), value=asked.sort
        )


def of(session: Session, round_: Round, asked: Asked, *, may_see_members: bool) -> Breakdown:
    """The pool of a round as it is asked for. Raises as `require_offered`."""
    require_offered(asked, may_see_members=may_see_members)
    return cut(cube.of(session, round_), round_.lots, asked, offered(may_see_members))


def cut(whole: Cube, lots: Iterable[Lot], asked: Asked, there: Mapping[str, Dimension]) -> Breakdown:
    """A cube cut as asked; lots in their order, groups in theirs, where nothing else is asked for."""
    lots = list(lots)
    cells = _wanted(whole, lots, asked)
    places = [Grain._fields.index(DIMENSIONS[name].field) for name in asked.by]
    found: dict[int, dict[Key, list[int]]] = defaultdict(dict)
    certain: dict[int, dict[Key, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for grain, sums in cells:
        key = tuple(grain[place] for place in places)
        into = found[grain.lot].setdefault(key, [0] * len(Sums._fields))
        for place, number in enumerate(sums):
            into[place] += number
        certain[grain.lot][key][grain.certainty] += sums.expected
    shown = tuple(_of_lot(lot, found[lot.id], certain[lot.id], asked) for lot in lots if lot.id in found)
    return Breakdown(asked, shown, _choices(whole, there))


def _wanted(whole: Cube, lots: list[Lot], asked: Asked) -> Iterable[tuple[Grain, Sums]]:
    numbers = {lot.id for lot in lots if asked.wanted.get("lot", lot.public_id) == lot.public_id}
    wanted = [(Grain._fields.index(DIMENSIONS[n].field), v) for n, v in asked.wanted.items() if n != "lot"]
    for grain, sums in whole.cells.items():
        if grain.lot in numbers and all((str(grain[place]) or BLANK) == value for place, value in wanted):
            yield grain, sums


def _of_lot(
    lot: Lot, found: Mapping[Key, list[int]], certain: Mapping[Key, Mapping[str, int]], asked: Asked
) -> LotRows:
    rows = [Row(key, Sums(*sums).amount(), dict(certain[key])) for key, sums in found.items()]
    orders = [DIMENSIONS[name].order for name in asked.by]
    rows.sort(key=lambda row: tuple(order(value) for order, value in zip(orders, row.key, strict=True)))
    if asked.sort:
        rows = _sorted(rows, asked.sort)
    whole = Sums(*map(sum, zip(*found.values(), strict=True)))
    together = {name: sum(row.certain.get(name, 0) for row in rows) for name in CERTAINTIES}
    return LotRows(lot, tuple(rows), Row((), whole.amount(), together))


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """By a figure, from most to least after a minus; groups of which it is not known come last either way."""
    name = sort.removeprefix("-")

    def figure(row: Row) -> Any:
        return None if name in UNKNOWN_LAST and not row.amount.is_known else SORTS[name](row.amount)

    known = [row for row in rows if figure(row) is not None]
    known.sort(key=figure, reverse=sort.startswith("-"))
    return known + [row for row in rows if figure(row) is None]


def _choices(whole: Cube, there: Mapping[str, Dimension]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, set[Any]] = {name: set() for name in there}
    places = {name: Grain._fields.index(one.field) for name, one in there.items()}
    for grain in whole.cells:
        for name, place in places.items():
            found[name].add(grain[place])
    return {name: tuple(sorted(values, key=there[name].order)) for name, values in found.items()}
