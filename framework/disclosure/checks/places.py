"""Sites as places: addresses, coordinates, doubles and unused rows (D28 to D31, D49, D50, D55, D57)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from framework.disclosure import geography
from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import AUDITS, SITES, SMELTERS
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.places import normalise_address, normalise_name

_PO_BOX_TIERS = frozenset({"t1", "t2", "sm"})
_LIST_ALL_BELOW = 20
_OF_A_SITE = ("site_legal_name", "address_line", "city", "country", "os_id")


def addresses(context: Context) -> Iterator[Issue]:
    """D57: several addresses in a cell. D28: a PO box. D30: the address names another country."""
    for sheet, address_column, country_column in (
        (SITES, "address_line", "country"),
        (SMELTERS, "smelter_address_line", "smelter_country"),
    ):
        table = context.tables[sheet]
        tiers = context.site_tiers if sheet == SITES else ["sm"] * len(table)
        for index, address, country in table.zip(address_column, country_column):
            if not address:
                continue
            if geography.several_sites(table.found.get(address_column, {}).get(index, address)):
                yield context.at(sheet, index, address_column, "cell-with-several-sites")
            if tiers[index] in _PO_BOX_TIERS and geography.is_po_box(address):
                yield context.at(sheet, index, address_column, "address-po-box")
            other = geography.contradicts(address, country) if country else ""
            if other:
                yield context.at(sheet, index, address_column, "address-country-conflict", other=other, country=country)


def precision(context: Context) -> Iterator[Issue]:
    """D29: an address below site level, at tiers 1 and 2 and in lists; a blank address of ours is a gap (D06), not this."""
    table = context.tables[SITES]
    unread = table.unread.get("address_line", set())
    for index, address, city, region, country in table.zip("address_line", "city", "region", "country"):
        if index in unread:
            continue
        if context.is_list or (address and context.site_tiers[index] in {"t1", "t2"}):
            found = geography.precision(address, city, region, country)
            if found != geography.PRECISIONS[0]:
                yield context.at(SITES, index, "address_line", "address-imprecise", precision=found)


def _precisions(context: Context) -> Iterator[tuple[int, str]]:
    rows = context.tables[SITES].zip("address_line", "city", "region", "country")
    for index, address, city, region, country in rows:
        yield index, geography.precision(address, city, region, country)


def coordinates(context: Context) -> Iterator[Issue]:
    """D31: 0, 0 is an error, a point outside the country a warning; out of range is seen while reading."""
    for index, latitude, longitude, country in context.tables[SITES].zip("latitude", "longitude", "country"):
        if latitude is None or longitude is None:
            continue
        if latitude == 0 and longitude == 0:
            yield context.at(SITES, index, "latitude", "coordinates-wrong", "zero")
        elif country and geography.outside(country, latitude, longitude):
            yield context.at(SITES, index, "latitude", "coordinates-wrong", "other country", country=country)


def duplicates(context: Context) -> Iterator[Issue]:
    """D49: same name, country and city, or same address, or same hub id; other house numbers make another plant.

    Names and addresses are normalised only among rows of one country and city with the same numbers, since
    normalising is dear and nothing else can be equal.
    """
    table = context.tables[SITES]
    column = "site_ref" if table.has("site_ref") else "site_legal_name"
    seen: dict[tuple[str, ...], int] = {}
    rows = list(zip(*(table.get(name) for name in _OF_A_SITE), strict=True))
    for near in _neighbours(table).values():
        for index in near:
            twins = [seen.setdefault(form, index) for form in _forms(*rows[index], alone=len(near) == 1)]
            first = min(twins, default=index)
            if first < index:
                yield context.at(SITES, index, column, "site-duplicate", other=table.rows[first])


def _neighbours(table: Table) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, address, city, country in table.zip("address_line", "city", "country"):
        numbers = sorted(set(re.findall(r"\d+", address))) if address else []
        groups[(str(country), key(city or ""), *numbers)].append(index)
    return groups


def _forms(
    name: str | None, address: str | None, city: str | None, country: str | None, os_id: str | None, *, alone: bool
) -> Iterator[tuple[str, ...]]:
    """What makes two rows the same."""
    if os_id:
        yield "id", re.sub(r"[\s-]", "", os_id).upper()
    if alone:
        return
    place = (str(country), key(city or ""))
    numbers = " ".join(sorted(set(re.findall(r"\d+", address or ""))))
    if address and numbers:
        yield "address", *place, normalise_address(address, country or "")
    if name and country and (city or not address):
        yield "name", *place, normalise_name(name), numbers


def unused(context: Context) -> Iterator[Issue]:
    """D50: a site that no link, audit or smelter row names."""
    used = {link.site for link in context.links}
    for sheet in (AUDITS, SMELTERS):
        used |= {key(site) for site in context.tables[sheet].get("site_ref") if site}
    for site, index in context.sites.items():
        if site not in used:
            yield context.at(SITES, index, "site_ref", "site-unused")


def less_precise(context: Context) -> Iterator[Issue]:
    """D55: a site known at site level in the version before now comes at city level or coarser; many are told as one."""
    if not context.previous:
        return
    before = _known_before(context.previous.get(SITES, []))
    table = context.tables[SITES]
    names = list(table.zip("site_legal_name", "site_ref", "country"))
    fallen = []
    for index, found in _precisions(context):
        _index, name, ref, country = names[index]
        known = before.get(key(ref) if ref else _nameplate(name, country))
        if known == "site" and geography.PRECISIONS.index(found) >= geography.PRECISIONS.index("city"):
            fallen.append((index, found))
    if len(fallen) > _LIST_ALL_BELOW:
        yield make("less-precise-than-before", "many", sheet=table.title, count=len(fallen))
        return
    for index, _found in fallen:
        yield context.at(SITES, index, "address_line", "less-precise-than-before")


def _known_before(records: list[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for record in records:
        values = record["values"]
        level = geography.precision(*(values.get(name) for name in ("address_line", "city", "region", "country")))
        plate = _nameplate(values.get("site_legal_name"), values.get("country"))
        found[key(values["site_ref"]) if values.get("site_ref") else plate] = level
    return found


def _nameplate(name: Any, country: Any) -> str:
    return f"{normalise_name(str(name or ''))}|{country}"
