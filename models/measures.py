"""Measures as they were counted: of each product, and summed over what one supplier offers of a brand in a lot."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant
from models.chain import Product
from models.disclosure import Submission
from models.people import User


class ProductMeasures(Base):
    """The measures of one product; `is_stale` where something they stand on changed since."""

    __tablename__ = "product_measures"
    __table_args__ = (Index("ix_product_measures_submission", "submission_id", "lot_id", "is_stale"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    is_stale: Mapped[bool] = mapped_column(default=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="empty until counted; exact fractions")

    product: Mapped[Product] = relationship()


class LotMeasures(Base):
    """Sums over the products of one submission, lot, brand, category and tier, each by its share of the offer."""

    __tablename__ = "lot_measures"
    __table_args__ = (Index("ix_lot_measures_lot", "lot_id", "brand_key"),)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    brand: Mapped[str] = mapped_column(String(120), primary_key=True)
    category: Mapped[str] = mapped_column(String(20), primary_key=True)
    spec_tier: Mapped[str] = mapped_column(String(40), primary_key=True)
    brand_key: Mapped[str] = mapped_column(String(120), comment="the brand without case and blanks")
    sums: Mapped[dict[str, Any]] = mapped_column(JSON, comment="exact fractions")
    gaps: Mapped[list[Any]] = mapped_column(JSON, deferred=True, comment="what is missing, with what it is worth")

    submission: Mapped[Submission] = relationship()


class NotApplicable(Base):
    """That the lead accepts that a component or mineral does not apply to a product: nothing is asked of it there.

    A mineral stands for its smelters and its origins. What was taken back stays, with who did it; one of a kind stands.
    """

    __tablename__ = "not_applicable"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_facts"),
        Index(
            "uq_not_applicable_stands",
            "product_id",
            "kind",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    kind: Mapped[str] = mapped_column(String(60), comment="component type or mineral, as component:battery")
    motive: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    undone_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    product: Mapped[Product] = relationship()
    by: Mapped[User] = relationship(foreign_keys=[by_id])
