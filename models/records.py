"""Records that every phase writes: audit events, stored files, jobs, mail, counters, one-time keys."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, Record, one_of
from models.sealing import ForKey, open_text, plain_text
from models.veiled import names

JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")
MAIL_STATES = ("waiting", "sent", "failed", "dropped")
OUTCOMES = ("done", "denied")
LANES = ("quick", "large")
SCANS = ("", "clean", "infected")


class AuditEvent(Base):
    """One fact: who did what to which record, and when; append-only, chained by hash."""

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        Index("ix_audit_event_subject", "subject_type", "subject_id"),
        Index("ix_audit_event_round", "round_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(comment="number of the user; blank for the system")
    organisation_id: Mapped[int | None]
    session_ref: Mapped[str] = mapped_column(String(16), default="")
    request_ref: Mapped[str] = mapped_column(String(20), default="")
    kind: Mapped[str] = mapped_column(String(80), index=True)
    subject_type: Mapped[str] = mapped_column(String(30), default="")
    subject_id: Mapped[str] = mapped_column(String(20), default="")
    round_id: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(String(10))
    from_state: Mapped[str] = mapped_column(String(30), default="")
    to_state: Mapped[str] = mapped_column(String(30), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Counter(Base):
    """A number that only grows, taken under a row lock, so that its order is the order of commits."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class StoredFile(Record, Base):
    """A file as somebody sent it; its bytes lie in the content-addressed store under `sha256`."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint(one_of("scan", SCANS), name="scan"),
        CheckConstraint("(scan = 'infected') = (found <> '')", name="found_facts"),
        Index("ix_stored_file_scan", "scan", "id"),
    )

    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    _name: Mapped[str] = mapped_column("name", Text, comment="the name as sent")
    key_id: Mapped[str] = mapped_column(
        String(20), default="", server_default="", comment="of the key of encrypted bytes; blank = they lie as sent"
    )
    wrapped_key: Mapped[str] = mapped_column(
        String(200), default="", server_default="", comment="the content key, wrapped by the key of the round"
    )
    released_key: Mapped[str] = mapped_column(
        String(64), default="", server_default="", comment="the content key since the opening, in base64"
    )
    _content_sha256: Mapped[str] = mapped_column(
        "content_sha256", Text, default="", server_default="", comment="of encrypted bytes: SHA-256 of the file as sent"
    )
    same_hash: Mapped[str] = mapped_column(
        String(64), default="", server_default="", comment="keyed hash by which its sender's same file is known again"
    )
    purpose: Mapped[str] = mapped_column(String(30))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    scan: Mapped[str] = mapped_column(
        String(10),
        default="",
        server_default="",
        comment="clean or infected, as the virus scanner said; blank = not scanned",
    )
    found: Mapped[str] = mapped_column(
        String(100), default="", server_default="", comment="what the virus scanner found in it"
    )

    @property
    def name(self) -> str:
        """The name as sent, as the reader of what runs now may read it. Raises KeyMissing and SealBroken."""
        found, reads = open_text(_NAME_FIELD, self._name), names()
        return found if reads is None else reads.over(found)

    @name.setter
    def name(self, value: str) -> None:
        self._name = value.key.text(_NAME_FIELD, str(value)) if isinstance(value, ForKey) else plain_text(value)

    @property
    def content_sha256(self) -> str:
        """SHA-256 of the file as sent. Raises KeyMissing and SealBroken."""
        return open_text(_HASH_FIELD, self._content_sha256) if self._content_sha256 else self.sha256

    @content_sha256.setter
    def content_sha256(self, value: str) -> None:
        self._content_sha256 = value.key.text(_HASH_FIELD, str(value)) if isinstance(value, ForKey) else value

    @property
    def sealed_sha256(self) -> str:
        """The same as it lies, for what is opened later."""
        return self._content_sha256 or self.sha256

    @property
    def is_sealed(self) -> bool:
        """Whether nobody but its sender may read it."""
        return bool(self.key_id) and not self.released_key


_NAME_FIELD, _HASH_FIELD = "stored_file.name", "stored_file.content_sha256"


class Job(Record, Base):
    """Work that outlives a request, written in the transaction it stands for; the queue carries only its id."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("state", JOB_STATES), name="state"),
        Index("ix_job_state_queued_at", "state", "queued_at"),
        Index("ix_job_organisation_started", "organisation_id", "started_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    lane: Mapped[str] = mapped_column(
        String(10), default="quick", server_default="quick", comment="quick, or large: one at a time per organisation"
    )
    step: Mapped[str] = mapped_column(
        String(20),
        default="",
        server_default="",
        comment="what done and total are counted of: reading, checking, storing",
    )
    done: Mapped[int] = mapped_column(default=0, comment="rows or steps done")
    total: Mapped[int | None] = mapped_column(comment="blank = not known yet")
    attempts: Mapped[int] = mapped_column(default=0)
    faults: Mapped[int] = mapped_column(default=0, comment="attempts that speak against the job itself")
    queued_at: Mapped[dt.datetime] = mapped_column(Instant)
    not_before: Mapped[dt.datetime | None] = mapped_column(Instant)
    started_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    heartbeat_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(String(500), default="")


class Mail(Record, Base):
    """A mail to be sent; leaves after the commit, tried again until it is sent or failed for good."""

    __tablename__ = "mail"
    __table_args__ = (CheckConstraint(one_of("state", MAIL_STATES), name="state"),)

    recipient: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5), default="en")
    template: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    secret: Mapped[str] = mapped_column(String(500), default="", comment="link with a token; wiped once sent")
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[dt.datetime] = mapped_column(Instant)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(String(300), default="")


class OneTimeKey(Base):
    """The outcome of a form or call that was sent once; a replay gets the same answer."""

    __tablename__ = "one_time_key"
    __table_args__ = (UniqueConstraint("key", "actor", "route"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(40))
    route: Mapped[str] = mapped_column(String(80))
    body_hash: Mapped[str] = mapped_column(String(64), default="")
    location: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[dt.datetime] = mapped_column(Instant, index=True)
