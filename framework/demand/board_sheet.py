"""The lead's board as a workbook: one row for each member, lot and live version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from framework.demand.board import BoardRow
from framework.ground.labels import state_label
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import unit_label
from framework.ground.text import N_
from models.rounds import Round

COLUMNS = (
    N_("Member"),
    N_("Sign-on"),
    N_("Lot"),
    N_("Unit"),
    N_("State"),
    N_("Version"),
    N_("Firm quantity"),
    N_("Expected quantity"),
    N_("Maximum quantity"),
)


def write(round_: Round, rows: Iterable[BoardRow], *, now: dt.datetime, words: Callable[[str], str] = str) -> bytes:
    """Quantities in the unit of the lot; a member without an answer has a row that says so and no quantity."""
    sheet = Sheet(words(N_("Demand board")), [words(label) for label in COLUMNS], _rows(round_, rows, words))
    return workbook(f"{round_.name} · {words(N_('Demand board'))}", [sheet], now=now)


def _rows(round_: Round, rows: Iterable[BoardRow], words: Callable[[str], str]) -> Iterator[list[Value]]:
    for row in rows:
        for lot in round_.lots:
            start: list[Value] = [
                row.name,
                words(state_label("sign_on", row.sign_on)),
                lot.name,
                words(unit_label(lot.unit)),
            ]
            squares = row.squares.get(lot.id, ())
            for one in squares:
                yield [
                    *start,
                    words(state_label("demand", one.state)),
                    one.version_no,
                    one.firm,
                    one.expected,
                    one.maximum,
                ]
            if not squares:
                yield [*start, words(N_("no answer")), None, None, None, None]
