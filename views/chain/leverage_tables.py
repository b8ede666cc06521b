"""The tables and pictures of the page of leverage: one page of rows each, searched and sorted as the address says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from framework.chain.leverage import export, picture, places
from framework.chain.leverage.figures import Figures, Sum
from framework.chain.leverage.flows import SITE
from framework.chain.leverage.picture import Flowing, Node
from framework.chain.leverage.places import Named
from framework.demand.ledger import Share
from framework.ground.paging import Page, page_of
from framework.ground.text import N_
from views import guard
from views.chain import flow_svg, tile_map
from views.chain import leverage_said as said
from views.chain.leverage_said import Asked
from views.chain.leverage_words import PAGE, country_words, part_of
from views.demand.lever import pieces
from views.guard import actor
from views.i18n import number, words

MOST_PINS, MOST_COUNTRIES = 100, 300
SORTS: dict[str, Callable[[Sum], Any]] = {
    "units": lambda one: one.units,
    "value": lambda one: one.cents,
    "members": lambda one: one.members,
    "behind": lambda one: one.behind,
    "country": lambda one: one.country or None,
    "lost": lambda one: one.lost,
}
CONFIDENCE = {
    places.SURE: N_("pin and street address are in the same country"),
    places.ROUGHLY: N_("a pin, but the address is rough"),
    places.CONFLICT: N_("the pin lies outside the country of the address"),
}


def content(asked: Asked, found: Figures, by: str) -> dict[str, Any]:
    """What the template of a table or picture needs."""
    made: dict[str, Callable[[Asked, Figures], dict[str, Any]]] = {
        "sites": _of_sites,
        "brands": _of_brands,
        "countries": _of_countries,
        "components": _of_components,
        "members": _of_members,
        "flow": _of_flow,
    }
    return made[by](asked, found)


def _of_sites(asked: Asked, found: Figures) -> dict[str, Any]:
    """One page of the sites in the order asked for, those that match the words of the search and the country."""
    words_asked, country, sort = (
        request.args.get("q", "").strip(),
        request.args.get("country", ""),
        request.args.get("sort", ""),
    )
    names: dict[int, Named] = {}
    chosen = [n for n, one in found.sites.items() if not country or one.country == country]
    if words_asked or sort.removeprefix("-") == "site":
        names = asked.sites(chosen)
    if words_asked:
        fitting = places.matching(names.values(), words_asked)
        chosen = [n for n in chosen if n in fitting]
    page = page_of(request.args.get("page"), len(chosen), PAGE)
    some = _sorted(chosen, found.sites, sort, names)[page.offset : page.offset + page.size]
    names = {n: names[n] for n in some} if names else asked.sites(some)
    rows = [(names[n], _site_page(asked, names[n]), found.sites[n]) for n in some]
    return {"rows": rows, "page": page, "searched": bool(words_asked or country), "country": country}


def _sorted(chosen: Iterable[int], sums: dict[int, Sum], sort: str, names: dict[int, Named]) -> list[int]:
    """As the address says (`sort=key` or `sort=-key`), unknown last both ways; else the most first."""
    key = sort.removeprefix("-")
    value: Callable[[int], Any]
    if key == "site":
        value = lambda number: names[number].name.casefold()  # noqa: E731 - chosen by the address
    elif key in SORTS:
        value = lambda number: SORTS[key](sums[number])  # noqa: E731
    else:
        return list(chosen)
    known = [number for number in chosen if value(number) is not None]
    return [*sorted(known, key=value, reverse=sort.startswith("-")), *(n for n in chosen if value(n) is None)]


def _site_page(asked: Asked, one: Named) -> str:
    """The address of a site's page; blank where the reader may see no row that names it."""
    if not one.has_row:
        return ""
    return url_for("chain.site", round_id=asked.lot.round.public_id, site_id=one.public_id)


def _listed(
    items: list[tuple[str, Any]], sums: Callable[[Any], dict[str, Any]], *, most: int = PAGE
) -> tuple[list[Any], Page]:
    """Named rows that hold the words searched for, in the order the address says, one page of them."""
    wanted = request.args.get("q", "").casefold().split()
    items = [item for item in items if all(word in item[0].casefold() for word in wanted)]
    sort = request.args.get("sort", "")
    key = sort.removeprefix("-")
    if key == "name":
        items.sort(key=lambda item: item[0].casefold(), reverse=sort.startswith("-"))
    elif key in SORTS:
        value = {id(item): sums(item[1]).get(key) for item in items}
        known = [item for item in items if value[id(item)] is not None]
        known.sort(key=lambda item: value[id(item)], reverse=sort.startswith("-"))
        items = [*known, *(item for item in items if value[id(item)] is None)]
    page = page_of(request.args.get("page"), len(items), most)
    return [row for _name, row in items[page.offset : page.offset + page.size]], page


def _sortable(one: Sum) -> dict[str, Any]:
    return {key: value(one) for key, value in SORTS.items()}


def _of_brands(asked: Asked, found: Figures) -> dict[str, Any]:
    rows = [(asked.brand(brand), found.known_of.get(brand), one) for brand, one in found.brands.items()]
    some, page = _listed([(row[0], row) for row in rows], lambda row: _sortable(row[2]))
    return {"rows": some, "page": page}


def _of_countries(asked: Asked, found: Figures) -> dict[str, Any]:
    counted: dict[str, int] = {}
    for one in found.sites.values():
        counted[one.country] = counted.get(one.country, 0) + 1
    rows = [(code, country_words(code), counted.get(code, 0), one) for code, one in found.countries.items()]
    dots = dots_of(asked, found)
    names = asked.sites([dot.site for dot in dots[:MOST_PINS]])
    drawn = tile_map.drawn(
        found.countries,
        dots,
        whole=found.units,
        words=lambda code, one: f"{country_words(code)}: {pieces(one.units, asked.lot.unit)}",
        share=lambda units: str(part_of(units, found.units)),
    )
    return {
        "rows": _listed([(row[1], row) for row in rows], lambda row: _sortable(row[3]), most=MOST_COUNTRIES)[0],
        "map": drawn,
        "fills": tile_map.FILLS,
        "pins": [
            (names[dot.site].name, country_words(dot.country), dot, words(CONFIDENCE[dot.confidence]))
            for dot in dots[:MOST_PINS]
        ],
        "more_pins": max(0, len(dots) - MOST_PINS),
        "pinned": len(dots),
    }


def _of_components(asked: Asked, _found: Figures) -> dict[str, Any]:
    weights = export.weights_of(asked.view)
    rows = [
        (
            one,
            said.kind_words(one.component_type),
            one.sites[asked.view.audience],
            export.known_parts(one, weights, asked.view.audience),
        )
        for one in asked.view.kinds
    ]
    return {"rows": rows}


def _of_members(asked: Asked, found: Figures) -> dict[str, Any]:
    rows = _member_rows(asked, found)
    rest = found.units - sum(row[2].units for row in rows)
    some, page = _listed([(row[1], row) for row in rows], lambda row: {"units": row[2].units, "value": row[2].cents})
    return {"rows": some, "page": page, "rest": rest, "others": len(asked.view.ledger.names) - len(rows)}


def _member_rows(asked: Asked, found: Figures) -> list[tuple[str, str, Share, str, int, bool]]:
    """Each member whose figures this reader sees: id, name, part, how often the pool holds it, values missing, is it ours."""
    own = actor().organisation_id if "member" in guard.roles(asked.lot.round) else None
    rows = []
    for member, part in asked.view.ledger.by_member().items():
        if member in (asked.members or ()):
            public_id, name = asked.view.ledger.names[member]
            rows.append((public_id, name, part, _factor(found.units, part.units), int(part.unvalued), member == own))
    return sorted(rows, key=lambda row: (-row[2].units, row[1].casefold()))


def _factor(pooled: int, own: int) -> str:
    """Pool ÷ own as the lever strip says it; below two with a decimal, empty without own."""
    if not own:
        return ""
    whole = (2 * pooled + own) // (2 * own)
    return str(number(whole) if whole >= 2 else number(Decimal(pooled) / own, 1))


def _of_flow(asked: Asked, found: Figures) -> dict[str, Any]:
    nodes, links = picture_of(asked, found)
    sites = asked.sites([node.key for node in nodes if node.kind == SITE and isinstance(node.key, int)])
    name = lambda node: said.node_name(asked, node, sites)  # noqa: E731 - handed on
    drawn = flow_svg.drawing(
        nodes,
        links,
        heads=(_("Members"), _("Categories"), _("Brands"), _("Sites")),
        name=name,
        amount=lambda units: str(number(units)),
    )
    return {"drawn": drawn, "rows": [(name(link.source), name(link.target), link) for link in links]}


def picture_of(asked: Asked, found: Figures) -> tuple[list[Node], list[Flowing]]:
    """Boxes and bands of the picture of flows."""
    most = current_app.extensions["settings"].sankey_links
    shown = None if asked.members is None else set(asked.members)
    view = asked.view
    if view.flow is None:
        return [], []
    return picture.picture(found, view.ledger, view.flow, view.audience, most=most, shown=shown)


def dots_of(asked: Asked, found: Figures) -> list[places.Dot]:
    """The sites that a list gave coordinates for."""
    pins = asked.view.flow.pins if asked.view.flow else ()
    return places.dots(pins, found.sites, asked.view.audience)


def members_of(asked: Asked, found: Figures) -> list[tuple[str, int, int | None, bool]] | None:
    """What each member that the reader sees brings, and the others as one: name, pieces, cents, values missing."""
    if asked.members is None:
        return None
    rows = _member_rows(asked, found)
    told = [(name, part.units, part.cents, bool(missing)) for _id, name, part, _factor, missing, _own in rows]
    others = len(asked.view.ledger.names) - len(rows)
    if others:
        rest = found.units - sum(row[1] for row in told)
        told.append((str(ngettext("%(num)s other member", "%(num)s other members", others)), rest, None, False))
    return told
