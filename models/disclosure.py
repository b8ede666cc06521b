"""Submissions: versions of what a supplier discloses in a round, the rows as read, the issues, the opening."""

from __future__ import annotations

import datetime as dt
from copy import copy
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    select,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.people import Organisation, User
from models.records import Job, StoredFile
from models.rounds import Round
from models.sealing import (
    KeyMissing,
    OfRow,
    SealBroken,
    SealedObject,
    SealedText,
    meant_for,
    open_object,
    ring,
    sealed_columns,
)

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
READING_STATES = ("staged", "checked", "refused")
"""How far the reading of a file is: being read, read, or refused."""
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


FACTS: dict[str, Any] = {
    "format": "",
    "refusal_key": "",
    "sheets": [],
    "mapping": {},
    "rows_in": None,
    "rows_stored": None,
    "rows_listed": None,
    "issue_count": None,
    "issue_counts": {},
    "seconds": None,
    "file_kind": "",
    "returned": {},
}
"""What is known of a version once it was read, with what stands there before; sealed together while the version is."""
_FACTS_FIELD = "submission.facts"


def _fact(name: str) -> Any:
    """One of `FACTS`: a column of its own where the version is not sealed, else part of its `sealed_facts`."""

    def read(self: Disclosed) -> Any:
        if not self.seal_id:
            return getattr(self, f"_{name}")
        return self.facts().get(name, copy(FACTS[name]))

    def write(self: Disclosed, value: Any) -> None:
        if not self.seal_id:
            setattr(self, f"_{name}", value)
            return
        facts = self.facts() | {name: value}
        self.sealed_facts = ring().key(self.seal_id).object(_FACTS_FIELD, facts)

    return property(read, write)


class Disclosed(Record, Base):
    """One version of what a supplier discloses in a round, in whichever stage: its file, its receipt, what was read of it.

    The tender's are `Submission`, those under an agreement `models.contract_disclosure.Update`; a query for either finds
    that one alone.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("round_id", "supplier_id", "version_no"),
        CheckConstraint(one_of("state", TENDER_STATES), name="state"),
        CheckConstraint("stage = 'tender' OR (stage = 'contract' AND seal_id = '')", name="stage"),
        CheckConstraint(f"stage = 'tender' OR {one_of('state', READING_STATES)}", name="stage_states"),
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

    stage: Mapped[str] = mapped_column(
        String(10), default="tender", server_default="tender", comment="tender, or contract: under an agreement"
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

    seal_id: Mapped[str] = mapped_column(
        String(20),
        default="",
        server_default="",
        comment="id of the key under which it lies sealed; blank = it does not",
    )
    sealed_facts: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="while sealed: the columns from format to returned, as one"
    )
    told: Mapped[str] = mapped_column(
        Text,
        default="",
        server_default="",
        comment="where openers hold shares: what its sender is told after its session, sealed by the key of the round",
    )
    preflight: Mapped[str] = mapped_column(
        String(10),
        default="",
        server_default="",
        comment="where openers hold shares: passed or failed, which decides where nobody reads it in time; blank = not known",
    )
    _format: Mapped[str] = mapped_column("format", String(40), default="")
    verdict: Mapped[str] = mapped_column(
        String(20), default="", comment="countable, blocked or refused; blank = not read"
    )
    _refusal_key: Mapped[str] = mapped_column("refusal_key", String(60), default="")
    _sheets: Mapped[list[Any]] = mapped_column(
        "sheets", JSON, default=list, comment="name, rows in, stored, listed of each sheet"
    )
    _mapping: Mapped[dict[str, Any]] = mapped_column("mapping", JSON, default=dict, comment="columns as understood")
    _rows_in: Mapped[int | None] = mapped_column("rows_in")
    _rows_stored: Mapped[int | None] = mapped_column("rows_stored")
    _rows_listed: Mapped[int | None] = mapped_column("rows_listed")
    _issue_count: Mapped[int | None] = mapped_column("issue_count")
    _issue_counts: Mapped[dict[str, int]] = mapped_column(
        "issue_counts", JSON, default=dict, comment="issues by severity, also those too many to be kept one by one"
    )
    _seconds: Mapped[int | None] = mapped_column("seconds", comment="milliseconds of reading and checking")
    checked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    is_mended: Mapped[bool] = mapped_column(default=False, comment="cells were mended since the last check")
    counted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    opened_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(500), default="", comment="why lapsed or excluded")
    _file_kind: Mapped[str] = mapped_column(
        "file_kind", String(10), default="", comment="xlsx, csv, ods … by content; blank = not read"
    )
    made_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id"), comment="of a returned marked copy: the version it was made from"
    )
    _returned: Mapped[dict[str, Any]] = mapped_column(
        "returned", JSON, default=dict, comment="of a returned marked copy: what changed since"
    )
    format, refusal_key, file_kind = _fact("format"), _fact("refusal_key"), _fact("file_kind")
    sheets, mapping, returned = _fact("sheets"), _fact("mapping"), _fact("returned")
    rows_in, rows_stored, rows_listed = _fact("rows_in"), _fact("rows_stored"), _fact("rows_listed")
    issue_count, issue_counts, seconds = _fact("issue_count"), _fact("issue_counts"), _fact("seconds")

    round: Mapped[Round] = relationship()
    supplier: Mapped[Organisation] = relationship(foreign_keys=[supplier_id])
    file: Mapped[StoredFile] = relationship(foreign_keys=[file_id])
    job: Mapped[Job | None] = relationship(foreign_keys=[job_id])
    made_from: Mapped[Disclosed | None] = relationship(remote_side="Disclosed.id", foreign_keys=[made_from_id])

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.supplier_id if self.supplier_id is not None else self.supplier.id

    def facts(self) -> dict[str, Any]:
        """What is known of a sealed version, opened. Raises KeyMissing and SealBroken.

        Where the key is away until the openers open, its owner gets what is told without it.
        """
        if not ring().holds(self.seal_id):
            told = ring().told(self)
            if told is None:
                raise KeyMissing(self.seal_id)
            return told
        if not self.sealed_facts:
            return {}
        found: dict[str, Any] = open_object(_FACTS_FIELD, self.sealed_facts)
        return found

    @property
    def is_rechecked(self) -> bool:
        """Whether it is being checked again because cells were mended; what was found before still stands."""
        return self.state == "checked" and self.is_mended

    @property
    def is_read_late(self) -> bool:
        """Whether it was opened unread, because its key was away from its sender's session to the opening."""
        return self.opened_at is not None and self.checked_at is None

    @property
    def is_being_read(self) -> bool:
        """Whether a result is still to come: the first, the one after mending, or the first after the opening."""
        return self.state == "staged" or self.is_rechecked or self.is_read_late

    @property
    def is_stopped(self) -> bool:
        """Whether it is still to be read and nobody does so, because its reading was stopped."""
        return self.is_being_read and self.job is not None and self.job.state == "cancelled"

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version, "polymorphic_on": "stage", "polymorphic_abstract": True}


class Submission(Disclosed):
    """One version of all that one supplier discloses in the tender stage; one at most counts."""

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"polymorphic_identity": "tender"}


class Correction(Record, Base):
    """One cell of a version mended by its supplier, on top of the untouched file; undone where `undone_at` is set."""

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_facts"),
        Index("ix_correction_submission", "submission_id", "batch"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    batch: Mapped[str] = mapped_column(String(20), comment="what one person mended in one act")
    sheet: Mapped[str] = mapped_column(SealedText("correction.sheet"), comment="as the file names it")
    row: Mapped[int]
    column: Mapped[str] = mapped_column(SealedText("correction.column"), comment="letters of the column")
    found: Mapped[str] = mapped_column(
        SealedText("correction.found"), comment="what the remark showed, cut to 200 characters"
    )
    corrected: Mapped[str] = mapped_column(SealedText("correction.corrected"))
    code: Mapped[str] = mapped_column(SealedText("correction.code"), comment="the remark it mends")
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
    name: Mapped[str] = mapped_column(
        SealedText("product_tie.name"), comment="as the list names the product, cut to 200 characters"
    )
    product_ref: Mapped[str] = mapped_column(
        SealedText("product_tie.product_ref"), default="", comment="blank = none of the models on offer"
    )
    lot: Mapped[str] = mapped_column(SealedText("product_tie.lot"), default="")
    brand: Mapped[str] = mapped_column(SealedText("product_tie.brand"), default="")
    model_name: Mapped[str] = mapped_column(SealedText("product_tie.model_name"), default="")
    category: Mapped[str] = mapped_column(SealedText("product_tie.category"), default="")
    spec_tier: Mapped[str] = mapped_column(SealedText("product_tie.spec_tier"), default="")
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
    __table_args__ = (Index("ix_submission_issue_submission", "submission_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(SealedText("submission_issue.code"))
    cause: Mapped[str] = mapped_column(SealedText("submission_issue.cause"), default="")
    severity: Mapped[str] = mapped_column(SealedText("submission_issue.severity"))
    sheet: Mapped[str] = mapped_column(SealedText("submission_issue.sheet"), default="")
    row: Mapped[int | None]
    column: Mapped[str] = mapped_column(SealedText("submission_issue.column"), default="")
    value: Mapped[str] = mapped_column(SealedText("submission_issue.value"), default="")
    params: Mapped[dict[str, Any]] = mapped_column(SealedObject("submission_issue.params"), default=dict)


ROW_SHEET, ROW_VALUES, ROW_FOUND, ROW_REASON = "row.sheet", "row.values", "row.found", "row.listed_reason"
"""What the columns of rows are called under their seals; rows that wait keep theirs when they take their place."""


class _RowOfAFile:
    """One row of the file with values: stored as read, or listed with the reason why it was left out."""

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    sheet: Mapped[str] = mapped_column(SealedText(ROW_SHEET))
    row: Mapped[int]
    read_values: Mapped[dict[str, Any]] = mapped_column(
        SealedObject(ROW_VALUES), comment="column name to the value as understood"
    )
    found: Mapped[dict[str, Any]] = mapped_column(
        SealedObject(ROW_FOUND), default=dict, comment="value as found, where it differs"
    )
    listed_reason: Mapped[str] = mapped_column(SealedText(ROW_REASON), default="", comment="issue key; blank = stored")


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
    counts: Mapped[list[Any]] = mapped_column(
        SealedObject("comparison.counts"), default=list, comment="sheet, kind and number of its differences"
    )
    compared_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    before: Mapped[Disclosed] = relationship(foreign_keys=[before_id])
    after: Mapped[Disclosed] = relationship(foreign_keys=[after_id])
    job: Mapped[Job | None] = relationship(foreign_keys=[job_id])


class ComparisonRow(Base):
    """One row that differs, by the numbers of the stored rows, which hold the values; blank where a version has none."""

    __tablename__ = "comparison_row"
    __table_args__ = (Index("ix_comparison_row_place", "comparison_id", "sheet", "kind", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"))
    position: Mapped[int]
    sheet: Mapped[str] = mapped_column(SealedText("comparison_row.sheet"))
    kind: Mapped[str] = mapped_column(SealedText("comparison_row.kind"))
    before_row: Mapped[int | None] = mapped_column(comment="number of the stored row")
    after_row: Mapped[int | None] = mapped_column(comment="number of the stored row")
    columns: Mapped[list[Any]] = mapped_column(
        SealedObject("comparison_row.columns"), default=list, comment="the columns that changed"
    )


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


class OpenerKey(Record, Base):
    """What one opener holds of a round whose key exists only in shares: a key pair under a passphrase, and from publication a share."""

    __tablename__ = "opener_key"
    __table_args__ = (
        CheckConstraint("(share_number IS NULL) = (sealed_share = '')", name="share"),
        UniqueConstraint("round_id", "user_id"),
        UniqueConstraint("round_id", "share_number"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    public_key: Mapped[str] = mapped_column(String(60))
    sealed_private_key: Mapped[str] = mapped_column(
        Text, comment="under the passphrase of its holder, with how that is stretched"
    )
    share_number: Mapped[int | None] = mapped_column(comment="blank = the round is not published yet")
    sealed_share: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="locked with the public key of its holder"
    )

    round: Mapped[Round] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])


def _seal_new(_mapper: Any, connection: Connection, target: Any) -> None:
    """A record of a sealed version is sealed on its way to the database, whoever writes it."""
    query = select(Disclosed.seal_id).where(Disclosed.id == target.submission_id)
    seal_id = connection.scalar(query)
    if not seal_id:
        return
    key = ring().key(seal_id)
    for name in sealed_columns(target.__table__.columns):
        value = getattr(target, name)
        if value is not None:
            setattr(target, name, meant_for(key, value))


def _is_of_its_row(target: _RowOfAFile, _context: Any) -> None:
    """Values that were sealed together with another row were put here by somebody."""
    for name in ("read_values", "found"):
        value = target.__dict__.get(name)
        if isinstance(value, OfRow) and value.row != target.row:
            raise SealBroken(name)


for _model in (Correction, ProductTie, SubmissionIssue):
    event.listen(_model, "before_insert", _seal_new)
event.listen(SubmissionRow, "load", _is_of_its_row)
