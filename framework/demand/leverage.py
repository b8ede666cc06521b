"""What pooling means to one reader: the figures of the lever strip on every page of a round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy.orm import Session

from framework.demand import brief_figures, ledger, pool
from framework.demand.pooled import LotPool, Pool
from framework.ground.actors import Actor, roles_in
from framework.rounds import settings
from models.rounds import Round

FROM_PUBLICATION = frozenset(
    {"published", "receipt_closed", "opened", "judging", "award", "standstill", "challenged", "in_force", "closed"}
)


@dataclass(frozen=True, slots=True)
class LotLever:
    """One lot: pooled expected quantity in `unit`; `own` and `factor` (pool ÷ own) None where the reader has none."""

    lot_id: int
    code: str
    name: str
    unit: str
    quantity: int
    members: int
    own: int | None = None
    share: Decimal | None = None
    factor: int | None = None


@dataclass(frozen=True, slots=True)
class Lever:
    """The lever strip. Quantities stay apart by lot; `value` is net in `currency`, None = unknown, and a lower
    bound where `value_unknown` lines have none; `holds_money` where the reader is not told it. `best` is the lot in which
    pooling means most to the reader.
    """

    lots: tuple[LotLever, ...]
    members: int
    value: Decimal | None
    currency: str
    value_unknown: int
    best: LotLever | None = None
    holds_money: bool = False


def lever_strip(session: Session, round_: Round, actor: Actor, *, roles: frozenset[str] | None = None) -> Lever | None:
    """The figures this actor may see; None where there is nothing to show or nothing may be shown.

    Lead and members see the pool and their own part. Suppliers see pooled figures only from publication on,
    where the lead publishes the pool (`publish_pool`), and none that the leverage of the lots does not tell them either.
    `roles` where they were asked already.
    """
    roles = roles_in(session, actor, round_) if roles is None else roles
    if roles & {"lead", "member"}:
        return _of(pool.figures(session, round_), actor.organisation_id if "member" in roles else None)
    if not settings.value(round_, "publish_pool") or round_.state not in FROM_PUBLICATION or not roles:
        return None
    return _outside(session, round_, _of(pool.figures(session, round_), None))


def may_see_members(session: Session, actor: Actor, round_: Round) -> bool:
    """Whether single members' volumes may be shown: to the lead always, to members by `share_member_volumes`."""
    roles = roles_in(session, actor, round_)
    if "lead" in roles:
        return True
    return "member" in roles and members_see_members(round_)


def members_see_members(round_: Round) -> bool:
    """Whether the members of a round see what concerns each of the others alone, by `share_member_volumes`."""
    return bool(settings.value(round_, "share_member_volumes") == "members")


def _of(figures: Pool, own: int | None) -> Lever | None:
    lots = tuple(_lot(lot, own) for lot in figures.lots if lot.total.expected or lot.total.maximum)
    if not lots:
        return None
    mine = [lot for lot in lots if lot.factor is not None]
    best = max(mine, key=lambda lot: (lot.own or 0, lot.factor or 0), default=None)
    return Lever(lots, figures.contributing, figures.value, figures.currency, figures.value_unknown, best)


def _lot(lot: LotPool, own: int | None) -> LotLever:
    amount = lot.by_member.get(own) if own is not None else None
    return LotLever(
        lot.lot_id,
        lot.code,
        lot.name,
        lot.unit,
        lot.total.expected,
        lot.declared,
        own=amount.expected if amount is not None else None,
        share=lot.share(own) if own is not None else None,
        factor=lot.factor(own) if own is not None else None,
    )


def _outside(session: Session, round_: Round, lever: Lever | None) -> Lever | None:
    """For readers outside: no figure behind which too few members stand, by the one rule of the ledger, and none that
    would tell something of one member beside what briefs told.

    The value of the round would tell that of a lot which is left out or whose money is not told: then there is none.
    """
    least = settings.value(round_, "min_cell_members")
    if lever is None or lever.members < least:
        return None
    told, exact = ledger.told_outside(session, round_), brief_figures.exactly_told(session, round_)
    lots = tuple(
        lot for lot in lever.lots if lot.members >= least and told[lot.lot_id].is_told and lot.lot_id in exact.lots
    )
    if not lots:
        return None
    if len(lots) == len(lever.lots) and exact.value and all(told[lot.lot_id].tells_money for lot in lots):
        return replace(lever, lots=lots)
    return replace(lever, lots=lots, value=None, value_unknown=0, holds_money=True)
