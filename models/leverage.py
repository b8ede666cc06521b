"""Where the pooled volume of a lot would come from: parts of each group of demand, counted when a chain is built."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class LotFlow(Base):
    """Of one offer (or of all offers of a lot together) and one component: which part of each group goes where.

    A group is a category and a spec tier. `leaves` and `summary` as `framework.chain.leverage.flows` writes them: parts
    are whole numbers of `whole`, and those of a group add up to it. No quantity stands here: demand is multiplied in when
    a page is read.
    """

    __tablename__ = "lot_flow"
    __table_args__ = (
        Index("uq_lot_flow", "lot_id", "submission_id", "component_type", unique=True),
        Index("ix_lot_flow_submission", "submission_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), comment="blank = all offers")
    component_type: Mapped[str] = mapped_column(String(30))
    tier: Mapped[int]
    whole: Mapped[int] = mapped_column(BigInteger)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    leaves: Mapped[dict[str, Any]] = mapped_column(JSON)
