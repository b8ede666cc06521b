"""What the readiness list looks at, loaded once in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.rounds import opener_keys
from models.demand import Demand, DemandLine
from models.people import Appointment, Organisation, RoleGrant
from models.rounds import Criterion, Lot, Round
from models.sealing import ring
from models.signons import SignOn


@dataclass(frozen=True, slots=True)
class Pooled:
    """Expected demand of the locked declarations of confirmed members in one lot; `value` None where one is unknown."""

    quantity: int
    value: Decimal | None


@dataclass(slots=True)
class Facts:
    """What the rows look at, loaded once: the round with its rows, sign-ons, pooled demand per lot, openers.

    `keyless_openers` have chosen no passphrase yet; `can_deposit`: the installation has a place in memory for keys.
    """

    round: Round
    lots: list[Lot]
    sign_ons: list[SignOn]
    pooled: dict[int, Pooled]
    strays: list[str]
    openers: list[Appointment]
    tied_openers: list[str]
    keyless_openers: list[str]
    can_deposit: bool

    def confirmed(self) -> list[SignOn]:
        """The sign-ons that will stand on the frozen list."""
        return [s for s in self.sign_ons if s.state in ("confirmed", "active")]

    def refusable(self) -> list[SignOn]:
        """The sign-ons that publication will refuse unless their class is named."""
        named = {c.name for c in self.round.member_classes}
        waiting = [s for s in self.sign_ons if s.state in ("invited", "interested", "mandate_pending")]
        return [s for s in waiting if not (s.eligibility_basis == "class_in_notice" and s.class_name in named)]

    def award_criteria(self, lot: Lot) -> list[Criterion]:
        """The award criteria that hold for a lot: its own and those of every lot."""
        return [c for c in self.round.criteria if c.place == "award" and c.lot_id in (None, lot.id)]


def gather(session: Session, round_: Round) -> Facts:
    """Load what the rows look at, in a fixed number of queries."""
    sign_ons = session.scalars(
        select(SignOn)
        .options(joinedload(SignOn.organisation))
        .where(SignOn.round_id == round_.id, SignOn.state.not_in(("left", "refused")))
        .order_by(SignOn.id)
    ).all()
    openers = session.scalars(
        select(Appointment)
        .options(joinedload(Appointment.user))
        .where(Appointment.round_id == round_.id, Appointment.role == "opener", Appointment.withdrawn_at.is_(None))
        .order_by(Appointment.id)
    ).all()
    return Facts(
        round=round_,
        lots=list(round_.lots),
        sign_ons=list(sign_ons),
        pooled=pooled_demand(session, round_),
        strays=_strays(session, round_),
        openers=list(openers),
        tied_openers=_tied(session, openers),
        keyless_openers=opener_keys.without(openers, opener_keys.of_round(session, round_)),
        can_deposit=_can_deposit(round_),
    )


def _can_deposit(round_: Round) -> bool:
    """Whether keys can be kept in memory; tried only where a round needs it."""
    deposits = ring().deposits
    return deposits is not None and (not opener_keys.is_on(round_) or deposits.works())


def pooled_demand(session: Session, round_: Round) -> dict[int, Pooled]:
    """Lot id to the expected demand of its locked declarations of confirmed members (records.md 2, law L05)."""
    query = (
        select(
            Demand.lot_id,
            func.coalesce(func.sum(DemandLine.qty_expected), 0),
            func.sum(DemandLine.value_expected),
            func.count(DemandLine.id).filter(DemandLine.value_expected.is_(None), DemandLine.qty_expected > 0),
        )
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .where(Demand.round_id == round_.id, Demand.state == "locked", Demand.member_id.in_(_confirmed_members(round_)))
        .group_by(Demand.lot_id)
    )
    found = session.execute(query)
    return {
        lot: Pooled(int(qty or 0), None if unknown or money is None else money) for lot, qty, money, unknown in found
    }


def _confirmed_members(round_: Round):  # type: ignore[no-untyped-def]
    return select(SignOn.organisation_id).where(
        SignOn.round_id == round_.id, SignOn.state.in_(("confirmed", "active", "suspended"))
    )


def _strays(session: Session, round_: Round) -> list[str]:
    """Names of the members with a locked declaration and no confirmed sign-on."""
    query = (
        select(Organisation.name)
        .join(Demand, Demand.member_id == Organisation.id)
        .where(
            Demand.round_id == round_.id, Demand.state == "locked", Demand.member_id.not_in(_confirmed_members(round_))
        )
        .distinct()
        .order_by(Organisation.name)
    )
    return list(session.scalars(query))


def _tied(session: Session, openers: object) -> list[str]:
    """Names of the openers that also hold a role at a supplier (SD3)."""
    named = {opener.user_id: opener.user.name for opener in openers}  # type: ignore[attr-defined]
    query = (
        select(RoleGrant.user_id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(RoleGrant.user_id.in_(named), RoleGrant.withdrawn_at.is_(None), Organisation.kind == "supplier")
    )
    return sorted({named[user] for user in session.scalars(query)}) if named else []
