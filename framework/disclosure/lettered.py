"""Who reads letters instead of the names of bidders while a round is judged by letters (docs/judging.md)."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from framework.rounds import settings
from models.people import Appointment, RoleGrant
from models.rounds import Round

STATES = ("opened", "judging")
"""From the opening to the closing of the judging: a name that was read before a letter would tell whose it is."""
SEES_NAMES = ("chair", "opener")
"""Appointments in a round that show names whatever else a person does in it; whoever leads sees them too."""


def are_in_use(round_: Round) -> bool:
    """Whether evaluators of this round read letters now."""
    return round_.state in STATES and bool(settings.value(round_, "judge_by_letters"))


def reads_letters(session: Session, round_: Round, user_id: int | None) -> bool:
    """Whether a person knows the bidders of a round by letters: an evaluator who neither chairs, opens nor leads it.

    It binds the person, also while it acts for another organisation.
    """
    if user_id is None or not are_in_use(round_):
        return False
    mine = (
        Appointment.round_id == round_.id,
        Appointment.user_id == user_id,
        Appointment.withdrawn_at.is_(None),
    )
    leads = (
        RoleGrant.user_id == user_id,
        RoleGrant.organisation_id == round_.organisation_id,
        RoleGrant.role == "lead",
        RoleGrant.withdrawn_at.is_(None),
    )
    row = session.execute(
        select(
            exists(select(Appointment.id).where(*mine, Appointment.role == "evaluator")),
            exists(select(Appointment.id).where(*mine, Appointment.role.in_(SEES_NAMES))),
            exists(select(RoleGrant.id).where(*leads)),
        )
    ).one()
    return bool(row[0]) and not row[1] and not row[2]
