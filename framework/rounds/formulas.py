"""Award formulas a criterion may name: what parameters each needs, and a trial run on invented bids (readiness R7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from framework.ground.text import N_

LEVELS = ("level_1", "level_2", "level_3", "level_4")
"""Weights of final assembly, components, smelters and mines; they add up to 1."""

Numbers = Mapping[str, Decimal]
Points = Callable[[Decimal, Numbers, Decimal, Decimal], Decimal]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its label, its parameters with labels, whether it judges the price, and the points it gives.

    `points(weight, parameters, bid, lowest)` answers 0 to `weight`; `bid` is a price, a judged mark or a share from 0
    to 1, as the formula asks; `lowest` is the lowest admitted price.
    """

    key: str
    label: str
    parameters: Mapping[str, str]
    is_price: bool
    trial: tuple[str, ...]
    points: Points


class Incomplete(Exception):
    """A parameter is missing, is no number, or contradicts another."""


def _absolute_linear(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    low, high = given["p_low"], given["p_high"]
    if low <= 0 or high <= low:
        raise Incomplete
    return _cut(weight, weight * (1 - (bid - low) / (high - low)))


def _fixed_reference(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    if given["p_ref"] <= 0 or bid <= 0:
        raise Incomplete
    return _cut(weight, weight * given["p_ref"] / bid)


def _relative_lowest(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    return _cut(weight, weight * lowest / bid)


def _marks(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    if given["scale"] <= 0:
        raise Incomplete
    return _cut(weight, weight * bid / given["scale"])


def _levels(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    weights = [given[name] for name in LEVELS]
    if min(weights) < 0 or sum(weights) != 1:
        raise Incomplete
    return _cut(weight, weight * bid)


def _steps(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    if not all(0 <= step <= 1 for step in given.values()):
        raise Incomplete
    return _cut(weight, weight * bid)


SHARES = ("0", "0.4645", "1")
_LEVEL_LABELS = {
    "level_1": N_("Weight of final assembly (0 to 1)"),
    "level_2": N_("Weight of components (0 to 1)"),
    "level_3": N_("Weight of smelters (0 to 1)"),
    "level_4": N_("Weight of mines (0 to 1)"),
}

FORMULAS: dict[str, Formula] = {
    formula.key: formula
    for formula in (
        Formula(
            "absolute_linear",
            N_("Price between two published bounds"),
            {"p_low": N_("Price that earns all points"), "p_high": N_("Price that earns no points")},
            True,
            ("60", "100", "140"),
            _absolute_linear,
        ),
        Formula(
            "fixed_reference",
            N_("Price against a published reference"),
            {"p_ref": N_("Reference price")},
            True,
            ("60", "80", "140"),
            _fixed_reference,
        ),
        Formula(
            "relative_lowest", N_("Price against the lowest bid"), {}, True, ("60", "100", "140"), _relative_lowest
        ),
        Formula("points", N_("Points given by the evaluators"), {"scale": N_("Highest point")}, False, ("0",), _marks),
        Formula("completeness", N_("Completeness of the chain"), _LEVEL_LABELS, False, SHARES, _levels),
        Formula("transparency", N_("Transparency of the chain"), _LEVEL_LABELS, False, SHARES, _levels),
        Formula(
            "precision",
            N_("Precision of the sites"),
            {
                "site": N_("Value of a site"),
                "zone": N_("Value of an industrial zone"),
                "city": N_("Value of a city"),
                "region": N_("Value of a region"),
                "country": N_("Value of a country"),
            },
            False,
            SHARES,
            _steps,
        ),
        Formula(
            "reliability",
            N_("Reliability of the evidence"),
            {
                "E0": N_("Value of E0"),
                "E1": N_("Value of E1"),
                "E2": N_("Value of E2"),
                "E3": N_("Value of E3"),
                "E4": N_("Value of E4"),
            },
            False,
            SHARES,
            _steps,
        ),
    )
}


def trial(key: str, weight: Decimal, parameters: Mapping[str, Any]) -> list[Decimal] | None:
    """Points for the formula's invented bids; None where the formula is unknown or a parameter does not do.

    Points are rounded half up to two decimals and lie between 0 and `weight`.
    """
    formula = FORMULAS.get(key)
    if formula is None:
        return None
    try:
        given = {name: Decimal(str(parameters[name])) for name in formula.parameters}
        bids = [Decimal(text) for text in formula.trial]
        return [formula.points(weight, given, bid, min(bids)) for bid in bids]
    except (KeyError, InvalidOperation, Incomplete):
        return None


def _cut(weight: Decimal, points: Decimal) -> Decimal:
    return min(max(points, Decimal(0)), weight).quantize(Decimal("0.01"), ROUND_HALF_UP)
