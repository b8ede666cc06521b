"""Questions about a tender: suppliers ask, the lead answers to all at once and never says who asked (law L08, L19)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.permissions import Permission, require
from framework.ground.text import N_, storable
from framework.rounds import editing, question_names, schedule, telling
from framework.rounds.settings import value
from models.people import Organisation
from models.questions import AnswerVersion, PublicAnswer, Question
from models.rounds import Round

ASKED = audit.declare("question.asked")
WITHDRAWN = audit.declare("question.withdrawn")
DRAFTED = audit.declare("public_answer.drafted", "questions")
SAVED = audit.declare("public_answer.saved")
DISCARDED = audit.declare("public_answer.discarded")
RESTORED = audit.declare("public_answer.restored")
JOINED = audit.declare("public_answer.joined", "number", "questions")
ANSWERED = audit.declare("round.answer_question", "number", "version_no", "names_seen")
LONGEST_QUESTION, LONGEST_ANSWER, LONGEST_REASON = 4_000, 8_000, 1_000
MOST_OPEN = 100
"""So many questions of one supplier may wait at once: more are a mistake or mischief."""


def are_taken(round_: Round, *, now: dt.datetime) -> bool:
    """Whether suppliers may ask now: the tender is open, and the last moment for questions has not passed."""
    until = round_.questions_until
    return schedule.is_tender_open(round_, now=now) and (until is None or now <= until)


def ask(session: Session, round_: Round, text: str, *, actor: Actor, now: dt.datetime) -> Question:
    """Ask a question about the tender; who asks is told to the lead alone.

    Raises InvalidInput without text, MoveRefused once questions are over, with what to do instead.
    """
    require(session, actor, Permission.QUESTION_ASK, round_)
    if not are_taken(round_, now=now):
        raise MoveRefused(
            "questions-over",
            N_(
                "The time for questions is over. Look through the answers; if a mistake in the documents keeps you from tendering, write to the contact for questions on the public page."
            ),
        )
    said = _text(text, LONGEST_QUESTION, "text", N_("Write your question."))
    if _waiting_of(session, round_, actor.organisation_id) >= MOST_OPEN:
        raise MoveRefused(
            "too-many-questions",
            N_("%(most)s of your questions wait for an answer. Ask more once some are answered."),
            most=MOST_OPEN,
        )
    made = Question(
        round=round_,
        supplier_id=actor.organisation_id,
        user_id=actor.user_id,
        text=said,
        language=actor.language,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    audit.record(session, ASKED, actor=actor, now=now, subject=made)
    return made


def withdraw(session: Session, question: Question, *, actor: Actor, now: dt.datetime) -> None:
    """Take an own question back while it is not answered. Raises NotFound for another's, MoveRefused once answered."""
    if "supplier" not in roles_for(session, actor, question):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    session.refresh(question, with_for_update={"of": Question})
    if question.withdrawn_at is not None:
        return
    if is_answered(question):
        raise MoveRefused("already-answered", N_("The question is answered. It can no longer be taken back."))
    question.withdrawn_at, question.public_answer = now, None
    audit.record(session, WITHDRAWN, actor=actor, now=now, subject=question)


def is_answered(question: Question) -> bool:
    """Whether everybody can read an answer to it."""
    return question.public_answer is not None and question.public_answer.number is not None


def state_of(question: Question) -> str:
    """How far a question is: withdrawn, answered, drafted (an answer is being written) or waiting."""
    if question.withdrawn_at is not None:
        return "withdrawn"
    if is_answered(question):
        return "answered"
    drafted = question.public_answer is not None and question.public_answer.discarded_at is None
    return "drafted" if drafted else "waiting"


def draft(
    session: Session, round_: Round, chosen: Collection[Question], *, actor: Actor, now: dt.datetime
) -> PublicAnswer:
    """Begin one answer to the chosen questions; their words are where the lead's wording starts from."""
    _require_open(session, round_, actor, now)
    if not chosen:
        raise MoveRefused("nothing-chosen", N_("Choose at least one question."))
    _require_free(session, round_, chosen)
    made = PublicAnswer(
        round=round_,
        question="\n\n".join(question.text for question in chosen)[:LONGEST_QUESTION],
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    made.questions = list(chosen)
    session.flush()
    listed = [question.public_id for question in chosen]
    audit.record(session, DRAFTED, actor=actor, now=now, subject=made, questions=listed)
    return made


def join(
    session: Session, answer: PublicAnswer, chosen: Collection[Question], *, actor: Actor, now: dt.datetime
) -> None:
    """Let further questions belong to an answer: one being written, or one that everybody can read already."""
    round_ = answer.round
    _require_open(session, round_, actor, now)
    if not chosen:
        raise MoveRefused("nothing-chosen", N_("Choose at least one question."))
    _require_free(session, round_, chosen)
    _require_kept(answer)
    for question in chosen:
        question.public_answer = answer
    session.flush()
    listed = [question.public_id for question in chosen]
    audit.record(session, JOINED, actor=actor, now=now, subject=answer, number=answer.number, questions=listed)


def save(
    session: Session,
    answer: PublicAnswer,
    *,
    question: str,
    text: str,
    version: int,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Keep the lead's wording of question and answer as a draft; nobody else reads it. Raises Stale after another's change."""
    _require_open(session, answer.round, actor, now)
    _lock(session, answer, version)
    _require_kept(answer)
    worded = _text(question, LONGEST_QUESTION, "question", N_("Word the question as everybody will read it."))
    answered = storable(text.strip())
    if len(answered) > LONGEST_ANSWER:
        raise _too_long("answer", LONGEST_ANSWER)
    if (answer.question, answer.answer) != (worded, answered):
        answer.question, answer.answer = worded, answered
        audit.record(session, SAVED, actor=actor, now=now, subject=answer)


def discard(session: Session, answer: PublicAnswer, *, actor: Actor, now: dt.datetime) -> None:
    """Put a draft aside, its questions wait again; of a published answer only the changes that nobody read are undone."""
    _require_open(session, answer.round, actor, now)
    session.refresh(answer, with_for_update={"of": PublicAnswer})
    if answer.number is not None:
        last = answer.versions[-1]
        answer.question, answer.answer = last.question, last.answer
    elif answer.discarded_at is None:
        answer.discarded_at = now
    audit.record(session, DISCARDED, actor=actor, now=now, subject=answer)


def restore(session: Session, answer: PublicAnswer, *, actor: Actor, now: dt.datetime) -> None:
    """Take a draft up again that was put aside, with those of its questions that no other answer has."""
    _require_open(session, answer.round, actor, now)
    session.refresh(answer, with_for_update={"of": PublicAnswer})
    if answer.discarded_at is not None:
        if not answer.questions:
            raise MoveRefused("nothing-to-repeat", N_("All its questions belong to other answers now."))
        answer.discarded_at = None
        audit.record(session, RESTORED, actor=actor, now=now, subject=answer)


def publish(
    session: Session,
    answer: PublicAnswer,
    *,
    version: int,
    reason: str = "",
    names_seen: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> AnswerVersion:
    """Publish the draft to everybody at once, as the first version or as a corrected one with its reason (mail M5).

    Raises Stale after another's change, MoveRefused where a name of an asker stands in it and nobody said that it may,
    where it is not written, or where nothing was corrected.
    """
    _require_open(session, answer.round, actor, now)
    _lock(session, answer, version)
    _require_kept(answer)
    why = _require_publishable(answer, reason)
    found = names(session, answer, why)
    if found and not names_seen:
        raise MoveRefused(
            "names-in-text",
            N_("The text holds names of whoever asked (%(names)s). Take them out, or say that they may stand."),
            names=", ".join(found),
        )
    if answer.number is None:
        answer.number = _next_number(session, answer.round)
    made = AnswerVersion(
        public_answer=answer,
        version_no=len(answer.versions) + 1,
        question=answer.question,
        answer=answer.answer,
        reason=why,
        published_at=now,
        published_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    facts: dict[str, Any] = {"number": answer.number, "version_no": made.version_no, "names_seen": bool(found)}
    audit.record(session, ANSWERED, actor=actor, now=now, subject=answer.round, **facts)
    _tell(session, answer, made, now=now)
    return made


def names(session: Session, answer: PublicAnswer, reason: str = "") -> list[str]:
    """The names of whoever asked in the round that stand in the draft, or in the reason of a correction."""
    return question_names.names_in(session, (answer.question, answer.answer, reason), answer.round)


def is_changed(answer: PublicAnswer) -> bool:
    """Whether the draft differs from what everybody reads."""
    if not answer.versions:
        return bool(answer.answer)
    last = answer.versions[-1]
    return (answer.question, answer.answer) != (last.question, last.answer)


def answer_by(round_: Round) -> dt.datetime | None:
    """When answers should be out: so many days before the deadline as the rules of the round say (law L19)."""
    if round_.tender_deadline is None:
        return None
    return round_.tender_deadline - dt.timedelta(days=int(value(round_, "last_question_days")))


def _tell(session: Session, answer: PublicAnswer, made: AnswerVersion, *, now: dt.datetime) -> None:
    """One mail to suppliers and members; it says neither who asked nor what (M5)."""
    round_ = answer.round
    bidders, members = telling.suppliers(session, round_, now=now), telling.members(session, round_, now=now)
    told = list(dict.fromkeys([*bidders, *members]))
    facts: dict[str, Any] = {"number": answer.number, "corrected": made.version_no > 1}
    telling.tell(session, round_, told, "question_answered", now=now, public="questions", **facts)


def _require_publishable(answer: PublicAnswer, reason: str) -> str:
    """The reason of a correction, blank for a first version; raises where something is missing."""
    if not answer.answer:
        raise MoveRefused("answer-missing", N_("Write the answer first."))
    if not answer.versions:
        return ""
    if not is_changed(answer):
        raise MoveRefused("nothing-changed", N_("Nothing differs from what everybody reads already."))
    return _text(reason, LONGEST_REASON, "reason", N_("Say why the answer is corrected."))


def _require_open(session: Session, round_: Round, actor: Actor, now: dt.datetime) -> None:
    require(session, actor, Permission.QUESTION_ANSWER, round_)
    if not schedule.is_tender_open(round_, now=now):
        raise MoveRefused("deadline-passed", N_("The deadline has passed; questions can no longer be answered."))


def _require_free(session: Session, round_: Round, chosen: Collection[Question]) -> None:
    """No other answer took one of the questions meanwhile, and none was withdrawn."""
    numbers = [question.id for question in chosen]
    session.scalars(select(Question).where(Question.id.in_(numbers)).order_by(Question.id).with_for_update()).all()
    for question in chosen:
        session.refresh(question)
        if question.round_id != round_.id or state_of(question) != "waiting":
            raise MoveRefused("stale", N_("The list has changed since you looked at it. Look at it again."))


def _require_kept(answer: PublicAnswer) -> None:
    if answer.discarded_at is not None:
        raise MoveRefused("draft-gone", N_("This draft was put aside. Take it up again first."))


def _lock(session: Session, answer: PublicAnswer, version: int) -> None:
    session.refresh(answer, with_for_update={"of": PublicAnswer})
    editing.check_version(answer, version)


def _next_number(session: Session, round_: Round) -> int:
    """The next number in the round, under the round's lock: without a gap, in the order of publication."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update())
    query = select(func.max(PublicAnswer.number)).where(PublicAnswer.round_id == round_.id)
    return int(session.scalar(query) or 0) + 1


def _waiting_of(session: Session, round_: Round, supplier_id: int | None) -> int:
    query = (
        select(func.count())
        .select_from(Question)
        .where(
            Question.round_id == round_.id,
            Question.supplier_id == supplier_id,
            Question.withdrawn_at.is_(None),
            Question.public_answer_id.is_(None),
        )
    )
    session.execute(select(Organisation.id).where(Organisation.id == supplier_id).with_for_update())
    return session.scalar(query) or 0


def _text(typed: str, limit: int, field: str, missing: str) -> str:
    said = storable(typed.strip())
    if not said:
        raise InvalidInput("text-missing", missing, field=field)
    if len(said) > limit:
        raise _too_long(field, limit)
    return said


def _too_long(field: str, limit: int) -> InvalidInput:
    return InvalidInput("text-long", N_("Use at most %(limit)s characters."), field=field, limit=limit)
