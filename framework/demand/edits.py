"""Who changed which cell of a declaration, when; and what a page showed that was made before the last changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from framework.demand.cells import Cell, Cells, Value
from framework.ground.actors import Actor
from models.demand import Demand, DemandEdit
from models.people import User

_NUMBERS: dict[str, type[int] | type[Decimal]] = {
    "firm": int,
    "expected": int,
    "max": int,
    "baseline": int,
    "value": Decimal,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one cell; None: the cell was or became blank. `by` is a name, blank for the system."""

    cell: Cell
    old: Value | None
    new: Value | None
    by: str
    by_id: int | None
    at: dt.datetime


def record(
    session: Session,
    demand: Demand,
    before: Cells,
    after: Cells,
    *,
    version: int,
    actor: Actor,
    now: dt.datetime,
    source: str,
) -> int:
    """Write down what turned the cells `before` into `after`; `version` is that of the record that was changed."""
    rows = [
        {
            "demand_id": demand.id,
            "before_version": version,
            "category": cell.category,
            "spec_tier": cell.tier,
            "delivery_country": cell.country,
            "column": cell.column,
            "year_no": cell.year,
            "old": _text(before.get(cell)),
            "new": _text(after.get(cell)),
            "by_id": actor.user_id,
            "at": now,
            "source": source,
        }
        for cell in dict.fromkeys((*before, *after))
        if before.get(cell) != after.get(cell)
    ]
    if rows:
        session.execute(insert(DemandEdit), rows)
    return len(rows)


def since(session: Session, demand: Demand, version: int) -> list[Edit]:
    """What was changed after a page that showed `version` was made, oldest first."""
    query = (
        select(DemandEdit, User.name)
        .outerjoin(User, User.id == DemandEdit.by_id)
        .where(DemandEdit.demand_id == demand.id, DemandEdit.before_version >= version)
        .order_by(DemandEdit.id)
    )
    return [_edit(row, name) for row, name in session.execute(query)]


def last(session: Session, demand: Demand, *, limit: int) -> list[Edit]:
    """The last changes of a declaration, newest first."""
    query = (
        select(DemandEdit, User.name)
        .outerjoin(User, User.id == DemandEdit.by_id)
        .where(DemandEdit.demand_id == demand.id)
        .order_by(DemandEdit.id.desc())
        .limit(limit)
    )
    return [_edit(row, name) for row, name in session.execute(query)]


def undone(cells: Cells, edits: Iterable[Edit]) -> Cells:
    """The cells as they stood before `edits`, which are given oldest first."""
    found = dict(cells)
    for edit in reversed(list(edits)):
        if edit.old is None:
            found.pop(edit.cell, None)
        else:
            found[edit.cell] = edit.old
    return found


def by_cell(edits: Iterable[Edit]) -> dict[Cell, Edit]:
    """The last of `edits` (oldest first) of each cell."""
    return {edit.cell: edit for edit in edits}


def _edit(row: DemandEdit, name: str | None) -> Edit:
    cell = Cell(row.category, row.spec_tier, row.delivery_country, row.column, row.year_no)
    return Edit(cell, _value(row.column, row.old), _value(row.column, row.new), name or "", row.by_id, row.at)


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)


def _value(column: str, text: str | None) -> Value | None:
    return None if text is None else _NUMBERS.get(column, str)(text)
