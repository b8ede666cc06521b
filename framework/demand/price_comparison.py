"""Indicative price lists against the pool: what each list means for it, in one currency where a rate is known."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from framework.demand import price_steps
from framework.demand.pool import counting
from framework.demand.price_steps import Effect, Item, Ladder, Step
from models.demand import Demand, DemandLine
from models.disclosure import SupplierInvitation
from models.prices import ExchangeRate, PriceList
from models.rounds import Round

BASES = {"firm": DemandLine.qty_firm, "expected": DemandLine.qty_expected, "maximum": DemandLine.qty_max}
"""Which of the three quantities of a line is counted."""

Quantities = dict[Item, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What members want: whole pieces by item and member, over all contract years; `not_known` counts lines without."""

    quantities: Quantities
    not_known: dict[Item, int]


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `currency` is in the round's; `entered` is None where the two are the same."""

    rate: Decimal
    entered: ExchangeRate | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One list that counts, and what it means for the pool by item; `rate` is None where it cannot be compared.

    `number` is what it is called where its supplier is not named; `unpriced` are items members want and it has no price for.
    """

    price_list: PriceList
    number: int
    rate: Rate | None
    effects: dict[Item, Effect]
    unpriced: list[Item]

    def converted(self, amount: Fraction | None) -> Fraction | None:
        """Money of the list in the currency of the round, exactly; None where either is unknown."""
        return None if amount is None or self.rate is None else amount * Fraction(self.rate.rate)

    def holds_on(self, day: dt.date) -> bool:
        """Whether the list says that it holds on a day; where it does not say, it does."""
        first, last = self.price_list.valid_from, self.price_list.valid_until
        return (first is None or first <= day) and (last is None or day <= last)


def wanted(session: Session, round_: Round, *, basis: str = "expected") -> Wanted:
    """What counts in the pool, by item and member. KeyError for a basis that is none. One query."""
    pieces = BASES[basis]
    query = (
        select(
            Demand.lot_id,
            DemandLine.category,
            DemandLine.spec_tier,
            Demand.member_id,
            func.coalesce(func.sum(pieces), 0),
            func.sum(case((pieces.is_(None), 1), else_=0)),
        )
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .where(counting(round_))
        .group_by(Demand.lot_id, DemandLine.category, DemandLine.spec_tier, Demand.member_id)
        .order_by(Demand.lot_id, DemandLine.category, DemandLine.spec_tier, Demand.member_id)
    )
    quantities: Quantities = defaultdict(dict)
    not_known: dict[Item, int] = defaultdict(int)
    for lot_id, category, tier, member, number, unknown in session.execute(query):
        quantities[lot_id, category, tier][member] = int(number)
        not_known[lot_id, category, tier] += int(unknown)
    return Wanted(dict(quantities), dict(not_known))


def lists(session: Session, round_: Round) -> Sequence[PriceList]:
    """The list of each supplier that counts: its newest version where that was not withdrawn, while it is invited.

    In an order that tells nothing of the supplier or of when the list came: that of the random ids of the first versions.
    """
    first = aliased(PriceList)
    invited = select(SupplierInvitation.organisation_id).where(SupplierInvitation.round_id == round_.id)
    newest = (
        select(PriceList.supplier_id, func.max(PriceList.version_no).label("last"))
        .where(PriceList.round_id == round_.id)
        .group_by(PriceList.supplier_id)
        .subquery()
    )
    query = (
        select(PriceList)
        .join(newest, (newest.c.supplier_id == PriceList.supplier_id) & (newest.c.last == PriceList.version_no))
        .where(PriceList.round_id == round_.id, PriceList.withdrawn_at.is_(None), PriceList.supplier_id.in_(invited))
        .options(selectinload(PriceList.steps), joinedload(PriceList.supplier))
        .order_by(
            select(first.public_id)
            .where(first.round_id == round_.id, first.supplier_id == PriceList.supplier_id, first.version_no == 1)
            .scalar_subquery()
        )
    )
    return session.scalars(query).all()


def rates(session: Session, round_: Round) -> dict[str, ExchangeRate]:
    """The newest rate of each currency into that of the round."""
    query = (
        select(ExchangeRate)
        .where(ExchangeRate.round_id == round_.id, ExchangeRate.to_currency == round_.currency)
        .options(joinedload(ExchangeRate.created_by))
        .order_by(ExchangeRate.currency, ExchangeRate.version_no)
    )
    return {one.currency: one for one in session.scalars(query)}


def offers(session: Session, round_: Round, quantities: Mapping[Item, Mapping[int, int]]) -> list[Offer]:
    """Every list that counts, with what it means for these quantities: those of the pool (`wanted`) or supposed ones."""
    known = rates(session, round_)
    return [
        _offer(one, number, round_.currency, known, quantities)
        for number, one in enumerate(lists(session, round_), start=1)
    ]


def effect(
    session: Session, round_: Round, quantities: Mapping[Item, Mapping[int, int]]
) -> dict[str, dict[Item, Effect]]:
    """What each list means for supposed quantities by item and member, by public id of the list; money in its own currency.

    For whoever tries out another pool: nothing is stored, and quantities need not be those of the round.
    """
    return {one.price_list.public_id: one.effects for one in offers(session, round_, quantities)}


def ladders(price_list: PriceList) -> dict[Item, Ladder]:
    """The steps of a list by item, from the lowest quantity."""
    found: dict[Item, list[Step]] = defaultdict(list)
    for one in sorted(price_list.steps, key=lambda step: step.from_qty):
        found[one.lot_id, one.category, one.spec_tier].append(Step(one.from_qty, one.unit_price))
    return {item: Ladder(tuple(steps), price_list.reading) for item, steps in found.items()}


def _offer(
    one: PriceList,
    number: int,
    currency: str,
    known: Mapping[str, ExchangeRate],
    quantities: Mapping[Item, Mapping[int, int]],
) -> Offer:
    steps = ladders(one)
    entered = known.get(one.currency)
    rate = Rate(Decimal(1)) if one.currency == currency else Rate(entered.rate, entered) if entered else None
    return Offer(one, number, rate, price_steps.effect(steps, quantities), price_steps.unpriced(steps, quantities))
