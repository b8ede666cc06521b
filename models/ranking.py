"""The ranking of the tenders of a lot as it was counted when the judging was closed; each counting stays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Fixed, Instant, Percent, Record
from models.disclosure import Submission
from models.people import User
from models.rounds import Criterion, Lot, Round


class Ranking(Record, Base):
    """One counting of a round, the newest of which counts. `motive` is the chair's where points could not be given."""

    __tablename__ = "ranking"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    counted_at: Mapped[dt.datetime] = mapped_column(Instant)
    motive: Mapped[str] = mapped_column(Text, default="")

    round: Mapped[Round] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys="Ranking.created_by_id")


class RankingLine(Base):
    """One tender in one lot: the points known so far, the total where every criterion has its points, and the place.

    `reason` says why there is no place: the code of what is missing, for this tender or for another of the lot.
    """

    __tablename__ = "ranking_line"
    __table_args__ = (
        UniqueConstraint("ranking_id", "lot_id", "submission_id"),
        CheckConstraint("place IS NULL OR (place > 0 AND total IS NOT NULL)", name="place"),
        CheckConstraint("(place IS NULL) = (reason <> '')", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ranking_id: Mapped[int] = mapped_column(ForeignKey("ranking.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    known: Mapped[Decimal] = mapped_column(Fixed(2), comment="sum of the points that are known")
    total: Mapped[Decimal | None] = mapped_column(Fixed(2), comment="blank = some points are unknown")
    place: Mapped[int | None] = mapped_column(comment="1 = first; equal places share a number")
    is_tied: Mapped[bool] = mapped_column(default=False, comment="equal to another also after the rule for ties")
    reason: Mapped[str] = mapped_column(String(30), default="")

    ranking: Mapped[Ranking] = relationship()
    lot: Mapped[Lot] = relationship()
    submission: Mapped[Submission] = relationship()


class RankingPoints(Base):
    """The points of one tender on one award criterion, with what they stand on; blank where unknown, with the reason.

    `figure` is what the formula was given: a mark, or a part of 1. `unknown_part` is the part of the pooled volume for
    which it is not known, `left_out` models of which nothing is asked, `assumed` models whose share is assumed.
    """

    __tablename__ = "ranking_points"
    __table_args__ = (
        CheckConstraint("(points IS NULL) = (reason <> '')", name="reason"),
        CheckConstraint("points IS NULL OR points >= 0", name="points"),
        Index("uq_ranking_points", "ranking_id", "lot_id", "submission_id", "criterion_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ranking_id: Mapped[int] = mapped_column(ForeignKey("ranking.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"))
    weight: Mapped[Decimal] = mapped_column(Percent())
    points: Mapped[Decimal | None] = mapped_column(Fixed(2))
    figure: Mapped[Decimal | None] = mapped_column(Fixed(6))
    reason: Mapped[str] = mapped_column(String(30), default="")
    unknown_part: Mapped[Decimal | None] = mapped_column(Fixed(6))
    left_out: Mapped[int] = mapped_column(default=0)
    assumed: Mapped[int] = mapped_column(default=0)

    criterion: Mapped[Criterion] = relationship()
