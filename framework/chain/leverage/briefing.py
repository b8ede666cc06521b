"""What a pool means to a brand: the pieces that would be its own if an offer with it were chosen, and from how many factories.

Made of the rounded figures of a brief alone, so it tells nothing of demand that the brief does not. Each offer is looked at by
itself: a figure over all offers would tell a brand how many others there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.leverage import stored
from framework.chain.leverage.flows import SITE
from framework.chain.leverage.stored import Flow
from framework.demand.ledger import Group
from framework.disclosure.columns import FINAL_ASSEMBLY
from models.disclosure import Submission
from models.rounds import Lot


@dataclass(slots=True)
class Reach:
    """What one offer gives to one brand: of each group the part it makes, the part from factories that members may know, and these."""

    offer: int = 0
    part: dict[Group, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    traced: dict[Group, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    sites: set[int] = field(default_factory=set)

    def of(self, cells: Iterable[Mapping[str, Any]]) -> tuple[int, int, int]:
        """Pieces, pieces from known factories (both at least), and how many factories, of the cells of a brief.

        A cell of several groups counts with the least part of them: how it is made up is not told.
        """
        low = traced = 0
        for cell in cells:
            groups = [(str(category), str(tier)) for category, tier in cell["groups"]]
            low += int(min(self.part.get(group, Fraction(0)) for group in groups) * cell["low"])
            traced += int(min(self.traced.get(group, Fraction(0)) for group in groups) * cell["low"])
        return low, traced, len(self.sites)


def reaches(session: Session, lots: Sequence[Lot]) -> dict[str, dict[str, list[Reach]]]:
    """By brand and lot (public id) one reach for each opened offer with the brand, of its final assembly. A query for each lot."""
    of = stored.offers_of(session, lots)
    found: dict[str, dict[str, list[Reach]]] = defaultdict(lambda: defaultdict(list))
    for lot in lots:
        if not of[lot.id]:
            continue
        for number, (_kind, flow) in stored.of_offers(session, lot, FINAL_ASSEMBLY, of[lot.id]).items():
            for brand, reach in (_by_brand(flow, number) if flow is not None else {}).items():
                found[brand][lot.public_id].append(reach)
    return {brand: dict(some) for brand, some in sorted(found.items()) if brand}


def supply(figures: Mapping[str, Any], brand: str, found: Mapping[str, Sequence[Reach]]) -> dict[str, Any]:
    """What the figures of a brief mean to a brand, lot by lot; of several offers with it the one that gives least."""
    lots = []
    for lot in figures["lots"]:
        offers = [reach.of(lot["cells"]) for reach in found.get(lot["lot"], ())]
        if lot["cells"] and offers and min(offers)[0]:
            low, traced, sites = min(offers)
            lots.append({"name": lot["name"], "unit": lot["unit"], "low": low, "traced": traced, "sites": sites})
    return {"brand": brand, "lots": lots}


def offers_behind(session: Session, found: Mapping[str, Sequence[Reach]]) -> list[str]:
    """The submissions (public ids) that the supply of a brand is made of."""
    numbers = {reach.offer for reaches_ in found.values() for reach in reaches_}
    query = select(Submission.public_id).where(Submission.id.in_(sorted(numbers)))
    return sorted(session.scalars(query.execution_options(all_tenders=True)))


def _by_brand(flow: Flow, offer: int) -> dict[str, Reach]:
    found: dict[str, Reach] = defaultdict(lambda: Reach(offer))
    for leaf in flow.leaves():
        if not leaf.part:
            continue
        reach, part = found[leaf.brand], Fraction(leaf.part, flow.kind.whole)
        reach.part[leaf.group] += part
        if leaf.place.status == SITE and leaf.place.level == 0:
            reach.traced[leaf.group] += part
            reach.sites.add(leaf.place.site)
    return dict(found)
