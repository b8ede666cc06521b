"""Contradictions found over a whole round, what the lead decided about them, and questions to suppliers with their answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.disclosure import Submission, SubmissionRow
from models.people import Organisation, User
from models.rounds import Round
from models.veiled import SaidObject, SaidText

CONTRADICTION_ACTS = ("accept", "dismiss", "ask", "undo")


class Contradiction(Record, Base):
    """Statements of opened submissions of one round that cannot all be true, or that somebody should look at.

    `key` is made from what it is about, never from numbers of rows, so that it stays the same over runs. One that no
    longer holds is settled by itself, never deleted.
    """

    __tablename__ = "contradiction"
    __table_args__ = (
        UniqueConstraint("round_id", "key"),
        Index("ix_contradiction_list", "round_id", "code", "settled_at"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    code: Mapped[str] = mapped_column(String(40), comment="row of data/contradictions.csv")
    key: Mapped[str] = mapped_column(String(64), comment="hash of what it is about")
    params: Mapped[dict[str, Any]] = mapped_column(SaidObject, comment="of its sentence")
    worth: Mapped[int | None] = mapped_column(comment="pooled expected pieces it touches, at most; blank = not known")
    words: Mapped[str] = mapped_column(Text, default="", comment="what it can be searched by, folded")
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="since when it no longer holds")

    round: Mapped[Round] = relationship()


class ContradictionRow(Base):
    """One statement of a contradiction: a row of an uploaded file, or that a file has none."""

    __tablename__ = "contradiction_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    contradiction_id: Mapped[int] = mapped_column(ForeignKey("contradiction.id"), index=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    row_id: Mapped[int | None] = mapped_column(ForeignKey("submission_row.id"), comment="blank = there is no such row")
    position: Mapped[int]
    says: Mapped[dict[str, Any]] = mapped_column(SaidObject, comment="what it says, by name")
    is_asked: Mapped[bool] = mapped_column(comment="whether a question about it goes to this supplier")

    submission: Mapped[Submission] = relationship()
    row: Mapped[SubmissionRow | None] = relationship()


class ContradictionDecision(Base):
    """What a person decided about a contradiction; append-only. `undoes` names the one it takes back."""

    __tablename__ = "contradiction_decision"
    __table_args__ = (
        CheckConstraint(one_of("act", CONTRADICTION_ACTS), name="act"),
        CheckConstraint("(act = 'undo') = (undoes_id IS NOT NULL)", name="undo_facts"),
        CheckConstraint("act <> 'dismiss' OR motive <> ''", name="dismiss_facts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contradiction_id: Mapped[int] = mapped_column(ForeignKey("contradiction.id"), index=True)
    act: Mapped[str] = mapped_column(String(10))
    motive: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("contradiction_decision.id"), unique=True)

    contradiction: Mapped[Contradiction] = relationship()
    actor: Mapped[User] = relationship()


class ContradictionRun(Base):
    """Of which state of a round's chain the contradictions were found last."""

    __tablename__ = "contradiction_run"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64), comment="hash of what the checks depend on")
    at: Mapped[dt.datetime] = mapped_column(Instant)


class Clarification(Record, Base):
    """A question to one supplier about rows of its own file, with a date; the answer never changes the offer."""

    __tablename__ = "clarification"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed_facts"),
        Index("ix_clarification_round", "round_id", "closed_at"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    code: Mapped[str] = mapped_column(String(40), comment="kind of contradiction that is asked about")
    batch: Mapped[str] = mapped_column(String(20), comment="what was asked in one act, of all in the same position")
    motive: Mapped[str] = mapped_column(
        Text, default="", comment="why a supplier with the same contradiction was left out"
    )
    answer_by: Mapped[dt.datetime] = mapped_column(Instant)
    closed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    round: Mapped[Round] = relationship()
    submission: Mapped[Submission] = relationship()
    supplier: Mapped[Organisation] = relationship()
    answers: Mapped[list[ClarificationAnswer]] = relationship(
        back_populates="clarification", order_by="ClarificationAnswer.id"
    )

    @property
    def owner_id(self) -> int:
        """The organisation that is asked."""
        return self.supplier_id


class ClarificationItem(Base):
    """One statement of the supplier that it is asked about, as it stood when asked; nothing of anybody else."""

    __tablename__ = "clarification_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarification.id"), index=True)
    contradiction_id: Mapped[int] = mapped_column(ForeignKey("contradiction.id"), index=True)
    row_id: Mapped[int | None] = mapped_column(ForeignKey("submission_row.id"), comment="of its own file")
    says: Mapped[dict[str, Any]] = mapped_column(SaidObject)

    row: Mapped[SubmissionRow | None] = relationship()


class ClarificationAnswer(Base):
    """What a supplier answered, when; append-only."""

    __tablename__ = "clarification_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    clarification_id: Mapped[int] = mapped_column(ForeignKey("clarification.id"), index=True)
    text: Mapped[str] = mapped_column(SaidText)
    row_id: Mapped[int | None] = mapped_column(ForeignKey("submission_row.id"), comment="of its own file; blank = all")
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)

    clarification: Mapped[Clarification] = relationship(back_populates="answers")
    row: Mapped[SubmissionRow | None] = relationship()
    user: Mapped[User] = relationship()
