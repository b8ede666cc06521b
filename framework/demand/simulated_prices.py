"""What if, in price steps: what each indicative list would mean for the pool of a supposed question. Nothing is kept of it.

Who may see prices is the page's to ask. Whoever would join says no category; where a lot has one alone, it is that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from framework.demand import price_comparison, price_steps
from framework.demand.price_comparison import Offer, Quantities
from framework.demand.price_steps import Effect, Item
from framework.demand.simulation import JOINING, Question
from models.rounds import Lot, Round

_PLACE = {"category": 1, "tier": 2}
"""Where in an item stands what a lot may be split by."""


@dataclass(frozen=True, slots=True)
class StepChange:
    """One item of one list before and after; `part` is the value of what would be a lot of its own, None for the whole lot."""

    offer: Offer
    item: Item
    before: Effect
    after: Effect
    part: str | None = None

    @property
    def is_same(self) -> bool:
        """Whether neither step nor price changes."""
        return (self.before.step, self.before.unit_price) == (self.after.step, self.after.unit_price)


def changes(session: Session, round_: Round, question: Question) -> dict[int, list[StepChange]]:
    """The changes of each lot (number), list by list, by expected quantities. Empty where no list counts."""
    before = price_comparison.wanted(session, round_).quantities
    after = supposed(round_, before, question)
    found: dict[int, list[StepChange]] = {}
    for offer in price_comparison.offers(session, round_, before):
        ladders = price_comparison.ladders(offer.price_list)
        new = price_steps.effect(ladders, after)
        for item, effect in offer.effects.items():
            found.setdefault(item[0], []).append(StepChange(offer, item, effect, new[item]))
        if question.split is not None:
            parts = _parts(offer, ladders, after, question.split)
            found.setdefault(question.split[0], []).extend(parts)
    return found


def supposed(round_: Round, before: Quantities, question: Question) -> Quantities:
    """Pieces by item and member as they would be: without those that leave, with whoever joins."""
    after = {
        item: {member: pieces for member, pieces in wanted.items() if member not in question.leaving}
        for item, wanted in before.items()
    }
    for lot in round_.lots:
        joined = question.joining.get(lot.id)
        if joined is not None and says_what(lot):
            after.setdefault((lot.id, lot.categories[0], ""), {})[JOINING] = joined.expected
    return after


def says_what(lot: Lot) -> bool:
    """Whether it is clear what somebody who joins a lot would buy: it has one category."""
    return len(lot.categories) == 1


def _parts(
    offer: Offer, ladders: Mapping[Item, price_steps.Ladder], after: Quantities, split: tuple[int, str]
) -> list[StepChange]:
    """What the list would mean for each new lot alone, beside what it means for the lot as it is."""
    lot, place = split[0], _PLACE[split[1]]
    values = sorted({str(item[place]) for item in after if item[0] == lot and item[place]})
    found = []
    for value in values:
        own = {item: wanted for item, wanted in after.items() if item[0] == lot and item[place] == value}
        for item, effect in price_steps.effect(ladders, own).items():
            if effect.quantity:
                found.append(StepChange(offer, item, offer.effects[item], effect, value))
    return found
