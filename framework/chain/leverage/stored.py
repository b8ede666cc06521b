"""The flows of a lot as they are kept: counted when an offer is built or its sites change, read when a page is shown.

They hold parts, not pieces, so they stay true whatever happens to demand. Those of all offers together name the offers
they were made from: where these are others by now (one was excluded), the page adds the single ones up itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, ColumnElement, Select, case, delete, insert, null, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from framework.chain.figures import required_types
from framework.chain.leverage import flows
from framework.chain.leverage.flows import SITE, WHOLE, Leaf, Pin, Place
from framework.demand import pool
from framework.demand.ledger import Group
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.veil import OPENED
from models.base import random_id
from models.chain import ChainBuild, Mention, Product
from models.demand import Demand, DemandLine
from models.disclosure import Submission
from models.leverage import LotFlow
from models.rounds import Lot, Round

TAKES_PART = tuple(state for state in OPENED if state != "excluded")
"""States of a submission that may still be bought."""
AUDIENCES = ("open", "linked", "all")
"""Who sees leaves up to which level: the place in this tuple."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A component type of a lot, with what is known of it at a glance.

    `parts` are by group and then by status, sites by level (`site0` to `site2`), in parts of `whole`; `sites` counts
    those an audience sees, `hides` says for each audience how many sites it does not see in the offer that has fewest of
    them and yet some (0 where none has any). `made` is new whenever it is counted anew; empty where it is not kept.
    """

    component_type: str
    tier: int
    whole: int
    parts: dict[Group, dict[str, int]]
    sites: tuple[int, int, int]
    hides: tuple[int, int, int]
    made: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """The flows of one kind, of one offer or of all; of each group the parts add up to `kind.whole`.

    Column by column, for a lot may have tens of thousands: `columns` are group, brand and place by their place in the
    tuples beside them, then part, behind and whether it is assumed (0 or 1).
    """

    kind: Kind
    groups: tuple[Group, ...]
    brands: tuple[str, ...]
    places: tuple[Place, ...]
    columns: tuple[list[int], ...]
    pins: tuple[Pin, ...]

    def leaves(self) -> list[Leaf]:
        """The flows one by one."""
        return [
            Leaf(self.groups[g], self.brands[b], self.places[p], part, behind, bool(assumed))
            for g, b, p, part, behind, assumed in zip(*self.columns, strict=True)
        ]


def count(session: Session, round_: Round, submissions: Collection[int]) -> None:
    """Count the flows of these submissions anew, and those of all offers of each lot together.

    A submission of which mentions wait to be placed is left for later. The lots are locked: two workers count in turn.
    """
    lots = list(session.scalars(select(Lot).where(Lot.round_id == round_.id).order_by(Lot.number).with_for_update()))
    waits = select(Mention.submission_id).where(Mention.place_key == "")
    chosen = select(Submission.id).where(Submission.id.in_(submissions), Submission.id.not_in(waits))
    placed = list(session.scalars(chosen.order_by(Submission.id)))
    if not lots or not placed:
        return
    groups = _demanded(session, round_)
    session.execute(delete(LotFlow).where(LotFlow.submission_id.in_(placed)))
    for number in placed:
        for lot_id, offer in flows.load(session, number, lots).items():
            lot = next(one for one in lots if one.id == lot_id)
            _insert(session, [_row(lot, number, found) for found in _counted(offer, lot, groups.get(lot_id, set()))])
    for lot in lots:
        _count_all(session, lot)


def go_on(session: Session) -> int:
    """Count what was built before flows were kept; how many submissions."""
    kept = select(LotFlow.id).where(LotFlow.submission_id == Product.submission_id, LotFlow.lot_id == Product.lot_id)
    query = (
        select(Submission)
        .join(ChainBuild, ChainBuild.submission_id == Submission.id)
        .where(
            Submission.state.in_(TAKES_PART),
            Submission.id.in_(select(Product.submission_id).where(~kept.exists())),
            Submission.id.not_in(select(Mention.submission_id).where(Mention.place_key == "")),
        )
        .order_by(Submission.id)
    )
    left = session.scalars(query).all()
    for submission in left:
        count(session, submission.round, [submission.id])
    return len(left)


def offers(session: Session, lot: Lot) -> list[int]:
    """The submissions that offer something in a lot and are counted, in the order of their receipts."""
    return offers_of(session, [lot])[lot.id]


def offers_of(session: Session, lots: Sequence[Lot]) -> dict[int, list[int]]:
    """The same for several lots of a round, by lot. One query."""
    query = (
        select(LotFlow.lot_id, Submission.id, Submission.receipt_seq)
        .join(Submission, Submission.id == LotFlow.submission_id)
        .where(LotFlow.lot_id.in_([lot.id for lot in lots]), Submission.state.in_(TAKES_PART))
        .distinct()
        .order_by(Submission.receipt_seq)
    )
    found: dict[int, list[int]] = {lot.id: [] for lot in lots}
    for lot_id, number, _place in session.execute(query):
        found[lot_id].append(number)
    return found


def kinds(session: Session, lot: Lot, offer: int | None, of: Sequence[int]) -> list[Kind]:
    """The component types of an offer, or of all offers (`of`), by tier; without the leaves. One query, as a rule."""
    if offer is None:
        return kinds_of(session, [lot], {lot.id: of})[lot.id]
    return [_kind(row) for row in session.execute(_summaries(LotFlow.lot_id == lot.id, _of(offer)))]


def kinds_of(session: Session, lots: Sequence[Lot], of: Mapping[int, Sequence[int]]) -> dict[int, list[Kind]]:
    """The component types of all offers (`of`) of several lots. One query, as a rule."""
    rows: dict[int, list[Any]] = {lot.id: [] for lot in lots}
    for row in session.execute(_summaries(LotFlow.lot_id.in_(list(rows)), _of(None))):
        rows[row.lot_id].append(row)
    found: dict[int, list[Kind]] = {}
    for lot in lots:
        is_old = any(row.summary["offers"] != list(of[lot.id]) for row in rows[lot.id])
        together = _together(session, lot, of[lot.id]) if is_old else []
        found[lot.id] = [one.kind for one in together] if is_old else [_kind(row) for row in rows[lot.id]]
    return found


def of_offers(
    session: Session, lot: Lot, kind: str, of: Collection[int], *, known: Collection[str] = ()
) -> dict[int, tuple[Kind, Flow | None]]:
    """One component type of each of these offers, by submission, with its flow unless what was made is `known`. One query."""
    which = (LotFlow.lot_id == lot.id, LotFlow.component_type == kind, LotFlow.submission_id.in_(of))
    made = LotFlow.summary["made"].as_string()
    leaves = type_coerce(case((made.in_(known), null()), else_=LotFlow.leaves), JSON).label("leaves")
    found: dict[int, tuple[Kind, Flow | None]] = {}
    for row in session.execute(_summaries(*which).add_columns(leaves)):
        one = _kind(row)
        found[row.submission_id] = one, None if row.leaves is None else _unpacked(one, row.leaves)
    return found


def flows_of_kinds(session: Session, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Flow]:
    """The flows of all offers as they are kept, by lot and component type. One query."""
    which = tuple_(LotFlow.lot_id, LotFlow.component_type).in_(list(wanted))
    rows = session.execute(_rows(which, _of(None)))
    return {(row.lot_id, row.component_type): _unpacked(_kind(row), row.leaves) for row in rows}


def flow(session: Session, lot: Lot, offer: int | None, kind: str, of: Sequence[int]) -> Flow | None:
    """The flows of one kind; None where there is none of it. One query, as a rule."""
    row = session.execute(_rows(LotFlow.lot_id == lot.id, _of(offer), LotFlow.component_type == kind)).first()
    if row is not None and offer is None and row.summary["offers"] != list(of):
        return next((one for one in _together(session, lot, of) if one.kind.component_type == kind), None)
    return None if row is None else _unpacked(_kind(row), row.leaves)


def anew(
    session: Session, lot: Lot, offer: int | None, kind: str, of: Sequence[int], groups: set[Group]
) -> Flow | None:
    """The flows of one kind worked out now, for groups of demand that were not there when they were counted."""
    found = []
    for number in of if offer is None else [offer]:
        counted = list(_counted(flows.load(session, number, [lot])[lot.id], lot, groups))
        same = next((one for one in counted if one.kind.component_type == kind), None)
        found.append((same, counted[0]))
    pins = tuple(pin for one, _assembly in found if one for pin in one.pins)
    tier = min((one.kind.tier for one, _assembly in found if one), default=0)
    if not tier:
        return None
    leaves = flows.merged([one.leaves() if one else flows.not_asked(assembly.leaves()) for one, assembly in found])
    hides = _fewest([one.kind.hides for one, _assembly in found if one])
    return packed(_summary(kind, tier, WHOLE * len(found), leaves, hides), leaves, pins)


def _of(offer: int | None) -> ColumnElement[bool]:
    return LotFlow.submission_id.is_(None) if offer is None else LotFlow.submission_id == offer


def _summaries(*which: ColumnElement[bool]) -> Select[Any]:
    """What is known at a glance: rows without their leaves, by tier."""
    columns = (LotFlow.lot_id, LotFlow.submission_id, LotFlow.component_type, LotFlow.tier, LotFlow.whole)
    query: Select[Any] = select(*columns, LotFlow.summary).where(*which)
    return query.order_by(LotFlow.tier, LotFlow.component_type)


def _rows(*which: ColumnElement[bool]) -> Select[Any]:
    """The rows with their leaves."""
    return _summaries(*which).add_columns(LotFlow.leaves)


def _demanded(session: Session, round_: Round) -> dict[int, set[Group]]:
    query = select(Demand.lot_id, DemandLine.category, DemandLine.spec_tier).join(
        DemandLine, DemandLine.demand_id == Demand.id
    )
    found: dict[int, set[Group]] = {}
    for lot, category, tier in session.execute(query.where(pool.current(round_)).distinct()):
        found.setdefault(lot, set()).add((category, tier))
    return found


def _counted(offer: flows.Offer, lot: Lot, groups: set[Group]) -> Iterable[Flow]:
    asked = set(required_types(lot))
    pins = tuple({(pin.site, pin.level): pin for pin in reversed(offer.pins)}.values())
    for kind, tier in flows.kinds_of(offer, lot).items():
        leaves = flows.flows(offer, kind, groups, is_asked=kind in asked)
        there = {(leaf.place.site, leaf.place.level) for leaf in leaves}
        hides = _hidden(leaves)
        yield packed(
            _summary(kind, tier, WHOLE, leaves, hides), leaves, [p for p in pins if (p.site, p.level) in there]
        )


def _count_all(session: Session, lot: Lot) -> None:
    session.execute(delete(LotFlow).where(LotFlow.lot_id == lot.id, LotFlow.submission_id.is_(None)))
    of = offers(session, lot)
    _insert(session, [_row(lot, None, found, of) for found in _together(session, lot, of)])


def _together(session: Session, lot: Lot, of: Sequence[int]) -> list[Flow]:
    """The flows of these offers as one, by kind."""
    rows = session.execute(_rows(LotFlow.lot_id == lot.id, LotFlow.submission_id.in_(of)))
    single = {(row.submission_id, row.component_type): _unpacked(_kind(row), row.leaves) for row in rows}
    tiers: dict[str, int] = {}
    for (_offer, kind), one in single.items():
        tiers[kind] = min(one.kind.tier, tiers.get(kind, one.kind.tier))
    found = []
    for kind, tier in sorted(tiers.items(), key=lambda item: (item[1], item[0])):
        parts = [single.get((number, kind)) for number in of]
        leaves = flows.merged(
            [
                one.leaves() if one else flows.not_asked(single[number, FINAL_ASSEMBLY].leaves())
                for number, one in zip(of, parts, strict=True)
            ]
        )
        hides = _fewest([one.kind.hides for one in parts if one])
        pins = {(pin.site, pin.level): pin for one in reversed(parts) if one for pin in one.pins}
        found.append(packed(_summary(kind, tier, WHOLE * len(of), leaves, hides), leaves, list(pins.values())))
    return found


def _hidden(leaves: Iterable[Leaf]) -> tuple[int, int, int]:
    """How many sites each audience does not see."""
    sites = {(leaf.place.site or -1, leaf.place.level) for leaf in leaves if leaf.place.level}
    a, b = len({site for site, _level in sites}), len({site for site, level in sites if level > 1})
    return a, b, 0


def _fewest(found: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    columns = list(zip(*found, strict=True)) or [(), (), ()]
    a, b, c = (min((n for n in column if n), default=0) for column in columns)
    return a, b, c


def _summary(kind: str, tier: int, whole: int, leaves: Iterable[Leaf], hides: tuple[int, int, int]) -> Kind:
    parts: dict[Group, dict[str, int]] = {}
    seen: list[set[int]] = [set(), set(), set()]
    for leaf in leaves:
        status = f"{leaf.place.status}{leaf.place.level}" if leaf.place.status == SITE else leaf.place.status
        if leaf.place.level and leaf.place.status != SITE:
            status = f"{SITE}{leaf.place.level}"
        group = parts.setdefault(leaf.group, {})
        group[status] = group.get(status, 0) + leaf.part
        if leaf.place.status == SITE:
            for audience in range(leaf.place.level, len(AUDIENCES)):
                seen[audience].add(leaf.place.site)
    return Kind(kind, tier, whole, parts, (len(seen[0]), len(seen[1]), len(seen[2])), hides)


def packed(kind: Kind, leaves: Sequence[Leaf], pins: Sequence[Pin]) -> Flow:
    """Flows one by one as columns."""
    groups = sorted({leaf.group for leaf in leaves})
    brands = sorted({leaf.brand for leaf in leaves})
    places = sorted({leaf.place for leaf in leaves})
    group_of, brand_of = ({one: n for n, one in enumerate(some)} for some in (groups, brands))
    place_of = {one: n for n, one in enumerate(places)}
    columns = (
        [group_of[leaf.group] for leaf in leaves],
        [brand_of[leaf.brand] for leaf in leaves],
        [place_of[leaf.place] for leaf in leaves],
        [leaf.part for leaf in leaves],
        [leaf.behind for leaf in leaves],
        [int(leaf.assumed) for leaf in leaves],
    )
    return Flow(kind, tuple(groups), tuple(brands), tuple(places), columns, tuple(pins))


def _row(lot: Lot, submission: int | None, found: Flow, of: Sequence[int] = ()) -> dict[str, Any]:
    kind = found.kind
    return {
        "lot_id": lot.id,
        "submission_id": submission,
        "component_type": kind.component_type,
        "tier": kind.tier,
        "whole": kind.whole,
        "summary": {
            "made": random_id(),
            "offers": list(of),
            "groups": [[*group, kind.parts[group]] for group in sorted(kind.parts)],
            "sites": kind.sites,
            "hides": kind.hides,
        },
        "leaves": {
            "groups": found.groups,
            "brands": found.brands,
            "places": found.places,
            "columns": found.columns,
            "pins": found.pins,
        },
    }


def _kind(row: Any) -> Kind:
    told = row.summary
    parts = {(category, tier): found for category, tier, found in told["groups"]}
    return Kind(
        row.component_type, row.tier, row.whole, parts, tuple(told["sites"]), tuple(told["hides"]), told["made"]
    )


def _unpacked(kind: Kind, told: dict[str, Any]) -> Flow:
    return Flow(
        kind,
        tuple((category, tier) for category, tier in told["groups"]),
        tuple(told["brands"]),
        tuple(Place(*place) for place in told["places"]),
        tuple(told["columns"]),
        tuple(Pin(*pin) for pin in told["pins"]),
    )


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(LotFlow), rows)
