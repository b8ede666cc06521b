"""What lead and members do with a sign-on: one function per act; the table decides whether it is possible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy.orm import Session

from framework.ground import audit, lifecycle
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import InvalidInput, NotAllowed, Stale
from framework.ground.text import N_
from framework.people.addresses import clean_email
from framework.signons import eligibility, notices
from framework.signons.mandate import Mandate
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

FORMALITIES = audit.declare("sign_on.formalities_recorded", "fee_rule", "fee_paid_on", "call_off_registered_on")


def invite(
    session: Session,
    round_: Round,
    organisation: Organisation,
    *,
    actor: Actor,
    now: dt.datetime,
    class_name: str = "",
    email: str = "",
    contact_name: str = "",
    language: str = "",
    via: Organisation | None = None,
    roles: frozenset[str] | None = None,
    days: int = notices.INVITATION_DAYS,
) -> SignOn:
    """Invite one body; with `class_name` it joins as one of a named class. The mail waits until sign-on opens.

    `email` is the address of a new body's first person, with name and language where they are known; the link to an
    account holds for `days` days. `via` is the consortium or network it joins through (records.md 1). `roles` are the
    actor's in the round, where whoever invites many has asked for them once. Raises InvalidInput for an address that is none, MoveRefused: list closed (L03), class not named, already on the list.
    """
    sign_on = _new(round_, organisation, actor, now, class_name)
    sign_on.contact_email = clean_email(email) if email else ""
    sign_on.contact_name, sign_on.contact_language = contact_name, language
    sign_on.affiliated_via = via
    lifecycle.move(session, sign_on, "invite", actor=actor, now=now, roles=roles)
    if round_.state != "set_up":
        notices.invited(session, sign_on, actor=actor, now=now, days=days)
    return sign_on


def invite_all(
    session: Session,
    round_: Round,
    organisations: Iterable[Organisation],
    *,
    actor: Actor,
    now: dt.datetime,
    class_name: str = "",
) -> list[SignOn]:
    """Invite several bodies at once: all or none."""
    return [invite(session, round_, body, actor=actor, now=now, class_name=class_name) for body in organisations]


def apply(
    session: Session, round_: Round, organisation: Organisation, *, actor: Actor, now: dt.datetime, class_name: str = ""
) -> SignOn:
    """Ask to join a round that takes applications. Raises MoveRefused where it takes none or the list is closed."""
    sign_on = _new(round_, organisation, actor, now, class_name)
    lifecycle.move(session, sign_on, "apply", actor=actor, now=now)
    return sign_on


def accept_invitation(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime) -> None:
    """Say that the body wants to join."""
    lifecycle.move(session, sign_on, "accept_invitation", actor=actor, now=now)


def decline(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str = "") -> None:
    """Say no to an invitation."""
    lifecycle.move(session, sign_on, "decline", actor=actor, now=now, motive=motive)


def withdraw_application(
    session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str = ""
) -> None:
    """Leave before being confirmed."""
    lifecycle.move(session, sign_on, "withdraw_application", actor=actor, now=now, motive=motive)


def withdraw_invitation(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Take an invitation back, with a motive."""
    lifecycle.move(session, sign_on, "withdraw_invitation", actor=actor, now=now, motive=motive)


def submit_mandate(
    session: Session, sign_on: SignOn, mandate: Mandate, *, actor: Actor, now: dt.datetime, version: int
) -> None:
    """Hand in the mandate. Raises InvalidInput naming the field; Stale where somebody changed the record since."""
    require_version(sign_on, version)
    lifecycle.move(session, sign_on, "submit_mandate", actor=actor, now=now, mandate=mandate)


def return_mandate(
    session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str, version: int
) -> None:
    """Give a mandate back to be mended, saying why."""
    require_version(sign_on, version)
    lifecycle.move(session, sign_on, "return_mandate", actor=actor, now=now, motive=motive)


def confirm(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, version: int) -> None:
    """Put the body on the list; by another person than the one who handed in (L03, L06, L28, SD5).

    `version` is what the lead looked at: a mandate replaced meanwhile raises Stale.
    """
    require_version(sign_on, version)
    lifecycle.move(session, sign_on, "confirm", actor=actor, now=now)


def refuse(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str, version: int) -> None:
    """Do not admit the body, saying why."""
    require_version(sign_on, version)
    lifecycle.move(session, sign_on, "refuse", actor=actor, now=now, motive=motive)


def reopen_mandate(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Take a confirmation back before readiness, saying why."""
    lifecycle.move(session, sign_on, "reopen_mandate", actor=actor, now=now, motive=motive)


def leave(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Leave after confirmation; what was frozen at publication stays frozen."""
    lifecycle.move(session, sign_on, "leave", actor=actor, now=now, motive=motive)


def activate(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime) -> None:
    """Let the body call off."""
    lifecycle.move(session, sign_on, "activate", actor=actor, now=now)


def suspend(
    session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, ground: str, motive: str = ""
) -> None:
    """Stop new call-offs of the body on a ground of `guards.GROUNDS`; ordered ones go on."""
    lifecycle.move(session, sign_on, "suspend", actor=actor, now=now, motive=motive, ground=ground)


def reinstate(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """Let the body call off again once the ground has ended."""
    lifecycle.move(session, sign_on, "reinstate", actor=actor, now=now, motive=motive)


def record_formalities(
    session: Session,
    sign_on: SignOn,
    *,
    actor: Actor,
    now: dt.datetime,
    fee_rule: str = "none",
    fee_paid_on: dt.date | None = None,
    call_off_registered_on: dt.date | None = None,
) -> None:
    """Write down fee and call-off registration, which activation asks for; by the lead."""
    if "lead" not in roles_for(session, actor, sign_on):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")
    sign_on.fee_rule, sign_on.fee_paid_on = fee_rule, fee_paid_on
    sign_on.call_off_registered_on = call_off_registered_on
    audit.record(
        session,
        FORMALITIES,
        actor=actor,
        now=now,
        subject=sign_on,
        fee_rule=fee_rule,
        fee_paid_on=fee_paid_on,
        call_off_registered_on=call_off_registered_on,
    )


def require_version(sign_on: SignOn, version: int) -> None:
    """Raise Stale where the record is not the one that was looked at."""
    if sign_on.version != version:
        raise Stale(
            "stale",
            N_("Somebody else changed this while you were writing. Your text is kept below; load the page again."),
        )


def _new(round_: Round, organisation: Organisation, actor: Actor, now: dt.datetime, class_name: str) -> SignOn:
    if organisation.kind not in ("buyer", "lead"):
        raise InvalidInput("not-a-buyer", N_("%(name)s is not a buyer."), field="organisations", name=organisation.name)
    return SignOn(
        round=round_,
        round_id=round_.id,
        organisation=organisation,
        organisation_id=organisation.id,
        state="",
        eligibility_basis=eligibility.invitation_basis(round_, class_name),
        class_name=class_name,
        mandate_type=None,
        reason="",
        created_at=now,
        created_by_id=actor.user_id,
    )
