"""What member and lead do next about sign-on."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground.text import N_
from framework.rounds.next_action import Reader, Step, candidate
from framework.signons import lists
from models.rounds import Round
from models.signons import SignOn

BEFORE_READY = "sign_on demand demand_locked"


@candidate(BEFORE_READY, "member")
def answer(session: Session, round_: Round, reader: Reader) -> Step | None:
    """The member's next step until its mandate is handed in."""
    sign_on = lists.current(session, round_, reader.actor.organisation_id)
    if sign_on is not None and sign_on.state == "invited":
        return Step(
            N_("%(lead)s invites you to join: say whether you want to."),
            {"lead": round_.organisation.name},
            page="signons.own",
            label=N_("See what you commit to"),
            urgency=80,
        )
    if sign_on is not None and sign_on.state == "interested":
        return Step(
            N_("Hand in the signed mandate."), page="signons.mandate", label=N_("Hand in the mandate"), urgency=75
        )
    return None


@candidate(BEFORE_READY, "lead")
def confirm(session: Session, round_: Round, reader: Reader) -> Step | None:
    """Mandates that wait for the lead."""
    query = select(func.count()).where(SignOn.round_id == round_.id, SignOn.state == "mandate_pending")
    waiting = session.scalar(query) or 0
    if not waiting:
        return None
    return Step(
        N_("Mandates that wait for you: %(waiting)s."),
        {"waiting": waiting},
        page="signons.listing",
        label=N_("Confirm mandates"),
        urgency=72,
    )
