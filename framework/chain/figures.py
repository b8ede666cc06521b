"""Count what a submission discloses for each lot and brand, once, when its chain is built."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import LEVELS, OPEN_LEVELS, default_level, reference_day
from framework.ground.terms import MINERALS
from models.chain import (
    ChainBuild,
    Component,
    DueDiligence,
    Link,
    LotFigures,
    Mention,
    Product,
    SiteAudit,
    SmelterMention,
)
from models.disclosure import Submission, SubmissionRow
from models.rounds import Lot

OTHER = "other"
SUB_COMPONENT_TIER = 3
SCORES = ("none", "partial", "full")
"""A supplier's answers about its own process, the least first."""
COUNTED_AS = 2
"""Grows whenever more is counted: figures of an older kind are counted anew (`count_again`)."""


@dataclass(slots=True)
class Facts:
    """The rows of one submission that the counting needs, loaded with one query each."""

    products: list[Product]
    components: dict[int, list[Component]] = field(default_factory=lambda: defaultdict(list))
    links: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    smelters: list[SmelterMention] = field(default_factory=list)
    audits: list[tuple[int, dt.date | None]] = field(default_factory=list)
    diligence: dict[str, str] = field(default_factory=dict)
    confidential: dict[int, str] = field(default_factory=dict)
    countries: dict[int, str] = field(default_factory=dict)
    default: str = ""
    origins: set[int] = field(default_factory=set)
    company_wide: int = 0
    wide_confidential: int = 0


def count(session: Session, submission: Submission) -> None:
    """Store the figures of every lot and brand of a submission; done anew they are the same."""
    facts = load(session, submission)
    lots = session.scalars(select(Lot).where(Lot.round_id == submission.round_id).order_by(Lot.number)).all()
    on = reference_day(submission)
    session.execute(delete(LotFigures).where(LotFigures.submission_id == submission.id))
    for lot in lots:
        for brand, products in _by_brand(facts, lot).items():
            figures = figures_of(facts, lot, products, on=on)
            session.add(LotFigures(submission_id=submission.id, lot_id=lot.id, brand=brand, figures=figures))
    session.flush()


def count_again(session: Session, *, most: int = 20) -> int:
    """Count some submissions anew whose figures are of an older kind; how many there were."""
    kind = LotFigures.figures["counted_as"].as_integer()
    old = select(LotFigures.submission_id).where(kind.is_distinct_from(COUNTED_AS)).distinct()
    built = select(Submission).join(ChainBuild, ChainBuild.submission_id == Submission.id)
    found = session.scalars(built.where(Submission.id.in_(old)).order_by(Submission.id).limit(most)).all()
    for submission in found:
        count(session, submission)
    return len(found)


def load(session: Session, submission: Submission) -> Facts:
    """The facts of one submission."""
    number = submission.id
    facts = Facts(list(session.scalars(select(Product).where(Product.submission_id == number).order_by(Product.id))))
    for component in session.scalars(select(Component).where(Component.submission_id == number)):
        facts.components[component.product_id].append(component)
    links = (
        select(Link.component_id, Link.mention_id, Mention.precision, Link.valid_to)
        .join(Mention, Mention.id == Link.mention_id)
        .where(Link.submission_id == number)
    )
    on = reference_day(submission)
    for component_id, mention_id, known, valid_to in session.execute(links):
        if valid_to is None or valid_to >= on:
            facts.links[component_id].append((mention_id, known))
    facts.smelters = list(session.scalars(select(SmelterMention).where(SmelterMention.submission_id == number)))
    audits = select(SiteAudit.mention_id, SiteAudit.valid_until).where(SiteAudit.submission_id == number)
    facts.audits = [(mention, until) for mention, until in session.execute(audits)]
    facts.diligence = _diligence(session, number)
    facts.default = default_level(session, submission)
    facts.origins = _with_origin(session, number)
    mentions = select(Mention.id, Mention.company_wide, Mention.confidentiality, Mention.country)
    for mention_id, wide, level, country in session.execute(mentions.where(Mention.submission_id == number)):
        hidden = level not in OPEN_LEVELS
        if country:
            facts.countries[mention_id] = country
        facts.company_wide += wide
        facts.wide_confidential += wide and hidden
        if hidden:
            facts.confidential[mention_id] = level
    return facts


def required_types(lot: Lot) -> tuple[str, ...]:
    """The component types a lot asks for; the final assembly always among them, and alone where one tier is asked."""
    return tuple(dict.fromkeys((FINAL_ASSEMBLY, *(lot.required_components if lot.asked_tiers > 1 else ()))))


def asked_mineral(lot: Lot, mineral: str) -> str:
    """The mineral of a lot that a row is about, empty where the lot does not ask for it; one we do not list is *other*."""
    known = mineral if mineral in MINERALS else OTHER
    return known if known in lot.minerals else ""


def figures_of(facts: Facts, lot: Lot, products: list[Product], *, on: dt.date) -> dict[str, Any]:
    """Counts of nodes, precision, reasons, component types, minerals, audits and due diligence for some products of a lot."""
    nodes = [_node(facts, product, kind) for product in products for kind in required_types(lot)]
    mentions = {m for p in products for c in facts.components[p.id] for m, _known in facts.links[c.id]}
    hidden = [facts.confidential[m] for m in mentions if m in facts.confidential]
    return {
        "counted_as": COUNTED_AS,
        "products": len(products),
        "countries": _countries(facts, products),
        "nodes": len(nodes),
        "disclosed": sum(n["disclosed"] for n in nodes),
        "precise": sum(n["precise"] for n in nodes),
        "reasons": {r: n for r, n in Counter(n["reason"] for n in nodes if not n["disclosed"]).items() if r},
        "kinds": _kinds(nodes),
        "refused_kinds": _refused_kinds(nodes),
        "sub_components": _with_sub_components(facts, products) if lot.asked_tiers >= SUB_COMPONENT_TIER else None,
        "sites": len(mentions),
        "company_wide": facts.company_wide,
        "confidential": len(hidden) + facts.wide_confidential,
        "confidential_to_linked": hidden.count(LEVELS[-1]) + facts.wide_confidential,
        **_minerals(facts, lot, products),
        **_audits(facts, mentions, on),
        "due_diligence": dict(Counter(facts.diligence.values())),
    }


def _by_brand(facts: Facts, lot: Lot) -> dict[str, list[Product]]:
    found: dict[str, list[Product]] = defaultdict(list)
    for product in facts.products:
        if product.lot_id == lot.id:
            found[product.brand].append(product)
    return found or {"": []}


def _diligence(session: Session, submission_id: int) -> dict[str, str]:
    """The answer to each process requirement; of a requirement answered twice the lesser one counts."""
    query = select(DueDiligence.requirement, DueDiligence.self_score)
    found: dict[str, str] = {}
    for requirement, score in session.execute(query.where(DueDiligence.submission_id == submission_id)):
        if score in SCORES:
            found[requirement] = min(score, found.get(requirement, score), key=SCORES.index)
    return found


def _node(facts: Facts, product: Product, kind: str) -> dict[str, Any]:
    """One thing the lot asks of one product: disclosed or not, how precisely, or why not; a row that is missing is unknown."""
    components = [c for c in facts.components[product.id] if c.component_type == kind]
    links = [known for c in components for _mention, known in facts.links[c.id]]
    reason = next((c.not_disclosed_reason for c in components if c.not_disclosed_reason), "unknown")
    return {
        "kind": kind,
        "disclosed": bool(links),
        "precise": "site" in links,
        "reason": "" if links else reason,
    }


def _kinds(nodes: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    """By component type: how many are disclosed, of how many asked."""
    found: dict[str, list[int]] = {}
    for node in nodes:
        pair = found.setdefault(str(node["kind"]), [0, 0])
        pair[0] += node["disclosed"]
        pair[1] += 1
    return found


def _refused_kinds(nodes: list[dict[str, Any]]) -> list[str]:
    """The component types that were refused with proof for every product: drawn as refused, not as empty."""
    told = {node["kind"] for node in nodes if node["reason"] != "supplier_refused"}
    return sorted({node["kind"] for node in nodes} - told)


def _with_sub_components(facts: Facts, products: list[Product]) -> int:
    """How many products have a sub-component (tier 3 and deeper) with a site."""
    return sum(
        any(c.tier >= SUB_COMPONENT_TIER and facts.links[c.id] for c in facts.components[product.id])
        for product in products
    )


def _with_origin(session: Session, submission_id: int) -> set[int]:
    """The mineral rows that name a country of origin or a mine."""
    query = (
        select(SmelterMention.id, SubmissionRow.read_values)
        .join(SubmissionRow, SubmissionRow.id == SmelterMention.row_id)
        .where(SmelterMention.submission_id == submission_id)
    )
    told = ("mine_or_origin_country", "mine_name")
    return {number for number, values in session.execute(query) if any(values.get(name) for name in told)}


def _countries(facts: Facts, products: list[Product]) -> dict[str, str]:
    """Countries of final assembly, each with the most open level of the rows that name it."""
    found: dict[str, set[str]] = defaultdict(set)
    for product in products:
        if product.final_country:
            found[product.final_country].add(facts.default)
        for component in facts.components[product.id]:
            for mention, _known in facts.links[component.id] if component.component_type == FINAL_ASSEMBLY else ():
                if mention in facts.countries:
                    found[facts.countries[mention]].add(facts.confidential.get(mention, OPEN_LEVELS[-1]))
    return {code: min(levels, key=LEVELS.index) for code, levels in sorted(found.items())}


def _minerals(facts: Facts, lot: Lot, products: list[Product]) -> dict[str, int]:
    own = {product.id for product in products}
    rows = [s for s in facts.smelters if s.product_id is None or s.product_id in own]
    named = [s for s in rows if s.smelter_name and asked_mineral(lot, s.mineral)]
    return {
        "minerals_asked": len(lot.minerals),
        "origins_asked": len(lot.minerals) if lot.asks_mines else 0,
        "origins_answered": len(
            {asked_mineral(lot, s.mineral) for s in rows if s.id in facts.origins and asked_mineral(lot, s.mineral)}
        )
        if lot.asks_mines
        else 0,
        "minerals_answered": len({asked_mineral(lot, s.mineral) for s in named}),
        "smelters": len({(s.smelter_id or s.smelter_name.casefold(), s.mineral) for s in named}),
        "smelters_with_id": len({s.smelter_id for s in named if s.smelter_id}),
    }


def _audits(facts: Facts, mentions: set[int], on: dt.date) -> dict[str, int]:
    found = [(mention, until) for mention, until in facts.audits if mention in mentions]
    valid = {mention for mention, until in found if until is not None and until >= on}
    return {
        "audits": len(found),
        "audited_sites": len({mention for mention, _until in found}),
        "audits_valid": len(valid),
        "audits_expired": sum(1 for _mention, until in found if until is not None and until < on),
    }
