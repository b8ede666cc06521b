"""What an item stands on: the places that a file names for it, with what supports each and what it allows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.measures import facts
from framework.chain.measures.facts import Said
from framework.chain.measures.nodes import Node, Place
from framework.chain.measures.publishers import COLUMNS, LIST, OTHERS, REGISTRY, Publisher
from framework.disclosure.columns import SUBMISSION
from framework.disclosure.confidentiality import deadline_day
from framework.disclosure.veil import opened
from framework.ground.text import key_of
from framework.judging import evidence
from framework.judging.evidence import Audit, Listing, Support
from models.chain import Product
from models.disclosure import SmelterListing, SmelterLoad, Submission, SubmissionRow
from models.judging import Item
from models.rounds import Round

OPEN_SUPPLY_HUB = "Open Supply Hub"
REGISTRIES = {"os": OPEN_SUPPLY_HUB, "gln": "GLN"}
"""Names of open registries by their scheme, where it is not the name."""
ID_COLUMNS = {scheme: column for column, scheme in COLUMNS.items()}
NUMBERS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """One place that is named for an item: by how many models, for one of them in full, with what supports it.

    `reports` are the names of the files of its audits, by row; `registers` those lists of smelters that hold its id.
    """

    said: Said
    node: Node
    place: Place
    supports: tuple[Support, ...]
    products: int
    reports: Mapping[int, str] = field(default_factory=dict)
    registers: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """The highest level that it allows."""
        return max((one.level for one in self.supports), default=evidence.E0)


@dataclass(frozen=True, slots=True)
class Claim:
    """An item with all that was handed in for it; the weakest place first, for it decides."""

    item: Item
    ceiling: str
    places: tuple[Spoken, ...] = ()

    @property
    def count(self) -> int:
        """How many things support it in any way."""
        return sum(1 for place in self.places for one in place.supports if one.level > evidence.E0)

    def cells(self, level: str) -> list[list[Any]]:
        """The cells that hold the evidence for a level: the pairs of row and column of what supports each place so far."""
        found: dict[tuple[int, str], None] = {}
        for place in self.places:
            for one in place.supports:
                if one.source is not None and one.level >= level:
                    found[one.source] = None
        return [list(cell) for cell in found]


@dataclass(slots=True)
class _Extra:
    """What the measures do not load: who signed for each brand, rows of audits, and what registers list."""

    signed: set[str] = field(default_factory=set)
    audits: dict[int, SubmissionRow] = field(default_factory=dict)
    lists: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))


def load(
    session: Session,
    round_: Round,
    submission: Submission,
    items: Sequence[Item],
    submissions: Sequence[Submission] | None = None,
) -> dict[int, Claim]:
    """The claims of items of one submission, by item; criteria have none. Queries do not grow with items or products.

    `submissions` are the opened ones of the round where they were asked for already.
    """
    asked = [item for item in items if item.section]
    if not asked:
        return {}
    brands = {(item.lot_id, item.brand_key) for item in asked}
    query = select(Product).where(Product.submission_id == submission.id).order_by(Product.id)
    products = [one for one in session.scalars(query) if (one.lot_id, key_of(one.brand)) in brands]
    found = facts.load(session, round_, products, opened(session, round_) if submissions is None else submissions)
    extra = _extra(session, round_, submission, found)
    nodes: dict[tuple[int, str, str, str], list[tuple[Said, Node]]] = defaultdict(list)
    for said in found:
        for node in said.nodes:
            if node.is_disclosed:
                nodes[said.lot.id, key_of(said.product.brand), node.level, node.kind].append((said, node))
    return {item.id: _claim(item, nodes[item.lot_id, item.brand_key, item.section, item.kind], extra) for item in asked}


def _claim(item: Item, told: Iterable[tuple[Said, Node]], extra: _Extra) -> Claim:
    places: dict[Any, tuple[Said, Node, Place]] = {}
    times: dict[Any, int] = defaultdict(int)
    on = None
    for said, node in told:
        on = said.on
        for place in node.places:
            key = _place_key(place)
            places.setdefault(key, (said, node, place))
            times[key] += 1
    if on is None:
        return Claim(item, evidence.E0)
    keys = list(places)
    ceiling = evidence.ceiling([_told(item, places[key][2], extra) for key in keys], on)
    spoken = [
        Spoken(*places[key], supports, times[key], _reports(places[key][2], extra), _registers(places[key][2], extra))
        for key, supports in zip(keys, ceiling.places, strict=True)
    ]
    return Claim(item, ceiling.level, tuple(sorted(spoken, key=lambda one: one.level)))


def _place_key(place: Place) -> Any:
    told = place.told
    if told.mention is not None:
        return "site", told.mention.id
    return "smelter", told.smelter.id, told.origin


def _told(item: Item, place: Place, extra: _Extra) -> evidence.Told:
    """What was handed in about a place, for the rule."""
    told = place.told
    audits = [
        Audit(
            one.scheme,
            one.audit_type,
            one.valid_until,
            has_file=_has_file(extra.audits.get(one.row_id)),
            source=(one.row_id, "evidence_file"),
        )
        for one in told.audits
    ]
    listings = [_published(one, told.row.id) for one in told.backing.published]
    has_entry = any(one.kind == REGISTRY and one.name == "os" for one in told.backing.published)
    if told.mention is not None and told.mention.os_id and not has_entry:
        listings.append(Listing(OPEN_SUPPLY_HUB, is_matched=False, source=(told.row.id, "os_id")))
    listings += [
        Listing(name, is_matched=True, source=(told.row.id, "smelter_id")) for name in _registers(place, extra)
    ]
    return evidence.Told(item.brand_key in extra.signed, audits, listings, source=told.row)


def _registers(place: Place, extra: _Extra) -> tuple[str, ...]:
    """The lists that hold the id of a smelter for its mineral."""
    told = place.told
    if told.smelter is None or told.origin or not told.smelter.smelter_id:
        return ()
    return tuple(extra.lists.get((told.smelter.smelter_id.upper(), told.smelter.mineral), ()))


def _reports(place: Place, extra: _Extra) -> dict[int, str]:
    """The names of the reports of the audits of a place, by row."""
    found = {one.row_id: extra.audits.get(one.row_id) for one in place.told.audits}
    return {number: str(row.read_values.get("evidence_file") or "") if row else "" for number, row in found.items()}


def _published(one: Publisher, row: int) -> Listing:
    """What a label or an open registry publishes of a site for the brand.

    A person matched the row of a factory list. An entry of a registry stands under an id that the supplier gives, as that
    of a smelter does: who grants the level on it is the person who looked whether it is the same place.
    """
    name = one.name if one.kind == LIST else REGISTRIES.get(one.name, one.name)
    column = "site_ref" if one.kind == LIST else ID_COLUMNS.get(one.name, OTHERS)
    return Listing(f"{name}, {one.by}, {one.day.isoformat()}", is_matched=True, source=(row, column))


def _has_file(row: SubmissionRow | None) -> bool:
    return row is not None and bool(row.read_values.get("evidence_file"))


def _extra(session: Session, round_: Round, submission: Submission, found: Sequence[Said]) -> _Extra:
    extra = _Extra()
    heads = select(SubmissionRow.read_values).where(
        SubmissionRow.submission_id == submission.id,
        SubmissionRow.sheet == SUBMISSION,
        SubmissionRow.listed_reason == "",
    )
    extra.signed = {
        key_of(str(values.get("brand") or "")) for values in session.scalars(heads) if values.get("signatory_name")
    }
    places = [place.told for said in found for node in said.nodes for place in node.places]
    extra.audits = facts.rows_of(session, {audit.row_id for told in places for audit in told.audits})
    numbers = {told.smelter.smelter_id.upper() for told in places if told.smelter is not None}
    extra.lists |= _lists(session, deadline_day(round_), numbers - {""})
    return extra


def _lists(session: Session, day: dt.date | None, numbers: Iterable[str]) -> Mapping[tuple[str, str], list[str]]:
    """The registers that list these numbers on a day, by number and mineral."""
    wanted, found = sorted(numbers), dict[tuple[str, str], list[str]]()
    query = select(SmelterListing.number, SmelterListing.mineral, SmelterLoad.source).distinct()
    query = query.join(SmelterLoad, SmelterLoad.id == SmelterListing.load_id)
    if day is not None:
        query = query.where(SmelterLoad.day <= day)
    for start in range(0, len(wanted), NUMBERS_AT_ONCE):
        some = query.where(SmelterListing.number.in_(wanted[start : start + NUMBERS_AT_ONCE]))
        for number, mineral, source in session.execute(some.order_by(SmelterLoad.source)):
            names = found.setdefault((number.upper(), mineral), [])
            if source not in names:
                names.append(source)
    return found
