"""Mark up a workbook in the child process: colours, notes, our column, our summary sheet; every other byte stays.

The package is changed part by part: formulas with their results, charts, text boxes, formats and whatever we do not
know stay as they were, since nothing but the marked cells is written anew. The copy is read again before it is given.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framework.disclosure import mark_notes
from framework.disclosure.inventory import Inventory, inventory, is_as_before, looks_of, losses
from framework.disclosure.mark_book import add_summary, book_part, forget_order_of_formulas, remove_summary, sheet_parts
from framework.disclosure.mark_sheets import Changed, SheetMarks, changed, unmarked
from framework.disclosure.mark_styles import COLOURS, Styles
from framework.disclosure.our_marks import HEADINGS, is_summary_sheet, our_places, without_our_marks
from framework.disclosure.overlay import Corrections, corrected, of_cells
from framework.disclosure.package_parts import Parts
from framework.disclosure.recognise import UNKNOWN, recognise
from framework.disclosure.table import letter, place_of
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Refusal, Sheet
from framework.ground.sheets.container import Container
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from framework.ground.sheets.refused import Refused
from framework.ground.sheets.splice import Unusual

_GRAVITY = tuple(COLOURS)
_CELL = re.compile(r"\A([A-Z]{1,3})([1-9]\d{0,6})\Z")
_LONGEST_NOTE = 4_000
_WIDTH = 60
_PLAIN, _MARKED = "plain.xlsx", "marked.xlsx"

Mark = Mapping[str, Any]
"""One issue: `severity`, `sheet`, `row`, `cell`, `said` (what is wrong and what to do, in the supplier's language)."""


class _Lost(Exception):
    """The copy cannot be made: `why` is a key, `what` the keys of what would be lost."""

    def __init__(self, why: str, what: list[str] | None = None, limit: int | None = None) -> None:
        self.answer = {"why": why, "what": what or [], "limit": limit}
        super().__init__(why)


def mark_task(book: Book, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """`{"content": base64}` of the marked copy, or `{"why": key, "what": [...], "limit": n}`.

    `arguments`: `path` of the workbook, `language`, `marks`, `summary` (`heads` with widths, `rows` of texts with `at`, the
    place a row links to, `note`), `corrections`, `max_cells`, `limits`.
    """
    try:
        return {"content": base64.b64encode(_marked(book, arguments)).decode("ascii")}
    except _Lost as lost:
        return lost.answer
    except (Unusual, Refused):
        return _Lost("unusual").answer


def _marked(book: Book, arguments: Mapping[str, Any]) -> bytes:
    path, limits = Path(arguments["path"]), Limits.from_dict(arguments["limits"])
    mended = of_cells(arguments["corrections"])  # what columns mean is said for us, and the headers are the supplier's
    plain_book = corrected(without_our_marks(book), mended)
    headers = _check(book, corrected(without_our_marks(book), arguments["corrections"]), arguments["max_cells"])
    marking = _Marking(path, limits)
    if without_our_marks(book) is not book:
        marking.remove_ours(book)
        marking.parts.save(Path(_PLAIN))
        marking, book = _Marking(Path(_PLAIN), limits), _read(Path(_PLAIN), limits)
    marking.correct(mended)
    marking.mark_cells(book, arguments["marks"])
    marking.add_columns(book, arguments["marks"], headers, arguments["language"])
    marking.write(arguments["summary"], arguments["language"])
    marking.parts.save(Path(_MARKED))
    _compare(marking, limits)
    if not _same_cells(plain_book, without_our_marks(_read(Path(_MARKED), limits))):
        raise _Lost("cells")
    return Path(_MARKED).read_bytes()


def _read(path: Path, limits: Limits) -> Book:
    book = read_here(path, limits)
    if isinstance(book, Refusal):
        raise _Lost("cells")
    return book


def _check(book: Book, plain_book: Book, max_cells: int) -> dict[str, int]:
    """The header row of each sheet that was understood."""
    if book.kind != "xlsx":
        raise _Lost("kind")
    if sum(sheet.facts.valued_cells for sheet in book.sheets) > max_cells:
        raise _Lost("cells-many", limit=max_cells)
    found = recognise(plain_book)
    if found.format == UNKNOWN:
        raise _Lost("unknown")
    return {layout.sheet.name: layout.header_row for layout in found.layouts}


def _compare(marking: _Marking, limits: Limits) -> None:
    """Hold the copy against its original, apart from what we changed with intent. Raises `_Lost`."""
    lost = losses(marking.before - marking.intended, inventory(Path(_MARKED), limits))
    if lost:
        raise _Lost("loss", lost)
    untouched = set(marking.parts.names) - marking.parts.changed
    if not is_as_before(marking.path, Path(_MARKED), limits, untouched):
        raise _Lost("cells")


def _same_cells(first: Book, second: Book) -> bool:
    """The same values in the same rows of the same sheets."""
    return [(s.name, s.visible, s.rows) for s in first.sheets] == [(s.name, s.visible, s.rows) for s in second.sheets]


class _Marking:
    """The marks of one workbook, gathered by sheet and written at once."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.parts = parts = Parts(path, limits)
        self.before, self.looks = inventory(path, limits), looks_of(Container(path, limits))
        self.sheets = sheet_parts(parts)
        self.marks: dict[str, SheetMarks] = {}
        self.notes: dict[str, dict[str, str]] = {}
        self.intended: Inventory = Inventory()
        styles = parts.linked(book_part(parts), "styles")
        if styles is None:
            raise Unusual("styles")
        self.styles_part = styles.target
        self.styles = self._read_styles()

    def remove_ours(self, book: Book) -> None:
        """Take away what an earlier copy brought along: our sheet, our column, our part of notes and our colours."""
        for sheet in book.sheets:
            if is_summary_sheet(sheet) and len(self.sheets) > 1:
                remove_summary(self.parts, sheet.name)
            elif part := self.sheets.get(sheet.name):
                columns = {place + 1 for place in our_places(sheet)}
                self.parts.write(part, unmarked(part, self.parts.read(part), columns, self.styles, self.limits))
                mark_notes.remove(self.parts, part)
        self.parts.write(self.styles_part, self.styles.written())
        self.styles = self._read_styles()
        self.sheets = sheet_parts(self.parts)

    def correct(self, corrections: Corrections) -> None:
        """What was mended on the page goes into the cells of the copy."""
        for sheet, row, column, text, *_rest in corrections:
            for name in self.sheets:
                if name[:100] == sheet:
                    self._sheet(name).cell(row, place_of(column) + 1).text = text

    def mark_cells(self, book: Book, marks: list[Mark]) -> None:
        """Colours and notes; a cell inside merged cells is marked in their first."""
        gathered: dict[tuple[str, int, int], list[Mark]] = defaultdict(list)
        first = {sheet.name: _first_of(sheet.facts.merged) for sheet in book.sheets}
        for mark in marks:
            place = _CELL.match(mark["cell"])
            if place and mark["sheet"] in self.sheets:
                at = int(place[2]), place_of(place[1]) + 1
                gathered[(mark["sheet"], *first[mark["sheet"]].get(at, at))].append(mark)
        for (sheet, row, column), found in gathered.items():
            cell = self._sheet(sheet).cell(row, column)
            cell.severity = min((mark["severity"] for mark in found), key=_GRAVITY.index)
            said = "\n".join(dict.fromkeys(mark["said"] for mark in found))
            self.notes.setdefault(sheet, {})[f"{letter(column - 1)}{row}"] = said[:_LONGEST_NOTE]

    def add_columns(self, book: Book, marks: list[Mark], headers: Mapping[str, int], language: str) -> None:
        """Our column beside each table in which something is to be fixed."""
        gathered: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for mark in marks:
            if mark["sheet"] in headers and mark["row"] and mark["severity"] != "note":
                gathered[mark["sheet"]][mark["row"]].append(mark["said"])
        for sheet in book.sheets:
            if sheet.name in gathered and sheet.name in self.sheets:
                self._add_column(sheet, gathered[sheet.name], headers[sheet.name], language)

    def write(self, summary: Mapping[str, Any], language: str) -> None:
        """Write sheets, notes, styles and summary into the package."""
        for name, said in self.notes.items():
            self._sheet(name).drawing = mark_notes.add(self.parts, self.sheets[name], said)
        for name, marks in self.marks.items():
            part = self.sheets[name]
            done = changed(part, self.parts.read(part), marks, self.styles, self.limits)
            self.parts.write(part, done.data)
            self._intend(done, marks)
        if self.intended["formula",]:
            forget_order_of_formulas(self.parts)
        add_summary(self.parts, self.styles, summary, language)
        self.parts.write(self.styles_part, self.styles.written())

    def _intend(self, done: Changed, marks: SheetMarks) -> None:
        """Note what the copy has otherwise because we want it so."""
        self.intended["formula",] += done.formulas
        self.intended["result",] += done.results
        for look, number in done.looks.items():
            self.intended["fill", self.looks[look][2] if look < len(self.looks) else ""] += number
        if done.unhidden:
            self.intended["hidden", str(marks.column)] += 1
            for thing in [one for one in self.before if one[:2] == ("width", str(marks.column))]:
                self.intended[thing] += 1

    def _read_styles(self) -> Styles:
        return Styles(self.styles_part, self.parts.read(self.styles_part), self.limits)

    def _sheet(self, name: str) -> SheetMarks:
        return self.marks.setdefault(name, SheetMarks())

    def _add_column(self, sheet: Sheet, rows: Mapping[int, list[str]], header: int, language: str) -> None:
        marks = self._sheet(sheet.name)
        used = [len(row.cells) for row in sheet.rows] + [right for _top, _left, _bottom, right in sheet.facts.merged]
        used += [sheet.facts.last_column, *(column for _row, column in broken_cells(sheet))]
        marks.column = max([*used, *self._table_edges(sheet.name)], default=0) + 1
        marks.width = _WIDTH
        head = marks.cell(header, marks.column)
        head.text, head.look = HEADINGS.get(language, HEADINGS["en"]), self.styles.heading()
        for row, said in rows.items():
            if row != header:
                cell = marks.cell(row, marks.column)
                cell.text, cell.look = "\n".join(dict.fromkeys(said)), self.styles.text(wraps=False)

    def _table_edges(self, name: str) -> list[int]:
        """The last columns of the tables of a sheet: nothing of ours may stand in one."""
        tables = (one.target for one in self.parts.links(self.sheets[name]) if one.kind == "table" and not one.outside)
        found = (re.search(rb"""\sref=["'][A-Z]+\d+:([A-Z]+)\d+["']""", self.parts.read(one)) for one in tables)
        return [place_of(one[1].decode()) + 1 for one in found if one]


def _first_of(merged: list[tuple[int, int, int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """Cells inside merged cells, with the first of them."""
    return {
        (row, column): (top, left)
        for top, left, bottom, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
