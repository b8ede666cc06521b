"""The end of the demand phase: accepted versions lock, drafts lapse, the pool is kept as it stood."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.demand import board, pool
from framework.demand.approve import supersede_older
from framework.ground import lifecycle, mail
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_
from framework.rounds import hooks
from models.demand import Demand, PoolSnapshot
from models.people import Organisation, User
from models.rounds import Lot, Round
from models.signons import SignOn


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What locking demand now would leave behind: drafts that lapse, as (member, lot), and members without an answer."""

    drafts: list[tuple[str, str]]
    missing: list[str]


def unfinished(session: Session, round_: Round) -> Unfinished:
    """What the lead should know before locking: two queries, names sorted."""
    drafts = (
        select(Organisation.name, Lot.name)
        .select_from(Demand)
        .join(Organisation, Organisation.id == Demand.member_id)
        .join(Lot, Lot.id == Demand.lot_id)
        .where(Demand.round_id == round_.id, Demand.state == "draft")
        .order_by(Organisation.folded_name, Lot.number)
    )
    members = board.missing_members(session, round_)
    names = select(Organisation.name).where(Organisation.id.in_(members)).order_by(Organisation.folded_name)
    found = [(member, lot) for member, lot in session.execute(drafts)]
    return Unfinished(found, list(session.scalars(names)) if members else [])


def strike(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """The lead takes out a locked version whose member's sign-on is not confirmed; the pool is kept anew (R4)."""
    lifecycle.move(session, demand, "strike", actor=actor, now=now, motive=motive)


def snapshot(session: Session, round_: Round, *, now: dt.datetime) -> PoolSnapshot:
    """Keep the pool as it stands now."""
    session.flush()
    kept = PoolSnapshot(round_id=round_.id, at=now, figures=pool.compute(session, round_).as_plain())
    session.add(kept)
    return kept


def _none_waits(session: Session, round_: Round, context: Context) -> None:
    """Guard of `lock_demand`: what a member handed in is answered first."""
    query = select(func.count()).where(Demand.round_id == round_.id, Demand.state == "submitted")
    waiting = session.scalar(query) or 0
    if waiting:
        raise MoveRefused(
            "demand-submitted",
            NN_(
                "%(count)s declaration still waits for you. Accept or return it, then lock the demand.",
                "%(count)s declarations still wait for you. Accept or return them, then lock the demand.",
            ),
            count=waiting,
        )


def _lock_all(session: Session, round_: Round, context: Context) -> None:
    """Effect of `lock_demand`: accepted → locked, draft → lapsed with a word to the member, pool snapshot stored."""
    query = select(Demand).where(Demand.round_id == round_.id, Demand.state.in_(("accepted", "draft")))
    for demand in session.scalars(query.order_by(Demand.id)).all():
        act = "lock" if demand.state == "accepted" else "lapse"
        lifecycle.move(session, demand, act, actor=SYSTEM, now=context.now)
    snapshot(session, round_, now=context.now)


def _guard_locking(session: Session, demand: Demand, context: Context) -> None:
    if demand.round.state != "demand_locked":
        raise MoveRefused(
            "round-not-locked", N_("A declaration is locked, or lapses, only with the demand of its round.")
        )


def _effect_lock(session: Session, demand: Demand, context: Context) -> None:
    supersede_older(session, demand, "locked", now=context.now)


def _effect_lapse(session: Session, demand: Demand, context: Context) -> None:
    person = session.get(User, demand.created_by_id) if demand.created_by_id is not None else None
    if person is not None:
        mail.post(
            session,
            "demand_lapsed",
            to=person,
            now=context.now,
            round_=demand.round,
            round=demand.round.name,
            lot=demand.lot.name,
            member=demand.member.name,
            path=f"/rounds/{demand.round.public_id}/demand/{demand.public_id}",
        )


def _guard_strike(session: Session, demand: Demand, context: Context) -> None:
    context.require_motive()
    if demand.round.state != "demand_locked":
        raise MoveRefused(
            "round-not-locked", N_("Only while demand is locked, and before the round is ready, can this be struck.")
        )
    query = select(SignOn.id).where(
        SignOn.round_id == demand.round_id,
        SignOn.organisation_id == demand.member_id,
        SignOn.state.in_(pool.ENTITLED),
    )
    if session.scalar(query.limit(1)) is not None:
        raise MoveRefused("member-confirmed", N_("This member's sign-on is confirmed. Its demand cannot be struck."))


def _effect_strike(session: Session, demand: Demand, context: Context) -> None:
    snapshot(session, demand.round, now=context.now)


lifecycle.register("demand", "lock", guard=_guard_locking, effect=_effect_lock)
lifecycle.register("demand", "lapse", guard=_guard_locking, effect=_effect_lapse)
lifecycle.register("demand", "strike", guard=_guard_strike, effect=_effect_strike)
hooks.before("round", "lock_demand", _none_waits)
hooks.after("round", "lock_demand", _lock_all)
