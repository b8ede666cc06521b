"""Take an award back: by the lead itself, or because the round is cancelled. What was decided and sent stays, marked."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.award import addressees, announcing, ties
from framework.award import decision as decisions
from framework.ground import lifecycle, proposals
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.rounds import hooks, moves, telling
from models.award import AwardDecision
from models.contract import Agreement
from models.rounds import Proposal, Round

ACT = "withdraw_award"
LONGEST_MOTIVE = 4_000
UNSIGNED = ("draft", "cancelled")
PAGE = "award/withdraw"


def propose(session: Session, round_: Round, motive: str, *, actor: Actor, now: dt.datetime) -> Proposal:
    """First half, by a lead, with the motive that every bidder reads; raises as the move would.

    The motive may be about any tender, so no event or mail of the proposal carries it.
    """
    lifecycle.check(session, round_, ACT, actor=actor, now=now, motive=motive.strip())
    proposal = proposals.propose(session, round_, ACT, actor=actor, now=now, error=motive.strip())
    telling.ask_second_person(
        session, round_, proposal, PAGE, actor=actor, now=now, users=ties.free_leads(session, round_, actor, now=now)
    )
    return proposal


def confirm(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Second half, by another person of the lead: the letters are marked as withdrawn, and every bidder is told."""
    hold(session, round_)
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


def withdraw_proposal(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Take a waiting proposal back. Raises NotAllowed for that of somebody else."""
    announcing.take_back(session, round_, ACT, actor=actor, now=now)


def waiting(session: Session, round_: Round, *, now: dt.datetime) -> Proposal | None:
    """The proposal that waits for a second person, unless it has lapsed."""
    return proposals.open_proposal(session, round_, ACT, now=now)


def motive_of(proposal: Proposal) -> str:
    """The motive as the first of the two gave it."""
    return str((proposal.facts or {}).get("error", ""))


def hold(session: Session, round_: Round) -> None:
    """Lock the round and read it anew."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.refresh(round_)


def is_signed(session: Session, round_: Round) -> bool:
    """Whether an agreement of the round was signed, whatever became of it since."""
    query = select(Agreement.id).where(Agreement.round_id == round_.id, Agreement.state.not_in(UNSIGNED))
    return session.scalar(query.limit(1)) is not None


def require_unsigned(session: Session, round_: Round) -> None:
    """Raise MoveRefused where an agreement was signed."""
    if is_signed(session, round_):
        raise MoveRefused(
            "agreement-signed",
            N_("An agreement is signed, so the award cannot be withdrawn. The agreement is ended by its own terms."),
        )


def require_motive(context: Context) -> None:
    """Raise MoveRefused where the motive is blank or too long."""
    context.require_motive()
    if len(context.motive) > LONGEST_MOTIVE:
        raise MoveRefused("motive-too-long", N_("A motive has %(most)s characters at most."), most=LONGEST_MOTIVE)


def mark(session: Session, round_: Round, reason: str, *, now: dt.datetime) -> AwardDecision | None:
    """Mark the announced decision and its letters as withdrawn; None where nothing was announced."""
    found = decisions.current(session, round_)
    if found is None or found.announced_at is None:
        return None
    found.withdrawn_at, found.withdrawn_reason = now, reason
    for one in addressees.of_decision(session, found):
        one.withdrawn_at = now
    session.flush()
    return found


def tell(
    session: Session,
    round_: Round,
    decision: AwardDecision,
    *,
    now: dt.datetime,
    motive: str = "",
    body: str = "",
    outcome: str = "",
) -> None:
    """Tell the people of every bidder that got a letter: with the motive, or what which review body found."""
    told = [one.submission.supplier_id for one in addressees.of_decision(session, decision)]
    people = telling.people(session, told, "supplier", now=now)
    why = {"motive": motive, "body": body, "outcome": outcome}
    telling.tell(session, round_, people, "award_withdrawn", now=now, page="award/letter", **why)


def _may_withdraw(session: Session, round_: Round, context: Context) -> None:
    ties.require_free(session, round_, context.actor)
    ties.require_proposer_free(session, round_, context.proposer_id)
    require_motive(context)
    require_unsigned(session, round_)


def _withdrawn(session: Session, round_: Round, context: Context) -> None:
    found = mark(session, round_, context.motive, now=context.now)
    if found is not None:
        tell(session, round_, found, now=context.now, motive=context.motive)


def _may_cancel(session: Session, round_: Round, context: Context) -> None:
    if context.move.source in ("standstill", "challenged"):
        require_unsigned(session, round_)


def _cancelled(session: Session, round_: Round, context: Context) -> None:
    if context.move.source in ("standstill", "challenged"):
        mark(session, round_, context.motive, now=context.now)


moves.register(ACT, _may_withdraw, _withdrawn)
hooks.before("round", "cancel", _may_cancel)
hooks.after("round", "cancel", _cancelled)
