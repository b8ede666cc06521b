"""What demand asks of each reader while it is open: the step in the head of every page of the round."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.demand.declare import is_past_deadline
from framework.ground.text import N_
from framework.rounds.next_action import Reader, Step, candidate
from models.demand import Demand
from models.rounds import Lot, Proposal, Round


@candidate("demand", "member")
def declare_step(session: Session, round_: Round, reader: Reader) -> Step | None:
    """A second person waits, lots are unanswered, or there is nothing to do."""
    waiting = _waiting_proposal(session, round_, reader)
    if waiting is not None:
        return Step(
            N_("A colleague submitted your demand; a second person must approve it."),
            page="demand.declaration",
            where={"demand_id": waiting},
            label=N_("Look and approve"),
            urgency=90,
        )
    if is_past_deadline(round_, now=reader.now):
        return Step(N_("The deadline for demand has passed. There is nothing for you to do."), urgency=10)
    lots = session.scalar(select(func.count()).where(Lot.round_id == round_.id)) or 0
    answered = session.scalar(
        select(func.count(func.distinct(Demand.lot_id))).where(
            Demand.round_id == round_.id,
            Demand.member_id == reader.actor.organisation_id,
            Demand.state.in_(("submitted", "accepted", "locked")),
        )
    )
    if (answered or 0) >= lots:
        return Step(N_("Your demand is handed in for every lot. There is nothing for you to do."), urgency=10)
    return Step(
        N_("Declare your demand until %(until)s."),
        {"until": round_.demand_deadline},
        "demand.index",
        label=N_("Declare demand"),
        urgency=70,
    )


@candidate("demand", "lead")
def accept_step(session: Session, round_: Round, reader: Reader) -> Step | None:
    """Declarations that members handed in wait for the lead."""
    query = select(func.count()).where(Demand.round_id == round_.id, Demand.state == "submitted")
    waiting = session.scalar(query) or 0
    if not waiting:
        return None
    return Step(
        N_("%(count)s declarations wait for you: accept or return them."),
        {"count": waiting},
        "demand.index",
        label=N_("Look at them"),
        urgency=80,
    )


def _waiting_proposal(session: Session, round_: Round, reader: Reader) -> str | None:
    """The declaration of the reader's organisation that another person of it submitted."""
    query = (
        select(Demand.public_id)
        .join(Proposal, (Proposal.subject_id == Demand.id) & (Proposal.entity == "demand"))
        .where(
            Demand.round_id == round_.id,
            Demand.member_id == reader.actor.organisation_id,
            Demand.state == "draft",
            Proposal.act == "submit",
            Proposal.state == "open",
            Proposal.expires_at > reader.now,
            Proposal.proposed_by_id != reader.actor.user_id,
        )
        .limit(1)
    )
    return session.scalar(query)
