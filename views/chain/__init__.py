"""Pages of the chain: the rows behind each figure of the comparison, a shared site; and the jobs that count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

import framework.chain.steps  # noqa: F401 - its import registers the next step
from framework.chain import behind as rows
from framework.chain import comparison, figures, recount
from framework.chain.build import build
from framework.chain.contradictions import finding
from framework.chain.matching import placing
from framework.chain.measures import stored
from framework.disclosure import confidentiality
from framework.disclosure.receiving import BUILD_JOB
from framework.disclosure.veil import opened, veil_for, veil_of
from framework.ground import jobs
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.terms import CATEGORIES, COMPONENT_TYPES, label_of
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.records import Job
from models.rounds import Lot, Round
from views import guard
from views.chain.sight import reader_of
from views.chain.telling import said, what
from views.disclosure.bidders import bidder, lettered, place
from views.guard import permit

blueprint = Blueprint("chain", __name__)


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


@jobs.runner(recount.COUNT_JOB, is_given_up=False)
def count_settled(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Count anew what rests on the sites that persons settled; never given up, for pages stay behind until it is done."""
    round_ = session.scalar(select(Round).where(Round.public_id == str(job.payload["round"])))
    if round_ is not None:
        recount.count(session, round_, job.payload["submissions"])


@jobs.periodic("chain.place", every_seconds=60)
def place_what_is_left(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Begin again where mentions or measures wait and no job does them."""
    placing.go_on(session, now=clock())
    stored.go_on(session, now=clock())
    figures.count_again(session)
    session.commit()


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison/<submission_id>/<measure>")
@permit(Permission.COMPARISON_VIEW)
def behind(round_: Round, lot_id: str, submission_id: str, measure: str) -> str:
    """The rows of the file behind one figure of the comparison."""
    lot, reader = guard.child(Lot, lot_id, round_), reader_of(round_)
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
    lot, reader = guard.child(Lot, lot_id, round_), reader_of(round_)
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
        is_behind=recount.is_behind(db.session(), round_),
        quantities=[
            (CATEGORIES[category].label if category in CATEGORIES else category, quantity)
            for category, quantity in comparison.quantities_of(db.session(), lot, found.site, reader)
        ],
        names={s.id: bidder(reader, confidentiality.bidder_name(reader, s, i)) for i, s in order},
        place=lambda submission, row: place(reader, submission, row),
        veiled=lambda text: hidden.over(text, lettered),
    )


from views.chain import (  # noqa: E402, F401 - their routes hang on the blueprint
    brand_briefs,
    brands,
    changes,
    claims,
    clarifications,
    comparing,
    contradictions,
    decisions,
    factory_lists,
    judged,
    leverage,
    matching,
    measures,
    pairs,
    products,
    reshaping,
    sites,
)
