"""The fast walk over sheets in the plain dialect that nearly every writer uses: byte patterns instead of callbacks.

It yields the very same facts as `walk.SheetWalk`; wherever a sheet leaves the dialect
(`NotPlain`), the caller walks it again element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from framework.ground.sheets.colours import Colours
from framework.ground.sheets.limits import MIB
from framework.ground.sheets.tally import Tally, column_number
from framework.ground.sheets.walk import SheetWalk, Workshop
from framework.ground.sheets.xml import ANY_TEXT, SOME_TEXT, NotPlain, plain_root

_NUMBER = rb"-?\d{1,25}(?:\.\d{0,25})?(?:[eE][+-]?\d{1,2})?"
_NO_VALUE = rb"<v ?/>"
_FORMULA = rb"(?:<f(?: [^<>]*)?(?:/>|>%s</f>))?" % ANY_TEXT
_STYLE = rb'(?: s="\d{1,5}+")?+'
_CELL = (
    rb'<c r="[A-Z]{1,3}+\3"(?:'
    rb'%(style)s t="s"><v>(?:%(index)s)</v></c>'
    rb"|(?!%(odd)s)%(style)s(?:"
    rb'(?: t="n")?(?:/>|>(?:<v>%(number)s</v></c>|</c>|%(formula)s(?:<v>%(number)s</v>|%(none)s)?</c>))'
    rb'|(?: t="str")>%(formula)s(?:<v>%(text)s</v>|%(none)s)</c>'
    rb'|(?: t="inlineStr")><is><t(?: xml:space="preserve")?>%(text)s</t></is></c>'
    rb'|(?: t="b")>%(formula)s<v>[01]</v></c>'
    rb'|(?: t="e")>%(formula)s<v>[^<&\x00-\x20]{1,32}</v></c>))'
)
_ROW = rb'([ \t\r\n]*+<row((?: [^<>]{0,500}?)?) r="(\d{1,7})"((?: [^<>]{0,500})?)(?:/>|>((?:' + _CELL + rb")*+)</row>))"
_COLUMNS = re.compile(rb'<c r="([A-Z]+)')
_VALUED = re.compile(rb'<c r="([A-Z]+)"[^<>]*(?<!/)>(?:<f[^<>]*(?:/>|>[^<]*</f>))?(?:<v>|<is>)')
_ERROR = re.compile(rb'<c r="([A-Z]+)(\d+)"[^<>]* t="e">(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>([^<]*)</v>')
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"([^<>]*)><f[^<>]*(?:/>|>([^<]*)</f>)(<v>[^<])?')
_HIDDEN = re.compile(rb' hidden="(?:1|true|on)"')
_ODD_DATE = rb' s="(?:%s)"(?: t="n")?>(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>(?:-|60[.<]|\d{7}|\d[\d.]*[eE])'
_MOST_STYLES = 40
_MOST_SHAPES, _LONGEST_SHAPE = 500, 8_000
_MOST_ATTRIBUTES = 500
_DIGITS = b"0123456789.-"
_BATCH = MIB
_BLANKS = b" \t\r\n"


class _Shape(NamedTuple):
    """What rows share that differ in nothing but digits. `is_odd`: formulas or errors are among their cells."""

    valued: int
    last_column: int
    is_odd: bool


class _Shapes(dict[bytes, _Shape]):
    """The shapes of rows by their cells without the digits. Raises `NotPlain` for cells beyond the last column looked at."""

    def __init__(self, max_columns: int) -> None:
        super().__init__()
        self._max_columns = max_columns

    def __missing__(self, skeleton: bytes) -> _Shape:
        columns = _COLUMNS.findall(skeleton)
        last = _last_column(b" ".join(columns))
        if last > self._max_columns:
            raise NotPlain
        # within the dialect, which has no `<v></v>`, these hold a value wherever they stand
        valued = skeleton.count(b"<v>") + skeleton.count(b"<is>")
        if valued != len(columns):
            held = _VALUED.findall(skeleton)
            last = column_number(held[-1].decode()) if held else 0
        shape = _Shape(valued, last, b"<f" in skeleton or b't="e"' in skeleton)
        if len(self) < _MOST_SHAPES and len(skeleton) < _LONGEST_SHAPE:
            self[skeleton] = shape
        return shape


class SheetScan:
    """Scans one sheet part; raises `NotPlain` where the slow walk must decide, `Refused` where a guard breaks."""

    def __init__(self, part: str, tally: Tally, workshop: Workshop) -> None:
        self.tally = tally
        self._walk = SheetWalk(part, tally, workshop)
        self._xml = self._walk.xml
        self._styles = workshop.styles
        self._blank = [b' t="s"><v>%d</v></c>' % index for index in sorted(workshop.string_facts.blank)]
        if len(self._blank) > _MOST_STYLES:
            raise NotPlain
        self._colours = Colours(workshop.styles.fills)
        self._shapes = _Shapes(tally.limits.max_columns)
        self._known_attributes: set[tuple[bytes, bytes]] = set()
        self._rows_in = _row_pattern(workshop.string_facts.count, frozenset(workshop.styles.dates)).findall
        self._percent = _cells_of_styles(workshop.styles.percentages)
        self._longest = re.compile(rb">[^<]{%d}" % (tally.limits.stop_cell_chars + 1))

    def scan(self, chunks: Iterable[bytes]) -> None:
        """The whole part: callbacks before and after the rows, patterns for the rows."""
        source = iter(chunks)
        rest = self._head(source)
        rest = self._rows(rest, source)
        self._xml.loud()
        self._xml.feed(rest)
        for chunk in source:
            self._xml.feed(chunk)
        self._xml.close()
        self._walk.finish()

    def _head(self, source: Iterator[bytes]) -> bytes:
        """Feed up to the first row; what follows is returned."""
        head = b""
        for chunk in source:
            head += chunk
            at = head.find(b"<sheetData>")
            if at >= 0:
                break
            if len(head) > MIB:
                raise NotPlain
        else:
            raise NotPlain
        plain_root(head, b"worksheet")
        self._xml.feed(head[: at + 11])
        if not self._walk.inside_data:
            raise NotPlain
        self._xml.quiet()
        return head[at + 11 :]

    def _rows(self, rest: bytes, source: Iterator[bytes]) -> bytes:
        """Feed and scan rows in batches until the data end; what follows is returned."""
        searched = 0
        while True:
            end = rest.find(b"</sheetData>", searched)
            if end >= 0:
                self._batch(rest[:end])
                return rest[end:]
            cut = rest.rfind(b"</row>") + 6 if len(rest) > _BATCH else 0
            if cut >= 6:
                self._batch(rest[:cut])
                rest = rest[cut:]
            chunk = next(source, None)
            if chunk is None or len(rest) > 8 * MIB:
                raise NotPlain
            searched = max(0, len(rest) - 12)
            rest += chunk

    def _batch(self, data: bytes) -> None:
        """Whole rows, and nothing but rows."""
        for blank in self._blank:
            data = data.replace(blank, b"/>")
        rows = self._rows_in(data)
        if sum([len(row[0]) for row in rows]) != len(data.rstrip(_BLANKS)):
            without = data.replace(b"<v></v>", b"<v/>")  # the same, and seldom written
            if without is data:
                raise NotPlain
            self._batch(without)
        elif rows:
            self._take(data, *zip(*rows, strict=True))

    def _take(
        self,
        data: bytes,
        rows: tuple[bytes, ...],
        before: tuple[bytes, ...],
        numbers: tuple[bytes, ...],
        after: tuple[bytes, ...],
        cells: tuple[bytes, ...],
    ) -> None:
        """Rows that match: of each all of it, its attributes before and after its number, and its cells."""
        if max(map(len, cells)) > self.tally.limits.stop_cell_chars and any(map(self._longest.search, cells)):
            raise NotPlain
        shapes = [self._shapes[one.translate(None, _DIGITS)] for one in cells]
        is_odd = any(shape.is_odd for shape in shapes)
        self._check_form(data, dict(zip(zip(before, after, strict=True), rows, strict=True)), is_odd=is_odd)
        may_hide = b" hidden=" in data
        attributes = map(bytes.__add__, before, after) if may_hide else repeat(b"", len(rows))
        self._count(map(int, numbers), shapes, attributes)
        if is_odd or self._percent is not None:
            self._note_odd_cells(data)
        if self._colours.is_looking():
            self._colours.scan(data)
            self.tally.facts.coloured_columns = self._colours.columns()

    def _check_form(self, data: bytes, rows: dict[tuple[bytes, bytes], bytes], *, is_odd: bool) -> None:
        """Expat reads what the patterns leave open: attributes of formulas, and those of rows (one row of each) where new."""
        if is_odd and b"<f " in data:
            self._xml.feed(data)
            return
        for attributes in rows.keys() - self._known_attributes:
            self._xml.sample(rows[attributes])
            if len(self._known_attributes) < _MOST_ATTRIBUTES:
                self._known_attributes.add(attributes)
        self._xml.skim(data)

    def _count(self, numbers: Iterable[int], shapes: Iterable[_Shape], attributes: Iterable[bytes]) -> None:
        """Count rows with these numbers, shapes and attributes, of which one may hide the row."""
        counted: list[tuple[int, int, int]] = []
        for number, (valued, last, _is_odd), said in zip(numbers, shapes, attributes, strict=True):
            if said and _HIDDEN.search(said):
                self.tally.whole_rows(counted)
                counted = []
                self.tally.begin_row(number, hidden=True)
                self.tally.end_row(number, valued, last)
            else:
                counted.append((number, valued, last))
        self.tally.whole_rows(counted)

    def _note_odd_cells(self, data: bytes) -> None:
        facts = self.tally.facts
        if b"<f" in data:
            self._note_formulas(data)
        if b't="e"' in data:
            for column, row, text in _ERROR.findall(data):
                facts.error_cells[_place(row, column)] = text.decode()
        if self._percent is not None:
            facts.percent_cells.update(_place(row, column) for column, row in self._percent.findall(data))

    def _note_formulas(self, data: bytes) -> None:
        facts = self.tally.facts
        for column, row, attributes, text, value in _FORMULA_CELL.findall(data):
            facts.formula_cells += 1
            if b"&" in text:
                raise NotPlain
            self.tally.formula(*_place(row, column), text.decode())
            if not value and b't="str"' not in attributes:
                facts.formulas_without_result.append(_place(row, column))


@lru_cache(maxsize=4)
def _row_pattern(strings: int, dates: frozenset[int]) -> re.Pattern[bytes]:
    """A pattern for one row of a workbook with so many shared strings and these date styles.

    Its groups are all of the row, attributes, number, attributes, cells. What only the walk can judge does not match:
    strings that are not there, and dates whose number is no everyday one.
    """
    parts = {
        b"style": _STYLE,
        b"index": _below(strings),
        b"odd": _odd_dates(dates),
        b"number": _NUMBER,
        b"formula": _FORMULA,
        b"text": SOME_TEXT,
        b"none": _NO_VALUE,
    }
    return re.compile(_ROW % parts)


def _below(count: int) -> bytes:
    """A pattern for the whole numbers below this one, without needless zeros before them; it matches nothing below 0."""
    digits = str(count)
    smaller = [rb"\d{1,%d}+" % (len(digits) - 1)] if len(digits) > 1 else []
    for at, digit in enumerate(digits):
        if digit > "0":
            smaller.append(b"%s[0-%d]\\d{%d}" % (digits[:at].encode(), int(digit) - 1, len(digits) - at - 1))
    return b"|".join(smaller) or rb"(?!)"


def _cells_of_styles(styles: set[int]) -> re.Pattern[bytes] | None:
    """A pattern for number cells in one of these styles; None where there are none."""
    if not styles:
        return None
    if len(styles) > _MOST_STYLES:
        raise NotPlain
    shown = b"|".join(b"%d" % style for style in sorted(styles))
    number = rb'(?: t="n")?>(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>[^<]'
    return re.compile(rb'<c r="([A-Z]+)(\d+)" s="(?:' + shown + rb')"' + number)


def _odd_dates(styles: frozenset[int]) -> bytes:
    """A pattern for what follows the place of a cell in one of these date styles whose number is no everyday date."""
    if len(styles) > _MOST_STYLES:
        raise NotPlain
    return _ODD_DATE % b"|".join(b"0*%d" % style for style in sorted(styles)) if styles else rb"(?!)"


def _place(row: bytes, column: bytes) -> tuple[int, int]:
    return int(row), column_number(column.decode())


@lru_cache(maxsize=1024)
def _last_column(columns: bytes) -> int:
    """The last of these columns; raises `NotPlain` where they do not ascend."""
    last = 0
    for letters in columns.split():
        number = column_number(letters.decode())
        if number <= last:
            raise NotPlain
        last = number
    return last
