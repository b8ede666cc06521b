"""Figures of the pool as values: amounts, cells, lots and the round; unknown is counted beside them and never 0.

What they are added up from is `framework.demand.pool`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

Stamp = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """Sums of one group of lines: whole pieces, and net money in the round's currency.

    `value` is the sum of the known values, None where none is known; `value_unknown` counts lines with
    quantities and no value (then `value` is a lower bound), `not_known` lines without quantities.
    """

    firm: int = 0
    expected: int = 0
    maximum: int = 0
    value: Decimal | None = None
    value_unknown: int = 0
    lines: int = 0
    not_known: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.firm + other.firm,
            self.expected + other.expected,
            self.maximum + other.maximum,
            _add(self.value, other.value),
            self.value_unknown + other.value_unknown,
            self.lines + other.lines,
            self.not_known + other.not_known,
        )

    def __sub__(self, other: Amount) -> Amount:
        value = self.value if other.value is None or self.value is None else self.value - other.value
        return Amount(
            self.firm - other.firm,
            self.expected - other.expected,
            self.maximum - other.maximum,
            value,
            self.value_unknown - other.value_unknown,
            self.lines - other.lines,
            self.not_known - other.not_known,
        )

    @property
    def is_known(self) -> bool:
        """Whether its quantities say something: not where every line behind them is not known yet."""
        return not self.not_known or self.not_known < self.lines

    @property
    def beyond_firm(self) -> int:
        """What is expected beyond the firm quantity."""
        return self.expected - self.firm

    @property
    def beyond_expected(self) -> int:
        """What the maximum leaves beyond the expected quantity."""
        return self.maximum - self.expected


@dataclass(frozen=True, slots=True)
class Cell:
    """One group of the pool: category, tier, contract year and certainty within a lot."""

    category: str
    spec_tier: str
    year_no: int
    certainty: str
    amount: Amount

    @property
    def group(self) -> tuple[str, str, int, str]:
        """What it is a group of."""
        return (self.category, self.spec_tier, self.year_no, self.certainty)


@dataclass(frozen=True, slots=True)
class LotPool:
    """The pool of one lot; quantities are in `unit` and are never added to those of another lot.

    `by_member` holds every member with a counting version. `declared`, `nothing` and `not_known` are members
    with quantities, with none at all, and with nothing but "not known yet"; `waiting` handed in what the lead has
    not accepted yet; `missing` have not answered.
    `unconfirmed` are members whose accepted version waits for their sign-on to be confirmed.
    """

    lot_id: int
    public_id: str
    code: str
    name: str
    unit: str
    total: Amount
    cells: tuple[Cell, ...]
    by_member: dict[int, Amount]
    declared: int
    nothing: int
    not_known: int
    waiting: tuple[int, ...]
    missing: tuple[int, ...]
    unconfirmed: tuple[int, ...]

    def share(self, member_id: int) -> Decimal | None:
        """A member's part of the expected quantity in percent, not rounded; None where the pool is empty."""
        own = self.by_member.get(member_id)
        return None if own is None else self.part(own)

    def part(self, amount: Amount) -> Decimal | None:
        """An amount of this lot in percent of its expected quantity, not rounded; None where the pool is empty."""
        if not self.total.expected:
            return None
        return Decimal(amount.expected) * 100 / self.total.expected

    def factor(self, member_id: int) -> int | None:
        """How many times the member's own expected quantity the pool is, rounded half up; None without own quantity."""
        own = self.by_member.get(member_id)
        if own is None or not own.expected:
            return None
        return (2 * self.total.expected + own.expected) // (2 * own.expected)

    @property
    def not_knowing(self) -> int:
        """How many members have lines that are not known yet."""
        return sum(1 for amount in self.by_member.values() if amount.not_known)

    def answers(self) -> dict[int, str]:
        """How far each member's answer is: counts, unconfirmed (accepted, but the sign-on is not), waiting or missing."""
        named = {"missing": self.missing, "waiting": self.waiting, "unconfirmed": self.unconfirmed}
        return {m: answer for answer, members in named.items() for m in members} | dict.fromkeys(
            self.by_member, "counts"
        )

    def without(self, member_id: int, cells: Iterable[Cell]) -> LotPool:
        """The lot as it is without a member, whose own cells are `cells`."""
        taken = {cell.group: cell.amount for cell in cells}
        left = tuple(replace(c, amount=c.amount - taken.get(c.group, Amount())) for c in self.cells)
        members = {m: amount for m, amount in self.by_member.items() if m != member_id}
        declared, nothing, not_known = kinds_of(members)
        return replace(
            self,
            total=sum(members.values(), Amount()),
            cells=tuple(cell for cell in left if cell.amount.lines),
            by_member=members,
            waiting=tuple(m for m in self.waiting if m != member_id),
            missing=tuple(m for m in self.missing if m != member_id),
            unconfirmed=tuple(m for m in self.unconfirmed if m != member_id),
            declared=declared,
            nothing=nothing,
            not_known=not_known,
        )

    def by(self, *names: str) -> dict[tuple[Any, ...], Amount]:
        """The lot's sums by one or more of category, spec_tier, year_no, certainty; sorted by these."""
        found: dict[tuple[Any, ...], Amount] = defaultdict(Amount)
        for cell in self.cells:
            found[tuple(getattr(cell, name) for name in names)] += cell.amount
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool of a round. `names` are the members that joined, by id; `value` is the sum over the lots.

    `stamp` is equal for equal figures of a round: what is drawn from them may be kept under it.
    """

    currency: str
    lots: tuple[LotPool, ...]
    names: dict[int, str] = field(default_factory=dict)
    contributing: int = 0
    value: Decimal | None = None
    value_unknown: int = 0
    stamp: Stamp = ()

    def as_plain(self) -> dict[str, Any]:
        """The figures as plain JSON, for the snapshot."""
        return {
            "currency": self.currency,
            "members": self.contributing,
            "value": None if self.value is None else str(self.value),
            "value_unknown": self.value_unknown,
            "lots": [_plain_lot(lot) for lot in self.lots],
        }


def kinds_of(members: dict[int, Amount]) -> tuple[int, int, int]:
    """How many members declared a quantity, nothing, and nothing but "not known yet"."""
    declared = sum(1 for a in members.values() if a.expected or a.maximum)
    not_known = sum(1 for a in members.values() if a.not_known and not (a.expected or a.maximum))
    return declared, len(members) - declared - not_known, not_known


def _add(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _plain_amount(amount: Amount) -> dict[str, Any]:
    return {
        "firm": amount.firm,
        "expected": amount.expected,
        "maximum": amount.maximum,
        "value": None if amount.value is None else str(amount.value),
        "value_unknown": amount.value_unknown,
        "not_known": amount.not_known,
    }


def _plain_lot(lot: LotPool) -> dict[str, Any]:
    cells = [
        {"category": c.category, "tier": c.spec_tier, "year": c.year_no, "certainty": c.certainty}
        | _plain_amount(c.amount)
        for c in lot.cells
    ]
    return {
        "lot": lot.public_id,
        "unit": lot.unit,
        "total": _plain_amount(lot.total),
        "declared": lot.declared,
        "nothing": lot.nothing,
        "not_known": lot.not_known,
        "waiting": len(lot.waiting),
        "not_answered": len(lot.missing),
        "cells": cells,
        "members": {str(member): _plain_amount(amount) for member, amount in sorted(lot.by_member.items())},
    }
