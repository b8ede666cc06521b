"""Who acts: a person in an organisation, with the roles held there; or the system."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import false, select, true
from sqlalchemy.orm import Session

from framework.ground.sides import CONSULTED, NOT_SIGNED_ON, OPEN_TO_SUPPLIERS, buys
from models.disclosure import Submission, SupplierInvitation
from models.people import Appointment, RoleGrant
from models.prices import PriceList
from models.rounds import Round
from models.signons import SignOn


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person acting for one organisation; the organisation comes from the session, never from a form (SD12).

    `roles` are those held in that organisation. `factor_at` says when this session gave its
    second factor last, `factor_roles` which roles need one in this installation. `session_ref`
    tells two sessions of one person apart.
    """

    user_id: int | None
    organisation_id: int | None
    roles: frozenset[str]
    name: str = ""
    organisation_name: str = ""
    session_ref: str = ""
    request_ref: str = ""
    factor_at: dt.datetime | None = None
    factor_roles: frozenset[str] = frozenset()
    language: str = "en"

    @property
    def second_factor(self) -> bool:
        """Whether this session gave its second factor."""
        return self.factor_at is not None

    @property
    def is_system(self) -> bool:
        """Whether the clock or a consequence acts, not a person."""
        return "system" in self.roles


SYSTEM = Actor(None, None, frozenset({"system"}), name="system")
NOBODY = Actor(None, None, frozenset())


def round_of(record: object) -> Round | None:
    """The round a record belongs to: itself, or its `round`."""
    return record if isinstance(record, Round) else getattr(record, "round", None)


@dataclass(frozen=True, slots=True)
class Tasks:
    """The roles a person was appointed to in a round: for the organisation it acts for, and any it has for whichever one."""

    here: frozenset[str]
    anywhere: frozenset[str]


def tasks_of(session: Session, actor: Actor, round_: Round) -> Tasks:
    """The tasks of a person in the round, and with them its roles in the installation. One query."""
    named = select(Appointment.role, Appointment.organisation_id, true()).where(
        Appointment.round_id == round_.id, Appointment.user_id == actor.user_id, Appointment.withdrawn_at.is_(None)
    )
    granted = select(RoleGrant.role, RoleGrant.organisation_id, false()).where(
        RoleGrant.user_id == actor.user_id, RoleGrant.withdrawn_at.is_(None)
    )
    found = session.execute(named.union(granted)).all()
    here = frozenset(role for role, body, is_named in found if is_named and body == actor.organisation_id)
    return Tasks(here, frozenset(role for role, _body, _named in found))


def roles_in(
    session: Session, actor: Actor, round_: Round | None, *, appointed: frozenset[str] | None = None
) -> frozenset[str]:
    """The roles `actor` has in this round: lead, member, supplier, consulted, monitor, operator and the appointments.

    `consulted` is a supplier that the lead invited and asks for indicative prices before the publication: it may do
    that and know nothing else of the round. Whoever gave a list stays it when nobody is asked any more: its list counts,
    so it sees and withdraws it.

    Whoever stands on the buying side, in whichever organisation, is no supplier of the round (SD3): acting for
    another organisation is no way behind the seal. `appointed` are its appointments (`Tasks.here`) where they were asked for.
    """
    if actor.is_system or round_ is None:
        return actor.roles
    roles = set(actor.roles & {"monitor", "operator"})
    if "lead" in actor.roles and actor.organisation_id == round_.organisation_id:
        roles.add("lead")
    if "member" in actor.roles and is_signed_on(session, actor.organisation_id, round_):
        roles.add("member")
    supplies = "supplier" in actor.roles and _supplies(session, actor.organisation_id, round_)
    if supplies and not _buys(session, actor, round_):
        roles.add("supplier")
    elif "supplier" in actor.roles and _is_consulted(session, actor, round_):
        roles.add("consulted")
    return frozenset(roles | (_appointments(session, actor, round_) if appointed is None else appointed))


def roles_for(session: Session, actor: Actor, record: object) -> frozenset[str]:
    """As `roles_in`, but member, supplier and brand only for the organisation that owns the record.

    The owner keeps these also where its sign-on or invitation is over; but whoever buys in the round is no supplier
    of a record in it either (SD3).
    """
    round_ = round_of(record)
    roles = roles_in(session, actor, round_)
    owner = getattr(record, "owner_id", None)
    if owner is None or actor.is_system:
        return roles
    owned = actor.roles & {"member", "supplier", "brand"} if owner == actor.organisation_id else frozenset()
    if "supplier" in owned and round_ is not None and _buys(session, actor, round_):
        owned -= {"supplier"}
    return (roles - {"member", "supplier", "brand"}) | owned


def is_signed_on(session: Session, organisation_id: int | None, round_: Round) -> bool:
    """Whether the organisation has a current sign-on (not left, not refused) in the round."""
    query = select(SignOn.id).where(
        SignOn.round_id == round_.id,
        SignOn.organisation_id == organisation_id,
        SignOn.state.not_in(NOT_SIGNED_ON),
    )
    return session.scalar(query.limit(1)) is not None


SUPPLIER_SEES_FROM = frozenset(
    {
        "published",
        "receipt_closed",
        "opened",
        "judging",
        "award",
        "standstill",
        "challenged",
        "in_force",
        "closed",
    }
)


def _supplies(session: Session, organisation_id: int | None, round_: Round) -> bool:
    """Until the opening a published round is open to any supplier; afterwards to those that were invited or sent something.

    The moment at which the clock job closes receipt must not change who may know of the round.
    """
    if round_.state in OPEN_TO_SUPPLIERS:
        return True
    if round_.state not in SUPPLIER_SEES_FROM and round_.state != "cancelled":
        return False
    for table, column in (
        (SupplierInvitation, SupplierInvitation.organisation_id),
        (Submission, Submission.supplier_id),
    ):
        query = select(table.id).where(table.round_id == round_.id, column == organisation_id)
        if session.scalar(query.limit(1)) is not None:
            return True
    return False


def _is_consulted(session: Session, actor: Actor, round_: Round) -> bool:
    if round_.state not in CONSULTED:
        return False
    invited = select(SupplierInvitation.id).where(
        SupplierInvitation.round_id == round_.id, SupplierInvitation.organisation_id == actor.organisation_id
    )
    if not (round_.settings or {}).get("ask_indicative_prices"):
        given = select(PriceList.id).where(
            PriceList.round_id == round_.id, PriceList.supplier_id == actor.organisation_id
        )
        invited = invited.where(given.exists())
    return session.scalar(invited.limit(1)) is not None and not _buys(session, actor, round_)


def _buys(session: Session, actor: Actor, round_: Round) -> bool:
    query = select(Round.id).where(Round.id == round_.id, buys(actor.user_id))
    return session.scalar(query) is not None


def _appointments(session: Session, actor: Actor, round_: Round) -> frozenset[str]:
    query = select(Appointment.role).where(
        Appointment.round_id == round_.id,
        Appointment.user_id == actor.user_id,
        Appointment.organisation_id == actor.organisation_id,
        Appointment.withdrawn_at.is_(None),
    )
    return frozenset(session.scalars(query))
