"""Recognise what a book is: our workbook, a plain list of sites, or something we do not know; and which column means what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.column_values import SAMPLE, Values
from framework.disclosure.columns import SHEETS, SUBMISSION, fold, sheet_columns
from framework.disclosure.fields import said_of
from framework.disclosure.guessing import (
    ENOUGH,
    REQUIRED,
    Guess,
    group_texts,
    header_score,
    is_second_line,
    may_stand_over,
    understand,
)
from framework.disclosure.header_words import APART, header_key, synonyms
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import letter
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.texts import clean
from framework.ground.sheets.cells import Book, Cell, Row, Sheet
from framework.ground.text import N_

OURS, SITE_LIST, UNKNOWN = "hefboom-1.0", "site-list", "unknown"
HEADER_ROWS = 30
_SHOWN = 200
_SAMPLES_SHOWN = 3
_FEWEST_HEADERS = 2
_SECOND_LANGUAGE, _PAIR = 0.5, 0.01
OPEN_SUPPLY_HUB, PRODUCT_FACTORY, SITES_ALONE = "open-supply-hub", "product-factory", "sites"
KINDS = {
    OPEN_SUPPLY_HUB: N_("A list in the form of Open Supply Hub: values with bars are set apart, ids checked."),
    PRODUCT_FACTORY: N_("A list of products and factories: each product is kept with its site."),
}
"""What a list was recognised as, where it is more than sites, in words."""
_HUB_HEADERS = frozenset({"country", "name", "address"})
_HUB_NAMES = {"country": "country", "site_legal_name": "name", "address_line": "address"}
_HUB_ALONE = frozenset(
    "sector_product_type product_type facility_type_processing_type facility_type processing_type number_of_workers "
    "parent_company parent_company_os_id native_language_name duns_id lei_id rba_id isic_4".split()
)
"""Headers that only the hub writes so; they tell its lists where a person said what the first three mean."""


@dataclass(slots=True)
class Layout:
    """One sheet that was recognised. `header_row` is the sheet's row number; `mapping` gives column name → index (0 is A).

    Of a list, `groups` are the headers above the headers, `lines` the rows of headers as they stand in the file, and
    `guesses` say for each column what it means, how surely and why; `offers` what may be done with its cells, by field.
    `said` is what a person laid over a header, by index; `headers` hold what stands in the file even then.
    `types` are the wordings of what is done at a site, with what they are taken for (see `facility_types`).
    """

    sheet: Sheet
    target: str
    header_row: int
    mapping: dict[str, int] = field(default_factory=dict)
    headers: dict[int, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)
    lines: list[dict[int, str]] = field(default_factory=list)
    guesses: dict[int, Guess] = field(default_factory=dict)
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)
    types: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Of a list: open-supply-hub, product-factory (a model and a factory in each row) or sites."""
        texts = {text.strip() for text in self.headers.values()}
        said = {_HUB_NAMES.get(said_of(text) or "", "") for text in self.said.values()}
        if texts >= _HUB_HEADERS or (texts | said >= _HUB_HEADERS and texts & _HUB_ALONE):
            return OPEN_SUPPLY_HUB
        return PRODUCT_FACTORY if "product_model" in self.mapping else SITES_ALONE

    def is_marked(self, name: str, mark: str) -> bool:
        """Whether a person asked for something to be done with the cells of the column of a field."""
        return name in self.mapping and mark in self.said.get(self.mapping[name], "")

    def name_of(self, place: int) -> str:
        """The name of a column as found: its letter where it has none, and with it where a person told doubles apart."""
        name = self.headers[place]
        if not name:
            return letter(place)
        is_double = place in self.said and list(self.headers.values()).count(name) > 1
        return f"{name} ({letter(place)})" if is_double else name

    def tell(self, place: int, code: str, cause: str = "", **params: object) -> None:
        """Note an issue at the header of a column: its name as found, and its cell."""
        given: dict[str, Any] = {"cell": f"{letter(place)}{self.header_row}", **params}
        self.issues.append(make(code, cause, sheet=self.sheet.name, column=self.name_of(place), **given))


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
    layout = Layout(sheet, target, header.number, headers=_headers(sheet, header))
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


def _headers(sheet: Sheet, row: Row) -> dict[int, str]:
    texts = ((place, cell) for place, cell in enumerate(_read(sheet, row)) if cell is not None)
    return {place: clean(str(cell)).text for place, cell in texts if clean(str(cell)).text}


def _read(sheet: Sheet, row: Row) -> tuple[Cell, ...]:
    """The cells of a row that we read; those further right are only named (`columns_beyond`)."""
    return row.cells[: sheet.facts.read_columns]


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


def _site_list(sheet: Sheet) -> list[Layout]:
    """A list of sites has a row that names a site or an address, and at least one more thing we know."""
    best, most = None, 0.0
    for layout, score in _site_layouts(sheet):
        if score > most:
            best, most = layout, score
    if best is None:
        return []
    _understand(best)
    _tell_guessed(best)
    _tell_unknown(best)
    places = {"address_line", "city", "country", "region"} & best.mapping.keys()
    return [best] if "site_legal_name" in best.mapping and places else []


def _site_layouts(sheet: Sheet) -> Iterator[tuple[Layout, float]]:
    """The first rows as headers, alone or with the row above, as far as they name sites; and how much they look like it.

    Where a row is a header both alone and below the row above, the groups above it are not passed over.
    """
    above: Row | None = None
    for row in _first_rows(sheet):
        found = _site_layout(sheet, row)
        if found:
            yield found
        if above is not None and above.number == row.number - 1:
            pair = _two_rows(sheet, above, row)
            if pair:
                yield pair[0], max(pair[1], found[1] if found else 0.0) + _PAIR
        above = row


def _site_layout(sheet: Sheet, row: Row) -> tuple[Layout, float] | None:
    headers = _headers(sheet, row)
    return _scored(Layout(sheet, "3_sites", row.number, headers=headers, lines=[headers]))


def _two_rows(sheet: Sheet, above: Row, row: Row) -> tuple[Layout, float] | None:
    """Two rows as one header: groups above their columns, or the same names in two languages."""
    upper, lower = _headers(sheet, above), _headers(sheet, row)
    lines = [upper, lower]
    if is_second_line(upper, lower):
        headers = upper | lower
        found = _scored(Layout(sheet, "3_sites", row.number, headers=headers, lines=lines))
        return (found[0], found[1] + _SECOND_LANGUAGE) if found else None
    if not may_stand_over(upper, lower):
        return None
    headers, groups = group_texts(upper, lower)
    return _scored(Layout(sheet, "3_sites", row.number, headers=headers, lines=lines, groups=groups))


def _scored(layout: Layout) -> tuple[Layout, float] | None:
    score, fields = header_score(layout.headers, layout.groups)
    return (layout, score) if len(fields) >= 2 and fields & {"site_legal_name", "address_line"} else None


def _understand(layout: Layout) -> None:
    """Decide together what the columns mean; doubles and lesser candidates are told."""
    found = understand(layout.headers, layout.groups, lambda place: Values.of(_samples(layout, place)))
    layout.guesses = found.guesses
    layout.mapping = {guess.field: place for place, guess in found.guesses.items() if guess.field}
    _show_originals(layout)
    for place in found.doubles:
        layout.tell(place, "column-duplicate")
    for place, chosen in found.lesser.items():
        layout.tell(place, "column-unknown", "two candidates", chosen=layout.name_of(chosen))


def _show_originals(layout: Layout) -> None:
    """Once the columns are understood, their headers are those of the file again, also where a person said what they mean."""
    for (row, place), text in layout.sheet.originals.items():
        if row != layout.header_row or place not in layout.headers:
            continue
        above = layout.lines[0].get(place, "") if len(layout.lines) > 1 else ""
        layout.said[place] = layout.headers[place]
        layout.headers[place] = clean(text).text or above
        if layout.lines:
            line = layout.lines[-1] | {place: clean(text).text}
            layout.lines[-1] = {one: name for one, name in line.items() if name}


def _tell_guessed(layout: Layout) -> None:
    """A column that is asked for and only guessed waits for a person."""
    for name, place in layout.mapping.items():
        if name in REQUIRED and layout.guesses[place].confidence < ENOUGH:
            layout.tell(place, "column-guessed")


def _told(layout: Layout, place: int) -> bool:
    return any(layout.name_of(place) == issue.column for issue in layout.issues)


def _tell_unknown(layout: Layout) -> None:
    for place in layout.headers:
        if place not in layout.mapping.values() and not _told(layout, place):
            layout.tell(place, "column-unknown", "apart" if layout.guesses[place].ground == APART else "")


def _samples(layout: Layout, place: int) -> list[Cell]:
    rows = (row for row in layout.sheet.rows if row.number > layout.header_row and len(row.cells) > place)
    values = (row.cells[place] for row in rows if row.cells[place] is not None)
    return [value for _number, value in zip(range(SAMPLE), values, strict=False)]


def as_columns(layout: Layout) -> dict[str, Any]:
    """The columns of a list as understood, for a person to look at: header, field, on what ground, three samples."""
    fields = {place: name for name, place in layout.mapping.items()}
    below = (row for row in layout.sheet.rows if row.number > layout.header_row)
    headers = dict(sorted((dict.fromkeys(nameless(layout, below), "") | layout.headers).items()))
    columns = [
        {
            "cell": f"{letter(place)}{layout.header_row}",
            "header": header[:_SHOWN],
            "group": layout.groups.get(place, "")[:_SHOWN],
            "field": fields.get(place, ""),
            "ground": layout.guesses.get(place, Guess()).ground,
            "confidence": layout.guesses.get(place, Guess()).confidence,
            "samples": [str(value)[:_SHOWN] for value in _samples(layout, place)[:_SAMPLES_SHOWN]],
            "offer": layout.offers.get(fields.get(place, ""), {}),
        }
        for place, header in headers.items()
    ]
    named = {"sheet": layout.sheet.name[:100], "row": layout.header_row, "kind": layout.kind}
    return named | {"columns": columns, "types": layout.types}


def likely_header(book: Book) -> Layout | None:
    """Where nothing was recognised: the first row with nearly as many texts as any, of the first sheet that has such rows."""
    for sheet in book.sheets:
        rows = _first_rows(sheet) if sheet.visible else []
        texts = [sum(isinstance(cell, str) for cell in _read(sheet, row)) for row in rows]
        if max(texts, default=0) >= _FEWEST_HEADERS:
            enough = max(_FEWEST_HEADERS, max(texts) - 1)
            row = next(row for row, count in zip(rows, texts, strict=True) if count >= enough)
            layout = Layout(sheet, "3_sites", row.number, headers=_headers(sheet, row))
            _understand(layout)
            return layout
    return None


def names_columns(sheet: Sheet, row: Row) -> bool:
    """Whether a row holds names of columns rather than values: two or more that we know, and they are at least half."""
    cells = [cell for cell in _read(sheet, row) if cell is not None]
    known = sum(1 for cell in cells if isinstance(cell, str) and header_key(cell) in synonyms())
    return known >= 2 and known * 2 >= len(cells)


def lies_on_its_side(sheet: Sheet) -> bool:
    """Whether the names of a list of sites stand below one another, in the first column that has values."""
    rows = _first_rows(sheet)
    first = min((place for row in rows for place, cell in enumerate(row.cells) if cell is not None), default=0)
    names = tuple(row.cells[first] if len(row.cells) > first else None for row in rows)
    wide = any(len(row.cells) > first + 1 for row in rows)
    return wide and _site_layout(sheet, Row(1, names)) is not None


def repeated_headers(layout: Layout, rows: Iterable[Row]) -> set[int]:
    """The numbers of the data rows that only repeat the header, or a row of it, as on page breaks."""
    found: set[int] = set()
    for headers in layout.lines or [layout.headers]:
        if headers:
            first, name = next(iter(headers.items()))
            likely = [row for row in rows if len(row.cells) > first and _may_say(row.cells[first], name)]
            found.update([row.number for row in likely if _repeats(headers, _read(layout.sheet, row))])
    return found


def _may_say(cell: Cell, name: str) -> bool:
    """Whether a cell may be this name in another spelling; of nearly every row this look at one cell is enough."""
    return cell is not None and not (cell.__class__ is str and cell.isascii() and name[:1] not in cell)


def _repeats(headers: dict[int, str], cells: tuple[Cell, ...]) -> bool:
    if len(cells) - cells.count(None) != len(headers):
        return False
    given = ((place, cell) for place, cell in enumerate(cells) if cell is not None)
    return all(place in headers and clean(str(cell)).text == headers[place] for place, cell in given)


def nameless(layout: Layout, rows: Iterable[Row]) -> Counter[int]:
    """Columns that hold values below an empty header, by index, with the number of their values."""
    every = [row.cells for row in rows]
    widest = min(max(map(len, every), default=0), layout.sheet.facts.read_columns)
    unnamed = [place for place in range(widest) if place not in layout.headers]
    counts = {place: sum([len(cells) > place and cells[place] is not None for cells in every]) for place in unnamed}
    return Counter({place: count for place, count in counts.items() if count})
