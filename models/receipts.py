"""What was signed: the keys of the installation, the lines of receipts, the daily heads of the record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, one_of
from models.disclosure import Disclosed
from models.sealing import ForKey, open_text, plain_text

_STATEMENT = "receipt_line.statement"
LINES = ("arrival", "counted", "withdrawn", "discarded")


class PublicKey(Base):
    """The public half of a key that signed something; it stays for ever, so that old signatures can be checked."""

    __tablename__ = "public_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the key")
    public: Mapped[str] = mapped_column(String(64), comment="Ed25519, in hexadecimal")
    first_used_at: Mapped[dt.datetime] = mapped_column(Instant)


class ReceiptLine(Base):
    """One signed line of the receipt of a version: its arrival, later that it was counted or taken back."""

    __tablename__ = "receipt_line"
    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        CheckConstraint(one_of("what", LINES), name="what"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int] = mapped_column(comment="1 is the arrival")
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    _statement: Mapped[str] = mapped_column("statement", Text, comment="canonical JSON, the text that is signed")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of that text, for the line after it")
    signature: Mapped[str] = mapped_column(String(128), comment="Ed25519, in hexadecimal")
    key_id: Mapped[int] = mapped_column(ForeignKey("public_key.id"))

    key: Mapped[PublicKey] = relationship()
    submission: Mapped[Disclosed] = relationship()

    @property
    def statement(self) -> str:
        """The text that is signed. Raises KeyMissing and SealBroken."""
        return open_text(_STATEMENT, self._statement)

    @statement.setter
    def statement(self, value: str) -> None:
        self._statement = value.key.text(_STATEMENT, str(value)) if isinstance(value, ForKey) else plain_text(value)


class LogHead(Base):
    """The signed root over the first `size` entries of the record; one a day."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    size: Mapped[int] = mapped_column(unique=True)
    root: Mapped[str] = mapped_column(String(64))
    statement: Mapped[str] = mapped_column(Text, comment="canonical JSON, the text that is signed")
    signature: Mapped[str] = mapped_column(String(128), comment="Ed25519, in hexadecimal")
    key_id: Mapped[int] = mapped_column(ForeignKey("public_key.id"))
    continues: Mapped[list[Any]] = mapped_column(
        JSON, comment="proof of consistency with the head before; none = first"
    )
    filed_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="when it was written to the folder of heads")

    key: Mapped[PublicKey] = relationship()
