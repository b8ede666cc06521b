"""Award points from figures, and places from points, by the frozen rules. No session.

What is not known gives no points, and a tender without all its points has no place, nor has any other of its lot: what is
missing may change the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from framework.chain.measures.formulas import rounded
from framework.ground.text import N_
from framework.rounds.formulas import FORMULAS, Incomplete

NO_PRICE, NO_FORMULA, NO_VOLUME, NOTHING_ASKED = "no_price", "no_formula", "no_volume", "nothing_asked"
NOTHING_TOLD, NOT_JUDGED, NO_MARK, OTHERS = "nothing_told", "not_judged", "no_mark", "others"
REASONS: dict[str, str] = {
    NO_PRICE: N_("prices are not handed in here"),
    NO_FORMULA: N_("its formula gives no points by itself, or lacks a parameter"),
    NO_VOLUME: N_("no pooled quantity stands behind what is offered"),
    NOTHING_ASKED: N_("nothing is asked of the models on offer"),
    NOTHING_TOLD: N_("nothing is disclosed"),
    NOT_JUDGED: N_("something that is disclosed has no verdict"),
    NO_MARK: N_("the evaluators have no verdict on it"),
    OTHERS: N_("the points of another tender in this lot are not all known"),
}
"""Why points or places are unknown."""
CANNOT_BE_GIVEN = (NO_VOLUME, NOTHING_ASKED, NOTHING_TOLD)
"""Where no points can be given at all, so that the chair says in a motive what becomes of it."""
DIGITS = 6
MARKS = "points"
"""The formula of a mark; of the others that give points here the figure is a share from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Given:
    """Points on one criterion, or None with the reason. `figure` is what the formula was given.

    `unknown_part` is the part of the volume without a figure, `left_out` and `assumed` count models.
    """

    criterion_id: int
    weight: Decimal
    points: Decimal | None
    reason: str = ""
    figure: Decimal | None = None
    unknown_part: Decimal | None = None
    left_out: int = 0
    assumed: int = 0
    is_price: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A tender in a lot with its points; `place` None where the ranking is unknown, with the reason."""

    submission_id: int
    given: tuple[Given, ...]
    place: int | None = None
    is_tied: bool = False
    reason: str = ""

    @property
    def known(self) -> Decimal:
        """The sum of the points that are known."""
        return sum((one.points for one in self.given if one.points is not None), Decimal(0))

    @property
    def total(self) -> Decimal | None:
        """The sum of all points; None where some are unknown, or no criterion gives any."""
        return self.known if self.given and all(one.points is not None for one in self.given) else None

    @property
    def quality(self) -> Decimal:
        """The points of all criteria but the price, which come first where totals are equal."""
        return sum((one.points for one in self.given if one.points is not None and not one.is_price), Decimal(0))


def points_of(
    formula: str, weight: Decimal, parameters: Mapping[str, Any], figure: Fraction | Decimal
) -> Decimal | None:
    """The points of a mark or a share, 0 to `weight` with two decimals; None where the formula does not do.

    Counted in fractions and rounded once, half up: 11/600 of weight 3 is 0.055, and gives 0.06.
    """
    known = FORMULAS.get(formula)
    if known is None or known.is_price:
        return None
    try:
        numbers = {name: Decimal(str(parameters[name])) for name in known.parameters}
        known.points(weight, numbers, Decimal(0), Decimal(0))  # refuses parameters that do not do
        part = Fraction(figure) / Fraction(numbers["scale"]) if formula == MARKS else Fraction(figure)
        return rounded(min(max(Fraction(weight) * part, Fraction(0)), Fraction(weight)), 2)
    except (KeyError, ValueError, OverflowError, InvalidOperation, Incomplete):
        return None


def shown(figure: Fraction | Decimal) -> Decimal:
    """A figure with the digits that are kept."""
    return rounded(Fraction(figure), DIGITS)


def place(tenders: Sequence[tuple[int, Sequence[Given]]]) -> list[Placed]:
    """The tenders of one lot with their places, the best first; in the given order where the ranking is unknown.

    The higher total comes first, then the higher points of all criteria but the price. What is equal in both shares a
    place, and two persons draw lots.
    """
    found = [Placed(number, tuple(given)) for number, given in tenders]
    if any(one.total is None for one in found):
        return [Placed(one.submission_id, one.given, reason=_why(one)) for one in found]
    keys = [(-(one.total or Decimal(0)), -one.quality) for one in found]
    order = sorted(range(len(found)), key=lambda number: (keys[number], number))
    return [
        Placed(
            found[number].submission_id,
            found[number].given,
            1 + sum(1 for key in keys if key < keys[number]),
            keys.count(keys[number]) > 1,
        )
        for number in order
    ]


def _why(one: Placed) -> str:
    if not one.given:
        return NO_FORMULA
    return next((given.reason for given in one.given if given.points is None), OTHERS)
