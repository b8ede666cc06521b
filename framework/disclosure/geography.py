"""What an address says beside its own columns: another country, a box far away, words to be taken as the country."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from framework.ground import places
from framework.ground.address_country import country_in_address
from framework.ground.codelists import read_rows

PRECISIONS = tuple(map(str, places.Precision))
"""From the most exact."""
NEIGHBOURS = frozenset({"CN", "HK", "MO", "TW"})
"""Often written for one another; no contradiction (site matching searches them as one neighbourhood)."""
_BOX_WORDS = ("box", "bus", "post", "pf", "bp", "b.p", "b p", "ap", "ca", "bag", "skrytka", "nummer", "信箱")
_LOOKED_AT_ONCE = 256
_BETWEEN_SITES = (";", "|", "；", "\n", "1)", "1.")


def holding(texts: Iterable[str], signs: Iterable[str]) -> set[str]:
    """Those of the texts that hold one of the signs; a cheap look that spares most texts a dear one.

    Many texts are looked at as one, since most hold none of the signs.
    """
    distinct, wanted, found = list(set(texts)), tuple(signs), set[str]()
    for at in range(0, len(distinct), _LOOKED_AT_ONCE):
        some = distinct[at : at + _LOOKED_AT_ONCE]
        whole = "\0".join(some)
        for sign in wanted:
            if sign in whole:
                found.update([text for text in some if sign in text])
    return found


def precision(address: str | None, city: str | None, region: str | None, country: str | None) -> str:
    """How exactly a row says where it is (D29): site, zone, city, region, country or name_only."""
    return str(places.precision(address or "", city or "", country or "", region=region or ""))


def po_boxes(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses where a PO box is all there is."""
    small = {address: address.casefold() for address in addresses}
    likely = holding(small.values(), _BOX_WORDS)
    return {address for address, folded in small.items() if folded in likely and places.is_po_box(address)}


def several_sites(found: Iterable[str]) -> set[str]:
    """Those of the cells that hold several addresses."""
    return set(filter(places.several_addresses, holding(found, _BETWEEN_SITES)))


def country_at_end(address: str) -> tuple[str, str]:
    """Country code and last words of an address that ends with a country, or two empty texts."""
    code = country_in_address(address)
    words = re.split(r"[,，;]", address.rstrip(" .;,。"))[-1].strip()
    return (code, words) if code else ("", "")


def contradicts(address: str, country: str) -> str:
    """The country an address ends with when that is another one than `country`; neighbours that are often mixed pass."""
    code = country_in_address(address)
    if not code or code == country or {code, country} <= NEIGHBOURS:
        return ""
    return code


def outside(country: str, latitude: float, longitude: float) -> bool:
    """Whether a point lies outside the country's rough box; a country without a box contains everything."""
    box = _boxes().get(country)
    if box is None:
        return False
    south, west, north, east = box
    return not (south <= latitude <= north and west <= longitude <= east)


def within(country: str, latitude: float, longitude: float) -> tuple[float, float] | None:
    """Where a point lies in the country's rough box: from the west and from the north, 0 to 1; None where it does not."""
    box = _boxes().get(country)
    if box is None or outside(country, latitude, longitude):
        return None
    south, west, north, east = box
    return (longitude - west) / (east - west), (north - latitude) / (north - south)


@cache
def _boxes() -> dict[str, tuple[float, float, float, float]]:
    rows = read_rows("country_boxes.csv")
    return {r["country"]: (float(r["south"]), float(r["west"]), float(r["north"]), float(r["east"])) for r in rows}
