"""Conflicts of interest as every page meets them: who has yet to give a statement, and which tenders are kept from whom.

A conflict binds the person, whatever role it acts in. A page that reads asks the database through a session from which
the tenders of the conflict are left out (`keep_out`); an act asks `require_free` of the tender it concerns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, event, exists, inspect, literal, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from framework.ground.actors import Actor
from framework.ground.errors import NotAllowed, NotFound
from framework.ground.text import N_, key_of
from models.base import Base
from models.briefs import BriefRelease
from models.chain import Mention
from models.contradictions import Contradiction, ContradictionRow
from models.disclosure import Comparison, Disclosed, Submission, SubmissionRow
from models.judging import Conflict, ConflictStatement
from models.matching import MatchQuestion
from models.people import Appointment
from models.ranking import Ranking, RankingLine
from models.records import AuditEvent
from models.rounds import Round

KEPT_OUT = "tenders kept out"
_WITH_BRANDS = ("0_submission", "1_products")
_OF_THE_RANKING = (
    "round.close_judging",
    "round.reopen_judging",
    "ranking.counted",
    "award_decision.drafted",
    "award_decision.gone_on",
    "award_decision.mandate_recorded",
    "award_decision.members_asked",
    "round.withdraw_award",
)
_BY_RECEIPT = ("not_applicable.accepted", "not_applicable.undone", "award_decision.reasons_written")
"""Acts about one tender of which older events name the round and hold the receipt number."""


def must_state(session: Session, actor: Actor, round_: Round, roles: Collection[str]) -> bool:
    """Whether the person judges, chairs, opens or leads here and has not yet said where a conflict is.

    `roles` are the actor's in the round. An appointment binds the person also while it acts for somebody else.
    """
    if actor.user_id is None or not (actor.roles - {"supplier", "brand"} or roles):
        return False
    stated = select(ConflictStatement.id).where(
        ConflictStatement.round_id == round_.id, ConflictStatement.user_id == actor.user_id
    )
    named = select(Appointment.id).where(
        Appointment.round_id == round_.id, Appointment.user_id == actor.user_id, Appointment.withdrawn_at.is_(None)
    )
    row = session.execute(select(exists(stated), exists(named))).one()
    return not row[0] and ("lead" in roles or bool(row[1]))


def barred(session: Session, user_id: int | None) -> frozenset[int]:
    """The numbers of the tenders that a conflict keeps from this person, of all rounds.

    A conflict with a brand keeps every tender that offers it from the person.
    """
    if user_id is None:
        return frozenset()
    stands = (Conflict.user_id == user_id, Conflict.lifted_at.is_(None))
    query = select(Conflict.round_id, Conflict.supplier_id, Conflict.brand_key).where(*stands)
    ties = session.execute(query.execution_options(all_tenders=True)).all()
    if not ties:
        return frozenset()
    suppliers = {(row.round_id, row.supplier_id) for row in ties if row.supplier_id is not None}
    keys = {(row.round_id, row.brand_key) for row in ties if row.supplier_id is None}
    sent = select(Disclosed.id, Disclosed.round_id, Disclosed.supplier_id).where(
        Disclosed.round_id.in_({row.round_id for row in ties})
    )
    tenders = session.execute(sent.execution_options(all_tenders=True)).all()
    found = {row.id for row in tenders if (row.round_id, row.supplier_id) in suppliers}
    if keys:
        of_round = {row.id: row.round_id for row in tenders}
        for number, brands in brands_of(session, of_round).items():
            if any((of_round[number], key) in keys for key in brands):
                found.add(number)
    return frozenset(found)


def brands_of(session: Session, submissions: Iterable[int]) -> dict[int, dict[str, str]]:
    """The brands that the sheets of these submissions name, by submission: key to the brand as it is written first."""
    brand = SubmissionRow.read_values["brand"].as_string()
    query = (
        select(SubmissionRow.submission_id, brand)
        .where(
            SubmissionRow.submission_id.in_(sorted(submissions)),
            SubmissionRow.sheet.in_(_WITH_BRANDS),
            SubmissionRow.listed_reason == "",
        )
        .distinct()
        .order_by(SubmissionRow.submission_id, brand)
    )
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for number, written in session.execute(query.execution_options(all_tenders=True)):
        if written and written.strip():
            found[number].setdefault(key_of(written), written.strip())
    return found


def require_free(session: Session, actor: Actor, submission: Disclosed) -> None:
    """Raise NotFound where a conflict keeps this tender from the actor, as if it were not there."""
    if not actor.is_system and submission.id in barred(session, actor.user_id):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def require_stated(session: Session, actor: Actor, round_: Round, roles: Collection[str]) -> None:
    """Raise NotAllowed where a statement is still to be given."""
    if must_state(session, actor, round_, roles):
        raise NotAllowed("statement-missing", N_("First say whether you have a conflict of interest."), rule="SD3")


def keep_out(session: Session, submissions: frozenset[int]) -> None:
    """From now on leave out of all that this session loads whatever belongs to these tenders; none to show all again.

    Meant for a session that only reads: an act that moved rows of which it sees a part would do half of it.
    """
    session.info[KEPT_OUT] = submissions


def is_kept_out(session: Session, record: object, submissions: frozenset[int]) -> bool:
    """Whether a record belongs to one of these tenders, or is a contradiction or a question about sites that one of them is part of."""
    if isinstance(record, Disclosed):
        return record.id in submissions
    if isinstance(record, Contradiction):
        rows = select(ContradictionRow.submission_id).where(ContradictionRow.contradiction_id == record.id)
        return bool(submissions & set(session.scalars(rows)))
    if isinstance(record, MatchQuestion):
        of = select(Mention.submission_id).where(Mention.id == record.mention_id)
        return session.scalar(of) in submissions
    return getattr(record, "submission_id", None) in submissions


def events_kept_out(session: Session) -> ColumnElement[bool] | None:
    """Which events this session leaves out, for a reader of the whole chain, who gets their hashes alone; None: none."""
    kept_out = session.info.get(KEPT_OUT)
    return _about(sorted(kept_out)) if kept_out else None


@event.listens_for(Session, "do_orm_execute")
def _leave_out(state: ORMExecuteState) -> None:
    kept_out = state.session.info.get(KEPT_OUT)
    if not kept_out or not state.is_select or state.is_column_load or state.execution_options.get("all_tenders"):
        return
    state.statement = state.statement.options(*_options(kept_out))


@cache
def _of_a_tender() -> tuple[Any, ...]:
    """The tables whose rows belong to one tender."""
    return tuple(mapper.class_ for mapper in Base.registry.mappers if "submission_id" in mapper.columns)


@cache
def _stages() -> tuple[type[Disclosed], ...]:
    """What is disclosed in each stage; of a criterion on what they have in common an alias of one would not know."""
    return tuple(mapper.class_ for mapper in inspect(Disclosed).self_and_descendants if mapper.class_ is not Disclosed)


@lru_cache(maxsize=256)
def _options(submissions: frozenset[int]) -> tuple[ORMOption, ...]:
    numbers = sorted(submissions)
    found: list[ORMOption] = [
        with_loader_criteria(one, one.submission_id.is_(None) | one.submission_id.not_in(numbers))
        for one in _of_a_tender()
    ]
    return (
        *found,
        *(with_loader_criteria(one, one.id.not_in(numbers)) for one in _stages()),
        with_loader_criteria(Comparison, Comparison.before_id.not_in(numbers) & Comparison.after_id.not_in(numbers)),
        with_loader_criteria(Contradiction, Contradiction.id.not_in(_spoiled(numbers))),
        with_loader_criteria(MatchQuestion, MatchQuestion.mention_id.not_in(_said(numbers))),
        with_loader_criteria(AuditEvent, ~_about(numbers)),
    )


def _spoiled(numbers: list[int]) -> Select[tuple[int]]:
    """The contradictions of which one of these tenders is part."""
    rows = ContradictionRow.__table__.c
    return select(rows.contradiction_id).where(rows.submission_id.in_(numbers))


def _said(numbers: list[int]) -> Select[tuple[int]]:
    """The mentions of sites in these tenders."""
    mentions = Mention.__table__.c
    return select(mentions.id).where(mentions.submission_id.in_(numbers))


def _about(numbers: list[int]) -> ColumnElement[bool]:
    """Whether an event is about one of these tenders, about a record that it belongs to, or about a ranking or a brief that it
    stands behind.
    """
    submission = Submission.__table__.c
    found: ColumnElement[bool] = AuditEvent.subject_id.in_(
        select(submission.public_id).where(submission.id.in_(numbers))
    )
    for one in _of_a_tender():
        columns = one.__table__.c
        if "public_id" in columns:
            found |= AuditEvent.subject_id.in_(select(columns.public_id).where(columns.submission_id.in_(numbers)))
    contradiction, question = Contradiction.__table__.c, MatchQuestion.__table__.c
    quoted = literal('"receipt": "') + submission.receipt_number + '"'
    named = select(submission.id).where(submission.id.in_(numbers), cast(AuditEvent.data, Text).contains(quoted))
    return (
        found
        | AuditEvent.subject_id.in_(select(contradiction.public_id).where(contradiction.id.in_(_spoiled(numbers))))
        | AuditEvent.subject_id.in_(select(question.public_id).where(question.mention_id.in_(_said(numbers))))
        | AuditEvent.subject_id.in_(_told_to_brands(numbers))
        | (AuditEvent.kind.in_(_BY_RECEIPT) & named.correlate(AuditEvent).exists())
        | (AuditEvent.kind.in_(_OF_THE_RANKING) & AuditEvent.round_id.in_(_ranked(numbers)))
    )


def _told_to_brands(numbers: list[int]) -> Select[tuple[str]]:
    """The briefs for brands that one of these tenders is behind; one that names no offers counts as made of all of its round."""
    release, submission = BriefRelease.__table__.c, Submission.__table__.c
    basis, quoted = cast(release.basis, Text), literal('"') + submission.public_id + '"'
    is_behind = basis.contains(quoted) | ~basis.contains('"offers"')
    behind = select(submission.id).where(submission.id.in_(numbers), submission.round_id == release.round_id, is_behind)
    return select(release.public_id).where(
        release.audience == "brand", behind.correlate(BriefRelease.__table__).exists()
    )


def _ranked(numbers: list[int]) -> Select[tuple[int]]:
    """The rounds in whose ranking one of these tenders stands."""
    ranking, line = Ranking.__table__.c, RankingLine.__table__.c
    return (
        select(ranking.round_id)
        .join(RankingLine.__table__, line.ranking_id == ranking.id)
        .where(line.submission_id.in_(numbers))
    )
