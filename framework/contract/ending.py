"""Terminate an agreement before its term: two persons of the lead, a ground, the documents that show it, and why."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.award.mandate import CONFIRMED
from framework.contract import awarded, duties, signing
from framework.contract.drafting import LONGEST_TEXT, hold
from framework.contract.registering import register
from framework.ground import lifecycle, proposals
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.lifecycle import Context
from framework.ground.text import N_, storable
from framework.rounds import telling
from models.contract import Agreement
from models.rounds import Proposal
from models.signons import SignOn

ACT = "terminate"
GROUNDS = ("maximum_penalty_reached", "zero_tolerance", "other_in_terms")
"""What ends an agreement at once; whatever else needs notice, which the product does not have yet."""


def waiting(session: Session, agreement: Agreement, *, now: dt.datetime) -> Proposal | None:
    """The termination that waits for a second person, unless it has lapsed."""
    return proposals.open_proposal(session, agreement, ACT, now=now)


def propose(
    session: Session,
    agreement: Agreement,
    *,
    ground: str,
    evidence: str,
    motive: str,
    actor: Actor,
    now: dt.datetime,
) -> Proposal:
    """First half, by one person of the lead; raises as the move would."""
    hold(session, agreement)
    duties.settle_term(session, agreement, now=now)
    shown, motive = storable(evidence).strip(), storable(motive).strip()
    lifecycle.check(session, agreement, ACT, actor=actor, now=now, motive=motive, ground=ground, evidence=shown)
    signing.require_fresh(session, agreement, actor=actor, now=now)
    proposal = proposals.propose(
        session, agreement, ACT, actor=actor, now=now, motive=motive, ground=ground, evidence=shown
    )
    page = signing.path_of(agreement).removeprefix(f"/rounds/{agreement.round.public_id}/")
    others = telling.second_persons(session, agreement.round, actor=actor, now=now)
    users = awarded.untied(session, [agreement.award.submission_id], others)
    telling.ask_second_person(session, agreement.round, proposal, page, actor=actor, now=now, users=users)
    return proposal


def confirm(session: Session, agreement: Agreement, *, actor: Actor, now: dt.datetime) -> None:
    """Second half, by another person of the lead; the contractor and the members are told."""
    hold(session, agreement)
    duties.settle_term(session, agreement, now=now)
    signing.require_fresh(session, agreement, actor=actor, now=now)
    proposal = proposals.confirm(session, agreement, ACT, actor=actor, now=now)
    facts = proposal.facts or {}
    lifecycle.move(
        session,
        agreement,
        ACT,
        actor=actor,
        now=now,
        motive=proposal.motive,
        proposer_id=proposal.proposed_by_id,
        ground=facts.get("ground"),
        evidence=facts.get("evidence", ""),
    )


def withdraw(session: Session, agreement: Agreement, *, actor: Actor, now: dt.datetime) -> None:
    """Take the own proposal back. Raises NotAllowed for that of somebody else."""
    hold(session, agreement)
    found = waiting(session, agreement, now=now)
    if found is not None and found.proposed_by_id != actor.user_id:
        raise NotAllowed("not-proposer", N_("Somebody else proposed this. Only that person takes it back."))
    proposals.withdraw(session, agreement, ACT, actor=actor, now=now)


def _may_terminate(session: Session, agreement: Agreement, context: Context) -> None:
    awarded.require_untied(session, agreement.award, context.actor.user_id)
    if context.facts.get("ground") not in GROUNDS:
        raise MoveRefused("ground-missing", N_("Say on which ground the agreement is terminated."))
    if not str(context.facts.get("evidence") or "").strip():
        raise MoveRefused("evidence-missing", N_("Name the documents that show the ground."))
    context.require_motive()
    if len(str(context.facts["evidence"])) > LONGEST_TEXT:
        raise MoveRefused(
            "evidence-too-long", N_("Shorten what you say of the evidence to %(most)s characters."), most=LONGEST_TEXT
        )
    if len(context.motive) > LONGEST_TEXT:
        raise MoveRefused("motive-too-long", N_("A motive has %(most)s characters at most."), most=LONGEST_TEXT)


def _terminated(session: Session, agreement: Agreement, context: Context) -> None:
    round_ = agreement.round
    agreement.ended_at = context.now
    agreement.ended_ground = str(context.facts["ground"])
    agreement.ended_evidence = str(context.facts["evidence"])
    agreement.ended_reason = context.motive.strip()
    bodies = select(SignOn.organisation_id).where(SignOn.round_id == round_.id, SignOn.state.in_(CONFIRMED))
    members = telling.people(session, session.scalars(bodies), "member", now=context.now)
    told = [
        *awarded.untied(session, [agreement.award.submission_id], members),
        *telling.people(session, [agreement.owner_id], "supplier", now=context.now),
    ]
    page = signing.path_of(agreement).removeprefix(f"/rounds/{round_.public_id}/")
    telling.tell(
        session,
        round_,
        dict.fromkeys(told),
        "agreement_terminated",
        now=context.now,
        page=page,
        number=agreement.number,
        motive=context.motive.strip(),
    )


for _source in ("signed", "in_force"):
    register(ACT, _may_terminate, _terminated, source=_source, noted=("ground", "evidence"))
