"""How far the pool is complete: who has answered, and what the others would bring by their last figures, kept apart as an estimate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select, union_all
from sqlalchemy.orm import Session

from framework.demand import cube, pool
from framework.demand.pooled import Amount, LotPool
from framework.ground.text import N_
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Lot, Round
from models.signons import SignOn

WHY = {
    "waiting": N_("handed in, waits for the lead"),
    "unconfirmed": N_("accepted, sign-on not confirmed"),
    "missing": N_("joined, no answer"),
    "invited": N_("invited, has not joined"),
}
"""Why a member is not in the pool of a lot, from the nearest to the farthest."""
SOURCES = {
    "now": N_("version handed in now"),
    "version": N_("earlier version of this round"),
    "round": N_("round before this one"),
    "none": N_("no earlier figures"),
}
"""Where the last figures of a member come from."""
_HANDED_IN = ("submitted", "accepted", "locked", "superseded")


@dataclass(frozen=True, slots=True)
class Last:
    """A member that is not in the pool of a lot: why, its last figures (None = unknown) and their source."""

    member_id: int
    name: str
    why: str
    amount: Amount | None = None
    source: str = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """The members with one reason: their last figures together, with how many have any, and how many have none."""

    why: str
    amount: Amount
    known: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """One lot: the pool as it is, and apart from it whoever is not in it. The two are never added."""

    lot: Lot
    pool: LotPool
    rest: tuple[Last, ...]

    @property
    def answered(self) -> int:
        """How many members count in the pool: with quantities, with none, or with nothing but "not known yet"."""
        return len(self.pool.by_member)

    @property
    def asked(self) -> int:
        """How many bodies there are: those that count, those that joined and those that were invited."""
        return self.answered + len(self.rest)

    def groups(self) -> list[Group]:
        """The rest by reason; reasons that nobody has are left out."""
        found = []
        for why in WHY:
            some = [last for last in self.rest if last.why == why]
            known = [last.amount for last in some if last.amount is not None]
            if some:
                found.append(Group(why, sum(known, Amount()), len(known), len(some) - len(known)))
        return found

    def together(self) -> Group:
        """The rest as one."""
        known = [last.amount for last in self.rest if last.amount is not None]
        return Group("", sum(known, Amount()), len(known), len(self.rest) - len(known))


def of(session: Session, round_: Round) -> tuple[Coverage, ...]:
    """The coverage of every lot of a round, in their order. Last figures are of the same lot, or of its like in the round before.

    A draft that was never handed in is its member's own and is not used; figures in another unit are not either.
    """
    figures = pool.figures(session, round_)
    invited = _invited(session, round_)
    now, before = _of_this_round(session, round_)
    earlier = _of_the_round_before(session, round_)
    found = []
    for lot, pooled in zip(round_.lots, figures.lots, strict=True):
        rest = [
            Last(m, figures.names.get(m, ""), why)
            for why in ("waiting", "unconfirmed", "missing")
            for m in getattr(pooled, why)
        ]
        rest += [Last(member, name, "invited") for member, name in invited.items()]
        known = [(now[lot.id], "now"), (before[lot.id], "version"), (earlier.get(lot.id, {}), "round")]
        found.append(Coverage(lot, pooled, tuple(_with_figures(last, known) for last in rest)))
    return tuple(found)


def _with_figures(last: Last, known: Iterable[tuple[Mapping[int, Amount], str]]) -> Last:
    """With the newest figures there are; where they are not known yet, unknown."""
    for amounts, source in known:
        amount = amounts.get(last.member_id)
        if amount is not None and (amount.is_known and amount.lines):
            return replace(last, amount=amount, source=source)
    return last


def _invited(session: Session, round_: Round) -> dict[int, str]:
    query = (
        select(Organisation.id, Organisation.name)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state == "invited")
        .order_by(Organisation.folded_name, Organisation.id)
    )
    return {row.id: row.name for row in session.execute(query)}


def _of_this_round(
    session: Session, round_: Round
) -> tuple[dict[int, dict[int, Amount]], dict[int, dict[int, Amount]]]:
    """By lot and member: what was handed in and is current, and the newest of what was handed in before."""
    was_handed_in = Demand.submitted_at.is_not(None) | Demand.state.in_(_HANDED_IN)
    where = (Demand.round_id == round_.id) & was_handed_in & ~pool.counting(round_)
    now: dict[int, dict[int, Amount]] = defaultdict(dict)
    before: dict[int, dict[int, Amount]] = defaultdict(dict)
    for row in session.execute(_sums(Demand.lot_id, Demand.member_id, Demand.version_no, Demand.state, where=where)):
        into = now if row.state in ("submitted", "accepted", "locked") else before
        into[row.lot_id][row.member_id] = cube.counted(row[4:]).amount()
    return now, before


def _of_the_round_before(session: Session, round_: Round) -> dict[int, dict[int, Amount]]:
    """By lot and member what was declared last for the lots that these continue, as far as these ask for it: two queries.

    The lot of the same code goes before others with a category in common.
    """
    if round_.copied_from_id is None:
        return {}
    earlier = session.scalars(select(Lot).where(Lot.round_id == round_.copied_from_id).order_by(Lot.number)).all()
    asked = [_asked_again(lot, one) for lot in round_.lots for one in earlier if _is_alike(lot, one)]
    if not asked:
        return {}
    found: dict[int, dict[int, Amount]] = defaultdict(dict)
    for row in sorted(session.execute(union_all(*asked)), key=lambda row: (row.is_same, row.number)):
        found[row.lot][row.member] = cube.counted(row[4:]).amount()
    return found


def _is_alike(lot: Lot, one: Lot) -> bool:
    return bool(set(one.categories) & set(lot.categories)) and one.unit == lot.unit


def _asked_again(lot: Lot, one: Lot) -> Select[Any]:
    """The sums of the members of an earlier lot, of the categories and contract years that this lot has."""
    place = (
        literal(lot.id).label("lot"),
        literal(int(one.code == lot.code)).label("is_same"),
        Demand.id.label("number"),
    )
    fits = and_(DemandLine.category.in_(lot.categories), DemandLine.year_no <= lot.years)
    return (
        select(*place, Demand.member_id.label("member"), *cube.sums())
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .where(Demand.lot_id == one.id, Demand.state.in_(("accepted", "locked")), fits)
        .group_by(Demand.id, Demand.member_id)
    )


def _sums(*by: Any, where: ColumnElement[bool]) -> Select[Any]:
    """Sums of declarations, the newest last."""
    query = select(*by, *cube.sums()).join(DemandLine, DemandLine.demand_id == Demand.id).where(where)
    return query.group_by(Demand.id, *by).order_by(Demand.id)
