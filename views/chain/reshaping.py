"""Pages on which the lead makes two sites one, or takes descriptions out of a site."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain import site_page, sites
from framework.chain.matching import merging
from framework.chain.sites import Filters
from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from models.base import db
from models.chain import Site
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.chain.sight import Eyes, eyes
from views.guard import actor, permit

FOUND = 20
NEW = "new"


@blueprint.get("/rounds/<round_id>/sites/<site_id>/merge")
@permit(Permission.SITES_MATCH)
def merge_page(round_: Round, site_id: str) -> str:
    """Search for the other site; with one chosen, what merging the two does."""
    here = eyes(round_)
    return _merge_page(round_, here, sites.find(db.session(), round_, storable(site_id), here.reader))


@blueprint.post("/rounds/<round_id>/sites/<site_id>/merge")
@permit(Permission.SITES_MATCH)
def merge_sites(round_: Round, site_id: str) -> str | Response | tuple[str, int]:
    """Make the two one, or propose it where a registry tells them apart."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    other = sites.find(db.session(), round_, storable(request.form.get("other", "")), here.reader)
    site, into = (other, found) if request.form.get("survivor") == found.public_id else (found, other)
    said = {"motive": storable(request.form.get("motive", "")), "actor": actor(), "now": clock.now()}
    try:
        if merging.contradict(db.session(), site, into):
            merging.propose(db.session(), site, into, round_, **said)
            return guard.done(_home(round_, site), _("Proposed. A second person must confirm that the two are one."))
        merging.merge(db.session(), site, into, round_, **said)
    except RuleBroken as error:
        refused = guard.refused(error)
        here = eyes(round_)
        return _merge_page(round_, here, sites.find(db.session(), round_, storable(site_id), here.reader), refused), 422
    return guard.done(
        _home(round_, into), _("The two sites are one now. It can be taken back under “What was decided”.")
    )


@blueprint.post("/rounds/<round_id>/sites/<site_id>/merge/confirm")
@permit(Permission.SITES_MATCH)
def confirm_merge(round_: Round, site_id: str) -> Response:
    """Merge as another person proposed."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    try:
        merging.confirm(db.session(), found, round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return guard.done(_home(round_, found), guard.refused(error), "error")
    return guard.done(
        _home(round_, found), _("The two sites are one now. It can be taken back under “What was decided”.")
    )


@blueprint.post("/rounds/<round_id>/sites/<site_id>/merge/withdraw")
@permit(Permission.SITES_MATCH)
def withdraw_merge(round_: Round, site_id: str) -> Response:
    """Take the proposal back."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    try:
        merging.withdraw(db.session(), found, round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return guard.done(_home(round_, found), guard.refused(error), "error")
    return guard.done(_home(round_, found), _("The proposal is withdrawn."))


@blueprint.get("/rounds/<round_id>/sites/<site_id>/split")
@permit(Permission.SITES_MATCH)
def split_page(round_: Round, site_id: str) -> str:
    """Choose descriptions of the site, and where they go."""
    here = eyes(round_)
    return _split_page(round_, here, sites.find(db.session(), round_, storable(site_id), here.reader))


@blueprint.post("/rounds/<round_id>/sites/<site_id>/split")
@permit(Permission.SITES_MATCH)
def split_site(round_: Round, site_id: str) -> str | Response | tuple[str, int]:
    """Take the chosen descriptions out of the site, into a new one or into another."""
    here = eyes(round_)
    found = sites.find(db.session(), round_, storable(site_id), here.reader)
    wanted = {int(one[:9]) for one in request.form.getlist("mention") if one.isdecimal()}
    described = site_page.descriptions(db.session(), found, round_, here.reader)
    chosen = [one.mention for one in described if one.mention.id in wanted]
    target = storable(request.form.get("to", ""))
    into = sites.find(db.session(), round_, target, here.reader) if target not in ("", NEW) else None
    try:
        if not target:
            raise RuleBroken("target-missing", N_("Choose where the descriptions go."))
        decision = merging.split(
            db.session(),
            found,
            chosen,
            round_,
            motive=storable(request.form.get("motive", "")),
            actor=actor(),
            now=clock.now(),
            into=into,
        )
    except RuleBroken as error:
        refused = guard.refused(error)
        here = eyes(round_)
        again = sites.find(db.session(), round_, storable(site_id), here.reader)
        return _split_page(round_, here, again, refused), 422
    made = db.session.get_one(Site, decision.other_site_id)
    return guard.done(
        _home(round_, made), _("The descriptions stand here now. It can be taken back under “What was decided”.")
    )


def _merge_page(round_: Round, here: Eyes, found: Site, error: str = "") -> str:
    chosen = storable(request.values.get("other", ""))
    other = sites.find(db.session(), round_, chosen, here.reader) if chosen else None
    other = None if other is found else other
    described = {
        one.id: site_page.descriptions(db.session(), one, round_, here.reader) for one in (found, other) if one
    }
    return render_template(
        "chain/merge.html",
        round_=round_,
        site=found,
        other=other,
        described=described,
        shown={number: min((d.mention for d in some), key=lambda one: one.id) for number, some in described.items()},
        older=min((found, other), key=lambda one: one.id) if other else None,
        elsewhere={one.id: site_page.elsewhere(db.session(), one, round_) for one in (found, other) if one},
        needs_second=merging.contradict(db.session(), found, other) if other else False,
        hits=_search(round_, here, found),
        text=request.values.get("q", ""),
        error=error,
        motive=request.form.get("motive", ""),
        eyes=here,
    )


def _split_page(round_: Round, here: Eyes, found: Site, error: str = "") -> str:
    described = site_page.descriptions(db.session(), found, round_, here.reader)
    return render_template(
        "chain/split.html",
        round_=round_,
        site=found,
        described=described,
        shown=min((one.mention for one in described), key=lambda one: one.id),
        chosen=set(request.values.getlist("mention")),
        to=request.values.get("to", NEW),
        new=NEW,
        names=site_page.names_of(db.session(), found),
        hits=_search(round_, here, found),
        text=request.values.get("q", ""),
        error=error,
        motive=request.form.get("motive", ""),
        eyes=here,
    )


def _search(round_: Round, here: Eyes, found: Site) -> list[sites.Listed]:
    """Other sites of the round that hold the words searched for."""
    text = storable(request.values.get("q", "")).strip()[:200]
    if not text:
        return []
    hits, _page = sites.listing(
        db.session(), round_, here.reader, Filters(text), size=FOUND + 1, covers=here.sight.covers
    )
    return [one for one in hits if one.site_id != found.id][:FOUND]


def _home(round_: Round, found: Site) -> str:
    return url_for("chain.site", round_id=round_.public_id, site_id=found.public_id)
