"""The lists of an RMI workbook: smelters with their mines, mines of the list of mines, products, minerals asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from framework.disclosure.foreign.content import COMPANY, PRODUCTS_OF_FILE, Record, Source, record
from framework.disclosure.foreign.layouts import answer_key
from framework.disclosure.foreign.minerals import mineral_of
from framework.disclosure.foreign.resolving import Match
from framework.disclosure.identifiers import smelter_form
from framework.ground.issue_catalogue import make
from framework.ground.places import normalise_name
from framework.ground.sheets.cells import Sheet

OURS = frozenset({"tin", "tantalum", "tungsten", "gold", "cobalt", "mica"})
_NOT_LISTED, _NOT_IDENTIFIED = "smelter not listed", "smelter not yet identified"
_RECYCLED = re.compile(r"\s*(recycled|scrap)\b", re.IGNORECASE)
_CELLS_TOLD, _CELLS_KEPT = 12, 2_000
_AS_WRITTEN = {
    "city": "smelter_city",
    "region": "smelter_region",
    "address": "smelter_address_line",
    "id_source": "smelter_id_source",
    "tier": "smelter_tier",
    "validated": "on_validated_list",
    "next_steps": "next_steps",
    "product_category": "product_category",
    "product_detail": "product_detail",
    "comment": "comment",
}
_KEPT_AS_FOUND = ("lookup", "standard", "name", "mineral", "country", "mine_country", "mine_name", "recycled")


def read_smelters(source: Source) -> None:
    """Rows of the smelter sheet with a value in a column of the form; helper columns do not make a row."""
    sheet, columns, content = source.found.smelters, source.layout.smelters, source.content
    first: dict[tuple[str, str], int] = {}
    filled: list[str] = []
    for number, raw in source.rows(sheet, columns, 5):
        _tell_joined(source, sheet, columns, number, raw)
        row = _Smelter(source, sheet, number, raw)
        content.smelters.append(row.read())
        filled += row.filled
        given = content.smelters[-1]["values"]
        key = (given.get("mineral_other") or given.get("mineral", ""), given.get("smelter_id", ""))
        if key[1] and first.setdefault(key, number) != number:
            cell = f"{columns.get('id', columns['mineral'])}{number}"
            source.tell("smelter-twice", sheet=sheet.name, cell=cell, value=key[1], other=first[key])
    if filled:
        some = ", ".join(filled[:_CELLS_TOLD]) + (" …" if len(filled) > _CELLS_TOLD else "")
        content.issues.append(
            make("resolved-by-register", sheet=sheet.name, count=len(filled), some=some, cells=filled[:_CELLS_KEPT])
        )
    if source.register is None and any("smelter_id" in one["values"] for one in content.smelters):
        column = columns.get("id", "")
        content.issues.append(make("smelter-unknown", "no register", sheet=sheet.name, column=column))


class _Smelter:
    """One row of the sheet of smelters; `filled` are the cells that were blank and that a list of names filled."""

    def __init__(self, source: Source, sheet: Sheet, number: int, raw: dict[str, str]) -> None:
        self.source, self.sheet, self.number, self.raw = source, sheet, number, raw
        self.columns = source.layout.smelters
        self.filled: list[str] = []
        self.given: dict[str, Any] = {}
        self.found: dict[str, str] = {name: raw[name] for name in _KEPT_AS_FOUND if name in raw}

    def cell(self, name: str) -> str:
        """Where a field stands, or the mineral of the row where the form has no such column."""
        return f"{self.columns.get(name, self.columns['mineral'])}{self.number}"

    def tell(self, code: str, cause: str = "", *, field: str, **params: Any) -> None:
        """Note an issue at a field of the row."""
        self.source.tell(code, cause, sheet=self.sheet.name, cell=self.cell(field), **params)

    def read(self) -> Record:
        """The row in our words: what is blank in the file and known from a list of names is filled in, and marked."""
        raw = self.raw
        mineral = mineral_of(raw.get("mineral", "")) or raw.get("mineral", "").casefold()
        lookup, own = answer_key(raw.get("lookup", "")), raw.get("name") or raw.get("standard", "")
        unnamed = _NOT_IDENTIFIED in (lookup, answer_key(own))
        self.given["not_disclosed_reason"] = "unknown" if unnamed else ""
        match = None if unnamed else self._match(mineral, is_listed=lookup != _NOT_LISTED)
        name = self._name(match, lookup, own)
        if match and not mineral:
            mineral = self._fill("mineral", "mineral", match.entry.mineral, match)
        self._mineral(mineral)
        country = "" if unnamed else self._country(match)
        self.given["smelter_name"], self.given["smelter_country"] = ("" if unnamed else name), country
        if not mineral or not (name or unnamed) or (lookup == _NOT_LISTED and not (own and raw.get("country"))):
            self.tell("smelter-row-incomplete", field="mineral")
        for column, ours in _AS_WRITTEN.items():
            self.given[ours] = raw.get(column, "")
        self._origin()
        is_product = self.source.content.scope == "model_subset"
        self.given["applies_to"] = PRODUCTS_OF_FILE if is_product else COMPANY
        return record(self.number, self.given, self.found)

    def _mineral(self, mineral: str) -> None:
        self.given["mineral"] = mineral if mineral in OURS else "other" if mineral else ""
        self.given["mineral_other"] = mineral if self.given["mineral"] == "other" else ""

    def _match(self, mineral: str, *, is_listed: bool) -> Match | None:
        """The smelter behind the id, else behind the name; the id goes into the row as it is now."""
        lookup = self.source.lookup
        number = self._number()
        named = self._named(mineral) if is_listed else []
        if number:
            self.given["smelter_id"] = number
            match = lookup.by_number(number, mineral)
            self._mismatch(match, number, named)
            return match
        if len(named) > 1:
            candidates = ", ".join(sorted(one.entry.number for one in named))
            words = self.raw.get("lookup") or self.raw.get("standard") or self.raw.get("name", "")
            self.tell("smelter-alias-ambiguous", field="lookup", value=words, candidates=candidates)
        if len(named) == 1:
            self.given["smelter_id"] = self._fill("id", "smelter_id", named[0].entry.number, named[0])
            return named[0]
        return None

    def _number(self) -> str:
        """The id as written, or the present one where a list ties an older id to it; its form and standing are told."""
        name = "id" if self.raw.get("id") else "typed_id"
        text = re.sub(r"\s", "", self.raw.get(name, "")).upper()
        if not text:
            return ""
        present = self.source.lookup.present(text)
        if present:
            self.found["smelter_id"] = text
            self.filled.append(self.cell(name))
            text = present
        form, register = smelter_form(text), self.source.register
        if form != "now":
            self.tell("registry-form", "older id" if form else "", field=name, value=text, registry="CID")
        elif register is not None and text not in register:
            self.tell("smelter-unknown", "unknown", field=name, value=text)
        elif register is not None and register[text]:
            self.tell("smelter-unknown", "removed since", field=name, value=text, until=register[text])
        return text

    def _named(self, mineral: str) -> list[Match]:
        """The smelters that bear one of the names of the row: the one looked up before the others."""
        words = (self.raw.get(name, "") for name in ("lookup", "standard", "name"))
        return next(filter(None, (self.source.lookup.by_name(mineral, text) for text in words)), [])

    def _mismatch(self, match: Match | None, number: str, named: list[Match]) -> None:
        others = {one.entry.number for one in named}
        if match is not None and others and number not in others:
            name = "id" if self.raw.get("id") else "typed_id"
            other = ", ".join(sorted(others))
            named_as = self.raw.get("lookup") or self.raw.get("standard") or self.raw.get("name", "")
            self.tell("smelter-name-id-mismatch", field=name, value=number, name=named_as, other=other)

    def _name(self, match: Match | None, lookup: str, own: str) -> str:
        """Its own name where it is not listed, else the standard name, else the words looked up, else its own."""
        written = self.raw.get("standard") or self.raw.get("lookup") or own
        if lookup == _NOT_LISTED or match is None:
            return own if lookup == _NOT_LISTED else written
        if not written:
            return self._fill("name", "smelter_name", match.entry.name, match)
        return match.entry.name or written

    def _country(self, match: Match | None) -> str:
        text = self.raw.get("country", "")
        if not text and match and match.entry.country and "country" in self.columns:
            return self._fill("country", "smelter_country", match.entry.country, match)
        return self.source.country(self.sheet.name, self.cell("country"), text)

    def _fill(self, column: str, ours: str, value: str, match: Match) -> str:
        """Fill a blank cell from a list of names; what was found there, nothing, is kept beside it."""
        if value:
            column = "standard" if column == "name" and "standard" in self.columns else column
            self.filled += [self.cell(column)] if column in self.columns else []
            self.found[ours] = ""
            self.given["resolved_from"] = match.source
        return value

    def _origin(self) -> None:
        mines, places = _parts(self.raw.get("mine_name", "")), _parts(self.raw.get("mine_country", ""))
        said = answer_key(self.raw.get("recycled", ""))
        self.given["recycled"] = said if said in ("yes", "no", "unknown") else ""
        if any(_RECYCLED.match(part) for part in mines + places) or said == "yes":
            self.given["mine_name"] = ["recycled"]
            return
        codes = [self.source.country(self.sheet.name, self.cell("mine_country"), place) for place in places]
        self.given["mine_name"] = mines
        self.given["mine_or_origin_country"] = [code for code in codes if code]


def read_mines(source: Source) -> None:
    """Rows of the list of mines: each needs its own name and the smelter it feeds, one of those of the file."""
    sheet, columns = source.book.sheet("Mine List"), source.layout.mines
    if sheet is None or not columns:
        return
    feeds = _smelters_by_name(source)
    for number, raw in source.rows(sheet, columns, 5):
        _tell_joined(source, sheet, columns, number, raw)
        cell = f"{columns['smelter']}{number}"
        mineral = mineral_of(raw.get("mineral", "")) or raw.get("mineral", "").casefold()
        fed = feeds.get((mineral, normalise_name(raw.get("smelter", ""))))
        if not raw.get("smelter") or not raw.get("name"):
            source.tell("smelter-row-incomplete", sheet=sheet.name, cell=cell)
        elif fed is None:
            source.tell(
                "ref-unknown", sheet=sheet.name, cell=cell, value=raw["smelter"], target=source.found.smelters.name
            )
        country = source.country(sheet.name, f"{columns['country']}{number}", raw.get("country", ""))
        tie = {"smelter_row": fed["row"], "smelter_id": fed["values"].get("smelter_id", "")} if fed else {}
        found = {"country": raw["country"]} if raw.get("country", country) != country else {}
        source.content.mines.append(record(number, raw | tie | {"mineral": mineral, "country": country}, found))


def _smelters_by_name(source: Source) -> dict[tuple[str, str], Record]:
    """The rows of smelters by mineral and each of their names; the first of a name is meant."""
    found: dict[tuple[str, str], Record] = {}
    for one in source.content.smelters:
        given, as_found = one["values"], one["found"]
        mineral = given.get("mineral_other") or given.get("mineral", "")
        for words in (given.get("smelter_name"), *(as_found.get(name) for name in ("lookup", "standard", "name"))):
            if words:
                found.setdefault((mineral, normalise_name(words)), one)
    return found


def read_products(source: Source) -> None:
    """Rows of the list of products, as the supplier numbers and names them, and as its customer does."""
    sheet, columns = source.book.sheet("Product List"), source.layout.products
    rows = list(source.rows(sheet, columns, 6)) if sheet and columns else []
    for number, raw in rows:
        model = {
            "product_ref": raw.get("number") or f"row {number}",
            "model_name": raw.get("name") or raw.get("number", ""),
            "manufacturer_part_no": raw.get("number", ""),
            "requester_number": raw.get("asked_number", ""),
            "requester_name": raw.get("asked_name", ""),
            "comment": raw.get("comment", ""),
        }
        source.content.products.append(record(number, model, {}))
        if sheet and "number" not in raw:
            source.tell("value-missing", sheet=sheet.name, cell=f"{columns['number']}{number}")
    if source.content.scope == "model_subset" and not rows:
        source.tell("value-missing", sheet=sheet.name if sheet else "Product List", cell="B6")


def read_asked_minerals(source: Source) -> None:
    """What the customer asked for and why; kept as a note, nothing follows from it."""
    sheet, columns = source.book.sheet("Minerals Scope"), source.layout.asked_minerals
    for number, raw in source.rows(sheet, columns, 8) if sheet and columns else ():
        source.content.asked_minerals.append(record(number, raw, {}))


def _tell_joined(source: Source, sheet: Sheet, columns: Mapping[str, str], number: int, raw: Mapping[str, str]) -> None:
    for name, text in raw.items():
        if "|" in text:
            source.tell("values-joined", sheet=sheet.name, cell=f"{columns[name]}{number}", value=text)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
