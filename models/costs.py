"""Joint costs of a round: what is proposed, how it is divided over the members, and what each of them answers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Money, Percent, Record, one_of
from models.people import Organisation, User
from models.records import Mail
from models.rounds import Round

COST_KINDS = ("dues", "auditor", "secretariat", "other")
COST_RULES = ("by_spend", "equal", "entered")
COST_ANSWERS = ("yes", "no")


class CostProposal(Record, Base):
    """One version of the joint costs of a round. A draft is the lead's own; once proposed it never changes.

    The newest version that was proposed stands, unless it was withdrawn; older ones are superseded by it.
    """

    __tablename__ = "cost_proposal"
    __table_args__ = (
        UniqueConstraint("round_id", "version_no"),
        CheckConstraint("(proposed_at IS NULL) = (proposed_by_id IS NULL)", name="proposed_facts"),
        CheckConstraint(
            "(withdrawn_at IS NULL AND withdrawn_by_id IS NULL AND withdraw_motive = '')"
            " OR (withdrawn_at IS NOT NULL AND withdrawn_by_id IS NOT NULL AND withdraw_motive <> ''"
            " AND proposed_at IS NOT NULL)",
            name="withdrawn_facts",
        ),
        Index(
            "uq_cost_proposal_draft",
            "round_id",
            unique=True,
            sqlite_where=text("proposed_at IS NULL"),
            postgresql_where=text("proposed_at IS NULL"),
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    version_no: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(2000), default="", comment="what the members should know")
    answer_by: Mapped[dt.date | None] = mapped_column(comment="the day by which members are asked to answer")
    edited_at: Mapped[dt.datetime] = mapped_column(Instant, comment="when the draft was saved last")
    proposed_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="blank = a draft")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    withdraw_motive: Mapped[str] = mapped_column(String(1000), default="")

    round: Mapped[Round] = relationship()
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    withdrawn_by: Mapped[User | None] = relationship(foreign_keys=[withdrawn_by_id])
    items: Mapped[list[CostItem]] = relationship(
        back_populates="proposal", cascade="all, delete-orphan", order_by="CostItem.position"
    )


class CostItem(Base):
    """One cost: what it is, how much, by which rule it is divided. An amount may be unknown only in a draft."""

    __tablename__ = "cost_item"
    __table_args__ = (
        CheckConstraint(one_of("kind", COST_KINDS), name="kind"),
        CheckConstraint(one_of("rule", COST_RULES), name="rule"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        UniqueConstraint("proposal_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("cost_proposal.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal | None] = mapped_column(Money(), comment="net, blank = not known yet")
    currency: Mapped[str] = mapped_column(String(3))
    rule: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(300), default="", comment="where the amount comes from")

    proposal: Mapped[CostProposal] = relationship(back_populates="items")
    shares: Mapped[list[CostShare]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="CostShare.member_id"
    )


class CostShare(Base):
    """What one member bears of one cost, in the currency of the cost, with what it was computed from.

    In a draft only entered shares are kept; the amount is computed when it is proposed.
    """

    __tablename__ = "cost_share"
    __table_args__ = (
        UniqueConstraint("item_id", "member_id"),
        CheckConstraint("percent IS NULL OR (percent >= 0 AND percent <= 10000)", name="percent"),
        CheckConstraint("amount IS NULL OR amount >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("cost_item.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    percent: Mapped[Decimal | None] = mapped_column(Percent(), comment="as entered, where the rule is that")
    spend: Mapped[Decimal | None] = mapped_column(
        Money(), comment="yearly spend in scope as it was, in the currency of the round; where the rule is that"
    )
    amount: Mapped[Decimal | None] = mapped_column(Money(), comment="blank = a draft")

    item: Mapped[CostItem] = relationship(back_populates="shares")
    member: Mapped[Organisation] = relationship()


class CostAnswer(Base):
    """What a member says to one version; append-only, the newest counts."""

    __tablename__ = "cost_answer"
    __table_args__ = (
        CheckConstraint(one_of("answer", COST_ANSWERS), name="answer"),
        CheckConstraint("answer = 'yes' OR reason <> ''", name="reason"),
        Index("ix_cost_answer_member", "proposal_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("cost_proposal.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    answer: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)

    by: Mapped[User] = relationship()
    member: Mapped[Organisation] = relationship()


class CostNotice(Base):
    """That somebody of a member was asked for an answer, or reminded of it; append-only."""

    __tablename__ = "cost_notice"
    __table_args__ = (Index("ix_cost_notice_member", "proposal_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("cost_proposal.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)

    mail: Mapped[Mail] = relationship()
