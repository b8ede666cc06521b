"""What is done with the cells of a plain list beside reading them: filling down, splitting, ids put together, tiers in figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from framework.disclosure.fields import FILL_MARK, FILLABLE, SPLIT_MARK, SPLITTABLE
from framework.disclosure.identifiers import registry_problem
from framework.disclosure.recognise import OPEN_SUPPLY_HUB, Layout
from framework.disclosure.table import Listed, Table, letter
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.texts import clean
from framework.ground.sheets.cells import Cell, Row

HEADS_BELOW = "names-rows-below"
_LEAST_BLANK, _MOST_WITH_ADDRESS = 0.3, 0.8
_PLACES = ("address_line", "city", "country", "region")
_SCHEMES = {"lei_id": "lei", "duns_id": "duns", "gln_id": "gln", "rba_id": "rba", "parent_os_id": "parent-os"}
_BARS, _COMMAS = re.compile(r"\s*[|;；、\n]\s*"), re.compile(r"\s*[,，]\s*")
_TIER = re.compile(
    r"(?:tier|level|led|nivå|schakel|laag|niveau|stufe|ebene|rang|t)?\s*[-.:]?\s*(?<!\d)([1-9])(?!\d)|([一二三四])[级級]",
    re.I,
)
_CHINESE = {"一": 1, "二": 2, "三": 3, "四": 4}


def filled_down(layout: Layout, rows: Sequence[Row]) -> tuple[list[Row], list[Listed], dict[str, set[int]]]:
    """The rows with blank cells filled from above where a person agreed; rows that only head others; filled rows by field.

    A row with values in the filled columns alone names the rows below it and is no site of its own.
    """
    places = {name: layout.mapping[name] for name in FILLABLE if layout.is_marked(name, FILL_MARK)}
    if not places:
        return list(rows), [], {}
    others = [place for name, place in layout.mapping.items() if name not in places]
    above: dict[int, Cell] = {}
    kept, heads, filled = [], [], {name: set[int]() for name in places}
    for row in rows:
        if not any(_at(row, place) is not None for place in others):
            above |= {place: _at(row, place) for place in places.values() if _at(row, place) is not None}
            heads.append(Listed(row.number, HEADS_BELOW))
            continue
        cells = list(row.cells) + [None] * (max(places.values()) + 1 - len(row.cells))
        for name, place in places.items():
            if cells[place] is None and place in above:
                cells[place] = above[place]
                filled[name].add(row.number)
            elif cells[place] is not None:
                above[place] = cells[place]
        kept.append(Row(row.number, tuple(cells)))
    return kept, heads, filled


def told_filled(layout: Layout, table: Table, filled: dict[str, set[int]]) -> list[Issue]:
    """X20: how many cells took the value above; as found they are blank."""
    issues = []
    for name, numbers in filled.items():
        found = table.found.setdefault(name, {})
        found |= {index: "" for index, number in enumerate(table.rows) if number in numbers}
        if numbers:
            issues.append(make("fill-down-used", count=len(numbers), **_header(layout, name)))
    return issues


def offers(layout: Layout, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """By field: what a person may ask for. `fill` counts blank cells and rows; `split` shows parts of the first such cell.

    `is_filled` and `is_split` say that it was asked for.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in FILLABLE:
        blank = _blank_below(layout, name, rows)
        if layout.is_marked(name, FILL_MARK):
            found[name] = {"is_filled": True}
        elif blank:
            found[name] = {"fill": {"blank": blank, "rows": len(rows)}}
    for name in SPLITTABLE if layout.kind != OPEN_SUPPLY_HUB else ():
        if layout.is_marked(name, SPLIT_MARK):
            found.setdefault(name, {})["is_split"] = True
        elif name in layout.mapping:
            joined = next((text for text in _texts(layout, name, rows) if len(parts_of(text)) > 1), "")
            if joined:
                found.setdefault(name, {})["split"] = {"cell": joined[:200], "parts": parts_of(joined[:200])}
    return found


def offered(layout: Layout, offers: dict[str, dict[str, Any]]) -> list[Issue]:
    """A word about what a person may ask for on the page of the columns."""
    issues = []
    for name, offer in offers.items():
        if "fill" in offer:
            issues.append(make("fill-down-offered", count=offer["fill"]["blank"], **_header(layout, name)))
        if "split" in offer:
            issues.append(make("split-offered", value=offer["split"]["cell"], **_header(layout, name)))
    return issues


def parts_of(text: str) -> list[str]:
    """The values in one cell: apart at bars, semicolons and line breaks; where there are none, at commas."""
    parts = _BARS.split(text.strip())
    parts = parts if len(parts) > 1 else _COMMAS.split(text.strip())
    return [part for part in (clean(one).text for one in parts) if part]


def split(layout: Layout, table: Table) -> list[Issue]:
    """Cells with several values become lists: at the bars of a hub's list, elsewhere only where a person agreed."""
    issues = []
    for name in SPLITTABLE:
        by_hub = layout.kind == OPEN_SUPPLY_HUB
        if not table.has(name) or not (by_hub or layout.is_marked(name, SPLIT_MARK)):
            continue
        count = 0
        for index, value in enumerate(table.columns[name]):
            if not isinstance(value, str):
                continue
            found = table.as_found(name, index)
            parts = (
                [part for part in (clean(one).text for one in found.split("|")) if part] if by_hub else parts_of(found)
            )
            table.columns[name][index] = parts
            if len(parts) > 1:
                table.found[name][index] = found
                count += 1
        if count:
            issues.append(make("values-split", count=count, **_header(layout, name)))
    return issues


def join_ids(table: Table) -> list[Issue]:
    """Ids in registers of their own column go together as `scheme:id`; one of a wrong form is told and not taken (D35)."""
    names = [name for name in _SCHEMES if table.has(name)]
    if not names:
        return []
    issues: list[Issue] = []
    joined, found = list(table.get("other_registry_id")), table.found.setdefault("other_registry_id", {})
    for name in names:
        for index, value in enumerate(table.get(name)):
            if value is None:
                continue
            text = f"{_SCHEMES[name]}:{value}"
            problem = registry_problem(text)
            if problem:
                issues.append(make("registry-form", value=value, registry=problem, **table.place(name, index)))
            else:
                joined[index] = f"{joined[index]}|{text}" if joined[index] else text
            found[index] = f"{found[index]}|{value}" if found.get(index) else table.as_found(name, index)
    if "other_registry_id" not in table.letters:
        table.letters["other_registry_id"], table.headers["other_registry_id"] = (
            table.letters[names[0]],
            table.headers[names[0]],
        )
    table.columns["other_registry_id"] = joined
    for name in names:
        del table.columns[name]
        table.found.pop(name, None)
    return issues


def number_tiers(table: Table) -> None:
    """`Tier 1 - Primary` is tier 1; the words are kept beside it."""
    if table.has("tier_words"):
        table.columns["tier"] = [tier_of(words) for words in table.get("tier_words")]
        table.letters["tier"], table.headers["tier"] = table.letters["tier_words"], table.headers["tier_words"]


def tier_of(words: str | None) -> int | None:
    """The tier that such words name, 1 to 9; None where they name none or several."""
    found = {int(one) if one else _CHINESE[other] for one, other in _TIER.findall(words or "")}
    return found.pop() if len(found) == 1 else None


def named_products(layout: Layout, table: Table) -> list[Issue]:
    """What a list of products and factories gives: the different products and sites, kept row by row."""
    if not table.has("product_model"):
        return []
    products = {str(value) for value in table.get("product_model") if value}
    sites = set(zip(table.get("site_legal_name"), table.get("address_line"), strict=True))
    header = _header(layout, "product_model")
    return [make("products-in-list", count=len(products), sites=len(sites), **header)] if products else []


def blank_zeros(table: Table) -> list[Issue]:
    """A postcode of 0 is none."""
    issues = []
    for index, value in enumerate(table.get("postcode")):
        if value == "0":
            table.columns["postcode"][index] = None
            table.found["postcode"][index] = "0"
            issues.append(make("placeholder", value="0", **table.place("postcode", index)))
    return issues


def _blank_below(layout: Layout, name: str, rows: Sequence[Row]) -> int:
    """How many cells of a column are blank below a filled one, where filling down is worth offering; else 0.

    At least three in ten of the rows, and the blank ones say where they are.
    """
    place = layout.mapping.get(name)
    if place is None:
        return 0
    cells = [row.cells[place] if place < len(row.cells) else None for row in rows]
    if cells.count(None) < _LEAST_BLANK * len(rows):
        return 0  # nearly every list ends here
    begun = next((number for number, row in enumerate(rows) if _at(row, place) is not None), len(rows))
    sites = [row for row in rows[begun:] if any(_at(row, where) is not None for where in _where(layout))]
    blank = sum(1 for row in sites if _at(row, place) is None)
    all_blank = sum(1 for row in rows[begun:] if _at(row, place) is None)
    is_worth = sites and blank and blank >= _LEAST_BLANK * len(sites) and blank >= _MOST_WITH_ADDRESS * all_blank
    return blank if is_worth else 0


def _where(layout: Layout) -> list[int]:
    return [layout.mapping[name] for name in _PLACES if name in layout.mapping]


def _texts(layout: Layout, name: str, rows: Iterable[Row]) -> Iterable[str]:
    place = layout.mapping[name]
    return (str(cell) for row in rows if isinstance(cell := _at(row, place), str))


def _at(row: Row, place: int) -> Cell:
    return row.cells[place] if place < len(row.cells) else None


def _header(layout: Layout, name: str) -> dict[str, Any]:
    place = layout.mapping[name]
    cell = f"{letter(place)}{layout.header_row}"
    return {"sheet": layout.sheet.name, "column": layout.name_of(place), "cell": cell}
