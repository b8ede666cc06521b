"""The deadlines of a round as calendars know them: each keeps its identifier, and its sequence grows with every change.

They follow the round itself, in the transaction of whatever changes it, so that no way of changing a date can forget them.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, event, insert, select, update
from sqlalchemy.orm import Mapper

from models.rounds import Round, RoundDate

COLUMNS = {
    "signon": "signon_deadline",
    "demand": "demand_deadline",
    "questions": "questions_until",
    "tender": "tender_deadline",
}
"""Kind of date to the column of the round that holds it."""


def keep(_mapper: Mapper[Round], connection: Connection, round_: Round) -> None:
    """Bring the dates of a round up to date; one that is taken away, or whose round is cancelled, is kept as cancelled."""
    is_over = round_.state == "cancelled" or bool(round_.cancelled_reason)
    wanted: dict[str, dt.datetime | None] = {
        kind: None if is_over else getattr(round_, column) for kind, column in COLUMNS.items()
    }
    query = select(RoundDate.id, RoundDate.kind, RoundDate.at, RoundDate.is_cancelled, RoundDate.sequence)
    known = {row.kind: row for row in connection.execute(query.where(RoundDate.round_id == round_.id))}
    for kind, at in wanted.items():
        row = known.get(kind)
        if row is None:
            if at is not None:
                connection.execute(
                    insert(RoundDate).values(round_id=round_.id, kind=kind, at=at, sequence=0, is_cancelled=False)
                )
        elif (at or row.at, at is None) != (row.at, row.is_cancelled):
            values = {"at": at or row.at, "is_cancelled": at is None, "sequence": row.sequence + 1}
            connection.execute(update(RoundDate).where(RoundDate.id == row.id).values(**values))


event.listen(Round, "after_insert", keep)
event.listen(Round, "after_update", keep)
