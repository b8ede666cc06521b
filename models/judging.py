"""Judging: statements of conflict, what is judged, by whom and by when, what each evaluator found, and what all found together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Fixed, Instant, Record, one_of
from models.disclosure import Submission
from models.people import Organisation, User
from models.records import Mail
from models.rounds import Criterion, Lot, Round

LEVELS = ("E0", "E1", "E2", "E3", "E4")
SECTIONS = ("fa", "co", "sm", "mi")
"""Final assembly, a component, the smelters of a mineral, its mines and other origins."""
OUTCOMES = ("admitted", "excluded")
GROUNDS = ("selection", "mandatory", "discretionary", "tender", "other")
ASSESSMENT_STATES = ("assigned", "draft", "final", "recused", "voided")
VERDICT_STATES = ("open", "agreed", "in_moderation", "moderated", "stale", "superseded")
CONFIDENCE = ("low", "medium", "high")
COUNTS = "state NOT IN ('recused', 'voided')"
"""SQL of what counts: an assessment that was taken out makes room for another."""


class ConflictStatement(Record, Base):
    """That somebody looked at the whole list of bidders and brands of an opened round and said where a tie is, if any.

    With it goes the undertaking to keep what is read to oneself. `shown` is the list as it stood: a bidder or brand that
    came to it later is not covered, and the statement is to be given anew. The newest of a person counts.
    """

    __tablename__ = "conflict_statement"
    __table_args__ = (Index("ix_conflict_statement_person", "round_id", "user_id", "id"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), comment="for which the person acted")
    given_at: Mapped[dt.datetime] = mapped_column(Instant)
    shown: Mapped[list[Any]] = mapped_column(JSON, comment="pairs of submission and brand, as compared")
    undertaking: Mapped[str] = mapped_column(String(20), comment="which text of the undertaking was signed")

    round: Mapped[Round] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()


class Conflict(Record, Base):
    """A tie of one person to a bidder, or to a brand whoever offers it; it binds from the moment it is written.

    `stated_by_id` is the person itself, or whoever showed the tie. It ends only where another person lifts it, as a
    mistake, with a motive.
    """

    __tablename__ = "conflict"
    __table_args__ = (
        CheckConstraint("(supplier_id IS NULL) <> (brand_key = '')", name="one_target"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint(
            "(lifted_at IS NULL AND lifted_by_id IS NULL AND lift_motive = '')"
            " OR (lifted_at IS NOT NULL AND lifted_by_id IS NOT NULL AND lift_motive <> '')",
            name="lifted_facts",
        ),
        CheckConstraint("lifted_by_id IS NULL OR lifted_by_id <> user_id", name="lifted_by_another"),
        Index(
            "uq_conflict_bidder",
            "round_id",
            "user_id",
            "supplier_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL AND supplier_id IS NOT NULL"),
            postgresql_where=text("lifted_at IS NULL AND supplier_id IS NOT NULL"),
        ),
        Index(
            "uq_conflict_brand",
            "round_id",
            "user_id",
            "brand_key",
            unique=True,
            sqlite_where=text("lifted_at IS NULL AND supplier_id IS NULL"),
            postgresql_where=text("lifted_at IS NULL AND supplier_id IS NULL"),
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), comment="blank = a brand is meant")
    brand: Mapped[str] = mapped_column(String(120), default="", comment="as it was read")
    brand_key: Mapped[str] = mapped_column(String(120), default="", comment="the brand without case and blanks")
    reason: Mapped[str] = mapped_column(Text)
    stated_at: Mapped[dt.datetime] = mapped_column(Instant)
    stated_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    is_late: Mapped[bool] = mapped_column(default=False, comment="stated once items were assigned")
    lifted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    lift_motive: Mapped[str] = mapped_column(Text, default="")

    round: Mapped[Round] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    supplier: Mapped[Organisation | None] = relationship(foreign_keys=[supplier_id])


class EvaluatorProfile(Record, Base):
    """What an evaluator can take on in a round: how many items at most, and the languages read.

    A blank capacity is an equal part of the work.
    """

    __tablename__ = "evaluator_profile"
    __table_args__ = (
        UniqueConstraint("round_id", "user_id"),
        CheckConstraint("capacity IS NULL OR capacity BETWEEN 0 AND 100000", name="capacity"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    capacity: Mapped[int | None] = mapped_column(comment="items; blank = an equal part")
    languages: Mapped[list[str]] = mapped_column(JSON, default=list, comment="codes; empty = that of the account")
    due_on: Mapped[dt.date | None] = mapped_column(comment="day by which the evaluator is asked to be done")
    due_set_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="when the day was set last")

    round: Mapped[Round] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class JudgingReminder(Base):
    """That an evaluator with something left to judge was reminded; append-only.

    `step_hours` before the end of the day to be done by, blank = lead or chair pressed. A day that moves begins anew.
    """

    __tablename__ = "judging_reminder"
    __table_args__ = (
        UniqueConstraint("round_id", "user_id", "due_on", "step_hours"),
        CheckConstraint("step_hours IS NULL OR (step_hours > 0 AND due_on IS NOT NULL)", name="step"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    due_on: Mapped[dt.date | None] = mapped_column(comment="the day to be done by; blank = none was set")
    step_hours: Mapped[int | None] = mapped_column(comment="hours before the end of that day; blank = pressed")
    at: Mapped[dt.datetime] = mapped_column(Instant)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"))

    mail: Mapped[Mail] = relationship()


class Selection(Record, Base):
    """What was decided of one bidder when only the bidder was looked at: admitted, or excluded on a ground.

    An exclusion names ground and evidence and how the bidder was heard (self-cleaning), and takes two persons.
    """

    __tablename__ = "selection"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        CheckConstraint(f"ground = '' OR {one_of('ground', GROUNDS)}", name="ground"),
        CheckConstraint(
            "(outcome = 'admitted' AND ground = '')"
            " OR (outcome = 'excluded' AND ground <> '' AND motive <> '' AND evidence <> '' AND heard_on IS NOT NULL)",
            name="outcome_facts",
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    outcome: Mapped[str] = mapped_column(String(10))
    ground: Mapped[str] = mapped_column(String(20), default="")
    motive: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    heard_on: Mapped[dt.date | None] = mapped_column(comment="the day on which the bidder was heard")
    heard_words: Mapped[str] = mapped_column(Text, default="", comment="what it said, and what was made of it")
    decided_at: Mapped[dt.datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    round: Mapped[Round] = relationship()
    submission: Mapped[Submission] = relationship()
    decided_by: Mapped[User] = relationship(foreign_keys=[decided_by_id])


class Item(Record, Base):
    """What is judged at once: one section of one brand in one lot of a submission, or a submission on one criterion.

    A section is final assembly, one component type, or the smelters or origins of one mineral; its verdict is that of the
    required node of the same level and kind of every product of the brand in the lot. `scale_max` is 0 where a level is
    given, else the highest point of the criterion.
    """

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("id", "submission_id", "scale_max"),
        CheckConstraint(f"section = '' OR {one_of('section', SECTIONS)}", name="section"),
        CheckConstraint(
            "(section <> '' AND criterion_id IS NULL AND scale_max = 0 AND brand_key <> '' AND kind <> '')"
            " OR (section = '' AND criterion_id IS NOT NULL AND scale_max > 0 AND brand_key = '' AND kind = '')",
            name="claim_or_criterion",
        ),
        Index(
            "uq_item_claim",
            "submission_id",
            "lot_id",
            "brand_key",
            "section",
            "kind",
            unique=True,
            sqlite_where=text("section <> ''"),
            postgresql_where=text("section <> ''"),
        ),
        Index(
            "uq_item_criterion",
            "submission_id",
            "lot_id",
            "criterion_id",
            unique=True,
            sqlite_where=text("section = ''"),
            postgresql_where=text("section = ''"),
        ),
        Index("ix_item_round", "round_id", "submission_id", "position"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    position: Mapped[int] = mapped_column(comment="order within the submission")
    brand: Mapped[str] = mapped_column(String(120), default="", comment="as the sheet writes it")
    brand_key: Mapped[str] = mapped_column(String(120), default="", comment="the brand without case and blanks")
    section: Mapped[str] = mapped_column(String(2), default="", comment="fa, co, sm or mi; blank = a criterion")
    kind: Mapped[str] = mapped_column(String(60), default="", comment="component type or mineral")
    criterion_id: Mapped[int | None] = mapped_column(ForeignKey("criterion.id"))
    scale_max: Mapped[int] = mapped_column(default=0, comment="highest point; 0 = levels E0 to E4")
    products: Mapped[int] = mapped_column(default=0, comment="models that it speaks of")
    languages: Mapped[list[str]] = mapped_column(JSON, default=list, comment="languages of the texts; empty = any")

    round: Mapped[Round] = relationship()
    submission: Mapped[Submission] = relationship()
    lot: Mapped[Lot] = relationship()
    criterion: Mapped[Criterion | None] = relationship()
    assessments: Mapped[list[Assessment]] = relationship(
        primaryjoin="Item.id == foreign(Assessment.item_id)", order_by="Assessment.id", viewonly=True
    )
    verdict: Mapped[Verdict | None] = relationship(primaryjoin="Item.id == foreign(Verdict.item_id)", viewonly=True)


def _of_item() -> ForeignKeyConstraint:
    """A key that makes submission and scale those of the item, so that the checks below see the scale."""
    return ForeignKeyConstraint(
        ["item_id", "submission_id", "scale_max"], ["item.id", "item.submission_id", "item.scale_max"]
    )


IN_SCALE = (
    f"(level = '' OR ({one_of('level', LEVELS)} AND scale_max = 0))"
    " AND (points IS NULL OR (scale_max > 0 AND points >= 0 AND points <= scale_max * 100))"
)
"""SQL: a level only where levels are given, points only within the scale of the item. Points are stored in hundredths."""


class Assessment(Record, Base):
    """One evaluator's judgement of one item, blind until final.

    `sources` are the cells it stands on: pairs of row and column. `seconds` is the time spent on it, as the page counted.
    `others_seen_at` is when the values of the others were first shown: from then on it is not reopened.
    """

    __tablename__ = "assessment"
    __table_args__ = (
        _of_item(),
        CheckConstraint(one_of("state", ASSESSMENT_STATES), name="state"),
        CheckConstraint(IN_SCALE, name="in_scale"),
        CheckConstraint(f"confidence = '' OR {one_of('confidence', CONFIDENCE)}", name="confidence"),
        CheckConstraint(
            "state <> 'final' OR (finished_at IS NOT NULL AND motive <> '' AND (level <> '' OR points IS NOT NULL))",
            name="final_facts",
        ),
        CheckConstraint(
            "state NOT IN ('recused', 'voided') OR (ended_at IS NOT NULL AND end_motive <> '')", name="ended_facts"
        ),
        CheckConstraint("others_seen_at IS NULL OR finished_at IS NOT NULL", name="blind"),
        CheckConstraint("seconds >= 0", name="seconds"),
        Index(
            "uq_assessment_evaluator",
            "item_id",
            "user_id",
            unique=True,
            sqlite_where=text(COUNTS),
            postgresql_where=text(COUNTS),
        ),
        Index(
            "uq_assessment_member",
            "item_id",
            "member_id",
            unique=True,
            sqlite_where=text(COUNTS),
            postgresql_where=text(COUNTS),
        ),
        Index("ix_assessment_pile", "user_id", "round_id", "state"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    item_id: Mapped[int] = mapped_column(index=True)
    submission_id: Mapped[int] = mapped_column(index=True)
    scale_max: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), comment="one member, one voice")
    state: Mapped[str] = mapped_column(String(10))
    assigned_at: Mapped[dt.datetime] = mapped_column(Instant)
    started_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    saved_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="when recused or voided")
    end_motive: Mapped[str] = mapped_column(Text, default="", comment="why recused or voided")
    others_seen_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    level: Mapped[str] = mapped_column(String(2), default="")
    points: Mapped[Decimal | None] = mapped_column(Fixed(2))
    confidence: Mapped[str] = mapped_column(String(10), default="")
    motive: Mapped[str] = mapped_column(Text, default="")
    sources: Mapped[list[Any]] = mapped_column(JSON, default=list, comment="pairs of row and column")
    seconds: Mapped[int] = mapped_column(default=0, comment="time spent on it")

    round: Mapped[Round] = relationship()
    item: Mapped[Item] = relationship(back_populates="assessments", overlaps="assessments")
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    member: Mapped[Organisation] = relationship(foreign_keys=[member_id])
    earlier: Mapped[list[AssessmentVersion]] = relationship(
        back_populates="assessment", order_by="AssessmentVersion.number"
    )


class AssessmentVersion(Base):
    """The values of an assessment as they were before it was reopened, recused or voided; for good."""

    __tablename__ = "assessment_version"
    __table_args__ = (
        UniqueConstraint("assessment_id", "number"),
        CheckConstraint(one_of("state", ASSESSMENT_STATES), name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="who caused it; blank = the system")
    act: Mapped[str] = mapped_column(String(20), comment="reopen, recuse or void")
    state: Mapped[str] = mapped_column(String(10), comment="in which it was")
    level: Mapped[str] = mapped_column(String(2), default="")
    points: Mapped[Decimal | None] = mapped_column(Fixed(2))
    confidence: Mapped[str] = mapped_column(String(10), default="")
    motive: Mapped[str] = mapped_column(Text, default="")
    sources: Mapped[list[Any]] = mapped_column(JSON, default=list)
    seconds: Mapped[int] = mapped_column(default=0)

    assessment: Mapped[Assessment] = relationship(back_populates="earlier")


class Verdict(Record, Base):
    """What the members found together of one item: by rule, or in discussion with motive and dissent.

    `lowest` to `highest` is the range of the individual levels, `points_lowest` and `points_highest` that of points;
    `counted` how many of them there are. `matched`, `evidence_count` and `best_evidence` are facts beside the state.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        _of_item(),
        UniqueConstraint("item_id"),
        CheckConstraint(one_of("state", VERDICT_STATES), name="state"),
        CheckConstraint(IN_SCALE, name="in_scale"),
        CheckConstraint(f"lowest = '' OR {one_of('lowest', LEVELS)}", name="lowest"),
        CheckConstraint(f"highest = '' OR {one_of('highest', LEVELS)}", name="highest"),
        CheckConstraint("lowest <= highest", name="range"),
        CheckConstraint(
            "state NOT IN ('agreed', 'moderated') OR (settled_at IS NOT NULL AND counted > 0"
            " AND (level <> '' OR points IS NOT NULL)"
            " AND (level = '' OR (level >= lowest AND level <= highest))"
            " AND (points IS NULL OR (points >= points_lowest AND points <= points_highest)))",
            name="settled_facts",
        ),
        CheckConstraint(
            "state <> 'moderated' OR (motive <> '' AND moderated_by_id IS NOT NULL)", name="moderated_facts"
        ),
        CheckConstraint("counted >= 0", name="counted"),
        CheckConstraint(f"best_evidence = '' OR {one_of('best_evidence', LEVELS)}", name="best_evidence"),
        Index("ix_verdict_round", "round_id", "state"),
        Index("ix_verdict_evidence", "evidence_print"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    item_id: Mapped[int]
    submission_id: Mapped[int] = mapped_column(index=True)
    scale_max: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(2), default="")
    points: Mapped[Decimal | None] = mapped_column(Fixed(2))
    lowest: Mapped[str] = mapped_column(String(2), default="")
    highest: Mapped[str] = mapped_column(String(2), default="")
    points_lowest: Mapped[Decimal | None] = mapped_column(Fixed(2))
    points_highest: Mapped[Decimal | None] = mapped_column(Fixed(2))
    counted: Mapped[int] = mapped_column(default=0, comment="final assessments it stands on")
    motive: Mapped[str] = mapped_column(Text, default="", comment="of the moderated value")
    called_motive: Mapped[str] = mapped_column(Text, default="", comment="why moderation was called; blank = by rule")
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    moderated_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    matched: Mapped[bool] = mapped_column(default=False, comment="identity of its sites confirmed by a person")
    evidence_count: Mapped[int] = mapped_column(default=0)
    best_evidence: Mapped[str] = mapped_column(String(2), default="", comment="highest level the evidence allows")
    valid_until: Mapped[dt.date | None]
    evidence_print: Mapped[str] = mapped_column(
        String(64),
        default="",
        server_default="",
        comment="fingerprint of its evidence when values were made final; blank = none yet, or points",
    )

    round: Mapped[Round] = relationship()
    item: Mapped[Item] = relationship(back_populates="verdict", overlaps="verdict")
    moderated_by: Mapped[User | None] = relationship(foreign_keys=[moderated_by_id])
    dissents: Mapped[list[Dissent]] = relationship(back_populates="verdict", order_by="Dissent.id")
    earlier: Mapped[list[VerdictVersion]] = relationship(back_populates="verdict", order_by="VerdictVersion.number")


class Dissent(Base):
    """That a member does not share a moderated value; kept with its name. `number` tells moderations apart."""

    __tablename__ = "dissent"
    __table_args__ = (UniqueConstraint("verdict_id", "member_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdict.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int] = mapped_column(default=1)
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[dt.datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), comment="who noted it")

    verdict: Mapped[Verdict] = relationship(back_populates="dissents")
    member: Mapped[Organisation] = relationship()


class VerdictVersion(Base):
    """A value that a verdict had before it was opened or moderated again; for good."""

    __tablename__ = "verdict_version"
    __table_args__ = (
        UniqueConstraint("verdict_id", "number"),
        CheckConstraint(one_of("state", VERDICT_STATES), name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdict.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="who caused it; blank = the system")
    act: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), comment="in which it was")
    level: Mapped[str] = mapped_column(String(2), default="")
    points: Mapped[Decimal | None] = mapped_column(Fixed(2))
    counted: Mapped[int] = mapped_column(default=0)
    motive: Mapped[str] = mapped_column(Text, default="")

    verdict: Mapped[Verdict] = relationship(back_populates="earlier")


class Remark(Record, Base):
    """What somebody said of an item in the discussion, once the own assessment was final. Its author may strike it through."""

    __tablename__ = "remark"
    __table_args__ = (
        CheckConstraint("words <> ''", name="words"),
        Index("ix_remark_item", "item_id", "id"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    struck_at: Mapped[dt.datetime | None] = mapped_column(Instant, comment="when its author struck it through")

    round: Mapped[Round] = relationship()
    item: Mapped[Item] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    member: Mapped[Organisation] = relationship()


class Meeting(Record, Base):
    """A discussion of the evaluators; `item_id` is the one that the chair has before it now."""

    __tablename__ = "meeting"
    __table_args__ = (CheckConstraint("ended_at IS NULL OR ended_at >= starts_at", name="order"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    starts_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    place: Mapped[str] = mapped_column(String(300), default="", comment="room or address of the call")
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))

    round: Mapped[Round] = relationship()
    item: Mapped[Item | None] = relationship()
