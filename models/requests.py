"""Requests that travel upstream: one row a hop, what was asked, what was answered, what the supplier took over, reminders, links."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.disclosure import Submission
from models.people import Organisation, User
from models.records import Mail, StoredFile
from models.rounds import Round

REQUEST_STATES = ("asked", "passed_on", "answered", "refused", "no_answer", "withdrawn")
NODE_KINDS = ("component", "mineral")
REQUEST_LINK_PURPOSES = ("answer", "library")


class UpstreamRequest(Record, Base):
    """One hop: an asker asks one party that needs no account. Passing on makes a child.

    `supplier_id` is the supplier for whose disclosure the whole chain asks; of the first hop it is the asker. Where the
    lead asks itself it is the lead's own organisation: no supplier knows of it, and no letter names one. What the asked
    party types is kept in `draft` until it answers. `volume` and `letter` are as they were when it was asked.
    """

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(one_of("state", REQUEST_STATES), name="state"),
        CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name="answered_facts"),
        CheckConstraint("state <> 'refused' OR (proof_id IS NOT NULL AND proof_on IS NOT NULL)", name="refused_facts"),
        CheckConstraint("(parent_id IS NULL) = (hop = 1)", name="first_hop"),
        Index("ix_request_round_supplier", "round_id", "supplier_id"),
        Index("ix_request_state_due", "state", "due_on"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    submission_id: Mapped[int] = mapped_column(
        ForeignKey("submission.id"), comment="the version of the supplier whose open rows are asked for"
    )
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), index=True, comment="blank = first hop")
    hop: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(20))
    moved_at: Mapped[dt.datetime] = mapped_column(Instant, comment="since when in this state")
    asker_name: Mapped[str] = mapped_column(String(200))
    asked_name: Mapped[str] = mapped_column(String(200))
    asked_email: Mapped[str] = mapped_column(String(254))
    folded_email: Mapped[str] = mapped_column(String(254), index=True, comment="whose library of answers it is")
    is_named: Mapped[bool] = mapped_column(default=True, comment="whether hops further down learn whom it asks")
    language: Mapped[str] = mapped_column(String(5), default="en")
    why: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[dt.datetime] = mapped_column(Instant)
    due_on: Mapped[dt.date]
    zone: Mapped[str] = mapped_column(String(60), comment="in which the due date ends at 24:00")
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="", comment="what was written along with answer or refusal")
    proof_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    proof_on: Mapped[dt.date | None] = mapped_column(comment="date of the answer that refuses")
    volume: Mapped[list[Any]] = mapped_column(JSON, default=list, comment="pooled figures of the lots asked about")
    letter: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    letter_sha256: Mapped[str] = mapped_column(String(64), default="")
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    draft_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    supplier: Mapped[Organisation] = relationship()
    submission: Mapped[Submission] = relationship()
    parent: Mapped[UpstreamRequest | None] = relationship(remote_side="UpstreamRequest.id")
    proof: Mapped[StoredFile | None] = relationship()
    rows: Mapped[list[RequestRow]] = relationship(back_populates="request", order_by="RequestRow.position")

    @property
    def is_of_lead(self) -> bool:
        """Whether the lead asks itself, about rows of an opened tender."""
        return self.owner_id == self.round.organisation_id

    @property
    def owner_id(self) -> int:
        """The organisation on whose behalf it asks: the supplier, or the lead of the round."""
        return self.supplier_id if self.supplier_id is not None else self.supplier.id

    @property
    def known_as(self) -> str:
        """The asked party as hops further down and the lead may know it; blank where its asker keeps it back."""
        return self.asked_name if self.is_named else ""

    @property
    def reference(self) -> str:
        """By which letters and mails name it; a running number would tell how many others ask."""
        return f"REQ-{self.public_id.upper()}"


class RequestRow(Base):
    """One thing asked: a component of a model, or a mineral; `node_key` is the same wherever the same is asked."""

    __tablename__ = "request_row"
    __table_args__ = (
        CheckConstraint(one_of("kind", NODE_KINDS), name="kind"),
        UniqueConstraint("request_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    node_key: Mapped[str] = mapped_column(String(64), index=True)
    brand: Mapped[str] = mapped_column(String(120))
    model_name: Mapped[str] = mapped_column(String(200), default="")
    lot: Mapped[str] = mapped_column(String(40), default="")
    component_type: Mapped[str] = mapped_column(String(30), default="")
    other_type: Mapped[str] = mapped_column(String(80), default="", comment="what the component is, when other")
    mineral: Mapped[str] = mapped_column(String(60), default="")
    product_ref: Mapped[str] = mapped_column(String(40), default="", comment="the supplier's own key, never shown on")
    component_ref: Mapped[str] = mapped_column(
        String(60), default="", comment="as product_ref; blank = no such row yet"
    )
    said: Mapped[str] = mapped_column(String(30), default="", comment="the reason that the supplier's file gives")
    parent_row_id: Mapped[int | None] = mapped_column(ForeignKey("request_row.id"))

    request: Mapped[UpstreamRequest] = relationship(back_populates="rows")
    answers: Mapped[list[RequestAnswer]] = relationship(back_populates="row", order_by="RequestAnswer.id")


class RequestAnswer(Base):
    """One site, or the reason why none is named, for one asked row; written once and never changed.

    `via` is the answer of the next hop that was passed back, `reused` the earlier answer that was given again.
    """

    __tablename__ = "request_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("request_row.id"), index=True)
    reason: Mapped[str] = mapped_column(String(30), default="", comment="blank = a site is named")
    told: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, comment="field to value; what was not told is not there"
    )
    note: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[dt.datetime] = mapped_column(Instant)
    answered_by: Mapped[str] = mapped_column(String(200))
    via_id: Mapped[int | None] = mapped_column(ForeignKey("request_answer.id"))
    reused_id: Mapped[int | None] = mapped_column(ForeignKey("request_answer.id"))

    row: Mapped[RequestRow] = relationship(back_populates="answers")
    via: Mapped[RequestAnswer | None] = relationship(foreign_keys=[via_id], remote_side="RequestAnswer.id")


class RequestAcceptance(Base):
    """That the supplier takes an answer over into its own disclosure, or a refusal or silence as proof (no answer)."""

    __tablename__ = "request_acceptance"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_facts"),
        UniqueConstraint("row_id", "answer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("request_row.id"))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("request_answer.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    undone_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    row: Mapped[RequestRow] = relationship()
    answer: Mapped[RequestAnswer | None] = relationship()
    by: Mapped[User] = relationship(foreign_keys=[by_id])


class RequestReminder(Base):
    """That the asked party was reminded; append-only. `step_hours` before the due date, blank = the asker pressed."""

    __tablename__ = "request_reminder"
    __table_args__ = (UniqueConstraint("request_id", "step_hours"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    step_hours: Mapped[int | None]
    at: Mapped[dt.datetime] = mapped_column(Instant)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"))

    mail: Mapped[Mail] = relationship()


class RequestLink(Base):
    """A link of one purpose to one request; only the hash of its token is stored."""

    __tablename__ = "request_link"
    __table_args__ = (CheckConstraint(one_of("purpose", REQUEST_LINK_PURPOSES), name="purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    request: Mapped[UpstreamRequest] = relationship()
