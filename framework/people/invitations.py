"""Invitations: a mailed link that brings one address into one organisation with one role, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, mail
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused, NotAllowed, NotFound
from framework.ground.labels import ROLE_LABELS
from framework.ground.text import N_
from framework.people import accounts, links, roles
from framework.people.addresses import clean_email, fold_email
from models.people import OneUseLink, Organisation, User
from models.records import Mail
from models.rounds import Round

SENT = audit.declare("invitation.sent", "role", "organisation")
REVOKED = audit.declare("invitation.revoked", "role", "organisation")
ACCEPTED = audit.declare("invitation.accepted", "role", "organisation")


def invite(
    session: Session,
    email: str,
    organisation: Organisation,
    role: str,
    *,
    actor: Actor,
    now: dt.datetime,
    days: int = 14,
    language: str | None = None,
    name: str = "",
    about: Round | None = None,
    deadline: str = "",
) -> OneUseLink:
    """Invite an address; the mail leaves after the commit. An older open invitation to the same is revoked.

    For the operator, an administrator of the organisation, a lead for its first contact with a body. The answer is the
    same whether the address has an account; `name` is how a person without one is greeted. The mail names the round it
    is `about`, and until when to answer, where that is why somebody is asked in. Raises InvalidInput, NotAllowed,
    MoveRefused.
    """
    address = clean_email(email)
    roles.require_grantable(session, organisation, role, actor=actor, now=now, email=fold_email(address))
    for older in pending(session, organisation):
        if fold_email(older.email) == fold_email(address) and older.role == role:
            older.revoked_at = now
    return _send(
        session,
        address,
        organisation,
        role,
        actor=actor,
        now=now,
        days=days,
        language=language,
        name=name,
        about=about,
        deadline=deadline,
    )


def resend(
    session: Session,
    link: OneUseLink,
    *,
    actor: Actor,
    now: dt.datetime,
    days: int = 14,
) -> OneUseLink:
    """Send a new link in place of an open or ended one; raises as `invite`, and LinkOver for a used or revoked one."""
    organisation, role = _aim(link)
    roles.require_grantable(session, organisation, role, actor=actor, now=now, email=fold_email(link.email))
    _require_unanswered(session, link, now)
    link.revoked_at = now
    return _send(session, link.email, organisation, role, actor=actor, now=now, days=days)


def ask_again(session: Session, token: str, *, now: dt.datetime, days: int = 14) -> None:
    """The holder of an ended link asks for a new one; it goes to the invited address only, once (W29).

    Raises NotFound, LinkOver for a used or revoked link, MoveRefused for one that still works.
    """
    link = links.find(session, "invitation", token)
    _require_unanswered(session, link, now)
    if links.state(link, now=now) == "open":
        raise MoveRefused("link-open", N_("This link still works."))
    organisation, role = _aim(link)
    link.revoked_at = now
    _send(
        session,
        link.email,
        organisation,
        role,
        actor=SYSTEM,
        now=now,
        days=days,
        inviter=link.created_by_id,
    )


def remind(
    session: Session,
    link: OneUseLink,
    *,
    about: Round,
    inviter: str,
    until: dt.datetime | None,
    deadline: str,
    actor: Actor,
    now: dt.datetime,
) -> Mail:
    """Mail the first person of a body again while the invitation is open: a new link in its place, greeted as before.

    The mail alone holds a token, so a reminder needs a new one; it lasts as long as the old one, and at least `until`.
    `inviter` is the name of the organisation that asks. The caller has checked that the invitation is open.
    """
    organisation, role = _aim(link)
    lasts = max(link.expires_at, until or link.expires_at) - now
    link.revoked_at = now
    facts = {"organisation": organisation, "role": role, "created_by_id": link.created_by_id}
    made, token = links.make(session, "invitation", link.email, now=now, lasts=lasts, **facts)
    written = select(Mail).where(Mail.template == "invitation", Mail.recipient == link.email)
    before = session.scalars(written.order_by(Mail.id.desc()).limit(1)).first()
    _note(session, SENT, made, actor=actor, now=now)
    return mail.post(
        session,
        "invitation",
        to=link.email,
        now=now,
        language=before.language if before is not None else None,
        secret=f"/invitations/{token}",
        recipient=str(before.params.get("recipient", "")) if before is not None else "",
        inviter=inviter,
        organisation=organisation.name,
        role=ROLE_LABELS[role],
        days=max(lasts.days, 1),
        round_=about,
        round=about.name,
        deadline=deadline,
        is_reminder=True,
    )


def revoke(session: Session, link: OneUseLink, *, actor: Actor, now: dt.datetime) -> None:
    """Withdraw an invitation that was not used; raises NotAllowed, LinkOver."""
    organisation, role = _aim(link)
    roles.require_grantable(session, organisation, role, actor=actor, now=now, email=fold_email(link.email))
    _require_unanswered(session, link, now)
    link.revoked_at = now
    _note(session, REVOKED, link, actor=actor, now=now)


def accept(session: Session, token: str, user: User, *, now: dt.datetime) -> OneUseLink:
    """A signed-in person takes the invitation to their own address.

    Raises NotFound, LinkOver, NotAllowed where the invitation is for another address (a forwarded link), others came
    first, or the person would stand on both sides of a round.
    """
    link = links.find(session, "invitation", token)
    require_open(session, link, now=now)
    if fold_email(link.email) != user.folded_email:
        raise NotAllowed(
            "other-address",
            N_("This invitation is for another mail address than that of your account. Sign out first."),
        )
    return _take(session, link, user, now=now)


def accept_as_new(
    session: Session,
    token: str,
    *,
    name: str,
    password: str,
    language: str,
    now: dt.datetime,
) -> tuple[OneUseLink, User]:
    """Somebody without an account takes the invitation; the address is the invited one, never one typed.

    Raises NotFound, LinkOver, InvalidInput, and NotAllowed where the address has an account by now.
    """
    link = links.find(session, "invitation", token)
    require_open(session, link, now=now)
    if accounts.by_email(session, link.email) is not None:
        raise NotAllowed(
            "account-exists",
            N_("This address has an account. Sign in to accept the invitation."),
        )
    user = accounts.add(
        session,
        email=link.email,
        name=name,
        password=password,
        actor=SYSTEM,
        now=now,
        language=language,
    )
    return _take(session, link, user, now=now), user


def pending(session: Session, organisation: Organisation) -> list[OneUseLink]:
    """Invitations to an organisation that were neither used nor revoked, the newest first; some may have ended."""
    query = select(OneUseLink).where(
        OneUseLink.purpose == "invitation",
        OneUseLink.organisation_id == organisation.id,
        OneUseLink.used_at.is_(None),
        OneUseLink.revoked_at.is_(None),
    )
    return list(session.scalars(query.order_by(OneUseLink.id.desc())))


def open_for(session: Session, organisations: Collection[int], role: str, *, now: dt.datetime) -> dict[int, OneUseLink]:
    """The newest open invitation to a role, by organisation (number)."""
    query = select(OneUseLink).where(
        OneUseLink.purpose == "invitation",
        OneUseLink.organisation_id.in_(organisations),
        OneUseLink.role == role,
        OneUseLink.used_at.is_(None),
        OneUseLink.revoked_at.is_(None),
        OneUseLink.expires_at > now,
    )
    return {one.organisation_id: one for one in session.scalars(query.order_by(OneUseLink.id)) if one.organisation_id}


def of_organisation(session: Session, organisation: Organisation, public_id: str) -> OneUseLink:
    """An invitation to the organisation by its public id; raises NotFound."""
    query = select(OneUseLink).where(
        OneUseLink.public_id == public_id,
        OneUseLink.organisation_id == organisation.id,
        OneUseLink.purpose == "invitation",
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _send(
    session: Session,
    email: str,
    organisation: Organisation,
    role: str,
    *,
    actor: Actor,
    now: dt.datetime,
    days: int,
    language: str | None = None,
    inviter: int | None = None,
    name: str = "",
    about: Round | None = None,
    deadline: str = "",
) -> OneUseLink:
    """Write the link, the mail and the event; `inviter` is the user who stands behind a link sent again."""
    link, token = links.make(
        session,
        "invitation",
        email,
        now=now,
        lasts=dt.timedelta(days=days),
        organisation=organisation,
        role=role,
        created_by_id=actor.user_id or inviter,
    )
    roles.tell(session, organisation, role, email, actor=actor, now=now)
    known = accounts.by_email(session, email)
    mail.post(
        session,
        "invitation",
        to=email,
        now=now,
        language=known.language if known is not None else language or actor.language,
        secret=f"/invitations/{token}",
        recipient=known.name if known is not None else name,
        inviter=actor.organisation_name or organisation.name,
        organisation=organisation.name,
        role=ROLE_LABELS[role],
        days=days,
        round_=about,
        round=about.name if about is not None else "",
        deadline=deadline,
    )
    _note(session, SENT, link, actor=actor, now=now)
    return link


def _take(session: Session, link: OneUseLink, user: User, *, now: dt.datetime) -> OneUseLink:
    organisation, role = _aim(link)
    who = Actor(user.id, None, frozenset(), name=user.name)
    roles.require_welcome(session, organisation, user, inviter_id=link.created_by_id, now=now)
    roles.give(
        session,
        user,
        organisation,
        role,
        actor=who,
        now=now,
        grantor_id=link.created_by_id,
    )
    link.used_at, link.user_id = now, user.id
    _note(session, ACCEPTED, link, actor=who, now=now)
    return link


def _aim(link: OneUseLink) -> tuple[Organisation, str]:
    """Organisation and role of an invitation, which always has both."""
    if link.organisation is None or link.role is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return link.organisation, link.role


def require_open(session: Session, link: OneUseLink, *, now: dt.datetime) -> None:
    """Raise LinkOver unless the link still works; where a newer mail holds one that does, it says so."""
    if links.state(link, now=now) == "revoked" and _newer(session, link, now) is not None:
        raise links.LinkOver(
            "link-replaced",
            N_("A newer mail was sent to the same address. The link in that mail works; this older one does not."),
        )
    links.require_open(link, now=now)


def _newer(session: Session, link: OneUseLink, now: dt.datetime) -> OneUseLink | None:
    """An open link that was made later for the same address, organisation and role."""
    organisation, role = _aim(link)
    query = select(OneUseLink).where(
        OneUseLink.purpose == "invitation",
        OneUseLink.id > link.id,
        OneUseLink.organisation_id == organisation.id,
        OneUseLink.role == role,
        OneUseLink.used_at.is_(None),
        OneUseLink.revoked_at.is_(None),
        OneUseLink.expires_at > now,
    )
    address = fold_email(link.email)
    return next(
        (one for one in session.scalars(query.order_by(OneUseLink.id)) if fold_email(one.email) == address), None
    )


def _require_unanswered(session: Session, link: OneUseLink, now: dt.datetime) -> None:
    if links.state(link, now=now) in ("used", "revoked"):
        require_open(session, link, now=now)


def _note(session: Session, kind: str, link: OneUseLink, *, actor: Actor, now: dt.datetime) -> None:
    organisation, role = _aim(link)
    session.flush()
    audit.record(
        session,
        kind,
        actor=actor,
        now=now,
        subject=link,
        role=role,
        organisation=organisation.public_id,
    )
