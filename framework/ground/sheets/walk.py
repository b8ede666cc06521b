"""The streaming walk over one sheet, element by element: facts, guards and, where asked, the cells themselves."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framework.ground.sheets.cells import Cell, Row
from framework.ground.sheets.colours import Colours
from framework.ground.sheets.refused import damaged, refused
from framework.ground.sheets.strings import BLANKS, StringFacts, unescape
from framework.ground.sheets.styles import Styles
from framework.ground.sheets.tally import LAST_COLUMN, Tally, column_number
from framework.ground.sheets.xml import SEPARATOR, Attributes, XmlPart, main_names

_NAMES = main_names(
    *("worksheet", "sheetData", "row", "c", "v", "f", "is", "t", "rPh", "col"),
    *("mergeCell", "dataValidation", "conditionalFormatting", "autoFilter"),
)
_NAMES |= {
    f"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main{SEPARATOR}{name}": name
    for name in ("dataValidation", "conditionalFormatting")
}
_NAMES[f"http://schemas.microsoft.com/office/excel/2006/main{SEPARATOR}sqref"] = "sqref"
_SPACE = f"http://www.w3.org/XML/1998/namespace{SEPARATOR}space"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,11})")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")
_EXACT_INTEGER = 1e15
_DAY = 86_400_000
_LAST_SERIAL = 2_958_466
_TRUE = ("1", "true", "on")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the whole workbook says about its cells; `strings` is filled only where cells are to be delivered."""

    styles: Styles
    string_facts: StringFacts
    date1904: bool = False
    strings: Sequence[str] = ()


def integral(value: float) -> int | float:
    """Whole numbers as int, as they look in the sheet."""
    return int(value) if value.is_integer() and -_EXACT_INTEGER < value < _EXACT_INTEGER else value


def from_serial(serial: float, *, date1904: bool) -> dt.date | dt.datetime | dt.time | None:
    """The date, date and time or (below 1) time that a serial number shows; None where there is no such date."""
    if not 0 <= serial < _LAST_SERIAL or (not date1904 and int(serial) == 60):
        return None
    milliseconds = round(serial * _DAY)
    days, rest = divmod(milliseconds, _DAY)
    clock = _clock(rest)
    if days == 0:
        return clock
    epoch = dt.date(1904, 1, 1) if date1904 else dt.date(1899, 12, 30 if days > 60 else 31)
    try:
        day = epoch + dt.timedelta(days=days)
    except OverflowError:
        return None
    return day if not rest else dt.datetime.combine(day, clock)


def _clock(milliseconds: int) -> dt.time:
    seconds, rest = divmod(milliseconds, 1000)
    return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest * 1000)


class SheetWalk:
    """Walks one sheet part; `rows` fills when `keep` is set. Raises `Refused`."""

    def __init__(self, part: str, tally: Tally, workshop: Workshop, *, keep: bool = False) -> None:
        self.tally = tally
        self.rows: list[Row] = []
        self.inside_data = False
        self.xml = XmlPart(part, tally.limits, start=self._start, end=self._end, text=self._text)
        self._workshop = workshop
        self._keep = keep
        self._part = part
        self._row = 0
        self._column = 0
        self._columns: set[int] = set()
        self._cells: dict[int, Cell] = {}
        self._valued = 0
        self._last_valued = 0
        self._colours = Colours(workshop.styles.fills)
        self._styled: list[tuple[int, int]] = []
        self._attributes: Attributes = {}
        self._buffer: list[str] | None = None
        self._value: str | None = None
        self._inline: list[str] = []
        self._formula: str | None = None
        self._phonetic = False
        self._trim = False

    def walk(self, chunks: Iterable[bytes]) -> None:
        """The whole part."""
        self.xml.feed_all(chunks)
        self.finish()

    def finish(self) -> None:
        """After the last byte: what can be judged only now."""
        self.tally.finish()
        self.rows.sort(key=lambda row: row.number)

    def _start(self, name: str, attributes: Attributes) -> None:
        short = _NAMES.get(name)
        if self.xml.depth == 1 and short != "worksheet":
            raise damaged("not-a-sheet", part=self._part)
        if short == "c":
            self._start_cell(attributes)
        elif short in ("v", "f"):
            self._buffer = []
            if short == "f":
                self._formula = ""
        elif short == "t":
            self._start_text(attributes)
        elif short == "row":
            self._start_row(attributes)
        elif short is not None:
            self._start_other(short, attributes)

    def _start_other(self, short: str, attributes: Attributes) -> None:
        if short == "sheetData":
            self.inside_data = self.xml.depth == 2
        elif short == "rPh":
            self._phonetic = True
        elif short == "col":
            self._start_column(attributes)
        elif short == "mergeCell":
            self.tally.merge(attributes.get("ref", ""))
        elif short in ("dataValidation", "conditionalFormatting"):
            self.tally.ranges(1 + attributes.get("sqref", "").count(" "))
        elif short == "autoFilter":
            self.tally.facts.filtered = True
        elif short == "sqref":
            self._buffer = []

    def _start_column(self, attributes: Attributes) -> None:
        first, last = _whole(attributes.get("min")), _whole(attributes.get("max"))
        if attributes.get("hidden") in _TRUE and 1 <= first <= last <= LAST_COLUMN:
            shown = range(first, min(last, self.tally.limits.max_columns) + 1)
            self.tally.facts.hidden_columns.extend(shown)

    def _start_row(self, attributes: Attributes) -> None:
        said = attributes.get("r")
        self._row = self._row + 1 if said is None else _whole(said)
        self.tally.begin_row(self._row, hidden=attributes.get("hidden") in _TRUE)
        self._column = 0
        self._columns.clear()
        self._cells = {}
        self._valued = self._last_valued = 0

    def _start_cell(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._value = self._formula = None
        self._inline.clear()
        self._column = self._place(attributes.get("r"))
        if self._column in self._columns:
            raise refused("file-ambiguous", "cell-twice", sheet=self.tally.sheet, cell=attributes.get("r", ""))
        self._columns.add(self._column)

    def _place(self, said: str | None) -> int:
        if said is None:
            return self._column + 1
        match = _REFERENCE.fullmatch(said)
        if match is None or not self._row:
            raise damaged("cell-reference", sheet=self.tally.sheet, cell=said[:20])
        if int(match[2]) != self._row:
            raise refused("file-ambiguous", "cell-in-other-row", sheet=self.tally.sheet, cell=said, row=self._row)
        column = column_number(match[1])
        if column > LAST_COLUMN:
            raise damaged("cell-reference", sheet=self.tally.sheet, cell=said[:20])
        return column

    def _start_text(self, attributes: Attributes) -> None:
        if not self._phonetic:
            self._buffer = []
            self._trim = attributes.get(_SPACE) != "preserve"

    def _text(self, data: str) -> None:
        if self._buffer is not None:
            self._buffer.append(data)

    def _end(self, name: str) -> None:
        short = _NAMES.get(name)
        if short == "c":
            self._end_cell()
        elif short in ("v", "f", "t", "sqref"):
            self._end_text(short)
        elif short == "row":
            self._end_row()
        elif short == "rPh":
            self._phonetic = False
        elif short == "sheetData":
            self.inside_data = False

    def _end_text(self, short: str) -> None:
        if self._buffer is None:
            return
        text, self._buffer = "".join(self._buffer), None
        if len(text) > self.tally.limits.stop_cell_chars:
            raise refused(
                "text-too-long-for-file",
                sheet=self.tally.sheet,
                cell=self._attributes.get("r", ""),
                limit=self.tally.limits.stop_cell_chars,
            )
        if short == "v":
            self._value = text
        elif short == "f":
            self._formula = text
        elif short == "sqref":
            self.tally.ranges(text.strip().count(" "))
        else:
            self._inline.append(text.strip(BLANKS) if self._trim else text)

    def _end_cell(self) -> None:
        if self._formula is not None:
            self.tally.facts.formula_cells += 1
            self.tally.formula(self._row, self._column, self._formula)
        kind = self._attributes.get("t", "n")
        text = unescape("".join(self._inline)) if kind == "inlineStr" else self._value or ""
        if not text.strip(BLANKS):
            if self._formula is not None and kind != "str":
                self.tally.facts.formulas_without_result.append((self._row, self._column))
            return
        if kind == "s" and self._is_blank_string(text):
            return
        self._count_valued()
        cell = self._understand(kind, text)
        if self._keep:
            self._cells[self._column] = cell

    def _is_blank_string(self, text: str) -> bool:
        return bool(self._workshop.string_facts.blank) and _whole(text) in self._workshop.string_facts.blank

    def _count_valued(self) -> None:
        self._valued += 1
        if self._colours.is_looking():
            self._styled.append((self._column, _whole(self._attributes.get("s"))))
        self._last_valued = max(self._last_valued, self._column)
        if self._column > self.tally.limits.max_columns:
            self.tally.far_cell(self._row, self._column)

    def _understand(self, kind: str, text: str) -> Cell:
        """The value a cell shows; what cannot be a value is noted with its place and yields None."""
        at, facts = (self._row, self._column), self.tally.facts
        if kind == "s":
            index = _whole(text)
            if 0 <= index < self._workshop.string_facts.count:
                return self._workshop.strings[index] if self._workshop.strings else None
            facts.bad_string_index.append(at)
            return None
        if kind == "e":
            facts.error_cells[at] = text[:32]
            return None
        if kind == "inlineStr":
            return text
        if kind == "str":
            return unescape(text)
        if kind == "b":
            return text.strip() in _TRUE
        return self._iso_date(text.strip()) if kind == "d" else self._number(text)

    def _iso_date(self, text: str) -> Cell:
        try:
            if "T" not in text:
                return dt.date.fromisoformat(text)
            return dt.datetime.fromisoformat(text)
        except ValueError:
            self.tally.facts.bad_dates[(self._row, self._column)] = text[:64]
            return text

    def _number(self, text: str) -> Cell:
        at, facts, styles = (self._row, self._column), self.tally.facts, self._workshop.styles
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            facts.bad_number[at] = text[:64]
            return None
        style = _whole(self._attributes.get("s"))
        if style in styles.percentages:
            facts.percent_cells.add(at)
        if style in styles.dates:
            shown = from_serial(value, date1904=self._workshop.date1904)
            if shown is None:
                facts.bad_dates[at] = text[:64]
                return integral(value)
            return shown
        return integral(value)

    def _end_row(self) -> None:
        self.tally.end_row(self._row, self._valued, self._last_valued)
        if self._styled:
            self._colours.row(self._styled)
            self._styled.clear()
            self.tally.facts.coloured_columns = self._colours.columns()
        if self._keep and self._cells:
            cells = self._cells
            last = max(cells)
            self.rows.append(Row(self._row, tuple([cells.get(column) for column in range(1, last + 1)])))


def _whole(text: str | None) -> int:
    """A small whole number, or -1."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() and len(text) < 12 else -1
