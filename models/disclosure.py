"""Submissions: versions of what a supplier discloses in a round, the rows as read, the issues, the opening."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.people import Organisation, User
from models.records import Job, StoredFile
from models.rounds import Round

TENDER_STATES = (
    "staged",
    "refused",
    "checked",
    "counted",
    "replaced",
    "withdrawn",
    "lapsed",
    "late",
    "opened",
    "clarification_asked",
    "in_review",
    "scored",
    "excluded",
)
SEVERITIES = ("block", "error", "warning", "note")
COMPARISON_OUTCOMES = ("compared", "too_many", "out_of_reach")


class SupplierInvitation(Record, Base):
    """A supplier that was asked to take part in a round, or that showed interest."""

    __tablename__ = "supplier_invitation"
    __table_args__ = (UniqueConstraint("round_id", "organisation_id"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)

    round: Mapped[Round] = relationship()
    organisation: Mapped[Organisation] = relationship()


class Submission(Record, Base):
    """One version of all that one supplier discloses in one round (tender stage); one at most counts."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("round_id", "supplier_id", "version_no"),
        CheckConstraint(one_of("state", TENDER_STATES), name="state"),
        CheckConstraint("state <> 'counted' OR counted_at IS NOT NULL", name="counted_facts"),
        CheckConstraint(
            "state NOT IN ('opened','clarification_asked','in_review','scored','excluded') OR opened_at IS NOT NULL",
            name="opened_facts",
        ),
        Index(
            "uq_submission_counted",
            "round_id",
            "supplier_id",
            unique=True,
            sqlite_where=text("state IN ('counted','opened','clarification_asked','in_review','scored')"),
            postgresql_where=text("state IN ('counted','opened','clarification_asked','in_review','scored')"),
        ),
        Index("ix_submission_round_state", "round_id", "state"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    version_no: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))

    receipt_seq: Mapped[int] = mapped_column(unique=True)
    receipt_number: Mapped[str] = mapped_column(String(20), unique=True)
    first_byte_at: Mapped[dt.datetime] = mapped_column(Instant)
    received_at: Mapped[dt.datetime] = mapped_column(Instant, comment="read once, under the lock")
    late_by_seconds: Mapped[int | None]

    format: Mapped[str] = mapped_column(String(40), default="")
    verdict: Mapped[str] = mapped_column(
        String(20), default="", comment="countable, blocked or refused; blank = not read"
    )
    refusal_key: Mapped[str] = mapped_column(String(60), default="")
    sheets: Mapped[list[Any]] = mapped_column(JSON, default=list, comment="name, rows in, stored, listed of each sheet")
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="columns as understood")
    rows_in: Mapped[int | None]
    rows_stored: Mapped[int | None]
    rows_listed: Mapped[int | None]
    issue_count: Mapped[int | None]
    issue_counts: Mapped[dict[str, int]] = mapped_column(
        JSON, default=dict, comment="issues by severity, also those too many to be kept one by one"
    )
    seconds: Mapped[int | None] = mapped_column(comment="milliseconds of reading and checking")
    checked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    is_mended: Mapped[bool] = mapped_column(default=False, comment="cells were mended since the last check")
    counted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    opened_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(500), default="", comment="why lapsed or excluded")
    file_kind: Mapped[str] = mapped_column(
        String(10), default="", comment="xlsx, csv, ods … by content; blank = not read"
    )
    made_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id"), comment="of a returned marked copy: the version it was made from"
    )
    returned: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, comment="of a returned marked copy: what changed since"
    )

    round: Mapped[Round] = relationship()
    supplier: Mapped[Organisation] = relationship(foreign_keys=[supplier_id])
    file: Mapped[StoredFile] = relationship(foreign_keys=[file_id])
    job: Mapped[Job | None] = relationship(foreign_keys=[job_id])
    made_from: Mapped[Submission | None] = relationship(remote_side="Submission.id", foreign_keys=[made_from_id])

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.supplier_id if self.supplier_id is not None else self.supplier.id

    @property
    def is_rechecked(self) -> bool:
        """Whether it is being checked again because cells were mended; what was found before still stands."""
        return self.state == "checked" and self.is_mended

    @property
    def is_being_read(self) -> bool:
        """Whether a result is still to come: the first, or the one after mending."""
        return self.state == "staged" or self.is_rechecked

    @property
    def is_stopped(self) -> bool:
        """Whether it is still to be read and nobody does so, because its reading was stopped."""
        return self.is_being_read and self.job is not None and self.job.state == "cancelled"


class Correction(Record, Base):
    """One cell of a version mended by its supplier, on top of the untouched file; undone where `undone_at` is set."""

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_facts"),
        Index("ix_correction_submission", "submission_id", "batch"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    batch: Mapped[str] = mapped_column(String(20), comment="what one person mended in one act")
    sheet: Mapped[str] = mapped_column(String(100), comment="as the file names it")
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(3), comment="letters of the column")
    found: Mapped[str] = mapped_column(String(200), comment="what the remark showed, cut to 200 characters")
    corrected: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(String(60), comment="the remark it mends")
    undone_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    submission: Mapped[Submission] = relationship()
    created_by: Mapped[User | None] = relationship(foreign_keys="Correction.created_by_id")
    undone_by: Mapped[User | None] = relationship(foreign_keys=[undone_by_id])


class ProductTie(Record, Base):
    """A product that a list names, tied by a person to a model on offer; undone where `undone_at` is set.

    What the model is stands here as it was said, so that the version speaks for itself. Of a model that is offered in
    several lots there is one tie for each; a blank `product_ref` says that it is none of the models.
    """

    __tablename__ = "product_tie"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_facts"),
        Index("ix_product_tie_submission", "submission_id", "batch"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    batch: Mapped[str] = mapped_column(String(20), comment="what one person said in one act")
    name: Mapped[str] = mapped_column(String(200), comment="as the list names the product, cut to 200 characters")
    product_ref: Mapped[str] = mapped_column(String(40), default="", comment="blank = none of the models on offer")
    lot: Mapped[str] = mapped_column(String(40), default="")
    brand: Mapped[str] = mapped_column(String(120), default="")
    model_name: Mapped[str] = mapped_column(String(200), default="")
    category: Mapped[str] = mapped_column(String(20), default="")
    spec_tier: Mapped[str] = mapped_column(String(40), default="")
    undone_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    submission: Mapped[Submission] = relationship()
    created_by: Mapped[User | None] = relationship(foreign_keys="ProductTie.created_by_id")


class SharedColumns(Record, Base):
    """How the columns of lists of one form are read, shared by a lead with all suppliers; taken from an opened submission."""

    __tablename__ = "shared_columns"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        Index("ix_shared_columns_signature", "signature"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), comment="the lead that shared it")
    signature: Mapped[str] = mapped_column(String(64), comment="hash of the headers by column")
    meanings: Mapped[dict[str, str]] = mapped_column(JSON, comment="column (0:C) to field, blank for not read")

    submission: Mapped[Submission] = relationship()
    organisation: Mapped[Organisation] = relationship()


class SubmissionIssue(Base):
    """One problem at one place of a version, as found at its check."""

    __tablename__ = "submission_issue"
    __table_args__ = (
        CheckConstraint(one_of("severity", SEVERITIES), name="severity"),
        Index("ix_submission_issue_submission", "submission_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(60))
    cause: Mapped[str] = mapped_column(String(80), default="")
    severity: Mapped[str] = mapped_column(String(10))
    sheet: Mapped[str] = mapped_column(String(100), default="")
    row: Mapped[int | None]
    column: Mapped[str] = mapped_column(String(100), default="")
    value: Mapped[str] = mapped_column(String(200), default="")
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class _RowOfAFile:
    """One row of the file with values: stored as read, or listed with the reason why it was left out."""

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    sheet: Mapped[str] = mapped_column(String(100))
    row: Mapped[int]
    read_values: Mapped[dict[str, Any]] = mapped_column(JSON, comment="column name to the value as understood")
    found: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="value as found, where it differs")
    listed_reason: Mapped[str] = mapped_column(String(80), default="", comment="issue key; blank = stored")


class SubmissionRow(_RowOfAFile, Base):
    """A row of a version as it stands."""

    __tablename__ = "submission_row"
    __table_args__ = (Index("ix_submission_row_place", "submission_id", "sheet", "row"),)


class WaitingRow(_RowOfAFile, Base):
    """A row of a version that is being checked again: it waits until all are there, and then takes the place of the old ones."""

    __tablename__ = "waiting_row"
    __table_args__ = (Index("ix_waiting_row_submission", "submission_id"),)


class Comparison(Record, Base):
    """What differs between two versions of one supplier, worked out by the worker, for one reading of each."""

    __tablename__ = "comparison"
    __table_args__ = (
        UniqueConstraint("before_id", "after_id"),
        CheckConstraint(one_of("outcome", ("", *COMPARISON_OUTCOMES)), name="outcome"),
        CheckConstraint("(outcome = '') = (compared_at IS NULL)", name="compared_facts"),
    )

    before_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    after_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    before_checked_at: Mapped[dt.datetime] = mapped_column(Instant, comment="which reading of it is compared")
    after_checked_at: Mapped[dt.datetime] = mapped_column(Instant, comment="which reading of it is compared")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    outcome: Mapped[str] = mapped_column(
        String(20), default="", comment="compared, too_many or out_of_reach; blank = not yet"
    )
    unchanged: Mapped[int] = mapped_column(default=0, comment="rows that say the same")
    counts: Mapped[list[Any]] = mapped_column(JSON, default=list, comment="sheet, kind and number of its differences")
    compared_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    before: Mapped[Submission] = relationship(foreign_keys=[before_id])
    after: Mapped[Submission] = relationship(foreign_keys=[after_id])
    job: Mapped[Job | None] = relationship(foreign_keys=[job_id])


class ComparisonRow(Base):
    """One row that differs, by the numbers of the stored rows, which hold the values; blank where a version has none."""

    __tablename__ = "comparison_row"
    __table_args__ = (Index("ix_comparison_row_place", "comparison_id", "sheet", "kind", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"))
    position: Mapped[int]
    sheet: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    before_row: Mapped[int | None] = mapped_column(comment="number of the stored row")
    after_row: Mapped[int | None] = mapped_column(comment="number of the stored row")
    columns: Mapped[list[Any]] = mapped_column(JSON, default=list, comment="the columns that changed")


class SmelterLoad(Record, Base):
    """A list of smelters as it was on one day; later loads of the same source leave it as it is."""

    __tablename__ = "smelter_load"
    __table_args__ = (UniqueConstraint("source", "day"),)

    source: Mapped[str] = mapped_column(String(120), comment="who published the list")
    day: Mapped[dt.date] = mapped_column(comment="the day the list speaks of")
    sha256: Mapped[str] = mapped_column(String(64), comment="of the file that was loaded")


class SmelterListing(Base):
    """One name of one smelter in one load."""

    __tablename__ = "smelter_listing"

    id: Mapped[int] = mapped_column(primary_key=True)
    load_id: Mapped[int] = mapped_column(ForeignKey("smelter_load.id"), index=True)
    mineral: Mapped[str] = mapped_column(String(30))
    alias: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(String(20), comment="CID and six digits")
    country: Mapped[str] = mapped_column(String(2), default="")
    older: Mapped[str] = mapped_column(String(20), default="", comment="its id before there were CID numbers")
    until: Mapped[str | None] = mapped_column(String(10), comment="ISO day, where the list itself says when it ended")


class Opening(Record, Base):
    """The act of opening the tenders of a round: who confirmed when, and the record of what was opened."""

    __tablename__ = "opening"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    window_ends_at: Mapped[dt.datetime] = mapped_column(Instant)
    opened_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    record: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    record_text: Mapped[str] = mapped_column(Text, default="")

    round: Mapped[Round] = relationship()
    confirmations: Mapped[list[OpeningConfirmation]] = relationship(
        back_populates="opening", order_by="OpeningConfirmation.at"
    )


class OpeningConfirmation(Base):
    """One opener's confirmation, on a session of their own."""

    __tablename__ = "opening_confirmation"
    __table_args__ = (UniqueConstraint("opening_id", "user_id"), UniqueConstraint("opening_id", "session_ref"))

    id: Mapped[int] = mapped_column(primary_key=True)
    opening_id: Mapped[int] = mapped_column(ForeignKey("opening.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    session_ref: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(Instant)

    opening: Mapped[Opening] = relationship(back_populates="confirmations")
    user: Mapped[User] = relationship()
