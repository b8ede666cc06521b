"""Agreements: one lot with one contractor, from the draft to the end of its term."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.award import Award
from models.base import Base, Instant, Record, one_of
from models.people import Organisation, User
from models.records import StoredFile
from models.rounds import CALL_OFF_ROUTES, Lot, Round

AGREEMENT_STATES = (
    "draft",
    "signed",
    "in_force",
    "call_off_stop",
    "notice_given",
    "exhausted",
    "expired",
    "terminated",
    "cancelled",
)
ENDED = ("expired", "terminated", "cancelled")
PRICE_MECHANISMS = ("fixed", "indexed", "catalogue_discount", "cost_plus", "mini_competition")


class Agreement(Record, Base):
    """One lot with one contractor. Dates are days in the zone of the round; the last day belongs to the term."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint(one_of("state", AGREEMENT_STATES), name="state"),
        CheckConstraint(one_of("price_mechanism", PRICE_MECHANISMS), name="price_mechanism"),
        CheckConstraint(one_of("call_off_route", CALL_OFF_ROUTES), name="call_off_route"),
        CheckConstraint("ends_on >= starts_on", name="term"),
        CheckConstraint(
            "state IN ('draft','cancelled') OR (signed_at IS NOT NULL AND signed_by_lead_id IS NOT NULL"
            " AND signed_by_supplier_id IS NOT NULL)",
            name="signed_facts",
        ),
        CheckConstraint(
            "state IN ('draft','signed','terminated','cancelled') OR started_at IS NOT NULL", name="started_facts"
        ),
        CheckConstraint("(state IN ('expired','terminated','cancelled')) = (ended_at IS NOT NULL)", name="ended_facts"),
        Index("ix_agreement_round_state", "round_id", "state"),
        Index(
            "uq_agreement_of_award",
            "award_id",
            unique=True,
            sqlite_where=text("state <> 'cancelled'"),
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    award_id: Mapped[int] = mapped_column(ForeignKey("award.id"))
    contractor_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True, comment="the bidder")
    number: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date] = mapped_column(comment="without options")
    price_mechanism: Mapped[str] = mapped_column(String(20))
    price_text: Mapped[str] = mapped_column(Text, default="", comment="names the index or the list")
    call_off_route: Mapped[str] = mapped_column(String(20))
    brands: Mapped[str] = mapped_column(Text, default="", comment="the makers on offer, one a line")
    text_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), comment="the text that is signed")
    signed_by_lead_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    signed_by_supplier_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    signed_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="by the second of the two")
    started_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    disclosure_due_days: Mapped[int] = mapped_column(default=20, comment="working days to the first disclosure")
    traceability_weeks: Mapped[int] = mapped_column(default=4, comment="weeks to a disclosure that is asked for")
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    ended_ground: Mapped[str] = mapped_column(String(40), default="")
    ended_reason: Mapped[str] = mapped_column(Text, default="")
    ended_evidence: Mapped[str] = mapped_column(Text, default="", comment="the documents that show the ground")

    round: Mapped[Round] = relationship()
    lot: Mapped[Lot] = relationship()
    award: Mapped[Award] = relationship()
    contractor: Mapped[Organisation] = relationship(foreign_keys=[contractor_id])
    text_file: Mapped[StoredFile | None] = relationship()
    signed_by_lead: Mapped[User | None] = relationship(foreign_keys=[signed_by_lead_id])
    signed_by_supplier: Mapped[User | None] = relationship(foreign_keys=[signed_by_supplier_id])

    @property
    def owner_id(self) -> int:
        """The organisation that fulfils it."""
        return self.contractor_id if self.contractor_id is not None else self.contractor.id
