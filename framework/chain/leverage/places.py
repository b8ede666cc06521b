"""Where sites lie as far as a list said so: names, pins with how sure they are, and tiles of a schematic map."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.chain.leverage.figures import Sum
from framework.chain.leverage.flows import Pin
from framework.chain.matching.placing import active_site
from framework.chain.sites import of_round
from framework.disclosure import geography
from framework.disclosure.confidentiality import Reader
from framework.ground.codelists import read_rows
from models.chain import Mention, Site
from models.rounds import Round

AT_ONCE = 5_000
SURE, ROUGHLY, CONFLICT = "sure", "roughly", "conflict"
"""A pin beside a street address in the same country; a pin beside a rougher address; a pin outside that country."""


class Named(NamedTuple):
    """What a site is called, as one reader may read it."""

    number: int
    public_id: str
    name: str
    address: str
    city: str
    country: str

    @property
    def has_row(self) -> bool:
        """Whether the reader may see a row of the round that names it; without one it is called by its public id."""
        return self.name != self.public_id


@dataclass(frozen=True, slots=True)
class Dot:
    """A site that a list gave coordinates for. `country` is that of its address."""

    site: int
    country: str
    latitude: float
    longitude: float
    confidence: str


def named(
    session: Session,
    round_: Round,
    reader: Reader,
    numbers: Collection[int],
    *,
    covers: Callable[[str], str] = lambda text: text,
) -> dict[int, Named]:
    """The sites of these numbers, by the first row of the round that the reader may see, in what it may read of it.

    The site's own text may be of another lead's file. A site without such a row is called by its public id; one that became
    part of another since it was counted, as that one.
    """
    found = _by_row(session, round_, reader, numbers, covers)
    missing = [number for number in numbers if number not in found]
    into = _survivors(session, missing)
    theirs = _by_row(session, round_, reader, {site for _id, site in into.values() if site is not None}, covers)
    for number, (public_id, site) in into.items():
        one = theirs.get(site) if site is not None else None
        bare = Named(number, public_id, public_id, "", "", "")
        found[number] = bare if one is None else one._replace(number=number, public_id=public_id)
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


def _by_row(
    session: Session, round_: Round, reader: Reader, numbers: Collection[int], covers: Callable[[str], str]
) -> dict[int, Named]:
    found: dict[int, Named] = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        first = of_round(select(func.min(Mention.id)), round_, reader).where(Mention.site_id.in_(some))
        columns = (Site.id, Site.public_id, Mention.name, Mention.address, Mention.city, Mention.country)
        query = select(*columns).join(Mention, Mention.site_id == Site.id)
        for number, public_id, name, address, city, country in session.execute(
            query.where(Mention.id.in_(first.group_by(Mention.site_id)))
        ):
            found[number] = Named(number, public_id, covers(name), covers(address), covers(city), country)
    return found


def _survivors(session: Session, numbers: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    """The public id of each site, and which one it is part of by now; None where it stands by itself."""
    found: dict[int, tuple[str, int | None]] = {}
    for start in range(0, len(numbers), AT_ONCE):
        query = select(Site.id, Site.public_id, Site.merged_into_id).where(
            Site.id.in_(numbers[start : start + AT_ONCE])
        )
        for number, public_id, into in session.execute(query):
            survivor = active_site(session, into) if into is not None else None
            found[number] = public_id, survivor.id if survivor is not None else None
    return found


def _dot(pin: Pin, country: str) -> Dot:
    return Dot(pin.site, country, pin.latitude, pin.longitude, _confidence(pin, country))


def _confidence(pin: Pin, country: str) -> str:
    if country and geography.outside(country, pin.latitude, pin.longitude):
        return CONFLICT
    return SURE if pin.precision == "site" else ROUGHLY


def _is_on_earth(pin: Pin) -> bool:
    """Nothing at 0, 0: that is a form left empty (D31)."""
    return -90 <= pin.latitude <= 90 and -180 <= pin.longitude <= 180 and (pin.latitude, pin.longitude) != (0, 0)
