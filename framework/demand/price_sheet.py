"""Price lists as workbooks: the one a supplier fills in, and the comparison; unknown is an empty cell and never 0."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from framework.demand.price_comparison import Offer
from framework.demand.price_rows import LABELS, lot_name
from framework.demand.price_steps import Effect, Item, in_cents, to_cent, to_places
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import CATEGORIES, unit_label
from framework.ground.text import N_
from models.prices import PRICE_PLACES, PriceList
from models.rounds import Lot, Round

Words = Callable[[str], str]
READINGS: dict[str, str] = {
    "whole": N_("All pieces cost what the step reached says"),
    "parts": N_("The pieces of each step cost the price of that step"),
}
"""How a list means its steps, in words."""

_HELP = (
    N_("One row for each step: from which quantity on a piece costs how much, net of VAT."),
    N_("Several rows of one lot, category and tier make the steps of one product; begin with the smallest quantity."),
    N_("Leave the tier empty where the price holds for every tier. Rows without quantity and price are not read."),
    N_("Currency, days of validity and how the steps are read are asked on the page where you send this file."),
)
_OFFERED = (
    N_("Price list"),
    N_("Lot"),
    N_("Unit"),
    N_("Category"),
    N_("Specification tier"),
    N_("Pool, in pieces"),
    N_("Step from"),
    N_("Currency of the list"),
    N_("Price per piece in this currency"),
    N_("Price per piece, compared"),
    N_("Cost of the pool, compared"),
    N_("Saving of members with a price alone, compared"),
    N_("Members without a price alone"),
    N_("Pieces to the next step"),
    N_("Members that decide the step"),
    N_("Compared in"),
    N_("Rate"),
    N_("Day of the rate"),
    N_("Source of the rate"),
    N_("How the steps are read"),
)
_OVER_MEMBERS = frozenset(
    {
        N_("Saving of members with a price alone, compared"),
        N_("Members without a price alone"),
        N_("Members that decide the step"),
    }
)
"""Columns that say something of other members: a member gets none of them."""
_PARTS = (
    N_("Price list"),
    N_("Lot"),
    N_("Category"),
    N_("Specification tier"),
    N_("Member"),
    N_("Pieces"),
    N_("Currency of the list"),
    N_("Cost alone"),
    N_("Share of the pool's cost"),
    N_("Saving"),
    N_("Decides the step"),
)


def template(lots: Sequence[Lot], stored: PriceList | None, *, now: dt.datetime, words: Words = str) -> bytes:
    """The workbook a supplier fills in: its list as it stands, else a row ready for each category; offered choices by column."""
    by_id = {lot.id: lot for lot in lots}
    rows: list[list[Value]] = []
    for step in stored.steps if stored is not None else ():
        place = [lot_name(by_id[step.lot_id]), _category(step.category, words), step.spec_tier]
        rows.append([*place, step.from_qty, step.unit_price])
    if not rows:
        rows = [[lot_name(lot), _category(key, words), None, None, None] for lot in lots for key in lot.categories]
    offered = {
        0: [lot_name(lot) for lot in lots],
        1: list(dict.fromkeys(_category(key, words) for lot in lots for key in lot.categories)),
        2: list(dict.fromkeys(tier for lot in lots for tier in lot.spec_tiers)),
    }
    choices = {column: listed for column, listed in offered.items() if len(listed) > 1}
    title = words(N_("Indicative prices"))
    sheet = Sheet(title, [words(label) for label in LABELS.values()], rows, frozen=0, choices=choices)
    how = Sheet(words(N_("How to fill in")), [words(N_("How to fill in"))], [[words(one)] for one in _HELP], frozen=0)
    return workbook(title, [sheet, how], now=now)


def comparison(
    round_: Round,
    offers: Sequence[Offer],
    *,
    names: Callable[[Offer], str],
    members: dict[int, str],
    sums: bool,
    now: dt.datetime,
    words: Words = str,
) -> bytes:
    """What each list means for the pool, and for each of `members` (id to name): others stand in no row of theirs.

    `sums` says whether columns over all members are there too: for the lead alone. Money is in the currency that its row names; what has no rate has no compared figure.
    """
    lots = {lot.id: lot for lot in round_.lots}
    kept = [column for column, label in enumerate(_OFFERED) if sums or label not in _OVER_MEMBERS]
    offered = ([row[column] for column in kept] for row in _offered(round_, offers, lots, names, words))
    sheets = (
        Sheet(words(N_("Price steps")), [words(_OFFERED[column]) for column in kept], offered),
        Sheet(words(N_("Members")), [words(x) for x in _PARTS], _parts(offers, lots, names, members, words)),
    )
    return workbook(f"{round_.name} · {words(N_('Price steps'))}", sheets, now=now)


def unit_price(found: Effect) -> Decimal | None:
    """What one piece costs on average, to four decimals, in the currency of the list."""
    return None if found.unit_price is None else to_places(found.unit_price, PRICE_PLACES)


def _offered(
    round_: Round, offers: Iterable[Offer], lots: dict[int, Lot], names: Callable[[Offer], str], words: Words
) -> Iterable[list[Value]]:
    for offer in offers:
        entered = offer.rate.entered if offer.rate is not None else None
        rate: list[Value] = [
            round_.currency if offer.rate is not None else None,
            # to eight decimals, which a cell would show as two
            f"{entered.rate.normalize():f}" if entered is not None else None,
            entered.on_date if entered is not None else None,
            entered.source if entered is not None else None,
        ]
        for item, found in offer.effects.items():
            lot = lots[item[0]]
            start = found.ladder.steps[found.step].from_qty if found.step is not None else None
            per_piece = offer.converted(found.unit_price)
            yield [
                names(offer),
                lot.name,
                words(unit_label(lot.unit)),
                _category(item[1], words),
                item[2],
                found.quantity,
                start,
                offer.price_list.currency,
                unit_price(found),
                None if per_piece is None else to_places(per_piece, PRICE_PLACES),
                _cents(offer.converted(found.cost)),
                _cents(offer.converted(found.saving)),
                found.without_price_alone,
                found.to_next,
                len(found.deciding),
                *rate,
                words(READINGS[offer.price_list.reading]),
            ]


def _parts(
    offers: Iterable[Offer],
    lots: dict[int, Lot],
    names: Callable[[Offer], str],
    members: dict[int, str],
    words: Words,
) -> Iterable[list[Value]]:
    for offer in offers:
        for item, found in offer.effects.items():
            listed = [member for member, pieces in found.by_member.items() if member in members and pieces]
            shares, savings = (shares_of(found), savings_of(found)) if listed else ({}, {})
            for member in listed:
                part = found.parts[member]
                yield [
                    names(offer),
                    *_place(item, lots, words),
                    members[member],
                    part.quantity,
                    offer.price_list.currency,
                    _cents(part.alone),
                    shares[member],
                    savings[member],
                    words(N_("yes") if part.decides else N_("no")),
                ]


def shares_of(found: Effect, factor: Fraction = Fraction(1)) -> dict[int, Decimal | None]:
    """Each member's part of the pool's cost times `factor`, to the cent; they add up to that cost to the cent."""
    return _apportioned({member: part.share for member, part in found.parts.items()}, factor)


def savings_of(found: Effect, factor: Fraction = Fraction(1)) -> dict[int, Decimal | None]:
    """Each member's saving times `factor`, to the cent; those that are known add up to their sum to the cent."""
    return _apportioned({member: part.saving for member, part in found.parts.items()}, factor)


def _apportioned(amounts: dict[int, Fraction | None], factor: Fraction) -> dict[int, Decimal | None]:
    known = {member: amount for member, amount in amounts.items() if amount is not None}
    cents = dict(zip(known, in_cents(list(known.values()), factor), strict=True))
    return {member: cents.get(member) for member in amounts}


def _place(item: Item, lots: dict[int, Lot], words: Words) -> list[Value]:
    return [lots[item[0]].name, _category(item[1], words), item[2]]


def _category(key: str, words: Words) -> str:
    return words(CATEGORIES[key].label) if key in CATEGORIES else key


def _cents(amount: Fraction | None) -> Decimal | None:
    return None if amount is None else to_cent(amount)
