"""Questions of suppliers about a tender, and the answers that everybody gets, version by version."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record
from models.people import Organisation, User
from models.rounds import Round


class PublicAnswer(Record, Base):
    """An answer to one or more questions: the draft that the lead writes, and what was published of it.

    `number` is given at the first publication. The drafts are also where a correction is written.
    """

    __tablename__ = "public_answer"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        CheckConstraint("number IS NULL OR discarded_at IS NULL", name="published_stays"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int | None] = mapped_column(comment="in the round, from 1; blank while never published")
    question: Mapped[str] = mapped_column(Text, default="", comment="draft: the question in the words of the lead")
    answer: Mapped[str] = mapped_column(Text, default="", comment="draft: the answer")
    discarded_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    round: Mapped[Round] = relationship()
    versions: Mapped[list[AnswerVersion]] = relationship(
        back_populates="public_answer", order_by="AnswerVersion.version_no"
    )
    questions: Mapped[list[Question]] = relationship(back_populates="public_answer", order_by="Question.id")


class AnswerVersion(Base):
    """What everybody read from a moment on; never changed."""

    __tablename__ = "answer_version"
    __table_args__ = (
        UniqueConstraint("public_answer_id", "version_no"),
        CheckConstraint("version_no = 1 OR reason <> ''", name="corrected_for_a_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_answer_id: Mapped[int] = mapped_column(ForeignKey("public_answer.id"))
    version_no: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", comment="why it was corrected; blank for the first")
    published_at: Mapped[dt.datetime] = mapped_column(Instant)
    published_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    public_answer: Mapped[PublicAnswer] = relationship(back_populates="versions")


class Question(Record, Base):
    """A question as a supplier asked it. Who asked is for the lead alone; the wording for everybody is that of its answer."""

    __tablename__ = "question"
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(5), default="en", comment="in which the page was when it was asked")
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    public_answer_id: Mapped[int | None] = mapped_column(ForeignKey("public_answer.id"), index=True)

    round: Mapped[Round] = relationship()
    supplier: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    public_answer: Mapped[PublicAnswer | None] = relationship(back_populates="questions")

    @property
    def owner_id(self) -> int:
        """The organisation that asked."""
        return self.supplier_id
