"""Roles: who holds which in which organisation; a withdrawn role is gone on the next request."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, mail
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.labels import ROLE_LABELS
from framework.ground.text import N_
from framework.people import sessions, ties, tokens
from framework.people.addresses import fold_email
from models.disclosure import SupplierInvitation
from models.people import OneUseLink, Organisation, RoleGrant, User
from models.rounds import Round
from models.signons import SignOn

GRANTED = audit.declare("role.granted", "role", "organisation", "user")
WITHDRAWN = audit.declare("role.withdrawn", "role", "organisation", "user")

_OF_KIND = {
    "lead": ("lead", "member", "admin"),
    "buyer": ("member", "admin"),
    "supplier": ("supplier", "admin"),
    "monitor": ("monitor", "admin"),
    "operator": ("operator", "admin"),
}


def fitting(organisation: Organisation) -> tuple[str, ...]:
    """The roles that can be held in an organisation of this kind."""
    brand = ("brand",) if organisation.supplier_kind == "brand" else ()
    return brand + _OF_KIND[organisation.kind]


def grantable(
    session: Session, actor: Actor, organisation: Organisation, *, now: dt.datetime, email: str | None = None
) -> tuple[str, ...]:
    """The roles that `actor` may give, or invite to, in an organisation; empty where none.

    A lead makes the first contact with a body of its rounds and no more: one address, as long as nobody is there.
    From then on only the organisation's own administrator and the operator bring people in, or a lead could seat
    itself behind the seal. `email` is the folded address meant, None before one is named.
    """
    if actor.is_system or "operator" in actor.roles:
        return fitting(organisation)
    if "admin" in actor.roles and actor.organisation_id == organisation.id:
        return fitting(organisation)
    if leads_to(session, actor, organisation) and _is_first_contact(session, organisation, email, now):
        return fitting(organisation)
    return ()


def leads_to(session: Session, actor: Actor, organisation: Organisation) -> bool:
    """Whether the actor is a lead of a round to which this buyer or supplier was invited."""
    is_body = organisation.kind in ("buyer", "supplier")
    return "lead" in actor.roles and is_body and takes_part(session, actor, organisation)


def takes_part(session: Session, actor: Actor, organisation: Organisation) -> bool:
    """Whether the organisation was invited to a round of the actor's organisation."""
    own = select(Round.id).where(Round.organisation_id == actor.organisation_id)
    for table in (SignOn, SupplierInvitation):
        query = select(table.id).where(table.organisation_id == organisation.id, table.round_id.in_(own))
        if session.scalar(query.limit(1)) is not None:
            return True
    return False


def grant(
    session: Session,
    user: User,
    organisation: Organisation,
    role: str,
    *,
    actor: Actor,
    now: dt.datetime,
) -> RoleGrant:
    """Give a role; raises NotAllowed where it is not the actor's to give or ties, MoveRefused where it does not fit.

    Where the operator gives it, the people of the organisation are told.
    """
    require_grantable(session, organisation, role, actor=actor, now=now, email=user.folded_email)
    tell(session, organisation, role, user.email, actor=actor, now=now)
    return give(
        session,
        user,
        organisation,
        role,
        actor=actor,
        now=now,
        grantor_id=actor.user_id,
    )


def require_grantable(
    session: Session, organisation: Organisation, role: str, *, actor: Actor, now: dt.datetime, email: str
) -> None:
    """Raise MoveRefused where the role does not fit the organisation, NotAllowed where the actor may not give it."""
    if role not in fitting(organisation):
        raise MoveRefused(
            "role-unfit",
            N_("This role cannot be held in an organisation of this kind."),
        )
    if role in grantable(session, actor, organisation, now=now, email=email):
        return
    if leads_to(session, actor, organisation):
        raise _contact_made(organisation)
    raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="operator, admin")


def require_welcome(
    session: Session, organisation: Organisation, user: User, *, inviter_id: int | None, now: dt.datetime
) -> None:
    """Raise NotAllowed where a lead's first contact is answered after others have come into the organisation."""
    if inviter_id is None or _brings_people(session, organisation, inviter_id):
        return
    if any(held.user_id != user.id and held.user.is_active for held in held_in(session, organisation, now=now)):
        raise _contact_made(organisation)


def tell(
    session: Session, organisation: Organisation, role: str, address: str, *, actor: Actor, now: dt.datetime
) -> None:
    """Mail the people of an organisation when the operator brings somebody in beside them."""
    if "operator" not in actor.roles or actor.organisation_id == organisation.id:
        return
    people = {held.user_id: held.user for held in held_in(session, organisation, now=now)}
    for user in people.values():
        if user.is_active and user.email != address:
            mail.post(
                session,
                "person_added",
                to=user,
                now=now,
                recipient=user.name,
                address=address,
                role=ROLE_LABELS[role],
                organisation=organisation.name,
                path=f"/organisations/{organisation.public_id}",
            )


def give(
    session: Session,
    user: User,
    organisation: Organisation,
    role: str,
    *,
    actor: Actor,
    now: dt.datetime,
    grantor_id: int | None,
) -> RoleGrant:
    """Write the grant; the caller has checked the right to it. A role that is held is given back as it stands.

    Raises NotAllowed where the person would then stand on both sides of a round.
    """
    held = session.scalar(
        _current().where(
            RoleGrant.user_id == user.id,
            RoleGrant.organisation_id == organisation.id,
            RoleGrant.role == role,
        )
    )
    if held is not None and (held.ends_at is None or held.ends_at > now):
        return held
    if held is not None:
        held.withdrawn_at = held.ends_at
        session.flush()
    ties.require_no_tie(session, user, organisation, role)
    made = RoleGrant(
        user=user,
        organisation=organisation,
        role=role,
        created_at=now,
        created_by_id=grantor_id,
    )
    session.add(made)
    _note(session, GRANTED, made, actor=actor, now=now)
    return made


def withdraw(session: Session, held: RoleGrant, *, actor: Actor, now: dt.datetime) -> None:
    """End a role at once, and the person's sessions in that organisation; its tokens where no role is left to use them.

    Raises NotAllowed, or MoveRefused for the last operator or a role already withdrawn.
    """
    _require_withdrawable(actor, held)
    if held.withdrawn_at is not None:
        raise MoveRefused("role-withdrawn", N_("This role was already withdrawn."))
    if held.role == "operator" and _operators(session, now) <= 1:
        raise MoveRefused(
            "last-operator",
            N_("This is the last operator. Give the role to somebody else first."),
        )
    held.withdrawn_at = now
    session.flush()
    sessions.end_in(session, held.user, held.organisation, now=now)
    tokens.end_without_use(session, held.user, held.organisation.id, because="role-withdrawn", actor=actor, now=now)
    _note(session, WITHDRAWN, held, actor=actor, now=now)


def may_withdraw(actor: Actor, organisation: Organisation) -> bool:
    """Whether the actor may end roles in an organisation."""
    return "operator" in actor.roles or ("admin" in actor.roles and actor.organisation_id == organisation.id)


def held_in(session: Session, organisation: Organisation, *, now: dt.datetime) -> list[RoleGrant]:
    """The roles held now in an organisation, with their people, by name."""
    query = (
        _current()
        .join(User, RoleGrant.user_id == User.id)
        .options(joinedload(RoleGrant.user))
        .where(
            RoleGrant.organisation_id == organisation.id,
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
        )
        .order_by(User.name, RoleGrant.id)
    )
    return list(session.scalars(query))


def _contact_made(organisation: Organisation) -> NotAllowed:
    return NotAllowed(
        "contact-made",
        N_(
            "%(organisation)s has its first person, or another address is invited already. Its own administrator "
            "invites everybody else."
        ),
        rule="SD3",
        organisation=organisation.name,
    )


def _brings_people(session: Session, organisation: Organisation, user_id: int) -> bool:
    """Whether somebody has been of the organisation, or operator: whoever is neither only makes the first contact."""
    ever = select(RoleGrant.id).where(
        RoleGrant.user_id == user_id,
        or_(RoleGrant.organisation_id == organisation.id, RoleGrant.role == "operator"),
    )
    return session.scalar(ever.limit(1)) is not None


def _is_first_contact(session: Session, organisation: Organisation, email: str | None, now: dt.datetime) -> bool:
    """Whether nobody active is in the organisation, and no other address holds an invitation that still works."""
    if any(held.user.is_active for held in held_in(session, organisation, now=now)):
        return False
    invited = select(OneUseLink.email).where(
        OneUseLink.purpose == "invitation",
        OneUseLink.organisation_id == organisation.id,
        OneUseLink.used_at.is_(None),
        OneUseLink.revoked_at.is_(None),
        OneUseLink.expires_at > now,
    )
    return email is None or all(email == fold_email(address) for address in session.scalars(invited))


def _current() -> Select[RoleGrant]:
    return select(RoleGrant).where(RoleGrant.withdrawn_at.is_(None))


def _require_withdrawable(actor: Actor, held: RoleGrant) -> None:
    if not may_withdraw(actor, held.organisation):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="operator, admin")


def _operators(session: Session, now: dt.datetime) -> int:
    """How many active people hold the operator's role."""
    query = (
        select(func.count(func.distinct(RoleGrant.user_id)))
        .join(User, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.role == "operator",
            RoleGrant.withdrawn_at.is_(None),
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
            User.disabled_at.is_(None),
        )
    )
    return session.scalar(query) or 0


def _note(session: Session, kind: str, held: RoleGrant, *, actor: Actor, now: dt.datetime) -> None:
    session.flush()
    audit.record(
        session,
        kind,
        actor=actor,
        now=now,
        subject=held,
        role=held.role,
        organisation=held.organisation.public_id,
        user=held.user.public_id,
    )
