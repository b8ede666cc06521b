"""Who is told of an act of the lead: mails into the outbox, in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from framework.ground import mail
from framework.ground.actors import Actor
from framework.ground.audit_labels import PROPOSED
from models.disclosure import Submission, SupplierInvitation
from models.people import APPOINTMENTS, Appointment, RoleGrant, User
from models.questions import Question
from models.rounds import Proposal, Round
from models.signons import SignOn


def people(session: Session, organisations: Iterable[int], role: str, *, now: dt.datetime) -> list[User]:
    """The active users that hold `role` in one of the organisations now, each once."""
    found = people_of(session, organisations, role, now=now)
    every = {user.id: user for users in found.values() for user in users}
    return [every[number] for number in sorted(every)]


def people_of(session: Session, organisations: Iterable[int], role: str, *, now: dt.datetime) -> dict[int, list[User]]:
    """The same by organisation, in one query; an organisation without anybody is left out."""
    wanted = sorted(set(organisations))
    if not wanted:
        return {}
    query = (
        select(RoleGrant.organisation_id, User)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.organisation_id.in_(wanted),
            RoleGrant.role == role,
            RoleGrant.withdrawn_at.is_(None),
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
            User.disabled_at.is_(None),
        )
        .order_by(RoleGrant.organisation_id, User.id)
    )
    found: dict[int, list[User]] = {}
    for number, user in session.execute(query):
        found.setdefault(number, []).append(user)
    return found


def members(session: Session, round_: Round, *, now: dt.datetime, beyond_invited: bool = False) -> list[User]:
    """The people of the buyers that are in the round; `beyond_invited` leaves out those that have not answered."""
    gone = ("left", "refused", "invited") if beyond_invited else ("left", "refused")
    query = select(SignOn.organisation_id).where(SignOn.round_id == round_.id, SignOn.state.not_in(gone))
    return people(session, session.scalars(query), "member", now=now)


def suppliers(session: Session, round_: Round, *, now: dt.datetime) -> list[User]:
    """The people of every supplier known to the round: invited, or having sent or asked something."""
    invited = select(SupplierInvitation.organisation_id).where(SupplierInvitation.round_id == round_.id)
    sent = select(Submission.supplier_id).where(Submission.round_id == round_.id)
    asked = select(Question.supplier_id).where(Question.round_id == round_.id)
    known = [*session.scalars(invited), *session.scalars(sent), *session.scalars(asked)]
    return people(session, known, "supplier", now=now)


def appointed(session: Session, round_: Round, roles: Collection[str] = APPOINTMENTS) -> list[User]:
    """The active people that have a task in the round itself: openers, evaluators, chairs, or some of these; each once."""
    query = (
        select(User)
        .join(Appointment, Appointment.user_id == User.id)
        .where(
            Appointment.round_id == round_.id,
            Appointment.role.in_(roles),
            Appointment.withdrawn_at.is_(None),
            User.disabled_at.is_(None),
        )
        .order_by(User.id)
    )
    return list(dict.fromkeys(session.scalars(query)))


def interested(session: Session, round_: Round, *, now: dt.datetime) -> list[User]:
    """Whoever has a right to know that a tender deadline moves, each once: suppliers, members, openers, evaluators, chairs."""
    found = [*suppliers(session, round_, now=now), *members(session, round_, now=now), *appointed(session, round_)]
    return list(dict.fromkeys(found))


def second_persons(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> list[User]:
    """The other people of the lead, any of whom may confirm what `actor` proposed about the round."""
    return [user for user in people(session, [round_.organisation_id], "lead", now=now) if user.id != actor.user_id]


def ask_second_person(
    session: Session,
    round_: Round,
    proposal: Proposal,
    page: str,
    *,
    actor: Actor,
    now: dt.datetime,
    users: Collection[User] | None = None,
) -> None:
    """Mail whoever may confirm a proposal, naming when it lapses (mail M12b); `page` is where it is confirmed.

    `users` are those who may, where not every other person of the lead does.
    """
    for user in second_persons(session, round_, actor=actor, now=now) if users is None else users:
        mail.post(
            session,
            "confirmation_needed",
            to=user,
            now=now,
            round_=round_,
            recipient=user.name,
            proposer=actor.name,
            what=PROPOSED[proposal.entity, proposal.act],
            motive=proposal.motive,
            until=local_words(proposal.expires_at, round_.zone),
            round=round_.name,
            path=f"/rounds/{round_.public_id}/{page}",
        )


def local_words(instant: dt.datetime | None, zone: str) -> str:
    """An instant for a mail, the same in every language: local date and time with the zone; blank where there is none."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})" if instant is not None else ""


def tell(
    session: Session,
    round_: Round,
    users: Iterable[User],
    template: str,
    *,
    now: dt.datetime,
    page: str = "",
    public: str = "",
    **params: Any,
) -> int:
    """Put one mail for each user into the outbox, with a link to a page of the round, or to a `public` one; how many."""
    here = f"/public/rounds/{round_.public_id}/{public}" if public else f"/rounds/{round_.public_id}/{page}".rstrip("/")
    told = 0
    for user in users:
        mail.post(
            session,
            template,
            to=user,
            now=now,
            round_=round_,
            round_name=round_.name,
            path=here,
            **params,
        )
        told += 1
    return told
