"""A buyer's accession to one round, and the snapshot of who was entitled at publication."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Money, Record, one_of
from models.people import Organisation, User
from models.records import StoredFile
from models.rounds import MANDATE_TYPES, Round

SIGN_ON_STATES = ("invited", "interested", "mandate_pending", "confirmed", "active", "suspended", "left", "refused")
FEE_RULES = ("none", "fixed_yearly", "pct_of_call_off")
ELIGIBILITY = ("named_in_notice", "class_in_notice", "consortium_membership", "cpb_client", "open_framework_reopening")


class SignOn(Record, Base):
    """One buyer in one round; `refused` and `left` are final, a new attempt is a new record."""

    __tablename__ = "sign_on"
    __table_args__ = (
        CheckConstraint(one_of("state", SIGN_ON_STATES), name="state"),
        CheckConstraint(one_of("eligibility_basis", ELIGIBILITY), name="eligibility_basis"),
        CheckConstraint(one_of("invited_basis", ELIGIBILITY, null=True), name="invited_basis"),
        CheckConstraint(one_of("mandate_type", MANDATE_TYPES, null=True), name="mandate_type"),
        CheckConstraint(one_of("fee_rule", FEE_RULES), name="fee_rule"),
        CheckConstraint(
            "state NOT IN ('mandate_pending','confirmed','active','suspended') OR"
            " (mandate_file_id IS NOT NULL AND signed_by_name <> '' AND signed_on IS NOT NULL)",
            name="mandate_facts",
        ),
        CheckConstraint("state NOT IN ('confirmed','active') OR clause_commitment", name="commitment"),
        Index(
            "uq_sign_on_current",
            "round_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("state NOT IN ('left','refused')"),
            postgresql_where=text("state NOT IN ('left','refused')"),
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    eligibility_basis: Mapped[str] = mapped_column(String(30), default="named_in_notice")
    class_name: Mapped[str] = mapped_column(String(200), default="")
    invited_basis: Mapped[str | None] = mapped_column(String(30), comment="blank where the body applied")
    invited_class: Mapped[str] = mapped_column(String(200), default="")
    contact_email: Mapped[str] = mapped_column(
        String(254), default="", comment="first person of a new body, until the invitation has left"
    )
    contact_name: Mapped[str] = mapped_column(
        String(200), default="", server_default="", comment="that person's name, until the invitation has left"
    )
    contact_language: Mapped[str] = mapped_column(
        String(5), default="", server_default="", comment="that person's language; blank = that of whoever invites"
    )
    class_proof_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    affiliated_via_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    mandate_type: Mapped[str | None] = mapped_column(String(30))
    mandate_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    mandate_submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    mandate_submitted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    signed_by_name: Mapped[str] = mapped_column(String(200), default="")
    signed_by_title: Mapped[str] = mapped_column(String(200), default="")
    signed_on: Mapped[dt.date | None]
    statement: Mapped[str] = mapped_column(Text, default="", comment="the statement as it was signed")
    liaison_name: Mapped[str] = mapped_column(String(200), default="")
    liaison_email: Mapped[str] = mapped_column(String(254), default="")
    clause_commitment: Mapped[bool] = mapped_column(default=False)
    data_agreement_signed_on: Mapped[dt.date | None]
    in_scope_spend_annual: Mapped[Decimal | None] = mapped_column(Money(), comment="blank = unknown")
    fee_rule: Mapped[str] = mapped_column(String(20), default="none")
    fee_amount: Mapped[Decimal | None] = mapped_column(Money(), comment="where fixed yearly")
    fee_paid_on: Mapped[dt.date | None]
    call_off_registered_on: Mapped[dt.date | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(1000), default="")

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    affiliated_via: Mapped[Organisation | None] = relationship(foreign_keys=[affiliated_via_id])
    mandate_file: Mapped[StoredFile | None] = relationship(foreign_keys=[mandate_file_id])
    class_proof: Mapped[StoredFile | None] = relationship(foreign_keys=[class_proof_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])
    mandate_submitted_by: Mapped[User | None] = relationship(foreign_keys=[mandate_submitted_by_id])
    evaluators: Mapped[list[OfferedEvaluator]] = relationship(
        back_populates="sign_on", order_by="OfferedEvaluator.id", cascade="all, delete-orphan"
    )

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.organisation_id if self.organisation_id is not None else self.organisation.id


class OfferedEvaluator(Record, Base):
    """A person whom a body offers to the panel, with how many items at most and the languages read (records.md 1)."""

    __tablename__ = "offered_evaluator"
    __table_args__ = (
        UniqueConstraint("sign_on_id", "user_id"),
        CheckConstraint("capacity IS NULL OR capacity BETWEEN 0 AND 100000", name="capacity"),
    )

    sign_on_id: Mapped[int] = mapped_column(ForeignKey("sign_on.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    capacity: Mapped[int | None] = mapped_column(comment="items; blank = an equal part")
    languages: Mapped[list[str]] = mapped_column(JSON, default=list, comment="codes; empty = that of the account")

    sign_on: Mapped[SignOn] = relationship(back_populates="evaluators")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined", innerjoin=True)


class BodiesTaken(Record, Base):
    """A sheet of bodies that was taken over into a round, once, and what became of every row of it."""

    __tablename__ = "bodies_taken"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), unique=True)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON, comment="row, name, outcome, reasons with parameters")
    invited: Mapped[int]
    left_out: Mapped[int]

    round: Mapped[Round] = relationship()
    file: Mapped[StoredFile] = relationship()


class EligibilitySnapshot(Base):
    """Who was entitled, as frozen at publication; never changed (law L03)."""

    __tablename__ = "eligibility_snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
