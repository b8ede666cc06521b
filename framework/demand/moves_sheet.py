"""Who moved since the last version, as a workbook: one row for each member, lot and category that changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from framework.demand.moves import Move, Sums, is_unknown
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import CATEGORIES, unit_label
from framework.ground.text import N_
from models.rounds import Round

TITLE = N_("Who moved since the last version")
COLUMNS = (
    N_("Member"),
    N_("Lot"),
    N_("Unit"),
    N_("Category"),
    N_("Version before"),
    N_("Version now"),
    N_("Expected before"),
    N_("Expected now"),
    N_("Difference"),
    N_("Firm before"),
    N_("Firm now"),
    N_("Maximum before"),
    N_("Maximum now"),
    N_("Lines not known before"),
    N_("Lines not known now"),
)


def write(round_: Round, moves: Iterable[Move], *, now: dt.datetime, words: Callable[[str], str] = str) -> bytes:
    """Quantities over all contract years in the unit of the lot; what is not known yet has no quantity."""
    sheet = Sheet(words(TITLE), [words(label) for label in COLUMNS], _rows(round_, moves, words))
    return workbook(f"{round_.name} · {words(TITLE)}", [sheet], now=now)


def _rows(round_: Round, moves: Iterable[Move], words: Callable[[str], str]) -> Iterator[list[Value]]:
    lots = {lot.id: lot for lot in round_.lots}
    for one in moves:
        lot = lots[one.lot_id]
        figures = [x for i in (0, 2) for x in (_known(one.before, i), _known(one.after, i))]
        yield [
            one.member,
            lot.name,
            words(unit_label(lot.unit)),
            words(CATEGORIES[one.category].label),
            one.old.number,
            one.new.number or words(N_("withdrawn")),
            _known(one.before, 1),
            _known(one.after, 1),
            one.expected,
            *figures,
            one.before[3],
            one.after[3],
        ]


def _known(sums: Sums, at: int) -> int | None:
    return None if is_unknown(sums) else sums[at]
