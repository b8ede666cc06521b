"""The pool at its finest grain, kept between requests: after a change only the declarations that changed are read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import Session

from framework.demand import counting
from framework.demand.pooled import Amount, Cell, Stamp
from framework.ground.kept import Kept
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

KEPT = 8
"""Rounds whose cube is kept by a process."""
MOST_CHANGED = 200
"""Where more declarations changed than these, all is added up anew: that is then the shorter way."""
ENDED = ("left", "refused")
"""States of a sign-on that are final: a new attempt is a new one."""


class Grain(NamedTuple):
    """What a cell of the cube is a group of; `member_class` is the class named in the notice, `body` the type of body."""

    lot: int
    category: str
    tier: str
    year: int
    country: str
    certainty: str
    member_class: str
    body: str


class Sums(NamedTuple):
    """Whole pieces, known net value in cents, and lines: with a value, without one, not known yet, all."""

    firm: int = 0
    expected: int = 0
    maximum: int = 0
    cents: int = 0
    valued: int = 0
    value_unknown: int = 0
    not_known: int = 0
    lines: int = 0

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(*map(int.__add__, self, other))

    def minus(self, other: Sums) -> Sums:
        """These without others."""
        return Sums(*map(int.__sub__, self, other))

    def amount(self) -> Amount:
        """The same as an amount of the pool: no value is known where no line has one."""
        value = Decimal(self.cents).scaleb(-2) if self.valued else None
        return Amount(self.firm, self.expected, self.maximum, value, self.value_unknown, self.lines, self.not_known)


class Whose(NamedTuple):
    """Whose a declaration is, and whether it counts: its lines stay as they are while its version does."""

    lot: int
    member: int
    version: int
    counts: bool
    member_class: str
    body: str


class _Body(NamedTuple):
    """One sign-on with its body."""

    member: int
    state: str
    member_class: str
    body: str
    name: str


@dataclass(frozen=True, slots=True)
class Cube:
    """Every cell of a round's pool with at least one line; the current declarations by number, and what each comes to.

    `amounts` hold declarations that do not count too, for their member is not confirmed. `joined` are members that joined,
    by name, and those that left again before them: name and state of the sign-on.
    """

    stamp: Stamp
    cells: Mapping[Grain, Sums]
    whose: Mapping[int, Whose]
    amounts: Mapping[int, Amount]
    joined: Mapping[int, tuple[str, str]]

    def by_member(self) -> dict[int, dict[int, Amount]]:
        """What every current declaration comes to, by lot and member."""
        found: dict[int, dict[int, Amount]] = defaultdict(dict)
        for one, number in sorted((one, number) for number, one in self.whose.items()):
            found[one.lot][one.member] = self.amounts[number]
        return found

    def by_certainty(self) -> dict[int, list[Cell]]:
        """The cells of each lot by category, tier, contract year and certainty, in this order."""
        found: dict[tuple[int, str, str, int, str], Sums] = {}
        for grain, sums in self.cells.items():
            key = (grain.lot, grain.category, grain.tier, grain.year, grain.certainty)
            found[key] = found[key].plus(sums) if key in found else sums
        cells: dict[int, list[Cell]] = defaultdict(list)
        for (lot, category, tier, year, certainty), sums in sorted(found.items()):
            cells[lot].append(Cell(category, tier, year, certainty, sums.amount()))
        return cells


_kept: Kept[str, Cube] = Kept(KEPT)


def of(session: Session, round_: Round, stamp: Stamp = ()) -> Cube:
    """The cube of a round as it stands; equal to `rebuilt`, made from the one that was kept where little changed.

    A writing transaction may yet be undone: it adds up for itself, and nothing of it is kept. The same holds for a page
    that sees an older state than the one that is kept: what counts there now may have had other lines then.
    """
    if session.info.get("write"):
        return rebuilt(session, round_)
    stamp = stamp or counting.stamp(session, round_)
    kept = _kept.get(round_.public_id)
    if kept is not None and kept.stamp == stamp:
        return kept
    if kept is not None and counting.is_older(stamp, kept.stamp):
        return rebuilt(session, round_, stamp)
    return _kept.put(round_.public_id, _followed(session, round_, kept, stamp))


def rebuilt(session: Session, round_: Round, stamp: Stamp = ()) -> Cube:
    """The cube, added up from every line by the database now: three queries, one more where a member was never on the list."""
    names = (Demand.id, Demand.lot_id, Demand.member_id, Demand.version, func.count(DemandLine.id))
    query: Select[Any] = select(*names, *sums()).outerjoin(DemandLine, DemandLine.demand_id == Demand.id)
    rows = session.execute(query.where(counting.current(round_)).group_by(Demand.id)).all()
    bodies = _bodies(session, round_)
    whose = _as_whose(session, round_, bodies, [(row[0], row[1], row[2], row[3]) for row in rows])
    amounts = {row[0]: counted(row[5:]).amount() if row[4] else Amount() for row in rows}
    return Cube(stamp, dict(_cells(session, counting.counting(round_))), whose, amounts, _joined(bodies))


def _followed(session: Session, round_: Round, kept: Cube | None, stamp: Stamp) -> Cube:
    """The kept cube without the declarations that are no longer as they were, and with those that are new."""
    if kept is None:
        return rebuilt(session, round_, stamp)
    bodies = _bodies(session, round_)
    whose = _whose(session, round_, bodies)
    gone = {number: one for number, one in kept.whose.items() if whose.get(number) != one}
    come = {number: one for number, one in whose.items() if kept.whose.get(number) != one}
    if len(gone) + len(come) > MOST_CHANGED or any(_is_edited(one, come.get(number)) for number, one in gone.items()):
        return rebuilt(session, round_, stamp)
    cells = dict(kept.cells)
    for grain, sums in _lines(session, gone):
        if grain not in cells:  # other lines than those that were added up: nothing of the kept figures is sure then
            return rebuilt(session, round_, stamp)
        left = cells[grain].minus(sums)
        cells[grain] = left
        if not left.lines:
            del cells[grain]
    for grain, sums in _lines(session, come):
        cells[grain] = cells[grain].plus(sums) if grain in cells else sums
    amounts = {number: amount for number, amount in kept.amounts.items() if number in whose} | dict.fromkeys(
        come, Amount()
    )
    for some in counting.portions(come):
        amounts |= {number: sums.amount() for number, sums in totals(session, Demand.id.in_(some))}
    return Cube(stamp, cells, whose, amounts, _joined(bodies))


def _is_edited(before: Whose, after: Whose | None) -> bool:
    """Whether the lines of a declaration may be other ones than those that were added up."""
    return after is not None and after.version != before.version


def _whose(session: Session, round_: Round, bodies: Sequence[_Body]) -> dict[int, Whose]:
    query = select(Demand.id, Demand.lot_id, Demand.member_id, Demand.version).where(counting.current(round_))
    return _as_whose(session, round_, bodies, [(row[0], row[1], row[2], row[3]) for row in session.execute(query)])


def _as_whose(
    session: Session, round_: Round, bodies: Sequence[_Body], found: Sequence[tuple[int, int, int, int]]
) -> dict[int, Whose]:
    """Numbers of declarations, lots, members and versions, with what is said of each member."""
    members = _members(bodies)
    frozen = round_.state not in counting.BEFORE_FREEZE
    strangers = {member for _number, _lot, member, _version in found} - members.keys()
    if strangers:
        others = select(Organisation.id, Organisation.body_type).where(Organisation.id.in_(strangers))
        members |= {member: (False, "", body or "") for member, body in session.execute(others)}
    return {
        number: Whose(lot, member, version, frozen or members[member][0], *members[member][1:])
        for number, lot, member, version in found
    }


def _bodies(session: Session, round_: Round) -> list[_Body]:
    """Every sign-on of a round with its body: those that left first, then by name."""
    query = (
        select(SignOn.organisation_id, SignOn.state, SignOn.class_name, Organisation.body_type, Organisation.name)
        .join(Organisation, Organisation.id == SignOn.organisation_id)
        .where(SignOn.round_id == round_.id)
        .order_by(case((SignOn.state == "left", 0), else_=1), Organisation.name, SignOn.id)
    )
    return [
        _Body(member, state, name, body or "", called) for member, state, name, body, called in session.execute(query)
    ]


def _members(bodies: Iterable[_Body]) -> dict[int, tuple[bool, str, str]]:
    """Whether a member is confirmed, its class and type of body; a member whose sign-on ended has no class."""
    found: dict[int, tuple[bool, str, str]] = {}
    for one in bodies:
        if one.state not in ENDED:
            found[one.member] = (one.state in counting.ENTITLED, one.member_class, one.body)
        else:
            found.setdefault(one.member, (False, "", one.body))
    return found


def _joined(bodies: Iterable[_Body]) -> dict[int, tuple[str, str]]:
    """Members that joined, with name and state of the sign-on."""
    return {one.member: (one.name, one.state) for one in bodies if one.state in (*counting.JOINED, "left")}


def _cells(session: Session, where: ColumnElement[bool]) -> Iterator[tuple[Grain, Sums]]:
    told = (func.coalesce(SignOn.class_name, ""), func.coalesce(Organisation.body_type, ""))
    grain: list[Any] = [*_grain(), *told]
    ended = [literal(state, literal_execute=True) for state in ENDED]  # as words of the statement, for their index
    ours = (SignOn.round_id == Demand.round_id) & (SignOn.organisation_id == Demand.member_id)
    query = (
        select(*grain, *sums())
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .join(Organisation, Organisation.id == Demand.member_id)
        .outerjoin(SignOn, ours & SignOn.state.not_in(ended))
        .where(where)
        .group_by(*grain)
    )
    for row in session.execute(query):
        yield Grain(*row[:8]), counted(row[8:])


def _lines(session: Session, whose: Mapping[int, Whose]) -> Iterator[tuple[Grain, Sums]]:
    """The lines of declarations that count; each belongs to the class in which it counted."""
    grain = _grain()
    query: Select[Any] = select(Demand.id, *grain, *sums()).join(DemandLine, DemandLine.demand_id == Demand.id)
    for some in counting.portions(number for number, one in whose.items() if one.counts):
        for row in session.execute(query.where(Demand.id.in_(some)).group_by(Demand.id, *grain)):
            one = whose[row[0]]
            yield Grain(*row[1:7], one.member_class, one.body), counted(row[7:])  # type: ignore[call-arg]


def totals(session: Session, where: ColumnElement[bool]) -> Iterator[tuple[int, Sums]]:
    """What each of some declarations comes to, by its number; one without lines is left out."""
    query: Select[Any] = select(Demand.id, *sums()).join(DemandLine, DemandLine.demand_id == Demand.id)
    for number, *row in session.execute(query.where(where).group_by(Demand.id)):
        yield number, counted(row)


def _grain() -> list[Any]:
    place = [Demand.lot_id, DemandLine.category, DemandLine.spec_tier, DemandLine.year_no]
    return [*place, DemandLine.delivery_country, DemandLine.certainty]


def sums() -> tuple[ColumnElement[Any], ...]:
    """What `counted` reads: the sums of a group of lines, of which there is one at least."""
    known = DemandLine.qty_expected.is_not(None)
    no_value = known & DemandLine.value_expected.is_(None)
    return (
        func.coalesce(func.sum(DemandLine.qty_firm), 0),
        func.coalesce(func.sum(DemandLine.qty_expected), 0),
        func.coalesce(func.sum(DemandLine.qty_max), 0),
        func.sum(DemandLine.value_expected),
        func.count(DemandLine.value_expected),
        func.sum(case((no_value, 1), else_=0)),
        func.sum(case((~known, 1), else_=0)),
        func.count(),
    )


def counted(row: Iterable[Any]) -> Sums:
    """The sums of a group as the database tells them."""
    firm, expected, most, value, *lines = row
    return Sums(int(firm), int(expected), int(most), 0 if value is None else int(value * 100), *map(int, lines))
