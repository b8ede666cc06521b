"""What steps in price mean for a pool: the step of a quantity, its cost, each member's saving, who decides a step. Pure.

Quantities are whole pieces of one item, money is net and exact (`Fraction`) until it is shown; it is rounded to the cent
once, at the end. What has no price is None, never 0.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

WHOLE, PARTS = "whole", "parts"
CENTS = 100

Item = tuple[int, str, str]
"""Lot, category, tier; a blank tier is every tier of the category that has no price of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """From `from_qty` pieces on, 1 or more, one piece costs `unit_price`."""

    from_qty: int
    unit_price: Decimal


@dataclass(frozen=True)
class Ladder:
    """The steps of one item, from the lowest quantity. Raises ValueError where two begin at one quantity, or there is none.

    `reading` is `whole`: every piece costs what the step reached says, or `parts`: the pieces of each step cost its own
    price, those before the first step its price.
    """

    steps: tuple[Step, ...]
    reading: str = WHOLE

    def __post_init__(self) -> None:
        starts = [step.from_qty for step in self.steps]
        if not starts or starts != sorted(set(starts)) or starts[0] < 1 or self.reading not in (WHOLE, PARTS):
            raise ValueError("steps rise strictly from 1 piece or more, and are read in one of two ways")

    def at(self, quantity: int) -> int | None:
        """The place of the step that a quantity reaches, from 0; None below the first."""
        reached = bisect_right(self._starts, quantity) - 1
        return reached if reached >= 0 else None

    def cost(self, quantity: int) -> Fraction | None:
        """What so many pieces cost in the currency of the list, exactly; None below the first step."""
        reached = self.at(quantity)
        if reached is None:
            return None
        if self.reading == WHOLE:
            return quantity * self._prices[reached]
        before = self._starts[reached] - 1 if reached else 0
        return self._below[reached] + (quantity - before) * self._prices[reached]

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(step.from_qty for step in self.steps)

    @cached_property
    def _prices(self) -> tuple[Fraction, ...]:
        return tuple(Fraction(step.unit_price) for step in self.steps)

    @cached_property
    def _below(self) -> tuple[Fraction, ...]:
        """What the pieces before each step cost where each keeps its price; those before the first step cost its own."""
        bounds = [0, *(start - 1 for start in self._starts[1:])]
        each = ((bounds[i + 1] - bounds[i]) * self._prices[i] for i in range(len(bounds) - 1))
        return tuple(accumulate(each, initial=Fraction(0)))

    def to_next(self, quantity: int) -> int | None:
        """How many pieces more reach the next step; None on the last."""
        return next((step.from_qty - quantity for step in self.steps if step.from_qty > quantity), None)

    @property
    def rises(self) -> tuple[int, ...]:
        """The places of steps that cost more than the one before: the list says so, and somebody should look."""
        pairs = pairwise(self.steps)
        return tuple(i for i, (one, other) in enumerate(pairs, start=1) if other.unit_price > one.unit_price)


@dataclass(frozen=True)
class Part:
    """One member in the pool: pieces, and exact money in the currency of the list.

    `alone` is what it would pay by itself, `share` its part of the pool's cost by pieces, `saving` the difference; `alone`
    and `saving` are None where its quantity has no price alone, `share` too where the pool has none. `decides` says
    that without this one member, and with all the others, the pool falls below its step.
    """

    quantity: int
    step: int | None
    alone: Fraction | None
    share: Fraction | None
    decides: bool

    @cached_property
    def saving(self) -> Fraction | None:
        """What pooling saves this member; below 0 where the price rises with the quantity."""
        return None if self.alone is None or self.share is None else self.alone - self.share


@dataclass(frozen=True)
class Effect:
    """What a ladder means for a pool of `quantity` pieces, `by_member`; money as in `Part`.

    `to_next` and `cost_at_next` say how many pieces more reach the next step and what the whole pool costs there. What it
    means for each member is worked out once it is asked for: pages of the pool alone need none of it.
    """

    ladder: Ladder
    quantity: int
    step: int | None
    cost: Fraction | None
    to_next: int | None
    cost_at_next: Fraction | None
    by_member: Mapping[int, int]

    @cached_property
    def parts(self) -> Mapping[int, Part]:
        """Each member in the pool."""
        known: dict[int, Part] = {}  # members with equally many pieces have the same part
        for own in self.by_member.values():
            if own not in known:
                known[own] = self._part(own)
        return {member: known[own] for member, own in self.by_member.items()}

    def _part(self, own: int) -> Part:
        without = self.ladder.at(self.quantity - own)
        share = None
        if self.cost is not None:
            share = Fraction(self.cost.numerator * own, self.cost.denominator * self.quantity)
        decides = self.step is not None and own > 0 and (without is None or without < self.step)
        return Part(own, self.ladder.at(own), self.ladder.cost(own), share, decides)

    @property
    def unit_price(self) -> Fraction | None:
        """What one piece costs on average; None without a price, or without pieces."""
        return None if self.cost is None else self.cost / self.quantity

    @property
    def deciding(self) -> tuple[int, ...]:
        """The members without any one of whom the pool falls below its step."""
        return tuple(member for member, part in self.parts.items() if part.decides)

    @cached_property
    def saving(self) -> Fraction | None:
        """The savings of all members that have a price alone; None where none has."""
        known = [saving for part in self.parts.values() if (saving := part.saving) is not None]
        return total(known) if known else None

    @property
    def without_price_alone(self) -> int:
        """How many members with pieces have no price alone: their saving is unknown."""
        return sum(1 for part in self.parts.values() if part.quantity and part.alone is None)


def effect_of(ladder: Ladder, by_member: Mapping[int, int]) -> Effect:
    """What a ladder means where each member wants so many pieces (0 or more)."""
    quantity = sum(by_member.values())
    reached, cost, more = ladder.at(quantity), ladder.cost(quantity), ladder.to_next(quantity)
    at_next = None if more is None else ladder.cost(quantity + more)
    return Effect(ladder, quantity, reached, cost, more, at_next, by_member)


def effect(ladders: Mapping[Item, Ladder], quantities: Mapping[Item, Mapping[int, int]]) -> dict[Item, Effect]:
    """What one list means for quantities by item and member; an item of the list that nobody wants has 0 pieces.

    Quantities of a tier that has no price of its own count with its category where the list prices that. What the list has
    no price for is left out: see `unpriced`.
    """
    gathered: dict[Item, dict[int, int]] = {item: {} for item in ladders}
    for item, by_member in quantities.items():
        target = priced_as(item, ladders)
        if target is None:
            continue
        for member, own in by_member.items():
            gathered[target][member] = gathered[target].get(member, 0) + own
    return {item: effect_of(ladder, gathered[item]) for item, ladder in ladders.items()}


def priced_as(item: Item, ladders: Iterable[Item]) -> Item | None:
    """The item of a list under which pieces are priced: of their own tier, else of the whole category; None: of neither."""
    known, whole = frozenset(ladders), (item[0], item[1], "")
    return item if item in known else whole if whole in known else None


def unpriced(ladders: Iterable[Item], quantities: Mapping[Item, Mapping[int, int]]) -> list[Item]:
    """The items that members want and a list has no price for."""
    known = frozenset(ladders)
    return [item for item, own in quantities.items() if sum(own.values()) and priced_as(item, known) is None]


def total(amounts: Sequence[Fraction]) -> Fraction:
    """The exact sum."""
    numerators, common = _in_common(amounts)
    return Fraction(sum(numerators), common)


def in_cents(amounts: Sequence[Fraction], factor: Fraction = Fraction(1)) -> list[Decimal]:
    """Exact amounts times `factor` to the cent so that they add up to their sum rounded half up: largest remainder, the first among equals.

    No amount moves by a cent or more, and none of 0 or more falls below 0.
    """
    numerators, common = _in_common(amounts)
    times, one = factor.numerator * CENTS, common * factor.denominator
    split = [divmod(numerator * times, one) for numerator in numerators]
    floors = [floor for floor, _rest in split]
    left = _half_up(Fraction(sum(numerators) * times, one)) - sum(floors)
    ranked = sorted(range(len(split)), key=lambda i: (-split[i][1], i))
    for i in ranked[:left]:
        floors[i] += 1
    return [Decimal(cents).scaleb(-2) for cents in floors]


def to_cent(amount: Fraction) -> Decimal:
    """One exact amount to the cent, half up."""
    return to_places(amount, 2)


def to_places(amount: Fraction, places: int) -> Decimal:
    """One exact amount to so many decimals, half up."""
    return Decimal(_half_up(amount * 10**places)).scaleb(-places)


def _in_common(amounts: Sequence[Fraction]) -> tuple[list[int], int]:
    """The amounts as numerators over one denominator: whole numbers are added and compared far faster than fractions."""
    common = math.lcm(*(amount.denominator for amount in amounts))
    return [amount.numerator * (common // amount.denominator) for amount in amounts], common


def _half_up(amount: Fraction) -> int:
    """The nearest whole number; a half goes up."""
    doubled = 2 * amount + 1
    return doubled.numerator // (2 * doubled.denominator)
