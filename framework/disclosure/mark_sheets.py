"""Marks in one worksheet: looks and texts of single cells, our column, and back again; all else stays byte for byte."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from framework.disclosure.mark_styles import Styles
from framework.disclosure.sheet_text import text_cell
from framework.disclosure.table import letter, place_of
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.splice import (
    Edits,
    Element,
    Found,
    Path,
    Unusual,
    check_vocabulary,
    find,
    with_attributes,
)
from framework.ground.sheets.xml import Attributes

ROW: Path = ("sheetData", "row")
CELL: Path = (*ROW, "c")
_COL: Path = ("cols", "col")
_BEFORE_DRAWING = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing"),
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MASTER = re.compile(rb"""<(?:\w+:)?f\s[^>]*(?:\sref=|t=["'](?:array|dataTable)["'])""")
_SELECTED = re.compile(rb"""\stabSelected=["'](?:1|true)["']""")
_HAS_RELATIONS = re.compile(
    rb"""xmlns:(\w+)=["']http://schemas.openxmlformats.org/officeDocument/2006/relationships["']"""
)


@dataclass(slots=True)
class CellMark:
    """What becomes of one cell: the colour of a severity, a look of ours, a text in place of its value."""

    severity: str = ""
    look: int | None = None
    text: str | None = None


@dataclass(slots=True)
class SheetMarks:
    """What becomes of one sheet; cells by row and column (both from 1). `width` is that of our column, in characters."""

    cells: dict[int, dict[int, CellMark]] = field(default_factory=lambda: defaultdict(dict))
    column: int = 0
    width: int = 0
    drawing: str | None = None

    def cell(self, row: int, column: int) -> CellMark:
        """The mark of a cell, made where there is none."""
        return self.cells[row].setdefault(column, CellMark())


@dataclass(slots=True)
class Changed:
    """A sheet with its marks; how many formulas (and results of theirs) were replaced, looks recoloured, columns unhidden."""

    data: bytes
    formulas: int = 0
    results: int = 0
    looks: Counter[int] = field(default_factory=Counter)
    unhidden: bool = False


def changed(part: str, data: bytes, marks: SheetMarks, styles: Styles, limits: Limits) -> Changed:
    """The sheet with its marks, and what was replaced with intent. Raises `Unusual` where it cannot be changed safely."""
    found = find(part, data, limits, _Places(rows=marks.cells).keep)
    check_vocabulary(found)
    edits = Edits(found)
    done = _Rows(found, edits, marks, styles).write()
    if marks.column:
        _widen(found, edits, marks.column)
        done.unhidden = _set_width(found, edits, marks.column, marks.width)
    if marks.drawing:
        _name_drawing(found, edits, marks.drawing)
    done.data = edits.done()
    return done


def unmarked(part: str, data: bytes, columns: Collection[int], styles: Styles, limits: Limits) -> bytes:
    """The sheet without the cells of our columns (from 1) and without our colours."""
    ours = styles.ours()
    found = find(part, data, limits, _Places(columns=columns, looks=ours).keep)
    check_vocabulary(found)
    edits = Edits(found)
    for one in found.of(*CELL):
        look = _look(one)
        if one.place in columns:
            edits.remove(one)
        elif look in ours:
            edits.attributes(one, s=str(styles.unmarked(look)))
    return edits.done()


def unselected(data: bytes) -> bytes:
    """The sheet without being a chosen one: of two chosen sheets, what is typed into one goes into both."""
    at = data.find(b"sheetData")
    head = data if at < 0 else data[:at]
    return _SELECTED.sub(b"", head) + data[len(head) :]


class _Places:
    """Counts rows and cells, also those that do not say their place, and keeps the wanted ones."""

    def __init__(
        self, *, rows: Collection[int] = (), columns: Collection[int] = (), looks: Collection[int] = ()
    ) -> None:
        self.rows, self.columns, self.looks = rows, columns, looks
        self.row = self.column = 0

    def keep(self, path: Path, said: Attributes) -> int | None:
        """For `find`: rows with their number, wanted cells with their column, all that stands directly in the sheet."""
        if path == CELL:
            place = said.get("r", "").rstrip("0123456789").replace("$", "").upper()
            self.column = place_of(place) + 1 if place else self.column + 1
            wanted = self.row in self.rows or self.column in self.columns or _number(said.get("s")) in self.looks
            return self.column if wanted else None
        if path == ROW:
            self.row = _number(said.get("r")) or self.row + 1
            self.column = 0
            return self.row
        return 0 if len(path) == 1 or path == _COL else None


class _Rows:
    """Writes the marks of cells into their rows."""

    def __init__(self, found: Found, edits: Edits, marks: SheetMarks, styles: Styles) -> None:
        self.found, self.edits, self.marks, self.styles = found, edits, marks, styles
        self.p = found.prefix
        self.done = Changed(b"")

    def write(self) -> Changed:
        """All of them; what was replaced."""
        rows = self.found.of(*ROW)
        if any(one.place >= other.place for one, other in pairwise(rows)):
            raise Unusual("order of rows")
        there = {one.place: one for one in rows}
        cells = self._cells(rows)
        missing = []
        for number in sorted(self.marks.cells):
            if number in there:
                self._row(there[number], cells[number], self.marks.cells[number])
            elif new := self._new_cells(number, self.marks.cells[number], None):
                missing.append((number, f'<{self.p}row r="{number}">{new}</{self.p}row>'))
        self._insert_rows(rows, missing)
        return self.done

    def _cells(self, rows: list[Element]) -> dict[int, list[Element]]:
        """The cells of the wanted rows."""
        cells: dict[int, list[Element]] = defaultdict(list)
        wanted = iter([row for row in rows if row.place in self.marks.cells])
        row = next(wanted, None)
        for one in self.found.of(*CELL):
            while row is not None and one.begin >= row.end:
                row = next(wanted, None)
            if row is not None:
                cells[row.place].append(one)
        return cells

    def _row(self, row: Element, cells: list[Element], marks: Mapping[int, CellMark]) -> None:
        there = {one.place: one for one in cells}
        if len(there) < len(cells) or [one.place for one in cells] != sorted(there):
            raise Unusual("order of cells")
        for column, mark in marks.items():
            if column in there:
                self._cell(there[column], f"{letter(column - 1)}{row.place}", mark)
        missing = {column: mark for column, mark in marks.items() if column not in there}
        spans = {"spans": None} if "spans" in row.attributes else {}
        if row.is_empty:
            self.edits.append(row, self._new_cells(row.place, missing, row), **spans)
            return
        if spans:
            self.edits.attributes(row, **spans)
        for column in sorted(missing):
            after = next((one.begin for one in cells if one.place > column), row.close)
            self.edits.insert(after, self._new_cells(row.place, {column: missing[column]}, row))

    def _cell(self, cell: Element, place: str, mark: CellMark) -> None:
        look = self._mark_look(_look(cell), mark) if mark.look is None else _look(cell) or mark.look
        if mark.text is None:
            self._recolour(cell, look)
            return
        raw = self.found.raw(cell)
        if mark.look is not None and not cell.is_empty:
            raise Unusual("our column is not free")
        if _FORMULA.search(raw):
            if _MASTER.search(raw):
                raise Unusual("formula")
            self.done.formulas += 1
            self.done.results += b"v>" in raw
        self.done.looks[_look(cell)] += look != _look(cell)
        self.edits.replace(cell.begin, cell.end, text_cell(self.p, place, look, mark.text))

    def _recolour(self, cell: Element, look: int) -> None:
        if look != _look(cell):
            self.done.looks[_look(cell)] += 1
            self.edits.attributes(cell, s=str(look))

    def _new_cells(self, number: int, marks: Mapping[int, CellMark], row: Element | None) -> str:
        made = []
        for column in sorted(marks):
            mark, place = marks[column], f"{letter(column - 1)}{number}"
            look = self._mark_look(self._look_at(row, column), mark)
            made.append(
                f'<{self.p}c r="{place}" s="{look}"/>'
                if mark.text is None
                else text_cell(self.p, place, look, mark.text)
            )
        return "".join(made)

    def _mark_look(self, look: int, mark: CellMark) -> int:
        if mark.look is not None:
            return mark.look
        return self.styles.marked(look, mark.severity) if mark.severity else look

    def _look_at(self, row: Element | None, column: int) -> int:
        """The look of a cell that is not there: that of its row, else of its column."""
        if row is not None and row.attributes.get("customFormat") in ("1", "true"):
            return _look(row)
        cols = (one for one in self.found.of(*_COL) if _covers(one, column))
        return next((_number(one.attributes.get("style")) for one in cols), 0)

    def _insert_rows(self, rows: list[Element], missing: Iterable[tuple[int, str]]) -> None:
        data = self.found.first("sheetData")
        if data is None:
            raise Unusual("sheetData")
        tail = ""
        for number, raw in missing:
            after = next((one.begin for one in rows if one.place > number), None)
            if after is None:
                tail += raw
            else:
                self.edits.insert(after, raw)
        if tail:
            self.edits.append(data, tail)


def _widen(found: Found, edits: Edits, column: int) -> None:
    """Let the sheet's own word on how far it reaches include our column."""
    dimension = found.first("dimension")
    said = dimension and re.fullmatch(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?", dimension.attributes.get("ref", ""))
    if not dimension or not said:
        return
    left, top, right, bottom = said[1], said[2], said[3] or said[1], said[4] or said[2]
    if place_of(right) < column - 1:
        edits.attributes(dimension, ref=f"{left}{top}:{letter(column - 1)}{bottom}")


def _set_width(found: Found, edits: Edits, column: int, width: int) -> bool:
    """Give our column its width, where the sheet says none for it or hides it; whether it was hidden."""
    p, cols = found.prefix, found.of(*_COL)
    new = f'<{p}col min="{column}" max="{column}" width="{width}" customWidth="1"/>'
    covering = next((one for one in cols if _covers(one, column)), None)
    if covering is not None:
        is_hidden = covering.attributes.get("hidden") in ("1", "true")
        if is_hidden:
            edits.replace(covering.begin, covering.end, _split(found, covering, column, new))
        return is_hidden
    all_cols, data = found.first("cols"), found.first("sheetData")
    if all_cols is not None:
        after = next((one.begin for one in cols if _number(one.attributes.get("min")) > column), all_cols.close)
        edits.insert(after, new)
    elif data is not None:
        edits.insert(data.begin, f"<{p}cols>{new}</{p}cols>")
    return False


def _split(found: Found, covering: Element, column: int, new: str) -> bytes:
    """A hidden stretch of columns in which only ours is shown."""
    first, last = (_number(covering.attributes.get(name)) for name in ("min", "max"))
    left = _stretch(found, covering, first, column - 1)
    return left + new.encode() + _stretch(found, covering, column + 1, last)


def _stretch(found: Found, covering: Element, low: int, high: int) -> bytes:
    if low > high:
        return b""
    tag = with_attributes(found.tag(covering), min=str(low), max=str(high))
    return tag + found.data[covering.inner : covering.end]


def _name_drawing(found: Found, edits: Edits, link: str) -> None:
    """Tell the sheet where the shapes of its notes are, at the place that the standard has for it."""
    before = [one.end for one in found.elements if len(one.path) == 1 and one.path[0] in _BEFORE_DRAWING]
    if not before or found.first("legacyDrawing") is not None:
        raise Unusual("drawing")
    prefix = _HAS_RELATIONS.search(found.tag(found.root))
    name = prefix[1].decode() if prefix else "r"
    space = "" if prefix else ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    edits.insert(max(before), f'<{found.prefix}legacyDrawing{space} {name}:id="{link}"/>')


def _covers(col: Element, column: int) -> bool:
    return _number(col.attributes.get("min")) <= column <= _number(col.attributes.get("max"))


def _look(element: Element) -> int:
    return _number(element.attributes.get("s"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
