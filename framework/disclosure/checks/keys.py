"""Keys and references: D10 to D12, D56; references compare without case."""

from __future__ import annotations

from collections.abc import Iterator

from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import COMPONENTS, LINKS, PRODUCTS, SHEETS, SUBMISSION, key_column, sheet_columns
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue


def leave_out_duplicates(table: Table) -> list[Issue]:
    """D10 and D05: later rows with a key (on sheet 0: a brand) seen before are listed, not stored. Changes the table."""
    column, code, cause = key_column(table.sheet), "key-duplicate", ""
    if table.sheet == SUBMISSION:
        column, code, cause = "brand", "row-count-wrong", "brand twice"
    if not table.has(column):
        return []
    seen: dict[str, int] = {}
    issues, reasons = [], {}
    for index, value in enumerate(table.get(column)):
        if value is None:
            continue
        first = seen.setdefault(key(value), index)
        if first != index:
            place = table.place(column, index) | {"value": table.as_found(column, index)}
            issues.append(make(code, cause, **place, other=table.rows[first]))
            reasons[index] = f"{code} / {cause}" if cause else code
    table.leave_out(reasons)
    return issues


def identical_rows(context: Context) -> Iterator[Issue]:
    """Rows that say all the same, in sheets without keys: both are kept."""
    for (sheet, index), first in context.identical.items():
        yield context.at(sheet, index, "", "row-duplicate", other=context.tables[sheet].rows[first])


def unknown_references(context: Context) -> Iterator[Issue]:
    """D11: a reference without a target. A blank final assembly of a known product has one, created or not."""
    for sheet in SHEETS:
        for name, column in sheet_columns(sheet).items():
            if column.target is None or context.lacks(column.target[0]):
                continue
            known = {None, *filter(None, context.keys(*column.target)), *column.values}
            if column.target[0] == COMPONENTS:
                known |= set(context.assembly_of.values())
            unknown = set(context.keys(sheet, name)) - known
            for index, value in enumerate(context.keys(sheet, name) if unknown else ()):
                if value in unknown:
                    yield context.at(sheet, index, name, "ref-unknown", target=column.target[0])


def mismatched_references(context: Context) -> Iterator[Issue]:
    """D12: the component of a link belongs to another product."""
    owners = context.tables[COMPONENTS].get("product_ref")
    owner_keys = context.keys(COMPONENTS, "product_ref")
    named = zip(context.keys(LINKS, "product_ref"), context.keys(LINKS, "component_ref"), strict=True)
    for index, (product, component) in enumerate(named):
        place = context.components.get(component) if component else None
        owner = owner_keys[place] if place is not None else None
        if product and owner and owner != product:
            yield context.at(LINKS, index, "component_ref", "ref-mismatch", other=owners[place or 0])


def brands_without_row(context: Context) -> Iterator[Issue]:
    """D56: a product's brand has no row on the first sheet; a first sheet without any row is told as that (D04, D05)."""
    if not len(context.tables[SUBMISSION]):
        return
    brands = {key(brand) for brand in context.tables[SUBMISSION].get("brand") if brand}
    for index, brand in enumerate(context.tables[PRODUCTS].get("brand")):
        if brand and key(brand) not in brands:
            yield context.at(PRODUCTS, index, "brand", "brand-without-row")
