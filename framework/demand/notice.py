"""The two figures of each lot for the notice (law L05): what the pool proposes, what is set, and the reasoning in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from framework.demand import coverage
from framework.demand.coverage import Coverage
from framework.ground.text import N_, NN_
from models.rounds import Lot, Round

Reason = tuple[str, dict[str, Any]]
"""A sentence to translate, and its figures."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One lot in its unit: proposed figures (None where nobody declared a quantity), those that are set, and why.

    `warnings` are sentences about what is set. Members' own maxima are added up for the maximum: whoever knows that not
    all of them can come true sets less, with a motive.
    """

    lot: Lot
    estimated: int | None
    maximum: int | None
    value: Decimal | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]


def of(session: Session, round_: Round) -> tuple[Notice, ...]:
    """The figures of every lot of a round, in their order."""
    return tuple(_of_lot(found, round_) for found in coverage.of(session, round_))


def _of_lot(found: Coverage, round_: Round) -> Notice:
    total = found.pool.total
    is_known = bool(total.maximum)
    return Notice(
        lot=found.lot,
        estimated=total.expected if is_known else None,
        maximum=total.maximum if is_known else None,
        value=total.value,
        reasons=tuple(_reasons(found, round_)),
        warnings=tuple(_warnings(found)),
    )


def _reasons(found: Coverage, round_: Round) -> Iterator[Reason]:
    total, lot = found.pool.total, found.lot
    if not total.maximum:
        yield N_("No confirmed member has declared a quantity for this lot: neither figure can be proposed."), {}
    else:
        yield (
            NN_(
                "Estimated %(quantity)s: what %(count)s member expects over %(years)s contract years; %(firm)s of it is firm.",
                "Estimated %(quantity)s: what %(count)s members expect over %(years)s contract years; %(firm)s of it is firm.",
            ),
            {"quantity": total.expected, "count": found.pool.declared, "years": lot.years, "firm": total.firm},
        )
        yield (
            N_(
                "Maximum %(quantity)s: the sum of the most that each of them may need, %(more)s above what they expect."
            ),
            {"quantity": total.maximum, "more": total.beyond_expected},
        )
    if total.not_known:
        yield (
            NN_(
                "%(count)s line is not known yet: it is in neither figure.",
                "%(count)s lines are not known yet: they are in neither figure.",
            ),
            {"count": total.not_known},
        )
    yield from _of_value(found, round_)
    yield from _of_the_rest(found)


def _of_value(found: Coverage, round_: Round) -> Iterator[Reason]:
    total = found.pool.total
    if total.value is None:
        return
    yield (
        N_("The values that were given come to %(value)s %(currency)s, net."),
        {"value": total.value, "currency": round_.currency},
    )
    if total.value_unknown:
        yield (
            NN_(
                "%(count)s line has a quantity and no value: the value of the lot is at least that.",
                "%(count)s lines have a quantity and no value: the value of the lot is at least that.",
            ),
            {"count": total.value_unknown},
        )


def _of_the_rest(found: Coverage) -> Iterator[Reason]:
    rest = found.together()
    if rest.known:
        yield (
            NN_(
                "%(count)s member is not in these figures that expected %(quantity)s when it last said so, at most %(maximum)s: an estimate, which is not included.",
                "%(count)s members are not in these figures that expected %(quantity)s when they last said so, at most %(maximum)s: an estimate, which is not included.",
            ),
            {"count": rest.known, "quantity": rest.amount.expected, "maximum": rest.amount.maximum},
        )
    if rest.unknown:
        yield (
            NN_(
                "%(count)s member is not in these figures of which no earlier figures are known.",
                "%(count)s members are not in these figures of which no earlier figures are known.",
            ),
            {"count": rest.unknown},
        )


def _warnings(found: Coverage) -> Iterator[Reason]:
    total, lot = found.pool.total, found.lot
    if not total.maximum:
        return
    if lot.qty_estimated is not None and lot.qty_estimated != total.expected:
        told = {"quantity": lot.qty_estimated, "pool": total.expected}
        if lot.estimate_motive.strip():
            yield (
                N_("The estimated quantity is set to %(quantity)s where the pool says %(pool)s; the motive is given."),
                told,
            )
        else:
            yield (
                N_(
                    "The estimated quantity is set to %(quantity)s where the pool says %(pool)s: say why, or the round cannot be made ready (R2)."
                ),
                told,
            )
    if lot.qty_maximum is not None and lot.qty_maximum < total.maximum:
        yield (
            N_(
                "The maximum is set to %(quantity)s, %(less)s below what the members may need: orders stop there (L05)."
            ),
            {"quantity": lot.qty_maximum, "less": total.maximum - lot.qty_maximum},
        )
