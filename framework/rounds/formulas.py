"""Award formulas a criterion may name: what parameters each needs, and a trial run on invented bids (readiness R7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from framework.ground.text import N_

LEVELS = ("w_assembly", "w_component", "w_smelter", "w_mine")
"""Level weights of the transparency formula; they add up to 1."""

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


def _scale(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    if given["scale_max"] <= 0:
        raise Incomplete
    return _cut(weight, weight * bid / given["scale_max"])


def _transparency(weight: Decimal, given: Numbers, bid: Decimal, lowest: Decimal) -> Decimal:
    weights = [given[name] for name in LEVELS]
    if min(weights) < 0 or sum(weights) != 1:
        raise Incomplete
    return _cut(weight, weight * bid)


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
        Formula(
            "scale",
            N_("Marks given by the evaluators"),
            {"scale_max": N_("Highest mark of the scale")},
            False,
            ("0",),
            _scale,
        ),
        Formula(
            "transparency",
            N_("Transparency of the supply chain"),
            {
                "w_assembly": N_("Weight of final assembly (0 to 1)"),
                "w_component": N_("Weight of components (0 to 1)"),
                "w_smelter": N_("Weight of smelters (0 to 1)"),
                "w_mine": N_("Weight of mines (0 to 1)"),
            },
            False,
            ("0", "0.4645", "1"),
            _transparency,
        ),
    )
}
DEFAULT_PARAMETERS: dict[str, dict[str, str]] = {
    "transparency": {"w_assembly": "0.40", "w_component": "0.35", "w_smelter": "0.20", "w_mine": "0.05"},
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
