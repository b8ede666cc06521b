"""Pages of the leverage of a lot: how much of the pool comes out of each site, brand and country, and without whom less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.chain.leverage import export, picture, places, reading, stored
from framework.chain.leverage.figures import Figures, Sum
from framework.chain.leverage.flows import SITE
from framework.chain.leverage.picture import Flowing, Node
from framework.chain.leverage.places import Named
from framework.demand.ledger import Share
from framework.demand.leverage import may_see_members
from framework.disclosure import confidentiality
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.veil import opened, veil_of
from framework.ground import jobs
from framework.ground.errors import NotFound
from framework.ground.paging import Page, page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.people import Organisation
from models.rounds import Lot, Round
from views import clock, guard
from views.chain import blueprint, flow_svg, tile_map
from views.chain import leverage_said as said
from views.chain.leverage_said import Asked
from views.chain.leverage_words import CHOICES, country_words, part_of
from views.chain.sight import reader_of
from views.demand.lever import pieces
from views.disclosure.bidders import bidder
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import number, words

PAGE, MOST_PINS, MOST_COUNTRIES = 50, 100, 300
TABS = {
    "sites": N_("Sites"),
    "brands": N_("Brands"),
    "countries": N_("Countries"),
    "components": N_("Components"),
    "members": N_("Members"),
    "flow": N_("Flow"),
}
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


@jobs.periodic("chain.leverage", every_seconds=60)
def count_what_is_left(session: Session, clock: Callable[[], Any]) -> None:
    """Count what was built before flows were kept."""
    stored.go_on(session)
    session.commit()


@blueprint.get("/rounds/<round_id>/leverage")
@permit(Permission.COMPARISON_VIEW)
def first_leverage(round_: Round) -> str:
    """The leverage of the round's first lot."""
    if not round_.lots:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return _page(round_, round_.lots[0])


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/leverage")
@permit(Permission.COMPARISON_VIEW)
def lot_leverage(round_: Round, lot_id: str) -> str:
    """How much of a lot's pool comes out of each site, brand and country, of one offer or all."""
    return _page(round_, guard.child(Lot, lot_id, round_))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/leverage.xlsx")
@permit(Permission.COMPARISON_VIEW)
def leverage_workbook(round_: Round, lot_id: str) -> Response:
    """All tables of the page as a workbook, of the offer, component and member that the page shows."""
    asked = _asked(round_, guard.child(Lot, lot_id, round_))
    found = asked.view.figures
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    sites = asked.sites(found.sites)
    _nodes, links = _picture(asked, found)
    told = export.Told(
        sites=sites,
        brand=asked.brand,
        node=lambda node: said.node_name(asked, node, sites),
        links=links,
        dots=_dots(asked, found),
        members=_members(asked, found),
        choice=[
            (_("Component"), said.kind_words(asked.view.kind)),
            (_("Offer"), said.offer_words(asked)),
            *said.leaving_choice(asked),
        ],
        leaver=asked.leaver.name if asked.leaver else "",
    )
    content = export.write(asked.view, found, told, now=clock.now(), words=words)
    return send_workbook(content, f"leverage-{round_.public_id}-{asked.lot.number}.xlsx")


def _asked(round_: Round, lot: Lot) -> Asked:
    session = db.session()
    reader = reader_of(round_)
    submissions = opened(session, round_)
    names = {s.id: bidder(reader, confidentiality.bidder_name(reader, s, i)) for i, s in enumerate(submissions)}
    offer = next((s.id for s in submissions if s.public_id == request.args.get("offer")), None)
    members = _shown_members(round_)
    leaver = _leaver(members, reading.ledger_for(session, lot, reader).names)
    view = reading.view(
        session,
        lot,
        reader,
        offer=offer,
        kind=request.args.get("kind", FINAL_ASSEMBLY),
        leaver=leaver.id if leaver else None,
    )
    if members is not None and not members:
        members = tuple(view.ledger.names)
    return Asked(lot, reader, view, members, leaver, submissions, names, veil_of(session, reader, submissions))


def _shown_members(round_: Round) -> tuple[int, ...] | None:
    """The members whose own figures this reader sees: none () means all of them; None, nobody's."""
    if may_see_members(db.session(), actor(), round_):
        return ()
    own = actor().organisation_id
    return (own,) if "member" in guard.roles(round_) and own is not None else None


def _leaver(members: tuple[int, ...] | None, names: Mapping[int, tuple[str, str]]) -> Organisation | None:
    """The member who is thought away: of those that declared, and whose figures this reader sees."""
    asked = request.args.get("leaves", "")
    found = next((member for member, (public_id, _name) in names.items() if asked and public_id == asked), None)
    if found is None or members is None or (members and found not in members):
        return None
    return db.session.get(Organisation, found)


def _page(round_: Round, lot: Lot) -> str:
    asked = _asked(round_, lot)
    view, found = asked.view, asked.view.figures
    by = request.args.get("by", "")
    by = by if by in TABS and (by != "members" or asked.members is not None) else "sites"
    leaver = asked.leaver
    return render_template(
        "chain/leverage.html",
        round_=round_,
        lots=round_.lots,
        lot=lot,
        view=view,
        found=found,
        by=by,
        tabs=_tabs(asked, by),
        kinds=[(one.component_type, said.kind_words(one.component_type, one.tier)) for one in view.kinds],
        offers=[(s.public_id, asked.names[s.id]) for s in asked.submissions if s.id in view.offers],
        chosen_offer=request.args.get("offer", "") if view.offer is not None else "",
        may_leave=[view.ledger.names[m] for m in (asked.members or ()) if m in view.ledger.names],
        leaver=leaver,
        sentences=said.sentences(asked, found) if found else [],
        heads=said.headline(asked, found) if found else [],
        leaving=said.leaving(asked, found, leaver) if found and leaver else "",
        whole=pieces(view.ledger.units, lot.unit),
        behind_whole=len(view.ledger.members(view.ledger.groups)),
        workbook=url_for(
            "chain.leverage_workbook",
            round_id=round_.public_id,
            lot_id=lot.public_id,
            **_kept("by", "q", "sort", "page"),
        ),
        **(_content(asked, found, by) if found else {}),
    )


def _content(asked: Asked, found: Figures, by: str) -> dict[str, Any]:
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
    dots = _dots(asked, found)
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
    nodes, links = _picture(asked, found)
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


def _picture(asked: Asked, found: Figures) -> tuple[list[Node], list[Flowing]]:
    most = current_app.extensions["settings"].sankey_links
    shown = None if asked.members is None else set(asked.members)
    view = asked.view
    if view.flow is None:
        return [], []
    return picture.picture(found, view.ledger, view.flow, view.audience, most=most, shown=shown)


def _dots(asked: Asked, found: Figures) -> list[places.Dot]:
    pins = asked.view.flow.pins if asked.view.flow else ()
    return places.dots(pins, found.sites, asked.view.audience)


def _members(asked: Asked, found: Figures) -> list[tuple[str, int, int | None, bool]] | None:
    if asked.members is None:
        return None
    rows = _member_rows(asked, found)
    told = [(name, part.units, part.cents, bool(missing)) for _id, name, part, _factor, missing, _own in rows]
    others = len(asked.view.ledger.names) - len(rows)
    if others:
        rest = found.units - sum(row[1] for row in told)
        told.append((str(ngettext("%(num)s other member", "%(num)s other members", others)), rest, None, False))
    return told


def _tabs(asked: Asked, by: str) -> list[tuple[str, str, bool]]:
    there = {"round_id": asked.lot.round.public_id, "lot_id": asked.lot.public_id}
    kept = _kept("by", "q", "sort", "page", "country")
    return [
        (url_for("chain.lot_leverage", **there, by=key, **kept), words(label), key == by)
        for key, label in TABS.items()
        if key != "members" or asked.members is not None
    ]


def _kept(*without: str) -> dict[str, Any]:
    """The choices in the address, without some."""
    return {key: request.args[key] for key in CHOICES if key not in without and request.args.get(key)}
