"""What the rules look at: the tables of one file, the round's scope, and who belongs to whom in the file."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from framework.disclosure.columns import COMPONENTS, FINAL_ASSEMBLY, LINKS, PRODUCTS, SITES, SMELTERS
from framework.disclosure.scope import LotScope, RoundScope
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue

STRICTNESS = ("t1", "t2", "sm", "t3", "mi")
_TIER_OF_FACILITY = {
    "final_assembly": "t1",
    "component": "t2",
    "sub_component": "t3",
    "smelter_refiner": "sm",
    "mine": "mi",
    "warehouse_repair": "t3",
}


@dataclass(slots=True)
class Link:
    """A row of `4_links` by its index, its keys in comparison form; `tier` is None where the component does not tell."""

    index: int
    product: str
    component: str
    site: str
    tier: int | None


@dataclass
class Context:
    """Everything a rule may look at. `previous` holds the tables of the version before, `smelters` the known ids."""

    tables: Mapping[str, Table]
    scope: RoundScope | None
    today: dt.date
    previous: Mapping[str, Sequence[dict[str, Any]]] | None = None
    smelters: Mapping[str, str | None] | None = None
    is_list: bool = False
    created: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def reference(self) -> dt.date:
        """The day against which ages and ends are judged."""
        return self.scope.reference_date(self.today) if self.scope else self.today

    def at(
        self, sheet: str, index: int, column: str, code: str, cause: str = "", *, value: object = None, **params: object
    ) -> Issue:
        """An issue at one cell, placed as the person sees it; its value is the cell as found unless another is given."""
        table = self.tables[sheet]
        shown = table.as_found(column, index) if value is None and column else value
        given: dict[str, Any] = table.place(column, index) | params
        return make(code, cause, value=shown, **given)

    @cached_property
    def identical(self) -> dict[tuple[str, int], int]:
        """Sheet and index of a row that says all the same as an earlier one → index of that; sheets without keys of their own."""
        found: dict[tuple[str, int], int] = {}
        for sheet in (SITES,) if self.is_list else (SMELTERS,):
            seen: dict[Hashable, int] = {}
            repeated = hashes_twice(self._told(sheet))
            for index, row in enumerate(self._told(sheet) if repeated else ()):
                first = seen.setdefault(row, index) if hash(row) in repeated else index
                if first != index:
                    found[sheet, index] = first
        return found

    def _told(self, sheet: str) -> Iterator[Hashable]:
        """All that each row says."""
        rows = zip(*map(_hashable, self.tables[sheet].columns.values()), strict=True)
        return rows if sheet == SITES else map(repr, rows)

    def keys(self, sheet: str, column: str) -> list[str | None]:
        """The values of a column in comparison form; None for blanks."""
        if (sheet, column) not in self._keys:
            self._keys[sheet, column] = [
                value.casefold() if isinstance(value, str) else None if value is None else key(value)
                for value in self.tables[sheet].get(column)
            ]
        return self._keys[sheet, column]

    @cached_property
    def _keys(self) -> dict[tuple[str, str], list[str | None]]:
        return {}

    @cached_property
    def products(self) -> dict[str, int]:
        """Key of a product → index of its row."""
        return first_index(self.keys(PRODUCTS, "product_ref"))

    @cached_property
    def components(self) -> dict[str, int]:
        """Key of a component → index of its row."""
        return first_index(self.keys(COMPONENTS, "component_ref"))

    @cached_property
    def sites(self) -> dict[str, int]:
        """Key of a site → index of its row."""
        return first_index(self.keys(SITES, "site_ref"))

    @cached_property
    def assembly_of(self) -> dict[str, str]:
        """Product → key of its final-assembly component; where the file has no row, the key that we give it."""
        found: dict[str, str] = {}
        table = self.tables[COMPONENTS]
        for _index, component, product, kind in table.zip("component_ref", "product_ref", "component_type"):
            if kind == FINAL_ASSEMBLY and product and component:
                found.setdefault(key(product), key(component))
        return {product: found.get(product, f"{product}-fa") for product in self.products} | found

    @cached_property
    def links(self) -> list[Link]:
        """Links with a product and a site; a blank component is the product's final assembly."""
        tiers = self.tables[COMPONENTS].get("tier")
        links = []
        names = (self.keys(LINKS, name) for name in ("product_ref", "component_ref", "site_ref"))
        for index, (product, component, site) in enumerate(zip(*names, strict=True)):
            if product and site:
                of = component or self.assembly_of.get(product, "")
                place = self.components.get(of)
                tier = tiers[place] if place is not None else (None if component else 1)
                links.append(Link(index, product, of, site, tier))
        return links

    @cached_property
    def linked_components(self) -> set[str]:
        """Components that some link names."""
        return {link.component for link in self.links}

    @cached_property
    def groups(self) -> dict[tuple[str, str], list[Link]]:
        """Links by product and component."""
        groups: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for link in self.links:
            groups[link.product, link.component].append(link)
        return groups

    @cached_property
    def site_tiers(self) -> list[str]:
        """Tier of each row of `3_sites`: the strictest of its links, else by its facility type."""
        table = self.tables[SITES]
        best: dict[str, str] = {}
        for site, tier in dict.fromkeys((link.site, link.tier) for link in self.links):
            _keep(best, site, f"t{min(tier, 3)}" if tier else "t3")
        for site in filter(None, self.tables[SMELTERS].get("site_ref")):
            _keep(best, key(site), "sm")
        return [
            best.get(site or "") or _TIER_OF_FACILITY.get(kind, "t3")
            for site, kind in zip(self.keys(SITES, "site_ref"), table.get("facility_type"), strict=True)
        ]

    def lots_of(self, applies_to: object) -> tuple[LotScope, ...]:
        """The lot of a product on offer; the lots of all of them for anything that is no product of the file."""
        place = self.products.get(key(applies_to)) if applies_to else None
        if place is None:
            return self._lots
        lot = self._lots_by_row[place]
        return (lot,) if lot else ()

    @cached_property
    def _lots_by_row(self) -> tuple[LotScope | None, ...]:
        lots = self.tables[PRODUCTS].get("lot")
        return tuple(self.scope.lot(code) if self.scope else None for code in lots)

    @cached_property
    def _lots(self) -> tuple[LotScope, ...]:
        return tuple(dict.fromkeys(lot for lot in self._lots_by_row if lot))

    def lacks(self, sheet: str) -> bool:
        """Whether the file has no such sheet: that is told once (D04), and what follows from it is not."""
        return not self.tables[sheet].columns

    def is_current(self, index: int) -> bool:
        """Whether the link of this row holds on the reference date."""
        return self._current[index]

    @cached_property
    def _current(self) -> list[bool]:
        day = self.reference
        return [
            (start is None or start <= day) and (end is None or end >= day)
            for _index, start, end in self.tables[LINKS].zip("valid_from", "valid_to")
        ]


def key(value: object) -> str:
    """The form in which keys are compared."""
    return str(value).casefold()


def hashes_twice(values: Iterable[Hashable]) -> set[int]:
    """The hashes of values that occur more than once: who then looks at those alone need not hold all of them."""
    once: set[int] = set()
    twice: set[int] = set()
    for number in map(hash, values):
        (twice if number in once else once).add(number)
    return twice


def first_index(keys: Iterable[str | None]) -> dict[str, int]:
    """Key → index of the first row that has it; blanks have none."""
    found: dict[str, int] = {}
    for index, name in enumerate(keys):
        if name is not None:
            found.setdefault(name, index)
    return found


def _keep(best: dict[str, str], site: str, tier: str) -> None:
    known = best.get(site)
    if known is None or STRICTNESS.index(tier) < STRICTNESS.index(known):
        best[site] = tier


def _hashable(values: list[Any]) -> list[Any]:
    """A column as it is, or its lists as texts; a column holds lists alone or none."""
    first = next((value for value in values if value is not None), None)
    return list(map(repr, values)) if isinstance(first, list) else values
