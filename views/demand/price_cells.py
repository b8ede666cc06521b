"""The rows of a supplier's form: what is typed as cells of a sheet, and a stored list as what the form shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel.numbers import format_decimal
from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _

from framework.demand import price_rows
from framework.demand.price_comparison import ladders
from framework.ground.errors import InvalidInput
from framework.ground.text import N_
from models.prices import PriceList
from models.rounds import Lot, Round
from views.demand import shared

MOST = 200
"""So many rows the page offers; a longer list, from a workbook, is shown and taken whole."""


def typed() -> list[dict[str, str]]:
    """The rows as typed, blank ones included. Raises InvalidInput above the most that are read: none is left out in silence."""
    said = request.form.get("rows", "0")
    count = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    if count > price_rows.MOST_ROWS:
        message = N_("This page has %(rows)s rows; it can take %(limit)s. Use the workbook for more.")
        raise InvalidInput("too-many-rows", message, rows=count, limit=price_rows.MOST_ROWS)
    return [
        {name: request.form.get(f"{name}-{n}", "").strip() for name in ("item", "from", "price")}
        for n in range(1, count + 1)
    ]


def items(round_: Round) -> list[tuple[str, str]]:
    """What may be priced, as choices: each category of each lot, for all tiers and for each."""
    found = []
    for lot in round_.lots:
        for category in lot.categories:
            whole = _("%(category)s, all tiers", category=shared.category_label(category))
            listed = [("", whole if lot.spec_tiers else shared.category_label(category))]
            listed += [(tier, shared.place(category, tier)) for tier in lot.spec_tiers]
            found += [(_key(lot, category, tier), f"{price_rows.lot_name(lot)} · {label}") for tier, label in listed]
    return found


def _key(lot: Lot, category: str, tier: str) -> str:
    place = str(lot.spec_tiers.index(tier) + 1) if tier in lot.spec_tiers else "0"
    return f"{lot.public_id}.{category}.{place}"


def cells(round_: Round, row: Mapping[str, str]) -> dict[str, str]:
    """A typed row as the cells of a sheet; what is chosen but none of the choices stands as it came."""
    place = {"lot": "", "category": "", "spec_tier": ""}
    if row["item"]:
        place = {"lot": row["item"], "category": "", "spec_tier": ""}
        for lot in round_.lots:
            for category in lot.categories:
                for tier in ("", *lot.spec_tiers):
                    if _key(lot, category, tier) == row["item"]:
                        place = {"lot": lot.code, "category": category, "spec_tier": tier}
    return {**place, "from_qty": row["from"], "unit_price": row["price"]}


def rows_of(round_: Round, latest: PriceList | None) -> list[dict[str, str]]:
    """The rows of the form that a list fills in; none of one that was withdrawn."""
    if latest is None or latest.withdrawn_at is not None:
        return []
    lots = {lot.id: lot for lot in round_.lots}
    return [
        {
            "item": _key(lots[step.lot_id], step.category, step.spec_tier),
            "from": str(step.from_qty),
            "price": _typed_price(step.unit_price),
        }
        for step in latest.steps
    ]


def _typed_price(value: Any) -> str:
    """A price as the reader types it: without grouping, at least two decimals."""
    places = 2 if value == round(value, 2) else 4
    return str(format_decimal(value, format="0." + "0" * places, locale=get_locale(), group_separator=False))


def head_of(round_: Round, latest: PriceList | None) -> dict[str, Any]:
    if latest is None:
        return {"based_on": 0, "currency": round_.currency}
    return {
        "based_on": latest.version_no,
        "currency": latest.currency,
        "reading": latest.reading,
        "valid_from": latest.valid_from,
        "valid_until": latest.valid_until,
        "note": latest.note,
    }


def shown_steps(latest: PriceList | None) -> list[dict[str, Any]]:
    if latest is None:
        return []
    return [
        {
            "lot": step.lot.name,
            "place": shared.place(step.category, step.spec_tier or str(_("all tiers"))),
            "from": step.from_qty,
            "price": step.unit_price,
        }
        for step in latest.steps
    ]


def has_rising(latest: PriceList | None) -> bool:
    return latest is not None and any(ladder.rises for ladder in ladders(latest).values())
