"""Sites that several suppliers of a lot name, counted anew whenever a submission's chain is built."""

from __future__ import annotations

from sqlalchemy import and_, case, delete, distinct, func, insert, or_, select
from sqlalchemy.orm import Session

from framework.chain.figures import OPEN_LEVELS
from models.chain import Link, Mention, Product, SharedSite
from models.disclosure import Submission
from models.rounds import Lot, Round

READABLE = ("opened", "clarification_asked", "in_review", "scored", "excluded")
AT_ONCE = 1_000


def count(session: Session, round_: Round) -> None:
    """Count the shared sites of every lot of a round, once over everything and once over what every member may see."""
    lots = session.scalars(select(Lot).where(Lot.round_id == round_.id)).all()
    session.execute(delete(SharedSite).where(SharedSite.lot_id.in_([lot.id for lot in lots])))
    for lot in lots:
        for open_only in (False, True):
            _insert(session, _shared(session, round_, lot, open_only=open_only))


def _shared(session: Session, round_: Round, lot: Lot, *, open_only: bool) -> list[dict[str, object]]:
    """One row a site: suppliers that name it, suppliers and products that tie it to the lot, their categories."""
    linked = case((Product.lot_id == lot.id, Mention.submission_id))
    product = case((Product.lot_id == lot.id, Product.id))
    suppliers = func.count(distinct(Mention.submission_id))
    query = (
        select(Mention.site_id, suppliers, func.count(distinct(linked)), func.count(distinct(product)))
        .join(Submission, Submission.id == Mention.submission_id)
        .outerjoin(Link, Link.mention_id == Mention.id)
        .outerjoin(Product, Product.id == Link.product_id)
        .where(
            Submission.round_id == round_.id,
            Submission.state.in_(READABLE),
            Mention.site_id.is_not(None),
            or_(Mention.company_wide, Product.lot_id == lot.id),
        )
        .group_by(Mention.site_id)
        .having(suppliers > 1)
    )
    if open_only:
        query = query.where(Mention.confidentiality.in_(OPEN_LEVELS))
    rows = session.execute(query).all()
    categories = _categories(session, round_, lot, open_only=open_only)
    return [
        {
            "lot_id": lot.id,
            "site_id": site,
            "open_only": open_only,
            "suppliers": named,
            "linked_suppliers": tied,
            "products": products,
            "categories": categories.get(site or 0, []),
        }
        for site, named, tied, products in rows
    ]


def _categories(session: Session, round_: Round, lot: Lot, *, open_only: bool) -> dict[int, list[str]]:
    """The categories of the lot's models that are tied to each site, in a fixed order."""
    query = (
        select(Mention.site_id, Product.category)
        .join(Link, Link.mention_id == Mention.id)
        .join(Product, and_(Product.id == Link.product_id, Product.lot_id == lot.id))
        .join(Submission, Submission.id == Mention.submission_id)
        .where(Submission.round_id == round_.id, Submission.state.in_(READABLE), Mention.site_id.is_not(None))
        .distinct()
        .order_by(Product.category)
    )
    if open_only:
        query = query.where(Mention.confidentiality.in_(OPEN_LEVELS))
    found: dict[int, list[str]] = {}
    for site, category in session.execute(query):
        found.setdefault(site or 0, []).append(category)
    return found


def _insert(session: Session, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(SharedSite), rows[start : start + AT_ONCE])
