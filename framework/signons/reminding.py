"""Remind bodies that have not said whether they join, or that owe a mandate, before sign-on ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, permissions
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import invitations
from framework.rounds import reminding, telling
from framework.rounds.reminding import Deadline
from framework.signons.eligibility import LIST_CLOSED
from framework.signons.notices import ANSWERABLE
from models.records import Mail
from models.rounds import Round
from models.signons import SignOn

REMINDED = audit.declare("sign_on.reminded", "members", "mails", "step")
OWING = ("invited", "interested")
"""States in which it is the body's turn: to answer, or to hand in its mandate."""


def missing(session: Session, round_: Round) -> dict[int, dt.datetime]:
    """The bodies whose turn it is, each since it was put on the list and sign-on was open."""
    opened = reminding.since_move(session, round_, ("open_signons",))
    query = select(SignOn.organisation_id, SignOn.created_at).where(
        SignOn.round_id == round_.id, SignOn.state.in_(OWING)
    )
    return {row.organisation_id: max(row.created_at, opened) for row in session.execute(query)}


def remind(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> tuple[int, int]:
    """Remind everybody whose turn it is, each body at most once a day; how many bodies and mails.

    Raises NotAllowed for anybody but the lead, MoveRefused where sign-on is closed, nobody is missing or all were reminded today.
    """
    permissions.require(session, actor, Permission.MEMBER_INVITE, round_)
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    if round_.state not in ANSWERABLE:
        raise MoveRefused("list-closed", LIST_CLOSED, rule="L03")
    if not missing(session, round_):
        raise MoveRefused("nobody-missing", N_("Nobody is left whose answer or mandate is missing."))
    deadline = replace(SIGN_ON, stand_ins=partial(_first_persons, actor=actor))
    bodies, mails = reminding.remind_missing(session, round_, deadline, now=now, actor=actor)
    if not bodies:
        raise MoveRefused(
            "reminded-already",
            N_(
                "Nobody was reminded: whoever is missing got a mail less than a day ago, or has neither an account nor an open invitation."
            ),
        )
    return bodies, mails


def _told(
    session: Session, round_: Round, *, members: int, mails: int, step: str, now: dt.datetime, actor: Actor = SYSTEM
) -> None:
    audit.record(session, REMINDED, actor=actor, now=now, subject=round_, members=members, mails=mails, step=step)


def _first_persons(
    session: Session, round_: Round, bodies: Collection[int], now: dt.datetime, *, actor: Actor = SYSTEM
) -> dict[int, Callable[[], Mail]]:
    """What reminds the first person of a body in which nobody has an account yet, while the invitation is open."""
    return {
        body: partial(
            invitations.remind,
            session,
            link,
            about=round_,
            inviter=round_.organisation.name,
            until=round_.signon_deadline,
            deadline=telling.local_words(round_.signon_deadline, round_.zone),
            actor=actor,
            now=now,
        )
        for body, link in invitations.open_for(session, bodies, "member", now=now).items()
    }


SIGN_ON = Deadline(
    "sign_on",
    ANSWERABLE,
    lambda round_: round_.signon_deadline,
    missing,
    "sign_on_reminder",
    "sign-on",
    _told,
    _first_persons,
)
