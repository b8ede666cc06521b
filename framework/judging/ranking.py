"""Count the ranking of each lot from verdicts and chains, keep it, and read it again."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.chain.measures import facts, formulas, judged, reading, rolling
from framework.chain.measures.facts import Said
from framework.chain.measures.formulas import ZERO
from framework.chain.measures.rolling import Quantities
from framework.chain.measures.scale import LEVELS, Scale
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.judging import points
from framework.judging.points import Given, Placed
from framework.rounds.formulas import FORMULAS
from framework.rounds.formulas import LEVELS as WEIGHTS
from models.chain import Product
from models.disclosure import Submission
from models.judging import Assessment, AssessmentVersion, Item, Verdict
from models.ranking import Ranking, RankingLine, RankingPoints
from models.rounds import Criterion, Lot, Round

COUNTED = audit.declare("ranking.counted", "number", "lots", "unknown")
TAKEN_OUT = N_(
    "A value that this ranking stands on was taken out on %(when)s, for a conflict of interest was stated. Points and places are those from before."
)
SLICE = 500
MARKS = points.MARKS
SETTLED = ("agreed", "moderated")


@dataclass(slots=True)
class _Mean:
    """A figure over the models of a tender in a lot, each weighing as the pool says."""

    whole: Fraction = ZERO
    known: Fraction = ZERO
    sum: Fraction = ZERO
    left_out: int = 0
    reason: str = ""
    is_provisional: bool = False

    def add(self, weight: Fraction, value: Fraction | None, reason: str) -> None:
        self.whole += weight
        if value is None:
            self.left_out += 1
            self.reason = reason
            self.is_provisional = self.is_provisional or reason == points.NOT_JUDGED
        else:
            self.known += weight
            self.sum += weight * value


@dataclass(frozen=True, slots=True)
class Counted:
    """The places of one lot."""

    lot: Lot
    placed: tuple[Placed, ...]

    @property
    def is_known(self) -> bool:
        """Whether every tender has a place."""
        return all(one.place is not None for one in self.placed)


@dataclass(frozen=True, slots=True)
class Table:
    """A kept ranking of one lot, as a page shows it: the lines, and the points by tender and criterion.

    `is_partial`: a tender of this lot is kept from the reader, so that no place may be told.
    """

    lot: Lot
    criteria: tuple[Criterion, ...]
    lines: tuple[RankingLine, ...]
    given: dict[tuple[int, int], RankingPoints] = field(default_factory=dict)
    is_partial: bool = False


def count(session: Session, round_: Round) -> list[Counted]:
    """The ranking of every lot in which something is offered, over all tenders in review or scored."""
    judged.hide(session, hidden=False)
    query = select(Submission).where(Submission.round_id == round_.id, Submission.state.in_(("in_review", "scored")))
    tenders = list(session.scalars(query.order_by(Submission.receipt_seq)))
    marks = _marks(session, round_)
    found = []
    for lot in sorted(round_.lots, key=lambda one: one.number):
        criteria = award_criteria(round_, lot)
        known = reading.quantities(session, lot)
        lines = [
            (tender.id, _given(session, round_, lot, tender, criteria, known, marks))
            for tender in tenders
            if _offers(session, tender, lot)
        ]
        if lines:
            found.append(Counted(lot, tuple(points.place(lines))))
    return found


def keep(
    session: Session, round_: Round, counted: Sequence[Counted], motive: str, *, actor: Actor, now: dt.datetime
) -> Ranking:
    """Keep a ranking; earlier ones stay."""
    last = session.scalar(select(func.max(Ranking.number)).where(Ranking.round_id == round_.id)) or 0
    made = Ranking(
        round=round_,
        number=last + 1,
        counted_at=now,
        motive=motive.strip(),
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    for one in counted:
        for placed in one.placed:
            session.add(_line(made, one.lot, placed))
            session.add_all(_points(made, one.lot, placed, given) for given in placed.given)
    unknown = sum(1 for one in counted if not one.is_known)
    audit.record(
        session, COUNTED, actor=actor, now=now, subject=round_, number=made.number, lots=len(counted), unknown=unknown
    )
    return made


def newest(session: Session, round_: Round) -> Ranking | None:
    """The ranking that counts, None before the judging was closed."""
    query = select(Ranking).where(Ranking.round_id == round_.id).options(joinedload(Ranking.by))
    return session.scalar(query.order_by(Ranking.number.desc()).limit(1))


def numbered(session: Session, round_: Round, number: int) -> Ranking | None:
    """One ranking of a round by its number: those counted before the judging was opened again are kept."""
    query = select(Ranking).where(Ranking.round_id == round_.id, Ranking.number == number)
    return session.scalar(query.options(joinedload(Ranking.by)))


def tables(session: Session, ranking: Ranking, kept_out: Collection[int] = ()) -> list[Table]:
    """A ranking lot by lot, the best tender first; where one of `kept_out` (tenders) is ranked, in the order of receipt.

    The lines of those tenders are left out.
    """
    part = select(RankingLine.lot_id).where(
        RankingLine.ranking_id == ranking.id, RankingLine.submission_id.in_(sorted(kept_out))
    )
    partial = set(session.scalars(part.execution_options(all_tenders=True)))
    order = (RankingLine.lot_id, RankingLine.place, RankingLine.id)
    lines: dict[int, list[RankingLine]] = defaultdict(list)
    for one in session.scalars(select(RankingLine).where(RankingLine.ranking_id == ranking.id).order_by(*order)):
        if one.submission_id not in kept_out:
            lines[one.lot_id].append(one)
    for lot_id in partial:
        lines[lot_id].sort(key=lambda one: one.submission_id)
    given: dict[int, dict[tuple[int, int], RankingPoints]] = defaultdict(dict)
    query = (
        select(RankingPoints).where(RankingPoints.ranking_id == ranking.id).options(joinedload(RankingPoints.criterion))
    )
    for each in session.scalars(query.order_by(RankingPoints.id)):
        given[each.lot_id][each.submission_id, each.criterion_id] = each
    return [
        Table(lot, tuple(award_criteria(ranking.round, lot)), tuple(lines[lot.id]), given[lot.id], lot.id in partial)
        for lot in sorted(ranking.round.lots, key=lambda one: one.number)
        if lines.get(lot.id)
    ]


def taken_out_since(session: Session, ranking: Ranking) -> dt.datetime | None:
    """When a value that a ranking stands on was last taken out: a conflict of interest that was stated later does that."""
    query = (
        select(func.max(AssessmentVersion.at))
        .join(Assessment, Assessment.id == AssessmentVersion.assessment_id)
        .where(
            Assessment.round_id == ranking.round_id,
            AssessmentVersion.state == "final",
            AssessmentVersion.act == "void",
            AssessmentVersion.at > ranking.counted_at,
        )
    )
    return session.scalar(query)


def is_partial(session: Session, ranking: Ranking, kept_out: Collection[int]) -> bool:
    """Whether one of these tenders stands in a ranking."""
    query = select(RankingLine.id).where(
        RankingLine.ranking_id == ranking.id, RankingLine.submission_id.in_(sorted(kept_out))
    )
    return session.scalar(query.limit(1).execution_options(all_tenders=True)) is not None


def award_criteria(round_: Round, lot: Lot) -> list[Criterion]:
    """The award criteria of a lot, in their order."""
    found = [one for one in round_.criteria if one.place == "award" and one.lot_id in (None, lot.id)]
    return sorted(found, key=lambda one: (one.position, one.id))


def _given(
    session: Session,
    round_: Round,
    lot: Lot,
    tender: Submission,
    criteria: Sequence[Criterion],
    known: Quantities,
    marks: dict[tuple[int, int, int], Decimal],
) -> list[Given]:
    """The points of a tender on each award criterion of a lot."""
    measured = [one for one in criteria if one.formula in _FIGURES]
    means, assumed = _means(session, round_, lot, tender, measured, known)
    found = []
    for one in criteria:
        formula = FORMULAS.get(one.formula)
        weight = one.weight or Decimal(0)
        if one.id in means:
            found.append(replace(_of_mean(one, weight, means[one.id]), assumed=assumed))
        elif formula is None or not (formula.is_price or one.formula == MARKS):
            found.append(Given(one.id, weight, None, points.NO_FORMULA))
        elif formula.is_price:
            found.append(Given(one.id, weight, None, points.NO_PRICE, is_price=True))
        else:
            found.append(_of_mark(one, weight, marks.get((tender.id, lot.id, one.id))))
    return found


def _of_mark(one: Criterion, weight: Decimal, mark: Decimal | None) -> Given:
    if mark is None:
        return Given(one.id, weight, None, points.NO_MARK)
    given = points.points_of(one.formula, weight, one.parameters, mark)
    return Given(one.id, weight, given, "" if given is not None else points.NO_FORMULA, mark)


def _of_mean(one: Criterion, weight: Decimal, mean: _Mean) -> Given:
    if not mean.whole or mean.is_provisional or not mean.known:
        reason = points.NO_VOLUME if not mean.whole else points.NOT_JUDGED if mean.is_provisional else mean.reason
        return Given(one.id, weight, None, reason, left_out=mean.left_out)
    figure = mean.sum / mean.known
    given = points.points_of(one.formula, weight, one.parameters, figure)
    return Given(
        one.id,
        weight,
        given,
        "" if given is not None else points.NO_FORMULA,
        points.shown(figure),
        points.shown(1 - mean.known / mean.whole),
        mean.left_out,
    )


def _means(
    session: Session, round_: Round, lot: Lot, tender: Submission, criteria: Sequence[Criterion], known: Quantities
) -> tuple[dict[int, _Mean], int]:
    """The figure of each of these criteria over the models of a tender, and of how many models the share is assumed."""
    if not criteria:
        return {}, 0
    scales = {one.id: _scale(facts.scale(round_), one) for one in criteria}
    means = {one.id: _Mean() for one in criteria if scales[one.id] is not None}
    offer, assumed = reading.offer(session, lot, tender), 0
    for said in _said(session, round_, lot, tender):
        share, is_assumed = offer[said.product.id]
        assumed += is_assumed
        quantity = rolling.quantity_of(known, said.product.category, said.product.spec_tier)
        for one in criteria:
            scale = scales[one.id]
            if scale is not None:
                means[one.id].add((quantity or ZERO) * share, *_figure(one.formula, said, scale))
    return means, assumed


def _figure(formula: str, said: Said, scale: Scale) -> tuple[Fraction | None, str]:
    """The figure of one model, or why there is none."""
    told = [node for node in said.nodes if node.is_disclosed]
    if not said.nodes:
        return None, points.NOTHING_ASKED
    if formula == "completeness":
        return formulas.completeness(said.nodes, scale), points.NOTHING_ASKED
    if formula == "transparency":
        return formulas.award_value(said.nodes, said.on, scale), points.NOT_JUDGED
    if not told:
        return None, points.NOTHING_TOLD
    if formula == "precision":
        return formulas.mean(formulas.node_precision(node, scale) or ZERO for node in told), points.NOTHING_TOLD
    found = [formulas.node_reliability(node, scale) for node in told]
    if any(one is None for one in found):
        return None, points.NOT_JUDGED
    return formulas.mean(one for one in found if one is not None), points.NOTHING_TOLD


_FIGURES = ("completeness", "transparency", "precision", "reliability")
"""Formulas whose figure is counted from the chain."""


def _scale(scale: Scale, one: Criterion) -> Scale | None:
    """The scale of the round with the published numbers of a criterion; None where one of them is missing."""
    names = FORMULAS[one.formula].parameters
    try:
        numbers = {name: Fraction(str(one.parameters[name])) for name in names}
    except (KeyError, ValueError):
        return None
    if one.formula in ("completeness", "transparency"):
        return replace(scale, levels={level: numbers[name] for level, name in zip(LEVELS, WEIGHTS, strict=True)})
    if one.formula == "precision":
        return replace(scale, precision={**scale.precision, **numbers})
    return replace(scale, evidence={**scale.evidence, **numbers})


def _said(session: Session, round_: Round, lot: Lot, tender: Submission) -> Iterator[Said]:
    """The models of a tender in a lot with their nodes, loaded some at a time."""
    last = 0
    while True:
        query = select(Product).where(Product.submission_id == tender.id, Product.lot_id == lot.id, Product.id > last)
        found = session.scalars(query.order_by(Product.id).limit(SLICE)).all()
        if not found:
            return
        yield from facts.load(session, round_, found, [tender])
        last = found[-1].id


def _marks(session: Session, round_: Round) -> dict[tuple[int, int, int], Decimal]:
    """The points that evaluators found together, by tender, lot and criterion."""
    query = (
        select(Item.submission_id, Item.lot_id, Item.criterion_id, Verdict.points)
        .join(Verdict, Verdict.item_id == Item.id)
        .where(Item.round_id == round_.id, Item.criterion_id.is_not(None), Verdict.state.in_(SETTLED))
    )
    return {(row[0], row[1], row[2] or 0): row[3] for row in session.execute(query) if row[3] is not None}


def _offers(session: Session, tender: Submission, lot: Lot) -> bool:
    query = select(Product.id).where(Product.submission_id == tender.id, Product.lot_id == lot.id).limit(1)
    return session.scalar(query) is not None


def _line(made: Ranking, lot: Lot, placed: Placed) -> RankingLine:
    return RankingLine(
        ranking=made,
        lot_id=lot.id,
        submission_id=placed.submission_id,
        known=placed.known,
        total=placed.total,
        place=placed.place,
        is_tied=placed.is_tied,
        reason=placed.reason,
    )


def _points(made: Ranking, lot: Lot, placed: Placed, given: Given) -> RankingPoints:
    return RankingPoints(
        ranking_id=made.id,
        lot_id=lot.id,
        submission_id=placed.submission_id,
        criterion_id=given.criterion_id,
        weight=given.weight,
        points=given.points,
        figure=given.figure,
        reason=given.reason,
        unknown_part=given.unknown_part,
        left_out=given.left_out,
        assumed=given.assumed,
    )
