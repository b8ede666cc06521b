"""Load what was said of some products: their required nodes with the places named for each, ready for the formulas."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from framework.chain.figures import SUB_COMPONENT_TIER, asked_mineral, required_types
from framework.chain.measures import judged, waived
from framework.chain.measures.nodes import Node, Place, required
from framework.chain.measures.scale import FA, KEYS, MI, SM, Scale, scale_of
from framework.chain.measures.sources import NOBODY, Backing, Sources, class_of, listed
from framework.chain.measures.waived import kind_of
from framework.chain.shared import is_current
from framework.disclosure.confidentiality import day_of_receipt, deadline_day
from framework.ground.places import Precision, precision
from framework.ground.text import key_of
from framework.rounds.settings import value
from models.chain import Component, Link, Mention, Product, SiteAudit, SmelterMention
from models.disclosure import Submission, SubmissionRow
from models.measures import NotApplicable
from models.rounds import Lot, Round

ONE, HALF, FIFTH, NONE = Fraction(1), Fraction(1, 2), Fraction(1, 5), Fraction(0)
WORKFORCE = ("workers_total", "workers_women_pct", "workers_migrant_or_agency_pct", "trade_union", "worker_committee")
ABSENT, COMPANY_WIDE = "absent", "company_wide"
"""In place of a reason: no row says anything about it; the file speaks of the whole company, which is not scored."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages say of a place: the row that describes it, and that of the link where there is one."""

    row: SubmissionRow
    link_row: SubmissionRow | None = None
    mention: Mention | None = None
    link: Link | None = None
    smelter: SmelterMention | None = None
    origin: str = ""
    audits: tuple[SiteAudit, ...] = ()
    backing: Backing = NOBODY


@dataclass(frozen=True, slots=True)
class Why:
    """A row that says why a node is not disclosed; `row` is None where the program made it. `class_` as of places."""

    row: SubmissionRow | None
    reason: str
    proof: str
    class_: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One product with its lot, its required nodes, and components that are told without being asked.

    `class_` says how confidential its own row is, as that of a place; `on` is the day that the measures stand for.
    `left_out` is what the lead accepted as not applicable.
    """

    product: Product
    submission: Submission
    lot: Lot
    nodes: tuple[Node, ...]
    others: tuple[Node, ...]
    on: dt.date
    row: SubmissionRow
    class_: int = 0
    left_out: tuple[NotApplicable, ...] = ()


@dataclass(slots=True)
class _Rows:
    """What is loaded at once for some products."""

    components: dict[int, list[Component]] = field(default_factory=lambda: defaultdict(list))
    links: dict[int, list[tuple[Link, Mention]]] = field(default_factory=lambda: defaultdict(list))
    smelters: dict[int, list[SmelterMention]] = field(default_factory=lambda: defaultdict(list))
    audits: dict[int, list[SiteAudit]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[int, SubmissionRow] = field(default_factory=dict)


def scale(round_: Round) -> Scale:
    """The scale of a round."""
    return scale_of({key: value(round_, key) for key in KEYS})


def load(session: Session, round_: Round, products: Sequence[Product], submissions: Sequence[Submission]) -> list[Said]:
    """The products of a round with their nodes, in the given order; `submissions` are the opened ones of the round.

    A number of queries that does not grow with the products.
    """
    known = {submission.id: submission for submission in submissions}
    kept = [product for product in products if product.submission_id in known]
    lots = {lot.id: lot for lot in round_.lots}
    rows = _load(session, round_, kept)
    sources = Sources(session, round_, submissions)
    mentions = [mention for found in rows.links.values() for _link, mention in found]
    sources.load_sites(mentions, kept)
    sources.load_smelters([s for found in rows.smelters.values() for s in found], kept)
    judged_ones = {one.submission_id for one in kept if known[one.submission_id].state != "opened"}
    found = judged.verdicts(session, judged_ones) if judged_ones else {}
    reader = _Reader(rows, sources, waived.standing(session, [product.id for product in kept]), found)
    return [reader.said(product, known[product.submission_id], lots[product.lot_id]) for product in kept]


def _load(session: Session, round_: Round, products: Sequence[Product]) -> _Rows:
    numbers = [product.id for product in products]
    submissions = sorted({product.submission_id for product in products})
    found = _Rows()
    for component in session.scalars(select(Component).where(Component.product_id.in_(numbers)).order_by(Component.id)):
        found.components[component.product_id].append(component)
    links = select(Link, Mention).join(Mention, Mention.id == Link.mention_id)
    for link, mention in session.execute(
        links.where(Link.product_id.in_(numbers), is_current(round_)).order_by(Link.id)
    ):
        found.links[link.component_id].append((link, mention))
    _load_smelters(session, products, numbers, submissions, found)
    mentions = {mention.id for pairs in found.links.values() for _link, mention in pairs}
    for audit in session.scalars(select(SiteAudit).where(SiteAudit.submission_id.in_(submissions))):
        if audit.mention_id in mentions:
            found.audits[audit.mention_id].append(audit)
    wanted = {
        number for pairs in found.links.values() for link, mention in pairs for number in (link.row_id, mention.row_id)
    }
    wanted |= {smelter.row_id for some in found.smelters.values() for smelter in some}
    wanted |= {one.row_id for some in found.components.values() for one in some if one.row_id is not None}
    wanted |= {product.row_id for product in products}
    found.rows |= rows_of(session, wanted)
    return found


def rows_of(session: Session, numbers: Iterable[int]) -> dict[int, SubmissionRow]:
    """Rows of files by number."""
    wanted, found = sorted(set(numbers)), dict[int, SubmissionRow]()
    for start in range(0, len(wanted), 5_000):
        query = select(SubmissionRow).where(SubmissionRow.id.in_(wanted[start : start + 5_000]))
        found |= {row.id: row for row in session.scalars(query)}
    return found


def _load_smelters(
    session: Session, products: Sequence[Product], numbers: Sequence[int], submissions: Sequence[int], found: _Rows
) -> None:
    """Those of a product, and those of the whole file for each of its products."""
    of_file: dict[int, list[SmelterMention]] = defaultdict(list)
    query = select(SmelterMention).where(
        SmelterMention.submission_id.in_(submissions),
        or_(SmelterMention.product_id.is_(None), SmelterMention.product_id.in_(numbers)),
    )
    for smelter in session.scalars(query.order_by(SmelterMention.id)):
        if smelter.product_id is None:
            of_file[smelter.submission_id].append(smelter)
        else:
            found.smelters[smelter.product_id].append(smelter)
    for product in products:
        found.smelters[product.id] += of_file[product.submission_id]


class _Reader:
    """Turns loaded rows into nodes; what a mention says is read once however many links name it."""

    def __init__(
        self,
        rows: _Rows,
        sources: Sources,
        left_out: Mapping[tuple[int, str], NotApplicable],
        verdicts: Mapping[judged.Key, tuple[str, int]],
    ) -> None:
        self.rows, self.sources, self.left_out, self.verdicts = rows, sources, left_out, verdicts
        self.places: dict[tuple[int, bool], Place] = {}

    def said(self, product: Product, submission: Submission, lot: Lot) -> Said:
        """The nodes of one product."""
        brand = key_of(product.brand)
        head = self.sources.heads.get((submission.id, brand), {})
        on = deadline_day(submission.round) or day_of_receipt(submission)
        is_wide = str(head.get("scope") or "") == COMPANY_WIDE
        data_as_of = as_date(head.get("data_as_of"))
        every = required(required_types(lot), lot.minerals, asks_mines=lot.asks_mines)
        accepted = {node: one for node in every if (one := self.left_out.get((product.id, kind_of(*node)))) is not None}
        asked = required(required_types(lot), lot.minerals, asks_mines=lot.asks_mines, left_out=accepted)
        components: dict[str, list[Component]] = defaultdict(list)
        for component in self.rows.components[product.id]:
            components[component.component_type].append(component)
        nodes = []
        for level, kind in asked:
            if level in (SM, MI):
                node = self._mineral(product, submission, lot, level, kind, data_as_of)
            else:
                deep = lot.asked_tiers >= SUB_COMPONENT_TIER
                node = self._component(product, level, kind, components[kind], data_as_of, goes_deep=deep)
            if is_wide:
                node = replace(node, places=(), reason=COMPANY_WIDE)
            elif (told := self.verdicts.get((submission.id, lot.id, brand, level, kind))) is not None:
                node = replace(node, verdict=told[0], spread=told[1])
            nodes.append(node)
        kinds = {kind for level, kind in every if level not in (SM, MI)}
        others = [
            self._component(product, "co", kind, found, data_as_of, goes_deep=True)
            for kind, found in components.items()
            if kind not in kinds
        ]
        row = self.rows.rows[product.row_id]
        left_out = tuple({one.id: one for one in accepted.values()}.values())
        return Said(
            product, submission, lot, tuple(nodes), tuple(others), on, row, self._class(submission.id), left_out
        )

    def _class(self, submission_id: int) -> int:
        """That of a row about a product which says nothing else."""
        return class_of(self.sources.levels.get(submission_id, "consortium"), tied=True)

    def _component(
        self,
        product: Product,
        level: str,
        kind: str,
        components: Sequence[Component],
        data_as_of: dt.date | None,
        *,
        goes_deep: bool,
    ) -> Node:
        is_deep = goes_deep and level != FA and any(one.tier >= SUB_COMPONENT_TIER for one in components)
        places, seen = [], set[int]()
        for component in components:
            for link, mention in self.rows.links.get(component.id, []):
                if mention.company_wide or mention.id in seen:
                    continue
                seen.add(mention.id)
                places.append(self._site(product, component, link, mention, data_as_of, is_deep=is_deep))
        why = [
            Why(
                self.rows.rows.get(one.row_id or 0),
                one.not_disclosed_reason,
                one.not_disclosed_evidence,
                self._class(product.submission_id),
            )
            for one in components
        ]
        reason = next((one.reason for one in why if one.reason), "")
        if not reason:
            reason = "unknown" if any(one.row is not None for one in why) else ABSENT
        return Node(level, kind, tuple(places), "" if places else reason, is_deep, tells=tuple(why))

    def _site(
        self,
        product: Product,
        component: Component,
        link: Link,
        mention: Mention,
        data_as_of: dt.date | None,
        *,
        is_deep: bool,
    ) -> Place:
        base, row = self._described(mention, is_deep=is_deep), self.rows.rows[link.row_id]
        told = (HALF if link.share is not None else NONE) + (HALF if link.valid_from is not None else NONE)
        backing = self.sources.of_site(product, mention, self.rows.rows[mention.row_id], base.told)
        return replace(
            base,
            answered={**base.answered, "share": told},
            share=None if link.share is None else Fraction(link.share),
            part=component.component_ref,
            as_of=as_date(row.read_values.get("row_as_of")) or data_as_of,
            sources=backing.all,
            whole=row.read_values.get("dual_sourced") in (False, "no"),
            told=Told(self.rows.rows[mention.row_id], row, mention, link, audits=base.told, backing=backing),
        )

    def _described(self, mention: Mention, *, is_deep: bool) -> Place:
        """What a row says of a site, whatever is made there; `told` are its audits."""
        key = mention.id, is_deep
        if key not in self.places:
            known = precision(mention.address, mention.city, mention.country, region=mention.region)
            street = known is Precision.SITE
            answered = {
                "name": _is(mention.name),
                "address": _is(mention.country) if is_deep else _is(street),
                "parent": _is(mention.parent_company),
                "function": _is(mention.facility_type),
                "workforce": workforce(self.rows.rows[mention.row_id].read_values),
            }
            audits = tuple(self.rows.audits.get(mention.id, ()))
            self.places[key] = Place(
                answered,
                mention.precision,
                class_=class_of(mention.confidentiality, tied=True),
                street=street and bool(mention.name),
                told=audits,
            )
        return self.places[key]

    def _mineral(
        self, product: Product, submission: Submission, lot: Lot, level: str, mineral: str, data_as_of: dt.date | None
    ) -> Node:
        rows = [one for one in self.rows.smelters[product.id] if asked_mineral(lot, one.mineral) == mineral]
        default = self.sources.levels.get(submission.id, "consortium")
        places: list[Place] = []
        for smelter in rows:
            row = self.rows.rows[smelter.row_id]
            class_ = class_of(default, tied=smelter.product_id is not None)
            as_of = as_date(row.read_values.get("row_as_of")) or data_as_of
            if level == MI:
                places += self._origins(product, smelter, row, as_of, class_)
            elif smelter.smelter_name:
                places.append(self._smelter(product, smelter, row, as_of, class_))
        why = tuple(
            Why(
                self.rows.rows[one.row_id],
                one.not_disclosed_reason,
                str(self.rows.rows[one.row_id].read_values.get("not_disclosed_evidence") or ""),
                class_of(default, tied=one.product_id is not None),
            )
            for one in rows
        )
        reason = next((one.reason for one in why if one.reason), "") or ("unknown" if why else ABSENT)
        return Node(level, mineral, tuple(places), "" if places else reason, tells=why)

    def _smelter(
        self, product: Product, smelter: SmelterMention, row: SubmissionRow, as_of: dt.date | None, class_: int
    ) -> Place:
        address = str(row.read_values.get("smelter_address_line") or "")
        backing = self.sources.of_smelter(product, smelter)
        answered = {
            "name": ONE,
            "address": _is(smelter.city and smelter.country),
            "function": ONE,
            "registry": _is(smelter.smelter_id),
        }
        return Place(
            answered,
            precision(address, smelter.city, smelter.country).value,
            as_of=as_of,
            sources=backing.all,
            class_=class_,
            told=Told(row, smelter=smelter, backing=backing),
        )

    def _origins(
        self, product: Product, smelter: SmelterMention, row: SubmissionRow, as_of: dt.date | None, class_: int
    ) -> list[Place]:
        """The countries of origin of a mineral row, else the names of its mines."""
        countries = listed(row.read_values.get("mine_or_origin_country"))
        mines = listed(row.read_values.get("mine_name"))
        told = [(code, Precision.COUNTRY) for code in countries] or [(name, Precision.NAME_ONLY) for name in mines]
        places = []
        for origin, known in told:
            is_known = known is Precision.COUNTRY
            backing = self.sources.of_origin(product, smelter, origin) if is_known else NOBODY
            places.append(
                Place(
                    {"address": _is(is_known), "function": ONE},
                    known.value,
                    as_of=as_of,
                    sources=backing.all,
                    class_=class_,
                    told=Told(row, smelter=smelter, origin=origin, backing=backing),
                )
            )
        return places


def workforce(values: Mapping[str, Any]) -> Fraction:
    """A fifth for each figure about the workers; `unknown` is no answer."""
    return sum((FIFTH for name in WORKFORCE if values.get(name) not in (None, "", "unknown")), NONE)


def as_date(told: Any) -> dt.date | None:
    """A day as it is stored in a row; None where there is none."""
    try:
        return dt.date.fromisoformat(told[:10]) if isinstance(told, str) and told else None
    except ValueError:
        return None


def _is(told: Any) -> Fraction:
    return ONE if told else NONE
