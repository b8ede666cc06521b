"""What one reader sees of the leverage of a lot: chosen by offer and component, within what this reader may know."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.leverage import figures as counting
from framework.chain.leverage import stored
from framework.chain.leverage.figures import Figures
from framework.chain.leverage.stored import AUDIENCES, TAKES_PART, Flow, Kind
from framework.chain.shared import audience_of
from framework.demand import ledger
from framework.demand.ledger import Ledger
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import Reader
from framework.ground.kept import Kept
from models.chain import Component, Link, Mention, Product
from models.disclosure import Submission
from models.rounds import Lot, Round

KEPT = 32

Linked = tuple[int, int, int | None]
"""A member with pieces and cents of the models made at a site."""

_kept: Kept[tuple[Any, ...], tuple[Flow | None, Figures | None]] = Kept(KEPT)


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

    Money in cents of `currency`, None = not known (`tells_money`: or not told), a lower bound where `missing` members gave no
    value. `share` is its part of the lot's pool; `place` numbers the sites from the heaviest. `linked`, where asked for, are
    the members behind it, as `members_at` gives them. None of it is real leverage: it was declared, not bought.
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
    tells_money: bool = True
    place: int = 0
    linked: tuple[Linked, ...] = ()


def forget() -> None:
    """Keep nothing: for measuring."""
    _kept.clear()


def ledger_for(session: Session, lot: Lot, reader: Reader) -> Ledger:
    """The demand of a lot that this reader may see the sums of."""
    return ledgers_for(session, lot.round, reader)[lot.id]


def ledgers_for(session: Session, round_: Round, reader: Reader) -> dict[int, Ledger]:
    """The demand of every lot of a round that this reader may see the sums of, by lot."""
    return ledger.ledgers(session, round_) if reader.inside else ledger.told_outside(session, round_)


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

    A site that this reader does not see in the lot, or where nothing is made for it, is left out.
    """
    found = leverage_in(session, [lot], site_ids, reader)
    return {site: some for (_lot, site), some in found.items()}


def leverage_in(
    session: Session, lots: Sequence[Lot], site_ids: Collection[int], reader: Reader, *, with_members: bool = False
) -> dict[tuple[int, int], list[SiteLeverage]]:
    """The same in several lots of one round, by lot and site; `with_members` for readers who may see single members.

    As a rule four queries beside those of the pool, however many lots, sites and components.
    """
    made = _made_at(session, lots, site_ids)
    here = [lot for lot in lots if made[lot.id]]
    if not here:
        return {}
    of, held = stored.offers_of(session, here), ledgers_for(session, here[0].round, reader)
    known = stored.kinds_of(session, here, of)
    wanted = [(lot, kind) for lot in here for kind in known[lot.id] if kind.component_type in made[lot.id]]
    audiences = {lot.id: AUDIENCES.index(audience_of(reader, lot)) for lot in here}
    cold = [(lot.id, k.component_type) for lot, k in wanted if _key(k, held[lot.id], audiences[lot.id]) not in _kept]
    ready = stored.flows_of_kinds(session, cold) if cold else {}
    found: dict[tuple[int, int], list[SiteLeverage]] = {}
    for lot, kind in wanted:
        mine, audience, flow = held[lot.id], audiences[lot.id], ready.get((lot.id, kind.component_type))
        looked, counted = _looked(session, lot, None, kind, of[lot.id], mine, audience, None, ready=flow)
        if looked is None or counted is None:
            continue
        places = {site: place for place, site in enumerate(counted.sites, start=1)}
        for site in places.keys() & set(site_ids):
            linked = tuple(members_at(looked, mine, site, audience)) if with_members else ()
            one = _site(looked.kind, counted, site, mine, place=places[site], linked=linked)
            found.setdefault((lot.id, site), []).append(one)
    return {where: sorted(some, key=lambda one: (one.tier, one.component_type)) for where, some in found.items()}


def members_at(flow: Flow, held: Ledger, site: int, audience: int) -> list[Linked]:
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


def _key(kind: Kind, held: Ledger, audience: int, leaver: int | None = None) -> tuple[Any, ...]:
    return (kind.made, held.stamp, held.held_back, audience, leaver)


def _looked(
    session: Session,
    lot: Lot,
    offer: int | None,
    kind: Kind,
    of: Sequence[int],
    held: Ledger,
    audience: int,
    leaver: int | None,
    *,
    ready: Flow | None = None,
) -> tuple[Flow | None, Figures | None]:
    """Flow and figures of a kind. They are kept as long as neither flows nor demand were counted anew.

    `ready` is the flow where it was loaded already; it is taken if it is the one of this kind.
    """
    key = _key(kind, held, audience, leaver)
    may_keep = bool(kind.made and held.stamp) and not session.info.get("write")
    known = _kept.get(key) if may_keep else None
    if known is not None:
        return known
    loaded = ready if ready is not None and ready.kind.made == kind.made else None
    flow = _flow(session, lot, offer, kind.component_type, of, held, loaded)
    found = (flow, counting.figures(flow, held, audience, leaver=leaver) if flow is not None else None)
    return _kept.put(key, found) if may_keep else found


def _flow(
    session: Session, lot: Lot, offer: int | None, kind: str, of: Sequence[int], held: Ledger, ready: Flow | None
) -> Flow | None:
    found = ready or stored.flow(session, lot, offer, kind, of)
    if found is None or not counting.unserved(found, held):
        return found
    return stored.anew(session, lot, offer, kind, of, set(held.groups))


def _site(
    kind: Kind, counted: Figures, number: int, held: Ledger, *, place: int, linked: tuple[Linked, ...]
) -> SiteLeverage:
    one = counted.sites[number]
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
        tells_money=held.tells_money,
        place=place,
        linked=linked,
    )


def _made_at(session: Session, lots: Sequence[Lot], site_ids: Collection[int]) -> dict[int, set[str]]:
    """The component types that some link ties to one of these sites, by lot."""
    found: dict[int, set[str]] = {lot.id: set() for lot in lots}
    query = (
        select(Product.lot_id, Component.component_type)
        .join(Component, Component.product_id == Product.id)
        .join(Link, Link.component_id == Component.id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(Mention.site_id.in_(site_ids), Product.lot_id.in_(list(found)))
        .distinct()
    )
    for lot_id, kind in session.execute(query):
        found[lot_id].add(kind)
    return found


def _waiting(session: Session, lot: Lot, of: Sequence[int]) -> int:
    """How many opened submissions offer something in the lot and are not counted yet, or are not built at all."""
    states = select(Submission.id).where(Submission.round_id == lot.round_id, Submission.state.in_(TAKES_PART))
    offering = select(Product.submission_id).where(Product.lot_id == lot.id).distinct()
    built = set(session.scalars(states.where(Submission.id.in_(offering))))
    return len(built - set(of))
