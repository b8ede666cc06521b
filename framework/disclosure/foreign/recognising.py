"""Recognise an RMI workbook: which family, which version, and whether its columns stand where that version keeps them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.foreign.layouts import (
    Layout,
    aside,
    at,
    cells_of,
    declared_aside,
    layout_of,
    layouts,
    setting,
    shifted,
    value_of,
    version_key,
)
from framework.disclosure.foreign.minerals import mineral_of
from framework.disclosure.identifiers import smelter_form
from framework.disclosure.table import place_of
from framework.ground.codelists import country_by_name
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book, Cell, Row, Sheet

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
_SCOPE = re.compile(r"\s*[A-D]\.", re.IGNORECASE)
_SECOND = ("Q3", "N3", "O3", "R3")
_FIRST_LABELS = ("B26", "B27", "B22", "B20")
_SAMPLE, _PREVIEWED = 200, 5
_SHOWN = ("mineral", "lookup", "standard", "name", "country", "id")
SHIFTS = {1: "(columns stand one place to the right)", -1: "(columns stand one place to the left)"}
"""What is laid over the first cell of the sheet of smelters once a person confirmed the shift: no template has it there."""
_LAST_OF_HEAD, _LAST_OF_LABELS = 3, 27
_MOST = 0.8
_FEW = 10


UNREAD_FAMILY = re.compile(r"\((PRT|[A-Z]MRT|CRT)\)\s*\Z")


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
    cells = _in_place(cells_of(declaration, down_to=_LAST_OF_LABELS))
    version = _version(cells.get(at("J3")))
    kind, sure = _type(book, cells, version)
    layout, _nearest = layout_of(kind, version)
    language = str(cells.get(at("D3"), "")).strip()
    found = Foreign(kind, version, language, sure, layout, declaration, smelters)
    if layout is None:
        found.issues.append(_unknown(found))
        return found
    _second(found)
    _old(found)
    _declared_anchors(found)
    if found.readable:
        _anchors(found)
    return found


def _in_place(cells: dict[tuple[int, int], Cell]) -> dict[tuple[int, int], Cell]:
    """The cells as they would stand in the template, where the version is found one column aside."""
    if _version(cells.get(at("J3"))):
        return cells
    step = next((step for step in SHIFTS if _version(cells.get(at(aside("J3", step))))), 0)
    return {(row, place - step): cell for (row, place), cell in cells.items()}


def of_the_family(book: Book) -> Sheet | None:
    """The declaration of a workbook of the family that we cannot read: it names itself, and has no list of smelters."""
    declaration = book.sheet("Declaration")
    if declaration is None:
        return None
    return (
        declaration
        if UNREAD_FAMILY.search(str(cells_of(declaration, down_to=_LAST_OF_HEAD).get(at("D2"), "")).strip())
        else None
    )


def _type(book: Book, cells: dict[tuple[int, int], Cell], version: str) -> tuple[str, str]:
    """The type by the title; without one by the sheets, the labels of the first question, or the number of the version."""
    title = str(cells.get(at("D2"), "")).strip()
    letters = _LETTERS.search(title)
    if letters:
        return letters[1], "sheet"
    if "conflict minerals reporting template" in title.casefold():
        return "CMRT", "sheet"
    if book.sheet("Minerals Scope"):
        return "AMRT", "guessed"
    if book.sheet("Mine List"):
        return ("AMRT" if version.startswith("1") else "EMRT"), "guessed"
    labels = [mineral_of(cells.get(at(address))) for address in _FIRST_LABELS]
    if "tantalum" in labels:
        return "CMRT", "guessed"
    if "cobalt" in labels:
        return ("EMRT" if "mica" in labels else "CRT"), "guessed"
    with_version = [{one.type for one in layouts() if _is_of(one, version, part)} for part in ("", ".")]
    return next((min(types) for types in with_version if len(types) == 1), ""), "guessed"


def _is_of(layout: Layout, version: str, until: str) -> bool:
    """Whether a layout describes this version, or one that is the same up to a sign; those with other sheets are out."""
    cut = [name.partition(until)[0] if until else name for name in layout.versions]
    return not layout.mines and (version.partition(until)[0] if until else version) in cut


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


def _declared_anchors(found: Foreign) -> None:
    """The declaration says its scope and answers where the version has them; where one column aside, that is said (X04)."""
    layout, cells = found.layout, cells_of(found.declaration)
    if layout is None:
        return
    here = _said_there(cells, layout)
    if here is True:
        return
    step = next((step for step in SHIFTS if _said_there(cells, declared_aside(layout, step))), 0)
    if not step and here is None:
        return
    sheet = found.declaration.name
    if step and step == _said_step(found.declaration):
        found.layout = declared_aside(layout, step)
    elif step:
        found.shift = step
        moved = declared_aside(layout, step)
        preview = [
            {"row": str(at(cell)[0]), "answer": str(cells[at(cell)])[:60]}
            for cell in _first_cells(moved)
            if at(cell) in cells
        ]
        found.issues.append(make("columns-shifted", sheet=sheet, shift=step, preview=preview[: 2 * _PREVIEWED]))
    else:
        cell = next(cell for cell in _first_cells(layout) if at(cell) in cells)
        found.issues.append(make("columns-shifted", "elsewhere", sheet=sheet, cell=cell, value=str(cells[at(cell)])))
        found.layout = None


def _first_cells(layout: Layout) -> list[str]:
    """The cells of the scope, where the version asks for one, and of the answers to the first question."""
    first = layout.questions["added"]
    return [
        *([layout.head["scope"]] if "scope" in layout.head else []),
        *(f"{layout.answer}{row}" for row in range(first, first + layout.rows)),
    ]


def _said_there(cells: dict[tuple[int, int], Cell], layout: Layout) -> bool | None:
    """Whether scope and answers stand in the cells of this layout; None where all of these are blank.

    One answer that is none of the list is a mistyped one, so of a few answers one right one is enough.
    """
    held = {cell: cells.get(at(cell)) for cell in _first_cells(layout)}
    values = {cell: value for cell, value in held.items() if value is not None and not str(value).startswith("#")}
    if not values:
        return None
    scope = values.pop(layout.head.get("scope", ""), None)
    answers = [bool(value_of("added", value, layout)) for value in values.values()]
    return (scope is None or bool(_SCOPE.match(str(scope)))) and _mostly(answers)


def _anchors(found: Foreign) -> None:
    """The columns of minerals, countries and ids hold such values; where they do one column aside, that is said.

    Where they fit nowhere, nothing is read (X01). In a column of a few cells one wrong value is no sign of a shift, so
    one right value is enough there.
    """
    layout = found.layout
    if layout is None or _fits(found.smelters, layout, 0):
        return
    step = next((step for step in (1, -1) if _fits(found.smelters, layout, step)), 0)
    if step and step == _said_step(found.smelters):
        found.layout = shifted(layout, step)
        return
    found.shift = step
    if step:
        given: dict[str, Any] = {"shift": step, "preview": _preview(found.smelters, shifted(layout, step))}
        found.issues.append(make("columns-shifted", sheet=found.smelters.name, **given))
        return
    found.issues.append(_unknown(found))
    found.layout = None


def _fits(sheet: Sheet, layout: Layout, shift: int) -> bool:
    rows = [row for row in sheet.rows if row.number >= 5]
    mineral = place_of(layout.smelters["mineral"]) + shift
    country = place_of(layout.smelters["country"]) + shift if "country" in layout.smelters else None
    metals = _texts(rows, mineral)
    number = place_of(layout.smelters["id"]) + shift if "id" in layout.smelters else None
    countries = _texts(rows, country) if country is not None else []
    numbers = _texts(rows, number) if number is not None else []
    return (
        _mostly([bool(mineral_of(text)) for text in metals])
        and _mostly([bool(country_by_name(text)) for text in countries])
        and _mostly([bool(smelter_form(text)) for text in numbers])
    )


def _said_step(sheet: Sheet) -> int:
    """The shift that a person confirmed: it is laid over the first cell of the sheet."""
    return next((step for step, words in SHIFTS.items() if cells_of(sheet).get((1, 0)) == words), 0)


def _preview(sheet: Sheet, layout: Layout) -> list[dict[str, str]]:
    """The first rows as they would be read: what the columns that tell a smelter hold, by field."""
    places = {name: place_of(layout.smelters[name]) for name in _SHOWN if name in layout.smelters}
    rows = [row for row in sheet.rows if row.number >= 5][:_PREVIEWED]
    shown = [{n: str(row.cells[p] or "")[:60] for n, p in places.items() if p < len(row.cells)} for row in rows]
    return [{"row": str(row.number)} | texts for row, texts in zip(rows, shown, strict=True)]


def _texts(rows: list[Row], place: int) -> list[str]:
    if place < 0:
        return [""]
    found = (row.cells[place] for row in rows if len(row.cells) > place)
    return [cell.strip() for cell in found if isinstance(cell, str) and cell.strip() and not cell.startswith("#")][
        :_SAMPLE
    ]


def _mostly(hits: list[bool]) -> bool:
    return any(hits) or not hits if len(hits) < _FEW else sum(hits) >= _MOST * len(hits)
