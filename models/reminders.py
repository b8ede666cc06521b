"""That a body was reminded of a deadline of a round."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, one_of

KINDS = ("sign_on", "demand")


class BodyReminder(Base):
    """One mail that reminded a person of a body; append-only. `step_hours` before the deadline, blank = the lead asked for it."""

    __tablename__ = "body_reminder"
    __table_args__ = (
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint("step_hours IS NULL OR (step_hours > 0 AND deadline IS NOT NULL)", name="step"),
        Index("ix_body_reminder_round", "round_id", "kind", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    deadline: Mapped[dt.datetime | None] = mapped_column(Instant, comment="the deadline as it stood then")
    step_hours: Mapped[int | None] = mapped_column(comment="hours before the deadline; blank = the lead pressed")
    at: Mapped[dt.datetime] = mapped_column(Instant)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"), unique=True)
