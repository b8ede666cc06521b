"""The demand of all members as one workbook, as it was handed in last; sent back as the lead's own list it says the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.demand.lines import LABELS
from framework.demand.proposing.kept import newest_handed_in
from framework.demand.proposing.words import WHOSE
from framework.ground.table_files import Sheet, Value, require_room, workbook
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Lot, Round

Words = Callable[[str], str]
Row = tuple[Any, ...]
"""Name, registration number and public id of a member, name of a lot, then the fields of a line."""


def write(round_: Round, rows: Iterable[Row], *, now: dt.datetime, words: Words = str) -> bytes:
    """A row a line under our own headers; unknown is an empty cell, numbers are numbers."""
    title = words(N_("Demand of all members"))
    return workbook(f"{round_.name} · {title}", [table(rows, words=words)], now=now)


def table(rows: Iterable[Row], *, words: Words = str) -> Sheet:
    """The table of `write`."""
    header = [words(label) for label in (*WHOSE.values(), *LABELS.values())]
    labels = {key: words(one.label) for key, one in CATEGORIES.items()}
    labels |= {key: words(label) for key, label in CERTAINTIES.items()}
    return Sheet(words(N_("Demand")), header, (_shown(row, labels) for row in rows), frozen=1)


def lines(session: Session, round_: Round) -> Iterator[Row]:
    """Every line of the newest version of each member and lot that was handed in: what the lead sees on its pages.

    Raises RuleBroken where they are more than a sheet holds.
    """
    newest = newest_handed_in(round_).subquery()
    query = (
        select(Organisation.name, Organisation.registration_no, Organisation.public_id)
        .add_columns(Lot.name, *(getattr(DemandLine, name) for name in LABELS))
        .select_from(Demand)
        .join(newest, (newest.c.lot_id == Demand.lot_id) & (newest.c.member_id == Demand.member_id))
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .join(Organisation, Organisation.id == Demand.member_id)
        .join(Lot, Lot.id == Demand.lot_id)
        .where(Demand.version_no == newest.c.version_no)
        .order_by(Organisation.folded_name, Organisation.id, Lot.number, DemandLine.position, DemandLine.id)
    )
    require_room(session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0)
    with session.execute(query.execution_options(yield_per=2_000)) as found:
        for row in found:
            yield tuple(row)


def _shown(row: Row, labels: dict[str, str]) -> list[Value]:
    named = ("category", "certainty")
    places = {len(WHOSE) + list(LABELS).index(name) for name in named}
    return [
        labels.get(value, value) if at in places else (None if value == "" else value) for at, value in enumerate(row)
    ]
