"""Who stands behind each group of a lot: expected pieces and net money by member, as the pool counts them.

What of it readers outside the circle of buyers may be told is decided here, once for every page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from framework.demand import pool
from framework.ground.kept import Kept
from framework.rounds import settings
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Lot, Round

KEPT = 16

Group = tuple[str, str]
"""Category and spec tier."""

_kept: Kept[tuple[Any, ...], dict[int, Ledger]] = Kept(KEPT)


@dataclass(frozen=True, slots=True)
class Share:
    """What one member expects of one group: pieces, the known money in cents (None = none is known), and whether some is not."""

    units: int = 0
    cents: int | None = None
    unvalued: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """The pooled expected demand of a lot by group and member. `names` are public id and name by member.

    `stamp` is equal for equal demand of which the money is told alike; empty where it may yet be undone. `held_back` are
    groups that are left out, for too few members stand behind them for this reader; `tells_money` is false where its money
    is left out.
    """

    lot_id: int
    unit: str
    currency: str
    groups: Mapping[Group, Mapping[int, Share]]
    names: Mapping[int, tuple[str, str]]
    held_back: frozenset[Group] = frozenset()
    tells_money: bool = True
    stamp: tuple[Any, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether anything is left to tell: not where every piece of the lot is left out."""
        return not self.held_back or self.units > 0

    @property
    def units(self) -> int:
        """All pooled pieces."""
        return sum(self.units_of(group) for group in self.groups)

    @property
    def cents(self) -> int | None:
        """All known money in cents; None where none is known."""
        return _known(self.cents_of(group) for group in self.groups)

    def units_of(self, group: Group) -> int:
        """The pooled pieces of a group."""
        return sum(share.units for share in self.groups.get(group, {}).values())

    def cents_of(self, group: Group) -> int | None:
        """The known money of a group in cents; None where none is known."""
        return _known(share.cents for share in self.groups.get(group, {}).values())

    def members(self, groups: Iterable[Group]) -> frozenset[int]:
        """The members that expect at least one piece of some of these groups."""
        return frozenset(m for g in groups for m, share in self.groups.get(g, {}).items() if share.units)

    def unvalued(self, groups: Iterable[Group]) -> int:
        """How many members have pieces in these groups whose value is not known."""
        return len({m for g in groups for m, share in self.groups.get(g, {}).items() if share.units and share.unvalued})

    def by_member(self) -> dict[int, Share]:
        """What each member expects of all groups together."""
        found: dict[int, Share] = {}
        for shares in self.groups.values():
            for member, share in shares.items():
                before = found.get(member, Share())
                cents = _known((before.cents, share.cents))
                unvalued = before.unvalued or (share.unvalued and share.units > 0)
                found[member] = Share(before.units + share.units, cents, unvalued)
        return found

    def of(self, member: int) -> Ledger:
        """The part of one member."""
        return self._only(lambda one: one == member)

    def without(self, member: int) -> Ledger:
        """What is left where a member leaves."""
        return self._only(lambda one: one != member)

    def for_outsiders(self, least: int) -> Ledger:
        """Without groups behind which fewer than `least` members stand, and without what would let them be computed.

        A sum that is left out is known to everybody who sees the whole of a category or of the lot; so what is left out
        together, in a category and in the lot, has `least` members behind it too, or more is left out.
        """
        out: set[Group] = set()
        categories = sorted({group[0] for group in self.groups})
        for category in categories:
            out |= self._left_out([[g] for g in self.groups if g[0] == category], least)
        whole = [[g for g in self.groups if g[0] == category] for category in categories]
        shown = [some for some in whole if not set(some) <= out]
        if out and len(self.members(out)) < least:
            for some in sorted(shown, key=lambda some: (sum(map(self.units_of, some)), some)):
                out |= set(some)
                if len(self.members(out)) >= least:
                    break
        left = {group: members for group, members in self.groups.items() if group not in out}
        tells_money = self._may_tell_money(out, least)
        return replace(
            self,
            groups=left if tells_money else _without_money(left),
            held_back=frozenset(out),
            tells_money=tells_money,
            stamp=(*self.stamp, tells_money) if self.stamp else (),
        )

    def _may_tell_money(self, out: set[Group], least: int) -> bool:
        """Money is told where nothing is left out and at least so many members gave a value for every group."""
        valued = [sum(1 for share in members.values() if share.cents) for members in self.groups.values()]
        return not out and all(not number or number >= least for number in valued)

    def _left_out(self, cells: list[list[Group]], least: int) -> set[Group]:
        """The groups to leave out of one sum: those with few members, and the least others until nothing can be told."""
        few = [some for some in cells if 0 < len(self.members(some)) < least]
        out = {group for some in few for group in some}
        others = sorted((some for some in cells if self.members(some) and some not in few), key=self._weight)
        while out and len(self.members(out)) < least and others:
            out |= set(others.pop(0))
        return out

    def _weight(self, groups: list[Group]) -> tuple[int, list[Group]]:
        return sum(map(self.units_of, groups)), groups

    def _only(self, is_kept: Callable[[int], bool]) -> Ledger:
        groups = {g: {m: share for m, share in members.items() if is_kept(m)} for g, members in self.groups.items()}
        return replace(self, groups=groups, names={m: name for m, name in self.names.items() if is_kept(m)})


def ledgers(session: Session, round_: Round) -> dict[int, Ledger]:
    """The demand of every lot of a round as the pool counts it, by lot. Made anew only where demand or sign-ons changed."""
    if session.info.get("write"):
        return _load(session, round_)
    stamp = pool.figures(session, round_).stamp
    return _keep(stamp, lambda: {n: replace(one, stamp=(*stamp, n)) for n, one in _load(session, round_).items()})


def told_outside(session: Session, round_: Round) -> dict[int, Ledger]:
    """What of the demand of every lot is told to who neither buys nor leads, by lot."""
    least = settings.value(round_, "min_cell_members")
    inside = ledgers(session, round_)

    def outside() -> dict[int, Ledger]:
        return {number: one.for_outsiders(least) for number, one in inside.items()}

    if session.info.get("write"):
        return outside()
    return _keep((*pool.figures(session, round_).stamp, "outside", least), outside)


def _keep(key: tuple[Any, ...], made: Callable[[], dict[int, Ledger]]) -> dict[int, Ledger]:
    found = _kept.get(key)
    return _kept.put(key, made()) if found is None else found


def _load(session: Session, round_: Round) -> dict[int, Ledger]:
    """Added up by the database now: one query, however many lots."""
    found: dict[int, dict[Group, dict[int, Share]]] = defaultdict(lambda: defaultdict(dict))
    names: dict[int, tuple[str, str]] = {}
    for row in session.execute(_shares(round_)):
        cents = None if row.value is None else int(row.value * 100)
        share = Share(int(row.units), cents, bool(row.missing))
        found[row.lot_id][row.category, row.spec_tier][row.member_id] = share
        names[row.member_id] = row.public_id, row.name
    by_name = dict(sorted(names.items(), key=lambda one: (one[1][1].casefold(), one[0])))
    return {lot.id: _of_lot(lot, round_, found[lot.id], by_name) for lot in round_.lots}


def _of_lot(
    lot: Lot, round_: Round, groups: Mapping[Group, Mapping[int, Share]], names: Mapping[int, tuple[str, str]]
) -> Ledger:
    members = {member for some in groups.values() for member in some}
    here = {member: name for member, name in names.items() if member in members}
    return Ledger(lot.id, lot.unit, round_.currency, dict(groups), here)


def _shares(round_: Round) -> Select[Any]:
    """The sums of each member by lot, category and tier, sorted by category, tier and member."""
    known = DemandLine.qty_expected.is_not(None)
    no_value = known & DemandLine.value_expected.is_(None)
    by: list[Any] = [Demand.lot_id, Demand.member_id, DemandLine.category, DemandLine.spec_tier]
    by += [Organisation.public_id, Organisation.name]
    sums: list[Any] = [
        func.coalesce(func.sum(DemandLine.qty_expected), 0).label("units"),
        func.sum(DemandLine.value_expected).label("value"),
        func.sum(case((no_value & (DemandLine.qty_expected > 0), 1), else_=0)).label("missing"),
    ]
    return (
        select(*by, *sums)
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .join(Organisation, Organisation.id == Demand.member_id)
        .where(pool.counting(round_))
        .group_by(*by)
        .order_by(DemandLine.category, DemandLine.spec_tier, Demand.member_id)
    )


def _without_money(groups: Mapping[Group, Mapping[int, Share]]) -> dict[Group, dict[int, Share]]:
    return {
        g: {m: replace(share, cents=None, unvalued=False) for m, share in some.items()} for g, some in groups.items()
    }


def _known(found: Iterable[int | None]) -> int | None:
    known = [one for one in found if one is not None]
    return sum(known) if known else None
