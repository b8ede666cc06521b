"""Suppliers and brands of a lot side by side, beside the pooled volume; every figure leads to the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session, aliased, joinedload

from framework.chain.figures import reference_day, required_types
from framework.chain.shared import READABLE
from framework.demand import pool
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import Reader, bidder_name, default_level
from framework.ground.errors import NotFound
from framework.ground.text import N_
from models.chain import (
    ChainBuild,
    Component,
    DueDiligence,
    Link,
    LotFigures,
    Mention,
    Product,
    SharedSite,
    SiteAudit,
    SmelterMention,
)
from models.disclosure import Submission, SubmissionRow
from models.rounds import Lot, Round

SHARED_PAGE = 25
SHARED_MOST = 10_000
FEW = 3
SITE_COUNTS = ("sites", "audits", "audited_sites", "audits_valid", "audits_expired")
ROWS_PAGE = 100
MEASURES = {
    "products": N_("Models on offer"),
    "disclosed": N_("Required components disclosed"),
    "assembly": N_("Final assembly"),
    "components": N_("Components"),
    "precise": N_("Known to the street"),
    "not_disclosed": N_("Not disclosed, with the reason"),
    "minerals": N_("Minerals and smelters"),
    "audits": N_("Audits and their validity"),
    "due_diligence": N_("Due diligence"),
    "company_wide": N_("Company-wide list"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One supplier and brand in the comparison; `figures` as counted by `framework.chain.figures`.

    A count of sites below three with confidential ones among them is None for readers that may not see those.
    """

    submission: Submission
    supplier: str
    brand: str
    figures: dict[str, Any]

    @property
    def level(self) -> int | None:
        """Five steps of completeness: none, under a third, under two thirds, under all, all; None where nothing is asked."""
        return step(self.figures["disclosed"], self.figures["nodes"])

    @property
    def assembly(self) -> tuple[int, int]:
        """Models whose final assembly is disclosed, of how many."""
        part, whole = self.figures["kinds"].get(FINAL_ASSEMBLY, (0, 0))
        return part, whole

    @property
    def components(self) -> tuple[int, int]:
        """Required components apart from the final assembly: disclosed, of how many."""
        part, whole = self.assembly
        return self.figures["disclosed"] - part, self.figures["nodes"] - whole


@dataclass(frozen=True, slots=True)
class Shared:
    """A site that several suppliers name, with the pooled expected quantity of the categories tied to it (None = not tied)."""

    site: SharedSite
    quantity: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A lot's comparison: its pool, its lines, what is still being built, the shared sites of one page."""

    lot: Lot
    lot_pool: pool.LotPool | None
    lines: tuple[Line, ...]
    waiting: int
    shared: tuple[Shared, ...]
    shared_total: int


def compare(session: Session, lot: Lot, reader: Reader, *, shared_page: int | None = 1) -> Comparison:
    """The comparison of a lot as this reader may see it; only opened submissions. No page: every shared site."""
    round_ = lot.round
    submissions = opened(session, round_)
    pools = {p.lot_id: p for p in pool.figures(session, round_).lots}
    lot_pool = pools.get(lot.id)
    return Comparison(
        lot,
        lot_pool,
        tuple(_lines(session, lot, submissions, reader)),
        _waiting(session, submissions),
        tuple(_shared(session, lot, lot_pool, reader, shared_page)),
        _shared_total(session, lot, reader),
    )


def opened(session: Session, round_: Round) -> Sequence[Submission]:
    """The opened submissions of a round in the order of their receipts (which decides a bidder's letter)."""
    query = (
        select(Submission)
        .options(joinedload(Submission.supplier))
        .where(Submission.round_id == round_.id, Submission.state.in_(READABLE))
    )
    return session.scalars(query.order_by(Submission.receipt_seq)).all()


def step(part: int, whole: int) -> int | None:
    """Part of a whole as a step from 0 to 4; None where nothing was asked."""
    if not whole:
        return None
    if part >= whole:
        return 4
    return 0 if not part else 1 if part * 3 < whole else 2 if part * 3 < 2 * whole else 3


def line(session: Session, lot: Lot, submission_id: str, brand: str, reader: Reader) -> Line:
    """One line of the comparison; raises NotFound."""
    found = _lines(session, lot, opened(session, lot.round), reader)
    for one in found:
        if one.submission.public_id == submission_id and one.brand == brand:
            return one
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def rows_behind(session: Session, one: Line, lot: Lot, measure: str, *, page: int = 1) -> tuple[list[Any], int]:
    """The rows of the file behind one figure, and how many there are: (row, label, detail, level, tied to the lot)."""
    query = _QUERIES[measure](one, lot)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.offset((page - 1) * ROWS_PAGE).limit(ROWS_PAGE)).all()
    default = default_level(session, one.submission) if any(row[3] == "" for row in rows) else ""
    tied = measure not in ("company_wide", "due_diligence")
    return [(row, label, detail, level or default, tied) for row, label, detail, level in rows], total


def suppliers_of(session: Session, shared: SharedSite, round_: Round, reader: Reader) -> list[Any]:
    """Who names a shared site, and how: (submission, mention, row)."""
    query = (
        select(Submission, Mention, SubmissionRow)
        .join(Mention, Mention.submission_id == Submission.id)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .where(Submission.round_id == round_.id, Mention.site_id == shared.site_id, Submission.state.in_(READABLE))
        .order_by(Submission.receipt_seq, SubmissionRow.row)
    )
    if not reader.sees_all:
        query = query.where(Mention.confidentiality.in_(("public", "consortium")))
    return list(session.execute(query))


def _lines(session: Session, lot: Lot, submissions: Sequence[Submission], reader: Reader) -> list[Line]:
    names = {s.id: (s, bidder_name(reader, s, order)) for order, s in enumerate(submissions)}
    query = select(LotFigures).where(LotFigures.lot_id == lot.id, LotFigures.submission_id.in_(list(names)))
    found = [Line(*names[f.submission_id], f.brand, _masked(f.figures, reader)) for f in session.scalars(query)]
    return sorted(found, key=lambda one: (one.submission.receipt_seq, one.brand.casefold()))


def _masked(figures: dict[str, Any], reader: Reader) -> dict[str, Any]:
    if reader.sees_all or not figures["confidential"]:
        return figures
    few = {name: None for name in SITE_COUNTS if figures[name] < FEW}
    return figures | few | ({"company_wide": None} if 0 < figures["company_wide"] < FEW else {})


def _waiting(session: Session, submissions: Sequence[Submission]) -> int:
    built = select(func.count()).where(ChainBuild.submission_id.in_([s.id for s in submissions]))
    return len(submissions) - (session.scalar(built) or 0)


def _shared(
    session: Session, lot: Lot, lot_pool: pool.LotPool | None, reader: Reader, page: int | None
) -> list[Shared]:
    query = (
        select(SharedSite)
        .options(joinedload(SharedSite.site))
        .where(SharedSite.lot_id == lot.id, SharedSite.open_only.is_(not reader.sees_all))
        .order_by(SharedSite.suppliers.desc(), SharedSite.products.desc(), SharedSite.site_id)
    )
    by_category = lot_pool.by("category") if lot_pool is not None else {}
    part = query.limit(SHARED_MOST) if page is None else query.offset((page - 1) * SHARED_PAGE).limit(SHARED_PAGE)
    sites = session.scalars(part)
    return [Shared(site, _quantity(site, by_category)) for site in sites]


def _quantity(site: SharedSite, by_category: dict[tuple[Any, ...], pool.Amount]) -> int | None:
    """Pooled expected pieces of the categories whose models a site is tied to; at most so many come from there."""
    if not site.categories:
        return None
    return sum(by_category[(c,)].expected for c in site.categories if (c,) in by_category)


def _shared_total(session: Session, lot: Lot, reader: Reader) -> int:
    query = select(func.count()).where(SharedSite.lot_id == lot.id, SharedSite.open_only.is_(not reader.sees_all))
    return session.scalar(query) or 0


def _products(one: Line, lot: Lot) -> Any:
    return (
        select(SubmissionRow, Product.model_name, Product.category, literal(""))
        .join(Product, Product.row_id == SubmissionRow.id)
        .where(Product.submission_id == one.submission.id, Product.lot_id == lot.id, Product.brand == one.brand)
        .order_by(SubmissionRow.row)
    )


def _linked(one: Line, lot: Lot, kinds: Sequence[str], *, precise: bool = False) -> Any:
    query = (
        select(SubmissionRow, _of_model(Component.component_type), Mention.name, Mention.confidentiality)
        .join(Link, Link.row_id == SubmissionRow.id)
        .join(Product, Product.id == Link.product_id)
        .join(Component, Component.id == Link.component_id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(
            Product.submission_id == one.submission.id,
            Product.lot_id == lot.id,
            Product.brand == one.brand,
            Component.component_type.in_(kinds),
            _is_current(one),
        )
        .order_by(SubmissionRow.row)
    )
    return query.where(Mention.precision == "site") if precise else query


def _of_model(part: Any) -> Any:
    return Product.model_name + literal(" · ") + part


def _is_current(one: Line) -> Any:
    return Link.valid_to.is_(None) | (Link.valid_to >= reference_day(one.submission))


def _not_disclosed(one: Line, lot: Lot) -> Any:
    """Components of nodes that no current link discloses."""
    other = aliased(Component)
    disclosed = (
        select(Link.id)
        .join(other, other.id == Link.component_id)
        .where(
            other.product_id == Component.product_id,
            other.component_type == Component.component_type,
            _is_current(one),
        )
    )
    return (
        select(SubmissionRow, _of_model(Component.component_type), Component.not_disclosed_reason, literal(""))
        .join(Component, Component.row_id == SubmissionRow.id)
        .join(Product, Product.id == Component.product_id)
        .where(
            Product.submission_id == one.submission.id,
            Product.lot_id == lot.id,
            Product.brand == one.brand,
            Component.component_type.in_(required_types(lot)),
            ~disclosed.exists(),
        )
        .order_by(SubmissionRow.row)
    )


def _minerals(one: Line, lot: Lot) -> Any:
    own = select(Product.id).where(
        Product.submission_id == one.submission.id, Product.lot_id == lot.id, Product.brand == one.brand
    )
    named = case(
        (SmelterMention.smelter_name != "", SmelterMention.smelter_name), else_=SmelterMention.not_disclosed_reason
    )
    return (
        select(SubmissionRow, SmelterMention.mineral, named, literal(""))
        .join(SmelterMention, SmelterMention.row_id == SubmissionRow.id)
        .where(
            SmelterMention.submission_id == one.submission.id,
            SmelterMention.product_id.is_(None) | SmelterMention.product_id.in_(own),
        )
        .order_by(SubmissionRow.row)
    )


def _audits(one: Line, lot: Lot) -> Any:
    tied = (
        select(Link.mention_id)
        .join(Product, Product.id == Link.product_id)
        .where(
            Product.submission_id == one.submission.id,
            Product.lot_id == lot.id,
            Product.brand == one.brand,
            _is_current(one),
        )
    )
    return (
        select(SubmissionRow, SiteAudit.scheme, SiteAudit.valid_until, Mention.confidentiality)
        .join(SiteAudit, SiteAudit.row_id == SubmissionRow.id)
        .join(Mention, Mention.id == SiteAudit.mention_id)
        .where(SiteAudit.submission_id == one.submission.id, SiteAudit.mention_id.in_(tied))
        .order_by(SubmissionRow.row)
    )


def _due_diligence(one: Line, _lot: Lot) -> Any:
    return (
        select(SubmissionRow, DueDiligence.requirement, DueDiligence.self_score, literal(""))
        .join(DueDiligence, DueDiligence.row_id == SubmissionRow.id)
        .where(DueDiligence.submission_id == one.submission.id)
        .order_by(SubmissionRow.row)
    )


def _company_wide(one: Line, _lot: Lot) -> Any:
    return (
        select(SubmissionRow, Mention.name, Mention.country, Mention.confidentiality)
        .join(Mention, Mention.row_id == SubmissionRow.id)
        .where(Mention.submission_id == one.submission.id, Mention.company_wide)
        .order_by(SubmissionRow.sheet, SubmissionRow.row)
    )


_QUERIES: dict[str, Callable[[Line, Lot], Any]] = {
    "products": _products,
    "disclosed": lambda one, lot: _linked(one, lot, required_types(lot)),
    "assembly": lambda one, lot: _linked(one, lot, [FINAL_ASSEMBLY]),
    "components": lambda one, lot: _linked(one, lot, [t for t in required_types(lot) if t != FINAL_ASSEMBLY]),
    "precise": lambda one, lot: _linked(one, lot, required_types(lot), precise=True),
    "not_disclosed": _not_disclosed,
    "minerals": _minerals,
    "audits": _audits,
    "due_diligence": _due_diligence,
    "company_wide": _company_wide,
}
