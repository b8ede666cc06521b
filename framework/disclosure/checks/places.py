"""Sites as places: addresses, coordinates, doubles and unused rows (D28 to D31, D49, D50, D55, D57)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from framework.disclosure import geography
from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import AUDITS, LINKS, SHEETS, SITES, SMELTERS
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.places import normalise_address, normalise_name

_PO_BOX_TIERS = frozenset({"t1", "t2", "sm"})
_LIST_ALL_BELOW = 20
_COARSE = frozenset({"city", "region", "country", "name_only"})
_DIGITS = re.compile(r"\d+")
_OF_A_SITE = ("site_legal_name", "address_line", "city", "country")


def addresses(context: Context) -> Iterator[Issue]:
    """D57: several addresses in a cell. D28: a PO box. D30: the address names another country."""
    for sheet, address_column, country_column in (
        (SITES, "address_line", "country"),
        (SMELTERS, "smelter_address_line", "smelter_country"),
    ):
        table = context.tables[sheet]
        tiers = context.site_tiers if sheet == SITES else ["sm"] * len(table)
        found = table.found.get(address_column, {})
        given = set(filter(None, table.get(address_column)))
        several = geography.several_sites(given | set(found.values()))
        strict = zip(table.get(address_column), tiers, strict=True)
        boxes = geography.po_boxes({address for address, tier in strict if address and tier in _PO_BOX_TIERS})
        for index, address, country in table.zip(address_column, country_column):
            if not address:
                continue
            if found.get(index, address) in several:
                yield context.at(sheet, index, address_column, "cell-with-several-sites")
            if tiers[index] in _PO_BOX_TIERS and address in boxes:
                yield context.at(sheet, index, address_column, "address-po-box")
            other = geography.contradicts(address, country) if country else ""
            if other:
                yield context.at(sheet, index, address_column, "address-country-conflict", other=other, country=country)


def precision(context: Context) -> Iterator[Issue]:
    """D29: an address below site level, at tiers 1 and 2 and in lists; a blank address of ours is a gap (D06), not this.

    In a list many rows at city level or coarser are told as one (X18), and a list without any place as that (X19).
    """
    found = list(_imprecise(context))
    table = context.tables[SITES]
    coarse = [index for index, precise in found if precise in _COARSE]
    if context.is_list and len(table) and len(coarse) == len(table) and {p for _i, p in found} == {"name_only"}:
        yield make("list-of-names", sheet=table.title)
        return
    many = context.is_list and len(coarse) > _LIST_ALL_BELOW
    if many:
        yield make("list-low-precision", sheet=table.title, count=len(coarse))
    for index, precise in found:
        if not (many and precise in _COARSE):
            yield context.at(SITES, index, "address_line", "address-imprecise", precision=precise)


def _imprecise(context: Context) -> Iterator[tuple[int, str]]:
    table = context.tables[SITES]
    unread = table.unread.get("address_line", set())
    for index, address, city, region, country in table.zip("address_line", "city", "region", "country"):
        if index in unread:
            continue
        if context.is_list or (address and context.site_tiers[index] in {"t1", "t2"}):
            found = geography.precision(address, city, region, country)
            if found != geography.PRECISIONS[0]:
                yield index, str(found)


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

    A row that is wholly identical to another is told as that.

    Names and addresses are normalised only among rows of one country and city with the same numbers, since
    normalising is dear and nothing else can be equal.
    """
    table = context.tables[SITES]
    column = "site_ref" if table.has("site_ref") else "site_legal_name"
    seen: dict[tuple[str, ...], int] = {}
    rows = list(zip(*(table.get(name) for name in _OF_A_SITE), strict=True))
    ids = [_plain_id(os_id) if os_id else None for os_id in table.get("os_id")]
    years_of = [str(year or "") for year in table.get("list_year")]
    for (country, city, numbers), near in _neighbours(table).items():
        for index in near:
            forms = list(_forms((country, city), numbers, *rows[index])) if len(near) > 1 else []
            if hub_id := ids[index]:
                forms.append(("id", hub_id))
            twins = [seen.setdefault((years_of[index], *form), index) for form in forms]
            first = min(twins, default=index)
            if first < index and (SITES, index) not in context.identical and not _other_product(table, first, index):
                yield context.at(SITES, index, column, "site-duplicate", other=table.rows[first])


def years(context: Context) -> Iterator[Issue]:
    """A list that holds several years: what has gone since would count as if it were there."""
    table = context.tables[SITES]
    found = sorted({str(year) for year in table.get("list_year") if year}) if table.has("list_year") else []
    if len(found) > 1:
        yield make("years-mixed", sheet=table.title, count=len(found), first=found[0], last=found[-1])


def _other_product(table: Table, first: int, index: int) -> bool:
    """Whether a list of products and factories names one factory again, for another product."""
    models, names, addresses = (table.get(name) for name in ("product_model", "site_legal_name", "address_line"))
    same_site = (names[first], addresses[first]) == (names[index], addresses[index])
    return table.has("product_model") and same_site and models[first] != models[index]


def _neighbours(table: Table) -> dict[tuple[str, str, str], list[int]]:
    """Rows by country, city and the numbers of their address."""
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    cities = {city: key(city or "") for city in set(table.get("city"))}
    for index, address, city, country in table.zip("address_line", "city", "country"):
        numbers = " ".join(sorted(set(_DIGITS.findall(address)))) if address else ""
        groups[str(country), cities[city], numbers].append(index)
    return groups


def _plain_id(os_id: str) -> str:
    return (os_id if os_id.isalnum() else re.sub(r"[\s-]", "", os_id)).upper()


def _forms(
    place: tuple[str, str],
    numbers: str,
    name: str | None,
    address: str | None,
    city: str | None,
    country: str | None,
) -> Iterator[tuple[str, ...]]:
    """What makes two rows of one place with the same numbers the same, beside the id."""
    if address and numbers:
        yield "address", *place, normalise_address(address, country or "")
    if name and country and (city or not address):
        yield "name", *place, normalise_name(name), numbers


def unused(context: Context) -> Iterator[Issue]:
    """D50: a site that no link, audit or smelter row names."""
    if context.lacks(LINKS):
        return
    used = {link.site for link in context.links}
    for sheet in (AUDITS, SMELTERS):
        used |= {key(site) for site in context.tables[sheet].get("site_ref") if site}
    for site, index in context.sites.items():
        if site not in used:
            yield context.at(SITES, index, "site_ref", "site-unused")


def less_precise(context: Context) -> Iterator[Issue]:
    """D55: a site or link known at site level in the version before now comes at city level or coarser; many are told as one."""
    if not context.previous:
        return
    before = _before(context)
    known, now = _precisions(before), _precisions(context)
    fallen = _fallen_sites(context, before, known, now)
    if len(fallen) > _LIST_ALL_BELOW:
        yield make("less-precise-than-before", "many", sheet=context.tables[SITES].title, count=len(fallen))
    else:
        for index in fallen:
            yield context.at(SITES, index, "address_line", "less-precise-than-before")
    yield from _fallen_links(context, fallen, _best_of_links(before, known), _best_of_links(context, now))


def _before(context: Context) -> Context:
    """The version before, as far as its rows are given."""
    given = context.previous or {}
    tables = {name: Table.of_records(name, given.get(name, [])) for name in SHEETS}
    return Context(tables, context.scope, context.today)


def _precisions(context: Context) -> list[str]:
    rows = context.tables[SITES].zip("address_line", "city", "region", "country")
    return [geography.precision(address, city, region, country) for _index, address, city, region, country in rows]


def _is_coarse(level: str) -> bool:
    return geography.PRECISIONS.index(level) >= geography.PRECISIONS.index("city")


def _fallen_sites(context: Context, before: Context, known: list[str], now: list[str]) -> list[int]:
    """Rows of sites that were known exactly, by their key, else by name and country, and are no longer."""
    by_key: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for index, ref, name, country in before.tables[SITES].zip("site_ref", "site_legal_name", "country"):
        if ref:
            by_key.setdefault(key(ref), known[index])
        plate = _nameplate(name, country)
        by_name[plate] = _coarsest(by_name.get(plate, known[index]), known[index])
    fallen = []
    for index, ref, name, country in context.tables[SITES].zip("site_ref", "site_legal_name", "country"):
        if _is_coarse(now[index]):
            level = by_key.get(key(ref)) if ref else None
            if (level or by_name.get(_nameplate(name, country))) == geography.PRECISIONS[0]:
                fallen.append(index)
    return fallen


def _coarsest(first: str, second: str) -> str:
    return max(first, second, key=geography.PRECISIONS.index)


def _best_of_links(context: Context, levels: list[str]) -> dict[tuple[str, str], str]:
    """Product and component → how exactly the best known of its sites is known."""
    best: dict[tuple[str, str], str] = {}
    for group, links in context.groups.items():
        known = [levels[context.sites[link.site]] for link in links if link.site in context.sites]
        if known:
            best[group] = min(known, key=geography.PRECISIONS.index)
    return best


def _fallen_links(
    context: Context, fallen: list[int], known: dict[tuple[str, str], str], now: dict[tuple[str, str], str]
) -> Iterator[Issue]:
    """Components whose site was known exactly and is another one now, known less exactly."""
    sites = set(fallen)
    for group, level in now.items():
        if known.get(group) == geography.PRECISIONS[0] and _is_coarse(level):
            links = context.groups[group]
            if not any(context.sites.get(link.site) in sites for link in links):
                yield context.at(LINKS, links[0].index, "site_ref", "less-precise-than-before", "link")


def _nameplate(name: Any, country: Any) -> str:
    return f"{normalise_name(str(name or ''))}|{country}"
