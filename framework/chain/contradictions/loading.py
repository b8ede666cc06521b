"""Load the facts of a round after the opening; of sealed submissions nothing is read (law L07b)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from framework.chain.build import READABLE
from framework.chain.contradictions.about_places import fold
from framework.chain.contradictions.facts import (
    Earlier,
    Facts,
    Making,
    Model,
    Part,
    Party,
    Place,
    Proof,
    Smelting,
    Stated,
    Worth,
)
from framework.demand import pool
from framework.disclosure import smelter_loads
from framework.disclosure.columns import SUBMISSION
from framework.disclosure.confidentiality import reference_day
from framework.ground.permissions import OPENED
from models.chain import ChainBuild, Component, Link, Mention, Product, SiteAudit, SmelterMention
from models.contradictions import ContradictionRun
from models.demand import Demand
from models.disclosure import SmelterLoad, Submission, SubmissionRow
from models.rounds import Round
from models.veiled import real

RULES = "1"
"""Grows with every change of a check, so that rounds are looked at again."""


def submissions_of(session: Session, round_: Round) -> list[Submission]:
    """The readable submissions of a round whose chain is built, by receipt."""
    if round_.state not in OPENED:
        return []
    query = (
        select(Submission)
        .join(ChainBuild, ChainBuild.submission_id == Submission.id)
        .where(Submission.round_id == round_.id, Submission.state.in_(READABLE))
        .order_by(Submission.receipt_seq)
    )
    return list(session.scalars(query))


def load(session: Session, round_: Round) -> Facts:
    """The facts of a round; a fixed number of queries, and one for each supplier that took part in an earlier round."""
    submissions = submissions_of(session, round_)
    numbers = [one.id for one in submissions]
    stated = _stated(session, numbers)
    return Facts(
        parties=_parties(submissions, stated),
        places=_places(session, numbers),
        models=_models(session, numbers),
        parts=_parts(session, numbers),
        makings=_makings(session, numbers),
        proofs=_proofs(session, numbers),
        smeltings=_smeltings(session, numbers),
        stated=stated,
        earlier=_earlier(session, round_, submissions),
        ended=_ended(session),
        units={lot.id: lot.unit for lot in round_.lots},
        pooled=_pooled(session, round_),
    )


def mark(session: Session, round_: Round) -> str:
    """A hash of what the checks depend on: other where a chain was built, a mention moved, a list loaded, demand changed.

    Mentions of earlier rounds count too, as far as the checks compare with them.
    """
    submissions = submissions_of(session, round_)
    before = _before(session, round_, submissions)
    built = select(func.max(ChainBuild.at)).where(ChainBuild.submission_id.in_([one.id for one in submissions]))
    declared = select(func.count(), func.max(Demand.id), func.sum(Demand.version)).where(Demand.round_id == round_.id)
    parts = (
        RULES,
        [(one.id, real(one.supplier.name)) for one in submissions],
        _where(session, [one.id for one in submissions]),
        [(number, one.id, name) for number, (one, name) in before.items()],
        _where(session, sorted({one.id for one, _name in before.values()})),
        session.scalar(built),
        session.scalar(select(func.max(SmelterLoad.id))),
        tuple(session.execute(declared).one()),
        round_.tender_deadline,
    )
    return hashlib.sha256(repr(parts).encode("utf-8")).hexdigest()


def is_stale(session: Session, round_: Round) -> bool:
    """Whether something changed since the contradictions of a round were found last."""
    run = session.get(ContradictionRun, round_.id)
    return run is None or run.mark != mark(session, round_)


def _where(session: Session, numbers: Sequence[int]) -> tuple[Any, ...]:
    """Sums over the sites of the mentions of submissions: others where one moved."""
    query = select(
        func.count(Mention.site_id),
        func.sum(Mention.site_id),
        func.sum(Mention.site_id * (Mention.id % 997)),
    )
    return tuple(session.execute(query.where(Mention.submission_id.in_(numbers))).one())


def _parties(submissions: Sequence[Submission], stated: Sequence[Stated]) -> dict[int, Party]:
    brands: dict[int, set[str]] = defaultdict(set)
    rows: dict[int, int] = {}
    for one in stated:
        brands[one.submission].add(fold(one.brand))
        rows.setdefault(one.submission, one.row)
    return {
        one.id: Party(
            one.id,
            one.supplier.public_id,
            one.supplier.supplier_kind or "",
            reference_day(one),
            frozenset({*brands[one.id], fold(real(one.supplier.name))} - {""}),
            rows.get(one.id),
        )
        for one in submissions
    }


def _stated(session: Session, numbers: Sequence[int]) -> tuple[Stated, ...]:
    query = (
        select(SubmissionRow)
        .where(
            SubmissionRow.submission_id.in_(numbers),
            SubmissionRow.sheet == SUBMISSION,
            SubmissionRow.listed_reason == "",
        )
        .order_by(SubmissionRow.submission_id, SubmissionRow.row)
    )
    return tuple(
        Stated(
            row.submission_id, row.id, str(row.read_values.get("brand") or ""), _day(row.read_values.get("data_as_of"))
        )
        for row in session.scalars(query)
    )


def _places(session: Session, numbers: Sequence[int]) -> tuple[Place, ...]:
    query = (
        select(
            Mention.id,
            Mention.submission_id,
            Mention.row_id,
            Mention.site_id,
            Mention.name,
            Mention.address,
            Mention.city,
            Mention.region,
            Mention.country,
            Mention.place_key,
            Mention.precision,
            SubmissionRow.read_values["workers_total"].as_string(),
        )
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .where(Mention.submission_id.in_(numbers))
        .order_by(Mention.id)
    )
    return tuple(Place(*(*row[:11], _workers(row[11]))) for row in _rows(session, query))


def _models(session: Session, numbers: Sequence[int]) -> tuple[Model, ...]:
    query = select(
        Product.id,
        Product.submission_id,
        Product.row_id,
        Product.lot_id,
        Product.product_ref,
        Product.brand,
        Product.model_name,
        Product.category,
        Product.spec_tier,
        Product.final_country,
    ).where(Product.submission_id.in_(numbers))
    return tuple(Model(*row) for row in _rows(session, query.order_by(Product.id)))


def _parts(session: Session, numbers: Sequence[int]) -> tuple[Part, ...]:
    query = select(
        Component.id,
        Component.product_id,
        Component.component_ref,
        Component.component_type,
        Component.not_disclosed_reason,
    ).where(Component.submission_id.in_(numbers))
    return tuple(Part(*values) for values in session.execute(query.order_by(Component.id)))


def _makings(session: Session, numbers: Sequence[int]) -> tuple[Making, ...]:
    query = (
        select(
            Link.submission_id,
            Link.row_id,
            Link.product_id,
            Link.component_id,
            Link.mention_id,
            Link.share,
            Link.valid_from,
            Link.valid_to,
            SubmissionRow.read_values["row_as_of"].as_string(),
        )
        .join(SubmissionRow, SubmissionRow.id == Link.row_id)
        .where(Link.submission_id.in_(numbers))
        .order_by(Link.id)
    )
    return tuple(Making(*(*row[:8], _day(row[8]))) for row in _rows(session, query))


def _proofs(session: Session, numbers: Sequence[int]) -> tuple[Proof, ...]:
    query = (
        select(
            SiteAudit.submission_id,
            SiteAudit.row_id,
            SiteAudit.mention_id,
            SiteAudit.scheme,
            SiteAudit.audit_date,
            SiteAudit.valid_until,
            SiteAudit.auditor_body,
            SubmissionRow.read_values["audit_ref"].as_string(),
            SubmissionRow.read_values["evidence_file"].as_string(),
        )
        .join(SubmissionRow, SubmissionRow.id == SiteAudit.row_id)
        .where(SiteAudit.submission_id.in_(numbers))
        .order_by(SiteAudit.id)
    )
    return tuple(Proof(*(*row[:7], str(row[7] or ""), str(row[8] or ""))) for row in _rows(session, query))


def _smeltings(session: Session, numbers: Sequence[int]) -> tuple[Smelting, ...]:
    query = select(
        SmelterMention.submission_id,
        SmelterMention.row_id,
        SmelterMention.product_id,
        func.upper(SmelterMention.smelter_id),
        SmelterMention.smelter_name,
    ).where(SmelterMention.submission_id.in_(numbers), SmelterMention.smelter_id != "")
    return tuple(Smelting(*values) for values in session.execute(query.order_by(SmelterMention.id)))


def _earlier(session: Session, round_: Round, submissions: Sequence[Submission]) -> dict[int, Earlier]:
    """For each submission, the places of its supplier's newest opened file of an earlier round of this lead."""
    return {
        number: Earlier(last.id, name, _places(session, [last.id]))
        for number, (last, name) in _before(session, round_, submissions).items()
    }


def _before(session: Session, round_: Round, submissions: Sequence[Submission]) -> dict[int, tuple[Submission, str]]:
    """For each submission, its supplier's newest opened file of an earlier round of this lead, and that round's name."""
    other = aliased(Round)
    query = (
        select(Submission, other.name)
        .join(other, other.id == Submission.round_id)
        .join(ChainBuild, ChainBuild.submission_id == Submission.id)
        .where(
            other.organisation_id == round_.organisation_id,
            other.id != round_.id,
            other.state.in_(OPENED),
            Submission.state.in_(READABLE),
            Submission.supplier_id.in_([one.supplier_id for one in submissions]),
        )
        .order_by(Submission.receipt_seq)
    )
    found = session.execute(query).all()
    before: dict[int, tuple[Submission, str]] = {}
    for one in submissions:
        older = [(s, name) for s, name in found if s.supplier_id == one.supplier_id and s.receipt_seq < one.receipt_seq]
        if older:
            before[one.id] = older[-1][0], older[-1][1]
    return before


def _ended(session: Session) -> dict[str, dt.date] | None:
    known = smelter_loads.known(session)
    if known is None:
        return None
    days = ((number.upper(), _day(until)) for number, until in known.listed.items())
    return {number: until for number, until in days if until is not None}


def _pooled(session: Session, round_: Round) -> Worth:
    """Expected pieces of each lot, category and tier; of the whole category where a model names no tier."""
    expected: dict[tuple[int, str, str], int] = {}
    for lot in pool.figures(session, round_).lots:
        for (category,), amount in lot.by("category").items():
            expected[lot.lot_id, category, ""] = amount.expected
        for (category, tier), amount in lot.by("category", "spec_tier").items():
            expected.setdefault((lot.lot_id, category, tier), amount.expected)
    return lambda lot, category, tier: expected.get((lot, category, tier))


def _rows(session: Session, query: Any) -> Iterator[tuple[Any, ...]]:
    """Plain rows of a query of many columns."""
    return (tuple(row) for row in session.execute(query))


def _workers(told: Any) -> tuple[int, int] | None:
    """Least and most of a number of workers or a range of it; None where none is given."""
    low, _dash, high = str(told if told is not None else "").partition("-")
    if not low.strip().isdecimal():
        return None
    return int(low), int(high) if high.strip().isdecimal() else int(low)


def _day(told: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(told)[:10]) if told else None
    except ValueError:
        return None
