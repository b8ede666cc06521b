"""The lead's pages of the factory lists of labels: the lists of a round, the rows of one, and one row beside the sites it may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.chain.matching.marking import AGREES, FIELDS, compared, texts_of
from framework.chain.matching.questions import Option
from framework.chain.published import listings, lists, registries
from framework.chain.published.lists import About
from framework.disclosure import confidentiality
from framework.disclosure.published_lists import MOST_ROWS, PROBLEMS
from framework.ground import jobs
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission, require
from framework.ground.text import N_, storable
from models.base import db
from models.chain import Site
from models.published import FactoryList, FactoryListing
from models.records import Job
from models.rounds import Round
from views import clock, guard, scanning
from views.chain import blueprint
from views.chain.sight import Eyes, country, eyes, told
from views.disclosure.work import inline_limits
from views.guard import actor, permit
from views.i18n import words
from views.published_files import FACTORIES, read_published

LISTS_PAGE = 50
PROBLEMS_PAGE = 20
STATES = {
    listings.PROPOSED: N_("with a proposed site"),
    "open": N_("waiting"),
    "matched": N_("matched to a site"),
    "declined": N_("no site here"),
}
TEXTS = ("label", "holder", "day", "brand")


@jobs.runner(lists.LOOK_JOB)
def look_up_listings(session: Session, job: Job, now: Callable[[], dt.datetime]) -> None:
    """Look for sites for the next rows of a list; another job goes on where more wait."""
    found = session.scalar(select(FactoryList).where(FactoryList.public_id == str(job.payload["list"])))
    if found is not None:
        listings.look_up_next(session, found, now=now())


@blueprint.get("/rounds/<round_id>/factory-lists")
@permit(Permission.FACTORY_LISTS_VIEW)
def factory_lists(round_: Round) -> str:
    """The lists of a round, what became of their rows, and which registries are loaded."""
    return _lists(round_)


@blueprint.post("/rounds/<round_id>/factory-lists")
@permit(Permission.FACTORY_LISTS_DECIDE)
def load_factory_list(round_: Round) -> Response | tuple[str, int]:
    """Read a list in the child process and keep it with what could not be read; nobody waits for the database meanwhile."""
    public_id = round_.public_id
    try:
        about = lists.check(_about(), now=clock.now())
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise InvalidInput("file-missing", N_("Choose a file first."), field="file")
        guard.release()
        limit = current_app.extensions["settings"].upload_mb * 1_000_000
        store = current_app.extensions["files"]
        blob = scanning.before_reading(store.put(sent.stream, max_bytes=limit))
        name = storable(sent.filename)
        read = read_published(store.path(blob.sha256), FACTORIES, inline_limits(), name=name, brand=about.brand)
        replay = guard.resume()
        if replay is not None:
            return replay
        again = _round(public_id)
        try:
            made = lists.load(db.session(), again, about, read, sha256=blob.sha256, actor=actor(), now=clock.now())
        except InvalidInput as error:
            return _refused(public_id, error, read.report)
    except RuleBroken as error:
        return _refused(public_id, error)
    db.session.flush()
    said = ngettext("%(num)s row was read.", "%(num)s rows were read.", len(read.rows))
    return guard.done(url_for(".factory_list", round_id=public_id, list_id=made.public_id), said)


@blueprint.get("/rounds/<round_id>/factory-lists/<list_id>")
@permit(Permission.FACTORY_LISTS_VIEW)
def factory_list(round_: Round, list_id: str) -> str:
    """The rows of a list with the likeliest site of each, and what of the file could not be read."""
    return _list(round_, guard.child(FactoryList, list_id, round_))


@blueprint.post("/rounds/<round_id>/factory-lists/<list_id>")
@permit(Permission.FACTORY_LISTS_DECIDE)
def change_factory_list(round_: Round, list_id: str) -> str | Response | tuple[str, int]:
    """Take a list back, or have sites looked for anew."""
    found, public_id = guard.child(FactoryList, list_id, round_), round_.public_id
    here = url_for(".factory_list", round_id=public_id, list_id=found.public_id)
    try:
        if request.form.get("act") == "withdraw":
            lists.withdraw(db.session(), found, actor=actor(), now=clock.now())
            return guard.done(here, _("Taken back."))
        lists.look_again(db.session(), found, actor=actor(), now=clock.now())
    except RuleBroken as error:
        said, again = guard.refused(error), _round(public_id)
        return _list(again, guard.child(FactoryList, list_id, again), said), error.status
    return guard.done(here, _("Sites are looked for. Load this page again in a moment."))


@blueprint.get("/rounds/<round_id>/factory-lists/<list_id>/<int:number>")
@permit(Permission.FACTORY_LISTS_VIEW)
def factory_listing(round_: Round, list_id: str, number: int) -> str:
    """One row of a list beside the sites that it may be: what agrees, and what not."""
    found = guard.child(FactoryList, list_id, round_)
    return _listing(round_, found, _row(found, number))


@blueprint.post("/rounds/<round_id>/factory-lists/<list_id>/<int:number>")
@permit(Permission.FACTORY_LISTS_DECIDE)
def settle_factory_listing(round_: Round, list_id: str, number: int) -> str | Response | tuple[str, int]:
    """Say which site a row is, that it is none, or take that back; the next row follows."""
    found, public_id = guard.child(FactoryList, list_id, round_), round_.public_id
    listing, act = _row(found, number), request.form.get("act", "")
    try:
        if act == "undo":
            listings.undo(db.session(), listing, actor=actor(), now=clock.now())
            return guard.done(_address(found, listing), _("Taken back."))
        if act == "decline":
            listings.decline(db.session(), listing, actor=actor(), now=clock.now())
        else:
            chosen = storable(request.form.get("site", ""))
            site = db.session.scalar(select(Site).where(Site.public_id == chosen))
            listings.match(db.session(), listing, site, actor=actor(), now=clock.now())
    except RuleBroken as error:
        said, again = guard.refused(error), _round(public_id)
        found = guard.child(FactoryList, list_id, again)
        return _listing(again, found, _row(found, number), said), error.status
    db.session.flush()
    after = listings.next_waiting(db.session(), found, listing)
    said = _("Row %(row)s is settled.", row=listing.row)
    return guard.done(_address(found, after) if after is not None else _address(found, None), said)


def _is_late(found: FactoryList) -> bool:
    """Whether a list speaks of a day after the tender deadline."""
    deadline = confidentiality.deadline_day(found.round)
    return deadline is not None and found.day > deadline


def _about() -> About:
    label, holder, day, brand = (storable(request.form.get(name, "")) for name in TEXTS)
    try:
        given = dt.date.fromisoformat(day.strip())
    except ValueError:
        given = None
    return About(label, holder, given, brand)


def _refused(public_id: str, error: RuleBroken, report: dict[str, Any] | None = None) -> tuple[str, int]:
    said, again = guard.refused(error), _round(public_id)
    require(db.session(), actor(), Permission.FACTORY_LISTS_VIEW, again)
    return _lists(again, said, getattr(error, "field", ""), report), error.status


def _round(public_id: str) -> Round:
    return db.session.query(Round).filter_by(public_id=public_id).one()


def _lists(round_: Round, error: str = "", field: str = "", report: dict[str, Any] | None = None) -> str:
    every = lists.counted(db.session(), round_)
    page = page_of(request.args.get("page"), len(every), LISTS_PAGE)
    return render_template(
        "chain/factory_lists.html",
        round_=round_,
        lists=every[page.offset : page.offset + page.size],
        page=page,
        registries=registries.loads(db.session()),
        is_late=_is_late,
        error=error,
        field=field,
        typed={name: request.form.get(name, "") for name in TEXTS},
        problems=_problems(report or {}),
        counts=_left_out(report or {}),
        most=MOST_ROWS,
        limit_mb=inline_limits().upload_mb,
    )


def _list(round_: Round, found: FactoryList, error: str = "") -> str:
    here = eyes(round_)
    state, text = request.args.get("state", ""), storable(request.args.get("q", "")).strip()[:200]
    rows, page = listings.page(db.session(), found, here.sight, state=state, text=text, asked=request.args.get("page"))
    return render_template(
        "chain/factory_list.html",
        round_=round_,
        found=found,
        counted=lists.count(db.session(), found),
        rows=rows,
        page=page,
        eyes=here,
        country=country,
        is_late=_is_late,
        states=STATES,
        state=state if state in STATES else "",
        q=text,
        problems=_problems(found.report),
        counts=_left_out(found.report),
        error=error,
    )


def _listing(round_: Round, found: FactoryList, listing: FactoryListing, error: str = "") -> str:
    here = eyes(round_)
    options = listings.options(db.session(), listing, here.sight)
    return render_template(
        "chain/factory_listing.html",
        round_=round_,
        found=found,
        listing=listing,
        mine=_sides(here, listing, options[0])[0] if options else _alone(listing),
        theirs=[(one, _sides(here, listing, one)[1]) for one in options],
        labels=FIELDS,
        agrees=AGREES,
        eyes=here,
        told=told,
        chosen=request.form,
        error=error,
    )


def _sides(here: Eyes, listing: FactoryListing, one: Option) -> tuple[list[Any], list[Any]]:
    """The fields of a row and of a site, each with its words marked against the other's."""
    theirs = {
        key: country(text) if key == "country" else here.veiled(text)
        for key, text in texts_of(one.said.mention, one.said.row).items()
    }
    mine = _texts(listing)
    return compared(mine, theirs), compared(theirs, mine)


def _alone(listing: FactoryListing) -> list[Any]:
    mine = _texts(listing)
    return compared(mine, mine)


def _texts(listing: FactoryListing) -> dict[str, str]:
    known = {
        "name": listing.name,
        "address": listing.address,
        "city": listing.city,
        "country": country(listing.country),
    }
    return {key: known.get(key, "") for key in FIELDS}


def _row(found: FactoryList, number: int) -> FactoryListing:
    listing = db.session.get(FactoryListing, number) if number < 2**31 else None
    if listing is None or listing.list_id != found.id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return listing


def _address(found: FactoryList, listing: FactoryListing | None) -> str:
    known = {"round_id": found.round.public_id, "list_id": found.public_id}
    if listing is None:
        return url_for(".factory_list", **known)
    return url_for(".factory_listing", number=listing.id, **known)


def _problems(report: dict[str, Any]) -> list[tuple[str, int, str]]:
    """The first rows that were not read, or not in full: sheet, row, and what to do."""
    some = report.get("problems", [])[:PROBLEMS_PAGE]
    return [(one["sheet"], one["row"], _said(one["code"], one["params"])) for one in some]


def _left_out(report: dict[str, Any]) -> int:
    """How many remarks a report makes."""
    return sum(report.get("counts", {}).values())


def _said(code: str, params: dict[str, Any]) -> str:
    reason = params.get("reason")
    return words(PROBLEMS[code], **{**params, **({"reason": words(reason)} if reason else {})})
