"""What reading a file yields: sheets of cells with the sheet's own row numbers, and facts about them; no meaning yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row that holds at least one value; `number` is the sheet's own (1-based), `cells[0]` is column A."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class SheetFacts:
    """What the walk over the XML saw and a reader does not tell. Places are (row, column), both 1-based.

    `read_columns` is the installation's limit: values of columns beyond it are kept and named, not read.
    """

    valued_cells: int = 0
    last_row: int = 0
    last_column: int = 0
    error_cells: dict[tuple[int, int], str] = field(default_factory=dict)
    formula_cells: int = 0
    formulas_without_result: list[tuple[int, int]] = field(default_factory=list)
    bad_string_index: list[tuple[int, int]] = field(default_factory=list)
    bad_number: dict[tuple[int, int], str] = field(default_factory=dict)
    percent_cells: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    rows_unordered: bool = False
    empty_rows: int = 0
    notes: int = 0
    coloured_columns: list[int] = field(default_factory=list)
    pictures: int = 0
    bad_dates: dict[tuple[int, int], str] = field(default_factory=dict)
    bad_characters: dict[tuple[int, int], str] = field(default_factory=dict)
    linked_formulas: list[tuple[int, int]] = field(default_factory=list)
    short_rows: list[int] = field(default_factory=list)
    long_rows: list[int] = field(default_factory=list)
    filtered: bool = False
    rows: int = 0
    read_columns: int = 64


@dataclass(slots=True)
class Sheet:
    """One sheet as read; `visible` is False for hidden and very hidden sheets.

    `originals` are the headers of the file over which a person said what their column means, by row and place (0 is A).
    """

    name: str
    rows: list[Row]
    facts: SheetFacts = field(default_factory=SheetFacts)
    visible: bool = True
    originals: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(slots=True)
class Book:
    """A file as read. `kind` is xlsx, ods, csv, xls …, found by content. `notices` are issue keys of the reading itself."""

    kind: str
    sheets: list[Sheet]
    date1904: bool = False
    encoding: str = ""
    separator: str = ""
    notices: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, compared without case and outer space, or None."""
        wanted = name.strip().casefold()
        return next((s for s in self.sheets if s.name.strip().casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not read: `key` as in the catalogue of bad inputs, with parameters and a detail code for support.

    `lane` is "large" where the file may be tried again in the large lane.
    """

    key: str
    detail: str = ""
    params: dict[str, object] = field(default_factory=dict)
    lane: str = ""
