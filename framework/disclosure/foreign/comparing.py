"""Whether an RMI workbook agrees with itself, and with what the round asks: X06, X15 to X17, D20."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from framework.disclosure.foreign.asked import goes_on
from framework.disclosure.foreign.content import ForeignContent, Record, Source
from framework.disclosure.foreign.recognising import Foreign
from framework.disclosure.scope import RoundScope
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue

_NAMES_OF_A_MODEL = ("product_ref", "model_name", "manufacturer_part_no", "gtin", "reseller_sku")
_NAMES_OF_A_PRODUCT = ("requester_number", "manufacturer_part_no", "requester_name", "model_name")


def compare(source: Source, given: Mapping[tuple[str, str], str]) -> None:
    """Tell answers that do not agree with the list of smelters, and minerals that are used and have no smelter."""
    content, declaration = source.content, source.found.declaration.name
    listed = _by_mineral(content.smelters)
    cells = {(a["values"]["question"], a["values"]["subject"]): a["values"]["cell"] for a in content.answers}
    for (question, mineral), value in given.items():
        if _contradicts(question, value, listed.get(mineral, [])):
            cell = cells[question, mineral]
            source.tell("question-contradiction", sheet=declaration, cell=cell, value=value, mineral=mineral)
    for mineral in content.minerals:
        used = given.get(("added", mineral)) == "yes" and goes_on(source.layout, given, mineral)
        if used and not listed.get(mineral):
            cell = f"{source.layout.smelters['mineral']}5"
            source.tell("required-node-absent", "mineral", sheet=source.found.smelters.name, cell=cell, needed=mineral)


def against_round(
    content: ForeignContent, found: Foreign, scope: RoundScope | None, before: Mapping[str, list[Record]] | None
) -> Iterable[Issue]:
    """What does not fit the round: products that are no models on offer, minerals nobody asked for or that are missing.

    `before` holds under `on_offer` the models that the supplier's earlier versions told of: those on offer, as far as
    we know them.
    """
    if scope is None:
        return
    yield from _products(content, before or {})
    listed = _by_mineral(content.smelters)
    columns = found.layout.smelters if found.layout else {"mineral": "A"}
    for mineral in sorted(set(listed) - set(scope.minerals) - {""}) if "other" not in scope.minerals else ():
        row = listed[mineral][0]["row"]
        given: dict[str, Any] = {"cell": f"{columns['mineral']}{row}", "count": len(listed[mineral])}
        sheet, column = found.smelters.name, columns["mineral"]
        yield make("mineral-out-of-scope", sheet=sheet, row=row, column=column, value=mineral, **given)
    for mineral in scope.usual_minerals:
        if mineral in scope.minerals and not listed.get(mineral) and not _is_used(content, mineral):
            yield make("mineral-missing", sheet=found.declaration.name, value=mineral)


def _products(content: ForeignContent, before: Mapping[str, list[Record]]) -> Iterable[Issue]:
    if content.scope != "model_subset" or not content.products:
        return
    on_offer = [one["values"] for one in before.get("on_offer", ())]
    models = {_key(one.get(name)) for one in on_offer for name in _NAMES_OF_A_MODEL}
    named = {_key(one["values"].get(name)) for one in content.products for name in _NAMES_OF_A_PRODUCT}
    if not (models & named) - {""}:
        yield make("scope-not-our-models", sheet="Product List", count=len(content.products))


def _is_used(content: ForeignContent, mineral: str) -> bool:
    answers = (one["values"] for one in content.answers)
    said = {(a["question"], a["subject"]): a.get("value", "") for a in answers}
    return bool(said.get(("added", mineral), "no") != "no")


def _by_mineral(smelters: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for one in smelters:
        given = one["values"]
        found.setdefault(given.get("mineral_other") or given.get("mineral", ""), []).append(one)
    return found


def _contradicts(question: str, value: str, smelters: list[Record]) -> bool:
    given = [one["values"] for one in smelters]
    if question == "added":
        return value == "no" and bool(smelters)
    if question == "suppliers_responded":
        return value == "none" and bool(smelters)
    if question == "smelters_identified":
        return value == "yes" and any(one.get("not_disclosed_reason") for one in given)
    if question == "all_recycled":
        return value == "yes" and any(one.get("mine_or_origin_country") for one in given)
    return False


def _key(value: object) -> str:
    return "".join(str(value or "").casefold().split())
