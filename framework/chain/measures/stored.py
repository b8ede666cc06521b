"""Keep the stored measures true: what changed is marked stale in the same transaction, and counted anew in slices.

Stale are the products of a submission when its mentions are placed, with those of the same brands that others offer
(their corroboration changes), and every product with a link to a site whose mentions moved.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from fractions import Fraction

from sqlalchemy import ColumnElement, Select, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from framework.chain import shares
from framework.chain.measures.facts import load, scale
from framework.chain.measures.product import Figures, measure
from framework.chain.measures.rolling import Sums
from framework.disclosure.veil import opened
from framework.ground import jobs
from framework.ground.text import key_of
from models.chain import ChainBuild, Link, Mention, Product
from models.disclosure import Submission
from models.measures import LotMeasures, ProductMeasures
from models.records import Job
from models.rounds import Round

MEASURE_JOB = "chain.measure"
REST_AFTER_FAULT = dt.timedelta(hours=1)
"""How long a round whose job failed for good is left alone before it is tried again."""
SLICE = 100
"""Products that one transaction of the worker counts."""
MARKED_AT_ONCE = 5_000


def submission_placed(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    """Count the products of a submission whose mentions are placed, and those whose corroboration this changes.

    While others of the round are still to be built, nothing is counted yet: each of them would change it again.
    """
    begin(session, submission)
    brands = {key_of(brand) for brand in session.scalars(_brands([submission.id]))}
    others = [one.id for one in opened(session, submission.round) if one.id != submission.id]
    same = sorted({brand for brand in session.scalars(_brands(others)) if key_of(brand) in brands})
    offers = select(Product.id).where(Product.submission_id.in_(others), Product.brand.in_(same))
    _mark(session, ProductMeasures.product_id.in_(offers))
    built = set(session.scalars(select(ChainBuild.submission_id).where(ChainBuild.submission_id.in_(others))))
    if built.issuperset(others):
        count_next(session, submission.round, now=now)


def sites_changed(
    session: Session,
    rounds: Collection[Round],
    sites: Collection[int],
    *,
    now: dt.datetime,
    freed: Collection[int] = (),
) -> None:
    """Mark the products with a link to these sites, and to mentions that belong to none any more: they moved. A job counts."""
    moved = or_(Mention.site_id.in_(sites), Mention.id.in_(freed))
    tied = select(Link.product_id).join(Mention, Mention.id == Link.mention_id).where(moved)
    _mark(session, ProductMeasures.product_id.in_(tied))
    for round_ in rounds:
        _ask_for(session, round_, now=now)


def products_changed(session: Session, round_: Round, products: Collection[int], *, now: dt.datetime) -> None:
    """Count these products anew: what is asked of them has changed."""
    wanted = sorted(products)
    for start in range(0, len(wanted), MARKED_AT_ONCE):
        _mark(session, ProductMeasures.product_id.in_(wanted[start : start + MARKED_AT_ONCE]))
    _ask_for(session, round_, now=now)


def begin(session: Session, submission: Submission) -> None:
    """A row for each product of a submission, to be counted."""
    known = select(ProductMeasures.product_id).where(ProductMeasures.submission_id == submission.id)
    new = select(Product.id, Product.lot_id).where(Product.submission_id == submission.id, Product.id.not_in(known))
    rows = [
        {"product_id": number, "submission_id": submission.id, "lot_id": lot, "is_stale": True, "figures": {}}
        for number, lot in session.execute(new)
    ]
    if rows:
        session.execute(insert(ProductMeasures), rows)
    _mark(session, ProductMeasures.submission_id == submission.id)


def count_next(session: Session, round_: Round, *, now: dt.datetime, most: int = SLICE) -> int:
    """Count the next stale products of a round; those after them in a transaction of their own. How many were counted."""
    submissions = opened(session, round_)
    numbers = [submission.id for submission in submissions]
    query = (
        select(ProductMeasures)
        .where(ProductMeasures.submission_id.in_(numbers), ProductMeasures.is_stale)
        .order_by(ProductMeasures.product_id)
        .limit(most + 1)
        .with_for_update()
    )
    found = list(session.scalars(query.execution_options(populate_existing=True)))
    _count(session, round_, submissions, found[:most])
    if len(found) > most:
        _ask_for(session, round_, now=now)
    return len(found[:most])


def go_on(session: Session, *, now: dt.datetime) -> int:
    """Begin to count what was built before there were measures, and go on where a job is gone; how many rounds."""
    missing = select(Product.submission_id).outerjoin(ProductMeasures, ProductMeasures.product_id == Product.id)
    built = select(Submission).join(ChainBuild, ChainBuild.submission_id == Submission.id)
    for submission in session.scalars(
        built.where(Submission.id.in_(missing.where(ProductMeasures.product_id.is_(None))))
    ):
        begin(session, submission)
    stale = (
        select(Submission.round_id)
        .join(ProductMeasures, ProductMeasures.submission_id == Submission.id)
        .where(ProductMeasures.is_stale)
    )
    resting = (Job.state == "failed") & (Job.finished_at > now - REST_AFTER_FAULT)
    known = _with_job(session, Job.state.in_(("waiting", "running")) | resting)
    rounds = [one for one in session.scalars(select(Round).where(Round.id.in_(stale))) if one.public_id not in known]
    for round_ in rounds:
        jobs.enqueue(session, MEASURE_JOB, now=now, round=round_.public_id)
    return len(rounds)


def _ask_for(session: Session, round_: Round, *, now: dt.datetime) -> None:
    """Have the stale products of a round counted, unless that waits already. A job that runs has read its slice."""
    if round_.public_id not in _with_job(session, Job.state == "waiting"):
        jobs.enqueue(session, MEASURE_JOB, now=now, round=round_.public_id)


def _mark(session: Session, which: ColumnElement[bool]) -> None:
    stale = update(ProductMeasures).where(which).values(is_stale=True)
    session.execute(stale.execution_options(synchronize_session=False))


def _brands(submissions: Sequence[int]) -> Select[str]:
    return select(Product.brand).where(Product.submission_id.in_(submissions)).distinct()


def _with_job(session: Session, which: ColumnElement[bool]) -> set[str]:
    """The rounds that have such a job."""
    payloads = select(Job.payload).where(Job.kind == MEASURE_JOB, which)
    return {str(payload["round"]) for payload in session.scalars(payloads)}


def _count(session: Session, round_: Round, submissions: Sequence[Submission], rows: Sequence[ProductMeasures]) -> None:
    if not rows:
        return
    numbers = [row.product_id for row in rows]
    products = session.scalars(select(Product).where(Product.id.in_(numbers)).order_by(Product.id)).all()
    numbers_of = scale(round_)
    figures = {
        said.product.id: measure(said.nodes, said.on, numbers_of)
        for said in load(session, round_, products, submissions)
    }
    for row in rows:
        row.figures, row.is_stale = figures[row.product_id].plain(), False
    session.flush()
    for submission_id, lot_id in sorted({(row.submission_id, row.lot_id) for row in rows}):
        _sum(session, submission_id, lot_id)


def _sum(session: Session, submission_id: int, lot_id: int) -> None:
    """Sum the products of one submission and lot anew, by brand, category and tier."""
    query = (
        select(Product, ProductMeasures.figures)
        .join(ProductMeasures, ProductMeasures.product_id == Product.id)
        .where(Product.submission_id == submission_id, Product.lot_id == lot_id)
        .order_by(Product.id)
    )
    found = [(product, figures) for product, figures in session.execute(query) if figures]
    shares = shares_of([product for product, _figures in found])
    sums: dict[tuple[str, str, str], Sums] = defaultdict(Sums)
    for product, figures in found:
        share, assumed = shares[product.id]
        key = product.brand, product.category, product.spec_tier
        sums[key].add(Figures.read(figures), share, assumed=assumed)
    here = (LotMeasures.submission_id == submission_id, LotMeasures.lot_id == lot_id)
    session.execute(delete(LotMeasures).where(*here))
    rows = [
        {
            "submission_id": submission_id,
            "lot_id": lot_id,
            "brand": brand,
            "category": category,
            "spec_tier": tier,
            "brand_key": key_of(brand),
            "sums": one.plain(),
            "gaps": one.plain_gaps(),
        }
        for (brand, category, tier), one in sums.items()
    ]
    session.execute(insert(LotMeasures), rows)


def shares_of(products: Sequence[Product]) -> dict[int, tuple[Fraction, bool]]:
    """The part of its category and tier that each product of one submission and lot is offered for; whether it is assumed."""
    groups: dict[tuple[str, str], list[Product]] = defaultdict(list)
    for product in products:
        groups[shares.group_of(product.category, product.spec_tier)].append(product)
    found: dict[int, tuple[Fraction, bool]] = {}
    for group in groups.values():
        parts, assumed = shares.of_models([product.offered_share for product in group])
        found |= {product.id: (part, assumed) for product, part in zip(group, parts, strict=True)}
    return found
