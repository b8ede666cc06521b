"""Remind members that have not answered for every lot before demand ends. The lead's button is on the board (`board.remind`)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand.board import REMINDED, missing_members
from framework.ground import audit
from framework.ground.actors import SYSTEM
from framework.rounds import reminding
from framework.rounds.reminding import Deadline
from models.rounds import Round
from models.signons import SignOn


def missing(session: Session, round_: Round) -> dict[int, dt.datetime]:
    """The members that have not answered for every lot, each since it was on the list and demand was open (again)."""
    opened = reminding.since_move(session, round_, ("open_demand", "reopen_demand"))
    query = select(SignOn.organisation_id, SignOn.created_at).where(
        SignOn.round_id == round_.id, SignOn.state.not_in(("left", "refused"))
    )
    since = {row.organisation_id: row.created_at for row in session.execute(query)}
    return {member: max(since.get(member, opened), opened) for member in missing_members(session, round_)}


def _told(session: Session, round_: Round, *, members: int, mails: int, step: str, now: dt.datetime) -> None:
    audit.record(session, REMINDED, actor=SYSTEM, now=now, subject=round_, members=members, mails=mails)


DEMAND = Deadline(
    "demand", ("demand",), lambda round_: round_.demand_deadline, missing, "demand_reminder", "demand", _told
)
