"""The fast walk over sheets in the plain dialect that nearly every writer uses: byte patterns instead of callbacks.

It yields the very same facts as `walk.SheetWalk`; wherever a sheet leaves the dialect
(`NotPlain`), the caller walks it again element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from framework.ground.sheets.colours import Colours
from framework.ground.sheets.limits import MIB
from framework.ground.sheets.tally import Tally, column_number
from framework.ground.sheets.walk import SheetWalk, Workshop
from framework.ground.sheets.xml import NotPlain, plain_root

_NUMBER = rb"-?\d{1,25}(?:\.\d{0,25})?(?:[eE][+-]?\d{1,2})?"
_NO_VALUE = rb"<v></v>|<v ?/>"
_TEXT = rb"[ \t\r\n]*+(?:[^<\s&]|&(?:amp|lt|gt|quot|apos);)[^<]*+"
_FORMULA = rb"(?:<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?"
_CELL = (
    rb'<c r="[A-Z]{1,3}\2"(?: s="\d{1,5}")?(?:'
    rb' t="s"><v>\d{1,7}</v></c>'
    rb'|(?: t="n")?(?:/>|>(?:<v>%(number)s</v></c>|</c>|%(formula)s(?:<v>%(number)s</v>|%(none)s)?</c>))'
    rb'|(?: t="str")>%(formula)s(?:<v>%(text)s</v>|%(none)s)</c>'
    rb'|(?: t="inlineStr")><is><t(?: xml:space="preserve")?>%(text)s</t></is></c>'
    rb'|(?: t="b")>%(formula)s<v>[01]</v></c>'
    rb'|(?: t="e")>%(formula)s<v>[^<\s&]{1,32}</v></c>)'
) % {b"number": _NUMBER, b"formula": _FORMULA, b"text": _TEXT, b"none": _NO_VALUE}
_ROW = re.compile(
    rb'\s*+<row((?: [^<>]{0,500}?)?) r="(\d{1,7})"((?: [^<>]{0,500})?)(?:/>|>((?:' + _CELL + rb")*+)</row>)"
)
_COLUMNS = re.compile(rb'<c r="([A-Z]+)')
_VALUED = re.compile(rb'<c r="([A-Z]+)\d+"[^<>]*(?<!/)>(?:<f[^<>]*(?:/>|>[^<]*</f>))?(?:<v>[^<]|<is>)')
_ERROR = re.compile(rb'<c r="([A-Z]+)(\d+)"[^<>]* t="e">(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>([^<]*)</v>')
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"([^<>]*)><f[^<>]*(?:/>|>([^<]*)</f>)(<v>[^<])?')
_HIDDEN = re.compile(rb' hidden="(?:1|true|on)"')
_ODD_DATE = rb' s="(?:%s)"(?: t="n")?>(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>(?:-|60[.<]|\d{7}|\d[\d.]*[eE])'
_MOST_STYLES = 40
_MOST_SHAPES, _LONGEST_SHAPE = 500, 8_000
_BATCH = MIB


class SheetScan:
    """Scans one sheet part; raises `NotPlain` where the slow walk must decide, `Refused` where a guard breaks."""

    def __init__(self, part: str, tally: Tally, workshop: Workshop) -> None:
        self.tally = tally
        self._walk = SheetWalk(part, tally, workshop)
        self._xml = self._walk.xml
        self._styles = workshop.styles
        self._strings = workshop.string_facts
        self._blank = [b' t="s"><v>%d</v></c>' % index for index in sorted(workshop.string_facts.blank)]
        if len(self._blank) > _MOST_STYLES:
            raise NotPlain
        self._colours = Colours(workshop.styles.fills)
        self._shapes: dict[bytes, tuple[int, int]] = {}
        self._percent = _cells_of_styles(workshop.styles.percentages)
        self._odd_date = _odd_dates(workshop.styles.dates)
        self._date_styles = _written(workshop.styles.dates)
        # an index with fewer digits than the count of the strings is below it
        self._high_index = re.compile(rb't="s"><v>(\d{%d,})' % len(str(workshop.string_facts.count)))
        self._longest = re.compile(rb"[^<]{%d}" % (tally.limits.stop_cell_chars + 1))

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
        self._xml.feed(data)
        self._scan_rows(data)

    def _scan_rows(self, data: bytes) -> None:
        if b"<v>" in data:
            for blank in self._blank:
                data = data.replace(blank, b"/>")
        position, match_row, may_hide = 0, _ROW.match, b" hidden=" in data
        counted: list[tuple[int, int, int]] = []
        while match := match_row(data, position):
            position = match.end()
            before, number, after, cells = match.groups(b"")
            if may_hide and _HIDDEN.search(before + after):
                self._count(counted)
                self.tally.begin_row(int(number), hidden=True)
                self.tally.end_row(int(number), *self._count_row(cells))
            else:
                counted.append((int(number), *self._count_row(cells)))
        self._count(counted)
        if data[position:].strip():
            raise NotPlain
        self._note_odd_cells(data)

    def _count(self, counted: list[tuple[int, int, int]]) -> None:
        self.tally.whole_rows(counted)
        counted.clear()

    def _count_row(self, cells: bytes) -> tuple[int, int]:
        """Valued cells of a row and the column of the last one."""
        if len(cells) > self.tally.limits.stop_cell_chars and self._longest.search(cells):
            raise NotPlain
        if b"<v></v>" in cells:
            return self._shape(cells)  # without its digits a value looks like none
        skeleton = cells.translate(None, b"0123456789.-")
        known = self._shapes.get(skeleton)
        if known is None:
            known = self._shape(cells)
            if len(self._shapes) < _MOST_SHAPES and len(skeleton) < _LONGEST_SHAPE:
                self._shapes[skeleton] = known
        return known

    def _shape(self, cells: bytes) -> tuple[int, int]:
        """Valued cells and last valued column; rows that differ in nothing but digits share them.

        `<v>` and `<is>` hold a value wherever the dialect allows them, empty `<v></v>` apart.
        """
        columns = _COLUMNS.findall(cells)
        last = _last_column(b" ".join(columns))
        valued = cells.count(b"<v>") + cells.count(b"<is>") - cells.count(b"<v></v>")
        if last > self.tally.limits.max_columns:
            raise NotPlain
        if valued != len(columns):
            held = _VALUED.findall(cells)
            last = column_number(held[-1].decode()) if held else 0
        return valued, last

    def _note_odd_cells(self, data: bytes) -> None:
        facts = self.tally.facts
        if b"<f" in data:
            self._note_formulas(data)
        if b't="e"' in data:
            for column, row, text in _ERROR.findall(data):
                facts.error_cells[_place(row, column)] = text.decode()
        if self._percent is not None:
            facts.percent_cells.update(_place(row, column) for column, row in self._percent.findall(data))
        if self._colours.is_looking():
            self._colours.scan(data)
            facts.coloured_columns = self._colours.columns()
        if any(style in data for style in self._date_styles) and self._odd_date.search(data):
            raise NotPlain
        indexes = set(self._high_index.findall(data))
        if indexes and max(map(int, indexes)) >= self._strings.count:
            raise NotPlain

    def _note_formulas(self, data: bytes) -> None:
        facts = self.tally.facts
        for column, row, attributes, text, value in _FORMULA_CELL.findall(data):
            facts.formula_cells += 1
            if b"&" in text:
                raise NotPlain
            self.tally.formula(*_place(row, column), text.decode())
            if not value and b't="str"' not in attributes:
                facts.formulas_without_result.append(_place(row, column))


def _cells_of_styles(styles: set[int]) -> re.Pattern[bytes] | None:
    """A pattern for number cells in one of these styles; None where there are none."""
    if not styles:
        return None
    if len(styles) > _MOST_STYLES:
        raise NotPlain
    shown = b"|".join(b"%d" % style for style in sorted(styles))
    number = rb'(?: t="n")?>(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>[^<]'
    return re.compile(rb'<c r="([A-Z]+)(\d+)" s="(?:' + shown + rb')"' + number)


def _odd_dates(styles: set[int]) -> re.Pattern[bytes]:
    """A pattern for cells in one of these date styles whose number is no everyday date."""
    if len(styles) > _MOST_STYLES:
        raise NotPlain
    return re.compile(_ODD_DATE % b"|".join(b"0*%d" % style for style in sorted(styles)))


def _written(styles: set[int]) -> list[bytes]:
    """One of these stands in every text that has a cell in one of these styles; a cheap look before the dear one."""
    return [b' s="0', *(b' s="%d"' % style for style in sorted(styles))] if styles else []


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
