"""The table of the comparison: its lines with their measures, and the pooled volume behind them, laid beside."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.comparison import Line
from framework.chain.leverage import by_offer
from framework.chain.leverage.by_offer import Offered
from framework.chain.leverage.stored import TAKES_PART
from framework.chain.measures import judged
from framework.chain.measures.rolling import Rolled, Sums, quantities_of, quantity_of, roll
from framework.demand.pooled import LotPool
from framework.disclosure.confidentiality import Reader
from framework.ground.text import N_
from models.measures import LotMeasures
from models.rounds import Lot

EXCLUDED = Offered(why=N_("an excluded offer counts no more"))


def measured(session: Session, lot: Lot, lines: Sequence[Line], lot_pool: LotPool | None) -> list[Line]:
    """The lines with their measures, each model weighing as the pool says; None where none are counted yet."""
    known = quantities_of(lot_pool)
    numbers = {one.submission.id for one in lines}
    query = select(LotMeasures).where(LotMeasures.lot_id == lot.id, LotMeasures.submission_id.in_(sorted(numbers)))
    groups: dict[tuple[int, str], list[tuple[str, Fraction | None]]] = defaultdict(list)
    for group in session.scalars(query):
        quantity = quantity_of(known, group.category, group.spec_tier)
        groups[group.submission_id, group.brand].append((json.dumps(judged.sums_of(group)), quantity))

    def rolled(one: Line) -> Rolled | None:
        own = groups.get((one.submission.id, one.brand))
        return _rolled(tuple(own)) if own else None

    return [replace(one, rolled=rolled(one)) for one in lines]


def weighed(session: Session, lot: Lot, lines: Sequence[Line], reader: Reader) -> list[Line]:
    """The lines with what would be bought of them, were their offer chosen: as the page of leverage says of it alone."""
    taking_part = {one.submission.id for one in lines if one.submission.state in TAKES_PART}
    offered = by_offer.brands(session, lot, taking_part, reader)
    found = []
    for one in lines:
        pooled, why = offered.get(one.submission.id, EXCLUDED).of(one.brand)
        found.append(replace(one, pooled=pooled, unpooled=why))
    return found


@lru_cache(maxsize=2_048)
def _rolled(groups: tuple[tuple[str, Fraction | None], ...]) -> Rolled:
    """Stored sums with the quantity behind each, as one; the same sums make the same measures on every page."""
    return roll((Sums.read(json.loads(sums)), quantity) for sums, quantity in groups)
