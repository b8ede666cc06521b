"""The rows of the file behind each figure of the comparison, as one reader may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, String, and_, case, cast, func, literal, null, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from framework.chain.comparison import Line
from framework.chain.figures import OTHER, SUB_COMPONENT_TIER, required_types
from framework.chain.shared import LINKED, audience_of, is_current
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import OPEN_LEVELS, Reader, default_level
from framework.ground.paging import Page, page_of
from framework.ground.terms import COMPONENT_TYPES, MINERALS
from framework.ground.text import N_
from models.chain import Component, DueDiligence, Link, Mention, Product, SiteAudit, SmelterMention
from models.disclosure import SubmissionRow
from models.rounds import Lot

ROWS_PAGE = 100
ABSENT = "absent"
"""In place of a reason: no row of the file says anything about a component that is asked."""
MEASURES = {
    "products": N_("Models on offer"),
    "disclosed": N_("Required components disclosed"),
    "assembly": N_("Tier 1, final assembly"),
    "countries": N_("Countries of final assembly"),
    "components": N_("Tier 2, components"),
    "sub_components": N_("Tier 3, sub-components"),
    "precise": N_("Known to the street"),
    "not_disclosed": N_("Not disclosed, with the reason"),
    "minerals": N_("Minerals and smelters"),
    "audits": N_("Audits and their validity"),
    "due_diligence": N_("Due diligence"),
    "company_wide": N_("Company-wide list"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """What one row says. `part` and `code` are words of the product's closed lists, `label` and `detail` the file's own."""

    row: SubmissionRow
    label: str
    part: str
    detail: str
    code: str
    until: dt.date | None


@dataclass(frozen=True, slots=True)
class Behind:
    """One page of the rows that this reader may see, and whether there are others."""

    facts: tuple[Fact, ...]
    page: Page
    hides: bool


def title(lot: Lot, measure: str) -> str:
    """What a measure is called (a template to translate), one of `MEASURES` or a component type the lot asks for; blank for neither."""
    return MEASURES.get(measure) or (COMPONENT_TYPES.get(measure, "") if measure in required_types(lot) else "")


def rows_behind(
    session: Session, one: Line, lot: Lot, measure: str, reader: Reader, *, page: str | int | None = 1
) -> Behind:
    """The rows behind one figure; a row that this reader may not see is neither listed nor counted."""
    told = (_QUERIES[measure](one, lot) if measure in _QUERIES else _of_kind(one, lot, measure)).subquery()
    seen = _may_see(told.c, default_level(session, one.submission), reader, lot)
    counts = select(func.count(), func.sum(case((seen, 1), else_=0))).select_from(told)
    everything, shown = session.execute(counts).one()
    part = page_of(page, int(shown or 0), ROWS_PAGE)
    query = (
        select(SubmissionRow, told.c.label, told.c.part, told.c.detail, told.c.code, told.c.until)
        .join(told, told.c.row_id == SubmissionRow.id)
        .where(seen)
        .order_by(SubmissionRow.sheet, SubmissionRow.row, told.c.part)
    )
    rows = session.execute(query.offset(part.offset).limit(part.size))
    return Behind(tuple(Fact(*row) for row in rows), part, hides=part.total < everything)


def _may_see(told: Any, default: str, reader: Reader, lot: Lot) -> Any:
    """Rows by their level, blank meaning that of the file; `tied` are those about products of the lot."""
    if reader.sees_all:
        return true()
    level = case((told.level == "", default), else_=told.level)
    is_open = level.in_(OPEN_LEVELS)
    return or_(is_open, and_(level == LINKED, told.tied)) if audience_of(reader, lot) == "linked" else is_open


def _pick(
    row_id: Any,
    *,
    label: Any = "",
    part: Any = "",
    detail: Any = "",
    code: Any = "",
    until: Any = None,
    level: Any = "",
    tied: Any = None,
) -> Any:
    """One statement in the shape that all of these share."""
    texts = {"label": label, "part": part, "detail": detail, "code": code, "level": level}
    columns = [(literal(c, String) if isinstance(c, str) else c).label(name) for name, c in texts.items()]
    ends = (cast(null(), Date) if until is None else until).label("until")
    return select(row_id.label("row_id"), *columns, ends, (true() if tied is None else tied).label("tied"))


def lines_products(one: Line, lot: Lot) -> tuple[Any, ...]:
    """The condition on `Product` that holds for the models of a line."""
    return Product.submission_id == one.submission.id, Product.lot_id == lot.id, Product.brand == one.brand


def _products(one: Line, lot: Lot) -> Any:
    return _pick(Product.row_id, label=Product.model_name, code=Product.category).where(*lines_products(one, lot))


def _linked(one: Line, lot: Lot, *conditions: Any) -> Any:
    """Current links of the line's products."""
    return (
        _pick(
            Link.row_id,
            label=Product.model_name,
            part=Component.component_type,
            detail=Mention.name,
            level=Mention.confidentiality,
        )
        .join(Product, Product.id == Link.product_id)
        .join(Component, Component.id == Link.component_id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(*lines_products(one, lot), is_current(lot.round), *conditions)
    )


def _countries(one: Line, lot: Lot) -> Any:
    """Where the final assembly is said to be: by the sites, and by the model's own row."""
    of_sites = (
        _pick(Link.row_id, label=Product.model_name, code=Mention.country, level=Mention.confidentiality)
        .join(Product, Product.id == Link.product_id)
        .join(Component, Component.id == Link.component_id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(
            *lines_products(one, lot),
            is_current(lot.round),
            Component.component_type == FINAL_ASSEMBLY,
            Mention.country != "",
        )
    )
    own = _pick(Product.row_id, label=Product.model_name, code=Product.final_country)
    return union_all(own.where(*lines_products(one, lot), Product.final_country != ""), of_sites)


def _linked_kinds(one: Line, lot: Lot, kinds: Sequence[str], *conditions: Any) -> Any:
    return _linked(one, lot, Component.component_type.in_(kinds), *conditions)


def _not_disclosed(one: Line, lot: Lot) -> Any:
    return union_all(*_left_out(one, lot, required_types(lot)))


def _of_kind(one: Line, lot: Lot, kind: str) -> Any:
    return union_all(_linked_kinds(one, lot, [kind]), *_left_out(one, lot, [kind]))


def _left_out(one: Line, lot: Lot, asked: Sequence[str]) -> list[Any]:
    """Components that no current link discloses, then what is asked of a product and stands in no row: there its own row."""
    told = (
        _pick(
            Component.row_id,
            label=Product.model_name,
            part=Component.component_type,
            code=Component.not_disclosed_reason,
        )
        .join(Product, Product.id == Component.product_id)
        .where(
            *lines_products(one, lot),
            Component.row_id.is_not(None),
            Component.component_type.in_(asked),
            ~_is_disclosed(lot, Component.component_type),
        )
    )
    return [told, *(_absent(one, lot, kind) for kind in asked)]


def _absent(one: Line, lot: Lot, kind: str) -> Any:
    own = select(Component.id).where(
        Component.product_id == Product.id, Component.component_type == kind, Component.row_id.is_not(None)
    )
    return _pick(Product.row_id, label=Product.model_name, part=kind, code=ABSENT).where(
        *lines_products(one, lot), ~own.exists(), ~_is_disclosed(lot, kind)
    )


def _is_disclosed(lot: Lot, kind: Any) -> Any:
    """Whether a current link discloses a component of this kind of the product at hand."""
    other = aliased(Component)
    return (
        select(Link.id)
        .join(other, other.id == Link.component_id)
        .where(other.product_id == Product.id, other.component_type == kind, is_current(lot.round))
        .exists()
    )


def _minerals(one: Line, lot: Lot) -> Any:
    own = select(Product.id).where(*lines_products(one, lot))
    named = SmelterMention.smelter_name != ""
    asked: Any = SmelterMention.mineral.in_(lot.minerals)
    if OTHER in lot.minerals:
        asked = or_(asked, SmelterMention.mineral.not_in(list(MINERALS)))
    return _pick(
        SmelterMention.row_id,
        part=SmelterMention.mineral,
        detail=SmelterMention.smelter_name,
        code=case((named, ""), else_=SmelterMention.not_disclosed_reason),
        tied=SmelterMention.product_id.is_not(None),
    ).where(
        SmelterMention.submission_id == one.submission.id,
        SmelterMention.product_id.is_(None) | SmelterMention.product_id.in_(own),
        asked,
    )


def _audits(one: Line, lot: Lot) -> Any:
    tied = (
        select(Link.mention_id)
        .join(Product, Product.id == Link.product_id)
        .where(*lines_products(one, lot), is_current(lot.round))
    )
    return (
        _pick(
            SiteAudit.row_id,
            label=Mention.name,
            part=SiteAudit.scheme,
            until=SiteAudit.valid_until,
            level=Mention.confidentiality,
        )
        .join(Mention, Mention.id == SiteAudit.mention_id)
        .where(SiteAudit.submission_id == one.submission.id, SiteAudit.mention_id.in_(tied))
    )


def _due_diligence(one: Line, _lot: Lot) -> Any:
    return _pick(DueDiligence.row_id, part=DueDiligence.requirement, code=DueDiligence.self_score, tied=~true()).where(
        DueDiligence.submission_id == one.submission.id
    )


def _company_wide(one: Line, _lot: Lot) -> Any:
    return _pick(
        Mention.row_id, label=Mention.name, code=Mention.country, level=Mention.confidentiality, tied=~true()
    ).where(Mention.submission_id == one.submission.id, Mention.company_wide)


_QUERIES: dict[str, Callable[[Line, Lot], Any]] = {
    "products": _products,
    "disclosed": lambda one, lot: _linked_kinds(one, lot, required_types(lot)),
    "assembly": lambda one, lot: _linked_kinds(one, lot, [FINAL_ASSEMBLY]),
    "countries": _countries,
    "components": lambda one, lot: _linked_kinds(one, lot, [t for t in required_types(lot) if t != FINAL_ASSEMBLY]),
    "sub_components": lambda one, lot: _linked(one, lot, Component.tier >= SUB_COMPONENT_TIER),
    "precise": lambda one, lot: _linked_kinds(one, lot, required_types(lot), Mention.precision == "site"),
    "not_disclosed": _not_disclosed,
    "minerals": _minerals,
    "audits": _audits,
    "due_diligence": _due_diligence,
    "company_wide": _company_wide,
}
