"""From products to a brand, a supplier and a lot: means weighted by the pooled quantity behind each product.

The pool decides what a group of models weighs: a group is what one submission offers of one brand in one lot, category
and specification tier. Its sums are stored; the pooled quantity of the category and tier is laid over them when a page
is read, so that the figures follow the pool by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from framework.chain import shares
from framework.chain.measures.formulas import ZERO
from framework.chain.measures.product import COUNTS, MEASURES, Figures, Gap
from framework.demand.pooled import LotPool

NO_VOLUME = "no_volume"
"""Why a figure is unknown: no pooled quantity stands behind the models."""
Quantities = dict[tuple[str, str], Fraction | None]


def quantities_of(lot_pool: LotPool | None) -> Quantities:
    """The pooled expected quantity of a lot by category and tier; None where no line says how much."""
    found: Quantities = {}
    for (category, tier), amount in lot_pool.by("category", "spec_tier").items() if lot_pool is not None else ():
        group = shares.group_of(category, tier)
        before = found.get(group)
        found[group] = (before or ZERO) + amount.expected if amount.is_known else before
    return found


def quantity_of(known: Quantities, category: str, tier: str) -> Fraction | None:
    """The pooled quantity of a category and tier."""
    return known.get(shares.group_of(category, tier))


@dataclass(slots=True)
class Sums:
    """Sums over the products of a group, each weighted by its offered share (parts of 1).

    `known` and `sum` are by measure: the weight of the products for which it is known, and weight times value.
    """

    products: int = 0
    assumed: int = 0
    weight: Fraction = ZERO
    whole: Fraction = ZERO
    said: Fraction = ZERO
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    known: dict[str, Fraction] = field(default_factory=lambda: dict.fromkeys(MEASURES, ZERO))
    sum: dict[str, Fraction] = field(default_factory=lambda: dict.fromkeys(MEASURES, ZERO))
    reasons: dict[str, str] = field(default_factory=dict)
    gaps: dict[Gap, tuple[Fraction, int]] = field(default_factory=dict)

    def add(self, figures: Figures, share: Fraction, *, assumed: bool) -> None:
        """One more product that is offered for this share of its category and tier."""
        self.products += 1
        self.assumed += assumed
        self.weight += share
        self.whole += share if figures.whole else ZERO
        self.said += figures.said
        for name in COUNTS:
            self.counts[name] += figures.counts[name]
        for name, value in figures.values.items():
            if value is not None:
                self.known[name] += share
                self.sum[name] += share * value
            else:
                self.reasons[name] = figures.reasons[name]
        for gap, worth in figures.gaps.items():
            before, models = self.gaps.get(gap, (ZERO, 0))
            self.gaps[gap] = before + share * worth, models + 1

    def plain(self) -> dict[str, Any]:
        """As JSON, without the gaps."""
        return {
            "products": self.products,
            "assumed": self.assumed,
            "weight": str(self.weight),
            "whole": str(self.whole),
            "said": str(self.said),
            "counts": self.counts,
            "known": {name: str(value) for name, value in self.known.items()},
            "sum": {name: str(value) for name, value in self.sum.items()},
            "reasons": self.reasons,
        }

    def plain_gaps(self) -> list[Any]:
        """The gaps as JSON."""
        return [
            [gap.measure, gap.level, gap.kind, gap.what, gap.class_, str(worth), models]
            for gap, (worth, models) in sorted(self.gaps.items())
        ]

    @classmethod
    def read(cls, plain: Mapping[str, Any], gaps: Sequence[Any] = ()) -> Sums:
        """From JSON."""
        return cls(
            plain["products"],
            plain["assumed"],
            Fraction(plain["weight"]),
            Fraction(plain["whole"]),
            Fraction(plain["said"]),
            dict.fromkeys(COUNTS, 0) | plain["counts"],
            {name: Fraction(value) for name, value in plain["known"].items()},
            {name: Fraction(value) for name, value in plain["sum"].items()},
            plain["reasons"],
            {Gap(*names): (Fraction(worth), models) for *names, worth, models in gaps},
        )


@dataclass(frozen=True, slots=True)
class Value:
    """A weighted mean, None where it is unknown (`reason`); `unknown` is the part of the volume it is unknown for."""

    value: Fraction | None
    unknown: Fraction | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rolled:
    """The five measures of some products together, with counts; `volume` is coverage by volume.

    `quantity` is the pooled quantity behind them, None where none is known; `unpooled` are models without one,
    `assumed` models whose share of the offer is assumed.
    """

    values: Mapping[str, Value]
    volume: Value
    counts: Mapping[str, int]
    said: Fraction
    products: int
    quantity: Fraction | None
    unpooled: int
    assumed: int

    @property
    def nodes(self) -> Fraction | None:
        """Coverage by nodes: disclosed of required."""
        required = self.counts["required"]
        return Fraction(self.counts["disclosed"], required) if required else None


def roll(groups: Iterable[tuple[Sums, Fraction | None]]) -> Rolled:
    """Several groups, each with the pooled quantity of its category and tier (None: not known), as one."""
    found = list(groups)
    pooled = [(sums, quantity) for sums, quantity in found if quantity]
    whole = sum((quantity * sums.weight for sums, quantity in pooled), ZERO)
    return Rolled(
        {name: _value(name, pooled, whole) for name in MEASURES},
        Value(sum((quantity * sums.whole for sums, quantity in pooled), ZERO) / whole, ZERO)
        if whole
        else Value(None, None, NO_VOLUME),
        {name: sum(sums.counts[name] for sums, _quantity in found) for name in COUNTS},
        sum((sums.said for sums, _quantity in found), ZERO),
        sum(sums.products for sums, _quantity in found),
        whole if whole else None,
        sum(sums.products for sums, quantity in found if not quantity),
        sum(sums.assumed for sums, _quantity in found),
    )


def ranked(
    groups: Iterable[tuple[Sums, Fraction | None]], *, classes: Iterable[int]
) -> dict[Gap, tuple[Fraction, int]]:
    """What each gap is worth of the rolled-up measure, and of how many models it is one; the dearest first.

    Only gaps of these classes of confidentiality; their class is left out of what comes back.
    """
    found = [(sums, quantity) for sums, quantity in groups if quantity]
    known = {name: sum((q * sums.known[name] for sums, q in found), ZERO) for name in MEASURES}
    seen = set(classes)
    added: dict[Gap, tuple[Fraction, int]] = {}
    for sums, quantity in found:
        for gap, (worth, models) in sums.gaps.items():
            if gap.class_ not in seen or not known[gap.measure]:
                continue
            open_gap = Gap(gap.measure, gap.level, gap.kind, gap.what, 0)
            before, counted = added.get(open_gap, (ZERO, 0))
            added[open_gap] = before + quantity * worth / known[gap.measure], counted + models
    return dict(sorted(added.items(), key=lambda one: (one[0].measure, -one[1][0], one[0])))


def _value(name: str, pooled: Sequence[tuple[Sums, Fraction]], whole: Fraction) -> Value:
    known = sum((quantity * sums.known[name] for sums, quantity in pooled), ZERO)
    if known:
        total = sum((quantity * sums.sum[name] for sums, quantity in pooled), ZERO)
        return Value(total / known, 1 - known / whole)
    if not whole:
        return Value(None, None, NO_VOLUME)
    return Value(None, Fraction(1), next(sums.reasons[name] for sums, _quantity in pooled if name in sums.reasons))
