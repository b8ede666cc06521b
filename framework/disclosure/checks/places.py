"""Sites as places: addresses, coordinates, doubles and unused rows (D28 to D31, D49, D50, D57)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from framework.disclosure import geography
from framework.disclosure.checks.context import Context, hashes_twice, key
from framework.disclosure.columns import AUDITS, LINKS, SITES, SMELTERS
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.places import normalise_address, normalise_name, unit_markers
from framework.ground.sheets.progress import along

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

    So do other numbers in the names: Plant 2 and Plant 3 of one street are two, Plant 2 and Plant II one.

    A row that is wholly identical to another is told as that.

    Names and addresses are normalised only among rows of one country and city with the same numbers, since
    normalising is dear and nothing else can be equal.
    """
    table = context.tables[SITES]
    column = "site_ref" if table.has("site_ref") else "site_legal_name"
    seen: dict[tuple[str, ...], int] = {}
    told = [table.get(name) for name in _OF_A_SITE]
    years_of, ids = table.get("list_year"), _ids_given_twice(table)
    groups = _neighbours(table)
    for group in along(groups.values(), len(groups)):
        if isinstance(group, int) and group not in ids:
            continue
        near = (group,) if isinstance(group, int) else group
        for index in near:
            name, address, city, country = (values[index] for values in told)
            forms = _forms(name, address, city, country, ids.get(index), alone=len(near) == 1)
            twins = [seen.setdefault((str(years_of[index] or ""), *form), index) for form in forms]
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


def _neighbours(table: Table) -> dict[int, int | list[int]]:
    """Indices of rows that may be the same, alone or together, by the hash of country, city and numbers.

    Rows that only share the hash do no harm: their forms differ.
    """
    groups: dict[int, int | list[int]] = {}
    cities = {city: key(city or "") for city in set(table.get("city"))}
    for index, address, city, country in table.zip("address_line", "city", "country"):
        numbers = sorted(set(_DIGITS.findall(address))) if address else []
        place = hash((str(country), cities[city], *numbers))
        known = groups.setdefault(place, index)
        if isinstance(known, list):
            known.append(index)
        elif known != index:
            groups[place] = [known, index]
    return groups


def _ids_given_twice(table: Table) -> dict[int, str]:
    """The hub ids that several rows may have, in the form in which they are compared, by index of the row."""
    given = [_id_form(os_id) if os_id else None for os_id in table.get("os_id")]
    twice = hashes_twice(filter(None, given))
    return {index: os_id for index, os_id in enumerate(given) if os_id and hash(os_id) in twice} if twice else {}


def _id_form(os_id: str) -> str:
    return (os_id if os_id.isalnum() else re.sub(r"[\s-]", "", os_id)).upper()


def _forms(
    name: str | None, address: str | None, city: str | None, country: str | None, os_id: str | None, *, alone: bool
) -> Iterator[tuple[str, ...]]:
    """What makes two rows the same."""
    if os_id:
        yield "id", os_id
    if alone:
        return
    place = (str(country), key(city or ""))
    numbers = " ".join(sorted(set(_DIGITS.findall(address or ""))))
    if address and numbers:
        units = " ".join(sorted(unit_markers(name or "")))
        yield "address", *place, normalise_address(address, country or ""), units
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
