"""Demand of many members in one workbook of the lead: the workbook as it was read, and what it proposes to each member."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of, random_id
from models.people import Organisation
from models.records import Job, StoredFile
from models.rounds import Lot, Round

PROPOSED_STATUSES = ("ready", "doubtful", "unknown", "broken", "out")
ANSWERS = ("", "taken", "aside")


class DemandSheet(Record, Base):
    """One workbook with the demand of many members, as the lead sent it and chose to have it read.

    Nothing of it is a declaration: what it holds for a member lies ready there once the lead has proposed it.
    """

    __tablename__ = "demand_sheet"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), unique=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, comment="columns, answers about names, words of the language")
    found: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="columns, counts, sums, or why not read")
    read_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    proposed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    round: Mapped[Round] = relationship()
    file: Mapped[StoredFile] = relationship()
    job: Mapped[Job | None] = relationship()


class ProposedDemand(Base):
    """What a workbook says of one member and lot, every row of it once; seen by the member only where it was proposed."""

    __tablename__ = "proposed_demand"
    __table_args__ = (
        UniqueConstraint("sheet_id", "position"),
        CheckConstraint(one_of("status", PROPOSED_STATUSES), name="status"),
        CheckConstraint(one_of("answer", ANSWERS), name="answer"),
        CheckConstraint("status <> 'ready' OR (member_id IS NOT NULL AND lot_id IS NOT NULL)", name="ready"),
        CheckConstraint("answer = '' OR answered_at IS NOT NULL", name="answered"),
        Index("ix_proposed_demand_member_id_lot_id", "member_id", "lot_id"),
        Index("ix_proposed_demand_sheet_id_status", "sheet_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), default=random_id, unique=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("demand_sheet.id"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(20), comment="how the answer about this name is told")
    said_name: Mapped[str] = mapped_column(String(200))
    said_no: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    status: Mapped[str] = mapped_column(String(10))
    rows: Mapped[int] = mapped_column(comment="rows of the workbook, totals left out")
    first_row: Mapped[int]
    lines: Mapped[list[list[Any]]] = mapped_column(JSON, comment="fields of a line in the order of every sheet, row")
    issues: Mapped[list[list[Any]]] = mapped_column(JSON, comment="code, row, column, value, parameters")
    likes: Mapped[list[int]] = mapped_column(JSON, comment="members it may be")
    told_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answer: Mapped[str] = mapped_column(String(10), default="")
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    sheet: Mapped[DemandSheet] = relationship()
    member: Mapped[Organisation | None] = relationship()
    lot: Mapped[Lot | None] = relationship()
