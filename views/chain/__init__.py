"""Pages of the chain: the comparison of a lot, the rows behind each figure, a shared site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

import framework.chain.steps  # noqa: F401 - its import registers the next step
from framework.chain import behind as rows
from framework.chain import comparison, export
from framework.chain.build import build
from framework.chain.contradictions import finding, listing
from framework.chain.figures import required_types
from framework.chain.matching import placing, questions
from framework.chain.measures import stored
from framework.disclosure import confidentiality
from framework.disclosure.confidentiality import Reader
from framework.disclosure.opening import BUILD_JOB
from framework.disclosure.veil import opened, veil_for, veil_of
from framework.ground import jobs
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission, may
from framework.ground.terms import CATEGORIES, COMPONENT_TYPES, label_of
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.records import Job
from models.rounds import Lot, Round
from views import clock, guard
from views.chain.cells import Cells
from views.chain.telling import said, what
from views.demand.lever import pieces
from views.disclosure.bidders import bidder, lettered, place
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words

blueprint = Blueprint("chain", __name__)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


SORTS: dict[str, Callable[[comparison.Line], Any]] = {
    "supplier": lambda one: one.supplier.casefold(),
    "brand": lambda one: one.brand.casefold() or None,
    "disclosed": lambda one: _ratio(one.figures["disclosed"], one.figures["nodes"]),
    "precise": lambda one: _ratio(one.figures["precise"], one.figures["nodes"]),
    "minerals": lambda one: _ratio(one.figures["minerals_answered"], one.figures["minerals_asked"]),
    "assembly": lambda one: _ratio(*one.assembly),
    "components": lambda one: _ratio(*one.components),
    "audits": lambda one: one.figures["audits_valid"] if one.figures["products"] else None,
    "due_diligence": lambda one: one.figures["due_diligence"].get("full", 0) if one.figures["products"] else None,
}
"""What each column sorts by; None is unknown and stands last."""


@jobs.runner(BUILD_JOB)
def build_chain(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Build the chain of one opened submission."""
    public_id = str(job.payload["submission"])
    submission = session.scalar(select(Submission).where(Submission.public_id == public_id))
    if submission is not None:
        build(session, submission, now=clock())
        _then_find(session, submission, clock())


@jobs.runner(placing.PLACE_JOB)
def place_mentions(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Tie the next mentions of a long list to sites; another job goes on where more wait."""
    submission = session.scalar(select(Submission).where(Submission.public_id == str(job.payload["submission"])))
    if submission is not None:
        placing.place_next(session, submission, now=clock())
        _then_find(session, submission, clock())


def _then_find(session: Session, submission: Submission, now: dt.datetime) -> None:
    """Once all of a submission's mentions are placed, the round's contradictions are found anew."""
    if not placing.waiting(session, submission):
        finding.ask_for(session, submission.round, now=now)


@jobs.runner(stored.MEASURE_JOB)
def count_measures(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Count the next measures of a round; another job goes on where more wait."""
    round_ = session.scalar(select(Round).where(Round.public_id == str(job.payload["round"])))
    if round_ is not None:
        stored.count_next(session, round_, now=clock())


@jobs.periodic("chain.place", every_seconds=60)
def place_what_is_left(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Begin again where mentions or measures wait and no job does them."""
    placing.go_on(session, now=clock())
    stored.go_on(session, now=clock())
    session.commit()


@blueprint.get("/rounds/<round_id>/comparison")
@permit(Permission.COMPARISON_VIEW)
def first_lot(round_: Round) -> str:
    """The comparison of the round's first lot."""
    if not round_.lots:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return _page(round_, round_.lots[0])


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison")
@permit(Permission.COMPARISON_VIEW)
def lot_comparison(round_: Round, lot_id: str) -> str:
    """Suppliers and brands of a lot side by side, beside the pooled volume."""
    return _page(round_, guard.child(Lot, lot_id, round_))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison.xlsx")
@permit(Permission.COMPARISON_VIEW)
def lot_workbook(round_: Round, lot_id: str) -> Response:
    """The comparison as a workbook, its lines in the order of the page."""
    lot, reader = guard.child(Lot, lot_id, round_), _reader(round_)
    found = comparison.compare(db.session(), lot, reader, page=None)
    hidden = veil_for(db.session(), round_, reader)
    content = export.write(
        found,
        _sorted(found.lines),
        now=clock.now(),
        named=lambda one: (bidder(reader, one.supplier), hidden.over(one.brand, lettered)),
        words=words,
        veiled=lambda text: str(hidden.over(text, lettered)),
    )
    return send_workbook(content, f"comparison-{round_.public_id}-{lot.number}.xlsx")


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison/<submission_id>/<measure>")
@permit(Permission.COMPARISON_VIEW)
def behind(round_: Round, lot_id: str, submission_id: str, measure: str) -> str:
    """The rows of the file behind one figure of the comparison."""
    lot, reader = guard.child(Lot, lot_id, round_), _reader(round_)
    title = rows.title(lot, measure)
    if not title:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    one = comparison.line(db.session(), lot, submission_id, request.args.get("brand", ""), reader)
    found = rows.rows_behind(db.session(), one, lot, measure, reader, page=request.args.get("page"))
    hidden, on = veil_for(db.session(), round_, reader), confidentiality.reference_day(one.submission)
    return render_template(
        "chain/behind.html",
        round_=round_,
        lot=lot,
        line=one,
        supplier=bidder(reader, one.supplier),
        brand=hidden.over(one.brand, lettered),
        title=title,
        measure=measure,
        facts=[
            (
                fact,
                place(reader, one.submission, fact.row),
                *(hidden.over(text, lettered) for text in (what(fact, measure), said(fact, on))),
            )
            for fact in found.facts
        ],
        found=found,
    )


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/sites/<site_id>")
@permit(Permission.COMPARISON_VIEW)
def shared_site(round_: Round, lot_id: str, site_id: str) -> str:
    """Who names a shared site, what is made there, and the pooled quantity behind it."""
    lot, reader = guard.child(Lot, lot_id, round_), _reader(round_)
    found = comparison.shared_site(db.session(), lot, site_id, reader)
    links, page = comparison.links_of(db.session(), lot, found.site, reader, page=request.args.get("page"))
    submissions = opened(db.session(), round_)
    order, hidden = enumerate(submissions), veil_of(db.session(), reader, submissions)
    return render_template(
        "chain/site.html",
        round_=round_,
        lot=lot,
        shared=found,
        mentions=comparison.mentions_of(db.session(), lot, found.site, reader),
        links=[
            (
                s,
                hidden.over(p.brand, lettered),
                hidden.over(p.model_name, lettered),
                label_of(COMPONENT_TYPES, c.component_type),
                row,
            )
            for s, p, c, row in links
        ],
        page=page,
        quantities=[
            (CATEGORIES[category].label if category in CATEGORIES else category, quantity)
            for category, quantity in comparison.quantities_of(db.session(), lot, found.site, reader)
        ],
        names={s.id: bidder(reader, confidentiality.bidder_name(reader, s, i)) for i, s in order},
        place=lambda submission, row: place(reader, submission, row),
        veiled=lambda text: hidden.over(text, lettered),
    )


def _reader(round_: Round) -> Reader:
    return confidentiality.reader_of(db.session(), round_, actor(), roles=guard.roles(round_))


def _page(round_: Round, lot: Lot) -> str:
    reader = _reader(round_)
    found = comparison.compare(db.session(), lot, reader, page=request.args.get("page", "1"))
    cells, hidden = Cells(round_, lot), veil_for(db.session(), round_, reader)
    kinds = required_types(lot)
    return render_template(
        "chain/comparison.html",
        round_=round_,
        lots=round_.lots,
        found=found,
        lines=[(bidder(reader, one.supplier), hidden.over(one.brand, lettered), one) for one in _sorted(found.lines)],
        cells=cells,
        kinds=kinds,
        waiting=questions.waiting(db.session(), round_)
        if may(db.session(), actor(), Permission.SITES_ANSWER, round_)
        else 0,
        contradictions=listing.waiting(db.session(), round_, without=contradictions.hidden_kinds(round_))
        if may(db.session(), actor(), Permission.CONTRADICTIONS_VIEW, round_)
        else 0,
        veiled=lambda text: hidden.over(text, lettered),
        kind_labels=[label_of(COMPONENT_TYPES, kind) for kind in kinds],
        pooled=pieces(found.lot_pool.total.expected, lot.unit) if found.lot_pool is not None else "",
    )


def _sorted(lines: tuple[comparison.Line, ...]) -> list[comparison.Line]:
    """As the address says (`sort=key` or `sort=-key`), unknown last both ways; an unknown order is that of receipt."""
    asked = request.args.get("sort", "")
    key = SORTS.get(asked.removeprefix("-"))
    if key is None:
        return list(lines)
    known = [one for one in lines if key(one) is not None]
    return [*sorted(known, key=key, reverse=asked.startswith("-")), *(one for one in lines if key(one) is None)]


from views.chain import (  # noqa: E402, F401 - their routes hang on the blueprint
    brands,
    clarifications,
    contradictions,
    decisions,
    leverage,
    matching,
    measures,
    products,
    reshaping,
    sites,
)
