"""What member and lead do next about sign-on."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground.text import N_, NN_
from framework.rounds.next_action import Reader, Step, blocker, candidate
from framework.signons import eligibility, lists, registration
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

BEFORE_READY = "sign_on demand demand_locked"
SHOWN = 6
WAITED_FOR: tuple[tuple[str, tuple[str, str], int], ...] = (
    (
        "invited",
        (
            NN_(
                "%(count)s body has not answered the invitation yet: %(names)s.",
                "%(count)s bodies have not answered the invitation yet: %(names)s.",
            ),
            N_("%(count)s bodies have not answered the invitation yet, the first by name: %(names)s."),
        ),
        40,
    ),
    (
        "interested",
        (
            NN_(
                "The signed mandate of %(count)s body is still missing: %(names)s.",
                "The signed mandates of %(count)s bodies are still missing: %(names)s.",
            ),
            N_("The signed mandates of %(count)s bodies are still missing, the first by name: %(names)s."),
        ),
        35,
    ),
)
"""State of a sign-on that is waited for, what is said where all are named and where only the first are, and its urgency."""


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
    found = []
    for state, (all_named, first_named), urgency in WAITED_FOR:
        count, names = _bodies(session, round_, state)
        if count:
            sentence = first_named if count > len(names) else all_named
            params = {"count": count, "names": names}
            found.append(Step(sentence, params, page="signons.listing", urgency=urgency))
    return found


def _bodies(session: Session, round_: Round, state: str) -> tuple[int, list[str]]:
    """How many bodies are in a state, and the first few by name, because the list of sign-ons shows them all."""
    query = (
        select(Organisation.name)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state == state)
    )
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return count, list(session.scalars(query.order_by(Organisation.folded_name).limit(SHOWN)))


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


@candidate("in_force", "member")
def register(session: Session, round_: Round, reader: Reader) -> Step | None:
    """What a confirmed body still does before it may call off."""
    sign_on = lists.current(session, round_, reader.actor.organisation_id)
    if sign_on is None or sign_on.state != "confirmed":
        return None
    lacking = registration.lacking(session, sign_on)
    if "not-registered" in lacking:
        sentence, label, urgency = (
            N_("The round is in force: register your body for call-offs."),
            N_("Register for call-offs"),
            75,
        )
    elif lacking:
        sentence, label, urgency = N_("Something is missing before your body may call off."), N_("Look"), 60
    else:
        sentence, label, urgency = N_("Nothing is missing. The lead lets your body call off."), N_("Look"), 20
    return Step(sentence, page="signons.own_registration", label=label, urgency=urgency)


@candidate("in_force", "lead")
def activate(session: Session, round_: Round, reader: Reader) -> Step | None:
    """Bodies that lack nothing and wait for the lead."""
    ready = registration.counts(session, round_)[registration.READY]
    if not ready:
        return None
    return Step(
        NN_(
            "%(count)s body has all it needs to call off. Let it.",
            "%(count)s bodies have all they need to call off. Let them.",
        ),
        {"count": ready},
        page="signons.registration_board",
        label=N_("Look at the registration"),
        urgency=62,
    )


@blocker("in_force")
def unregistered(session: Session, round_: Round, reader: Reader) -> list[Step]:
    """Confirmed bodies that lack something."""
    missing = registration.counts(session, round_)[registration.MISSING]
    if not missing:
        return []
    sentence = NN_(
        "%(count)s confirmed body lacks something before it may call off.",
        "%(count)s confirmed bodies lack something before they may call off.",
    )
    return [Step(sentence, {"count": missing}, page="signons.registration_board", urgency=40)]
