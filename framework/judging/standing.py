"""Whether a person may judge a tender: no tie that binds, and a statement given."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.measures.sources import key_of
from models.chain import Product
from models.disclosure import Submission
from models.judging import Conflict, ConflictStatement
from models.rounds import Round


def barred(session: Session, round_: Round, user_id: int | None) -> frozenset[int]:
    """The tenders of a round that a tie keeps a person from: of a bidder, or of whoever offers a brand."""
    query = select(Conflict.supplier_id, Conflict.brand_key).where(
        Conflict.round_id == round_.id, Conflict.user_id == user_id, Conflict.lifted_at.is_(None)
    )
    ties = session.execute(query).all()
    if not ties:
        return frozenset()
    suppliers = {tie.supplier_id for tie in ties if tie.supplier_id is not None}
    brands = {tie.brand_key for tie in ties if tie.brand_key}
    found = set(
        session.scalars(
            select(Submission.id).where(Submission.round_id == round_.id, Submission.supplier_id.in_(suppliers))
        )
    )
    if brands:
        offers = (
            select(Product.submission_id, Product.brand)
            .join(Submission, Submission.id == Product.submission_id)
            .where(Submission.round_id == round_.id)
            .distinct()
        )
        found |= {number for number, brand in session.execute(offers) if key_of(brand) in brands}
    return frozenset(found)


def has_stated(session: Session, round_: Round, user_id: int | None) -> bool:
    """Whether a person has given a statement of conflicts in the round, with the undertaking of confidentiality."""
    query = select(ConflictStatement.id).where(
        ConflictStatement.round_id == round_.id, ConflictStatement.user_id == user_id
    )
    return session.scalar(query.limit(1)) is not None
