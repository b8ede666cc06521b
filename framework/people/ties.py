"""Ties between the two sides: a role is refused to whoever would then stand on both sides of a round (SD3, SD4)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from framework.ground.errors import NotAllowed
from framework.ground.sides import NOT_SIGNED_ON, buys, may_supply
from framework.ground.text import N_
from models.people import Organisation, RoleGrant, User
from models.rounds import Round
from models.signons import SignOn

OVER = ("closed", "archived", "cancelled")


def require_no_tie(session: Session, user: User, organisation: Organisation, role: str) -> None:
    """Raise NotAllowed where the role would bring a person behind the seal of a round in which they also buy.

    Any role in a supplier counts, since an administrator invites others. While a tender is open every supplier
    may take part in it; so the answer tells nobody who was invited or has sent something (law L07b).
    """
    tied = False
    if organisation.kind == "supplier":
        _require_no_operator(session, user)
        own = select(Organisation.id).where(Organisation.id == organisation.id)
        tied = _is_any(session, buys(user.id), may_supply(own))
    elif role == "operator":
        tied = session.scalar(_suppliers_of(user).limit(1)) is not None
    elif role in ("lead", "member", "monitor"):
        tied = _is_any(session, _would_buy(organisation, role), may_supply(_suppliers_of(user)), _works(user))
    if tied:
        raise NotAllowed(
            "both-sides",
            N_(
                "%(name)s cannot take this role at %(organisation)s: nobody stands on the buying and on the supplying "
                "side of one round."
            ),
            rule="SD3",
            name=user.name,
            organisation=organisation.name,
        )


def _require_no_operator(session: Session, user: User) -> None:
    held = select(RoleGrant.id).where(
        RoleGrant.user_id == user.id, RoleGrant.role == "operator", RoleGrant.withdrawn_at.is_(None)
    )
    if session.scalar(held.limit(1)) is not None:
        raise NotAllowed(
            "operator-and-supplier",
            N_("%(name)s operates this installation and cannot work for a supplier in it."),
            rule="SD4",
            name=user.name,
        )


def _would_buy(organisation: Organisation, role: str) -> ColumnElement[bool]:
    """The rounds in which the role puts its holder on the buying side."""
    if role == "monitor":
        return true()
    if role == "lead":
        return Round.organisation_id == organisation.id
    signed = select(SignOn.round_id).where(
        SignOn.organisation_id == organisation.id, SignOn.state.not_in(NOT_SIGNED_ON)
    )
    return Round.id.in_(signed)


def _suppliers_of(user: User) -> Select[int]:
    """The suppliers in which a person holds a role."""
    return (
        select(RoleGrant.organisation_id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(RoleGrant.user_id == user.id, RoleGrant.withdrawn_at.is_(None), Organisation.kind == "supplier")
    )


def _works(user: User) -> ColumnElement[bool]:
    """Whether the person works for a supplier at all."""
    return _suppliers_of(user).exists()


def _is_any(session: Session, *conditions: ColumnElement[bool]) -> bool:
    query = select(Round.id).where(Round.state.not_in(OVER), *conditions)
    return session.scalar(query.limit(1)) is not None
