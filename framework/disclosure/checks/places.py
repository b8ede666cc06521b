"""Sites as places: addresses, coordinates, doubles and unused rows (D28 to D31, D49, D50, D55, D57)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from framework.disclosure import geography
from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import AUDITS, SITES, SMELTERS
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue

_PO_BOX_TIERS = frozenset({"t1", "t2", "sm"})
_LIST_ALL_BELOW = 20


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
    for index, found in enumerate(_precisions(context)):
        if found == "site" or not (context.is_list or context.site_tiers[index] in {"t1", "t2"}):
            continue
        address = context.tables[SITES].get("address_line")[index]
        if address or context.is_list:
            yield context.at(SITES, index, "address_line", "address-imprecise", precision=found)


def _precisions(context: Context) -> list[str]:
    table = context.tables[SITES]
    rows = table.zip("site_legal_name", "address_line", "city", "region", "country")
    return [geography.precision(*(str(value or "") for value in values)) for _index, *values in rows]


def coordinates(context: Context) -> Iterator[Issue]:
    """D31: 0, 0 is an error, a point outside the country a warning; out of range is seen while reading."""
    for index, latitude, longitude, country in context.tables[SITES].zip("latitude", "longitude", "country"):
        if latitude is None or longitude is None:
            continue
        if latitude == 0 and longitude == 0:
            yield context.at(SITES, index, "latitude", "coordinates-wrong", "zero", value="0, 0")
        elif country and geography.outside(country, latitude, longitude):
            value = f"{latitude}, {longitude}"
            yield context.at(
                SITES, index, "latitude", "coordinates-wrong", "other country", value=value, country=country
            )


def duplicates(context: Context) -> Iterator[Issue]:
    """D49: same name, country and city, or same address, or same hub id; other house numbers make another plant."""
    seen: dict[tuple[str, ...], int] = {}
    table = context.tables[SITES]
    columns = ("site_legal_name", "address_line", "city", "country", "os_id")
    for index, name, address, city, country, os_id in table.zip(*columns):
        twin = None
        for form in _forms(name, address, city, country, os_id):
            first = seen.setdefault(form, index)
            twin = first if twin is None and first != index else twin
        if twin is not None:
            column = "site_ref" if table.has("site_ref") else "site_legal_name"
            yield context.at(SITES, index, column, "site-duplicate", other=table.rows[twin])


def _forms(name: Any, address: Any, city: Any, country: Any, os_id: Any) -> Iterator[tuple[str, ...]]:
    """What makes two rows the same; the same name in a city counts only with the same numbers in the address."""
    if os_id:
        yield "id", re.sub(r"[\s-]", "", os_id).upper()
    if address and any(sign.isdigit() for sign in address):
        yield "address", str(country), key(city or ""), geography.address_key(address)
    if name and country and (city or not address):
        numbers = " ".join(sorted(set(re.findall(r"\d+", address or ""))))
        yield "name", geography.name_key(name), country, key(city or ""), numbers


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
    fallen = []
    for index, (found, name, ref, country) in enumerate(
        zip(
            _precisions(context),
            table.get("site_legal_name"),
            table.get("site_ref"),
            table.get("country"),
            strict=True,
        )
    ):
        known = before.get(key(ref) if ref else _nameplate(name, country))
        if known == "site" and geography.PRECISIONS.index(found) >= geography.PRECISIONS.index("city"):
            fallen.append((index, found))
    if len(fallen) > _LIST_ALL_BELOW:
        yield make("less-precise-than-before", "many", sheet=table.title, count=len(fallen))
        return
    for index, found in fallen:
        yield context.at(SITES, index, "address_line", "less-precise-than-before", value=found, before="site")


def _known_before(records: list[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for record in records:
        values = record["values"]
        names = ("site_legal_name", "address_line", "city", "region", "country")
        level = geography.precision(*(str(values.get(name) or "") for name in names))
        plate = _nameplate(values.get("site_legal_name"), values.get("country"))
        found[key(values["site_ref"]) if values.get("site_ref") else plate] = level
    return found


def _nameplate(name: Any, country: Any) -> str:
    return f"{geography.name_key(str(name or ''))}|{country}"
