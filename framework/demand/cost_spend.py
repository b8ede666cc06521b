"""A member states its yearly spend in scope, without which nothing can be divided by spend (records 1 and 11)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand.pool import ENTITLED
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotFound, Stale
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.rounds import Round
from models.signons import SignOn

STATED = audit.declare("costs.spend_stated", "before", "after")
MOST_MONEY = Decimal(10) ** 12


def own(session: Session, round_: Round, member_id: int | None) -> SignOn | None:
    """The confirmed sign-on of a member, whose spend counts; None where it has none."""
    query = select(SignOn).where(
        SignOn.round_id == round_.id, SignOn.organisation_id == member_id, SignOn.state.in_(ENTITLED)
    )
    return session.scalar(query)


def state(
    session: Session, round_: Round, amount: Decimal | None, *, actor: Actor, now: dt.datetime, version: int
) -> None:
    """Write down the spend, net, in the currency of the round; 0 says that nothing is in scope.

    What was proposed keeps the spend it was divided by. Raises NotFound without a confirmed sign-on, InvalidInput where
    it is no amount, Stale where the sign-on is not the one that was looked at.
    """
    permissions.require(session, actor, Permission.COSTS_ANSWER, round_)
    sign_on = own(session, round_, actor.organisation_id)
    if sign_on is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if sign_on.version != version:
        raise Stale(
            "stale",
            N_(
                "Your sign-on was changed by somebody else meanwhile. What you typed is kept below: look at what is stated now, and send it again if it is right."
            ),
        )
    if amount is None or not 0 <= amount < MOST_MONEY or amount != round(amount, 2):
        raise InvalidInput(
            "spend-invalid", N_("Give your yearly spend as an amount with at most two decimals."), field="spend"
        )
    before = sign_on.in_scope_spend_annual
    sign_on.in_scope_spend_annual = amount
    audit.record(
        session,
        STATED,
        actor=actor,
        now=now,
        subject=sign_on,
        before=str(before) if before is not None else None,
        after=f"{amount:.2f}",
    )
