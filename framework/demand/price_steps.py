"""What steps in price mean for a pool: the step of a quantity, its cost, each member's saving, who decides a step. Pure.

Quantities are whole pieces of one item, money is net and exact (`Fraction`) until it is shown; it is rounded to the cent
once, at the end. What has no price is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

WHOLE, PARTS = "whole", "parts"
CENTS = 100

Item = tuple[int, str, str]
"""Lot, category, tier; a blank tier is every tier of the category that has no price of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """From `from_qty` pieces on, 1 or more, one piece costs `unit_price`."""

    from_qty: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
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
        return next((i for i in reversed(range(len(self.steps))) if self.steps[i].from_qty <= quantity), None)

    def cost(self, quantity: int) -> Fraction | None:
        """What so many pieces cost in the currency of the list, exactly; None below the first step."""
        reached = self.at(quantity)
        if reached is None:
            return None
        if self.reading == WHOLE:
            return quantity * Fraction(self.steps[reached].unit_price)
        starts = [0, *(step.from_qty - 1 for step in self.steps[1 : reached + 1]), quantity]
        return sum(
            ((starts[i + 1] - starts[i]) * Fraction(self.steps[i].unit_price) for i in range(reached + 1)), Fraction(0)
        )

    def to_next(self, quantity: int) -> int | None:
        """How many pieces more reach the next step; None on the last."""
        return next((step.from_qty - quantity for step in self.steps if step.from_qty > quantity), None)

    @property
    def rises(self) -> tuple[int, ...]:
        """The places of steps that cost more than the one before: the list says so, and somebody should look."""
        pairs = pairwise(self.steps)
        return tuple(i for i, (one, other) in enumerate(pairs, start=1) if other.unit_price > one.unit_price)


@dataclass(frozen=True, slots=True)
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

    @property
    def saving(self) -> Fraction | None:
        """What pooling saves this member; below 0 where the price rises with the quantity."""
        return None if self.alone is None or self.share is None else self.alone - self.share


@dataclass(frozen=True, slots=True)
class Effect:
    """What a ladder means for a pool of `quantity` pieces; money as in `Part`.

    `to_next` and `cost_at_next` say how many pieces more reach the next step and what the whole pool costs there.
    """

    ladder: Ladder
    quantity: int
    step: int | None
    cost: Fraction | None
    to_next: int | None
    cost_at_next: Fraction | None
    parts: Mapping[int, Part]

    @property
    def unit_price(self) -> Fraction | None:
        """What one piece costs on average; None without a price, or without pieces."""
        return None if self.cost is None else self.cost / self.quantity

    @property
    def deciding(self) -> tuple[int, ...]:
        """The members without any one of whom the pool falls below its step."""
        return tuple(member for member, part in self.parts.items() if part.decides)

    @property
    def saving(self) -> Fraction | None:
        """The savings of all members that have a price alone; None where none has."""
        known = [part.saving for part in self.parts.values() if part.saving is not None]
        return sum(known, Fraction(0)) if known else None

    @property
    def without_price_alone(self) -> int:
        """How many members with pieces have no price alone: their saving is unknown."""
        return sum(1 for part in self.parts.values() if part.quantity and part.alone is None)


def effect_of(ladder: Ladder, by_member: Mapping[int, int]) -> Effect:
    """What a ladder means where each member wants so many pieces (0 or more)."""
    quantity = sum(by_member.values())
    reached, cost, more = ladder.at(quantity), ladder.cost(quantity), ladder.to_next(quantity)
    at_next = None if more is None else ladder.cost(quantity + more)
    parts = {member: _part(ladder, own, quantity, cost) for member, own in by_member.items()}
    return Effect(ladder, quantity, reached, cost, more, at_next, parts)


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


def in_cents(amounts: Sequence[Fraction]) -> list[Decimal]:
    """Exact amounts to the cent so that they add up to their sum rounded half up: largest remainder, the first among equals.

    No amount moves by a cent or more, and none of 0 or more falls below 0.
    """
    exact = [amount * CENTS for amount in amounts]
    floors = [amount.numerator // amount.denominator for amount in exact]
    left = _half_up(sum(exact, Fraction(0))) - sum(floors)
    ranked = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in ranked[:left]:
        floors[i] += 1
    return [Decimal(cents).scaleb(-2) for cents in floors]


def to_cent(amount: Fraction) -> Decimal:
    """One exact amount to the cent, half up."""
    return to_places(amount, 2)


def to_places(amount: Fraction, places: int) -> Decimal:
    """One exact amount to so many decimals, half up."""
    return Decimal(_half_up(amount * 10**places)).scaleb(-places)


def _part(ladder: Ladder, own: int, quantity: int, cost: Fraction | None) -> Part:
    reached, without = ladder.at(quantity), ladder.at(quantity - own)
    share = cost * own / quantity if cost is not None else None
    decides = reached is not None and own > 0 and (without is None or without < reached)
    return Part(own, ladder.at(own), ladder.cost(own), share, decides)


def _half_up(amount: Fraction) -> int:
    """The nearest whole number; a half goes up."""
    doubled = 2 * amount + 1
    return doubled.numerator // (2 * doubled.denominator)
