"""What others publish about sites: accepted factory lists of labels, and entries of open registries; dated, old ones kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.chain import Site
from models.people import User
from models.rounds import Round

LISTING_STATES = ("open", "matched", "declined")


class FactoryList(Record, Base):
    """The factories that a label accepts, as its list said on one day; loaded for one round. Taken back, it counts no more."""

    __tablename__ = "factory_list"
    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn_facts"),
        Index(
            "uq_factory_list_stands",
            "round_id",
            "label_key",
            "day",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    label: Mapped[str] = mapped_column(String(120))
    label_key: Mapped[str] = mapped_column(String(120), comment="the label without case and blanks")
    holder: Mapped[str] = mapped_column(String(200), comment="the organisation that keeps the list")
    day: Mapped[dt.date] = mapped_column(comment="the day the list speaks of")
    sha256: Mapped[str] = mapped_column(String(64), comment="of the file that was loaded")
    report: Mapped[dict[str, Any]] = mapped_column(JSON, comment="what of the file was not read, and how often")
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    round: Mapped[Round] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys="FactoryList.created_by_id")
    withdrawn_by: Mapped[User | None] = relationship(foreign_keys=[withdrawn_by_id])


class FactoryListing(Base):
    """One factory of one brand on a list. A person says which site it is, or that it is none; the program only proposes."""

    __tablename__ = "factory_listing"
    __table_args__ = (
        CheckConstraint(one_of("state", LISTING_STATES), name="state"),
        CheckConstraint("(state = 'matched') = (site_id IS NOT NULL)", name="matched_facts"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_facts"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_id IS NULL)", name="decided_by"),
        Index("ix_factory_listing_list", "list_id", "state", "score"),
        Index("ix_factory_listing_brand", "brand_key", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("factory_list.id"))
    row: Mapped[int] = mapped_column(comment="of the sheet it was read from")
    brand: Mapped[str] = mapped_column(String(120))
    brand_key: Mapped[str] = mapped_column(String(120), comment="the brand without case and blanks")
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(400), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    number: Mapped[str] = mapped_column(String(60), default="", comment="its number on the list")
    state: Mapped[str] = mapped_column(String(10), default="open")
    is_looked_up: Mapped[bool] = mapped_column(default=False, comment="whether sites were looked for")
    candidates: Mapped[list[Any]] = mapped_column(
        JSON, default=list, comment="numbers of proposed sites, likeliest first"
    )
    score: Mapped[int] = mapped_column(
        default=0, comment="tenths, 0 to 1000, of the likeliest; 0 where none is proposed"
    )
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True, comment="as a person matched it")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    source: Mapped[FactoryList] = relationship()
    site: Mapped[Site | None] = relationship()
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])


class RegistryLoad(Record, Base):
    """What an open registry said on one day; later loads of the same registry leave it as it is."""

    __tablename__ = "registry_load"
    __table_args__ = (UniqueConstraint("scheme", "day"),)

    scheme: Mapped[str] = mapped_column(String(20), comment="that of its ids, as os")
    day: Mapped[dt.date] = mapped_column(comment="the day the file speaks of")
    sha256: Mapped[str] = mapped_column(String(64), comment="of the file that was loaded")


class RegistryEntry(Base):
    """That somebody names the place of an id for a brand in one load of a registry."""

    __tablename__ = "registry_entry"
    __table_args__ = (Index("ix_registry_entry_brand", "brand_key", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    load_id: Mapped[int] = mapped_column(ForeignKey("registry_load.id"), index=True)
    number: Mapped[str] = mapped_column(String(60), comment="the id, without blanks and hyphens, in capitals")
    contributor: Mapped[str] = mapped_column(String(200))
    brand: Mapped[str] = mapped_column(String(120), default="", comment="blank = it names none, and counts for none")
    brand_key: Mapped[str] = mapped_column(String(120), default="", comment="the brand without case and blanks")
