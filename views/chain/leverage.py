"""Pages of the leverage of a lot: how much of the pool comes out of each site, brand and country, and without whom less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.chain import recount
from framework.chain.leverage import export, reading, stored
from framework.disclosure import confidentiality
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.veil import opened, veil_of
from framework.ground import jobs
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.people import Organisation
from models.rounds import Lot, Round
from views import clock, guard
from views.chain import blueprint
from views.chain import leverage_said as said
from views.chain import leverage_tables as tables
from views.chain.leverage_said import Asked
from views.chain.leverage_words import CHOICES
from views.chain.sight import reader_of, shown_members
from views.demand.lever import pieces
from views.disclosure.bidders import bidder
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import words

TABS = {
    "sites": N_("Sites"),
    "brands": N_("Brands"),
    "countries": N_("Countries"),
    "components": N_("Components"),
    "members": N_("Members"),
    "flow": N_("Flow"),
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
    _nodes, links = tables.picture_of(asked, found)
    told = export.Told(
        sites=sites,
        brand=asked.brand,
        node=lambda node: said.node_name(asked, node, sites),
        links=links,
        dots=tables.dots_of(asked, found),
        members=tables.members_of(asked, found),
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
    members = shown_members(round_)
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
        is_behind=recount.is_behind(db.session(), round_),
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
        **(tables.content(asked, found, by) if found else {}),
    )


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
