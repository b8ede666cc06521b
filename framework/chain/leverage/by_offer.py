"""What would be bought of each brand of each offer, were it chosen: the brands of the page of leverage, for many offers at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from framework.chain.leverage import figures, stored
from framework.chain.leverage.figures import Sum
from framework.chain.leverage.reading import ledger_for
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import Reader
from framework.ground.kept import Kept
from framework.ground.text import N_
from models.rounds import Lot

KEPT = 256
HELD_BACK = N_("too few members stand behind it")
BEING_COUNTED = N_("being counted")
DEMAND_MOVED = N_("demand changed since it was counted")
NOTHING = N_("nothing is pooled for it")

_kept: Kept[tuple[Any, ...], dict[str, Sum]] = Kept(KEPT)


@dataclass(frozen=True, slots=True)
class Offered:
    """The brands of one offer with what is pooled for them; without, `why` says why (a template to translate)."""

    brands: dict[str, Sum] = field(default_factory=dict)
    why: str = ""

    def of(self, brand: str) -> tuple[Sum | None, str]:
        """The figures of a brand, or why there are none."""
        found = self.brands.get(brand) if brand else None
        return found, "" if found is not None else self.why or NOTHING


def brands(session: Session, lot: Lot, submissions: Collection[int], reader: Reader) -> dict[int, Offered]:
    """By submission, what would be bought of its brands, as this reader may be told.

    One query beside those of the pool, however many offers. An offer that does not know a group of demand yet is left to the
    page of leverage, which works it out.
    """
    held = ledger_for(session, lot, reader)
    if not held.is_told:
        return {number: Offered(why=HELD_BACK) for number in submissions}
    may_keep = bool(held.stamp) and not session.info.get("write")
    demand = (held.stamp, held.held_back)
    kept = _kept.among(lambda key: key[1:] == demand) if may_keep else {}
    ready = {made: sums for (made, *_demand), sums in kept.items()}
    counted = stored.of_offers(session, lot, FINAL_ASSEMBLY, submissions, known=set(ready))
    found: dict[int, dict[str, Sum]] = {}
    new: dict[tuple[Any, ...], dict[str, Sum]] = {}
    for number, (kind, flow) in counted.items():
        if flow is None:
            found[number] = ready[kind.made]
        elif not figures.unserved(flow, held):
            found[number] = new[kind.made, *demand] = figures.brands_of(flow, held)
    if may_keep:
        _kept.put_all(new)
    return {number: _offered(number, found, counted) for number in submissions}


def _offered(number: int, found: dict[int, dict[str, Sum]], counted: Collection[int]) -> Offered:
    if number in found:
        return Offered(found[number])
    return Offered(why=DEMAND_MOVED if number in counted else BEING_COUNTED)
