"""Shares as suppliers give them, in per cent, as exact parts of one: of the places that make a thing, of the models on offer.

Measures and leverage both stand on these rules, so that the two never say different things of one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

WHOLE = Fraction(100)
SLACK = Fraction(1, 100)
"""Shares that add up to a hundred within this are taken as the whole (scoring.md 4, D40)."""
Share = Decimal | Fraction | None


def group_of(category: str, spec_tier: str) -> tuple[str, str]:
    """The group that a model or a line of demand belongs to: its category, and its spec tier without case and blanks."""
    return category, "".join(spec_tier.split()).casefold()


def of_places(shares: Sequence[Share]) -> tuple[list[Fraction], bool]:
    """The part of each place, and whether any is assumed; what is left of one is not told (scoring.md 2).

    Blank shares divide what is left equally. Where none is given, or where they exceed a hundred and so count as not given
    (D21), all places take equal parts. Both are assumed.
    """
    told = [Fraction(share) for share in shares if share is not None]
    total = sum(told, Fraction(0))
    if not told or total > WHOLE + SLACK:
        return [Fraction(1, len(shares)) for _share in shares], bool(shares)
    whole = total if total >= WHOLE - SLACK else WHOLE
    blank = len(shares) - len(told)
    each = (whole - total) / blank if blank else Fraction(0)
    return [(each if share is None else Fraction(share)) / whole for share in shares], blank > 0


def of_models(shares: Sequence[Share]) -> tuple[list[Fraction], bool]:
    """Which part of its category and tier each model is offered for, and whether that is assumed; they add up to one.

    The offered shares where all are given and add up to a hundred, else equal parts (scoring.md 4, D40).
    """
    told = [Fraction(share) for share in shares if share is not None]
    total = sum(told, Fraction(0))
    if len(told) == len(shares) and abs(total - WHOLE) <= SLACK:
        return [share / total for share in told], False
    return [Fraction(1, len(shares)) for _share in shares], bool(shares)
