"""The agreements of a round as each reader may know of them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session, joinedload

from framework.award.mandate import CONFIRMED
from framework.contract import awarded
from framework.ground.actors import Actor
from framework.ground.errors import NotFound
from framework.ground.permissions import UNDER_AGREEMENT
from framework.ground.text import N_, storable
from models.award import Award, AwardDecision
from models.contract import Agreement
from models.rounds import Lot, Round
from models.signons import SignOn


def visible(session: Session, round_: Round, actor: Actor, roles: Collection[str]) -> list[Agreement]:
    """The agreements of a round by lot and number; `roles` are the actor's in the round.

    Before the letters have left only the lead knows who is to get a lot. From then on members whose sign-on is confirmed read all, a
    contractor its own.
    """
    return list(session.scalars(_of(round_).where(_may_know(actor, roles))))


def has_any(session: Session, round_: Round, actor: Actor, roles: Collection[str]) -> bool:
    """Whether there is any agreement that this reader may know of."""
    query = select(Agreement.id).where(Agreement.round_id == round_.id, _may_know(actor, roles))
    return session.scalar(query.limit(1)) is not None


def drafts(session: Session, round_: Round, actor: Actor, roles: Collection[str]) -> list[Agreement]:
    """Of these the drafts on an award that stands."""
    standing = Agreement.award_id.in_(select(Award.id).where(awarded.stands(round_)))
    return list(session.scalars(_of(round_).where(_may_know(actor, roles), Agreement.state == "draft", standing)))


def public(session: Session, round_: Round) -> list[Agreement]:
    """The signed agreements of a round in force or closed, for everybody: who supplies which lot, how long, is published."""
    if round_.state not in UNDER_AGREEMENT:
        return []
    return list(session.scalars(_of(round_).where(Agreement.signed_at.is_not(None))))


def one(session: Session, round_: Round, public_id: str, actor: Actor, roles: Collection[str]) -> Agreement:
    """One of them; raises NotFound for whatever this reader may not know of."""
    query = select(Agreement).where(
        Agreement.round_id == round_.id, Agreement.public_id == storable(public_id), _may_know(actor, roles)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def joined(actor: Actor) -> Select[int]:
    """The rounds, by number, in which the sign-on of the actor's organisation is confirmed, whatever became of it since but leaving."""
    return select(SignOn.round_id).where(SignOn.organisation_id == actor.organisation_id, SignOn.state.in_(CONFIRMED))


def _of(round_: Round) -> Select[Agreement]:
    return (
        select(Agreement)
        .join(Lot, Lot.id == Agreement.lot_id)
        .options(joinedload(Agreement.lot), joinedload(Agreement.contractor))
        .where(Agreement.round_id == round_.id)
        .order_by(Lot.number, Agreement.number)
    )


def _may_know(actor: Actor, roles: Collection[str]) -> ColumnElement[bool]:
    if "lead" in roles:
        return true()
    announced = Agreement.award_id.in_(
        select(Award.id)
        .join(AwardDecision, AwardDecision.id == Award.decision_id)
        .where(AwardDecision.announced_at.is_not(None))
    )
    ways: list[ColumnElement[bool]] = [false()]
    if "member" in roles:
        ways.append(Agreement.round_id.in_(joined(actor)))
    if "supplier" in roles:
        ways.append(Agreement.contractor_id == actor.organisation_id)
    return and_(announced, or_(*ways))
