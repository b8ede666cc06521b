"""What the moves of the round do to its list: invitations leave, the list freezes, whoever is not on it is refused."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.lifecycle import Context
from framework.rounds import hooks
from framework.signons import eligibility, notices
from models.rounds import Round
from models.signons import EligibilitySnapshot, SignOn

LIST_CLOSED = "list-closed"
"""Stored as the reason of a sign-on that publication refused; the page says it in words."""

REFUSING = {"invited": "withdraw_invitation", "interested": "refuse", "mandate_pending": "refuse"}


def send_invitations(session: Session, round_: Round, context: Context) -> None:
    """On `open_signons`: the mails that waited for the round to open."""
    days = int(context.facts.get("invitation_days", notices.INVITATION_DAYS))
    for sign_on in _in_states(session, round_, "invited"):
        notices.invited(session, sign_on, actor=context.actor, now=context.now, days=days)


def freeze_list(session: Session, round_: Round, context: Context) -> None:
    """On `publish`: a snapshot of every confirmed body; the others are refused unless their class is named (law L03)."""
    for sign_on in _in_states(session, round_, *REFUSING):
        if not eligibility.is_late_entry_allowed(sign_on):
            act = REFUSING[sign_on.state]
            lifecycle.move(session, sign_on, act, actor=SYSTEM, now=context.now, motive=LIST_CLOSED)
    for sign_on in _in_states(session, round_, "confirmed"):
        session.add(snapshot(sign_on, context))


def unconfirmed(session: Session, round_: Round) -> list[SignOn]:
    """The sign-ons that publication would refuse: the list a lead must have seen (readiness R3)."""
    return [s for s in _in_states(session, round_, *REFUSING) if not eligibility.is_of_named_class(s)]


def snapshot(sign_on: SignOn, context: Context) -> EligibilitySnapshot:
    """Who was entitled and on what ground, as it stands now (records 1)."""
    body, file = sign_on.organisation, sign_on.mandate_file
    return EligibilitySnapshot(
        round_id=sign_on.round.id,
        organisation_id=body.id,
        at=context.now,
        facts={
            "organisation": body.name,
            "registration_no": body.registration_no,
            "country": body.country,
            "eligibility_basis": sign_on.eligibility_basis,
            "class_name": sign_on.class_name,
            "mandate_sha256": file.sha256 if file is not None else None,
            "state": sign_on.state,
            "frozen_hash": sign_on.round.frozen_hash,
        },
    )


def _in_states(session: Session, round_: Round, *states: str) -> list[SignOn]:
    query = select(SignOn).where(SignOn.round_id == round_.id, SignOn.state.in_(states)).order_by(SignOn.id)
    return list(session.scalars(query))


hooks.after("round", "open_signons", send_invitations)
hooks.after("round", "publish", freeze_list)
