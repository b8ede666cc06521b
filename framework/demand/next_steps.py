"""What demand asks of each reader while it is open: the step in the head of every page of the round."""

from __future__ import annotations

from textwrap import shorten

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.demand.approve import waiting_for_second
from framework.demand.board import missing_members
from framework.demand.declare import is_past_deadline, returned_before
from framework.ground.text import N_, NN_
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.demand import Demand
from models.people import Organisation
from models.rounds import Round

NAMED = 5
MOTIVE_LENGTH = 200


@candidate("demand", "member")
def declare_step(session: Session, round_: Round, reader: Reader) -> Step | None:
    """A second person waits, the lead returned something, lots are unanswered, or there is nothing to do."""
    own = waiting_for_second(session, round_, reader.actor.organisation_id, now=reader.now)
    waiting = next((number for number, proposer in own.items() if proposer != reader.actor.user_id), None)
    if waiting is not None:
        return Step(
            N_("A colleague submitted your demand; a second person must approve it."),
            page="demand.declaration",
            where={"demand_id": session.get_one(Demand, waiting).public_id},
            label=N_("Look and approve"),
            urgency=90,
        )
    returned = _returned(session, round_, reader)
    if returned is not None:
        return returned
    if is_past_deadline(round_, now=reader.now):
        return Step(N_("The deadline for demand has passed. There is nothing for you to do."), urgency=10)
    lots = [lot.public_id for lot in round_.lots]
    answered = session.scalar(
        select(func.count(func.distinct(Demand.lot_id))).where(
            Demand.round_id == round_.id,
            Demand.member_id == reader.actor.organisation_id,
            or_(Demand.state.in_(("submitted", "accepted", "locked")), Demand.id.in_(own)),
        )
    )
    if (answered or 0) >= len(lots):
        if own:
            return Step(N_("You have declared every lot. A colleague must approve what you submitted."), urgency=10)
        return Step(N_("Your demand is handed in for every lot. There is nothing for you to do."), urgency=10)
    return Step(
        N_("Declare your demand until %(until)s."),
        {"until": round_.demand_deadline},
        "demand.lot_grid" if len(lots) == 1 else "demand.index",
        {"lot_id": lots[0]} if len(lots) == 1 else {},
        label=N_("Declare demand"),
        urgency=70,
        done_on=("demand.lot_grid", "demand.save", "demand.preview"),
    )


@candidate("demand", "lead")
def accept_step(session: Session, round_: Round, reader: Reader) -> Step | None:
    """Declarations that members handed in wait for the lead."""
    query = select(func.count()).where(Demand.round_id == round_.id, Demand.state == "submitted")
    waiting = session.scalar(query) or 0
    if not waiting:
        return None
    return Step(
        NN_(
            "%(count)s declaration waits for you: accept or return it.",
            "%(count)s declarations wait for you: accept or return them.",
        ),
        {"count": waiting},
        "demand.index",
        label=N_("Look at them"),
        urgency=80,
    )


@blocker("demand")
def unanswered(session: Session, round_: Round, reader: Reader) -> list[Step]:
    """Members that have not answered for every lot, the first few by name."""
    members = missing_members(session, round_)
    if not members:
        return []
    query = select(Organisation.name).where(Organisation.id.in_(members)).order_by(Organisation.folded_name)
    names = list(session.scalars(query.limit(NAMED)))
    params = {"count": len(members), "names": names}
    if len(members) > len(names):
        sentence: str = N_("%(count)s members have not answered for every lot, the first by name: %(names)s.")
    else:
        sentence = NN_(
            "%(count)s member has not answered for every lot: %(names)s.",
            "%(count)s members have not answered for every lot: %(names)s.",
        )
    return [Step(sentence, params, "demand.index", urgency=60)]


def _returned(session: Session, round_: Round, reader: Reader) -> Step | None:
    """A draft that the lead sent back, with the motive, until the deadline."""
    if is_past_deadline(round_, now=reader.now):
        return None
    query = select(Demand).where(
        Demand.round_id == round_.id, Demand.member_id == reader.actor.organisation_id, Demand.state == "draft"
    )
    for draft in session.scalars(query.options(joinedload(Demand.lot)).order_by(Demand.id)):
        version = returned_before(session, draft)
        if version is not None:
            return Step(
                N_("The lead returned your demand for %(lot)s: “%(motive)s”"),
                {"lot": draft.lot.name, "motive": shorten(version.return_motive, MOTIVE_LENGTH, placeholder=" …")},
                "demand.lot_grid",
                {"lot_id": draft.lot.public_id},
                label=N_("Change it and submit it again"),
                urgency=80,
            )
    return None
