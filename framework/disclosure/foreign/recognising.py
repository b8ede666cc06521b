"""Recognise an RMI workbook: which family, which version, and whether its columns stand where that version keeps them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.foreign.layouts import Layout, at, cells_of, layout_of, setting, version_key
from framework.disclosure.table import place_of
from framework.ground.codelists import country_by_name
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book, Cell, Row, Sheet

MINERALS = frozenset(
    "tantalum tin gold tungsten cobalt mica copper lithium nickel graphite aluminum aluminium iridium lime manganese "
    "palladium platinum rare rhodium ruthenium silver soda zinc".split()
)
TEMPLATE_SHEETS = frozenset(
    {
        "revision",
        "instructions",
        "definitions",
        "declaration",
        "smelter list",
        "smelter and mine list",
        "checker",
        "mine list",
        "product list",
        "smelter look-up",
        "smelter reference list",
        "standard smelter names",
        "minerals scope",
        "l",
        "k",
        "c",
        "sorp",
        "sheet1",
        "tantalum",
        "tin",
        "gold",
        "tungsten",
    }
)
"""Sheets of the templates, in the form in which names are compared; other sheets were added by somebody."""
_LETTERS = re.compile(r"\((CMRT|EMRT|AMRT|CRT)\)\s*\Z")
_VERSION = re.compile(r"\s*(?:revision|version)?\s*(\d+(?:\.\d+)*[a-z]?)(?![\d])", re.IGNORECASE)
_SECOND = ("Q3", "N3", "O3", "R3")
_LAST_OF_HEAD = 3
_SAMPLE = 200
_MOST = 0.8
_FEW = 10


@dataclass(slots=True)
class Foreign:
    """A recognised workbook. `layout` is None, or `shift` not 0, where nothing may be read before a person decides.

    `sure` is `sheet` where the workbook itself names type and version, `guessed` where they follow from its structure.
    """

    type: str
    version: str
    language: str
    sure: str
    layout: Layout | None
    declaration: Sheet
    smelters: Sheet
    shift: int = 0
    issues: list[Issue] = field(default_factory=list)

    @property
    def readable(self) -> bool:
        """Whether its cells may be read as they stand."""
        return self.layout is not None and not self.shift


def recognise_foreign(book: Book) -> Foreign | None:
    """Say which RMI workbook this is, or None; sheets are found by name, the type and version by cells."""
    declaration = book.sheet("Declaration")
    smelters = book.sheet("Smelter List") or book.sheet("Smelter and Mine List")
    if declaration is None or smelters is None:
        return None
    cells = cells_of(declaration, down_to=_LAST_OF_HEAD)
    kind, sure = _type(book, cells)
    version = _version(cells.get(at("J3")))
    layout, _nearest = layout_of(kind, version)
    language = str(cells.get(at("D3"), "")).strip()
    found = Foreign(kind, version, language, sure, layout, declaration, smelters)
    if layout is None:
        found.issues.append(_unknown(found))
        return found
    _second(found)
    _old(found)
    _anchors(found)
    return found


def _type(book: Book, cells: dict[tuple[int, int], Cell]) -> tuple[str, str]:
    title = str(cells.get(at("D2"), "")).strip()
    letters = _LETTERS.search(title)
    if letters:
        return letters[1], "sheet"
    if "conflict minerals reporting template" in title.casefold():
        return "CMRT", "sheet"
    if book.sheet("Minerals Scope"):
        return "AMRT", "guessed"
    return ("EMRT" if book.sheet("Mine List") else "CMRT"), "guessed"


def _version(cell: Cell) -> str:
    lines = str(cell or "").strip().splitlines()
    found = _VERSION.match(lines[0]) if lines else None
    number = found[1].rstrip(".").lower() if found else ""
    return str(setting("same_version").get(number, number))


def _unknown(found: Foreign) -> Issue:
    known = ", ".join(f"{kind} {least}" for kind, least in setting("least_version").items())
    name = f"{found.type} {found.version}".strip()
    return make("foreign-version-unknown", sheet=found.declaration.name, value=name, cell="J3", known=known)


def _second(found: Foreign) -> None:
    """A version named in the sheet of smelters that is another than the declaration's."""
    cells = cells_of(found.smelters, down_to=_LAST_OF_HEAD)
    texts = ((address, str(cells.get(at(address), ""))) for address in _SECOND)
    for address, text in texts:
        other = _version(text) if re.match(r"\s*(revision|version)", text, re.IGNORECASE) else ""
        if other and other != found.version:
            given: dict[str, Any] = {"cell": address, "other": found.version}
            found.issues.append(make("foreign-version-conflict", sheet=found.smelters.name, value=other, **given))


def _old(found: Foreign) -> None:
    least = setting("least_version").get(found.type, "")
    if least and version_key(found.version) < version_key(least):
        name = f"{found.type} {found.version}"
        found.issues.append(
            make("foreign-version-old", sheet=found.declaration.name, value=name, cell="J3", least=least)
        )


def _anchors(found: Foreign) -> None:
    """The columns of minerals, countries and ids hold such values; where they do one column aside, that is said.

    Where they fit nowhere, nothing is read (X01). In a column of a few cells one wrong value is no sign of a shift, so
    one right value is enough there.
    """
    layout = found.layout
    if layout is None or _fits(found.smelters, layout, 0):
        return
    found.shift = next((step for step in (1, -1) if _fits(found.smelters, layout, step)), 0)
    if found.shift:
        found.issues.append(make("columns-shifted", sheet=found.smelters.name, shift=found.shift))
        return
    found.issues.append(_unknown(found))
    found.layout = None


def _fits(sheet: Sheet, layout: Layout, shift: int) -> bool:
    rows = [row for row in sheet.rows if row.number >= 5]
    mineral = place_of(layout.smelters["mineral"]) + shift
    country = place_of(layout.smelters["country"]) + shift if "country" in layout.smelters else None
    metals = _texts(rows, mineral)
    countries = _texts(rows, country) if country is not None else []
    return _mostly([_mineral(text) for text in metals]) and _mostly([bool(country_by_name(c)) for c in countries])


def _texts(rows: list[Row], place: int) -> list[str]:
    if place < 0:
        return [""]
    found = (row.cells[place] for row in rows if len(row.cells) > place)
    return [cell.strip() for cell in found if isinstance(cell, str) and cell.strip() and not cell.startswith("#")][
        :_SAMPLE
    ]


def _mineral(text: str) -> bool:
    return bool(mineral_of(text))


def mineral_of(cell: Cell) -> str:
    """The mineral a label names by its first word, or an empty text."""
    words = re.findall(r"[a-z]+", str(cell or "").casefold())
    word = words[0] if words and words[0] in MINERALS else ""
    return {"aluminum": "aluminium", "rare": "rare earths", "soda": "soda ash"}.get(word, word)


def _mostly(hits: list[bool]) -> bool:
    return any(hits) or not hits if len(hits) < _FEW else sum(hits) >= _MOST * len(hits)
