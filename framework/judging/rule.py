"""How the final values of several evaluators become one: equal, close enough, or to be talked about. No session.

Levels are whole steps of the scale of evidence, points are exact decimals. Every evaluator weighs the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Generic, TypeVar

from framework.chain.measures.scale import EVIDENCE

OPEN, UNDER_AGREEMENT, IN_MODERATION = "open", "agreed", "in_moderation"
"""States of a verdict that the rule leads to."""
CENT = Decimal("0.01")
Value = TypeVar("Value", str, Decimal)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Value]):
    """Where final values lead. `value` is None unless agreed; `low`, `high` and `spread` are None of no value."""

    state: str
    value: Value | None
    low: Value | None
    high: Value | None
    spread: Decimal | None


def of_levels(levels: Iterable[str], *, needed: int, agree_spread: int) -> Outcome[str]:
    """The verdict on levels of evidence: the lower median where they lie within `agree_spread` steps.

    Fewer than `needed` values leave it open. Raises ValueError on a level that is not on the scale.
    """
    steps = sorted(EVIDENCE.index(level) for level in levels)
    if not steps:
        return Outcome(OPEN, None, None, None, None)
    low, high = EVIDENCE[steps[0]], EVIDENCE[steps[-1]]
    spread = Decimal(steps[-1] - steps[0])
    if len(steps) < needed:
        return Outcome(OPEN, None, low, high, spread)
    if spread > agree_spread:
        return Outcome(IN_MODERATION, None, low, high, spread)
    return Outcome(UNDER_AGREEMENT, EVIDENCE[lower_median(steps)], low, high, spread)


def of_points(points: Iterable[Decimal], *, needed: int, scale: Decimal, agree_pct: Decimal) -> Outcome[Decimal]:
    """The verdict on points of 0 to `scale`: the median, to two decimals, within `agree_pct` per cent of the scale."""
    told = sorted(points)
    if not told:
        return Outcome(OPEN, None, None, None, None)
    if told[0] < 0 or told[-1] > scale:
        raise ValueError("points outside the scale")
    spread = told[-1] - told[0]
    if len(told) < needed:
        return Outcome(OPEN, None, told[0], told[-1], spread)
    if spread * 100 > agree_pct * scale:
        return Outcome(IN_MODERATION, None, told[0], told[-1], spread)
    return Outcome(UNDER_AGREEMENT, median(told), told[0], told[-1], spread)


def lower_median(steps: Sequence[int]) -> int:
    """The middle of sorted steps; of an even number, the lower of the two."""
    return steps[(len(steps) - 1) // 2]


def median(told: Sequence[Decimal]) -> Decimal:
    """The middle of sorted values, or the mean of the two in the middle; rounded half up to two decimals."""
    half, is_odd = divmod(len(told), 2)
    middle = told[half] if is_odd else (told[half - 1] + told[half]) / 2
    return middle.quantize(CENT, rounding=ROUND_HALF_UP)


def is_within(value: str, low: str, high: str) -> bool:
    """Whether a moderated level lies within the range of the individual ones."""
    return value in EVIDENCE and EVIDENCE.index(low) <= EVIDENCE.index(value) <= EVIDENCE.index(high)
