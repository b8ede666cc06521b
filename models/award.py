"""The award: what was decided on which ranking, with reasons, the members' mandate, the letters and what challenged it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.disclosure import Submission
from models.people import Organisation, User
from models.ranking import Ranking
from models.records import StoredFile
from models.rounds import Criterion, Lot, Round

MANDATE_ANSWERS = ("yes", "no", "abstain")
LETTER_CHANNELS = ("electronic", "other")
CHALLENGE_OUTCOMES = ("dismissed", "withdrawn", "new_decision", "new_evaluation")


class AwardDecision(Record, Base):
    """One decision of a round, the newest of which counts; earlier ones stay. Draft until it is announced."""

    __tablename__ = "award_decision"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        CheckConstraint("announced_at IS NULL OR standstill_ends_at IS NOT NULL", name="announced"),
        CheckConstraint("withdrawn_at IS NULL OR announced_at IS NOT NULL", name="withdrawn"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    ranking_id: Mapped[int] = mapped_column(ForeignKey("ranking.id"), comment="the ranking it stands on")
    announced_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    standstill_ends_at: Mapped[dt.datetime | None] = mapped_column(
        Instant, comment="first instant after the standstill"
    )
    standstill_days: Mapped[int | None] = mapped_column(comment="as counted: of the letter that left last")
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="withdrawn or set aside")
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")
    mandate_motive: Mapped[str] = mapped_column(
        Text, default="", comment="why the lead goes on without every member's yes"
    )

    round: Mapped[Round] = relationship()
    ranking: Mapped[Ranking] = relationship()


class AwardLot(Base):
    """What a decision says of one lot. `motive` is needed without an award, without a ranking and between equal places."""

    __tablename__ = "award_lot"
    __table_args__ = (UniqueConstraint("decision_id", "lot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decision.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    is_awarded: Mapped[bool]
    motive: Mapped[str] = mapped_column(Text, default="")

    decision: Mapped[AwardDecision] = relationship()
    lot: Mapped[Lot] = relationship()


class Award(Base):
    """A tender that gets a lot by a decision; several where a lot goes to several contractors."""

    __tablename__ = "award"
    __table_args__ = (UniqueConstraint("decision_id", "lot_id", "submission_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decision.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)

    decision: Mapped[AwardDecision] = relationship()
    lot: Mapped[Lot] = relationship()
    submission: Mapped[Submission] = relationship()


class AwardReason(Record, Base):
    """Why a tender has its points on a criterion of a lot; where no criterion stands, why it gets the lot or does not."""

    __tablename__ = "award_reason"
    __table_args__ = (UniqueConstraint("decision_id", "lot_id", "submission_id", "criterion_id"),)

    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decision.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    criterion_id: Mapped[int | None] = mapped_column(ForeignKey("criterion.id"))
    text: Mapped[str] = mapped_column(Text)

    decision: Mapped[AwardDecision] = relationship()
    lot: Mapped[Lot] = relationship()
    submission: Mapped[Submission] = relationship()
    criterion: Mapped[Criterion | None] = relationship()


class MandateDecision(Record, Base):
    """What one member says of a decision, signed; one for each member and decision."""

    __tablename__ = "mandate_decision"
    __table_args__ = (
        UniqueConstraint("decision_id", "organisation_id"),
        CheckConstraint(one_of("answer", MANDATE_ANSWERS), name="answer"),
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decision.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    answer: Mapped[str] = mapped_column(String(10))
    signed_by_name: Mapped[str] = mapped_column(String(200))
    signed_by_title: Mapped[str] = mapped_column(String(200), default="")
    motive: Mapped[str] = mapped_column(Text, default="")

    decision: Mapped[AwardDecision] = relationship()
    organisation: Mapped[Organisation] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys="MandateDecision.created_by_id")


class AwardLetter(Record, Base):
    """The letter of a decision to one bidder, as it left; marked where the decision was withdrawn."""

    __tablename__ = "award_letter"
    __table_args__ = (
        UniqueConstraint("decision_id", "submission_id"),
        CheckConstraint(one_of("channel", LETTER_CHANNELS), name="channel"),
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decision.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    channel: Mapped[str] = mapped_column(String(12), default="electronic")
    language: Mapped[str] = mapped_column(String(5), default="en")
    text: Mapped[str] = mapped_column(Text, default="", comment="as it left; blank = not yet")
    sha256: Mapped[str] = mapped_column(String(64), default="", comment="of the text as UTF-8")
    left_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    decision: Mapped[AwardDecision] = relationship()
    submission: Mapped[Submission] = relationship()


class Challenge(Record, Base):
    """A challenge of a decision before a review body; only a suspensive one stops the signature."""

    __tablename__ = "challenge"
    __table_args__ = (
        CheckConstraint(one_of("outcome", CHALLENGE_OUTCOMES, null=True), name="outcome"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decision.id"), index=True)
    body: Mapped[str] = mapped_column(String(200), comment="the court or body that reviews it")
    lodged_on: Mapped[dt.date]
    is_suspensive: Mapped[bool]
    outcome: Mapped[str | None] = mapped_column(String(20), comment="blank while it runs")
    outcome_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    standstill_until: Mapped[dt.datetime | None] = mapped_column(Instant, comment="as the review body set it")
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    decision: Mapped[AwardDecision] = relationship()
    outcome_file: Mapped[StoredFile | None] = relationship()
