"""Indicative price lists of suppliers, version by version, and the rates at which a lead compares currencies."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Fixed, Instant, Record, one_of
from models.people import Organisation, User
from models.rounds import Lot, Round

READINGS = ("whole", "parts")
PRICE_PLACES, RATE_PLACES = 4, 8


class PriceList(Record, Base):
    """What a supplier says its prices would be, as information outside any tender; a version is never changed.

    The newest version of a supplier is its list, unless it was withdrawn: an older one never comes back.
    """

    __tablename__ = "price_list"
    __table_args__ = (
        UniqueConstraint("round_id", "supplier_id", "version_no"),
        CheckConstraint(one_of("reading", READINGS), name="reading"),
        CheckConstraint("version_no >= 1", name="version_no"),
        CheckConstraint(
            "valid_from IS NULL OR valid_until IS NULL OR valid_until >= valid_from", name="valid_in_this_order"
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    version_no: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reading: Mapped[str] = mapped_column(
        String(10),
        default="whole",
        comment="whole: all pieces at the price of the step reached; parts: each step its own",
    )
    valid_from: Mapped[dt.date | None] = mapped_column(comment="first day; blank = not said")
    valid_until: Mapped[dt.date | None] = mapped_column(comment="last day; blank = not said")
    note: Mapped[str] = mapped_column(String(1000), default="")
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    source_upload_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))

    round: Mapped[Round] = relationship()
    supplier: Mapped[Organisation] = relationship()
    steps: Mapped[list[PriceStep]] = relationship(
        back_populates="price_list", cascade="all, delete-orphan", order_by="PriceStep.position"
    )

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.supplier_id if self.supplier_id is not None else self.supplier.id


class PriceStep(Base):
    """From how many pieces on which price a piece: net, in the currency of the list."""

    __tablename__ = "price_step"
    __table_args__ = (
        UniqueConstraint("price_list_id", "lot_id", "category", "spec_tier", "from_qty"),
        CheckConstraint("from_qty >= 1", name="from_qty"),
        CheckConstraint("unit_price > 0", name="unit_price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    price_list_id: Mapped[int] = mapped_column(ForeignKey("price_list.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=0)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    category: Mapped[str] = mapped_column(String(20))
    spec_tier: Mapped[str] = mapped_column(
        String(40), default="", comment="blank = every tier that has no price of its own"
    )
    from_qty: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Fixed(PRICE_PLACES), comment="net, in the currency of the list")

    price_list: Mapped[PriceList] = relationship(back_populates="steps")
    lot: Mapped[Lot] = relationship()


class ExchangeRate(Record, Base):
    """What one unit of a currency is in another, on a day, and who says so; entered by the lead, the newest counts."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        UniqueConstraint("round_id", "currency", "to_currency", "version_no"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("currency <> to_currency", name="two_currencies"),
        CheckConstraint("source <> ''", name="source"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    currency: Mapped[str] = mapped_column(String(3))
    to_currency: Mapped[str] = mapped_column(String(3))
    version_no: Mapped[int]
    rate: Mapped[Decimal] = mapped_column(Fixed(RATE_PLACES), comment="units of to_currency for one of currency")
    on_date: Mapped[dt.date]
    source: Mapped[str] = mapped_column(String(300))

    round: Mapped[Round] = relationship()
    created_by: Mapped[User | None] = relationship(foreign_keys="ExchangeRate.created_by_id")
