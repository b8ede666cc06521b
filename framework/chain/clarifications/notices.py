"""Mails about questions to suppliers: that one was asked, and that one was answered; never a word of a file or an answer."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import digest, mail
from framework.rounds import telling
from models.contradictions import Clarification
from models.people import Appointment, User
from models.rounds import Round

ASKING = {"opened": "lead", "judging": "chair"}
"""Who may ask and close, by the state of the round (lifecycle table, tender submissions)."""
ANSWERED = "clarification_answered"


def was_asked(session: Session, one: Clarification, *, now: dt.datetime) -> None:
    """A mail to the supplier's people."""
    round_ = one.round
    for person in telling.people(session, [one.supplier_id], "supplier", now=now):
        mail.post(
            session,
            "clarification_asked",
            to=person,
            now=now,
            round_=round_,
            recipient=person.name,
            round_name=round_.name,
            answer_by=f"{one.answer_by.astimezone(ZoneInfo(round_.zone)):%Y-%m-%d %H:%M} ({round_.zone})",
            path=f"/rounds/{round_.public_id}/clarifications/{one.public_id}",
        )


def was_answered(session: Session, one: Clarification, *, now: dt.datetime) -> None:
    """One mail, about all answers of a while, to whoever may close the question now; who answered stays on the page."""
    round_ = one.round
    page = f"/rounds/{round_.public_id}/contradictions/questions"
    item = {"key": one.public_id, "path": f"{page}/{one.public_id}"}
    for person in _closers(session, round_, now):
        digest.add(session, ANSWERED, to=person, round_=round_, item=item, page=page, now=now, round_name=round_.name)


def _closers(session: Session, round_: Round, now: dt.datetime) -> list[User]:
    """The lead's people while the round is opened, the chairs while members judge, else nobody: there is nothing to do."""
    who = ASKING.get(round_.state)
    if who == "lead":
        return telling.people(session, [round_.organisation_id], "lead", now=now)
    query = (
        select(User)
        .join(Appointment, Appointment.user_id == User.id)
        .where(
            Appointment.round_id == round_.id,
            Appointment.role == "chair",
            Appointment.withdrawn_at.is_(None),
            User.disabled_at.is_(None),
        )
    )
    return list(session.scalars(query.order_by(User.id))) if who == "chair" else []
