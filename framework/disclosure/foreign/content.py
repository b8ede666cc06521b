"""What a workbook of the RMI family says, and the common ground of reading it: cells, rows, places of issues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.foreign.layouts import Layout, at
from framework.disclosure.foreign.recognising import Foreign
from framework.disclosure.foreign.resolving import Lookup
from framework.disclosure.table import letter, place_of
from framework.ground.codelists import country_by_name, country_code
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Sheet

COMPANY = "company"
PRODUCTS_OF_FILE = "product_list"
"""What `applies_to` holds of smelters behind each product that the file lists."""
_HELPERS = frozenset({"0", "0.0", "Unknown"})
_INPUT = 17
Record = dict[str, Any]
Register = Mapping[str, str | None]


@dataclass(slots=True)
class ForeignContent:
    """What the file says. Lists hold records `{"row": n, "values": {...}, "found": {...}}`, one for each row of the file.

    `head` holds the company, its number, authority and address, the words of its scope and the day (ISO); `cells`
    where each stands. `scope` is in our words. `authorised` says whether an authoriser is named. `listed` are rows, by sheet, with
    values only in columns that we do not read, such as those of persons.
    """

    head: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    scope: str = "company_wide"
    authorised: bool = False
    minerals: list[str] = field(default_factory=list)
    answers: list[Record] = field(default_factory=list)
    smelters: list[Record] = field(default_factory=list)
    mines: list[Record] = field(default_factory=list)
    products: list[Record] = field(default_factory=list)
    asked_minerals: list[Record] = field(default_factory=list)
    listed: dict[str, list[int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Source:
    """One recognised file being read, what was found in it so far, and where its smelters are looked up."""

    book: Book
    found: Foreign
    layout: Layout
    lookup: Lookup
    register: Register | None = None
    content: ForeignContent = field(default_factory=ForeignContent)

    def tell(self, code: str, cause: str = "", *, sheet: str, cell: str, value: object = "", **params: object) -> None:
        """Note an issue at a cell."""
        row, place = at(cell)
        given: dict[str, Any] = {"cell": cell, **params}
        issue = make(code, cause, sheet=sheet, row=row, column=letter(place), value=value, **given)
        self.content.issues.append(issue)

    def country(self, sheet: str, cell: str, text: str) -> str:
        """The code of a country named in a cell; an unknown one is told, with the nearest."""
        code = country_by_name(text) if text else ""
        if code is None:
            nearest = ", ".join(country_code(text).proposals)
            self.tell("value-not-allowed", "country", sheet=sheet, cell=cell, value=text, nearest=nearest)
        return code or ""

    def rows(self, sheet: Sheet, columns: Mapping[str, str], first: int) -> Iterator[tuple[int, dict[str, str]]]:
        """Row numbers and texts of the columns we read, trimmed; a row with nothing in them is none."""
        places = {name: place_of(letters) for name, letters in columns.items()}
        broken = broken_cells(sheet)
        for row in sheet.rows:
            if row.number < first:
                continue
            raw = {}
            for name, place in places.items():
                cell = row.cells[place] if place < len(row.cells) else None
                what = broken.get((row.number, place + 1)) if broken else None
                text = " ".join(str(cell).split()) if cell is not None else ""
                if (what and what.found) or text.startswith("#"):
                    word = what.found if what else text
                    self.tell("cell-error", sheet=sheet.name, cell=f"{letter(place)}{row.number}", value=word or text)
                elif text:
                    raw[name] = text
            if any(text not in _HELPERS for text in raw.values()):
                yield row.number, raw
            elif any(str(cell or "").strip() and str(cell) not in _HELPERS for cell in row.cells[:_INPUT]):
                self.content.listed.setdefault(sheet.name, []).append(row.number)


def record(row: int, given: Mapping[str, Any], found: Mapping[str, Any]) -> Record:
    """A row as it is stored: what is blank is left out of the values."""
    return {"row": row, "values": {name: value for name, value in given.items() if value}, "found": dict(found)}
