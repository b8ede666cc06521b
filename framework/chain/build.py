"""Turn the stored rows of an opened submission into products, components, mentions, links, smelters, audits; once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from framework.chain import figures
from framework.chain.matching import placing
from framework.chain.tied import links_of, tied_products
from framework.disclosure.columns import SHEETS
from framework.disclosure.confidentiality import levels_of
from framework.disclosure.recognise import SITE_LIST
from framework.ground import audit
from framework.ground.actors import SYSTEM
from framework.ground.places import precision
from models.chain import (
    ChainBuild,
    Component,
    DueDiligence,
    Link,
    Mention,
    Product,
    SiteAudit,
    SmelterMention,
)
from models.disclosure import Submission, SubmissionRow
from models.rounds import Lot

BUILT = audit.declare("chain.built", "products", "mentions", "links")
AT_ONCE = 2_000
WHOLE_COMPANY = ("", "company")
"""What `applies_to` holds of a row about all products of the file."""
EACH_PRODUCT = "product_list"
"""What it holds of a row about every product that the file lists."""
MOST_TIES = 50_000
"""Beyond this many smelters times products, a row stands for all products of the file at once."""
PLACES_OF_OTHERS = {
    "mines": ("name", "address", "city", "country"),
    "organisations": ("organisation_name", "", "", "country"),
    "facilities": ("site_legal_name", "address_line", "city", "country"),
}
"""Sheets that only formats of others have and that name places: name, address, city and country of each row."""
READABLE = frozenset({"opened", "clarification_asked", "in_review", "scored"})


@dataclass(slots=True)
class Work:
    """What the steps of one build share: the rows by sheet, and the numbers given so far by folded key."""

    session: Session
    submission: Submission
    now: dt.datetime
    rows: dict[str, list[SubmissionRow]]
    products: dict[str, int] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    components: dict[str, int] = field(default_factory=dict)
    component_product: dict[str, int] = field(default_factory=dict)
    assembly_of: dict[int, int] = field(default_factory=dict)
    mentions: dict[str, int] = field(default_factory=dict)
    tied: dict[int, list[str]] = field(default_factory=dict)

    def sheet(self, name: str) -> list[SubmissionRow]:
        """The stored rows of a sheet, in the file's order."""
        return self.rows.get(name, [])


def build(session: Session, submission: Submission, *, now: dt.datetime) -> ChainBuild | None:
    """Build the chain of one opened submission; None where it is still sealed, the old build where it was done.

    Before the opening nothing is derived from a submission (law L07b).
    """
    done = session.get(ChainBuild, submission.id)
    if done is not None or submission.state not in READABLE:
        return done
    work = Work(session, submission, now, _rows(session, submission))
    _products(work)
    _components(work)
    _mentions(work)
    links = _links(work)
    _smelters(work)
    _audits(work)
    _due_diligence(work)
    session.flush()
    figures.count(session, submission)
    placing.place_next(session, submission, now=now)
    done = ChainBuild(
        submission_id=submission.id, at=now, products=len(work.products), mentions=len(work.mentions), links=links
    )
    session.add(done)
    audit.record(
        session,
        BUILT,
        actor=SYSTEM,
        now=now,
        subject=submission,
        products=done.products,
        mentions=done.mentions,
        links=done.links,
    )
    return done


def _rows(session: Session, submission: Submission) -> dict[str, list[SubmissionRow]]:
    query = select(SubmissionRow).where(SubmissionRow.submission_id == submission.id, SubmissionRow.listed_reason == "")
    found: dict[str, list[SubmissionRow]] = {}
    for row in session.scalars(query.order_by(SubmissionRow.sheet, SubmissionRow.row)):
        found.setdefault(row.sheet, []).append(row)
    return found


def _products(work: Work) -> None:
    lots = work.session.scalars(select(Lot).where(Lot.round_id == work.submission.round_id).order_by(Lot.number)).all()
    by_code = {lot.code.casefold(): lot for lot in lots}
    _tied(work, by_code)
    for row in work.sheet("1_products"):
        key = _key(row, "product_ref")
        lot = by_code.get(_key(row, "lot")) or (lots[0] if len(lots) == 1 else None)
        if not key or lot is None or key in work.products:
            continue
        product = Product(
            submission_id=work.submission.id,
            row_id=row.id,
            lot_id=lot.id,
            product_ref=_text(row, "product_ref", 40),
            brand=_text(row, "brand", 120),
            model_name=_text(row, "model_name", 200),
            category=_text(row, "category", 20),
            spec_tier=_text(row, "spec_tier", 40),
            final_country=_text(row, "final_manufacturing_country", 2),
            offered_share=_decimal(row, "offered_volume_share_pct"),
        )
        work.session.add(product)
        work.session.flush()
        work.products[key] = product.id
        work.lots[key] = lot


def _tied(work: Work, lots: dict[str, Lot]) -> None:
    """The models that the products of a list were tied to."""
    rows = (row for some in work.rows.values() for row in some)
    products, work.tied = tied_products(work.session, work.submission, rows, lots)
    for key, (product, lot) in products.items():
        work.products[key], work.lots[key] = product.id, lot


def _components(work: Work) -> None:
    for row in work.sheet("2_components"):
        product_key = _key(row, "product_ref")
        if product_key in work.products and _key(row, "component_ref") not in work.components:
            _add_component(work, row, product_key)
    for product_key, product_id in work.products.items():
        if product_id not in work.assembly_of:
            _add_assembly(work, product_key)
    work.session.flush()


def _add_component(work: Work, row: SubmissionRow, product_key: str) -> None:
    kind = _text(row, "component_type", 30)
    component = Component(
        submission_id=work.submission.id,
        row_id=row.id,
        product_id=work.products[product_key],
        component_ref=_text(row, "component_ref", 60),
        component_type=kind,
        tier=_int(row, "tier") or (1 if kind == "final_assembly" else 2),
        required=kind in figures.required_types(work.lots[product_key]),
        not_disclosed_reason=_reason(row),
        not_disclosed_evidence=_text(row, "not_disclosed_evidence", 2000),
    )
    _keep_component(work, _key(row, "component_ref"), component)


def _add_assembly(work: Work, product_key: str) -> None:
    """A product without an assembly row gets one (D13): the node is asked, whether or not the file names it."""
    component = Component(
        submission_id=work.submission.id,
        row_id=None,
        product_id=work.products[product_key],
        component_ref=f"{product_key}-FA",
        component_type="final_assembly",
        tier=1,
        required=True,
    )
    _keep_component(work, f"{product_key}-fa", component)


def _keep_component(work: Work, key: str, component: Component) -> None:
    """The first of a key is the one links mean: a row of the file before an assembly made by us."""
    work.session.add(component)
    work.session.flush()
    work.component_product.setdefault(key, component.product_id)
    work.components.setdefault(key, component.id)
    if component.component_type == "final_assembly":
        work.assembly_of.setdefault(component.product_id, component.id)


def _reason(row: SubmissionRow) -> str:
    """The reason as it may count: refused without proof is unknown (D18)."""
    reason = _text(row, "not_disclosed_reason", 30)
    proof = _text(row, "not_disclosed_evidence", 10)
    return "unknown" if reason == "supplier_refused" and not proof else reason


def _mentions(work: Work) -> None:
    """Mentions from our own sheet of sites and from company-wide lists; matching ties them to sites."""
    levels = levels_of(work.session, work.submission)
    wide = _is_company_wide(work)
    is_list = work.submission.format == SITE_LIST
    names = [name for name in work.rows if (name not in SHEETS if is_list else name in PLACES_OF_OTHERS)]
    listed = [row for name in names for row in work.sheet(name)]
    everything = [(row, wide, levels.of(row)[0]) for row in work.sheet("3_sites")]
    everything += [(row, row.id not in work.tied, "consortium") for row in listed]
    records = [_mention(work, row, wide, level) for row, wide, level in everything]
    for start in range(0, len(records), AT_ONCE):
        work.session.execute(insert(Mention), records[start : start + AT_ONCE])
    query = select(Mention.id, Mention.site_ref, Mention.row_id).where(Mention.submission_id == work.submission.id)
    work.mentions = {(ref.casefold() or f"row {row_id}"): number for number, ref, row_id in work.session.execute(query)}


def _is_company_wide(work: Work) -> bool:
    """A plain list of sites, or a workbook whose every brand says so: shown, never mistaken for model-specific (D47)."""
    scopes = {_text(row, "scope", 20) for row in work.sheet("0_submission")}
    return work.submission.format == SITE_LIST or scopes == {"company_wide"}


def _place(row: SubmissionRow) -> tuple[str, str, str, str]:
    ours = ("site_legal_name", "address_line", "city", "country")
    name, address, city, country = (
        PLACES_OF_OTHERS.get(row.sheet, ours) if "site_legal_name" not in row.read_values else ours
    )
    return _text(row, name, 200), _text(row, address, 400), _text(row, city, 120), _text(row, country, 2)


def _mention(work: Work, row: SubmissionRow, wide: bool, level: str) -> dict[str, Any]:
    name, address, city, country = _place(row)
    is_list = work.submission.format == SITE_LIST
    region, os_id = _text(row, "region", 120), _text(row, "os_id", 20)
    return {
        "submission_id": work.submission.id,
        "row_id": row.id,
        "site_ref": _text(row, "site_ref", 60),
        "name": name,
        "address": address,
        "city": city,
        "region": region,
        "country": country,
        "parent_company": _text(row, "parent_company", 200),
        "facility_type": "mine" if row.sheet == "mines" and not is_list else _text(row, "facility_type", 30),
        "precision": precision(address, city, country, region=region, has_registry_id=bool(os_id)).value,
        "company_wide": wide,
        "confidentiality": level,
        "os_id": os_id,
    }


def _links(work: Work) -> int:
    made: list[dict[str, Any]] = []
    for row in work.sheet("4_links"):
        product = work.products.get(_key(row, "product_ref"))
        mention = work.mentions.get(_key(row, "site_ref"))
        component = _component_of(work, row, product)
        if product is None or mention is None or component is None:
            continue
        made.append(
            {
                "submission_id": work.submission.id,
                "row_id": row.id,
                "product_id": product,
                "component_id": component,
                "mention_id": mention,
                "share": _decimal(row, "share_of_production_pct"),
                "valid_from": _date(row, "valid_from"),
                "valid_to": _date(row, "valid_to"),
            }
        )
    made += links_of(work.submission, work.tied, work.products, work.assembly_of, work.mentions)
    _insert(work, Link, made)
    return len(made)


def _component_of(work: Work, row: SubmissionRow, product: int | None) -> int | None:
    """The component a link names; blank means the product's final assembly, another product's is none (D12)."""
    key = _key(row, "component_ref")
    if not key:
        return work.assembly_of.get(product or 0)
    return work.components.get(key) if work.component_product.get(key) == product else None


def _smelters(work: Work) -> None:
    """Smelters of the whole company or of products; a row that names no product we know says nothing of any."""
    rows = work.sheet("5_smelters")
    each: list[int | None] = [*work.products.values()] if len(rows) * len(work.products) <= MOST_TIES else [None]
    made: list[dict[str, Any]] = []
    for row in rows:
        key = _key(row, "applies_to")
        if key in WHOLE_COMPANY:
            made.append(_smelter(work, row, None))
        elif key == EACH_PRODUCT:
            made += [_smelter(work, row, product) for product in each]
        elif key in work.products:
            made.append(_smelter(work, row, work.products[key]))
    _insert(work, SmelterMention, made)


def _smelter(work: Work, row: SubmissionRow, product: int | None) -> dict[str, Any]:
    other = _text(row, "mineral_other", 60)
    return {
        "submission_id": work.submission.id,
        "row_id": row.id,
        "product_id": product,
        "mineral": other if _text(row, "mineral", 60) == "other" and other else _text(row, "mineral", 60),
        "smelter_id": _text(row, "smelter_id", 20),
        "smelter_name": _text(row, "smelter_name", 200),
        "country": _text(row, "smelter_country", 2),
        "city": _text(row, "smelter_city", 120),
        "rmap_status": _text(row, "rmap_status", 20),
        "not_disclosed_reason": _reason(row),
    }


def _audits(work: Work) -> None:
    made = (_audit(work, row) for row in work.sheet("6_audits") if _key(row, "site_ref") in work.mentions)
    _insert(work, SiteAudit, made)


def _audit(work: Work, row: SubmissionRow) -> dict[str, Any]:
    return {
        "submission_id": work.submission.id,
        "row_id": row.id,
        "mention_id": work.mentions[_key(row, "site_ref")],
        "scheme": _text(row, "scheme", 20),
        "audit_type": _text(row, "audit_type", 20),
        "score": _decimal(row, "score", 1),
        "score_max": _int(row, "score_max"),
        "audit_date": _date(row, "audit_date"),
        "valid_until": _date(row, "valid_until"),
        "auditor_body": _text(row, "auditor_body", 200),
        "report_shared": _text(row, "report_shared", 20),
    }


def _due_diligence(work: Work) -> None:
    made = (
        {
            "submission_id": work.submission.id,
            "row_id": row.id,
            "requirement": _text(row, "process_requirement", 40),
            "self_score": _text(row, "self_score", 10),
            "document_name": _text(row, "document_name", 200),
            "document_date": _date(row, "document_date"),
        }
        for row in work.sheet("7_due_diligence")
    )
    _insert(work, DueDiligence, made)


def _insert(work: Work, table: Callable[..., Any], records: Iterable[dict[str, Any]]) -> None:
    found = list(records)
    for start in range(0, len(found), AT_ONCE):
        work.session.execute(insert(table), found[start : start + AT_ONCE])  # type: ignore[arg-type]


def _text(row: SubmissionRow, column: str, longest: int) -> str:
    value = row.read_values.get(column)
    return "" if value is None else str(value)[:longest]


def _key(row: SubmissionRow, column: str) -> str:
    return str(row.read_values.get(column) or "").strip().casefold()


def _int(row: SubmissionRow, column: str) -> int | None:
    value = row.read_values.get(column)
    return value if isinstance(value, int) else None


def _decimal(row: SubmissionRow, column: str, scale: int = 2) -> Decimal | None:
    value = row.read_values.get(column)
    try:
        return None if value in (None, "") else round(Decimal(str(value)), scale)
    except InvalidOperation:
        return None


def _date(row: SubmissionRow, column: str) -> dt.date | None:
    value = row.read_values.get(column)
    try:
        return dt.date.fromisoformat(value[:10]) if isinstance(value, str) and value else None
    except ValueError:
        return None
