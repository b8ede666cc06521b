"""What member and lead do next about sign-on."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground.text import N_
from framework.rounds.next_action import Reader, Step, blocker, candidate
from framework.signons import eligibility, lists
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

BEFORE_READY = "sign_on demand demand_locked"
SHOWN = 6


@candidate(BEFORE_READY, "member")
def answer(session: Session, round_: Round, reader: Reader) -> Step | None:
    """The member's next step until its mandate is handed in."""
    sign_on = lists.current(session, round_, reader.actor.organisation_id)
    if (
        sign_on is not None
        and eligibility.is_over_for(sign_on, now=reader.now)
        and sign_on.state in ("invited", "interested")
    ):
        return Step(
            N_("Signing on ended on %(deadline)s. Ask %(lead)s, who can set a later deadline."),
            {"deadline": round_.signon_deadline, "lead": round_.organisation.name},
            page="signons.own",
            label=N_("Look"),
            urgency=60,
        )
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


@blocker(BEFORE_READY)
def unanswered(session: Session, round_: Round, reader: Reader) -> list[Step]:
    """Bodies that have not answered the invitation, and bodies that want to join and owe their mandate."""
    waited_for = (
        ("invited", N_("No answer to the invitation yet: %(bodies)s."), 40),
        ("interested", N_("The signed mandate is still missing: %(bodies)s."), 35),
    )
    found = []
    for state, sentence, urgency in waited_for:
        bodies = _bodies(session, round_, state)
        if bodies:
            found.append(Step(sentence, {"bodies": ", ".join(bodies)}, page="signons.listing", urgency=urgency))
    return found


def _bodies(session: Session, round_: Round, state: str) -> list[str]:
    """Names of the bodies in a state; many are cut short, because the list of sign-ons shows them all."""
    query = (
        select(Organisation.name)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state == state)
        .order_by(Organisation.folded_name)
    )
    names = list(session.scalars(query.limit(SHOWN + 1)))
    return names if len(names) <= SHOWN else [*names[:SHOWN], "…"]


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
