"""Open the judging again after it was closed: one chair and one lead agree, the error is named, every earlier value stays.

In the phase of award nothing is blind, so whoever judges has seen all values: none of the own ones is reopened alone from
then on (FR4). What was wrong is mended in discussion, or by taking an assessment out, and the ranking is counted anew.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import conflicts, lifecycle, mail, proposals
from framework.ground.actors import SYSTEM, Actor, roles_in
from framework.ground.audit_labels import PROPOSED
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.judging import closing
from framework.rounds import moves, telling
from models.disclosure import Submission
from models.judging import Assessment
from models.people import User
from models.rounds import Proposal, Round

ACT = "reopen_judging"
TIED = N_("A stated tie to a bidder keeps you from opening the judging again. Another chair or lead does it.")


def waiting(session: Session, round_: Round, *, now: dt.datetime) -> Proposal | None:
    """The proposal that waits for the other of the two, unless it has lapsed."""
    return proposals.open_proposal(session, round_, ACT, now=now)


def motive_of(proposal: Proposal) -> str:
    """The error as the first of the two named it. It may be about any tender, so no event of the proposal carries it."""
    return str((proposal.facts or {}).get("error", ""))


def propose(session: Session, round_: Round, motive: str, *, actor: Actor, now: dt.datetime) -> Proposal:
    """First half, by a chair or a lead; raises as the move would, so that nobody waits in vain. The other side gets a mail."""
    lifecycle.check(session, round_, ACT, actor=actor, now=now, motive=motive)
    proposal = proposals.propose(session, round_, ACT, actor=actor, now=now, error=motive.strip())
    for user in _who_confirm(session, round_, actor, now=now):
        mail.post(
            session,
            "confirmation_needed",
            to=user,
            now=now,
            round_=round_,
            recipient=user.name,
            proposer=actor.name,
            what=PROPOSED["round", ACT],
            motive="",
            until=telling.local_words(proposal.expires_at, round_.zone),
            round=round_.name,
            path=f"/rounds/{round_.public_id}/judging/reopen",
        )
    return proposal


def confirm(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Second half: a lead confirms what a chair proposed, or a chair what a lead did. The panel is told."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.refresh(round_)
    proposal = proposals.confirm(session, round_, ACT, actor=actor, now=now)
    lifecycle.move(
        session,
        round_,
        ACT,
        actor=actor,
        now=now,
        motive=motive_of(proposal),
        proposer_id=proposal.proposed_by_id,
    )


def withdraw(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Take the own proposal back. Raises NotAllowed for that of somebody else, MoveRefused where none waits."""
    found = waiting(session, round_, now=now)
    if found is not None and found.proposed_by_id != actor.user_id:
        raise NotAllowed("not-proposer", N_("Somebody else proposed this. Only that person takes it back."))
    proposals.withdraw(session, round_, ACT, actor=actor, now=now)


def is_barred(session: Session, round_: Round, user_id: int | None) -> bool:
    """Whether a tie to a tender that was scored keeps a person from opening the judging again."""
    return closing.is_barred(session, round_, user_id, states=("scored", *closing.ADMITTED))


def agree(session: Session, round_: Round, proposer_id: int, actor: Actor, *, now: dt.datetime) -> bool:
    """Whether of the two one is a chair and the other a lead of the round."""
    held = roles_in(session, actor, round_)
    others = []
    if "lead" in held:
        others += telling.appointed(session, round_, ("chair",))
    if "chair" in held:
        others += telling.people(session, [round_.organisation_id], "lead", now=now)
    return proposer_id in {user.id for user in others}


def _who_confirm(session: Session, round_: Round, actor: Actor, *, now: dt.datetime) -> list[User]:
    """Leads where a chair proposes, chairs where a lead does; without those whom a tie keeps from it."""
    held = roles_in(session, actor, round_)
    leads = telling.people(session, [round_.organisation_id], "lead", now=now) if "chair" in held else []
    chairs = telling.appointed(session, round_, ("chair",)) if "lead" in held else []
    return [
        user
        for user in dict.fromkeys([*chairs, *leads])
        if user.id != actor.user_id and not is_barred(session, round_, user.id)
    ]


def _may_reopen(session: Session, round_: Round, context: Context) -> None:
    conflicts.require_stated(session, context.actor, round_, roles_in(session, context.actor, round_))
    if is_barred(session, round_, context.actor.user_id):
        raise NotAllowed("conflict-of-interest", TIED, rule="SD3")
    context.require_motive()
    if len(context.motive) > closing.LONGEST_MOTIVE:
        raise MoveRefused(
            "motive-too-long", N_("A motive has %(most)s characters at most."), most=closing.LONGEST_MOTIVE
        )
    if context.proposer_id is not None and not agree(
        session, round_, context.proposer_id, context.actor, now=context.now
    ):
        raise MoveRefused(
            "chair-and-lead-needed",
            N_("One chair and one lead of the round agree on this. Somebody of the other side confirms it."),
            rule="SD1",
        )


def _reopened(session: Session, round_: Round, context: Context) -> None:
    open_again(session, round_, actor=context.actor, now=context.now)


def open_again(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """What follows once the judging is open again: scores are no longer fixed, nothing is blind, the panel is told."""
    for submission in _scored(session, round_):
        lifecycle.move(session, submission, "unfix_scores", actor=SYSTEM, now=now)
    finals = select(Assessment).where(
        Assessment.round_id == round_.id, Assessment.state == "final", Assessment.others_seen_at.is_(None)
    )
    for one in session.scalars(finals.execution_options(all_tenders=True)):
        one.others_seen_at = now
    panel = telling.appointed(session, round_, ("evaluator", "chair"))
    leads = telling.people(session, [round_.organisation_id], "lead", now=now)
    told = [user for user in dict.fromkeys([*panel, *leads]) if user.id != actor.user_id]
    telling.tell(session, round_, told, "judging_reopened", now=now)


def _scored(session: Session, round_: Round) -> list[Submission]:
    query = select(Submission).where(Submission.round_id == round_.id, Submission.state == "scored")
    return list(session.scalars(query.order_by(Submission.id).execution_options(all_tenders=True)))


def _unfix_guard(session: Session, submission: Submission, context: Context) -> None:
    if submission.round.state != "judging":
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))


lifecycle.register("submission_tender", "unfix_scores", guard=_unfix_guard)
moves.register(ACT, _may_reopen, _reopened)
