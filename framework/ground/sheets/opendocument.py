"""OpenDocument spreadsheets before a reader opens them: passwords, macros and the repeat counts that unpack to billions."""

from __future__ import annotations

from framework.ground.sheets.cells import SheetFacts
from framework.ground.sheets.container import Container, Part
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.refused import damaged, refused
from framework.ground.sheets.strings import BLANKS
from framework.ground.sheets.tally import LAST_COLUMN, LAST_ROW, Budget, Tally
from framework.ground.sheets.xml import SEPARATOR, Attributes, XmlPart

_TABLE = f"urn:oasis:names:tc:opendocument:xmlns:table:1.0{SEPARATOR}"
_OFFICE = f"urn:oasis:names:tc:opendocument:xmlns:office:1.0{SEPARATOR}"
_NOTE = f"{_OFFICE}annotation"
_ENCRYPTED = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0 encryption-data"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_MANIFEST = "META-INF/manifest.xml"
_MIME = b"application/vnd.oasis.opendocument.spreadsheet"


def check_opendocument(container: Container, limits: Limits) -> dict[str, SheetFacts]:
    """Facts by sheet name; raises `Refused`."""
    mime = container.find("mimetype")
    if mime is None or container.read(mime) not in (_MIME, _MIME + b"-template"):
        raise damaged("mimetype")
    for name in container.parts:
        if name.startswith(("Basic/", "Scripts/")) and not limits.allow_macros:
            raise refused("file-has-macros", part=name)
    content = container.find("content.xml")
    if content is None:
        raise damaged("no-workbook")
    for part in sorted(container.parts.values(), key=lambda part: part.name != _MANIFEST):
        if part.name.endswith(".xml") and part is not content and part.size:
            _check_part(container, part, limits)
    walk = _ContentWalk(limits)
    walk.xml.feed_all(container.stream(content))
    return {tally.sheet: tally.facts for tally in walk.tallies}


def _check_part(container: Container, part: Part, limits: Limits) -> None:
    def start(name: str, attributes: Attributes) -> None:
        if name == _ENCRYPTED:
            raise refused("file-password", "ods")

    XmlPart(part.name, limits, start=start).feed_all(container.stream(part))


class _ContentWalk:
    """Counts valued cells with their repetitions; raises `Refused` before anybody unfolds them."""

    def __init__(self, limits: Limits) -> None:
        self.tallies: list[Tally] = []
        self.xml = XmlPart("content.xml", limits, start=self._start, end=self._end, text=self._on_text)
        self._limits = limits
        self._budget = Budget()
        self._next_row = 1
        self._repeat_row = 1
        self._column = 0
        self._repeat = 1
        self._valued = 0
        self._last = 0
        self._has_value = False
        self._inside = False

    def _start(self, name: str, attributes: Attributes) -> None:
        if name == f"{_TABLE}table":
            if len(self.tallies) >= self._limits.max_sheets:
                raise refused("too-many-sheets", limit=self._limits.max_sheets)
            self.tallies.append(Tally(attributes.get(f"{_TABLE}name", ""), self._limits, self._budget))
            self._next_row = 1
        elif name == f"{_TABLE}table-row":
            self._repeat_row = _times(attributes, "number-rows-repeated", LAST_ROW)
            self._column = self._valued = self._last = 0
        elif name in _CELLS:
            self._repeat = _times(attributes, "number-columns-repeated", LAST_COLUMN)
            self._inside = True
            self._has_value = attributes.get(f"{_OFFICE}value-type", "string") != "string"
        elif name == _NOTE:
            self._inside = False

    def _on_text(self, data: str) -> None:
        if self._inside and data.strip(BLANKS):
            self._has_value = True

    def _end(self, name: str) -> None:
        if name in _CELLS:
            self._column += self._repeat
            if self._has_value:
                self._valued += self._repeat
                self._last = self._column
            self._has_value = self._inside = False
        elif name == _NOTE:
            self._inside = True
        elif name == f"{_TABLE}table-row" and self.tallies:
            self._end_row(self.tallies[-1])
        elif name == f"{_TABLE}table" and self.tallies:
            self.tallies[-1].finish()

    def _end_row(self, tally: Tally) -> None:
        first, self._next_row = self._next_row, self._next_row + self._repeat_row
        if not self._valued:
            return
        if self._valued * self._repeat_row > self._limits.max_cells or self._repeat_row > self._limits.max_rows:
            raise refused(
                "file-unpacks-too-large", "repeats", found=self._valued * self._repeat_row, limit=self._limits.max_cells
            )
        if self._last > self._limits.max_columns:
            tally.far_cell(first, self._last)
        for number in range(first, first + self._repeat_row):
            tally.begin_row(number)
            tally.end_row(number, self._valued, self._last)


def _times(attributes: Attributes, name: str, most: int) -> int:
    text = attributes.get(f"{_TABLE}{name}", "1")
    if not text.isdecimal() or len(text) > 9 or not int(text):
        raise refused("file-unpacks-too-large", "repeats", found=text[:20], limit=most)
    return int(text)
