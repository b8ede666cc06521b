"""Who moved since the last version: a member's accepted version of a lot against the one that counted before, category by category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.demand.counting import portions
from framework.demand.declare import CURRENT
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Lot, Round

Sums = tuple[int, int, int, int]
"""Firm, expected and maximum over all contract years in the lot's unit, and how many lines are not known yet."""
NOTHING: Sums = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Version:
    """An accepted version; `public_id` blank and `number` 0 where none counts any more."""

    id: int
    public_id: str
    number: int


GONE = Version(0, "", 0)


@dataclass(frozen=True, slots=True)
class Move:
    """One category of a member's lot before and after, in pieces of the lot's unit."""

    member: str
    lot_id: int
    category: str
    before: Sums
    after: Sums
    old: Version
    new: Version

    @property
    def expected(self) -> int | None:
        """How much more is expected than before; None where neither says anything but “not known yet”, or only one does."""
        return None if is_unknown(self.before) or is_unknown(self.after) else self.after[1] - self.before[1]

    @property
    def is_partial(self) -> bool:
        """Whether lines stand behind it that are not known yet in either version."""
        return bool(self.before[3] or self.after[3])


def is_unknown(sums: Sums) -> bool:
    """Whether all lines behind the sums are not known yet."""
    return sums[3] > 0 and not any(sums[:3])


def moves(session: Session, round_: Round, *, lot_id: int | None = None) -> list[Move]:
    """Every category that changed between the last two accepted versions of a member and a lot, the largest change first.

    What cannot be told in figures comes first of all. Two queries, and one for every 5,000 versions.
    """
    pairs = _pairs(session, round_, lot_id)
    sums = _sums(session, {version.id for pair in pairs for version in pair[2:]})
    found = [
        Move(member, lot, category, before, after, old, new)
        for member, lot, old, new in pairs
        for category, before, after in _changed(sums.get(old.id, {}), sums.get(new.id, {}))
    ]
    return sorted(found, key=_rank)


def _rank(move: Move) -> tuple[object, ...]:
    expected = move.expected
    others = max(abs(move.after[0] - move.before[0]), abs(move.after[2] - move.before[2]))
    return (expected is not None, -abs(expected or 0), -others, move.member.casefold(), move.lot_id, move.category)


def _changed(before: dict[str, Sums], after: dict[str, Sums]) -> Iterable[tuple[str, Sums, Sums]]:
    for category in dict.fromkeys((*before, *after)):
        old, new = before.get(category, NOTHING), after.get(category, NOTHING)
        if old != new:
            yield category, old, new


def _pairs(session: Session, round_: Round, lot_id: int | None) -> list[tuple[str, int, Version, Version]]:
    """Member, lot, the version that counted before and the one that counts; members with one version only are left out."""
    query = (
        select(Organisation.name, Demand.lot_id, Demand.member_id, Demand.id, Demand.public_id, Demand.version_no, Demand.state)
        .join(Organisation, Organisation.id == Demand.member_id)
        .join(Lot, Lot.id == Demand.lot_id)
        .where(Demand.round_id == round_.id, Demand.accepted_at.is_not(None))
        .order_by(Organisation.folded_name, Organisation.id, Lot.number, Demand.version_no)
    )  # fmt: skip
    if lot_id is not None:
        query = query.where(Demand.lot_id == lot_id)
    versions: dict[tuple[str, int, int], list[tuple[Version, str]]] = {}
    for row in session.execute(query):
        found = versions.setdefault((row.name, row.lot_id, row.member_id), [])
        found.append((Version(row.id, row.public_id, row.version_no), row.state))
    pairs = []
    for (name, lot, __), found in versions.items():
        stands = found[-1][1] in CURRENT
        if stands and len(found) > 1:
            pairs.append((name, lot, found[-2][0], found[-1][0]))
        elif not stands:
            pairs.append((name, lot, found[-1][0], GONE))
    return pairs


def _sums(session: Session, versions: set[int]) -> dict[int, dict[str, Sums]]:
    query = (
        select(
            DemandLine.demand_id,
            DemandLine.category,
            func.coalesce(func.sum(DemandLine.qty_firm), 0),
            func.coalesce(func.sum(DemandLine.qty_expected), 0),
            func.coalesce(func.sum(DemandLine.qty_max), 0),
            func.count() - func.count(DemandLine.qty_expected),
        )
        .group_by(DemandLine.demand_id, DemandLine.category)
        .order_by(DemandLine.demand_id, DemandLine.category)
    )
    found: dict[int, dict[str, Sums]] = {}
    for some in portions(versions):
        for demand_id, category, *sums in session.execute(query.where(DemandLine.demand_id.in_(some))):
            firm, expected, most, unknown = (int(value or 0) for value in sums)
            found.setdefault(demand_id, {})[category] = (firm, expected, most, unknown)
    return found
