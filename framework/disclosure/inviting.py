"""Which suppliers a lead invites to a round, and when they hear of it: at once, or with the publication."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.demand import price_lists
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.mail import post
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import hooks
from framework.rounds.telling import local_words, people
from models.disclosure import Submission, SupplierInvitation
from models.people import Organisation, RoleGrant
from models.rounds import Round

INVITED = audit.declare("supplier.invited", "organisation")
UNINVITED = audit.declare("supplier.uninvited", "organisation")


def invite(
    session: Session, round_: Round, supplier: Organisation, *, actor: Actor, now: dt.datetime
) -> SupplierInvitation:
    """Invite a supplier; its people get a mail now, or with the publication, since they see nothing before it.

    Raises NotAllowed, InvalidInput (no supplier), MoveRefused (invited already).
    """
    permissions.require(session, actor, Permission.SUPPLIER_INVITE, round_)
    if supplier.kind != "supplier":
        raise InvalidInput("no-supplier", N_("Choose a supplier of the list."), field="organisation")
    if find(session, round_, supplier) is not None:
        raise MoveRefused("invited-already", N_("%(supplier)s is invited already."), supplier=supplier.name)
    invitation = SupplierInvitation(round=round_, organisation=supplier, created_at=now, created_by_id=actor.user_id)
    session.add(invitation)
    session.flush()
    audit.record(session, INVITED, actor=actor, now=now, subject=invitation, organisation=supplier.public_id)
    if round_.state == "published":
        _tell(session, invitation, now)
    price_lists.tell_invited(session, round_, [supplier.id], now=now)
    return invitation


def take_back(session: Session, invitation: SupplierInvitation, *, actor: Actor, now: dt.datetime) -> None:
    """Take an invitation back; after publication the supplier knows of the round and stays. Raises MoveRefused."""
    round_, supplier = invitation.round, invitation.organisation
    permissions.require(session, actor, Permission.SUPPLIER_INVITE, round_)
    if round_.state == "published":
        raise MoveRefused("told-already", N_("The round is published: the supplier was told and stays invited."))
    audit.record(session, UNINVITED, actor=actor, now=now, subject=invitation, organisation=supplier.public_id)
    session.delete(invitation)


def find(session: Session, round_: Round, supplier: Organisation) -> SupplierInvitation | None:
    """The invitation of a supplier to a round."""
    query = select(SupplierInvitation).where(
        SupplierInvitation.round_id == round_.id, SupplierInvitation.organisation_id == supplier.id
    )
    return session.scalar(query)


def listed(session: Session, round_: Round) -> Sequence[SupplierInvitation]:
    """The invitations of a round, by name."""
    query = (
        select(SupplierInvitation)
        .join(Organisation, Organisation.id == SupplierInvitation.organisation_id)
        .options(joinedload(SupplierInvitation.organisation))
        .where(SupplierInvitation.round_id == round_.id)
        .order_by(Organisation.folded_name)
    )
    return session.scalars(query).all()


def may_be_invited(session: Session, round_: Round) -> Sequence[Organisation]:
    """Suppliers of the installation that are not invited yet, by name."""
    invited = select(SupplierInvitation.organisation_id).where(SupplierInvitation.round_id == round_.id)
    query = select(Organisation).where(Organisation.kind == "supplier", Organisation.id.not_in(invited))
    return session.scalars(query.order_by(Organisation.folded_name)).all()


def with_people(session: Session, invitations: Sequence[SupplierInvitation]) -> set[int]:
    """The invited organisations in which somebody holds the role of supplier: only they can be told."""
    query = select(RoleGrant.organisation_id).where(
        RoleGrant.organisation_id.in_([one.organisation_id for one in invitations]),
        RoleGrant.role == "supplier",
        RoleGrant.withdrawn_at.is_(None),
    )
    return set(session.scalars(query))


def took_part(session: Session, round_: Round) -> dict[int, str]:
    """After the opening: organisation to `opened` or `late`; nothing at all before it (law L07b)."""
    if round_.opened_at is None:
        return {}
    query = select(Submission.supplier_id, Submission.opened_at).where(Submission.round_id == round_.id)
    found: dict[int, str] = {}
    for supplier_id, opened_at in session.execute(query):
        found[supplier_id] = "opened" if opened_at is not None else found.get(supplier_id, "not_counted")
    return found


def _tell_all(session: Session, round_: Round, context: Context) -> None:
    for invitation in listed(session, round_):
        _tell(session, invitation, context.now)


def _tell(session: Session, invitation: SupplierInvitation, now: dt.datetime) -> None:
    round_, supplier = invitation.round, invitation.organisation
    for user in people(session, [supplier.id], "supplier", now=now):
        post(
            session,
            "supplier_invited",
            to=user,
            now=now,
            round_=round_,
            recipient=user.name,
            round_name=round_.name,
            lead=round_.organisation.name,
            organisation=supplier.name,
            deadline=local_words(round_.tender_deadline, round_.zone),
            path=f"/rounds/{round_.public_id}/disclosure",
        )


hooks.after("round", "publish", _tell_all)
