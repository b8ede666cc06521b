"""Lists of questions and answers: what everybody reads, what one supplier asked, what waits for the lead."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from framework.ground.text import NN_
from framework.rounds import questions, schedule
from framework.rounds.next_action import Reader, Step, candidate
from models.people import Organisation
from models.questions import AnswerVersion, PublicAnswer, Question
from models.rounds import Round

STATES = ("waiting", "drafted", "answered", "withdrawn")


def published(round_: Round, typed: str = "") -> Select[PublicAnswer]:
    """The answers that everybody may read, by number; with words typed those that hold them now."""
    query = select(PublicAnswer).where(PublicAnswer.round_id == round_.id, PublicAnswer.number.is_not(None))
    if typed.strip():
        newest = (
            select(func.max(AnswerVersion.version_no))
            .where(AnswerVersion.public_answer_id == PublicAnswer.id)
            .correlate(PublicAnswer)
            .scalar_subquery()
        )
        held = select(AnswerVersion.public_answer_id).where(
            AnswerVersion.public_answer_id == PublicAnswer.id,
            AnswerVersion.version_no == newest,
            or_(
                AnswerVersion.question.icontains(typed.strip(), autoescape=True),
                AnswerVersion.answer.icontains(typed.strip(), autoescape=True),
            ),
        )
        query = query.where(held.exists())
    return query.options(selectinload(PublicAnswer.versions)).order_by(PublicAnswer.number)


def own(session: Session, round_: Round, organisation_id: int | None) -> list[Question]:
    """What one supplier asked, the newest first."""
    query = (
        select(Question)
        .options(joinedload(Question.public_answer))
        .where(Question.round_id == round_.id, Question.supplier_id == organisation_id)
    )
    return list(session.scalars(query.order_by(Question.id.desc())))


def asked(round_: Round, *, state: str = "", typed: str = "") -> Select[Question]:
    """Every question of a round for its lead, the oldest first; of one state, with words or the name of an asker."""
    query = (
        select(Question)
        .join(Organisation, Organisation.id == Question.supplier_id)
        .outerjoin(PublicAnswer, PublicAnswer.id == Question.public_answer_id)
        .options(joinedload(Question.public_answer), joinedload(Question.supplier), joinedload(Question.user))
        .where(Question.round_id == round_.id)
    )
    if state in STATES:
        query = query.where(_is(state))
    if typed.strip():
        words = typed.strip()
        query = query.where(
            or_(Question.text.icontains(words, autoescape=True), Organisation.name.icontains(words, autoescape=True))
        )
    return query.order_by(Question.id)


def count_of(session: Session, query: Select[object]) -> int:
    """How many records a list holds."""
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def waiting(session: Session, round_: Round) -> int:
    """How many questions nobody has answered, drafts included."""
    query = (
        select(func.count())
        .select_from(Question)
        .outerjoin(PublicAnswer, PublicAnswer.id == Question.public_answer_id)
        .where(Question.round_id == round_.id, or_(_is("waiting"), _is("drafted")))
    )
    return session.scalar(query) or 0


def drafts(session: Session, round_: Round, *, aside: bool = False) -> list[PublicAnswer]:
    """The answers that were never published: those being written, or those put `aside`."""
    query = (
        select(PublicAnswer)
        .options(selectinload(PublicAnswer.questions), selectinload(PublicAnswer.versions))
        .where(PublicAnswer.round_id == round_.id, PublicAnswer.number.is_(None))
        .where(PublicAnswer.discarded_at.is_not(None) if aside else PublicAnswer.discarded_at.is_(None))
    )
    found = session.scalars(query.order_by(PublicAnswer.id)).all()
    return [one for one in found if one.questions]


def last_published(session: Session, round_: Round) -> dt.datetime | None:
    """When an answer was published last."""
    query = (
        select(func.max(AnswerVersion.published_at))
        .join(PublicAnswer, PublicAnswer.id == AnswerVersion.public_answer_id)
        .where(PublicAnswer.round_id == round_.id)
    )
    found: dt.datetime | None = session.scalar(query)
    return found


def _is(state: str):  # type: ignore[no-untyped-def]
    here = Question.withdrawn_at.is_(None)
    if state == "withdrawn":
        return Question.withdrawn_at.is_not(None)
    if state == "answered":
        return and_(here, PublicAnswer.number.is_not(None))
    if state == "drafted":
        return and_(
            here, PublicAnswer.id.is_not(None), PublicAnswer.number.is_(None), PublicAnswer.discarded_at.is_(None)
        )
    return and_(here, or_(PublicAnswer.id.is_(None), PublicAnswer.discarded_at.is_not(None)))


@candidate("published", "lead")
def _answer(session: Session, round_: Round, reader: Reader) -> Step | None:
    """Questions that wait, more urgent once the answers should be out."""
    if not schedule.is_tender_open(round_, now=reader.now):
        return None
    number = waiting(session, round_)
    if not number:
        return None
    until = questions.answer_by(round_)
    return Step(
        NN_(
            "%(count)s question waits for your answer to all, best by %(until)s.",
            "%(count)s questions wait for your answers to all, best by %(until)s.",
        ),
        {"count": number, "until": until},
        "rounds.asked",
        urgency=70,
        done_on=("rounds.answer_page", "rounds.answer_check"),
    )
