"""The flow from members over categories and brands to sites as nodes and links: few enough to read, and they add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from framework.chain.leverage.figures import HIDDEN, REST, Figures, Key, cells_of
from framework.chain.leverage.flows import NO_MODEL, NOT_TOLD, SITE, UNKNOWN
from framework.chain.leverage.parts import fitted
from framework.chain.leverage.stored import Flow
from framework.demand.ledger import Ledger

MEMBER, CATEGORY, BRAND, PLACE = range(4)
"""The columns of the picture."""
OTHER, TOGETHER = "other", "together"
Cells = dict[tuple[str, Key], int]
START = {MEMBER: 6, CATEGORY: 5, BRAND: 6, PLACE: 10}
LEAST = {MEMBER: 1, CATEGORY: 1, BRAND: 1, PLACE: 1}


@dataclass(frozen=True, slots=True)
class Node:
    """One box: what it stands for (`kind` and `key`), how many it stands for where it is *other*, and its pieces."""

    column: int
    kind: str
    key: str | int
    count: int
    units: int


@dataclass(frozen=True, slots=True)
class Flowing:
    """Pieces from one node to another."""

    source: Node
    target: Node
    units: int


def picture(
    found: Figures,
    ledger: Ledger,
    flow: Flow,
    audience: int,
    *,
    most: int,
    shown: Collection[int] | None,
) -> tuple[list[Node], list[Flowing]]:
    """At most `most` links, the largest of each column by name and the rest as one.

    `shown` are the members that may be named; None shows all members as one. Nothing flows twice: the links out of a node
    add up to it, and those into it too.
    """
    largest = set(_named({number: one.units for number, one in found.sites.items()}, START[PLACE]))
    limits, some = dict(START), cells_of(flow, ledger, audience, named=largest)
    while True:
        links = _drawn(found, ledger, limits, shown, some)
        wide = [column for column in (PLACE, MEMBER, BRAND, CATEGORY) if limits[column] > LEAST[column]]
        if len(links) <= most or not wide:
            return _nodes(links), links
        limits[max(wide, key=lambda column: (limits[column] / START[column], column))] -= 1


def _drawn(
    found: Figures, ledger: Ledger, limits: dict[int, int], shown: Collection[int] | None, cells: Cells
) -> list[Flowing]:
    categories: dict[str, int] = defaultdict(int)
    for (category, _tier), shares in ledger.groups.items():
        categories[category] += sum(share.units for share in shares.values())
    kinds = _named(categories, limits[CATEGORY])
    brands = _named({b: s.units for b, s in found.brands.items() if b}, limits[BRAND])
    sites = _named({n: s.units for n, s in found.sites.items()}, limits[PLACE])
    return [
        *_from_members(ledger, kinds, limits[MEMBER], shown),
        *_to_brands(found, kinds, brands),
        *_to_places(found, brands, sites, cells),
    ]


def _from_members(
    ledger: Ledger, kinds: dict[str, str], limit: int, shown: Collection[int] | None
) -> Iterable[Flowing]:
    by: dict[tuple[int, str], int] = defaultdict(int)
    whole: dict[int, int] = defaultdict(int)
    for (category, _tier), shares in ledger.groups.items():
        for member, share in shares.items():
            by[member, kinds.get(category, OTHER)] += share.units
            whole[member] += share.units
    whole = {member: units for member, units in whole.items() if units}
    may = {m: units for m, units in whole.items() if shown is not None and m in shown}
    named = _named(may, limit)
    rest = len(whole) - len(named)
    together = TOGETHER if shown is None else OTHER

    def node(member: int) -> tuple[str, str | int, int]:
        return ("member", named[member], 1) if member in named else (together, "", rest)

    links: dict[tuple[tuple[str, str | int, int], str], int] = defaultdict(int)
    for (member, kind), units in by.items():
        if units:
            links[node(member), kind] += units
    return _linked(MEMBER, {(source, _category(kind, kinds)): units for (source, kind), units in links.items()})


def _to_brands(found: Figures, kinds: dict[str, str], brands: dict[str, str]) -> Iterable[Flowing]:
    links: dict[tuple[tuple[str, str | int, int], tuple[str, str | int, int]], int] = defaultdict(int)
    rest = _rest(found.brands, brands)
    for brand, one in found.brands.items():
        for category, units in one.by_category.items():
            links[_category(kinds.get(category, OTHER), kinds), _brand(brand, brands, rest)] += units
    return _linked(CATEGORY, links)


def _to_places(found: Figures, brands: dict[str, str], sites: dict[int, int], cells: Cells) -> Iterable[Flowing]:
    """From brands to places; `cells` hold the sites that may stand by name, and all others as one."""
    rows: dict[tuple[str, str | int, int], int] = {}
    columns: dict[tuple[str, str | int, int], int] = {}
    row_units: dict[int, int] = defaultdict(int)
    column_units: dict[int, int] = defaultdict(int)
    other_brands, other_sites = _rest(found.brands, brands), _rest(found.sites, sites)
    for brand, one in found.brands.items():
        row_units[rows.setdefault(_brand(brand, brands, other_brands), len(rows))] += one.units
    for site, one in found.sites.items():
        column_units[columns.setdefault(_place((SITE, site, ""), sites, other_sites), len(columns))] += one.units
    is_merged = any(key[0] == REST for _brand_name, key in cells)
    for status, one in found.buckets.items():
        status = REST if is_merged and status in (HIDDEN, NOT_TOLD, UNKNOWN) else status
        column_units[columns.setdefault(_place((status, 0, ""), sites, other_sites), len(columns))] += one.units
    drawn: dict[tuple[int, int], int] = defaultdict(int)
    for (brand, key), part in cells.items():
        if part:
            row = rows[_brand(brand, brands, other_brands)]
            drawn[row, columns[_place(key, sites, other_sites)]] += part
    table = fitted(drawn, [row_units[i] for i in range(len(rows))], [column_units[i] for i in range(len(columns))])
    sources, targets = list(rows), list(columns)
    return _linked(BRAND, {(sources[r], targets[c]): units for (r, c), units in table.items()})


def _linked(
    column: int, links: dict[tuple[tuple[str, str | int, int], tuple[str, str | int, int]], int]
) -> list[Flowing]:
    out: dict[tuple[str, str | int, int], int] = defaultdict(int)
    into: dict[tuple[str, str | int, int], int] = defaultdict(int)
    for (source, target), units in links.items():
        out[source] += units
        into[target] += units
    made = [
        Flowing(Node(column, *source, out[source]), Node(column + 1, *target, into[target]), units)
        for (source, target), units in links.items()
        if units
    ]
    return sorted(made, key=lambda link: (_order(link.source), _order(link.target)))


def _nodes(links: Iterable[Flowing]) -> list[Node]:
    found = dict.fromkeys(node for link in links for node in (link.source, link.target))
    return sorted(found, key=lambda node: (node.column, *_order(node)))


def _order(node: Node) -> tuple[bool, int, str]:
    """The most first, what stands for others or for nothing known last."""
    return node.kind not in ("member", "category", "brand", SITE), -node.units, str(node.key)


def _named(units: dict, most: int) -> dict:  # type: ignore[type-arg]
    """The largest few, each under its own key; one that would be the only other keeps its name too."""
    order = sorted((key for key in units if units[key]), key=lambda key: (-units[key], str(key)))
    return {key: key for key in (order if len(order) == most + 1 else order[:most])}


def _category(kind: str, kinds: dict[str, str]) -> tuple[str, str | int, int]:
    return ("category", kind, 1) if kind in kinds else (OTHER, "", 0)


def _brand(brand: str, brands: dict[str, str], rest: int) -> tuple[str, str | int, int]:
    if not brand:
        return NO_MODEL, "", 1
    return ("brand", brand, 1) if brand in brands else (OTHER, "", rest)


def _place(key: Key, sites: dict[int, int], rest: int) -> tuple[str, str | int, int]:
    if key[0] != SITE:
        return key[0], "", 1
    return (SITE, key[1], 1) if key[1] in sites else (OTHER, "", rest)


def _rest(sums: dict, named: dict) -> int:  # type: ignore[type-arg]
    return sum(1 for key, one in sums.items() if key and key not in named and one.units)
