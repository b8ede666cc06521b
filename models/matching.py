"""What ties mentions to sites: how a site was described, its rare words and ids, decisions, remembered verdicts, questions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Instant, Record, one_of
from models.chain import Mention, Site
from models.rounds import Round

DECISIONS = (
    "new",
    "id",
    "remembered",
    "exact",
    "safe_rule",
    "person_same",
    "person_different",
    "merge",
    "split",
    "move",
    "alias",
    "alias_ended",
    "undo",
)
ALIAS_KINDS = ("also_known_as", "former_name", "other_script")
VERDICTS = ("same", "renamed", "different", "neighbour")
QUESTION_SOURCES = ("rows", "batch")
QUESTION_STATES = ("open", "later", "answered", "void")
TIES = frozenset({"same", "renamed"})


class SiteForm(Base):
    """One way in which a site was described, ready for comparing; each distinct statement of a site stands once."""

    __tablename__ = "site_form"
    __table_args__ = (UniqueConstraint("site_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    key: Mapped[str] = mapped_column(String(64), index=True, comment="of country, name, address and numbers")
    form: Mapped[dict[str, Any]] = mapped_column(JSON)


class SiteToken(Base):
    """That a site stands under one of its rarest words within a country."""

    __tablename__ = "site_token"
    __table_args__ = (Index("ix_site_token_site_id", "site_id"), {"sqlite_with_rowid": False})

    token: Mapped[str] = mapped_column(String(60), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)


class TokenCount(Base):
    """In how many descriptions of sites a word stands; a little drift does no harm."""

    __tablename__ = "token_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    token: Mapped[str] = mapped_column(String(60), primary_key=True)
    n: Mapped[int]


class SiteName(Base):
    """Another name of a site that a person typed. It stays with the site that it was typed for, also once that is merged."""

    __tablename__ = "site_name"
    __table_args__ = (CheckConstraint(one_of("kind", ALIAS_KINDS), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    decision_id: Mapped[int] = mapped_column(ForeignKey("match_decision.id"), index=True)
    ended_id: Mapped[int | None] = mapped_column(
        ForeignKey("match_decision.id"), index=True, comment="what removed it; blank = in use"
    )


class SiteId(Base):
    """A registry id by which a site is known."""

    __tablename__ = "site_id"
    __table_args__ = (UniqueConstraint("scheme", "value", "site_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    scheme: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(60))
    mention_id: Mapped[int | None] = mapped_column(ForeignKey("mention.id"), comment="that said so")


class MatchDecision(Base):
    """Why mentions belong to a site or not; append-only. `moves` are [mention, from site, to site], blank for none.

    An act of a person that moves many mentions is one decision; `undoes` names the one it takes back. `replaced` are
    [lesser key, other key, verdict, decision] of the memory before it.
    """

    __tablename__ = "match_decision"
    __table_args__ = (
        CheckConstraint(one_of("kind", DECISIONS), name="kind"),
        Index("ix_match_decision_site", "site_id"),
        Index("ix_match_decision_other", "other_site_id"),
        Index("ix_match_decision_mention", "mention_id"),
        Index("ix_match_decision_round", "round_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    mention_id: Mapped[int | None] = mapped_column(ForeignKey("mention.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    other_site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), comment="merged, split off, or told apart")
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list, comment="codes with parameters")
    score: Mapped[int | None] = mapped_column(comment="tenths, 0 to 1000")
    moves: Mapped[list[Any]] = mapped_column(JSON, default=list)
    replaced: Mapped[list[Any]] = mapped_column(
        JSON, default=list, server_default="[]", comment="remembered verdicts that it took the place of"
    )
    ruleset: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="blank = the program")
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), comment="whose pages it was decided on")
    motive: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[dt.datetime] = mapped_column(Instant)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("match_decision.id"), index=True)


class PairMemory(Base):
    """A person's verdict on two descriptions: never asked again, in any round, unless the pair is reopened."""

    __tablename__ = "pair_memory"
    __table_args__ = (
        CheckConstraint(one_of("verdict", VERDICTS), name="verdict"),
        Index("ix_pair_memory_keys", "key_a", "key_b", unique=True),
        Index("ix_pair_memory_key_b", "key_b"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_a: Mapped[str] = mapped_column(String(64), comment="the lesser of the two")
    key_b: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(20))
    decision_id: Mapped[int] = mapped_column(ForeignKey("match_decision.id"))


class MatchQuestion(Record, Base):
    """Is this description one of these sites? Asked once for all mentions that say the same."""

    __tablename__ = "match_question"
    __table_args__ = (
        CheckConstraint(one_of("state", QUESTION_STATES), name="state"),
        CheckConstraint(one_of("source", QUESTION_SOURCES), name="source"),
        UniqueConstraint("round_id", "key"),
        Index("ix_match_question_round", "round_id", "state", "rank"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    key: Mapped[str] = mapped_column(String(64), index=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    source: Mapped[str] = mapped_column(
        String(10), default="rows", server_default="rows", comment="rows of a file, or the whole base at once"
    )
    rank: Mapped[int] = mapped_column(comment="less is asked first")
    score: Mapped[int] = mapped_column(comment="tenths, 0 to 1000, of the likeliest candidate")
    quantity: Mapped[int | None] = mapped_column(comment="pooled pieces behind it; blank = not known")
    candidates: Mapped[list[Any]] = mapped_column(JSON, comment="numbers of the sites in question, likeliest first")
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("match_decision.id"))

    round: Mapped[Round] = relationship()
    mention: Mapped[Mention] = relationship()
    decision: Mapped[MatchDecision | None] = relationship()


class SiteAlias(Base):
    """A public id of a site that became part of another; it leads to the survivor for ever."""

    __tablename__ = "site_alias"

    public_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    since: Mapped[dt.datetime] = mapped_column(Instant)

    site: Mapped[Site] = relationship()
