"""The layouts of the RMI workbooks (`data/formats/rmi.json`): where each version keeps its answers and its lists."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from framework.disclosure.table import letter, place_of
from framework.ground.codelists import read_json
from framework.ground.sheets.cells import Cell, Sheet

_CONFORMS = re.compile(r"yes in conformance with ipc ?1755")
_NEAR, _MARGIN = 0.7, 0.1
_CELL = re.compile(r"([A-Z]+)(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Layout:
    """One family of versions with the same cells. `versions` maps each to its day of release.

    `head` maps fields to cells; `questions` and `company_questions` map our codes to the first row and the row of the
    answer; `smelters` and `products` map fields to column letters; `minerals` are fixed, or stand in `mineral_cells`,
    with words of their own for "Other" in `other_cells`. `only` says of a question for how many minerals it is there.
    """

    type: str
    versions: dict[str, dt.date]
    head: dict[str, str]
    minerals: tuple[str, ...]
    mineral_cells: tuple[str, ...]
    rows: int
    questions: dict[str, int]
    company_questions: dict[str, int]
    smelters: dict[str, str]
    products: dict[str, str]
    gating: str
    mines: dict[str, str]
    other_cells: tuple[str, ...] = ()
    only: dict[str, int] = field(default_factory=dict)
    asked_minerals: dict[str, str] = field(default_factory=dict)
    answer: str = "D"
    comment: str = "G"
    """Columns of the declaration that hold answers and comments."""

    @property
    def group(self) -> str:
        """Family and first figure of the version, which decide about the values of answers: CMRT 6."""
        return f"{self.type} {next(iter(self.versions)).partition('.')[0]}"


@cache
def layouts() -> tuple[Layout, ...]:
    """Every layout we describe."""
    data = read_json("formats/rmi.json")
    return tuple(_layout(family, data) for family in data["families"])


def layout_of(kind: str, version: str) -> tuple[Layout | None, str]:
    """The layout of this version, and the version it describes: itself, or the nearest older one of the same family."""
    known = {name: layout for layout in layouts() if layout.type == kind for name in layout.versions}
    older = [name for name in known if version_key(name) <= version_key(version)]
    nearest = version if version in known else max(older, key=version_key, default="")
    return known.get(nearest), nearest


def shifted(layout: Layout, step: int) -> Layout:
    """The layout with the columns of its sheet of smelters `step` columns further right; what falls off the edge is dropped."""
    places = {name: place_of(column) + step for name, column in layout.smelters.items()}
    return replace(layout, smelters={name: letter(place) for name, place in places.items() if place >= 0})


def declared_aside(layout: Layout, step: int) -> Layout:
    """The layout with the cells of its declaration `step` columns further right."""
    return replace(
        layout,
        head={name: aside(cell, step) for name, cell in layout.head.items()},
        mineral_cells=tuple(aside(cell, step) for cell in layout.mineral_cells),
        other_cells=tuple(aside(cell, step) for cell in layout.other_cells),
        answer=letter(place_of(layout.answer) + step),
        comment=letter(place_of(layout.comment) + step),
    )


def aside(address: str, step: int) -> str:
    """The address of the cell `step` columns further right."""
    row, place = at(address)
    return f"{letter(place + step)}{row}"


def version_key(version: str) -> tuple[float, str]:
    """An order of versions: 6.01 before 6.1 before 6.22 before 6.4, 2.03 before 2.03a."""
    found = re.match(r"(\d+(?:\.\d+)?)([a-z]?)", version)
    return (float(found[1]), found[2]) if found else (0.0, "")


def values(question: str, layout: Layout) -> dict[str, str]:
    """Answers that this version takes to a question, in the form of `answer_key`, and what each becomes."""
    table: dict[str, dict[str, dict[str, str]]] = read_json("formats/rmi.json")["values"]
    by_group = table.get(question, table["*"])
    return by_group.get("*", {}) | by_group.get(layout.group, {})


def value_of(question: str, raw: Cell, layout: Layout) -> str:
    """Our word for an answer, or an empty text where it is none that this version takes."""
    key = answer_key(raw)
    allowed = values(question, layout)
    if "yes_standard" in allowed.values() and _CONFORMS.match(key):
        return "yes_standard"
    return allowed.get(key, "")


def nearest_value(question: str, raw: Cell, layout: Layout) -> str:
    """The answer meant by a mistyped one, or an empty text where none is near or two are about as near; figures must agree."""
    key, allowed = answer_key(raw), values(question, layout)
    same_figures = [text for text in allowed if re.findall(r"\d+", text) == re.findall(r"\d+", key)]
    found = process.extract(key, same_figures, scorer=Levenshtein.normalized_similarity, limit=3)
    near = [(text, score) for text, score, _index in found if score >= _NEAR]
    rivals = {allowed[text] for text, score in near if score > near[0][1] - _MARGIN}
    return near[0][0] if len(rivals) == 1 else ""


def setting(name: str) -> dict[str, Any]:
    """A table of facts about all families."""
    table: dict[str, Any] = read_json("formats/rmi.json")[name]
    return table


def answer_key(value: Cell) -> str:
    """The form in which answers are compared: no case, no punctuation, no doubled or outer blanks."""
    return re.sub(r"[^a-z0-9%<>]+", " ", str(value).casefold()).strip()


def cells_of(sheet: Sheet, *, down_to: int | None = None) -> dict[tuple[int, int], Cell]:
    """The values of a sheet by row and place (0 is A), `down_to` a row where no more are wanted."""
    return {
        (row.number, place): cell
        for row in sheet.rows
        if down_to is None or row.number <= down_to
        for place, cell in enumerate(row.cells)
        if cell is not None and str(cell).strip()
    }


def at(address: str) -> tuple[int, int]:
    """Row and place of a cell's address."""
    found = _CELL.match(address)
    if found is None:
        raise ValueError(address)
    return int(found[2]), place_of(found[1])


def _layout(family: dict[str, Any], data: dict[str, Any]) -> Layout:
    return Layout(
        type=family["type"],
        versions={name: dt.date.fromisoformat(day) for name, day in family["versions"].items()},
        head=family["head"],
        minerals=tuple(family["minerals"]),
        mineral_cells=tuple(family["mineral_cells"]),
        rows=family["rows"],
        questions=family["questions"],
        company_questions=family["company_questions"],
        smelters=data["smelter_columns"][family["smelters"]],
        products=data["product_columns"].get(family["products"], {}),
        gating=family["gating"],
        mines=data["mine_columns"] if family["mines"] else {},
        other_cells=tuple(family["other_cells"]),
        only=family["only"],
        asked_minerals=data["scope_columns"] if family["minerals_scope"] else {},
    )
