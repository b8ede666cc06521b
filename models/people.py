"""Organisations, users, the roles they hold, their sessions and one-use links."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.veiled import NameText

ORGANISATION_KINDS = ("lead", "buyer", "supplier", "monitor", "operator")
SUPPLIER_KINDS = ("reseller", "brand", "agent", "distributor")
BODY_TYPES = (
    "state",
    "region",
    "municipality",
    "university",
    "hospital",
    "central_purchasing_body",
    "body_governed_by_public_law",
    "other",
)
ROLES = ("lead", "member", "supplier", "brand", "monitor", "operator", "admin")
APPOINTMENTS = ("opener", "evaluator", "chair")
LINK_PURPOSES = ("invitation", "password_reset")


class Organisation(Record, Base):
    """A body that takes part: lead (consortium lead or central purchasing body), buyer, supplier, monitor or operator."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(one_of("kind", ORGANISATION_KINDS), name="kind"),
        CheckConstraint(one_of("supplier_kind", SUPPLIER_KINDS, null=True), name="supplier_kind"),
        CheckConstraint("(kind = 'supplier') = (supplier_kind IS NOT NULL)", name="supplier_kind_fits"),
    )

    name: Mapped[str] = mapped_column(NameText("name", 200))
    folded_name: Mapped[str] = mapped_column(NameText("folded_name", 200), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    supplier_kind: Mapped[str | None] = mapped_column(String(20))
    body_type: Mapped[str | None] = mapped_column(String(40))
    registration_no: Mapped[str] = mapped_column(NameText("registration_no", 40), default="")
    country: Mapped[str] = mapped_column(String(2))
    jurisdiction: Mapped[str | None] = mapped_column(String(20))
    mail_domain: Mapped[str] = mapped_column(NameText("mail_domain", 200), default="")
    is_invented: Mapped[bool] = mapped_column(default=False, comment="demo organisation, labelled as invented")


class User(Record, Base):
    """One person, one account; roles are held in organisations."""

    __tablename__ = "user"

    email: Mapped[str] = mapped_column(String(254))
    folded_email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5), default="en")
    zone: Mapped[str] = mapped_column(String(60), default="Europe/Brussels")
    disabled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    totp_secret: Mapped[str | None] = mapped_column(String(200), comment="encrypted with the installation's secret")
    totp_confirmed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    totp_last_step: Mapped[int | None] = mapped_column(comment="a code is taken once")

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="user", foreign_keys="RoleGrant.user_id", order_by="RoleGrant.id"
    )

    @property
    def is_active(self) -> bool:
        """Whether the account may be used (Flask-Login asks)."""
        return self.disabled_at is None


class RecoveryCode(Base):
    """A one-use code that stands in for the second factor."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class RoleGrant(Record, Base):
    """A role a user holds in an organisation, until it ends or is withdrawn."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(one_of("role", ROLES), name="role"),
        Index(
            "uq_role_grant_current",
            "user_id",
            "organisation_id",
            "role",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    ends_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()


class OneUseLink(Record, Base):
    """An invitation or a password reset: a mailed link that works once; only the token's hash is stored."""

    __tablename__ = "one_use_link"
    __table_args__ = (CheckConstraint(one_of("purpose", LINK_PURPOSES), name="purpose"),)

    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"))
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    used_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    organisation: Mapped[Organisation | None] = relationship()
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])


class UserSession(Base):
    """A server-side session; the cookie holds a random token, the table its hash."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    last_seen_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    second_factor_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    user_agent: Mapped[str] = mapped_column(String(200), default="")

    user: Mapped[User] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class ApiToken(Record, Base):
    """A secret with which a program calls the interface for one person in one organisation; only its hash is stored."""

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_facts"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ending: Mapped[str] = mapped_column(String(4), comment="its last characters, by which a person recognises it")
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    second_factor_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="given last before it was made")
    last_used_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()


class SignInAttempt(Base):
    """A failed sign-in or a reset asked, counted by every process for the rate limits."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_subject_at", "kind", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(254))
    at: Mapped[dt.datetime] = mapped_column(Instant)


class Appointment(Record, Base):
    """A person named for one round: opener (before publication), evaluator or chair."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(one_of("role", APPOINTMENTS), name="role"),
        UniqueConstraint("round_id", "user_id", "role"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str] = mapped_column(String(20))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()
