"""A line of demand as a plain value: what forms, sheets and pasted blocks become before anything is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from framework.ground.text import N_, key_of
from models.demand import DemandLine
from models.rounds import Lot

Key = tuple[str, str, str, int]

LABELS: dict[str, str] = {
    "category": N_("Category"),
    "spec_tier": N_("Specification tier"),
    "delivery_country": N_("Delivery country"),
    "year_no": N_("Contract year"),
    "qty_firm": N_("Firm quantity"),
    "qty_expected": N_("Expected quantity"),
    "qty_max": N_("Maximum quantity"),
    "value_expected": N_("Expected value"),
    "certainty": N_("Certainty"),
    "baseline_qty": N_("Last year's quantity"),
    "not_known_reason": N_("Not known yet, because"),
    "current_supplier_end": N_("Present contract ends"),
    "delivery_profile": N_("Delivery profile"),
}
"""Fields of a line, in the order of every sheet, with the label people read."""

QUANTITIES = ("qty_firm", "qty_expected", "qty_max")


@dataclass(frozen=True, slots=True)
class Line:
    """Category × tier × country × contract year. Quantities are whole pieces, all three None where not known yet.

    `value_expected` is net, in the round's currency, None = unknown. `row` is where the line was seen
    (sheet row, row of the block or of the grid) and takes no part in comparisons.
    """

    category: str
    spec_tier: str
    delivery_country: str
    year_no: int
    qty_firm: int | None = None
    qty_expected: int | None = None
    qty_max: int | None = None
    value_expected: Decimal | None = None
    certainty: str = "indicative"
    baseline_qty: int | None = None
    not_known_reason: str = ""
    current_supplier_end: dt.date | None = None
    delivery_profile: str = ""
    source_sheet: str = field(default="", compare=False)
    source_row: int | None = field(default=None, compare=False)
    row: int | None = field(default=None, compare=False)

    @property
    def key(self) -> Key:
        """What makes a line unique within a declaration."""
        return (self.category, self.spec_tier, self.delivery_country, self.year_no)

    @property
    def is_known(self) -> bool:
        """Whether quantities stand in it; if not, it counts as not declared."""
        return any(getattr(self, name) is not None for name in QUANTITIES)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a lot allows in a line."""

    categories: tuple[str, ...]
    tiers: tuple[str, ...]
    years: int
    currency: str = "EUR"

    @classmethod
    def of(cls, lot: Lot) -> Scope:
        """The scope of a lot."""
        return cls(tuple(lot.categories), tuple(lot.spec_tiers), lot.years, lot.round.currency)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sets of lines; `kind` is added, removed or changed, `field` blank for whole lines."""

    kind: str
    key: Key
    field: str = ""
    old: Any = None
    new: Any = None


_STORED = tuple(f.name for f in fields(Line) if f.name != "row")
_values = attrgetter(*_STORED)
_COMPARED = tuple(LABELS)[4:]


def of_record(record: DemandLine) -> Line:
    """The plain value of a stored line."""
    return Line(**dict(zip(_STORED, _values(record), strict=True)), row=record.position + 1)


def stored_values(line: Line) -> dict[str, Any]:
    """Column values of a line for storing."""
    return {name: getattr(line, name) for name in _STORED}


def one_line(text: str) -> str:
    """A text as it is stored: one line, outer blanks and characters that nobody sees gone."""
    seen = text if text.isprintable() else "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    return " ".join(seen.split())


def differences(old: Iterable[Line], new: Iterable[Line]) -> list[Change]:
    """What turns `old` into `new`, field by field; the order of the lines is no difference."""
    before, after = {line.key: line for line in old}, {line.key: line for line in new}
    removed = [Change("removed", key, old=line) for key, line in before.items() if key not in after]
    found = [Change("added", key, new=line) for key, line in after.items() if key not in before]
    for key, line in after.items():
        if key in before and before[key] != line:
            found += _field_changes(before[key], line)
    return found + removed


def merged(old: Iterable[Line], new: Iterable[Line]) -> list[Line]:
    """`old` with the lines of `new` put over those of the same key, new ones at the end."""
    return list({line.key: line for line in (*old, *new)}.values())


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """How many lines were added, changed and removed."""
    touched: dict[str, set[Key]] = {"added": set(), "changed": set(), "removed": set()}
    for change in changes:
        touched[change.kind].add(change.key)
    return {kind: len(keys) for kind, keys in touched.items()}


def _field_changes(old: Line, new: Line) -> list[Change]:
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in _COMPARED)
    return [Change("changed", new.key, name, before, after) for name, before, after in pairs if before != after]


def tier_in(lot: Lot, tier: str) -> str:
    """What a tier of another lot is called in this one: found by its name without case and blanks, else as it was; the only tier where there was none."""
    if tier in lot.spec_tiers:
        return tier
    only = lot.spec_tiers[0] if len(lot.spec_tiers) == 1 else ""
    return {key_of(one): one for one in lot.spec_tiers}.get(key_of(tier), tier or only)
