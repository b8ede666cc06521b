"""To whom the letters of a decision go: one for each bidder, by which channel and in which language."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.rounds import telling
from models.award import AwardDecision, AwardLetter
from models.disclosure import Submission
from models.rounds import Round

BIDDERS = ("scored", "excluded")
LANGUAGES = ("en", "nl", "sv")
UNNOTED = N_(
    "The day on which a letter by other means left is not noted yet (receipt %(receipts)s). The lead notes it on the page of the letters; until then the end of the standstill is not known, and nothing is signed."
)


def bidders(session: Session, round_: Round) -> list[Submission]:
    """Every bidder that gets a letter: whose tender was scored, or was excluded, in the order of receipt."""
    query = (
        select(Submission)
        .options(joinedload(Submission.supplier))
        .where(Submission.round_id == round_.id, Submission.state.in_(BIDDERS))
    )
    return list(session.scalars(query.order_by(Submission.receipt_seq, Submission.id)))


def of_decision(session: Session, decision: AwardDecision) -> list[AwardLetter]:
    """The letters of a decision, in the order of receipt."""
    query = (
        select(AwardLetter)
        .join(Submission, Submission.id == AwardLetter.submission_id)
        .options(joinedload(AwardLetter.submission).joinedload(Submission.supplier))
        .where(AwardLetter.decision_id == decision.id)
        .order_by(Submission.receipt_seq, Submission.id)
    )
    return list(session.scalars(query))


def ensure(session: Session, decision: AwardDecision, *, actor: Actor, now: dt.datetime) -> list[AwardLetter]:
    """One letter for each bidder, as yet without text; where nobody of a bidder has an account, by other means."""
    known = {one.submission_id: one for one in of_decision(session, decision)}
    sent = [one for one in bidders(session, decision.round) if one.id not in known]
    people = telling.people_of(session, [one.supplier_id for one in sent], "supplier", now=now)
    for one in sent:
        first = next(iter(people.get(one.supplier_id, [])), None)
        session.add(
            AwardLetter(
                decision_id=decision.id,
                submission_id=one.id,
                channel="electronic" if first is not None else "other",
                language=first.language if first is not None and first.language in LANGUAGES else "en",
                created_at=now,
                created_by_id=actor.user_id,
            )
        )
    session.flush()
    return of_decision(session, decision)


def unnoted(session: Session, decision: AwardDecision) -> list[str]:
    """The receipt numbers of the letters by other means whose day is not noted, also of tenders that the session leaves out.

    As long as there is one the end of the standstill is not known.
    """
    if decision.announced_at is None or decision.withdrawn_at is not None:
        return []
    query = (
        select(Submission.receipt_number)
        .join(AwardLetter, AwardLetter.submission_id == Submission.id)
        .where(AwardLetter.decision_id == decision.id, AwardLetter.left_at.is_(None))
        .order_by(Submission.receipt_seq, Submission.id)
    )
    return [one or "–" for one in session.scalars(query.execution_options(all_tenders=True))]


def unreachable(session: Session, letters: list[AwardLetter], *, now: dt.datetime) -> list[str]:
    """Names of the bidders whose letter is to leave electronically and who have nobody to read it."""
    sent = {one.submission.supplier_id: one.submission.supplier.name for one in letters if one.channel == "electronic"}
    people = telling.people_of(session, sent, "supplier", now=now)
    return [name for number, name in sent.items() if not people.get(number)]
