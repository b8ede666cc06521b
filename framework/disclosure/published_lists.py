"""Read lists that others publish: the factories that a label accepts, and who names which ids in a registry; needs no database.

A task for the child process, which never raises for what is wrong with a file: whatever was not read is told with its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from framework.disclosure.checked import REASONS
from framework.disclosure.header_words import header_key
from framework.disclosure.read_lists import read_site_lists
from framework.disclosure.recognise import HEADER_ROWS, SITE_LIST, Layout, likely_header, recognise
from framework.disclosure.table import Table
from framework.ground.identifiers import compact, is_gln, is_lei, is_os_id
from framework.ground.reading.texts import clean
from framework.ground.sheets.cells import Book, Cell, Refusal, Row, Sheet
from framework.ground.text import N_

MOST_ROWS = 10_000
MOST_ENTRIES = 200_000
MOST_TOLD = 200
"""Rows that a report names; the others are counted."""
MOST_NAMED = 8
BRAND = frozenset({"brand", "brandname", "merk", "merknaam", "varumarke", "marke", "marque", "品牌"})
NUMBER = frozenset(
    "certificate certificateno certificatenumber certificaatnummer certifikatnummer factoryid factoryno factorynumber "
    "id no number nr nummer listno listnumber registrationnumber".split()
)
CONTRIBUTOR = frozenset({"contributor", "contributorname", "contributedby", "bijdrager", "bidragsgivare", "source"})
ID_NAMES = {
    "os": frozenset({"osid", "oshid", "opensupplyhubid", "oarid"}),
    "gln": frozenset({"gln", "glnid"}),
    "lei": frozenset({"lei", "leiid"}),
}
_TESTS = {"os": is_os_id, "gln": is_gln, "lei": is_lei}
LENGTHS = {"brand": 120, "name": 200, "address": 400, "city": 120, "number": 60, "contributor": 200}

REFUSED = {
    "list-no-columns": N_(
        "No row of column names was found in the first %(limit)s rows (the fullest row says: %(names)s). Name the columns "
        "brand, name, address, city, country and number, one factory a row, and send the file again."
    ),
    "list-no-brand": N_(
        "The list has no column of brands, and no brand was typed. Type the brand that the whole list is about, or add a column named brand."
    ),
    "list-empty": N_(
        "No row of the list could be read. What is wrong with each stands below; mend it and send it again."
    ),
    "list-too-long": N_(
        "The list has %(rows)s rows; at most %(limit)s are read at once. Send the rows of the brands of this round, or the list in parts."
    ),
    "registry-no-columns": N_(
        "No row with a column of ids (such as os_id) and a column of contributors was found in the first %(limit)s rows of any sheet."
    ),
}
"""Why nothing of a file was taken, and what to do."""
PROBLEMS = {
    "no-name": N_("It names no factory, so it was left out. Add the name in the list, or ask the label for it."),
    "no-brand": N_("It names no brand, so it was left out: it would count for none. Add the brand."),
    "no-place": N_(
        "It gives no address, city or country, so no site could be told by it; it was left out. Add the address."
    ),
    "country-unknown": N_(
        "Its country “%(found)s” is not known; the row was taken without a country. Write it in full or as two letters."
    ),
    "twice": N_("It says the same as row %(first)s, so it was left out."),
    "shortened": N_("It has a longer text than is kept; the text was cut off."),
    "no-id": N_("It gives no id, so it was left out."),
    "wrong-id": N_("Its id “%(found)s” has not the form of this registry, so it was left out. Look it up there."),
    "no-contributor": N_("It names no contributor, so nobody can be told from it; it was left out."),
    "brand-missing": N_("It names no brand. It was taken, and counts for no brand."),
    "not-read": N_("It was left out: %(reason)s"),
}
"""What a report says of a row, and what to do."""


@dataclass(slots=True)
class ListRead:
    """What came of a file: `refused` is a key of REFUSED or blank; `problems` the first, `counts` all, by key of PROBLEMS.

    `rows` are texts by name, with `row` as the number of the row in its sheet. `sheet` is the one that is read at present.
    """

    refused: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    sheet: str = ""

    def tell(self, code: str, row: int, **params: object) -> None:
        """Note what is wrong with a row."""
        self.counts[code] = self.counts.get(code, 0) + 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append({"code": code, "sheet": self.sheet, "row": row, "params": params})

    def refuse(self, code: str, **params: object) -> ListRead:
        """The same with nothing taken."""
        self.refused, self.params, self.rows = code, params, []
        return self

    @property
    def report(self) -> dict[str, Any]:
        """What is kept of it with a list."""
        return {"problems": self.problems, "counts": self.counts}


def factories_task(book: Book | Refusal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The work of the child: `ListRead` of a list of factories; `brand` is the one of rows that name none."""
    return asdict(
        read_factories(book, brand=str(arguments.get("brand") or "")) if isinstance(book, Book) else ListRead()
    )


def entries_task(book: Book | Refusal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The work of the child: `ListRead` of the entries of the registry `scheme`."""
    return asdict(read_entries(book, str(arguments["scheme"])) if isinstance(book, Book) else ListRead())


def read_factories(book: Book, *, brand: str = "") -> ListRead:
    """The factories of a list; each with brand, name, address, city, country (code) and number, blank where it has none."""
    read = ListRead()
    found = recognise(book)
    if found.format != SITE_LIST:
        return read.refuse("list-no-columns", limit=HEADER_ROWS, names=_names(book))
    count = sum(1 for layout in found.layouts for row in layout.sheet.rows if row.number > layout.header_row)
    if count > MOST_ROWS:
        return read.refuse("list-too-long", rows=count, limit=MOST_ROWS)
    seen: dict[tuple[str, ...], int] = {}
    for layout, (table, told) in zip(found.layouts, read_site_lists(book, found), strict=True):
        for _issue in told:  # a table is complete once all of it is told
            pass
        read.sheet = table.title
        brands = _column(layout, BRAND)
        if brands is None and not brand:
            return read.refuse("list-no-brand")
        if brands is not None and brands == layout.mapping.get("site_legal_name"):
            return read.refuse("list-no-columns", limit=HEADER_ROWS, names=_names(book))
        for one in table.listed:
            if one.reason != "above-header":
                read.tell("not-read", one.row, reason=REASONS.get(one.reason, one.reason))
        for given in _factories(layout, table, brands, brand):
            _take(read, given, seen)
    return read if read.rows else read.refuse("list-empty")


def read_entries(book: Book, scheme: str) -> ListRead:
    """Who names which ids of a registry, for which brand: number, contributor and brand, blank where none is named."""
    read = ListRead()
    sheets = [(sheet, places) for sheet in book.sheets if sheet.visible if (places := _entry_columns(sheet, scheme))]
    if not sheets:
        return read.refuse("registry-no-columns", limit=HEADER_ROWS)
    count = sum(len(sheet.rows) for sheet, _places in sheets)
    if count > MOST_ENTRIES:
        return read.refuse("list-too-long", rows=count, limit=MOST_ENTRIES)
    seen: dict[tuple[str, ...], int] = {}
    for sheet, (header, id_place, by_place, brand_place) in sheets:
        read.sheet = sheet.name
        for row in sheet.rows:
            if row.number > header:
                given = {
                    "row": row.number,
                    "number": compact(_text(row, id_place)),
                    "contributor": _text(row, by_place),
                }
                _take_entry(read, given | {"brand": _text(row, brand_place)}, scheme, seen)
    return read if read.rows else read.refuse("list-empty")


def _factories(layout: Layout, table: Table, brands: int | None, brand: str) -> Iterator[dict[str, Any]]:
    rows = {row.number: row for row in layout.sheet.rows}
    number = _column(layout, NUMBER - _fields(layout))
    columns = ("site_legal_name", "address_line", "city", "country")
    for index, name, address, city, country in table.zip(*columns):
        row = rows[table.rows[index]]
        known = str(country or "")
        is_code = len(known) == 2
        found = "" if is_code else known or (table.as_found("country", index) if index in _unread(table) else "")
        yield {
            "row": row.number,
            "brand": _text(row, brands) or brand,
            "name": _plain(name),
            "address": _plain(address),
            "city": _plain(city),
            "country": known if is_code else "",
            "number": _text(row, number),
            "found": found,
        }


def _unread(table: Table) -> set[int]:
    return table.unread.get("country", set())


def _take(read: ListRead, given: dict[str, Any], seen: dict[tuple[str, ...], int]) -> None:
    row, unknown = given["row"], given.pop("found")
    if not given["name"]:
        return read.tell("no-name", row)
    if not given["brand"]:
        return read.tell("no-brand", row)
    if not (given["address"] or given["city"] or given["country"]):
        return read.tell("no-place", row)
    if unknown:
        read.tell("country-unknown", row, found=unknown[:60])
    return _keep(read, given, ("brand", "name", "address", "city", "country", "number"), seen)


def _take_entry(read: ListRead, given: dict[str, Any], scheme: str, seen: dict[tuple[str, ...], int]) -> None:
    row, number = given["row"], given["number"]
    if not number:
        return read.tell("no-id", row)
    if not _TESTS.get(scheme, bool)(number):
        return read.tell("wrong-id", row, found=number[:30])
    if not given["contributor"]:
        return read.tell("no-contributor", row)
    if not given["brand"]:
        read.tell("brand-missing", row)
    return _keep(read, given, ("number", "contributor", "brand"), seen)


def _keep(read: ListRead, given: dict[str, Any], names: Sequence[str], seen: dict[tuple[str, ...], int]) -> None:
    cut = {name: given[name][: LENGTHS.get(name, 200)] for name in names}
    if any(cut[name] != given[name] for name in names):
        read.tell("shortened", given["row"])
    words = tuple("".join(cut[name].split()).casefold() for name in names)
    if words in seen:
        return read.tell("twice", given["row"], first=seen[words])
    seen[words] = given["row"]
    read.rows.append({"row": given["row"], **cut})
    return None


def _entry_columns(sheet: Sheet, scheme: str) -> tuple[int, int, int, int | None] | None:
    """The row of column names and the places of id, contributor and brand; None where a sheet has no such row."""
    ids = ID_NAMES.get(scheme, frozenset({header_key(scheme), header_key(f"{scheme} id")}))
    for row in sheet.rows[:HEADER_ROWS]:
        keys = Counter({header_key(str(cell)): at for at, cell in enumerate(row.cells) if isinstance(cell, str)})
        id_place = next((keys[key] for key in keys if key in ids), None)
        by_place = next((keys[key] for key in keys if key in CONTRIBUTOR), None)
        if id_place is not None and by_place is not None:
            return row.number, id_place, by_place, next((keys[key] for key in keys if key in BRAND), None)
    return None


def _column(layout: Layout, keys: frozenset[str]) -> int | None:
    """The first column of one of these names."""
    return next((at for at, text in layout.headers.items() if header_key(text) in keys), None)


def _fields(layout: Layout) -> frozenset[str]:
    """The names of the columns from which fields of a site are read."""
    return frozenset(header_key(layout.headers.get(place, "")) for place in layout.mapping.values())


def _names(book: Book) -> str:
    likely = likely_header(book)
    names = [name for name in likely.headers.values() if name] if likely is not None else []
    return ", ".join(name[:40] for name in names[:MOST_NAMED]) or "–"


def _text(row: Row, place: int | None) -> str:
    return _plain(row.cells[place]) if place is not None and place < len(row.cells) else ""


def _plain(cell: Cell | Any) -> str:
    return "" if cell is None or isinstance(cell, bool) else " ".join(clean(str(cell)).text.split())
