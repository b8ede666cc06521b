"""Sites that several suppliers of a lot name, counted anew whenever a submission's chain is built."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, distinct, false, func, insert, or_, select, true
from sqlalchemy.orm import Session

from framework.disclosure.confidentiality import OPEN_LEVELS, Reader, deadline_day
from framework.disclosure.veil import OPENED
from models.chain import AUDIENCES, Link, Mention, Product, SharedSite
from models.disclosure import Submission
from models.rounds import Lot, Round

LINKED = "buyers_linked"
AT_ONCE = 1_000


def count(session: Session, round_: Round) -> None:
    """Count the shared sites of every lot of a round, once for each audience: what it may not see is not counted.

    The lots are locked: two workers count in turn.
    """
    query = select(Lot).where(Lot.round_id == round_.id).order_by(Lot.number)
    lots = session.scalars(query.with_for_update()).all()
    session.execute(delete(SharedSite).where(SharedSite.lot_id.in_([lot.id for lot in lots])))
    for lot in lots:
        for audience in AUDIENCES:
            _insert(session, _shared(session, round_, lot, audience))


def audience_of(reader: Reader, lot: Lot) -> str:
    """Whose count of a lot's shared sites a reader gets: everybody's of the lead's side, that of the lot's buyers, or the open one."""
    if reader.sees_all:
        return "all"
    return "linked" if lot.code.casefold() in reader.lot_codes else "open"


def is_seen_by(audience: str, lot: Lot) -> ColumnElement[bool]:
    """Which mentions an audience of a lot may see; `Product` is that of a current link of the mention."""
    if audience == "all":
        return true()
    linked = and_(Mention.confidentiality == LINKED, Product.lot_id == lot.id) if audience == "linked" else false()
    return or_(Mention.confidentiality.in_(OPEN_LEVELS), linked)


def is_current(round_: Round) -> ColumnElement[bool]:
    """Which links hold on the day of the tender deadline."""
    day = deadline_day(round_)
    if day is None:
        return true()
    begun = or_(Link.valid_from.is_(None), Link.valid_from <= day)
    return and_(begun, or_(Link.valid_to.is_(None), Link.valid_to >= day))


def _shared(session: Session, round_: Round, lot: Lot, audience: str) -> list[dict[str, Any]]:
    """One row a site: suppliers that name it, suppliers and products that tie it to the lot, their categories."""
    linked = case((Product.lot_id == lot.id, Mention.submission_id))
    product = case((Product.lot_id == lot.id, Product.id))
    suppliers = func.count(distinct(Mention.submission_id))
    query = (
        select(Mention.site_id, suppliers, func.count(distinct(linked)), func.count(distinct(product)))
        .join(Submission, Submission.id == Mention.submission_id)
        .outerjoin(Link, and_(Link.mention_id == Mention.id, is_current(round_)))
        .outerjoin(Product, Product.id == Link.product_id)
        .where(
            Submission.round_id == round_.id,
            Submission.state.in_(OPENED),
            Mention.site_id.is_not(None),
            or_(Mention.company_wide, Product.lot_id == lot.id),
            is_seen_by(audience, lot),
        )
        .group_by(Mention.site_id)
        .having(suppliers > 1)
    )
    rows = session.execute(query).all()
    categories = _categories(session, round_, lot, audience)
    return [
        {
            "lot_id": lot.id,
            "site_id": site,
            "audience": audience,
            "suppliers": named,
            "linked_suppliers": tied,
            "products": products,
            "categories": categories.get(site or 0, []),
        }
        for site, named, tied, products in rows
    ]


def _categories(session: Session, round_: Round, lot: Lot, audience: str) -> dict[int, list[str]]:
    """The categories of the lot's models that are tied to each site, in a fixed order."""
    query = (
        select(Mention.site_id, Product.category)
        .join(Link, and_(Link.mention_id == Mention.id, is_current(round_)))
        .join(Product, and_(Product.id == Link.product_id, Product.lot_id == lot.id))
        .join(Submission, Submission.id == Mention.submission_id)
        .where(
            Submission.round_id == round_.id,
            Submission.state.in_(OPENED),
            Mention.site_id.is_not(None),
            is_seen_by(audience, lot),
        )
        .distinct()
        .order_by(Product.category)
    )
    found: dict[int, list[str]] = {}
    for site, category in session.execute(query):
        found.setdefault(site or 0, []).append(category)
    return found


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(SharedSite), rows[start : start + AT_ONCE])
