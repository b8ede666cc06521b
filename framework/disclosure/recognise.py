"""Recognise what a book is: our workbook, a plain list of sites, or something we do not know; and which column means what."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from framework.disclosure.columns import SHEETS, SUBMISSION, fold, sheet_columns
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import letter
from framework.ground.codelists import country_by_name, is_country, read_rows
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.texts import clean
from framework.ground.sheets.cells import Book, Cell, Row, Sheet

OURS, SITE_LIST, UNKNOWN = "hefboom-1.0", "site-list", "unknown"
HEADER_ROWS = 30
READ_COLUMNS = 64
_SAMPLE = 60
_SHOWN = 200
_SAMPLES_SHOWN = 3
_FEWEST_HEADERS = 2
_MOST = 0.8


@dataclass(slots=True)
class Layout:
    """One sheet that was recognised. `header_row` is the sheet's row number; `mapping` gives column name → index (0 is A)."""

    sheet: Sheet
    target: str
    header_row: int
    mapping: dict[str, int] = field(default_factory=dict)
    headers: dict[int, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def tell(self, place: int, code: str, cause: str = "", **params: object) -> None:
        """Note an issue at the header of a column: its name as found, and its cell."""
        given: dict[str, Any] = {"cell": f"{letter(place)}{self.header_row}", **params}
        self.issues.append(make(code, cause, sheet=self.sheet.name, column=self.headers[place], **given))


@dataclass(slots=True)
class Recognised:
    """`format` is hefboom-1.0, site-list or unknown; `version` as the file says it; sheets not in `layouts` are not read."""

    format: str
    version: str = ""
    layouts: list[Layout] = field(default_factory=list)
    not_read: list[Sheet] = field(default_factory=list)

    def layout(self, target: str) -> Layout | None:
        """The layout of one of our sheets."""
        return next((layout for layout in self.layouts if layout.target == target), None)


def recognise(book: Book, scope: RoundScope | None = None) -> Recognised:
    """Say what the book is; nothing is read yet. `scope` is not needed to recognise our own workbook or a list of sites."""
    ours = _our_layouts(book)
    if ours:
        return _rest(book, Recognised(OURS, _version(ours), ours))
    lists = [layout for sheet in book.sheets if sheet.visible for layout in _site_list(sheet)]
    if lists:
        return _rest(book, Recognised(SITE_LIST, layouts=lists))
    return _rest(book, Recognised(UNKNOWN))


def _rest(book: Book, found: Recognised) -> Recognised:
    read = {id(layout.sheet) for layout in found.layouts}
    found.not_read = [sheet for sheet in book.sheets if id(sheet) not in read and sheet.rows]
    return found


def _our_layouts(book: Book) -> list[Layout]:
    names = {fold(name): name for name in SHEETS}
    layouts: dict[str, Layout] = {}
    for sheet in book.sheets:
        target = names.get(fold(sheet.name))
        wanted = target and sheet.visible and target not in layouts
        layout = _our_layout(sheet, target) if target and wanted else None
        if layout:
            layouts[layout.target] = layout
    return [layouts[name] for name in SHEETS if name in layouts]


def _our_layout(sheet: Sheet, target: str) -> Layout | None:
    """The header is the first row with most of our column names; a sheet without two of them is not ours."""
    known = {fold(name): name for name in sheet_columns(target)}
    rows = _first_rows(sheet)
    scores = [len({fold(c) for c in row.cells if isinstance(c, str)} & known.keys()) for row in rows]
    if max(scores, default=0) < 2:
        return None if sheet.rows else Layout(sheet, target, 1)
    header = rows[scores.index(max(scores))]
    layout = Layout(sheet, target, header.number, headers=_headers(header))
    _map_exactly(layout, known)
    return layout


def _map_exactly(layout: Layout, known: dict[str, str]) -> None:
    places: dict[str, list[int]] = {}
    for place, text in layout.headers.items():
        name = known.get(fold(text))
        if name is None:
            layout.tell(place, "column-unknown")
        else:
            places.setdefault(name, []).append(place)
    for name, found in places.items():
        if len(found) == 1:
            layout.mapping[name] = found[0]
        else:
            layout.tell(found[-1], "column-duplicate")


def _headers(row: Row) -> dict[int, str]:
    texts = ((place, cell) for place, cell in enumerate(row.cells[:READ_COLUMNS]) if cell is not None)
    return {place: clean(str(cell)).text for place, cell in texts if clean(str(cell)).text}


def _first_rows(sheet: Sheet) -> list[Row]:
    return [row for row in sheet.rows[:HEADER_ROWS] if row.number <= HEADER_ROWS]


def _version(layouts: list[Layout]) -> str:
    """The version in the first data row of `0_submission`, as written."""
    layout = next((one for one in layouts if one.target == SUBMISSION), None)
    place = layout.mapping.get("template_version") if layout else None
    if layout is None or place is None:
        return ""
    rows = (row for row in layout.sheet.rows if row.number > layout.header_row and len(row.cells) > place)
    return next((str(row.cells[place]) for row in rows if row.cells[place] is not None), "")


def header_key(text: str) -> str:
    """The form in which headers of lists are compared: letters and digits, no case, no accents, no remarks in brackets."""
    plain = re.sub(r"[(\[（].*?[)\]）]", "", unicodedata.normalize("NFKD", text).casefold())
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


@cache
def _synonyms() -> dict[str, tuple[str, int]]:
    """Header key → field and rank; the smaller the rank, the better the header names the field."""
    found: dict[str, tuple[str, int]] = {}
    for row in read_rows("site_list_headers.csv"):
        for rank, header in enumerate(row["headers"].split("|")):
            found.setdefault(header_key(header), (row["field"], rank))
    return found


def _site_list(sheet: Sheet) -> list[Layout]:
    """A list of sites has a row that names a site or an address, and at least one more thing we know."""
    best: Layout | None = None
    for row in _first_rows(sheet):
        layout = _site_layout(sheet, row)
        if layout and (best is None or len(layout.mapping) > len(best.mapping)):
            best = layout
    if best is None:
        return []
    _by_values(best)
    _tell_unknown(best)
    places = {"address_line", "city", "country", "region"} & best.mapping.keys()
    return [best] if "site_legal_name" in best.mapping and places else []


def _site_layout(sheet: Sheet, row: Row) -> Layout | None:
    headers = _headers(row)
    meant = {place: _synonyms().get(header_key(text)) for place, text in headers.items()}
    fields = {found[0] for found in meant.values() if found}
    if len(fields) < 2 or not fields & {"site_legal_name", "address_line"}:
        return None
    layout = Layout(sheet, "3_sites", row.number, headers=headers)
    known = [(place, *found) for place, found in meant.items() if found]
    for name in dict.fromkeys(meaning for _place, meaning, _rank in known):
        _choose(layout, name, sorted((rank, place) for place, meaning, rank in known if meaning == name))
    return layout


def _choose(layout: Layout, name: str, candidates: list[tuple[int, int]]) -> None:
    """The best-named column counts; two of exactly the same name: neither; a lesser one is said and not read."""
    rank, place = candidates[0]
    if len(candidates) > 1 and candidates[1][0] == rank:
        layout.tell(candidates[1][1], "column-duplicate")
        return
    layout.mapping[name] = place
    for _rank, other in candidates[1:]:
        layout.tell(other, "column-unknown", "two candidates", chosen=layout.headers[place])


def _by_values(layout: Layout) -> None:
    """What headers do not tell, values may: a column of countries, a column of hub ids, the names before the addresses."""
    free = [place for place in layout.headers if place not in layout.mapping.values() and not _told(layout, place)]
    for name, test in (("country", _is_country), ("os_id", _is_os_id)):
        place = next((p for p in free if name not in layout.mapping and _mostly(layout, p, test)), None)
        if place is not None:
            layout.mapping[name] = place
            free.remove(place)
    address = layout.mapping.get("address_line")
    if "site_legal_name" not in layout.mapping and address is not None:
        names = [p for p in free if p < address and _looks_like_names(layout, p)]
        if len(names) == 1:
            layout.mapping["site_legal_name"] = names[0]


def _told(layout: Layout, place: int) -> bool:
    return any(layout.headers[place] == issue.column for issue in layout.issues)


def _tell_unknown(layout: Layout) -> None:
    for place in layout.headers:
        if place not in layout.mapping.values() and not _told(layout, place):
            layout.tell(place, "column-unknown")


def _samples(layout: Layout, place: int) -> list[Cell]:
    rows = (row for row in layout.sheet.rows if row.number > layout.header_row and len(row.cells) > place)
    values = (row.cells[place] for row in rows if row.cells[place] is not None)
    return [value for _number, value in zip(range(_SAMPLE), values, strict=False)]


def _mostly(layout: Layout, place: int, test: Callable[[str], bool]) -> bool:
    values = _samples(layout, place)
    hits = sum(1 for value in values if isinstance(value, str) and test(value.strip()))
    return bool(values) and hits >= _MOST * len(values)


def _is_country(text: str) -> bool:
    return is_country(text) or country_by_name(text) is not None


def _is_os_id(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]{2}\d{7}[A-Z0-9]{6}", text))


def _looks_like_names(layout: Layout, place: int) -> bool:
    values = [value for value in _samples(layout, place) if isinstance(value, str)]
    return bool(values) and len(set(values)) >= len(values) / 2 and all(len(value) <= 120 for value in values)


def as_columns(layout: Layout) -> dict[str, Any]:
    """The columns of a list as understood, for a person to look at: header, field, on what ground, three samples."""
    fields = {place: name for name, place in layout.mapping.items()}
    below = (row for row in layout.sheet.rows if row.number > layout.header_row)
    headers = dict(sorted((dict.fromkeys(nameless(layout, below), "") | layout.headers).items()))
    columns = [
        {
            "cell": f"{letter(place)}{layout.header_row}",
            "header": header[:_SHOWN],
            "field": fields.get(place, ""),
            "ground": _ground(header, fields.get(place, "")),
            "samples": [str(value)[:_SHOWN] for value in _samples(layout, place)[:_SAMPLES_SHOWN]],
        }
        for place, header in headers.items()
    ]
    return {"sheet": layout.sheet.name[:100], "row": layout.header_row, "columns": columns}


def _ground(header: str, field: str) -> str:
    """By its header or by its values; blank for a column that is not read."""
    meant = _synonyms().get(header_key(header))
    return "" if not field else "header" if meant and meant[0] == field else "values"


def likely_header(book: Book) -> Layout | None:
    """Where nothing was recognised: the first row with nearly as many texts as any, of the first sheet that has such rows."""
    for sheet in book.sheets:
        rows = _first_rows(sheet) if sheet.visible else []
        texts = [sum(isinstance(cell, str) for cell in row.cells[:READ_COLUMNS]) for row in rows]
        if max(texts, default=0) >= _FEWEST_HEADERS:
            enough = max(_FEWEST_HEADERS, max(texts) - 1)
            row = next(row for row, count in zip(rows, texts, strict=True) if count >= enough)
            return _site_layout(sheet, row) or Layout(sheet, "3_sites", row.number, headers=_headers(row))
    return None


def names_columns(row: Row) -> bool:
    """Whether a row holds names of columns rather than values: two or more that we know, and they are at least half."""
    cells = [cell for cell in row.cells[:READ_COLUMNS] if cell is not None]
    known = sum(1 for cell in cells if isinstance(cell, str) and header_key(cell) in _synonyms())
    return known >= 2 and known * 2 >= len(cells)


def lies_on_its_side(sheet: Sheet) -> bool:
    """Whether the names of a list of sites stand below one another, in the first column that has values."""
    rows = _first_rows(sheet)
    first = min((place for row in rows for place, cell in enumerate(row.cells) if cell is not None), default=0)
    names = tuple(row.cells[first] if len(row.cells) > first else None for row in rows)
    wide = any(len(row.cells) > first + 1 for row in rows)
    return wide and _site_layout(sheet, Row(1, names)) is not None


def columns_beyond(sheet: Sheet) -> list[str]:
    """Letters of the columns with values that lie beyond those we read."""
    wide = [row.cells for row in sheet.rows if len(row.cells) > READ_COLUMNS]
    places = {place for cells in wide for place in range(READ_COLUMNS, len(cells)) if cells[place] is not None}
    return [letter(place) for place in sorted(places)]


def has_value(row: Row, places: Iterable[int]) -> bool:
    """Whether a row has a value at one of these places; a row without any cell counts, for its only cells are broken.

    A plain loop, for it looks at every row of large files.
    """
    cells = row.cells
    width = len(cells)
    for place in places:
        if place < width and cells[place] is not None:
            return True
    return not cells


def repeated_header(layout: Layout, row: Row) -> bool:
    """Whether a data row only repeats the header, as on page breaks."""
    cells, headers = row.cells[:READ_COLUMNS], layout.headers
    first = next(iter(headers), len(cells))
    sample = cells[first] if first < len(cells) else None
    if sample is None or (isinstance(sample, str) and sample.isascii() and headers[first][0] not in sample):
        return False  # nearly every row ends here, without counting its cells
    if len(cells) - cells.count(None) != len(headers):
        return False
    given = ((place, cell) for place, cell in enumerate(cells) if cell is not None)
    return all(place in headers and clean(str(cell)).text == headers[place] for place, cell in given)


def nameless(layout: Layout, rows: Iterable[Row]) -> Counter[int]:
    """Columns that hold values below an empty header, by index, with the number of their values."""
    every = [row.cells for row in rows]
    widest = min(max(map(len, every), default=0), READ_COLUMNS)
    unnamed = [place for place in range(widest) if place not in layout.headers]
    counts = {place: sum([len(cells) > place and cells[place] is not None for cells in every]) for place in unnamed}
    return Counter({place: count for place, count in counts.items() if count})
