"""A version beside the one before: what was known exactly and no longer is (D55).

The rows of the version before are gone through only where this one has something that is known less exactly, and of those
of a long list only what is asked for is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Any

from framework.disclosure import geography
from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import COMPONENTS, LINKS, PRODUCTS, SHEETS, SITES
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.places import normalise_name

_LIST_ALL_BELOW = 20
_EXACT = geography.PRECISIONS[0]
_PLACE = ("address_line", "city", "region", "country")
_COMPARED = {
    PRODUCTS: ("product_ref",),
    SITES: ("site_ref", *_PLACE),
    COMPONENTS: ("component_ref", "product_ref", "component_type", "tier"),
    LINKS: ("product_ref", "component_ref", "site_ref"),
}


def less_precise(context: Context) -> Iterator[Issue]:
    """D55: a site or link known at site level in the version before now comes at city level or coarser; many are told as one."""
    if not context.previous:
        return
    now = _precisions(context)
    fallen = _fallen_sites(context, [index for index, level in enumerate(now) if _is_coarse(level)])
    if len(fallen) > _LIST_ALL_BELOW:
        yield make("less-precise-than-before", "many", sheet=context.tables[SITES].title, count=len(fallen))
    else:
        for index in fallen:
            yield context.at(SITES, index, "address_line", "less-precise-than-before")
    yield from _fallen_links(context, fallen, now)


def _precisions(context: Context) -> list[str]:
    return [geography.precision(*place) for _index, *place in context.tables[SITES].zip(*_PLACE)]


def _is_coarse(level: str) -> bool:
    return geography.PRECISIONS.index(level) >= geography.PRECISIONS.index("city")


def _fallen_sites(context: Context, coarse: list[int]) -> list[int]:
    """Which of the rows known coarsely were known exactly, by their key, else by name and country."""
    if not coarse:
        return []
    columns = [context.tables[SITES].get(name) for name in ("site_ref", "site_legal_name", "country")]
    called = [(index, *_called(*(column[index] for column in columns))) for index in coarse]
    by_key, by_name = _known_before(context, {ref for _index, ref, _name in called}, {name for *_, name in called})
    return [index for index, ref, name in called if (by_key.get(ref) or by_name.get(name)) == _EXACT]


def _known_before(context: Context, refs: set[str], names: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """How exactly the sites of these keys and names were known: the first of a key, the coarsest of a name."""
    by_key: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for record in (context.previous or {}).get(SITES, ()):
        values = record["values"]
        ref, name = _called(*(values.get(column) for column in ("site_ref", "site_legal_name", "country")))
        if (ref and ref in refs) or name in names:
            level = geography.precision(*(values.get(column) for column in _PLACE))
            if ref:
                by_key.setdefault(ref, level)
            by_name[name] = max(by_name.get(name, level), level, key=geography.PRECISIONS.index)
    return by_key, by_name


def _called(ref: Any, name: Any, country: Any) -> tuple[str, str]:
    """By what a site is known again: its key, blank without one, and its name with the country."""
    return key(ref) if ref else "", f"{normalise_name(str(name or ''))}|{country}"


def _fallen_links(context: Context, fallen: list[int], now: list[str]) -> Iterator[Issue]:
    """Components whose site was known exactly and is another one now, known less exactly."""
    coarse = [group for group, level in _best_of_links(context, now).items() if _is_coarse(level)]
    if not coarse:
        return
    given = context.previous or {}
    tables = {name: _table(name, given.get(name, ()), _COMPARED.get(name, ())) for name in SHEETS}
    before = Context(tables, context.scope, context.today)
    known, sites = _best_of_links(before, _precisions(before)), set(fallen)
    for group in coarse:
        if known.get(group) == _EXACT:
            links = context.groups[group]
            if not any(context.sites.get(link.site) in sites for link in links):
                yield context.at(LINKS, links[0].index, "site_ref", "less-precise-than-before", "link")


def _best_of_links(context: Context, levels: list[str]) -> dict[tuple[str, str], str]:
    """Product and component → how exactly the best known of its sites is known."""
    best: dict[tuple[str, str], str] = {}
    for group, links in context.groups.items():
        known = [levels[context.sites[link.site]] for link in links if link.site in context.sites]
        if known:
            best[group] = min(known, key=geography.PRECISIONS.index)
    return best


def _table(sheet: str, records: Iterable[dict[str, Any]], names: Iterable[str]) -> Table:
    """A table of these columns of what the records told, gone through once; equal texts are one object."""
    table = Table(sheet, sheet, columns={name: [] for name in names})
    for record in records:
        table.rows.append(record["row"])
        values = record["values"]
        for name, cells in table.columns.items():
            value = values.get(name)
            cells.append(intern(value) if type(value) is str else value)
    return table
