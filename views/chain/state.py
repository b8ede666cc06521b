"""What the comparison shows, as its address says it: columns, order, filters. The same address shows the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from framework.chain.columns import Column, arranged, chosen
from framework.chain.comparison import Line
from framework.ground.text import N_, key_of

FLAGS: dict[str, tuple[str, Callable[[Line], bool]]] = {}
"""Filters of yes or no by their name in the address: what the box says (a template to translate) and which lines stay.

*Has contradictions* hangs itself here as soon as contradictions are counted.
"""
MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with the names that its reader may read: everything a reader sorts or filters by stands here."""

    supplier: str
    brand: str
    line: Line


NAMES: dict[str, Callable[[Shown], Any]] = {
    "supplier": lambda one: one.supplier.casefold(),
    "brand": lambda one: one.brand.casefold() or None,
}
NAME_LABELS = {"supplier": N_("Supplier"), "brand": N_("Brand")}


@dataclass(frozen=True, slots=True)
class State:
    """`columns` are keys, blank for the usual ones; `sort` a key, after a minus from most to least; the rest are filters.

    `supplier` is the number of a submission, `brand` its name without case and blanks, `country` a code.
    """

    columns: tuple[str, ...] = ()
    sort: str = ""
    q: str = ""
    supplier: str = ""
    brand: str = ""
    country: str = ""
    flags: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, args: MultiDict[str, str], every: Mapping[str, Column]) -> State:
        """What an address asks for; what it asks for that is not there is left out."""
        wanted = set(args.getlist("column"))
        keys = tuple(key for key in every if key in wanted)
        usual = tuple(key for key, column in every.items() if column.usual)
        key = args.get("sort", "").removeprefix("-")
        sorts = key in NAMES or (key in every and every[key].sort is not None)
        return cls(
            columns=() if keys == usual else keys,
            sort=args.get("sort", "") if sorts else "",
            q=" ".join(args.get("q", "")[:MOST_TEXT].split()),
            supplier=args.get("supplier", ""),
            brand=key_of(args.get("brand", "")[:MOST_TEXT]),
            country=args.get("country", "").upper(),
            flags=tuple(name for name in FLAGS if args.get(name) == "yes"),
        )

    def args(self) -> list[tuple[str, str]]:
        """The parts of the address that say all this."""
        plain = [(name, getattr(self, name)) for name in ("q", "supplier", "brand", "country", "sort")]
        return [
            *(pair for pair in plain if pair[1]),
            *((name, "yes") for name in self.flags),
            *(("column", key) for key in self.columns),
        ]

    def all_lines(self) -> State:
        """The same without filters."""
        return replace(self, q="", supplier="", brand="", country="", flags=())

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return self != self.all_lines()

    def shown_columns(self, every: dict[str, Column]) -> list[Column]:
        """The columns in their order."""
        return chosen(every, self.columns)

    def apply(self, lines: Sequence[Shown], every: Mapping[str, Column], country: Callable[[str], str]) -> list[Shown]:
        """The lines that the filters leave, in the order asked for; unknown stands last both ways."""
        left = [one for one in lines if self._keeps(one, country)]
        key = self.sort.removeprefix("-")
        if not key:
            return left
        by = NAMES[key] if key in NAMES else lambda one: every[key].value(one.line)
        return arranged(left, by, downward=self.sort.startswith("-"))

    def _keeps(self, one: Shown, country: Callable[[str], str]) -> bool:
        if self.supplier and one.line.submission.public_id != self.supplier:
            return False
        if self.brand and key_of(one.brand) != self.brand:
            return False
        if self.country and self.country not in one.line.countries:
            return False
        if self.q:
            text = " ".join([one.supplier, one.brand, *map(country, one.line.countries)]).casefold()
            if not all(word in text for word in self.q.casefold().split()):
                return False
        return all(FLAGS[name][1](one.line) for name in self.flags)
