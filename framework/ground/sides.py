"""The two sides of a round: who buys in it and who may supply to it; nobody stands on both (SD3)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, or_, select

from models.disclosure import Submission, SupplierInvitation
from models.people import Appointment, RoleGrant
from models.rounds import Round
from models.signons import SignOn

OPEN_TO_SUPPLIERS = ("published", "receipt_closed")
CONSULTED = frozenset({"demand", "demand_locked", "ready"})
"""States in which invited suppliers may be asked for indicative prices: before anything is published, never beside a tender."""
NOT_SIGNED_ON = ("left", "refused")


def buys(user_id: int | None) -> ColumnElement[bool]:
    """Whether a person stands on the buying side of the round of the query, in whichever organisation they act now.

    As its lead, for a body that is signed on, as a monitor or operator of the installation, or by an appointment.
    """
    signed = select(SignOn.round_id).where(
        SignOn.organisation_id.in_(_held(user_id, "member")), SignOn.state.not_in(NOT_SIGNED_ON)
    )
    named = select(Appointment.round_id).where(Appointment.user_id == user_id, Appointment.withdrawn_at.is_(None))
    return or_(
        Round.organisation_id.in_(_held(user_id, "lead")),
        Round.id.in_(signed),
        Round.id.in_(named),
        _held(user_id, "monitor", "operator").exists(),
    )


def may_supply(organisations: Select[int]) -> ColumnElement[bool]:
    """Whether one of the organisations was invited to the round of the query, has sent something, or still may."""
    invited = select(SupplierInvitation.round_id).where(SupplierInvitation.organisation_id.in_(organisations))
    sent = select(Submission.round_id).where(Submission.supplier_id.in_(organisations))
    return or_(Round.state.in_(OPEN_TO_SUPPLIERS), Round.id.in_(invited), Round.id.in_(sent))


def _held(user_id: int | None, *roles: str) -> Select[int]:
    """The organisations in which a person holds one of the roles."""
    return select(RoleGrant.organisation_id).where(
        RoleGrant.user_id == user_id, RoleGrant.role.in_(roles), RoleGrant.withdrawn_at.is_(None)
    )
