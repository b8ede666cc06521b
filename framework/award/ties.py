"""Who may not decide: a tie to one of the bidders keeps a person from everything about the award (SD3)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import conflicts
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.text import N_
from framework.rounds import telling
from models.disclosure import Submission
from models.people import User
from models.rounds import Round

JUDGED = ("scored", "excluded", "in_review", "clarification_asked")
TIED = N_("A stated tie to a bidder keeps you from deciding about the award. A colleague without a tie does it.")


def is_barred(session: Session, round_: Round, user_id: int | None) -> bool:
    """Whether a tie to a tender that was judged or excluded keeps a person from the award of the round."""
    barred = conflicts.barred(session, user_id)
    if not barred:
        return False
    query = select(Submission.id).where(
        Submission.round_id == round_.id, Submission.id.in_(sorted(barred)), Submission.state.in_(JUDGED)
    )
    return session.scalar(query.limit(1).execution_options(all_tenders=True)) is not None


def require_free(session: Session, round_: Round, actor: Actor) -> None:
    """Raise NotAllowed where a statement is still to be given, or a stated tie keeps the actor from the award."""
    if actor.is_system:
        return
    conflicts.require_stated(session, actor, round_, roles_in(session, actor, round_))
    if is_barred(session, round_, actor.user_id):
        raise NotAllowed("conflict-of-interest", TIED, rule="SD3")


def require_proposer_free(session: Session, round_: Round, proposer_id: int | None) -> None:
    """Raise MoveRefused where a tie stated since keeps whoever proposed from the award: what that person began does not count."""
    if is_barred(session, round_, proposer_id):
        raise MoveRefused(
            "conflict-of-interest",
            N_(
                "A stated tie to a bidder keeps whoever proposed this from the award. That person takes the proposal back, and another proposes it anew."
            ),
            rule="SD3",
        )


def free_leads(session: Session, round_: Round, actor: Actor, *, now: dt.datetime) -> list[User]:
    """The other people of the lead whom no tie keeps from confirming what the actor proposed about the award."""
    others = telling.second_persons(session, round_, actor=actor, now=now)
    return [user for user in others if not is_barred(session, round_, user.id)]
