"""Which site makes what: shares, periods, doubles, dual sourcing and the kind of site (D21 to D27), and shares on offer (D40)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from framework.disclosure.checks.context import Context, Link, key
from framework.disclosure.columns import LINKS, PRODUCTS, SITES
from framework.ground.issues import Issue

TOLERANCE = 0.01
_KINDS = {
    1: frozenset({"final_assembly"}),
    2: frozenset({"component", "final_assembly"}),
    3: frozenset({"sub_component", "component", "smelter_refiner", "mine"}),
}


def shares(context: Context) -> Iterator[Issue]:
    """D21 to D23: shares of one product and component, in percent, on one day and on the reference date.

    A site that several links name for the same day is counted once (D25), with the largest of its shares.
    """
    given = context.tables[LINKS].get("share_of_production_pct")
    for links in context.groups.values():
        known = [link for link in links if given[link.index] is not None]
        if known:
            yield from _above(context, known, given)
            yield from _below(context, links, given)


def _by_site(links: Iterable[Link], given: list[float | None]) -> dict[str, float | None]:
    """The share of each site; None where no link of it gives one."""
    found: dict[str, float | None] = {}
    for link in links:
        share, before = given[link.index], found.get(link.site)
        found[link.site] = before if share is None else max(share, before or 0)
    return found


def _above(context: Context, known: list[Link], given: list[float | None]) -> Iterator[Issue]:
    if sum(given[link.index] or 0 for link in known) <= 100 + TOLERANCE:
        return
    starts, ends = _periods(context)
    for day in sorted({starts[link.index] for link in known}):
        of_day = _by_site((one for one in known if starts[one.index] <= day <= ends[one.index]), given)
        total = sum(filter(None, of_day.values()))
        if total > 100 + TOLERANCE:
            first, name = known[0], _name(context, known[0])
            params = {"day": _day(day), "total": _percent(total)}
            yield context.at(LINKS, first.index, "share_of_production_pct", "share-above-100", subject=name, **params)
            return


def _below(context: Context, links: list[Link], given: list[float | None]) -> Iterator[Issue]:
    current = [link for link in links if context.is_current(link.index)]
    of_sites = _by_site(current, given)
    known = [share for share in of_sites.values() if share is not None]
    if not known:
        return
    place, name = current[0].index, _name(context, current[0])
    if len(known) < len(of_sites):
        yield context.at(LINKS, place, "share_of_production_pct", "share-partly-blank", subject=name)
    elif sum(known) < 100 - TOLERANCE:
        total = _percent(sum(known))
        yield context.at(LINKS, place, "share_of_production_pct", "share-below-100", subject=name, total=total)


def periods(context: Context) -> Iterator[Issue]:
    """D24: the end before the beginning. D25: the same link twice for overlapping periods."""
    for index, start, end in context.tables[LINKS].zip("valid_from", "valid_to"):
        if start is not None and end is not None and end < start:
            yield context.at(LINKS, index, "valid_to", "period-wrong", start=start.isoformat())
    same: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
    for link in context.links:
        same[link.product, link.component, link.site].append(link)
    starts, ends = _periods(context)
    rows = context.tables[LINKS].rows
    for links in (several for several in same.values() if len(several) > 1):
        for first, second in pairwise(sorted(links, key=lambda link: starts[link.index])):
            if starts[second.index] <= ends[first.index]:
                yield context.at(LINKS, second.index, "site_ref", "link-duplicate", other=rows[first.index])


def dual_sourcing(context: Context) -> Iterator[Issue]:
    """D26: the answer on dual sourcing against the number of current sites."""
    answers = context.tables[LINKS].get("dual_sourced")
    for links in context.groups.values():
        current = [link for link in links if context.is_current(link.index)]
        count = len({link.site for link in current})
        for link in current:
            answer = answers[link.index]
            if answer is not None and answer != (count > 1):
                yield context.at(LINKS, link.index, "dual_sourced", "dual-source-mismatch", count=count)


def facility_types(context: Context) -> Iterator[Issue]:
    """D27: a link of one tier to a site of another kind."""
    kinds = context.tables[SITES].get("facility_type")
    for link in context.links:
        place = context.sites.get(link.site)
        kind = kinds[place] if place is not None else None
        if kind and link.tier and kind not in _KINDS[min(link.tier, 3)]:
            given = context.tables[SITES].as_found("facility_type", place or 0)
            yield context.at(LINKS, link.index, "site_ref", "facility-type-mismatch", tier=link.tier, kind=given)


def offered_shares(context: Context) -> Iterator[Issue]:
    """D40: offered shares within lot, category and tier sum to 100, or are all blank."""
    groups: dict[tuple[str, ...], list[tuple[int, float | None]]] = defaultdict(list)
    rows = context.tables[PRODUCTS].zip("lot", "category", "spec_tier", "offered_volume_share_pct")
    for index, lot, category, tier, share in rows:
        groups[key(lot), key(category), key(tier)].append((index, share))
    for offers in groups.values():
        known = [share for _index, share in offers if share is not None]
        place = offers[0][0]
        if known and len(known) < len(offers):
            blank = next(index for index, share in offers if share is None)
            yield context.at(PRODUCTS, blank, "offered_volume_share_pct", "offer-share-sum", "partly blank", value="")
        elif known and abs(sum(known) - 100) > TOLERANCE:
            total = _percent(sum(known))
            yield context.at(PRODUCTS, place, "offered_volume_share_pct", "offer-share-sum", "not 100", total=total)


def _periods(context: Context) -> tuple[list[dt.date], list[dt.date]]:
    table = context.tables[LINKS]
    starts = [start or dt.date.min for start in table.get("valid_from")]
    return starts, [end or dt.date.max for end in table.get("valid_to")]


def _name(context: Context, link: Link) -> str:
    table = context.tables[LINKS]
    names = (table.as_found(column, link.index) for column in ("product_ref", "component_ref"))
    return ", ".join(filter(None, names))


def _day(day: dt.date) -> str:
    return "" if day == dt.date.min else day.isoformat()


def _percent(number: float) -> str:
    return f"{round(number, 4):g}"
