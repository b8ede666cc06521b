"""What opened sheets say: products, components, mentions of sites, links, smelters, audits, due diligence."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Fixed, Instant, Percent, Record, one_of
from models.disclosure import Submission

PRECISIONS = ("site", "zone", "city", "region", "country", "name_only")
AUDIENCES = ("all", "linked", "open")


class Site(Record, Base):
    """One place as we believe it. What it shows is taken from one of its mentions; everything counted, from all of them."""

    __tablename__ = "site"

    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True, comment="blank = active")
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(400), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")


class Product(Base):
    """A model that a supplier offers in a lot, as its sheet says."""

    __tablename__ = "product"
    __table_args__ = (Index("ix_product_lot", "lot_id", "submission_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("submission_row.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    product_ref: Mapped[str] = mapped_column(String(40))
    brand: Mapped[str] = mapped_column(String(120))
    model_name: Mapped[str] = mapped_column(String(200))
    category: Mapped[str] = mapped_column(String(20))
    spec_tier: Mapped[str] = mapped_column(String(40), default="")
    final_country: Mapped[str] = mapped_column(String(2), default="")
    offered_share: Mapped[Decimal | None] = mapped_column(Percent())

    submission: Mapped[Submission] = relationship()


class Component(Base):
    """A component of a product: one node of the chain that is disclosed or explained."""

    __tablename__ = "component"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int | None] = mapped_column(ForeignKey("submission_row.id"), comment="blank = made by us (D13)")
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    component_ref: Mapped[str] = mapped_column(String(60))
    component_type: Mapped[str] = mapped_column(String(30))
    tier: Mapped[int]
    required: Mapped[bool] = mapped_column(default=False)
    not_disclosed_reason: Mapped[str] = mapped_column(String(30), default="")
    not_disclosed_evidence: Mapped[str] = mapped_column(Text, default="")

    product: Mapped[Product] = relationship()


class Mention(Base):
    """One row in which a supplier names a site; keeps what the sheet said."""

    __tablename__ = "mention"
    __table_args__ = (
        CheckConstraint(one_of("precision", PRECISIONS), name="precision"),
        Index("ix_mention_site", "site_id", "submission_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("submission_row.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), comment="blank = too imprecise")
    site_ref: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(400), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    parent_company: Mapped[str] = mapped_column(String(200), default="")
    facility_type: Mapped[str] = mapped_column(String(30), default="")
    precision: Mapped[str] = mapped_column(String(10))
    company_wide: Mapped[bool] = mapped_column(default=False)
    confidentiality: Mapped[str] = mapped_column(String(20), default="consortium")
    os_id: Mapped[str] = mapped_column(String(20), default="")
    place_key: Mapped[str] = mapped_column(
        String(64),
        default="",
        server_default="",
        index=True,
        comment="of what it says of the place; blank = not placed yet",
    )

    submission: Mapped[Submission] = relationship()
    site: Mapped[Site | None] = relationship()


class Link(Base):
    """This component of this product is made at this site, since when, with what share."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("submission_row.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    component_id: Mapped[int] = mapped_column(ForeignKey("component.id"), index=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id"), index=True)
    share: Mapped[Decimal | None] = mapped_column(Percent(), comment="blank = not told")
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]

    mention: Mapped[Mention] = relationship()


class SmelterMention(Base):
    """A mineral row: a smelter named, or the reason why none is."""

    __tablename__ = "smelter_mention"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("submission_row.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"), comment="blank = the whole company")
    mineral: Mapped[str] = mapped_column(String(60))
    smelter_id: Mapped[str] = mapped_column(String(20), default="")
    smelter_name: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    rmap_status: Mapped[str] = mapped_column(String(20), default="")
    not_disclosed_reason: Mapped[str] = mapped_column(String(30), default="")


class SiteAudit(Base):
    """An audit or certificate of a mentioned site, with its validity."""

    __tablename__ = "site_audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("submission_row.id"))
    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id"), index=True)
    scheme: Mapped[str] = mapped_column(String(20))
    audit_type: Mapped[str] = mapped_column(String(20), default="")
    score: Mapped[Decimal | None] = mapped_column(Fixed(1))
    score_max: Mapped[int | None]
    audit_date: Mapped[dt.date | None]
    valid_until: Mapped[dt.date | None]
    auditor_body: Mapped[str] = mapped_column(String(200), default="")
    report_shared: Mapped[str] = mapped_column(String(20), default="")


class DueDiligence(Base):
    """A supplier's own assessment of one of the seven process requirements."""

    __tablename__ = "due_diligence"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("submission_row.id"))
    requirement: Mapped[str] = mapped_column(String(40))
    self_score: Mapped[str] = mapped_column(String(10), default="")
    document_name: Mapped[str] = mapped_column(String(200), default="")
    document_date: Mapped[dt.date | None]


class ChainBuild(Base):
    """That the rows of a submission became products, mentions and links, and when."""

    __tablename__ = "chain_build"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    products: Mapped[int]
    mentions: Mapped[int]
    links: Mapped[int]


class LotFigures(Base):
    """What one submission discloses for one lot and brand, counted when its chain was built."""

    __tablename__ = "lot_figures"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    brand: Mapped[str] = mapped_column(String(120), primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)

    submission: Mapped[Submission] = relationship()


class SharedSite(Base):
    """A site that several suppliers of a lot name, as one audience may see it.

    `all` is for who sees every row, `linked` for members that declared demand in the lot, `open` for other members.
    """

    __tablename__ = "shared_site"
    __table_args__ = (
        CheckConstraint(one_of("audience", AUDIENCES), name="audience"),
        Index("ix_shared_site_rank", "lot_id", "audience", "suppliers"),
    )

    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)
    audience: Mapped[str] = mapped_column(String(10), primary_key=True)
    suppliers: Mapped[int] = mapped_column(comment="that name it in any way")
    linked_suppliers: Mapped[int] = mapped_column(comment="that tie it to a model of the lot")
    products: Mapped[int]
    categories: Mapped[list[Any]] = mapped_column(JSON, default=list)

    site: Mapped[Site] = relationship()
