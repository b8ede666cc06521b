"""What the pages of measures show: a line of the comparison beside wider views, its models, and the rows behind a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, undefer

from framework.chain.comparison import Line
from framework.chain.measures import judged
from framework.chain.measures.facts import Said, load, scale
from framework.chain.measures.product import MEASURES, Figures, Gap, measure
from framework.chain.measures.rolling import Quantities, Rolled, Sums, quantities_of, quantity_of, ranked, roll
from framework.chain.measures.sources import class_of
from framework.chain.measures.stored import shares_of
from framework.chain.shared import audience_of
from framework.demand import pool
from framework.disclosure.confidentiality import Reader, default_level
from framework.disclosure.veil import opened
from framework.ground.errors import NotFound
from framework.ground.paging import Page, page_of
from framework.ground.text import N_, key_of
from models.chain import Product
from models.disclosure import Submission
from models.measures import LotMeasures, ProductMeasures
from models.rounds import Lot

MODELS_PAGE = 25
BEHIND_PAGE = 10
GAPS_SHOWN = 5
CLASSES = {"all": (0, 1, 2), "linked": (0, 1), "open": (0,)}
"""Which classes of confidentiality an audience of a lot may see."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A gap as a page shows it: of how many models, and what filling it is worth of the measure (parts of 1)."""

    gap: Gap
    worth: Fraction
    models: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The measures of a line, and of what stands around it; `gaps` by measure, the dearest first.

    `stale` models wait to be counted anew. `hides_gaps`: gaps of rows that this reader may not see are left out.
    """

    line: Rolled
    brand: Rolled
    supplier: Rolled
    lot: Rolled
    gaps: dict[str, list[Shown]]
    stale: int
    hides_gaps: bool


@dataclass(frozen=True, slots=True)
class Model:
    """One model with its stored figures; `quantity` is the pooled quantity behind it, None where none is known."""

    product: Product
    figures: Figures | None
    quantity: Fraction | None
    share: Fraction
    assumed: bool


def quantities(session: Session, lot: Lot) -> Quantities:
    """The pooled expected quantity of the lot by category and tier; None where no line says how much."""
    lots = pool.figures(session, lot.round).lots
    return quantities_of(next((one for one in lots if one.lot_id == lot.id), None))


def classes_of(reader: Reader, lot: Lot) -> tuple[int, ...]:
    """The classes of confidentiality that a reader may see in a lot."""
    return CLASSES[audience_of(reader, lot)]


def sees_products(session: Session, submission: Submission, reader: Reader, lot: Lot) -> bool:
    """Whether a reader may see which models a submission offers in a lot: rows at the level of the file."""
    return class_of(default_level(session, submission), tied=True) in classes_of(reader, lot)


def overview(session: Session, lot: Lot, line: Line, reader: Reader) -> Overview:
    """The measures of a line beside its brand, its supplier and the lot."""
    groups, known = groups_of(session, lot, opened(session, lot.round)), quantities(session, lot)
    own = [one for one in groups if one.submission_id == line.submission.id]
    here = [one for one in own if one.brand == line.brand]
    classes = classes_of(reader, lot)
    gaps = _gaps(session, lot, line, known)
    return Overview(
        rolled(here, known),
        rolled([one for one in groups if one.brand_key == key_of(line.brand)], known),
        rolled(own, known),
        rolled(groups, known),
        _shown(ranked(gaps, classes=classes)),
        _stale(session, lot, line),
        any(gap.class_ not in classes for sums, _quantity in gaps for gap in sums.gaps),
    )


def groups_of(session: Session, lot: Lot, submissions: Sequence[Submission]) -> list[LotMeasures]:
    """The sums of every opened submission of a lot, without the gaps."""
    numbers = [one.id for one in submissions]
    query = select(LotMeasures).where(LotMeasures.lot_id == lot.id, LotMeasures.submission_id.in_(numbers))
    order = (LotMeasures.submission_id, LotMeasures.brand, LotMeasures.category, LotMeasures.spec_tier)
    return list(session.scalars(query.order_by(*order)))


def rolled(groups: Sequence[LotMeasures], known: Quantities) -> Rolled:
    """Groups as one, each weighing as the pool says."""
    return roll((Sums.read(judged.sums_of(one)), quantity_of(known, one.category, one.spec_tier)) for one in groups)


def models(session: Session, lot: Lot, line: Line, *, page: str | int | None = 1) -> tuple[list[Model], Page]:
    """The models of a line with their figures, by name, one page of them."""
    query = (
        select(Product, ProductMeasures.figures)
        .outerjoin(ProductMeasures, ProductMeasures.product_id == Product.id)
        .where(*_of_line(lot, line))
    )
    part = page_of(page, _count(session, lot, line), MODELS_PAGE)
    ordered = query.order_by(Product.model_name, Product.id).offset(part.offset).limit(part.size)
    found = [(product, figures) for product, figures in session.execute(ordered)]
    known, shares = quantities(session, lot), offer(session, lot, line.submission)
    return [_model(product, judged.figures_of(session, figures), known, shares) for product, figures in found], part


def offer(session: Session, lot: Lot, submission: Submission) -> dict[int, tuple[Fraction, bool]]:
    """What part of its category and tier each product of a submission in a lot is offered for."""
    query = select(Product).where(Product.submission_id == submission.id, Product.lot_id == lot.id)
    return shares_of(session.scalars(query.order_by(Product.id)).all())


def behind(
    session: Session, lot: Lot, line: Line, *, page: str | int | None = 1
) -> tuple[list[tuple[Said, Figures]], Page]:
    """The models of a line with their nodes and rows, as they stand now, one page of them."""
    part = page_of(page, _count(session, lot, line), BEHIND_PAGE)
    query = select(Product).where(*_of_line(lot, line)).order_by(Product.model_name, Product.id)
    products = session.scalars(query.offset(part.offset).limit(part.size)).all()
    numbers = scale(lot.round)
    found = load(session, lot.round, products, opened(session, lot.round))
    return [(said, measure(said.nodes, said.on, numbers)) for said in found], part


def product(
    session: Session, lot: Lot, number: int, reader: Reader, submissions: Sequence[Submission]
) -> tuple[Said, Figures, Model]:
    """One model of the opened submissions as this reader may see it; raises NotFound."""
    found = session.get(Product, number) if number < 2**31 else None
    wanted = [] if found is None or found.lot_id != lot.id else load(session, lot.round, [found], submissions)
    if not wanted or wanted[0].class_ not in classes_of(reader, lot):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    said = wanted[0]
    figures = measure(said.nodes, said.on, scale(lot.round))
    shares = offer(session, lot, said.submission)
    return said, figures, _model(said.product, None, quantities(session, lot), shares)


def line_of(lines: Sequence[Line], said: Said) -> Line:
    """The line of the comparison that a product belongs to; raises NotFound."""
    for one in lines:
        if one.submission.id == said.submission.id and one.brand == said.product.brand:
            return one
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _model(
    product: Product,
    figures: Mapping[str, Any] | None,
    known: Quantities,
    shares: dict[int, tuple[Fraction, bool]],
) -> Model:
    share, assumed = shares[product.id]
    whole = quantity_of(known, product.category, product.spec_tier)
    return Model(
        product, Figures.read(figures) if figures else None, None if whole is None else whole * share, share, assumed
    )


def _of_line(lot: Lot, line: Line) -> tuple[ColumnElement[bool], ...]:
    return Product.submission_id == line.submission.id, Product.lot_id == lot.id, Product.brand == line.brand


def _count(session: Session, lot: Lot, line: Line) -> int:
    return session.scalar(select(func.count()).select_from(Product).where(*_of_line(lot, line))) or 0


def _stale(session: Session, lot: Lot, line: Line) -> int:
    waiting = (
        select(func.count())
        .select_from(Product)
        .outerjoin(ProductMeasures, ProductMeasures.product_id == Product.id)
        .where(*_of_line(lot, line), ProductMeasures.is_stale.is_distinct_from(False))
    )
    return session.scalar(waiting) or 0


def _gaps(session: Session, lot: Lot, line: Line, known: Quantities) -> list[tuple[Sums, Fraction | None]]:
    query = select(LotMeasures).where(
        LotMeasures.lot_id == lot.id,
        LotMeasures.submission_id == line.submission.id,
        LotMeasures.brand == line.brand,
    )
    rows = session.scalars(query.options(undefer(LotMeasures.gaps)).execution_options(populate_existing=True))
    return [(Sums.read(judged.sums_of(row), row.gaps), quantity_of(known, row.category, row.spec_tier)) for row in rows]


def _shown(found: dict[Gap, tuple[Fraction, int]]) -> dict[str, list[Shown]]:
    """The dearest gaps of each measure."""
    shown: dict[str, list[Shown]] = {name: [] for name in MEASURES}
    for gap, (worth, models) in found.items():
        if len(shown[gap.measure]) < GAPS_SHOWN:
            shown[gap.measure].append(Shown(gap, worth, models))
    return shown
