"""Leverage briefs: what of the pool was told to whom and when, the market it is set against, and who is named in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.people import Organisation, User
from models.rounds import Lot, Round

AUDIENCES = ("members", "suppliers", "public", "brand")
"""Who reads a brief: each of the first three with those before it. One for a brand stands on no page but the lead's, who hands it over."""


class BriefRelease(Record, Base):
    """A brief as it was published; never changed but for being withdrawn, and reckoned with for ever.

    `figures` are what its readers see. `basis` is what the figures were made of, member by member: for the rule of what may
    still be published, for no page but its own part to a member, and who a conflict keeps from an offer behind it.
    """

    __tablename__ = "brief_release"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        CheckConstraint(one_of("audience", AUDIENCES), name="audience"),
        CheckConstraint("(audience = 'brand') = (brand <> '')", name="for_a_brand"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_reason = '')",
            name="withdrawn_facts",
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), comment="blank = every lot")
    brand: Mapped[str] = mapped_column(String(200), default="", comment="for which brand; blank = for all")
    number: Mapped[int] = mapped_column(comment="in the round, from 1")
    audience: Mapped[str] = mapped_column(String(20))
    asked: Mapped[str] = mapped_column(Text, default="", comment="what is asked in return")
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, comment="as published")
    basis: Mapped[dict[str, Any]] = mapped_column(JSON, comment="by member; leaves on no page")
    sha256: Mapped[str] = mapped_column(String(64), comment="over what is published")
    published_at: Mapped[dt.datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    withdrawn_reason: Mapped[str] = mapped_column(String(1000), default="")

    round: Mapped[Round] = relationship()
    lot: Mapped[Lot | None] = relationship()
    published_by: Mapped[User] = relationship(foreign_keys="BriefRelease.created_by_id")


class MarketFigure(Record, Base):
    """How large the market of a lot is, as somebody else says; the newest of a lot counts."""

    __tablename__ = "market_figure"
    __table_args__ = (
        CheckConstraint("units_per_year > 0", name="units_per_year"),
        CheckConstraint("source <> '' AND market <> ''", name="sourced"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    market: Mapped[str] = mapped_column(String(200), comment="which market, in words")
    units_per_year: Mapped[int] = mapped_column(comment="in the unit of the lot")
    source: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(500), default="", comment="where the source can be read")
    as_of: Mapped[dt.date] = mapped_column(comment="the day the source speaks of")
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    lot: Mapped[Lot] = relationship()


class BriefConsent(Record, Base):
    """Whether a member agrees to be named in briefs before the round is published; the last answer counts."""

    __tablename__ = "brief_consent"
    __table_args__ = (
        UniqueConstraint("round_id", "member_id", "version_no"),
        Index("ix_brief_consent_member", "member_id"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    version_no: Mapped[int]
    agrees: Mapped[bool]

    round: Mapped[Round] = relationship()
    member: Mapped[Organisation] = relationship()

    @property
    def owner_id(self) -> int:
        """The member that answered."""
        return self.member_id
