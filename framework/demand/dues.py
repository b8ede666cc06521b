"""Yearly dues to a monitoring body, estimated from spend in scope by its bands, which are data (records 11, scoring 9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from framework.ground.codelists import read_rows

CENT = Decimal("0.01")
BODY = "Electronics Watch"
"""The monitoring body whose bands come with the product."""


@dataclass(frozen=True, slots=True)
class Band:
    """Spend above `over` up to and with `up_to` (None: without end) owes `rate_pct` per cent of itself.

    What comes out is raised to `least` and cut to `most`, where there are such. Money is in `currency`, a year, net of
    VAT. `valid_from` is None where the body tells no day.
    """

    body: str
    name: str
    over: Decimal
    up_to: Decimal | None
    rate_pct: Decimal
    least: Decimal | None
    most: Decimal | None
    currency: str
    valid_from: dt.date | None
    source: str
    note: str

    def holds(self, spend: Decimal) -> bool:
        """Whether a spend falls into this band; a boundary belongs to the lower one."""
        return self.over < spend and (self.up_to is None or spend <= self.up_to)

    def dues(self, spend: Decimal) -> Decimal:
        """What a spend in this band owes, to the cent, half up."""
        found = spend * self.rate_pct / 100
        if self.least is not None:
            found = max(found, self.least)
        if self.most is not None:
            found = min(found, self.most)
        return found.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Dues:
    """An estimate in `currency`. `amount` None is unknown, and `reason` says why: spend-unknown, other-currency or no-band.

    Spend that is known to be 0 owes 0: nothing is in scope.
    """

    amount: Decimal | None
    currency: str
    band: str = ""
    reason: str = ""


def bands(body: str = BODY, *, on: dt.date | None = None) -> tuple[Band, ...]:
    """The bands of a body that hold on a day (None: the newest), the lowest first; empty where none are known."""
    of_body = [band for band in _all() if band.body == body]
    days = [band.valid_from for band in of_body if on is None or band.valid_from is None or band.valid_from <= on]
    if not days:
        return ()
    newest = max(days, key=lambda day: day or dt.date.min)
    return tuple(sorted((b for b in of_body if b.valid_from == newest), key=lambda band: band.over))


def estimate(spend: Decimal | None, currency: str, listed: Sequence[Band]) -> Dues:
    """The dues of one body with that yearly spend in scope, in money of `currency`. Raises ValueError below 0."""
    owed_in = listed[0].currency if listed else currency
    if spend is None:
        return Dues(None, owed_in, reason="spend-unknown")
    if spend < 0:
        raise ValueError(f"spend {spend}")
    if spend == 0:
        return Dues(Decimal("0.00"), owed_in)
    if currency != owed_in:
        return Dues(None, owed_in, reason="other-currency")
    for band in listed:
        if band.holds(spend):
            return Dues(band.dues(spend), owed_in, band.name)
    return Dues(None, owed_in, reason="no-band")


@cache
def _all() -> tuple[Band, ...]:
    return tuple(
        Band(
            row["body"],
            row["band"],
            Decimal(row["over"]),
            _money(row["up_to"]),
            Decimal(row["rate_pct"]),
            _money(row["min_dues"]),
            _money(row["max_dues"]),
            row["currency"],
            dt.date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            row["source"],
            row["note"],
        )
        for row in read_rows("dues_bands.csv")
    )


def _money(text: str) -> Decimal | None:
    return Decimal(text) if text else None
