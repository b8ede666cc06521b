"""What the departments of a member need, as plain values, and the lines of the declaration that are their sums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from framework.demand import rules
from framework.demand.lines import QUANTITIES, Key, Line, Scope, tier_in
from framework.ground.issues import Issue
from models.demand import Demand
from models.departments import Department, DepartmentFigure
from models.rounds import Lot

UNSAID = rules.DEPARTMENTS_UNSAID
"""Why a line stands as not known that is a sum of which a part is missing; a mark of ours, put into words when shown."""
Quantities = tuple[int | None, int | None, int | None]
_FIELDS = ("category", "spec_tier", "delivery_country", "year_no", *QUANTITIES, "note")


@dataclass(frozen=True, slots=True)
class Figure:
    """What one department needs of one line: whole pieces, each None where it did not say.

    `row` is where it was typed or read and takes no part in comparisons.
    """

    department_id: int
    category: str
    spec_tier: str
    delivery_country: str
    year_no: int
    qty_firm: int | None = None
    qty_expected: int | None = None
    qty_max: int | None = None
    note: str = ""
    row: int | None = field(default=None, compare=False)

    @property
    def key(self) -> Key:
        """The line of the declaration that it is a part of."""
        return (self.category, self.spec_tier, self.delivery_country, self.year_no)

    @property
    def quantities(self) -> Quantities:
        """Firm, expected and maximum."""
        return (self.qty_firm, self.qty_expected, self.qty_max)

    @property
    def is_known(self) -> bool:
        """Whether a quantity stands in it."""
        return any(value is not None for value in self.quantities)

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing at all, so that nothing is kept of it."""
        return not self.is_known and not self.note


@dataclass(frozen=True, slots=True)
class Sum:
    """The figures of one line added up: each field the sum of those that are known, None where nobody gave it.

    `departments` gave at least one quantity, `partly` of them left another one open, `silent` wrote only a note.
    """

    qty_firm: int | None = None
    qty_expected: int | None = None
    qty_max: int | None = None
    departments: int = 0
    partly: int = 0
    silent: int = 0

    @property
    def quantities(self) -> Quantities:
        """Firm, expected and maximum."""
        return (self.qty_firm, self.qty_expected, self.qty_max)

    @property
    def is_whole(self) -> bool:
        """Whether it can stand as a line: every department that said anything of it gave all three."""
        return bool(self.departments) and not self.partly and not self.silent


Sums = Mapping[Key, Sum]
"""The lines that are sums of departments."""


def sums(figures: Iterable[Figure]) -> dict[Key, Sum]:
    """The sums of `figures`, line by line, in the order in which the lines are first named."""
    found: dict[Key, Sum] = {}
    for figure in figures:
        found[figure.key] = _added(found.get(figure.key, Sum()), figure)
    return found


def put_over(
    lines: Iterable[Line], totals: Sums, *, stored: Iterable[Line] = (), gone: Collection[Key] = ()
) -> list[Line]:
    """The lines with the sums of the departments in them; a line that is missing comes back, those of `gone` go.

    What departments do not say (value, certainty, last year's quantity) stays as in `lines`, else as in `stored`.
    A sum that cannot stand as a line stands as not known.
    """
    found = [_summed(line, totals.get(line.key)) for line in lines if line.key not in gone]
    have = {line.key for line in found}
    kept = {line.key: (place, line) for place, line in enumerate(stored)}
    for key, total in sorted(totals.items(), key=lambda one: kept[one[0]][0] if one[0] in kept else len(kept)):
        if key not in have:
            place, line = kept.get(key, (len(found), Line(*key)))
            found.insert(place, _summed(line, total))
    return [line for line in found if line.key in totals or line.key in kept or line.not_known_reason != UNSAID]


def typed_over(lines: Iterable[Line], totals: Sums) -> list[Line]:
    """The lines that say another quantity than the sum of the departments."""
    return [line for line in lines if line.is_known and _differs(line, totals.get(line.key))]


def check(figures: Iterable[Figure], scope: Scope) -> list[Issue]:
    """Every breach of the rules in the figures of one department, in their order. Pure."""
    found: list[Issue] = []
    seen: dict[Key, Figure] = {}
    for figure in figures:
        found += rules.check([Line(*figure.key, not_known_reason=UNSAID, row=figure.row)], scope)
        found += _quantities(figure)
        first = seen.setdefault(figure.key, figure)
        if first is not figure:
            found.append(rules.issue("line-twice", figure.row, other=first.row))
    return found


def of(session: Session, demand: Demand | None) -> list[Figure]:
    """The figures behind a declaration, department by department by name, each in the order of its lines."""
    if demand is None or demand.id is None:
        return []
    query = (
        select(DepartmentFigure)
        .join(Department, Department.id == DepartmentFigure.department_id)
        .where(DepartmentFigure.demand_id == demand.id)
        .order_by(Department.is_rest, Department.folded_name, DepartmentFigure.id)
    )
    return [_figure(record) for record in session.scalars(query)]


def put(session: Session, demand: Demand, figures: Iterable[Figure]) -> None:
    """Keep `figures` in place of all figures of a declaration."""
    session.execute(delete(DepartmentFigure).where(DepartmentFigure.demand_id == demand.id))
    rows = [
        {"demand_id": demand.id, "department_id": one.department_id} | {name: getattr(one, name) for name in _FIELDS}
        for one in figures
        if not one.is_blank
    ]
    if rows:
        session.execute(insert(DepartmentFigure), rows)


def carried(figures: Iterable[Figure], lines: Iterable[Line], lot: Lot, *, from_lot_id: int) -> list[Figure]:
    """The figures of an earlier version that come along into one that begins with `lines`; out of another lot, tiers are found again as those of lines are."""
    keys = {line.key for line in lines}
    if from_lot_id != lot.id:
        figures = [replace(one, spec_tier=tier_in(lot, one.spec_tier)) for one in figures]
    return [one for one in figures if one.key in keys]


def by_department(figures: Iterable[Figure]) -> dict[int, list[Figure]]:
    """The figures of each department by its id."""
    found: dict[int, list[Figure]] = {}
    for one in figures:
        found.setdefault(one.department_id, []).append(one)
    return found


def seal(figures: Iterable[Figure]) -> str:
    """A hash over figures as they stand, whatever their order: what a page showed, so that nobody overwrites what it did not show."""
    facts = sorted(json.dumps({k: v for k, v in asdict(one).items() if k != "row"}, sort_keys=True) for one in figures)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _added(total: Sum, figure: Figure) -> Sum:
    if not figure.is_known:
        return replace(total, silent=total.silent + 1)
    return Sum(
        _plus(total.qty_firm, figure.qty_firm),
        _plus(total.qty_expected, figure.qty_expected),
        _plus(total.qty_max, figure.qty_max),
        total.departments + 1,
        total.partly + (None in figure.quantities),
        total.silent,
    )


def _plus(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other


def _summed(line: Line, total: Sum | None) -> Line:
    if total is None:
        return line
    firm, expected, most = total.quantities if total.is_whole else (None, None, None)
    reason = "" if total.is_whole else UNSAID
    return replace(line, qty_firm=firm, qty_expected=expected, qty_max=most, not_known_reason=reason)


def _differs(line: Line, total: Sum | None) -> bool:
    return total is not None and line != _summed(line, total)


def _quantities(figure: Figure) -> list[Issue]:
    known = {name: value for name in QUANTITIES if (value := getattr(figure, name)) is not None}
    year = figure.year_no
    found = [rules.issue("negative", figure.row, name, value, year=year) for name, value in known.items() if value < 0]
    found += [
        rules.issue("too-large", figure.row, name, value, year=year)
        for name, value in known.items()
        if value > rules.QTY_LIMIT
    ]
    if sorted(known.values()) != list(known.values()):
        found.append(rules.issue("quantity-order", figure.row, "qty_expected", year=year))
    if len(figure.note) > rules.TEXT_LIMIT:
        found.append(rules.issue("text-too-long", figure.row, "note", limit=rules.TEXT_LIMIT))
    return found


def _figure(record: DepartmentFigure) -> Figure:
    return Figure(record.department_id, **{name: getattr(record, name) for name in _FIELDS})
