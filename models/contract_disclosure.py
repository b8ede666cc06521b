"""Disclosure under an agreement: what is owed until when, its versions, the files that came, what they leave open."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.contract import Agreement
from models.disclosure import Disclosed
from models.people import Organisation, User
from models.rounds import Round

CONTRACT_STATES = (
    "requested",
    "overdue",
    "received",
    "refused",
    "checked",
    "in_review",
    "accepted",
    "incomplete",
    "chain_refused",
    "superseded",
    "cancelled",
)
DUTY_KINDS = ("initial", "yearly", "asked", "change")
EXCUSES = ("not_applicable", "supplier_refused")
WITHOUT_FILE = ("requested", "overdue", "cancelled")
"""States of a version before, or instead of, a file."""


class Update(Disclosed):
    """One file that a contractor sent under an agreement: read as a tender's is, and never sealed."""

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"polymorphic_identity": "contract"}


class Duty(Record, Base):
    """What a contractor discloses under an agreement until a day: of all it offers, or of one brand.

    The day ends at 24:00 in the zone; `due_on` is the current one, `first_due_on` the one before anything was returned.
    """

    __tablename__ = "disclosure_duty"
    __table_args__ = (
        CheckConstraint(one_of("kind", DUTY_KINDS), name="kind"),
        Index("ix_disclosure_duty_agreement", "agreement_id", "due_on"),
        Index(
            "uq_disclosure_duty_initial",
            "agreement_id",
            "brand",
            unique=True,
            sqlite_where=text("kind = 'initial'"),
            postgresql_where=text("kind = 'initial'"),
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    brand: Mapped[str] = mapped_column(String(120), default="", comment="blank = all that is offered")
    kind: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[dt.date] = mapped_column(comment="until 24:00 of this day in the zone")
    first_due_on: Mapped[dt.date]
    zone: Mapped[str] = mapped_column(String(60), comment="IANA name")
    why: Mapped[str] = mapped_column(
        Text, default="", comment="what the lead asks, or what the contractor says changed"
    )

    round: Mapped[Round] = relationship()
    agreement: Mapped[Agreement] = relationship()

    @property
    def owner_id(self) -> int:
        """The organisation that owes it."""
        return self.agreement.owner_id


class ContractSubmission(Record, Base):
    """One version of what a duty asks for, from the request to the review; its file, once there is one, is an `Update`."""

    __tablename__ = "submission_contract"
    __table_args__ = (
        UniqueConstraint("duty_id", "version_no"),
        UniqueConstraint("submission_id"),
        CheckConstraint(one_of("state", CONTRACT_STATES), name="state"),
        CheckConstraint(f"submission_id IS NOT NULL OR {one_of('state', WITHOUT_FILE)}", name="file"),
        CheckConstraint("state NOT IN ('accepted', 'chain_refused') OR decided_at IS NOT NULL", name="decided"),
        Index("ix_submission_contract_round_state", "round_id", "state"),
        Index("ix_submission_contract_supplier", "supplier_id"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    duty_id: Mapped[int] = mapped_column(ForeignKey("disclosure_duty.id"))
    version_no: Mapped[int] = mapped_column(comment="within the duty")
    state: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[dt.date] = mapped_column(comment="of this version; a cure date where something was returned")
    is_cure: Mapped[bool] = mapped_column(default=False, comment="asked because gaps were returned")
    moved_at: Mapped[dt.datetime] = mapped_column(Instant, comment="since when it is in its state")
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), comment="the file that came")
    reminded_hours: Mapped[int | None] = mapped_column(comment="the last reminder, in hours before the due date")
    motive: Mapped[str] = mapped_column(Text, default="", comment="what was said with the last decision on it")
    decided_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    round: Mapped[Round] = relationship()
    supplier: Mapped[Organisation] = relationship(foreign_keys=[supplier_id])
    duty: Mapped[Duty] = relationship()
    submission: Mapped[Update | None] = relationship(foreign_keys=[submission_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.supplier_id if self.supplier_id is not None else self.supplier.id


class Gap(Base):
    """One thing that the agreement asks and a version that was read does not disclose, in the words of the version."""

    __tablename__ = "disclosure_gap"
    __table_args__ = (
        CheckConstraint(f"excuse = '' OR {one_of('excuse', EXCUSES)}", name="excuse"),
        CheckConstraint("(excuse = '') = (excused_at IS NULL)", name="excused"),
        UniqueConstraint("contract_submission_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_submission_id: Mapped[int] = mapped_column(ForeignKey("submission_contract.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10), comment="component, mineral, or brand: no model of it is named")
    node_key: Mapped[str] = mapped_column(String(64), default="", comment="the same as in requests upstream")
    brand: Mapped[str] = mapped_column(String(120), default="")
    model_name: Mapped[str] = mapped_column(String(200), default="")
    component_type: Mapped[str] = mapped_column(String(30), default="")
    other_type: Mapped[str] = mapped_column(String(80), default="")
    mineral: Mapped[str] = mapped_column(String(30), default="")
    said: Mapped[str] = mapped_column(String(30), default="", comment="the reason the file gives; blank = none")
    excuse: Mapped[str] = mapped_column(String(20), default="", comment="what was accepted; blank = nothing")
    excused_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    excused_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    motive: Mapped[str] = mapped_column(Text, default="", comment="why it was accepted, or which proof")

    version: Mapped[ContractSubmission] = relationship()
    excused_by: Mapped[User | None] = relationship()
