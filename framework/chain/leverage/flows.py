"""From the rows of an offer to flows: which part of each group of demand comes from which site, and what is not told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain import shares
from framework.chain.figures import required_types
from framework.chain.leverage.parts import apportion, site_parts
from framework.chain.shared import is_current
from framework.demand.ledger import Group
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import LEVELS, OPEN_LEVELS
from models.chain import Component, Link, Mention, Product
from models.disclosure import SubmissionRow
from models.rounds import Lot

WHOLE = 10**12
"""Into how many parts a group is divided: exact to less than a piece in a billion, and small enough for the database."""
SITE, ROUGH, NOT_TOLD, UNKNOWN, NOT_ASKED, NO_MODEL = "site", "rough", "not_told", "unknown", "not_asked", "no_model"
"""What a part of a group comes to: a site; a place told too roughly for one; a remainder that the supplier does not tell;
no chain data; a component that is not asked or not applicable; no model on offer."""
NOT_APPLICABLE = "not_applicable"


class Place(NamedTuple):
    """Where a part goes. `level` is the place of its confidentiality: 0 open, 1 members linked to it, 2 lead and monitor."""

    status: str
    site: int = 0
    level: int = 0
    country: str = ""


class Leaf(NamedTuple):
    """One flow: `part` of `whole` of a group; `behind`, the part that models take which are made there, wholly or in part."""

    group: Group
    brand: str
    place: Place
    part: int
    behind: int
    assumed: bool


class Pin(NamedTuple):
    """The coordinates that a list gave for a site, with how exactly its address is told."""

    site: int
    level: int
    latitude: float
    longitude: float
    precision: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A current link of a component: to which place, with which share."""

    mention: int
    place: Place
    share: Decimal | None


@dataclass(slots=True)
class Node:
    """What a model says of one component row: its ties, or that it is not applicable."""

    ties: list[Tie] = field(default_factory=list)
    applies: bool = True


@dataclass(slots=True)
class Model:
    """A product on offer with its components by type, and the least tier seen of each."""

    brand: str
    group: Group
    share: Decimal | None
    nodes: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Offer:
    """What one submission offers in a lot."""

    models: list[Model]
    tiers: dict[str, int]
    pins: list[Pin]


def load(session: Session, submission_id: int, lots: Sequence[Lot]) -> dict[int, Offer]:
    """The offers of one submission by lot; lots without a model of it are left out. Three queries."""
    by_number: dict[int, tuple[int, Model]] = {}
    query = select(Product).where(Product.submission_id == submission_id, Product.lot_id.in_([lot.id for lot in lots]))
    for one in session.scalars(query.order_by(Product.id)):
        by_number[one.id] = one.lot_id, Model(one.brand, (one.category, one.spec_tier), one.offered_share)
    offers = {lot: Offer([], {}, []) for lot, _model in by_number.values()}
    for lot, model in by_number.values():
        offers[lot].models.append(model)
    if not offers:
        return {}
    nodes = _nodes(session, submission_id, by_number, offers)
    _tie(session, submission_id, lots[0], nodes, offers)
    return offers


def kinds_of(offer: Offer, lot: Lot) -> dict[str, int]:
    """The component types to count with their tiers: those the lot asks for, and others that some link names."""
    found = {kind: 1 if kind == FINAL_ASSEMBLY else 2 for kind in required_types(lot)}
    linked = {k for m in offer.models for k, nodes in m.nodes.items() if any(node.ties for node in nodes)}
    return {kind: offer.tiers.get(kind, tier) for kind, tier in found.items()} | {
        kind: offer.tiers[kind] for kind in sorted(linked)
    }


def flows(offer: Offer, kind: str, groups: Iterable[Group], *, is_asked: bool) -> list[Leaf]:
    """Where each group goes by this offer, for one component type; the parts of a group add up to `WHOLE`."""
    everything = sorted({model.group for model in offer.models} | set(groups))
    return [leaf for group in everything for leaf in _of_group(offer, kind, group, is_asked)]


def serving(models: Sequence[Model], group: Group) -> tuple[list[Model], bool]:
    """The models that serve a group of demand, and whether that is assumed.

    Those of its category and tier; else those of its category that name no tier; else, for demand without a tier, all of
    the category. None where nothing fits.
    """
    category, tier = shares.group_of(*group)
    of_tier = [(shares.group_of(*model.group), model) for model in models if model.group[0] == category]
    same = [model for found, model in of_tier if found == (category, tier)]
    if same:
        return same, False
    tierless = [model for found, model in of_tier if found == (category, "")]
    if tierless:
        return tierless, True
    return ([model for _found, model in of_tier] if not tier else []), True


def _of_group(offer: Offer, kind: str, group: Group, is_asked: bool) -> list[Leaf]:
    models, is_assumed = serving(offer.models, group)
    if not models:
        return [Leaf(group, "", Place(NO_MODEL), WHOLE, 0, False)]
    takes, is_split = shares.of_models([model.share for model in models])
    found: dict[tuple[str, Place], list[Fraction | bool]] = {}
    for model, takes_part in zip(models, takes, strict=True):
        seen: set[int] = set()
        for place, part, assumed in sorted(_of_model(model, kind, is_asked), key=lambda one: one[0].level):
            entry = found.setdefault((model.brand, place), [Fraction(0), Fraction(0), False])
            entry[0] += takes_part * part
            if place.site not in seen or place.status != SITE:
                entry[1] += takes_part
            entry[2] = entry[2] or assumed or is_split or is_assumed
            seen.add(place.site)
    keys = sorted(found)
    parts = apportion([Fraction(found[key][0]) for key in keys], WHOLE)
    return [
        Leaf(group, brand, place, part, int(found[brand, place][1] * WHOLE), bool(found[brand, place][2]))
        for (brand, place), part in zip(keys, parts, strict=True)
    ]


def _of_model(model: Model, kind: str, is_asked: bool) -> list[tuple[Place, Fraction, bool]]:
    """Where one model's component comes from; several rows of one type count as equal parts, assumed."""
    nodes = [node for node in model.nodes.get(kind, []) if node.applies or node.ties]
    if not nodes:
        told = model.nodes.get(kind)
        return [(Place(NOT_ASKED if told or not is_asked else UNKNOWN), Fraction(1), False)]
    found: list[tuple[Place, Fraction, bool]] = []
    for node in nodes:
        each = Fraction(1, len(nodes))
        if not node.ties:
            found.append((Place(UNKNOWN), each, False))
            continue
        parts, rest, assumed = site_parts(_once(node.ties))
        found += [(place, part * each, assumed or len(nodes) > 1) for place, part in parts.items()]
        if rest:
            found.append((Place(NOT_TOLD), rest * each, False))
    return found


def _once(ties: Sequence[Tie]) -> list[tuple[Place, Decimal | None]]:
    """A place that two rows of the file name alike counts once (D25): the first of them."""
    first = {tie.mention: tie for tie in reversed(ties)}
    return [(first[mention].place, first[mention].share) for mention in dict.fromkeys(tie.mention for tie in ties)]


def _nodes(
    session: Session, submission_id: int, models: Mapping[int, tuple[int, Model]], offers: Mapping[int, Offer]
) -> dict[int, tuple[int, Node]]:
    query = select(
        Component.id, Component.product_id, Component.component_type, Component.tier, Component.not_disclosed_reason
    ).where(Component.submission_id == submission_id)
    nodes: dict[int, tuple[int, Node]] = {}
    for number, product, kind, tier, reason in session.execute(query.order_by(Component.id)):
        if product not in models:
            continue
        lot, model = models[product]
        node = Node(applies=reason != NOT_APPLICABLE)
        model.nodes[kind].append(node)
        offers[lot].tiers[kind] = min(tier, offers[lot].tiers.get(kind, tier))
        nodes[number] = lot, node
    return nodes


def _tie(
    session: Session,
    submission_id: int,
    lot: Lot,
    nodes: Mapping[int, tuple[int, Node]],
    offers: Mapping[int, Offer],
) -> None:
    query = (
        select(
            Link.component_id,
            Link.mention_id,
            Link.share,
            Mention.site_id,
            Mention.confidentiality,
            Mention.country,
            Mention.precision,
            SubmissionRow.read_values["latitude"].as_string(),
            SubmissionRow.read_values["longitude"].as_string(),
        )
        .join(Mention, Mention.id == Link.mention_id)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .where(Link.submission_id == submission_id, is_current(lot.round))
        .order_by(Link.id)
    )
    for component, mention, share, site, level, country, precision, latitude, longitude in session.execute(query):
        if component not in nodes:
            continue
        lot_id, node = nodes[component]
        rank = level_of(level)
        node.ties.append(Tie(mention, Place(SITE if site else ROUGH, site or 0, rank, country), share))
        if site and latitude is not None and longitude is not None:
            offers[lot_id].pins.append(Pin(site, rank, float(latitude), float(longitude), precision))


def level_of(confidentiality: str) -> int:
    """0 for what every member may see, 1 for members linked to the site, 2 for lead and monitor."""
    return 0 if confidentiality in OPEN_LEVELS or not confidentiality else LEVELS.index(confidentiality) - 1


def merged(parts: Sequence[Sequence[Leaf]]) -> list[Leaf]:
    """The flows of several offers as one: each counts for an equal part, so the whole is `WHOLE` times their number."""
    found: dict[tuple[Group, str, Place], list[int]] = {}
    spelt: dict[str, str] = {}
    for leaf in (leaf for one in parts for leaf in one):
        brand = spelt.setdefault(leaf.brand.casefold(), leaf.brand)
        entry = found.setdefault((leaf.group, brand, leaf.place), [0, 0, 0])
        entry[0] += leaf.part
        entry[1] += leaf.behind
        entry[2] |= leaf.assumed
    return [Leaf(g, b, p, part, behind, bool(assumed)) for (g, b, p), (part, behind, assumed) in sorted(found.items())]


def not_asked(leaves: Sequence[Leaf]) -> list[Leaf]:
    """The same groups and brands for a component that an offer does not speak of."""
    found: list[Leaf] = []
    for (group, brand), some in groupby(sorted(leaves), key=lambda leaf: (leaf.group, leaf.brand)):
        of_brand = list(some)
        status = NO_MODEL if of_brand[0].place.status == NO_MODEL else NOT_ASKED
        found.append(Leaf(group, brand, Place(status), sum(leaf.part for leaf in of_brand), 0, False))
    return found
