"""What each member declares, version by version, and the pool as it was locked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Money, Record, one_of
from models.people import Organisation, User
from models.rounds import Lot, Round

DEMAND_STATES = ("draft", "submitted", "accepted", "locked", "withdrawn", "lapsed", "superseded")
BASELINE_SOURCES = ("erp", "reseller_report", "estimate", "none")
CERTAINTIES = ("budgeted", "planned", "indicative")


class Demand(Record, Base):
    """A declaration: all lines of one member, one lot, one version; the state belongs to it."""

    __tablename__ = "demand"
    __table_args__ = (
        UniqueConstraint("lot_id", "member_id", "version_no"),
        CheckConstraint(one_of("state", DEMAND_STATES), name="state"),
        CheckConstraint(one_of("baseline_source", BASELINE_SOURCES), name="baseline_source"),
        CheckConstraint("approved_by_id IS NULL OR approved_at IS NOT NULL", name="approved_facts"),
        Index(
            "uq_demand_accepted",
            "lot_id",
            "member_id",
            unique=True,
            sqlite_where=text("state = 'accepted'"),
            postgresql_where=text("state = 'accepted'"),
        ),
        Index(
            "uq_demand_locked",
            "lot_id",
            "member_id",
            unique=True,
            sqlite_where=text("state = 'locked'"),
            postgresql_where=text("state = 'locked'"),
        ),
        Index("ix_demand_round_state", "round_id", "state"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    version_no: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    baseline_source: Mapped[str] = mapped_column(String(20), default="none")
    note: Mapped[str] = mapped_column(String(2000), default="")
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    accepted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    source_upload_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    prefilled_from_id: Mapped[int | None] = mapped_column(ForeignKey("demand.id"))
    edited_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    returned_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="handed in once, and back in draft")
    return_motive: Mapped[str] = mapped_column(String(1000), default="", comment="of the lead; blank where recalled")

    round: Mapped[Round] = relationship()
    lot: Mapped[Lot] = relationship()
    member: Mapped[Organisation] = relationship(foreign_keys=[member_id])
    submitted_by: Mapped[User | None] = relationship(foreign_keys=[submitted_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
    lines: Mapped[list[DemandLine]] = relationship(
        back_populates="demand", cascade="all, delete-orphan", order_by="DemandLine.position"
    )

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.member_id if self.member_id is not None else self.member.id


class DemandLine(Base):
    """Category × spec tier × delivery country × contract year; empty quantities mean not known yet."""

    __tablename__ = "demand_line"
    __table_args__ = (
        UniqueConstraint("demand_id", "category", "spec_tier", "year_no", "delivery_country"),
        CheckConstraint("qty_firm IS NULL OR qty_firm >= 0", name="firm"),
        CheckConstraint("qty_expected IS NULL OR qty_expected >= COALESCE(qty_firm, 0)", name="expected"),
        CheckConstraint("qty_max IS NULL OR qty_max >= COALESCE(qty_expected, 0)", name="max"),
        CheckConstraint(
            "(qty_firm IS NULL AND qty_expected IS NULL AND qty_max IS NULL AND not_known_reason <> '')"
            " OR (qty_firm IS NOT NULL AND qty_expected IS NOT NULL AND qty_max IS NOT NULL)",
            name="known_or_reasoned",
        ),
        CheckConstraint("year_no >= 1", name="year_no"),
        CheckConstraint(one_of("certainty", CERTAINTIES), name="certainty"),
        CheckConstraint("value_expected IS NULL OR value_expected >= 0", name="value"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    category: Mapped[str] = mapped_column(String(20))
    spec_tier: Mapped[str] = mapped_column(String(40), default="")
    year_no: Mapped[int]
    delivery_country: Mapped[str] = mapped_column(String(2))
    qty_firm: Mapped[int | None]
    qty_expected: Mapped[int | None]
    qty_max: Mapped[int | None]
    value_expected: Mapped[Decimal | None] = mapped_column(Money(), comment="net, blank = unknown")
    baseline_qty: Mapped[int | None]
    certainty: Mapped[str] = mapped_column(String(20), default="indicative")
    current_supplier_end: Mapped[dt.date | None]
    delivery_profile: Mapped[str] = mapped_column(String(200), default="")
    not_known_reason: Mapped[str] = mapped_column(String(200), default="")
    source_sheet: Mapped[str] = mapped_column(String(100), default="")
    source_row: Mapped[int | None]

    demand: Mapped[Demand] = relationship(back_populates="lines")


class DemandEdit(Base):
    """That somebody changed one cell of a declaration; append-only, so that who changed what can be told.

    A cell is its row (category, tier, country; all blank: a fact of the whole declaration), column and contract year.
    """

    __tablename__ = "demand_edit"
    __table_args__ = (
        CheckConstraint("year_no >= 0", name="year_no"),
        CheckConstraint("COALESCE(old, '') <> COALESCE(new, '')", name="changed"),
        Index("ix_demand_edit_since", "demand_id", "before_version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"))
    before_version: Mapped[int] = mapped_column(comment="version of the record that was changed")
    category: Mapped[str] = mapped_column(String(20))
    spec_tier: Mapped[str] = mapped_column(String(40))
    delivery_country: Mapped[str] = mapped_column(String(2))
    column: Mapped[str] = mapped_column(String(20))
    year_no: Mapped[int] = mapped_column(comment="0 = once a row")
    old: Mapped[str | None] = mapped_column(String(2000), comment="blank = the cell was empty")
    new: Mapped[str | None] = mapped_column(String(2000))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    source: Mapped[str] = mapped_column(String(20), comment="grid, paste, upload")


class DemandAside(Base):
    """That somebody said of a suggestion that the figures are meant as they stand; append-only."""

    __tablename__ = "demand_aside"
    __table_args__ = (UniqueConstraint("demand_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"))
    key: Mapped[str] = mapped_column(String(200), comment="which suggestion, with its figures")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)


class PoolSnapshot(Base):
    """The pool as it stood when demand was locked."""

    __tablename__ = "pool_snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
