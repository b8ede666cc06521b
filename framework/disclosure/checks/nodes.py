"""What each model is made of: assembly rows, tiers, reasons, required nodes (D13 to D17, D19, D20)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import COMPONENTS, FINAL_ASSEMBLY, LINKS, PRODUCTS, SMELTERS
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue


def assembly_rows(context: Context) -> Iterator[Issue]:
    """D13: a product without an assembly row gets one, noted in `context.created`. D14: more than one is an error."""
    seen: set[str] = set()
    for index, product, kind in context.tables[COMPONENTS].zip("product_ref", "component_type"):
        if kind == FINAL_ASSEMBLY and product:
            if key(product) in seen:
                yield context.at(COMPONENTS, index, "component_type", "assembly-row-duplicate", subject=product)
            seen.add(key(product))
    refs = context.tables[PRODUCTS].get("product_ref")
    for product, index in context.products.items():
        if product not in seen:
            yield from _created(context, index, str(refs[index]))


def _created(context: Context, index: int, product: str) -> Iterator[Issue]:
    ref = f"{product}-FA"
    values = {"component_ref": ref, "product_ref": product, "component_type": FINAL_ASSEMBLY, "tier": 1}
    context.created.append({"sheet": COMPONENTS, "values": values})
    if context.lacks(COMPONENTS):
        return
    yield context.at(PRODUCTS, index, "product_ref", "assembly-row-missing", key=ref)
    if not context.lacks(LINKS) and key(ref) not in context.linked_components:
        yield context.at(PRODUCTS, index, "product_ref", "node-unexplained", subject=ref)


def tiers_and_types(context: Context) -> Iterator[Issue]:
    """D15: tier 1 exactly when the component is the final assembly."""
    for index, tier, kind in context.tables[COMPONENTS].zip("tier", "component_type"):
        if tier is not None and kind is not None and (tier == 1) != (kind == FINAL_ASSEMBLY):
            yield context.at(COMPONENTS, index, "tier", "tier-mismatch")


def reasons(context: Context) -> Iterator[Issue]:
    """D16: neither site nor reason at tiers 1 and 2. D17: both."""
    table = context.tables[COMPONENTS]
    unread = table.unread.get("not_disclosed_reason", set())
    for index, ref, tier, reason in table.zip("component_ref", "tier", "not_disclosed_reason"):
        if ref is None:
            continue
        linked = key(ref) in context.linked_components
        if linked and reason:
            yield context.at(COMPONENTS, index, "not_disclosed_reason", "node-contradiction", subject=ref)
        if not linked and not context.lacks(LINKS) and not reason and index not in unread and tier in (1, 2):
            yield context.at(COMPONENTS, index, "component_ref", "node-unexplained", subject=ref)


def required_nodes(context: Context) -> Iterator[Issue]:
    """D19: `not_applicable` on a required component. D20: a required component type has no row."""
    if context.scope is None:
        return
    given: dict[str, set[str]] = defaultdict(set)
    needed = _needed_types(context)
    rows = context.tables[COMPONENTS].zip("product_ref", "component_type", "not_disclosed_reason")
    for index, product, kind, reason in rows:
        if product and kind:
            given[key(product)].add(kind)
            if reason == "not_applicable" and kind in needed.get(key(product), ()):
                yield context.at(COMPONENTS, index, "not_disclosed_reason", "not-applicable-open")
    if context.lacks(COMPONENTS):
        return
    for product, index in context.products.items():
        for kind in needed[product]:
            if kind not in given[product] and kind != FINAL_ASSEMBLY:
                yield context.at(PRODUCTS, index, "product_ref", "required-node-absent", "component", needed=kind)


def _needed_types(context: Context) -> dict[str, tuple[str, ...]]:
    lots = context.tables[PRODUCTS].get("lot")
    found = {}
    for product, index in context.products.items():
        lot = context.scope.lot(lots[index]) if context.scope else None
        found[product] = (FINAL_ASSEMBLY, *lot.component_types) if lot else (FINAL_ASSEMBLY,)
    return found


def required_minerals(context: Context) -> Iterator[Issue]:
    """D20: a required mineral has no row; asked by the lots of the products on offer."""
    if context.scope is None or context.lacks(SMELTERS):
        return
    lots = [context.scope.lot(code) for code in context.tables[PRODUCTS].get("lot")]
    needed = dict.fromkeys(mineral for lot in lots if lot for mineral in lot.minerals)
    given = set(context.tables[SMELTERS].get("mineral"))
    for mineral in needed:
        if mineral not in given:
            title = context.tables[SMELTERS].title
            yield make("required-node-absent", "mineral", sheet=title, column="mineral", needed=mineral)
