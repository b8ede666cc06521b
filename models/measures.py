"""Measures as they were counted: of each product, and summed over what one supplier offers of a brand in a lot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.chain import Product
from models.disclosure import Submission


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
