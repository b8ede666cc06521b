"""The round: lots, clauses, criteria, classes of members, and proposals that need a second person."""

from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Money, Percent, Record, one_of
from models.people import Organisation, User

ROUND_STATES = (
    "set_up",
    "sign_on",
    "demand",
    "demand_locked",
    "ready",
    "published",
    "receipt_closed",
    "opened",
    "judging",
    "award",
    "standstill",
    "challenged",
    "in_force",
    "closed",
    "cancelled",
    "archived",
)
MANDATE_TYPES = ("cpb", "occasional_joint_full", "occasional_joint_part")
PLACES = ("selection", "specification", "award", "performance")
CALL_OFF_ROUTES = ("direct", "desktop", "mini_competition")
PROPOSAL_STATES = ("open", "confirmed", "lapsed", "withdrawn")
DATE_KINDS = ("signon", "demand", "questions", "tender")


class Round(Record, Base):
    """One framework procedure from set-up to archive. Money is in `currency`, net of VAT."""

    __tablename__ = "round"
    __table_args__ = (
        CheckConstraint(one_of("state", ROUND_STATES), name="state"),
        CheckConstraint(one_of("mandate_type", MANDATE_TYPES, null=True), name="mandate_type"),
        CheckConstraint(
            "state IN ('set_up','sign_on','demand','demand_locked','ready','cancelled','archived')"
            " OR (frozen_hash IS NOT NULL AND published_at IS NOT NULL AND tender_deadline IS NOT NULL)",
            name="published_facts",
        ),
        CheckConstraint(
            "value_maximum IS NULL OR value_estimated IS NULL OR value_maximum >= value_estimated", name="max"
        ),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True, comment="the lead")
    name: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(60), default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20))
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"))

    jurisdiction: Mapped[str | None] = mapped_column(String(20))
    mandate_type: Mapped[str | None] = mapped_column(String(30))
    cross_border: Mapped[bool] = mapped_column(default=False)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    settings: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, comment="round settings, frozen at publication"
    )

    zone: Mapped[str] = mapped_column(String(60), default="Europe/Brussels", comment="IANA zone of the deadlines")
    signon_deadline: Mapped[dt.datetime | None] = mapped_column(Instant)
    demand_deadline: Mapped[dt.datetime | None] = mapped_column(Instant)
    planned_publication_on: Mapped[dt.date | None]
    questions_until: Mapped[dt.datetime | None] = mapped_column(Instant)
    tender_deadline: Mapped[dt.datetime | None] = mapped_column(Instant)
    term_starts_on: Mapped[dt.date | None]
    term_ends_on: Mapped[dt.date | None]
    option_months: Mapped[int] = mapped_column(default=0, comment="sum of all options, in months")
    duration_justification: Mapped[str] = mapped_column(Text, default="")
    first_audit_on: Mapped[dt.date | None]
    value_estimated: Mapped[Decimal | None] = mapped_column(Money())
    value_maximum: Mapped[Decimal | None] = mapped_column(Money())
    open_to_applications: Mapped[bool] = mapped_column(default=False, comment="bodies may apply uninvited")
    has_public_members: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="whether a public page shows who takes part"
    )
    standstill_confirmed: Mapped[bool] = mapped_column(default=False)
    data_agreement: Mapped[str] = mapped_column(Text, default="")
    retention_years: Mapped[int | None]
    template_version: Mapped[str] = mapped_column(String(20), default="1.0")

    notice_reference: Mapped[str] = mapped_column(String(100), default="")
    published_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    frozen_text: Mapped[str | None] = mapped_column(Text, comment="canonical text of the frozen set FR1")
    frozen_hash: Mapped[str | None] = mapped_column(String(64))
    sealed_key: Mapped[str] = mapped_column(
        String(200),
        default="",
        server_default="",
        comment="key of the round, wrapped by the master key; blank = none yet",
    )
    seal_public_key: Mapped[str] = mapped_column(
        String(60),
        default="",
        server_default="",
        comment="what tenders are sealed with where the openers hold shares; blank = they do not",
    )
    letters_salt: Mapped[str] = mapped_column(
        String(40),
        default=lambda: secrets.token_hex(16),
        server_default="",
        comment="what the letters of bidders follow from, beside their ids; on no page",
    )
    closed_set_digest: Mapped[str | None] = mapped_column(String(64), comment="digest of the versions received in time")
    opened_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")

    organisation: Mapped[Organisation] = relationship()
    lots: Mapped[list[Lot]] = relationship(back_populates="round", order_by="Lot.number")
    clauses: Mapped[list[Clause]] = relationship(back_populates="round", order_by="Clause.position")
    criteria: Mapped[list[Criterion]] = relationship(back_populates="round", order_by="Criterion.position")
    member_classes: Mapped[list[MemberClass]] = relationship(back_populates="round", order_by="MemberClass.id")


class Lot(Record, Base):
    """Part of a round with its own maximum, criteria and award; quantities are whole pieces of `unit`."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("round_id", "code"),
        CheckConstraint("qty_estimated IS NULL OR qty_estimated > 0", name="qty_estimated"),
        CheckConstraint("qty_maximum IS NULL OR qty_maximum >= COALESCE(qty_estimated, 1)", name="qty_maximum"),
        CheckConstraint("value_estimated IS NULL OR value_estimated > 0", name="value_estimated"),
        CheckConstraint("value_maximum IS NULL OR value_maximum >= COALESCE(value_estimated, 1)", name="value_maximum"),
        CheckConstraint(one_of("call_off_route", CALL_OFF_ROUTES, null=True), name="call_off_route"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    cpv_code: Mapped[str] = mapped_column(String(10))
    unit: Mapped[str] = mapped_column(String(20), default="piece")
    categories: Mapped[list[str]] = mapped_column(JSON, default=list)
    spec_tiers: Mapped[list[str]] = mapped_column(JSON, default=list)
    years: Mapped[int] = mapped_column(default=4, comment="contract years that demand is declared for")
    qty_estimated: Mapped[int | None]
    qty_maximum: Mapped[int | None]
    value_estimated: Mapped[Decimal | None] = mapped_column(Money())
    value_maximum: Mapped[Decimal | None] = mapped_column(Money())
    estimate_motive: Mapped[str] = mapped_column(
        Text, default="", comment="why estimated differs from the pooled demand"
    )
    call_off_route: Mapped[str | None] = mapped_column(String(20))
    required_components: Mapped[list[str]] = mapped_column(JSON, default=list, comment="component types asked for")
    asked_tiers: Mapped[int] = mapped_column(default=2, comment="deepest tier asked: 1 assembly, 2 component, 3 sub")
    minerals: Mapped[list[str]] = mapped_column(JSON, default=list)
    asks_mines: Mapped[bool] = mapped_column(default=False)
    product_subset: Mapped[str] = mapped_column(String(200), default="", comment="which products the disclosure covers")

    round: Mapped[Round] = relationship(back_populates="lots")


class MemberClass(Record, Base):
    """A class of buyers named in the notice, with its public description (law L03)."""

    __tablename__ = "member_class"
    __table_args__ = (UniqueConstraint("round_id", "name"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")

    round: Mapped[Round] = relationship(back_populates="member_classes")


class Clause(Record, Base):
    """A clause of the round in exactly one of four places (readiness R5, R9)."""

    __tablename__ = "clause"
    __table_args__ = (
        CheckConstraint(one_of("place", PLACES), name="place"),
        UniqueConstraint("round_id", "key"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    notice_reference: Mapped[str] = mapped_column(String(100), default="", comment="where the notice refers to it")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="penalty rate, weeks, days")

    round: Mapped[Round] = relationship(back_populates="clauses")


class Criterion(Record, Base):
    """A criterion in exactly one of four places; award weights of a lot add to 100.00 (law L14, L15)."""

    __tablename__ = "criterion"
    __table_args__ = (
        CheckConstraint(one_of("place", PLACES), name="place"),
        CheckConstraint("(place = 'award') = (weight IS NOT NULL)", name="weight_fits_place"),
        CheckConstraint("weight IS NULL OR (weight > 0 AND weight <= 10000)", name="weight"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), comment="blank = every lot")
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(20))
    weight: Mapped[Decimal | None] = mapped_column(Percent())
    formula: Mapped[str] = mapped_column(String(40), default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_label: Mapped[bool] = mapped_column(default=False)
    equivalent_path: Mapped[str] = mapped_column(Text, default="", comment="or-equivalent path of a label (law L12)")

    round: Mapped[Round] = relationship(back_populates="criteria")
    lot: Mapped[Lot | None] = relationship()


class Proposal(Record, Base):
    """The first half of a four-eyes act: who proposes what on which record; a second person confirms."""

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint(one_of("state", PROPOSAL_STATES), name="state"),
        CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> proposed_by_id", name="two_persons"),
        Index(
            "uq_proposal_open",
            "entity",
            "subject_id",
            "act",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    entity: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int]
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    motive: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20), default="open")
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])


class Outage(Record, Base):
    """An interruption of service, shown publicly; without an end while it lasts."""

    __tablename__ = "outage"

    started_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text, default="")


class DeadlineChange(Record, Base):
    """One move of a tender deadline, shown publicly with its motive; `outage_id` where an outage was the ground."""

    __tablename__ = "deadline_change"
    __table_args__ = (CheckConstraint("to_at > from_at", name="later"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    from_at: Mapped[dt.datetime] = mapped_column(Instant)
    to_at: Mapped[dt.datetime] = mapped_column(Instant)
    motive: Mapped[str] = mapped_column(Text)
    proposer_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="blank where one person may move it")
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outage.id"))
    reopened: Mapped[bool] = mapped_column(default=False, comment="receipt had closed and was opened again")

    outage: Mapped[Outage | None] = relationship()


class RoundDate(Base):
    """A deadline of a round as calendars know it: its identifier is for ever, `sequence` grows with each change."""

    __tablename__ = "round_date"
    __table_args__ = (
        UniqueConstraint("round_id", "kind"),
        CheckConstraint(one_of("kind", DATE_KINDS), name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime] = mapped_column(Instant, comment="the last one known, also once it was taken away")
    sequence: Mapped[int] = mapped_column(default=0)
    is_cancelled: Mapped[bool] = mapped_column(default=False)


class CalendarFeed(Record, Base):
    """The link by which the calendar of one person reads the dates of one round; its secret is not stored."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        Index(
            "uq_calendar_feed_works",
            "user_id",
            "organisation_id",
            "round_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()
    round: Mapped[Round] = relationship()
