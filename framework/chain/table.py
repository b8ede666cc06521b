"""The table of the comparison: its lines with their measures laid beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from framework.chain.comparison import Line
from framework.chain.measures.reading import groups_of, quantities, quantity_of
from framework.chain.measures.rolling import Rolled, Sums, roll
from models.measures import LotMeasures
from models.rounds import Lot


def measured(session: Session, lot: Lot, lines: Sequence[Line]) -> list[Line]:
    """The lines with their measures, each model weighing as the pool says; None where none are counted yet."""
    known = quantities(session, lot)
    groups: dict[tuple[int, str], list[LotMeasures]] = defaultdict(list)
    for group in groups_of(session, lot):
        groups[group.submission_id, group.brand].append(group)

    def rolled(one: Line) -> Rolled | None:
        own = groups.get((one.submission.id, one.brand))
        found = ((Sums.read(group.sums), quantity_of(known, group.category, group.spec_tier)) for group in own or ())
        return roll(found) if own else None

    return [replace(one, rolled=rolled(one)) for one in lines]
