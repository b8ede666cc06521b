"""Divide a joint cost over members so that the parts add up to it to the cent: by spend, equally, or by entered shares.

Pure. Cents are given out by the largest remainder (records, common rule 4); what is equal goes to the member with the
lower number, so that the order in which members come never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

RULES = ("by_spend", "equal", "entered")
CENTS = 100
WHOLE = Decimal("100.00")


@dataclass(frozen=True, slots=True)
class Sharer:
    """One member as a split sees it: its yearly spend in scope and the share entered for it, in per cent; None is unknown."""

    number: int
    spend: Decimal | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Parts by number of the member; without parts `reason` says why, and `missing` whose figure is unknown.

    Reasons: nobody, amount-unknown, spend-unknown, no-spend, share-unknown, not-whole (the shares add up to `entered`).
    """

    parts: Mapping[int, Decimal] = field(default_factory=dict)
    reason: str = ""
    missing: tuple[int, ...] = ()
    entered: Decimal | None = None


def split(rule: str, amount: Decimal | None, sharers: Iterable[Sharer]) -> Split:
    """Divide `amount` (money with two decimals, not negative; None: unknown) by a rule of `RULES`.

    Nothing is guessed: one unknown figure leaves the whole undivided. Raises ValueError for another rule, a negative
    amount or a third decimal.
    """
    if rule not in RULES or (amount is not None and amount < 0):
        raise ValueError(f"{rule} {amount}")
    listed = sorted(sharers, key=lambda one: one.number)
    if not listed:
        return Split(reason="nobody")
    found = _weights(rule, listed)
    if isinstance(found, Split):
        return found
    if amount is None:
        return Split(reason="amount-unknown")
    parts = apportion({one.number: weight for one, weight in zip(listed, found, strict=True)}, _cents(amount))
    return Split({number: Decimal(cents).scaleb(-2) for number, cents in parts.items()})


def apportion(weights: Mapping[int, int], whole: int) -> dict[int, int]:
    """Whole numbers in proportion to `weights` (not negative, one above 0) that add up to `whole`: largest remainder."""
    total = sum(weights.values())
    found = {number: weight * whole // total for number, weight in weights.items()}
    rest = {number: weight * whole % total for number, weight in weights.items()}
    left = whole - sum(found.values())
    for number in sorted(rest, key=lambda number: (-rest[number], number))[:left]:
        found[number] += 1
    return found


def entered_sum(sharers: Iterable[Sharer]) -> Decimal:
    """What the entered shares come to, those that are unknown left out."""
    return sum((one.percent for one in sharers if one.percent is not None), Decimal("0.00"))


def _weights(rule: str, listed: list[Sharer]) -> list[int] | Split:
    if rule == "equal":
        return [1] * len(listed)
    known = [one.spend if rule == "by_spend" else one.percent for one in listed]
    missing = tuple(one.number for one, figure in zip(listed, known, strict=True) if figure is None)
    if rule == "entered":
        entered = entered_sum(listed)
        if missing:
            return Split(reason="share-unknown", missing=missing, entered=entered)
        if entered != WHOLE:
            return Split(reason="not-whole", entered=entered)
    elif missing:
        return Split(reason="spend-unknown", missing=missing)
    weights = [_cents(figure) for figure in known if figure is not None]
    if min(weights) < 0:
        raise ValueError(f"{rule} {known}")
    return weights if any(weights) else Split(reason="no-spend")


def _cents(amount: Decimal) -> int:
    cents = amount * CENTS
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} has more than two decimals")
    return int(cents)
