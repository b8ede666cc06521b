"""Mark up a workbook in the child process: colours, notes, our column, our summary sheet; only where the copy loses nothing."""

from __future__ import annotations

import base64
import copy
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from framework.disclosure.inventory import inventory, losses
from framework.disclosure.our_marks import (
    HEADING_ROWS,
    HEADINGS,
    SIGN,
    SUMMARY_SHEETS,
    SUMMARY_TITLES,
    is_heading,
    is_summary,
    without_our_marks,
)
from framework.disclosure.overlay import Corrections, corrected
from framework.disclosure.recognise import UNKNOWN, recognise
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here

COLOURS = {"block": "F6D7D2", "error": "F6D7D2", "warning": "FCEFC7", "note": "E4EEF0"}
_GRAVITY = tuple(COLOURS)
_CELL = re.compile(r"\A[A-Z]{1,3}[1-9]\d{0,6}\Z")
_LONGEST = 32_000
_LONGEST_NOTE = 4_000
_WIDTH = 60
_HEAD = "DCE6E8"
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


def _marked(book: Book, arguments: Mapping[str, Any]) -> bytes:
    path, limits = Path(arguments["path"]), Limits.from_dict(arguments["limits"])
    plain_book = corrected(without_our_marks(book), arguments["corrections"])
    layouts = _check(book, plain_book, arguments["max_cells"])
    workbook = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), rich_text=False, keep_links=True)
    _save(workbook, Path(_PLAIN))
    lost = losses(inventory(path, limits), inventory(Path(_PLAIN), limits))
    if lost:
        raise _Lost("loss", lost)
    _remove_marks(workbook)
    _correct(workbook, arguments["corrections"])
    _mark_cells(workbook, arguments["marks"])
    _add_columns(workbook, arguments["marks"], layouts, arguments["language"])
    _add_summary(workbook, arguments["summary"], arguments["language"])
    _save(workbook, Path(_MARKED))
    again = read_here(Path(_MARKED), limits)
    if isinstance(again, Refusal) or not _same_cells(plain_book, without_our_marks(again)):
        raise _Lost("cells")
    return Path(_MARKED).read_bytes()


def _check(book: Book, plain_book: Book, max_cells: int) -> dict[str, tuple[int, int]]:
    """Header row and last used column (1 is A) of each sheet that was understood."""
    if book.kind != "xlsx":
        raise _Lost("kind")
    if sum(sheet.facts.valued_cells for sheet in book.sheets) > max_cells:
        raise _Lost("cells-many", limit=max_cells)
    found = recognise(plain_book)
    if found.format == UNKNOWN:
        raise _Lost("unknown")
    return {
        layout.sheet.name: (layout.header_row, max((len(row.cells) for row in layout.sheet.rows), default=0))
        for layout in found.layouts
    }


def _same_cells(first: Book, second: Book) -> bool:
    """The same values in the same rows of the same sheets."""
    return [(s.name, s.visible, s.rows) for s in first.sheets] == [(s.name, s.visible, s.rows) for s in second.sheets]


def _save(workbook: Workbook, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _Writer(workbook, archive).save()


class _Writer(ExcelWriter):
    """Writes sheets from memory, since the child may write temporary files nowhere and remove none."""

    def write_worksheet(self, ws: Any) -> None:
        """One sheet."""
        out, own = io.BytesIO(), cast(Any, self)
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        writer = cast(Any, WorksheetWriter(ws, out))
        writer.write()
        ws._rels = writer._rels
        own._archive.writestr(ws.path[1:], out.getvalue())
        self.manifest.append(ws)


def _remove_marks(workbook: Workbook) -> None:
    """Take away what an earlier copy brought along: our sheet, our column, our part of notes and our colours."""
    for sheet in list(workbook.worksheets):
        if is_summary(sheet.title, sheet["A1"].value) and len(workbook.worksheets) > 1:
            workbook.remove(sheet)
    for sheet in workbook.worksheets:
        heads = sheet.iter_rows(max_row=min(sheet.max_row, HEADING_ROWS))  # asking for more rows would make them
        ours = {cell.column for row in heads for cell in row if is_heading(cell.value)}
        for row in sheet.iter_rows():
            for cell in row:
                if cell.column in ours and not isinstance(cell, MergedCell):
                    cell.value = None
                _remove_note(cell)


def _remove_note(cell: Cell | MergedCell) -> None:
    if isinstance(cell, MergedCell) or cell.comment is None or SIGN not in cell.comment.text:
        return
    kept = cell.comment.text.partition(SIGN)[0].rstrip()
    cell.comment = Comment(kept, cell.comment.author) if kept else None
    if cell.fill.fgColor.rgb in {f"00{colour}" for colour in COLOURS.values()}:
        cell.fill = PatternFill()


def _correct(workbook: Workbook, corrections: Corrections) -> None:
    """Write what was mended on the page into the cells of the copy."""
    for sheet, row, column, text in corrections:
        names = [name for name in workbook.sheetnames if name[:100] == sheet]
        for name in names:
            _put(workbook[name][f"{column}{row}"], text)


def _mark_cells(workbook: Workbook, marks: list[Mark]) -> None:
    gathered: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in marks:
        if mark["sheet"] in workbook.sheetnames and _CELL.match(mark["cell"]):
            gathered[mark["sheet"], mark["cell"]].append(mark)
    anchors: dict[str, dict[str, str]] = {}
    for (sheet, place), found in gathered.items():
        ws = workbook[sheet]
        merged = anchors.setdefault(sheet, _anchors(ws))
        _mark_cell(ws[merged.get(place, place)], found)


def _anchors(ws: Worksheet) -> dict[str, str]:
    """Cells inside merged ranges, with the first cell of their range."""
    return {
        f"{get_column_letter(column)}{row}": area.start_cell.coordinate
        for area in ws.merged_cells.ranges
        for row, column in area.cells
    }


def _mark_cell(cell: Cell, marks: list[Mark]) -> None:
    gravest = min((mark["severity"] for mark in marks), key=_GRAVITY.index)
    cell.fill = PatternFill("solid", fgColor=COLOURS[gravest])
    said = "\n".join(dict.fromkeys(mark["said"] for mark in marks))
    before = cell.comment.text.rstrip() if cell.comment else ""
    before = before.partition(SIGN)[0].rstrip()
    text = "\n".join(part for part in (before, SIGN, _text(said)[:_LONGEST_NOTE]) if part)
    author = cell.comment.author if cell.comment else "Hefboom"
    cell.comment = Comment(text, author, height=90 + 18 * (len(text) // 45), width=340)


def _add_columns(workbook: Workbook, marks: list[Mark], layouts: dict[str, tuple[int, int]], language: str) -> None:
    gathered: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for mark in marks:
        if mark["sheet"] in layouts and mark["row"] and mark["severity"] != "note":
            gathered[mark["sheet"]][mark["row"]].append(mark["said"])
    for sheet, rows in gathered.items():
        header, last = layouts[sheet]
        _add_column(workbook[sheet], rows, header, last + 1, language)


def _add_column(ws: Worksheet, rows: dict[int, list[str]], header: int, place: int, language: str) -> None:
    head = _put(ws.cell(header, place), HEADINGS.get(language, HEADINGS["en"]))
    head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor=_HEAD)
    for row, said in rows.items():
        if row != header:
            cell = _put(ws.cell(row, place), "\n".join(dict.fromkeys(said)))
            cell.number_format = "General"
            cell.alignment = Alignment(wrap_text=False, vertical="top")
    if not any((one.min or 0) <= place <= (one.max or 0) for one in ws.column_dimensions.values()):
        ws.column_dimensions[get_column_letter(place)].width = _WIDTH


def _add_summary(workbook: Workbook, summary: Mapping[str, Any], language: str) -> None:
    ws = workbook.create_sheet(_free_name(workbook, SUMMARY_SHEETS.get(language, SUMMARY_SHEETS["en"])), 0)
    _put(ws["A1"], SUMMARY_TITLES.get(language, SUMMARY_TITLES["en"])).font = Font(bold=True, size=14)
    for place, (text, width) in enumerate(summary["heads"], start=1):
        head = _put(ws.cell(3, place), text)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor=_HEAD)
        ws.column_dimensions[get_column_letter(place)].width = width
    for number, row in enumerate(summary["rows"], start=4):
        _add_line(workbook, ws, number, row)
    if summary["note"]:
        _put(ws.cell(2, 1), summary["note"])
    ws.freeze_panes = "A4"
    for other in workbook.worksheets:
        other.sheet_view.tabSelected = other is ws
    workbook.active = 0


def _add_line(workbook: Workbook, ws: Worksheet, number: int, row: Mapping[str, Any]) -> None:
    for place, text in enumerate(row["texts"], start=1):
        cell = _put(ws.cell(number, place), text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if place == 1:
            cell.fill = PatternFill("solid", fgColor=COLOURS[row["severity"]])
    sheet, cell_name, place = row["at"]
    if sheet in workbook.sheetnames and _CELL.match(cell_name):
        link = ws.cell(number, place)
        quoted = sheet.replace("'", "''")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{cell_name}")
        font = copy.copy(link.font)
        link.font = Font(name=font.name, size=font.size, color="1D5C8A", underline="single")


def _free_name(workbook: Workbook, name: str) -> str:
    taken = {sheet.casefold() for sheet in workbook.sheetnames}
    names = [name, *(f"{name} ({number})" for number in range(2, 40))]
    return next(one for one in names if one.casefold() not in taken)


def _put(cell: Cell | MergedCell, text: str) -> Cell:
    """Text as text: what begins like a formula stays what it is. Inside a merged range there is no cell to write into."""
    if isinstance(cell, MergedCell):
        raise _Lost("cells")
    cell.value = _text(text)
    cell.data_type = "s"
    return cell


def _text(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:_LONGEST]
