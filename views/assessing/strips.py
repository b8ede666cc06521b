"""A strip of dots: where each evaluator's value lies on the scale, with range and middle; drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext as _

from framework.chain.measures.scale import EVIDENCE
from models.judging import Assessment
from views.assessing import words
from views.i18n import number

WIDTH, HEIGHT, EDGE, STEP = 180, 44, 12, 9


@dataclass(frozen=True, slots=True)
class Dot:
    """A value: where it stands, and whether it is the reader's own."""

    x: float
    y: float
    own: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """A strip as the template draws it; `words` says the same for who does not see it."""

    dots: tuple[Dot, ...]
    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float
    middle: float | None
    words: str
    width: int = WIDTH
    height: int = HEIGHT


def strip(finals: Sequence[Assessment], user_id: int | None, middle: Fraction | None = None) -> Strip | None:
    """The strip of some final values of one item; None of none."""
    if not finals:
        return None
    most = finals[0].scale_max or len(EVIDENCE) - 1
    values = [_step(one) for one in finals]
    seen: dict[Fraction, int] = {}
    dots = []
    for one, value in zip(finals, values, strict=True):
        seen[value] = seen.get(value, 0) + 1
        dots.append(Dot(_x(value, most), HEIGHT - 18 - STEP * (seen[value] - 1), one.user_id == user_id))
    ticks = (
        tuple((_x(Fraction(step), most), level) for step, level in enumerate(EVIDENCE))
        if not finals[0].scale_max
        else ((_x(Fraction(0), most), "0"), (_x(Fraction(most), most), number(most)))
    )
    told = ", ".join(words.value_of(one.level, one.points) for one in finals)
    return Strip(
        tuple(dots),
        ticks,
        _x(min(values), most),
        _x(max(values), most),
        None if middle is None else _x(middle, most),
        _("Values of the evaluators: %(values)s", values=told),
    )


def middle_of(level: str, points: object) -> Fraction | None:
    """The value of a verdict as a place on its strip."""
    if points is not None:
        return Fraction(str(points))
    return Fraction(EVIDENCE.index(level)) if level else None


def _step(one: Assessment) -> Fraction:
    return Fraction(one.points) if one.points is not None else Fraction(EVIDENCE.index(one.level))


def _x(value: Fraction, most: int) -> float:
    return round(EDGE + float(value / most) * (WIDTH - 2 * EDGE), 1)
