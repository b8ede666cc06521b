"""Who is told what: the mails of this phase."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import mail
from framework.ground.actors import Actor
from framework.ground.errors import NotAllowed
from framework.ground.text import N_
from framework.people import invitations
from framework.rounds import telling
from models.people import Organisation, User
from models.rounds import Round
from models.signons import SignOn

ANSWERABLE = ("sign_on", "demand", "demand_locked")
"""States of a round in which an invited body can say whether it joins."""


GROUND_LABELS: dict[str, str] = {
    "fee_unpaid": N_("The fee is not paid"),
    "mandate_lapsed": N_("The mandate has lapsed"),
    "data_agreement_broken": N_("The data agreement was broken"),
    "other": N_("Another ground, with motive"),
}
"""Why a body may be suspended."""

INVITATION_DAYS = 14
"""For how many days the link of a new body's first person holds, unless the installation says otherwise."""


def invited(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, days: int = INVITATION_DAYS) -> None:
    """Tell a body that it is invited: its people, or the first person named for it, who needs an account first."""
    session.flush()
    people = telling.people(session, [sign_on.organisation.id], "member", now=now)
    if people or not _bring_in(session, sign_on, actor=actor, now=now, days=days):
        for user in people:
            _post(session, sign_on, "sign_on_invited", user, _own_path(sign_on), now)
    sign_on.contact_email = sign_on.contact_name = sign_on.contact_language = ""


def newcomer(session: Session, organisation: Organisation, user: User, *, now: dt.datetime) -> SignOn | None:
    """Tell somebody who has just come into a body of the rounds that still wait for its answer; the latest of them."""
    waiting = session.scalars(
        select(SignOn)
        .join(Round, Round.id == SignOn.round_id)
        .where(SignOn.organisation_id == organisation.id, SignOn.state == "invited", Round.state.in_(ANSWERABLE))
        .order_by(SignOn.id)
    ).all()
    for sign_on in waiting:
        _post(session, sign_on, "sign_on_invited", user, _own_path(sign_on), now)
    return waiting[-1] if waiting else None


def confirmed(session: Session, sign_on: SignOn, *, now: dt.datetime) -> None:
    """Tell a body that it stands on the list."""
    _to_member(session, sign_on, "sign_on_confirmed", now=now)


def mandate_returned(session: Session, sign_on: SignOn, *, now: dt.datetime) -> None:
    """Tell a body why its mandate came back."""
    _to_member(session, sign_on, "sign_on_returned", now=now)


def refused(session: Session, sign_on: SignOn, *, now: dt.datetime) -> None:
    """Tell a body that it is not admitted, with the reason; its pages close, the public one stays."""
    public = f"/public/rounds/{sign_on.round.public_id}" if sign_on.round.published_at is not None else ""
    _to_member(session, sign_on, "sign_on_refused", now=now, path=public)


def mandate_handed_in(session: Session, sign_on: SignOn, *, now: dt.datetime) -> None:
    """Tell the lead that a mandate waits."""
    _to_lead(session, sign_on, "sign_on_mandate", now=now)


def activated(session: Session, sign_on: SignOn, *, now: dt.datetime) -> None:
    """Tell a body that it may call off, for the first time or again."""
    _to_member(session, sign_on, "sign_on_activated", now=now, path=_registration_path(sign_on))


def suspended(session: Session, sign_on: SignOn, ground: str, *, now: dt.datetime) -> None:
    """Tell a body that it may not call off for now, on which ground, and what was said to it."""
    said = "" if sign_on.reason == ground else sign_on.reason
    path, label = _registration_path(sign_on), GROUND_LABELS[ground]
    for user in telling.people(session, [sign_on.organisation.id], "member", now=now):
        _post(session, sign_on, "sign_on_suspended", user, path, now, ground=label, said=said)


def left(session: Session, sign_on: SignOn, *, now: dt.datetime) -> None:
    """Tell the lead that a body left."""
    _to_lead(session, sign_on, "sign_on_left", now=now)


def _to_member(session: Session, sign_on: SignOn, template: str, *, now: dt.datetime, path: str | None = None) -> None:
    path = _own_path(sign_on) if path is None else path
    for user in telling.people(session, [sign_on.organisation.id], "member", now=now):
        _post(session, sign_on, template, user, path, now)


def _bring_in(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, days: int) -> bool:
    """Invite the person named for a body in which nobody is yet; whether there was one, and it is the actor's to invite."""
    round_ = sign_on.round
    if not sign_on.contact_email:
        return False
    try:
        invitations.invite(
            session,
            sign_on.contact_email,
            sign_on.organisation,
            "member",
            actor=actor,
            now=now,
            days=days,
            language=sign_on.contact_language or actor.language,
            name=sign_on.contact_name,
            about=round_,
            deadline=telling.local_words(round_.signon_deadline, round_.zone),
        )
    except NotAllowed:  # another address is invited there already; whoever comes in is told of the rounds that wait
        return False
    return True


def _registration_path(sign_on: SignOn) -> str:
    return f"/rounds/{sign_on.round.public_id}/registration/own"


def _own_path(sign_on: SignOn) -> str:
    return f"/rounds/{sign_on.round.public_id}/sign-on"


def _to_lead(session: Session, sign_on: SignOn, template: str, *, now: dt.datetime) -> None:
    session.flush()
    path = f"/rounds/{sign_on.round.public_id}/sign-ons/{sign_on.public_id}"
    for user in telling.people(session, [sign_on.round.organisation.id], "lead", now=now):
        _post(session, sign_on, template, user, path, now)


def _post(
    session: Session, sign_on: SignOn, template: str, user: User, path: str, now: dt.datetime, **more: str
) -> None:
    round_ = sign_on.round
    mail.post(
        session,
        template,
        to=user,
        now=now,
        round_=round_,
        recipient=user.name,
        round=round_.name,
        lead=round_.organisation.name,
        organisation=sign_on.organisation.name,
        reason=sign_on.reason,
        deadline=telling.local_words(round_.signon_deadline, round_.zone),
        path=path,
        **more,
    )
