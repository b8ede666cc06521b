"""Reading comma, semicolon, tab or bar separated text: encoding, separator, quotes and ragged rows, nothing guessed in silence."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from framework.ground.formula_text import restored
from framework.ground.sheets.cells import Book, Cell, Row, Sheet
from framework.ground.sheets.encodings import decode
from framework.ground.sheets.kind import Kind
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.refused import refused
from framework.ground.sheets.strings import BLANKS
from framework.ground.sheets.tally import Budget, Tally

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 64 * 1024
_SAMPLE_ROWS = 50
_SENTINEL = "\x1eend of file\x1e"
_SEP_LINE = re.compile(r"\A\ufeff?\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
_CONTROLS = bytes([*range(1, 9), 11, *range(14, 27), *range(28, 32), 127])
ERROR_WORDS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})


def read_delimited(data: bytes, *, name: str, limits: Limits, budget: Budget) -> Book:
    """One table of text as a book of one sheet named `name`; raises `Refused`.

    Every cell is text: what is a number or a date is understood later, column by column. Row
    numbers count records, as a spreadsheet would show them. The apostrophe that our own CSV files
    have before a text that would run as a formula is taken away again, and said so.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise refused("file-empty", "no-text")
    _check_bytes(data, limits)
    decoded = decode(data, limits.csv_encodings)
    separator, skip = _separator(decoded.text(data, _SAMPLE))
    tally = Tally(name, limits, budget)
    rows = list(_rows(_records(decoded.lines(data), separator or ",", skip, limits), tally))
    tally.finish()
    if not rows:
        raise refused("file-empty", "no-cells")
    notices = [*decoded.notices]
    if separator:
        notices.append(("separator-read", {"separator": separator}))
    if b"'" in data and (count := _take_marks_away(rows)):
        notices.append(("apostrophe-removed", {"count": count}))
    sheet = Sheet(name, rows, tally.facts)
    return Book(str(Kind.CSV), [sheet], encoding=decoded.encoding, separator=separator, notices=notices)


def _take_marks_away(rows: list[Row]) -> int:
    """Undo in place what `formula_text.harmless` adds to the cells of our own CSV files; how many cells had it."""
    count = 0
    for place, row in enumerate(rows):
        marked = {
            column: plain
            for column, cell in enumerate(row.cells)
            if isinstance(cell, str) and cell[:1] == "'" and (plain := restored(cell)) != cell
        }
        if marked:
            count += len(marked)
            rows[place] = Row(row.number, tuple(marked.get(c, cell) for c, cell in enumerate(row.cells)))
    return count


def _check_bytes(data: bytes, limits: Limits) -> None:
    wide = _holds_nuls(data)
    if not wide and len(data) - len(data.translate(None, _CONTROLS)) > max(2, len(data) // 200):
        raise refused("file-wrong-kind", "binary", kind=str(Kind.BINARY))
    longest, at, line = limits.max_line_mib * MIB, 0, 1
    while len(data) - at > longest:
        end = max(data.rfind(b"\n", at, at + longest + 1), data.rfind(b"\r", at, at + longest + 1))
        if end < 0:
            raise refused("line-too-long", line=line, limit=limits.max_line_mib)
        line += data.count(b"\n", at, end + 1) or data.count(b"\r", at, end + 1)
        at = end + 1


def _holds_nuls(data: bytes) -> bool:
    """True for UTF-16, where control bytes are halves of letters."""
    return data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:_SAMPLE].count(0) > len(data[:_SAMPLE]) // 4


def _separator(sample: str) -> tuple[str, int]:
    """(separator or '' for a single column, characters of a leading `sep=` line)."""
    if match := _SEP_LINE.match(sample):
        return match[1], match.end()
    best = max(SEPARATORS, key=lambda candidate: _fit(sample, candidate))
    return (best, 0) if _fit(sample, best)[0] else ("", 0)


def _fit(sample: str, separator: str) -> tuple[float, float, int, int]:
    """How well a separator cuts the sample: share of rows that fit, of those of the usual width; header of that width, width.

    Below the widest header every row that is cut at all fits: many programs leave out the blanks at its end.
    """
    lines = io.StringIO(sample, newline="")
    widths = [len(row) for _, row in zip(range(_SAMPLE_ROWS), _sample_rows(lines, separator), strict=False) if row]
    counted = Counter(width for width in widths if width > 1)
    if not counted:
        return 0.0, 0.0, 0, 0
    width, times = max(counted.items(), key=lambda item: (item[1], item[0]))
    fitting = counted.total() if widths[0] == max(counted) else times
    return fitting / len(widths), times / len(widths), int(widths[0] == width), width


def _sample_rows(lines: io.StringIO, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=separator)
    except csv.Error:
        return


def _records(lines: Iterator[str], separator: str, skip: int, limits: Limits) -> Iterator[list[str]]:
    """Records of the text; an unclosed quote would swallow the sentinel line that ends the text."""
    csv.field_size_limit(limits.stop_cell_chars)
    reader = csv.reader(_ended(lines, skip), delimiter=separator)
    opened = 1
    try:
        for record in reader:
            if record == [_SENTINEL]:
                return
            if record and _SENTINEL in record[-1]:
                raise refused("quote-not-closed", line=opened + (1 if skip else 0))
            yield record
            opened = reader.line_num + 1
    except csv.Error as error:
        raise refused("text-too-long-for-file", line=opened, limit=limits.stop_cell_chars) from error


def _ended(lines: Iterator[str], skip: int) -> Iterator[str]:
    """The lines without a leading `sep=` line, closed by the sentinel on a line of its own."""
    last = "\n"
    for line in lines:
        if skip > 0:
            skip -= len(line)
            continue
        last = line
        yield line
    if not last.endswith(("\n", "\r")):
        yield "\n"
    yield _SENTINEL


def _rows(records: Iterator[list[str]], tally: Tally) -> Iterator[Row]:
    width = 0
    for number, record in enumerate(records, start=1):
        tally.begin_row(number)
        cells = _cells(record, number, tally)
        tally.end_row(number, sum(value is not None for value in cells), len(cells))
        if not cells:
            continue
        width = width or len(record)
        if len(record) < width:
            tally.facts.short_rows.append(number)
        if len(cells) > width:
            tally.facts.long_rows.append(number)
        yield Row(number, tuple(_without_errors(cells, number, tally)))


def _cells(record: list[str], number: int, tally: Tally) -> list[str | None]:
    cells = [value if value.strip(BLANKS) else None for value in record]
    while cells and cells[-1] is None:
        cells.pop()
    if len(cells) > tally.limits.max_columns:
        tally.far_cell(number, len(cells))
    return cells


def _without_errors(cells: list[str | None], number: int, tally: Tally) -> list[Cell]:
    """Error words of a sheet saved as text are noted with their place, as in a workbook."""
    if not ERROR_WORDS.isdisjoint(cells):
        for column, value in enumerate(cells, start=1):
            if value in ERROR_WORDS:
                tally.facts.error_cells[(number, column)] = str(value)
        return [None if value in ERROR_WORDS else value for value in cells]
    return [*cells]
