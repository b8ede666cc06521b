"""Pages of the sites that a round's files name: the list, and each site with all that is known of it here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.chain import recount, site_page, sites
from framework.chain.matching import decided, merging, naming
from framework.chain.matching.decided import Decided
from framework.chain.shared import audience_of
from framework.chain.site_page import Part
from framework.chain.sites import SEVERAL, Filters
from framework.disclosure.confidentiality import reference_day
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.paging import Page
from framework.ground.permissions import Permission
from framework.ground.table_files import MOST_ROWS
from framework.ground.terms import AUDIT_SCHEMES, COMPONENT_TYPES, label_of
from framework.ground.text import N_, storable
from models.base import db
from models.chain import SharedSite, Site
from models.matching import SiteName
from models.people import User
from models.rounds import Lot, Round
from views import clock, guard
from views.chain import blueprint, site_tables, weight
from views.chain.decisions import in_words, placed_by, why
from views.chain.sight import Eyes, country, eyes, leads
from views.downloads import send_workbook
from views.guard import actor, permit

NAME_KINDS = {
    "also_known_as": N_("also known as"),
    "former_name": N_("former name"),
    "other_script": N_("name in another script"),
}


@blueprint.get("/rounds/<round_id>/sites")
@permit(Permission.COMPARISON_VIEW)
def site_list(round_: Round) -> str:
    """Every site that an opened file of the round names, as this reader may see them."""
    here, filters = eyes(round_), _filters()
    found, page = sites.listing(
        db.session(),
        round_,
        here.reader,
        filters,
        sort=request.args.get("sort", ""),
        asked=request.args.get("page"),
        covers=here.sight.covers,
    )
    codes = sites.countries(db.session(), round_, here.reader)
    return render_template(
        "chain/sites.html",
        round_=round_,
        sites=found,
        page=page,
        filters=filters,
        kept=_kept(filters),
        countries=sorted(((code, country(code)) for code in codes), key=lambda one: one[1]),
        precisions=sites.PRECISION_LABELS,
        several=SEVERAL,
        unplaced=sites.unplaced(db.session(), round_, here.reader),
        eyes=here,
    )


@blueprint.get("/rounds/<round_id>/sites.xlsx")
@permit(Permission.COMPARISON_VIEW)
def sites_workbook(round_: Round) -> Response:
    """The sites as a workbook, as the page is narrowed and sorted."""
    here = eyes(round_)
    found, _page = sites.listing(
        db.session(),
        round_,
        here.reader,
        _filters(),
        sort=request.args.get("sort", ""),
        size=MOST_ROWS + 1,
        covers=here.sight.covers,
    )
    return send_workbook(
        site_tables.sites_table(found, here, round_, now=clock.now()), f"sites-{round_.public_id}.xlsx"
    )


@blueprint.get("/rounds/<round_id>/sites/<site_id>")
@permit(Permission.COMPARISON_VIEW)
def site(round_: Round, site_id: str) -> str | Response:
    """One site: who names it and how, what is made there, audits, names, ids, its company, what was decided."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    if found.public_id != site_id:
        where = url_for("chain.site", round_id=round_.public_id, site_id=found.public_id, was=site_id)
        return Response(status=302, headers={"Location": where})
    return site_in_full(round_, here, found)


@blueprint.post("/rounds/<round_id>/sites/<site_id>/names")
@permit(Permission.SITES_MATCH)
def add_site_name(round_: Round, site_id: str) -> str | Response | tuple[str, int]:
    """Type another name of the site; matching finds it by that name from now on."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    try:
        naming.add_name(
            db.session(),
            found,
            storable(request.form.get("name", "")),
            request.form.get("kind", ""),
            round_,
            motive=storable(request.form.get("motive", "")),
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        said = guard.refused(error)
        return site_in_full(round_, here, sites.find(db.session(), round_, storable(site_id), here.reader), said), 422
    return guard.done(_home(round_, found) + "#names", _("The name is added."))


@blueprint.post("/rounds/<round_id>/sites/<site_id>/names/<int:number>/remove")
@permit(Permission.SITES_MATCH)
def remove_site_name(round_: Round, site_id: str, number: int) -> str | Response | tuple[str, int]:
    """Remove a typed name."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    name = db.session.get(SiteName, number) if number < 2**31 else None
    if name is None or not any(one.id == number for one in site_page.names_of(db.session(), found)):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    try:
        naming.end_name(db.session(), found, name, round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        said = guard.refused(error)
        return site_in_full(round_, here, sites.find(db.session(), round_, storable(site_id), here.reader), said), 422
    return guard.done(_home(round_, found) + "#names", _("The name is removed."))


def site_in_full(round_: Round, here: Eyes, found: Site, error: str = "") -> str:
    """The page of a site; `error` is why an act on it was refused."""
    return render_template(
        "chain/site_page.html",
        round_=round_,
        site=found,
        eyes=here,
        name_kinds=NAME_KINDS,
        component_kinds=COMPONENT_TYPES,
        label_of=label_of,
        on=reference_day,
        schemes=AUDIT_SCHEMES,
        placed_by=placed_by,
        in_words=in_words,
        why=why,
        precisions=sites.PRECISION_LABELS,
        error=error,
        typed=request.form,
        **_told(round_, here, found),
        **_made(round_, here, found),
        **_decided(round_, here, found),
    )


def _told(round_: Round, here: Eyes, found: Site) -> dict[str, Any]:
    """Who names a site and how: rows, descriptions, ids, names, its company."""
    session, reader = db.session(), here.reader
    rows, page = site_page.rows_of(session, found, round_, reader, asked=request.args.get("page"))
    described = site_page.descriptions(session, found, round_, reader)
    return {
        "shown": min((one.mention for one in described), key=lambda one: one.id),
        "suppliers": site_page.suppliers_of(session, found, round_, reader),
        "rows": rows,
        "page": page,
        "described": described,
        "ids": site_page.ids_of(described),
        "names": site_page.names_of(session, found),
        "company": site_page.of_its_company(session, found, described, round_, reader),
    }


def _made(round_: Round, here: Eyes, found: Site) -> dict[str, Any]:
    """What is made at a site, the pooled volume behind it, its audits."""
    session, reader = db.session(), here.reader
    links, page = site_page.links_of(session, found, round_, reader, asked=request.args.get("made"))
    return {
        "links": links,
        "link_page": page,
        "weights": weight.weights(round_, found, reader),
        "is_behind": recount.is_behind(session, round_),
        "is_held_back": weight.is_held_back(round_, reader),
        "audits": site_page.audits_of(session, found, round_, reader),
        "lots": _lots(round_, found, here),
    }


def _decided(round_: Round, here: Eyes, found: Site) -> dict[str, Any]:
    """What was decided about a site, what waits, and what became part of it."""
    session = db.session()
    parts = site_page.parts_of(session, found, round_, here.reader)
    history, page = _history(found, parts, here)
    waiting = merging.proposed(session, found, round_, now=clock.now())
    is_lead = leads(round_)
    return {
        "parts_of": parts,
        "was": next((part for part in parts if part.site.public_id == request.args.get("was")), None),
        "history": history,
        "history_page": page,
        "elsewhere": site_page.elsewhere(session, found, round_) if is_lead else (0, 0),
        "leads": is_lead,
        "proposal": waiting,
        "proposer": session.get(User, waiting[0].proposed_by_id) if waiting and is_lead else None,
    }


def _history(found: Site, parts: Sequence[Part], here: Eyes) -> tuple[list[Decided], Page | None]:
    """What was decided about a site and its parts: it tells of rows of every level, so only to who sees them all."""
    if not here.reader.sees_all:
        return [], None
    numbers = [found.id, *(part.site.id for part in parts)]
    return decided.of_site(db.session(), numbers, here.sight, asked=request.args.get("history"))


def _lots(round_: Round, found: Site, here: Eyes) -> list[Lot]:
    """The lots on whose comparison the site stands as shared, for this reader."""
    query = select(SharedSite.lot_id, SharedSite.audience).where(SharedSite.site_id == found.id)
    shared = {(lot, audience) for lot, audience in db.session.execute(query)}
    return [lot for lot in round_.lots if (lot.id, audience_of(here.reader, lot)) in shared]


def _home(round_: Round, found: Site) -> str:
    return url_for("chain.site", round_id=round_.public_id, site_id=found.public_id)


def _filters() -> Filters:
    """As the address says."""
    asked = {name: storable(request.args.get(name, "")).strip()[:200] for name in ("q", "country", "precision", "by")}
    return Filters(asked["q"], asked["country"], asked["precision"], asked["by"])


def _kept(filters: Filters) -> dict[str, str]:
    """Filters as parts of an address."""
    parts = {"q": filters.text, "country": filters.country, "precision": filters.precision, "by": filters.named_by}
    return {name: value for name, value in parts.items() if value}
