"""Products and links of a list whose products a person tied to models on offer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from framework.disclosure.recognise import SITE_LIST
from framework.disclosure.tying import name_key, names_in, ties
from models.chain import Product
from models.disclosure import ProductTie, Submission, SubmissionRow
from models.rounds import Lot

MADE_THERE = ("", "final_assembly")
"""Types of facility of rows that say where a model is put together; a row without a type says so by naming the model."""


def tied_products(
    session: Session, submission: Submission, rows: Iterable[SubmissionRow], lots: dict[str, Lot]
) -> tuple[dict[str, tuple[Product, Lot]], dict[int, list[str]]]:
    """The models that a list was tied to, by their folded key, each with its lot; and the keys by row of the list.

    `lots` are the round's by folded code; a model without a lot belongs to the only one. A row that names a site of
    another kind than final assembly makes no product there.
    """
    products: dict[str, tuple[Product, Lot]] = {}
    by_row: dict[int, list[str]] = defaultdict(list)
    said = ties(session, submission) if submission.format == SITE_LIST else {}
    for row in rows if said else ():
        for one in (one for name in names_in(row.read_values) for one in said.get(name_key(name), [])):
            lot, key = _lot(one, lots), one.product_ref.strip().casefold()
            if not key or lot is None:
                continue
            if key not in products:
                products[key] = _product(submission, one, row, lot), lot
            if row.read_values.get("facility_type", "") in MADE_THERE and key not in by_row[row.id]:
                by_row[row.id].append(key)
    session.add_all(product for product, _lot in products.values())
    session.flush()
    return products, dict(by_row)


def links_of(
    submission: Submission,
    by_row: dict[int, list[str]],
    products: dict[str, int],
    assemblies: dict[int, int],
    mentions: dict[str, int],
) -> list[dict[str, Any]]:
    """A link to the final assembly of each model for each row that names it."""
    return [
        {
            "submission_id": submission.id,
            "row_id": row_id,
            "product_id": products[key],
            "component_id": assemblies[products[key]],
            "mention_id": mentions[f"row {row_id}"],
            "share": None,
            "valid_from": None,
            "valid_to": None,
        }
        for row_id, keys in by_row.items()
        for key in keys
        if f"row {row_id}" in mentions
    ]


def _lot(one: ProductTie, lots: dict[str, Lot]) -> Lot | None:
    only = next(iter(lots.values())) if len(lots) == 1 else None
    return lots.get(one.lot.strip().casefold()) or only


def _product(submission: Submission, one: ProductTie, row: SubmissionRow, lot: Lot) -> Product:
    return Product(
        submission_id=submission.id,
        row_id=row.id,
        lot_id=lot.id,
        product_ref=one.product_ref,
        brand=one.brand,
        model_name=one.model_name,
        category=one.category,
        spec_tier=one.spec_tier,
        final_country="",
        offered_share=None,
    )
