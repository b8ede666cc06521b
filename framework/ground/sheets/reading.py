"""Reading a file into a book of cells, in this very process; meant for the child, see `reader` for everybody else."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import python_calamine as calamine

from framework.ground.complaint import is_environment
from framework.ground.sheets import progress
from framework.ground.sheets.cells import Book, Cell, Refusal, Row, Sheet, SheetFacts
from framework.ground.sheets.container import Container
from framework.ground.sheets.delimited import read_delimited
from framework.ground.sheets.kind import Kind
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.opendocument import check_opendocument
from framework.ground.sheets.package import Package, SheetPart, csv_parts
from framework.ground.sheets.pieces import LONG, pieces
from framework.ground.sheets.preflight import Examined, examine, load_strings, walk_sheet_slowly, with_lane
from framework.ground.sheets.refused import Refused, refused
from framework.ground.sheets.strings import BLANKS
from framework.ground.sheets.tally import Budget, Tally
from framework.ground.sheets.walk import Workshop, integral

_AREA_PER_CELL = 20
_SMALL_AREA = 1_000_000
_DAY = 86_400
_LOOKED_AT_ONCE = 256
_ROWS_AT_ONCE = 512
_AS_THEY_ARE = frozenset({bool, dt.date, dt.datetime, dt.time})
_CONTROLS = frozenset(map(chr, [*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000), 0xFFFD]))
_NOTES = {Kind.XLS: "file-old-excel", Kind.XLSB: "file-binary-excel"}
Calamine = Callable[[], calamine.CalamineWorkbook]


def read_here(
    path: Path,
    limits: Limits,
    *,
    name: str = "",
    walk_only: bool = False,
    lower_memory: Callable[[str], None] | None = None,
    scratch: Path | None = None,
) -> Book | Refusal:
    """Examine and read a file. Returns a `Refusal` for whatever is wrong with the file, never raises for it.

    `walk_only` leaves the cells of xlsx files to our own walk (the second way). `lower_memory`
    is told the lane once it is known, before any reader opens the file. `scratch` is a folder in which
    long sheets are cut into pieces, for less memory; without one they are read whole. `name` is the name as
    sent, where the path does not carry it: a csv file is a sheet of that name.
    """
    try:
        found = examine(path, limits)
        if lower_memory is not None:
            lower_memory(found.lane)
        called = Path(name.replace("\\", "/")).name or path.name
        return _read(path, found, limits, called, walk_only=walk_only, scratch=scratch)
    except Refused as error:
        return with_lane(error.refusal, limits)
    except MemoryError:
        return Refusal("file-unpacks-too-large", "memory")


def _read(
    path: Path, found: Examined, limits: Limits, name: str, *, walk_only: bool, scratch: Path | None = None
) -> Book:
    if found.package is not None and found.container is not None:
        library = _Library(path, found, found.container, found.package, scratch)
        return _workbook(library, limits, walk_only=walk_only)
    book = _read_other(path, found, limits, name)
    for sheet in book.sheets:
        _note_characters(sheet, _texts(sheet.rows))
    return book


def _read_other(path: Path, found: Examined, limits: Limits, name: str) -> Book:
    if found.kind is Kind.CSV:
        return _delimited_book(path, limits, name)
    if found.kind is Kind.CSV_ZIP and found.container is not None:
        return _zip_of_csv(found.container, limits)
    if found.kind is Kind.ODS and found.container is not None:
        counted = check_opendocument(found.container, limits)
        book = _other_workbook(path, found.kind, limits)
        _compare(book, counted)
        return book
    return _other_workbook(path, found.kind, limits)


def _compare(book: Book, counted: dict[str, SheetFacts]) -> None:
    for sheet in book.sheets:
        facts = counted.get(sheet.name)
        if facts is None or facts.valued_cells != sheet.facts.valued_cells:
            raise refused("file-ambiguous", "cells-differ", sheet=sheet.name)


def _delimited_book(path: Path, limits: Limits, name: str) -> Book:
    book = read_delimited(path.read_bytes(), name=Path(name).stem, limits=limits, budget=Budget())
    return replace(book, notices=[*book.notices, *_csv_by_name(name)])


def _csv_by_name(name: str) -> list[tuple[str, dict[str, object]]]:
    excel = Path(name).suffix.lower() in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
    return [("file-read-as-csv", {"name": name})] if excel else []


def _zip_of_csv(container: Container, limits: Limits) -> Book:
    """One sheet per csv file, named like the file."""
    parts = csv_parts(container)
    if len(parts) > limits.max_sheets:
        raise refused("too-many-sheets", limit=limits.max_sheets)
    budget = Budget()
    whole = Book(kind=str(Kind.CSV_ZIP), sheets=[])
    for part in parts:
        name = Path(part.name).stem
        book = read_delimited(container.read(part), name=name, limits=limits, budget=budget)
        whole.sheets.extend(book.sheets)
        whole.notices.extend((key, {**params, "sheet": name}) for key, params in book.notices)
    names = [sheet.name.casefold() for sheet in whole.sheets]
    if len(set(names)) < len(names):
        raise refused("file-ambiguous", "sheet-name-twice")
    return whole


@dataclass(slots=True)
class _Library:
    """An examined workbook and the library's hold on it."""

    path: Path
    found: Examined
    container: Container
    package: Package
    scratch: Path | None
    opened: calamine.CalamineWorkbook | None = None

    def rows(self, sheet: SheetPart, facts: SheetFacts, known: KnownTexts) -> Iterator[Row]:
        """The rows of a sheet; a long one is read in pieces where there is a folder for them."""
        if self.scratch is not None and facts.valued_cells >= LONG and self.found.plain[sheet.name]:
            for piece in pieces(self.container, sheet, self.package.sheets, self.scratch):
                yield from library_rows(_sheet_of(piece, sheet.name), known)
            return
        if self.opened is None:
            self.opened = calamine.CalamineWorkbook.from_path(str(self.path))
        yield from library_rows(self.opened.get_sheet_by_name(sheet.name), known)


def _sheet_of(path: Path, name: str) -> calamine.CalamineSheet:
    return calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name)


def _workbook(library: _Library, limits: Limits, *, walk_only: bool) -> Book:
    found, container, package = library.found, library.container, library.package
    book = Book(kind=str(found.kind), sheets=[], date1904=package.date1904)
    if package.date1904:
        book.notices.append(("dates-1904", {}))
    progress.start(progress.READING, sum(facts.rows for facts in found.facts.values()))
    loaded: list[Workshop] = []
    for sheet in package.sheets:
        facts = found.facts[sheet.name]
        read = None if walk_only or not _suits_library(facts) else _by_library(library, sheet, facts)
        if read is None or _missing(read[0], facts):
            if not loaded:
                loaded.append(load_strings(found, limits))
            rows = _by_walk(container, sheet, loaded[0], limits)
            read = rows, _texts(rows)
            if _missing(rows, facts):
                raise refused("file-ambiguous", "cells-differ", sheet=sheet.name)
        rows, texts = read
        book.sheets.append(Sheet(sheet.name, _with_noted_rows(rows, facts), facts, sheet.visible))
        _note_characters(book.sheets[-1], texts)
        book.notices.extend(_sheet_notices(sheet.name, facts))
    return book


def _sheet_notices(name: str, facts: SheetFacts) -> Iterator[tuple[str, dict[str, object]]]:
    if facts.rows_unordered:
        yield "rows-were-unordered", {"sheet": name}


def _suits_library(facts: SheetFacts) -> bool:
    """Sheets the library is known to read wrongly, or as one huge rectangle, go to the walk at once."""
    area = facts.last_row * facts.last_column
    sparse = area > _SMALL_AREA and area > _AREA_PER_CELL * facts.valued_cells
    return not (facts.rows_unordered or facts.bad_string_index or facts.bad_number or facts.bad_dates or sparse)


def _by_library(library: _Library, sheet: SheetPart, facts: SheetFacts) -> tuple[list[Row], Collection[str]] | None:
    """Rows as python-calamine reads them and their distinct texts, or None where it cannot."""
    known = KnownTexts()
    if not facts.valued_cells:
        return [], known
    try:
        return list(progress.counted(library.rows(sheet, facts, known), progress.READING)), known
    except (calamine.CalamineError, calamine.WorksheetNotFound, OSError, ValueError) as error:
        if is_environment(error):
            raise
        return None


class KnownTexts(dict[str, str | None]):
    """Each text to itself, so that equal texts are one object; blank ones to None."""

    def __missing__(self, text: str) -> str | None:
        kept = self[text] = text if text.strip(BLANKS) else None
        return kept


def library_rows(sheet: calamine.CalamineSheet, known: KnownTexts) -> Iterator[Row]:
    """Rows with values; numbers are the sheet's own, column A comes first. Equal texts are one object, those `known` too.

    Cells are turned column by column, some hundred rows at once: the cells of a column are mostly of one kind, and
    to ask each of half a million cells for its kind takes longer than to turn it.
    """
    first, left = sheet.start or (0, 0)
    before: tuple[None, ...] = (None,) * left
    rows, number = islice(sheet.iter_rows(), first, None), first
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        columns = [_column(values, known) for values in zip(*block, strict=True)]
        for cells in zip(*columns, strict=True):
            number += 1
            given = cells if cells[-1] is not None else _without_blank_end(cells)
            if given:
                yield Row(number, before + given)


def _column(values: Sequence[Any], known: KnownTexts) -> Sequence[Cell]:
    """Values of one column as cells: whole numbers as they look, blank texts as none."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return list(map(known.__getitem__, values))
    if kinds <= _AS_THEY_ARE:
        return values
    return [
        known[value]
        if type(value) is str
        else (int(value) if value.is_integer() and -1e15 < value < 1e15 else value)
        if type(value) is float
        else _cell(value)
        for value in values
    ]


def _without_blank_end(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    last = len(cells)
    while last and cells[last - 1] is None:
        last -= 1
    return cells[:last]


def _cell(value: Any) -> Cell:
    if isinstance(value, dt.timedelta):
        return integral(value.total_seconds() / _DAY)
    return value  # type: ignore[no-any-return]


def _by_walk(container: Container, sheet: SheetPart, workshop: Workshop, limits: Limits) -> list[Row]:
    return walk_sheet_slowly(container, sheet, workshop, Budget(), limits, keep=True).rows


def _missing(rows: list[Row], facts: SheetFacts) -> bool:
    """True unless the cells delivered and the cells noted as unreadable add up to the cells counted."""
    delivered = sum([len(row.cells) - row.cells.count(None) for row in rows])
    noted = len(facts.error_cells) + len(facts.bad_string_index) + len(facts.bad_number)
    return delivered + noted != facts.valued_cells


def _with_noted_rows(rows: list[Row], facts: SheetFacts) -> list[Row]:
    """Rows whose only cells are errors stay rows: they are in the sheet, without a value."""
    noted = {row for row, _ in (*facts.error_cells, *facts.bad_string_index, *facts.bad_number)}
    absent = noted - {row.number for row in rows} if noted else noted
    return sorted([*rows, *(Row(number, ()) for number in absent)], key=lambda row: row.number) if absent else rows


def _other_workbook(path: Path, kind: Kind, limits: Limits) -> Book:
    """Old, binary and OpenDocument workbooks: the library alone reads them; their geometry is checked on its cells."""
    try:
        opened = calamine.CalamineWorkbook.from_path(str(path))
        metadata = opened.sheets_metadata
        if len(metadata) > limits.max_sheets:
            raise refused("too-many-sheets", limit=limits.max_sheets)
        budget = Budget()
        sheets = [
            _counted_sheet(opened, said, budget, limits)
            for said in metadata
            if said.typ == calamine.SheetTypeEnum.WorkSheet
        ]
    except calamine.PasswordError as error:
        raise refused("file-password", str(kind)) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        if is_environment(error):
            raise
        raise refused("file-damaged", "reader", kind=str(kind)) from error
    if not any(sheet.rows for sheet in sheets):
        raise refused("file-empty", "no-cells")
    notices: list[tuple[str, dict[str, object]]] = [(_NOTES[kind], {})] if kind in _NOTES else []
    return Book(kind=str(kind), sheets=sheets, notices=notices)


def _counted_sheet(
    opened: calamine.CalamineWorkbook, said: calamine.SheetMetadata, budget: Budget, limits: Limits
) -> Sheet:
    rows = list(library_rows(opened.get_sheet_by_name(said.name), KnownTexts()))
    tally = Tally(said.name, limits, budget)
    for row in rows:
        tally.begin_row(row.number)
        if len(row.cells) > limits.max_columns:
            tally.far_cell(row.number, len(row.cells))
        tally.end_row(row.number, len(row.cells) - row.cells.count(None), len(row.cells))
    tally.finish()
    for row in rows:
        for column, value in enumerate(row.cells, start=1):
            if isinstance(value, float) and not math.isfinite(value):
                tally.facts.bad_number[(row.number, column)] = str(value)
    return Sheet(said.name, rows, tally.facts, said.visible == calamine.SheetVisibleEnum.Visible)


def _texts(rows: list[Row]) -> Collection[str]:
    return {value for row in rows for value in row.cells if type(value) is str}


def _note_characters(sheet: Sheet, distinct: Collection[str]) -> None:
    """Note every cell that holds a control character or a lone surrogate, escaped ones included."""
    texts = list(distinct)
    some = (texts[at : at + _LOOKED_AT_ONCE] for at in range(0, len(texts), _LOOKED_AT_ONCE))
    odd = (text for few in some if _is_odd("".join(few)) for text in few if _is_odd(text))
    suspects = {text: name for text in odd if (name := _bad_character(text))}
    if suspects:
        _note_places(sheet, suspects)


def _is_odd(text: str) -> bool:
    """Whether a text may hold a bad character; most do not, and many are looked at as one."""
    return not text.isprintable() or "_x" in text or "\ufffd" in text


def _note_places(sheet: Sheet, suspects: dict[str, str]) -> None:
    for row in sheet.rows:
        for column, value in enumerate(row.cells, start=1):
            if type(value) is str and value in suspects:
                sheet.facts.bad_characters[(row.number, column)] = suspects[value]


def _bad_character(text: str) -> str:
    """The first character that no text should hold, as U+0000, or ''."""
    found = next((letter for letter in text if letter in _CONTROLS), "")
    if found:
        return f"U+{ord(found):04X}"
    at = text.upper().find("_XD")
    escaped = text[at + 2 : at + 6].upper() if at >= 0 else ""
    return f"U+{escaped}" if len(escaped) == 4 and "D800" <= escaped <= "DFFF" and text[at + 6 : at + 7] == "_" else ""
