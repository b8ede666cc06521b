"""Where sites lie as far as a list said so: names, pins with how sure they are, and tiles of a schematic map."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.leverage.figures import Sum
from framework.chain.leverage.flows import Pin
from framework.disclosure import geography
from framework.ground.codelists import read_rows
from models.chain import Site

AT_ONCE = 5_000
SURE, ROUGHLY, CONFLICT = "sure", "roughly", "conflict"
"""A pin beside a street address in the same country; a pin beside a rougher address; a pin outside that country."""


class Named(NamedTuple):
    """What a site is called."""

    number: int
    public_id: str
    name: str
    address: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A site that a list gave coordinates for. `country` is that of its address."""

    site: int
    country: str
    latitude: float
    longitude: float
    confidence: str


def named(session: Session, numbers: Collection[int]) -> dict[int, Named]:
    """The sites of these numbers."""
    found: dict[int, Named] = {}
    wanted = sorted(numbers)
    columns = (Site.id, Site.public_id, Site.name, Site.address, Site.city, Site.country)
    for start in range(0, len(wanted), AT_ONCE):
        for row in session.execute(select(*columns).where(Site.id.in_(wanted[start : start + AT_ONCE]))):
            found[row.id] = Named(*row)
    return found


def matching(sites: Iterable[Named], words: str) -> set[int]:
    """The numbers of the sites whose name, address, city or country code hold every word."""
    wanted = words.casefold().split()
    return {
        one.number
        for one in sites
        if all(word in f"{one.name} {one.address} {one.city} {one.country}".casefold() for word in wanted)
    }


def dots(pins: Iterable[Pin], sites: dict[int, Sum], audience: int) -> list[Dot]:
    """The pins that an audience may see, one for each site, the heaviest site first."""
    seen: dict[int, Pin] = {}
    for pin in sorted(pins, key=lambda pin: (pin.site, pin.level)):
        if pin.level <= audience and pin.site in sites and _is_on_earth(pin):
            seen.setdefault(pin.site, pin)
    return [_dot(seen[site], sites[site].country) for site in sites if site in seen]


@cache
def tiles() -> dict[str, tuple[int, int]]:
    """Column and row of each country on the map of tiles: roughly where it lies, drawn by ourselves."""
    return {row["country"]: (int(row["column"]), int(row["row"])) for row in read_rows("country_tiles.csv")}


def _dot(pin: Pin, country: str) -> Dot:
    return Dot(pin.site, country, pin.latitude, pin.longitude, _confidence(pin, country))


def _confidence(pin: Pin, country: str) -> str:
    if country and geography.outside(country, pin.latitude, pin.longitude):
        return CONFLICT
    return SURE if pin.precision == "site" else ROUGHLY


def _is_on_earth(pin: Pin) -> bool:
    """Nothing at 0, 0: that is a form left empty (D31)."""
    return -90 <= pin.latitude <= 90 and -180 <= pin.longitude <= 180 and (pin.latitude, pin.longitude) != (0, 0)
