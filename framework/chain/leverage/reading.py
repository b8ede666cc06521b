"""What one reader sees of the leverage of a lot: chosen by offer and component, within what this reader may know."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.leverage import figures as counting
from framework.chain.leverage import stored
from framework.chain.leverage.figures import Figures, Sum
from framework.chain.leverage.stored import AUDIENCES, TAKES_PART, Flow, Kind
from framework.chain.shared import audience_of
from framework.demand import ledger
from framework.demand.ledger import Ledger
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import Reader
from models.chain import Component, Link, Mention, Product
from models.disclosure import Submission
from models.rounds import Lot

KEPT = 12

_kept: OrderedDict[tuple[Any, ...], tuple[Flow | None, Figures | None]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class View:
    """The leverage of a lot as one reader sees it: which kinds there are, the one that is looked at, its figures.

    `offers` are the submissions that count, `offer` the one looked at (None = all). `flow` and `figures` are None where
    no offer is counted yet.
    """

    lot: Lot
    ledger: Ledger
    offers: tuple[int, ...]
    offer: int | None
    kinds: tuple[Kind, ...]
    kind: str
    flow: Flow | None
    figures: Figures | None
    audience: int
    waiting: int


@dataclass(frozen=True, slots=True)
class SiteLeverage:
    """What weighs at a site, for one component: pieces and money that come out of it, and what stands behind its models.

    Money in cents of `currency`, None = not known, a lower bound where `missing` members gave no value. `share` is its part
    of the lot's pool. None of it is real leverage: it was declared, not bought.
    """

    component_type: str
    tier: int
    unit: str
    currency: str
    units: int
    cents: int | None
    behind: int
    behind_cents: int | None
    members: int
    missing: int
    is_assumed: bool
    rank: int
    sites: int
    share: Fraction | None
    held_back: bool


def forget() -> None:
    """Keep nothing: for measuring."""
    _kept.clear()


def ledger_for(session: Session, lot: Lot, reader: Reader) -> Ledger:
    """The demand of a lot that this reader may see the sums of."""
    found = ledger.ledgers(session, lot.round) if reader.inside else ledger.told_outside(session, lot.round)
    return found[lot.id]


def view(
    session: Session,
    lot: Lot,
    reader: Reader,
    *,
    offer: int | None = None,
    kind: str = FINAL_ASSEMBLY,
    leaver: int | None = None,
) -> View:
    """The leverage of a lot. An offer or a kind that is not there is read as all offers, as the final assembly."""
    held, of = ledger_for(session, lot, reader), stored.offers(session, lot)
    offer = offer if offer in of else None
    kinds = stored.kinds(session, lot, offer, of)
    known = [one.component_type for one in kinds]
    kind = kind if kind in known else FINAL_ASSEMBLY
    audience = AUDIENCES.index(audience_of(reader, lot))
    chosen = next((one for one in kinds if one.component_type == kind), None)
    flow, found = _looked(session, lot, offer, chosen, of, held, audience, leaver) if chosen else (None, None)
    waiting = _waiting(session, lot, of)
    return View(lot, held, tuple(of), offer, tuple(kinds), kind, flow, found, audience, waiting)


def leverage_of(session: Session, lot: Lot, site_ids: Collection[int], reader: Reader) -> dict[int, list[SiteLeverage]]:
    """What weighs at each of these sites in a lot, by the components made there, the first tier first.

    A site that this reader does not see in the lot, or where nothing is made for it, is left out. Six queries and one
    more for each component type that is made at one of the sites.
    """
    held, of = ledger_for(session, lot, reader), stored.offers(session, lot)
    audience = AUDIENCES.index(audience_of(reader, lot))
    kinds = {one.component_type: one for one in stored.kinds(session, lot, None, of)}
    found: dict[int, list[SiteLeverage]] = {}
    for component_type in _made_at(session, lot, site_ids):
        kind = kinds.get(component_type)
        flow, counted = _looked(session, lot, None, kind, of, held, audience, None) if kind else (None, None)
        if flow is None or counted is None:
            continue
        for site in site_ids:
            if site in counted.sites:
                found.setdefault(site, []).append(_site(flow.kind, counted, counted.sites[site], held))
    return {site: sorted(some, key=lambda one: (one.tier, one.component_type)) for site, some in found.items()}


def members_at(flow: Flow, held: Ledger, site: int, audience: int) -> list[tuple[int, int, int | None]]:
    """The members linked to a site, each with pieces and cents of the models made there (rounded half up); the most first.

    For readers who may see single members only.
    """
    behind: dict[tuple[str, str], int] = {}
    groups, _brands, places, _parts, parts_behind, _assumed = flow.columns
    there = {n for n, place in enumerate(flow.places) if place.site == site and place.level <= audience}
    for group, place, part in zip(groups, places, parts_behind, strict=True):
        if place in there:
            behind[flow.groups[group]] = behind.get(flow.groups[group], 0) + part
    found = []
    for member in held.members(behind):
        shares = [(part, held.groups[g][member]) for g, part in behind.items() if member in held.groups.get(g, {})]
        known = [part * share.cents for part, share in shares if share.cents is not None]
        units = sum(part * share.units for part, share in shares)
        cents = counting.half_up(sum(known), flow.kind.whole) if known else None
        found.append((member, counting.half_up(units, flow.kind.whole), cents))
    return sorted(found, key=lambda one: (-(one[2] or 0), -one[1], one[0]))


def _looked(
    session: Session,
    lot: Lot,
    offer: int | None,
    kind: Kind,
    of: Sequence[int],
    held: Ledger,
    audience: int,
    leaver: int | None,
) -> tuple[Flow | None, Figures | None]:
    """Flow and figures of a kind. They are kept as long as neither flows nor demand were counted anew."""
    key = (kind.made, held.stamp, held.held_back, audience, leaver)
    may_keep = bool(kind.made and held.stamp) and not session.info.get("write")
    if may_keep and key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    flow = _flow(session, lot, offer, kind.component_type, of, held)
    found = (flow, counting.figures(flow, held, audience, leaver=leaver) if flow is not None else None)
    if may_keep:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _flow(session: Session, lot: Lot, offer: int | None, kind: str, of: Sequence[int], held: Ledger) -> Flow | None:
    found = stored.flow(session, lot, offer, kind, of)
    if found is None or not counting.unserved(found, held):
        return found
    return stored.anew(session, lot, offer, kind, of, set(held.groups))


def _site(kind: Kind, counted: Figures, one: Sum, held: Ledger) -> SiteLeverage:
    return SiteLeverage(
        component_type=kind.component_type,
        tier=kind.tier,
        unit=held.unit,
        currency=held.currency,
        units=one.units,
        cents=one.cents,
        behind=one.behind,
        behind_cents=one.behind_cents,
        members=one.members,
        missing=one.missing,
        is_assumed=one.assumed,
        rank=one.rank,
        sites=len(counted.sites),
        share=Fraction(one.units, counted.units) if counted.units else None,
        held_back=bool(held.held_back),
    )


def _made_at(session: Session, lot: Lot, site_ids: Collection[int]) -> list[str]:
    """The component types that some link of the lot ties to one of these sites."""
    query = (
        select(Component.component_type)
        .join(Link, Link.component_id == Component.id)
        .join(Mention, Mention.id == Link.mention_id)
        .join(Product, Product.id == Link.product_id)
        .where(Mention.site_id.in_(site_ids), Product.lot_id == lot.id)
        .distinct()
        .order_by(Component.component_type)
    )
    return list(session.scalars(query))


def _waiting(session: Session, lot: Lot, of: Sequence[int]) -> int:
    """How many opened submissions offer something in the lot and are not counted yet, or are not built at all."""
    states = select(Submission.id).where(Submission.round_id == lot.round_id, Submission.state.in_(TAKES_PART))
    offering = select(Product.submission_id).where(Product.lot_id == lot.id).distinct()
    built = set(session.scalars(states.where(Submission.id.in_(offering))))
    return len(built - set(of))
