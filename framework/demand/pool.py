"""The pool: what the members need together, added up by the database; unknown is counted beside it and never 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from framework.demand import cube
from framework.demand.counting import BEFORE_FREEZE as BEFORE_FREEZE
from framework.demand.counting import ENTITLED as ENTITLED
from framework.demand.counting import JOINED as JOINED
from framework.demand.counting import counting as counting
from framework.demand.counting import current as current
from framework.demand.counting import stamp as stamp_of
from framework.demand.cube import Cube
from framework.demand.pooled import Amount, Cell, LotPool, Pool, Stamp, kinds_of
from framework.ground.kept import Kept
from models.base import random_id
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Lot, Round
from models.signons import SignOn

KEPT = 8

_kept: Kept[Stamp, Pool] = Kept(KEPT)


SEEN = "pool"
"""Under this name a reading session keeps the pool that it saw, with the transaction in which it did."""


def figures(session: Session, round_: Round) -> Pool:
    """The pool of a round as it stands: accepted versions while demand runs, locked ones afterwards.

    Only members whose sign-on is confirmed count (from publication on: as frozen). One small query tells
    whether anything changed; only then the sums are made anew, from the declarations that changed. A writing transaction may yet be
    undone, so what it sees is neither taken from there nor kept. Within one transaction that reads it is asked for once.
    """
    if session.info.get("write"):
        return replace(compute(session, round_), stamp=(*stamp_of(session, round_), random_id()))
    within, number, seen = session.info.get(SEEN, (None, None, None))
    if seen is None or (within, number) != (session.get_transaction(), round_.id):
        seen = _as_it_stands(session, round_)
        session.info[SEEN] = (session.get_transaction(), round_.id, seen)
    found: Pool = seen
    return found


def _as_it_stands(session: Session, round_: Round) -> Pool:
    stamp = stamp_of(session, round_)
    found = _kept.get(stamp)
    if found is None:
        made = _composed(session, round_, cube.of(session, round_, stamp))
        found = _kept.put(stamp, replace(made, stamp=stamp))
    return found


def compute(session: Session, round_: Round) -> Pool:
    """The pool, added up by the database now: five queries at most, whatever the number of members."""
    return _composed(session, round_, None)


def _composed(session: Session, round_: Round, kept: Cube | None) -> Pool:
    """The pool from the cube that is kept, else from sums made now; they are the same."""
    joined = _joined(session, round_) if kept is None else kept.joined
    members = _by_member(session, round_) if kept is None else kept.by_member()
    cells = _cells(session, round_) if kept is None else kept.by_certainty()
    waiting = _waiting(session, round_)
    frozen = round_.state not in BEFORE_FREEZE
    lots = [
        _lot_pool(lot, members.get(lot.id, {}), cells.get(lot.id, []), joined, waiting[lot.id], frozen=frozen)
        for lot in _lots(session, round_)
    ]
    return _pool(round_.currency, tuple(lots), {member: name for member, (name, _state) in joined.items()})


def _lots(session: Session, round_: Round) -> Iterable[Lot]:
    """The lots of a round in their order; who writes may have changed them a moment ago."""
    if not session.info.get("write"):
        return round_.lots
    return session.scalars(select(Lot).where(Lot.round_id == round_.id).order_by(Lot.number))


def without(session: Session, round_: Round, figures: Pool, member_id: int) -> Pool:
    """The pool as it is without a member: every figure of it, not only the totals. One query."""
    mine = _cells(session, round_, Demand.member_id == member_id)
    lots = tuple(lot.without(member_id, mine.get(lot.lot_id, [])) for lot in figures.lots)
    names = {member: name for member, name in figures.names.items() if member != member_id}
    return _pool(figures.currency, lots, names, stamp=(*figures.stamp, "without", member_id))


def _pool(currency: str, lots: tuple[LotPool, ...], names: dict[int, str], *, stamp: Stamp = ()) -> Pool:
    whole = sum((lot.total for lot in lots), Amount())
    contributing = {m for lot in lots for m, amount in lot.by_member.items() if amount.expected or amount.maximum}
    return Pool(currency, lots, names, len(contributing), whole.value, whole.value_unknown, stamp)


def _joined(session: Session, round_: Round) -> dict[int, tuple[str, str]]:
    """Members that joined, with name and state of the sign-on."""
    query = (
        select(Organisation.id, Organisation.name, SignOn.state)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state.in_((*JOINED, "left")))
        .order_by(case((SignOn.state == "left", 0), else_=1), Organisation.name)
    )
    return {row.id: (row.name, row.state) for row in session.execute(query)}


def _sums() -> tuple[ColumnElement[Any], ...]:
    known = DemandLine.qty_expected.is_not(None)
    no_value = known & DemandLine.value_expected.is_(None)
    return (
        func.coalesce(func.sum(DemandLine.qty_firm), 0),
        func.coalesce(func.sum(DemandLine.qty_expected), 0),
        func.coalesce(func.sum(DemandLine.qty_max), 0),
        func.sum(DemandLine.value_expected),
        func.coalesce(func.sum(case((no_value, 1), else_=0)), 0),
        func.count(DemandLine.id),
        func.coalesce(func.sum(case((DemandLine.id.is_not(None) & ~known, 1), else_=0)), 0),
    )


def _amount(values: Iterable[Any]) -> Amount:
    firm, expected, most, value, no_value, lines, not_known = values
    return Amount(int(firm), int(expected), int(most), value, int(no_value), int(lines), int(not_known))


def _by_member(session: Session, round_: Round) -> dict[int, dict[int, Amount]]:
    """Sums by lot and member of every current version, of unconfirmed members too; one without lines is all zero."""
    query: Select[Any] = (
        select(Demand.lot_id, Demand.member_id, *_sums())
        .outerjoin(DemandLine, DemandLine.demand_id == Demand.id)
        .where(current(round_))
        .group_by(Demand.lot_id, Demand.member_id)
    )
    found: dict[int, dict[int, Amount]] = defaultdict(dict)
    for lot_id, member_id, *values in session.execute(query):
        found[lot_id][member_id] = _amount(values)
    return found


def _waiting(session: Session, round_: Round) -> dict[int, set[int]]:
    """Members with a submitted version, by lot."""
    query = select(Demand.lot_id, Demand.member_id).where(Demand.round_id == round_.id, Demand.state == "submitted")
    found: dict[int, set[int]] = defaultdict(set)
    for lot_id, member_id in session.execute(query):
        found[lot_id].add(member_id)
    return found


def _cells(session: Session, round_: Round, *where: ColumnElement[bool]) -> dict[int, list[Cell]]:
    names = (DemandLine.category, DemandLine.spec_tier, DemandLine.year_no, DemandLine.certainty)
    query: Select[Any] = (
        select(Demand.lot_id, *names, *_sums())
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .where(counting(round_), *where)
        .group_by(Demand.lot_id, *names)
        .order_by(Demand.lot_id, *names)
    )
    found: dict[int, list[Cell]] = defaultdict(list)
    for lot_id, category, tier, year, certainty, *values in session.execute(query):
        found[lot_id].append(Cell(category, tier, year, certainty, _amount(values)))
    return found


def _lot_pool(
    lot: Lot,
    members: dict[int, Amount],
    cells: list[Cell],
    joined: Mapping[int, tuple[str, str]],
    waiting: set[int],
    *,
    frozen: bool,
) -> LotPool:
    counted = {m: a for m, a in members.items() if frozen or (m in joined and joined[m][1] in ENTITLED)}
    declared, nothing, not_known = kinds_of(counted)
    still_in = {m for m, (_name, state) in joined.items() if state in JOINED}
    return LotPool(
        lot_id=lot.id,
        public_id=lot.public_id,
        code=lot.code,
        name=lot.name,
        unit=lot.unit,
        total=sum(counted.values(), Amount()),
        cells=tuple(cells),
        by_member=counted,
        waiting=tuple(m for m in joined if m in still_in and m not in members and m in waiting),
        missing=tuple(m for m in joined if m in still_in and m not in members and m not in waiting),
        unconfirmed=tuple(m for m in members if m not in counted and m in still_in),
        declared=declared,
        nothing=nothing,
        not_known=not_known,
    )
