"""Four eyes: one person proposes, another confirms within a time, then the act is made."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, separation
from framework.ground.actors import Actor, round_of
from framework.ground.errors import MoveRefused, RuleBroken
from framework.ground.text import N_
from models.rounds import Proposal, Round

PROPOSAL_DAYS = 7
PROPOSED = audit.declare("proposal.made", "entity", "act", "motive")
CONFIRMED = audit.declare("proposal.confirmed", "entity", "act")
WITHDRAWN = audit.declare("proposal.withdrawn", "entity", "act")


def open_proposal(session: Session, record: Any, act: str, *, now: dt.datetime) -> Proposal | None:
    """The proposal of this act on this record that waits for a second person, unless it has lapsed.

    Of a record that leads share (it has a `proposing_lead`) each lead has its own, which the others do not see.
    """
    query = select(Proposal).where(
        Proposal.entity == record.__tablename__,
        Proposal.subject_id == record.id,
        Proposal.act == _kept_as(record, act),
        Proposal.state == "open",
    )
    found = session.scalar(query)
    return found if found is not None and found.expires_at > now else None


def propose(
    session: Session,
    record: Any,
    act: str,
    *,
    actor: Actor,
    now: dt.datetime,
    motive: str = "",
    until: dt.datetime | None = None,
    **facts: Any,
) -> Proposal:
    """Propose an act, to be confirmed within the days of the round's rules and not after `until`.

    A lapsed proposal is put aside.

    Raises RuleBroken where one is already waiting, FactorStale where the person must give the second factor anew.
    """
    separation.require_fresh_factor(session, record, actor=actor, now=now)
    if open_proposal(session, record, act, now=now) is not None:
        raise RuleBroken("proposal-waits", N_("This was already proposed and waits for a second person."))
    _lapse_old(session, record, act)
    round_ = round_of(record)
    proposal = Proposal(
        entity=record.__tablename__,
        subject_id=record.id,
        round_id=round_.id if round_ is not None else None,
        act=_kept_as(record, act),
        facts=facts,
        motive=motive,
        proposed_by_id=actor.user_id,
        proposed_org_id=actor.organisation_id,
        expires_at=_lapses_at(round_, now, until),
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(proposal)
    audit.record(
        session, PROPOSED, actor=actor, now=now, subject=record, entity=proposal.entity, act=act, motive=motive
    )
    return proposal


def confirm(session: Session, record: Any, act: str, *, actor: Actor, now: dt.datetime) -> Proposal:
    """Take the waiting proposal for a second person.

    Raises MoveRefused for the same person or none waiting, FactorStale for a second factor given too long ago.

    The caller then makes the act with `proposer_id=proposal.proposed_by_id`.
    """
    proposal = open_proposal(session, record, act, now=now)
    if proposal is None:
        raise MoveRefused(
            "nothing-proposed", N_("Nobody has proposed this, or the proposal has lapsed. Propose it anew.")
        )
    if proposal.proposed_by_id == actor.user_id:
        raise MoveRefused("same-person", N_("You proposed this yourself. Another person must confirm it."), rule="SD1")
    separation.require_fresh_factor(session, record, actor=actor, now=now)
    proposal.state = "confirmed"
    proposal.confirmed_by_id = actor.user_id
    proposal.confirmed_at = now
    audit.record(session, CONFIRMED, actor=actor, now=now, subject=record, entity=proposal.entity, act=act)
    return proposal


def withdraw(session: Session, record: Any, act: str, *, actor: Actor, now: dt.datetime) -> None:
    """Take a waiting proposal back."""
    proposal = open_proposal(session, record, act, now=now)
    if proposal is None:
        raise MoveRefused(
            "nothing-proposed", N_("Nobody has proposed this, or the proposal has lapsed. Propose it anew.")
        )
    proposal.state = "withdrawn"
    audit.record(session, WITHDRAWN, actor=actor, now=now, subject=record, entity=proposal.entity, act=act)


def expire(session: Session, *, now: dt.datetime) -> int:
    """Let the proposals lapse whose time is over; how many. The date is the truth, this only tidies."""
    query = select(Proposal).where(Proposal.state == "open", Proposal.expires_at <= now)
    over = session.scalars(query).all()
    for proposal in over:
        proposal.state = "lapsed"
    return len(over)


def _kept_as(record: Any, act: str) -> str:
    """An act as its proposal is kept: on a record that leads share, with the number of the lead."""
    lead: int | None = getattr(record, "proposing_lead", None)
    return act if lead is None else f"{act}:{lead}"


def _lapses_at(round_: Round | None, now: dt.datetime, until: dt.datetime | None) -> dt.datetime:
    """When a proposal made now lapses: after the days of the round's rules, not after `until`."""
    days = int((round_.settings if round_ is not None else {}).get("proposal_days", PROPOSAL_DAYS))
    lapses = now + dt.timedelta(days=days)
    return lapses if until is None else min(lapses, until)


def _lapse_old(session: Session, record: Any, act: str) -> None:
    query = select(Proposal).where(
        Proposal.entity == record.__tablename__,
        Proposal.subject_id == record.id,
        Proposal.act == _kept_as(record, act),
        Proposal.state == "open",
    )
    for old in session.scalars(query):
        old.state = "lapsed"
    session.flush()
