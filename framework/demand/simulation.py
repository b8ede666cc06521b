"""What if: a member leaves, one joins, a lot is split. Nothing is kept of it, and nothing changes by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand import cube, pool
from framework.demand.pooled import Amount, LotPool
from models.demand import Demand, DemandLine
from models.rounds import Lot, Round

SPLITS = ("category", "tier")
JOINING = 0
"""The number under which whoever would join stands among the members."""


@dataclass(frozen=True, slots=True)
class Question:
    """Members that leave, what somebody who joins would declare by lot, and by what which lot is split."""

    leaving: frozenset[int] = frozenset()
    joining: Mapping[int, Amount] = field(default_factory=dict)
    split: tuple[int, str] | None = None

    @property
    def is_asked(self) -> bool:
        """Whether anything would change."""
        return bool(self.leaving or self.joining or self.split)


@dataclass(frozen=True, slots=True)
class Share:
    """One member's expected pieces and its percent of the lot's, before and after; None where it is not in it."""

    member_id: int
    expected: int
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Part:
    """What would be a lot of its own: the value it is split by, its sums, members with a quantity, the largest share."""

    value: str
    amount: Amount
    members: int
    largest: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One lot before and after, in its unit; `over` is what the members may need beyond the maximum that is set.

    `parts` are blank where the lot is not split. Who would join has no categories or tiers, and is in none of them.
    """

    lot: Lot
    before: Amount
    after: Amount
    members: tuple[int, int]
    shares: tuple[Share, ...]
    parts: tuple[Part, ...] = ()
    joined: Amount | None = None

    @property
    def over(self) -> int | None:
        """Pieces of the maximum after the change beyond the one that is set; None where none is set."""
        return None if self.lot.qty_maximum is None else max(self.after.maximum - self.lot.qty_maximum, 0)


def of(session: Session, round_: Round, question: Question) -> tuple[Outcome, ...]:
    """What would become of every lot of a round, in their order: at most one query beside the pool's own."""
    figures = pool.figures(session, round_)
    return tuple(
        _of_lot(session, round_, lot, pooled, question) for lot, pooled in zip(round_.lots, figures.lots, strict=True)
    )


def _of_lot(session: Session, round_: Round, lot: Lot, pooled: LotPool, question: Question) -> Outcome:
    joined = question.joining.get(lot.id)
    after = {m: amount for m, amount in pooled.by_member.items() if m not in question.leaving}
    if joined is not None:
        after[JOINING] = joined
    total = sum(after.values(), Amount())
    parts: tuple[Part, ...] = ()
    if question.split is not None and question.split[0] == lot.id:
        parts = _parts(session, round_, lot, question)
    return Outcome(
        lot=lot,
        before=pooled.total,
        after=total,
        members=(_declared(pooled.by_member), _declared(after)),
        shares=_shares(pooled.by_member, pooled.total, after, total),
        parts=parts,
        joined=joined,
    )


def _declared(members: Mapping[int, Amount]) -> int:
    return sum(1 for amount in members.values() if amount.expected or amount.maximum)


def _shares(before: Mapping[int, Amount], old: Amount, after: Mapping[int, Amount], new: Amount) -> tuple[Share, ...]:
    """The shares of all members, the largest first; those that leave have none afterwards."""
    found = []
    for member, amount in (dict(before) | dict(after)).items():
        was = _part(amount, old) if member in before else None
        becomes = _part(amount, new) if member in after else None
        found.append(Share(member, amount.expected, was, becomes))
    return tuple(sorted(found, key=lambda one: (-one.expected, one.member_id)))


def _part(amount: Amount, total: Amount) -> Decimal | None:
    if not total.expected or not amount.is_known:
        return None
    return Decimal(amount.expected) * 100 / total.expected


def _parts(session: Session, round_: Round, lot: Lot, question: Question) -> tuple[Part, ...]:
    """The lot by category or tier without whoever leaves, in the order of the values."""
    by = DemandLine.category if question.split and question.split[1] == "category" else DemandLine.spec_tier
    query: Any = (
        select(by, Demand.member_id, *cube.sums())
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .where(pool.counting(round_), Demand.lot_id == lot.id)
        .group_by(by, Demand.member_id)
    )
    found: dict[str, dict[int, Amount]] = defaultdict(dict)
    for value, member, *row in session.execute(query):
        if member not in question.leaving:
            found[value][member] = cube.counted(row).amount()
    return tuple(_part_of(value, members) for value, members in sorted(found.items()))


def _part_of(value: str, members: Mapping[int, Amount]) -> Part:
    total = sum(members.values(), Amount())
    shares = [share for amount in members.values() if (share := _part(amount, total)) is not None]
    return Part(value, total, _declared(members), max(shares, default=None))
