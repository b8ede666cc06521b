"""Roles: who holds which in which organisation; a withdrawn role is gone on the next request."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.text import N_
from models.disclosure import SupplierInvitation
from models.people import Organisation, RoleGrant, User
from models.rounds import Round
from models.signons import SignOn

GRANTED = audit.declare("role.granted", "role", "organisation", "user")
WITHDRAWN = audit.declare("role.withdrawn", "role", "organisation", "user")

ROLE_LABELS = {
    "lead": N_("lead"),
    "member": N_("member"),
    "supplier": N_("supplier"),
    "brand": N_("brand"),
    "monitor": N_("monitor"),
    "operator": N_("operator"),
    "admin": N_("administrator of the organisation"),
}
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


def grantable(session: Session, actor: Actor, organisation: Organisation) -> tuple[str, ...]:
    """The roles that `actor` may give, or invite to, in an organisation; empty where none."""
    if actor.is_system or "operator" in actor.roles:
        return fitting(organisation)
    if "admin" in actor.roles and actor.organisation_id == organisation.id:
        return fitting(organisation)
    if (
        "lead" in actor.roles
        and organisation.kind in ("buyer", "supplier")
        and takes_part(session, actor, organisation)
    ):
        return fitting(organisation)
    return ()


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
    """Give a role; raises NotAllowed where it is not the actor's to give, MoveRefused where it does not fit or is held."""
    require_grantable(session, organisation, role, actor=actor)
    return give(
        session,
        user,
        organisation,
        role,
        actor=actor,
        now=now,
        grantor_id=actor.user_id,
    )


def require_grantable(session: Session, organisation: Organisation, role: str, *, actor: Actor) -> None:
    """Raise MoveRefused where the role does not fit the organisation, NotAllowed where the actor may not give it."""
    if role not in fitting(organisation):
        raise MoveRefused(
            "role-unfit",
            N_("This role cannot be held in an organisation of this kind."),
        )
    if role not in grantable(session, actor, organisation):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="operator, admin")


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
    """Write the grant; the caller has checked the right to it. A role that is held is given back as it stands."""
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
    """End a role at once; raises NotAllowed, or MoveRefused for the last operator or a role already withdrawn."""
    _require_withdrawable(actor, held)
    if held.withdrawn_at is not None:
        raise MoveRefused("role-withdrawn", N_("This role was already withdrawn."))
    if held.role == "operator" and _operators(session, now) <= 1:
        raise MoveRefused(
            "last-operator",
            N_("This is the last operator. Give the role to somebody else first."),
        )
    held.withdrawn_at = now
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
