"""Read an OMTS graph import: organisations, facilities as sites, who supplies whom; never the sheet of persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.foreign.layouts import cells_of
from framework.disclosure.identifiers import is_gln
from framework.disclosure.table import letter
from framework.ground.codelists import country_code
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book, Cell, Sheet

NAME = "OMTS graph"
ORGANISATIONS, FACILITIES, RELATIONS = "organisations", "facilities", "relations"
_SHEETS = ("Metadata", "Organizations", "Facilities", "Supply Relationships")
_HEADER_ROWS = 10
_FIELDS = {
    "Organizations": {
        "id": "organisation_id",
        "name": "organisation_name",
        "jurisdiction": "country",
        "lei": "lei",
        "duns": "duns",
    },
    "Facilities": {
        "id": "site_ref",
        "name": "site_legal_name",
        "operator_id": "operator_id",
        "address": "address_line",
        "latitude": "latitude",
        "longitude": "longitude",
        "gln": "gln",
    },
    "Supply Relationships": {
        **dict.fromkeys(("type", "relationship_type", "edge_type"), "kind"),
        **dict.fromkeys(("from", "from_id", "source", "source_id", "supplier_id"), "from_id"),
        **dict.fromkeys(("to", "to_id", "target", "target_id", "buyer_id"), "to_id"),
    },
}
_NEEDED = {"Organizations": {"id", "name"}, "Facilities": {"id", "name"}, "Supply Relationships": set[str]()}
_TARGETS = {"Organizations": ORGANISATIONS, "Facilities": FACILITIES, "Supply Relationships": RELATIONS}
_KINDS = frozenset({"operates", "produces", "supplies"})
Record = dict[str, Any]


@dataclass(slots=True)
class Graph:
    """What the file says: by our name of a table its sheet, its records and the rows that were left out."""

    tables: dict[str, tuple[Sheet, list[Record], list[int]]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def is_omts_graph(book: Book) -> bool:
    """Whether the book has the sheets of a graph import."""
    return all(book.sheet(name) for name in _SHEETS)


def read_omts_graph(book: Book) -> Graph:
    """Organisations, facilities and relations; a reference that names no row is told (D11)."""
    graph = Graph()
    for title, target in _TARGETS.items():
        sheet = book.sheet(title)
        if sheet is not None:
            _read(graph, sheet, title, target)
    names = {
        r["values"].get("organisation_id"): r["values"].get("organisation_name") for r in _of(graph, ORGANISATIONS)
    }
    _facilities(graph, names)
    _relations(graph, names)
    return graph


def _read(graph: Graph, sheet: Sheet, title: str, target: str) -> None:
    cells, fields = cells_of(sheet), _FIELDS[title]
    header, places = _header(cells, fields, _NEEDED[title])
    if not places:
        return
    records: list[Record] = []
    left = [row.number for row in sheet.rows if row.number <= header]
    for row in (row for row in sheet.rows if row.number > header):
        given = {name: _plain(cells.get((row.number, place))) for name, place in places.items()}
        values = {name: text for name, text in given.items() if text}
        if values:
            records.append({"row": row.number, "values": values, "found": {}})
            _country(graph, sheet, records[-1], places)
        else:
            left.append(row.number)
    graph.tables[target] = (sheet, records, left)


def _header(
    cells: Mapping[tuple[int, int], Cell], fields: Mapping[str, str], needed: set[str]
) -> tuple[int, dict[str, int]]:
    """The row of names among the first rows, and the place of each field we read; nothing where it is not there."""
    for number in range(1, _HEADER_ROWS + 1):
        names = {str(v).strip().casefold(): place for (row, place), v in cells.items() if row == number}
        known = {fields[name]: place for name, place in names.items() if name in fields}
        if needed <= set(names) and len(known) >= 2:
            return number, known
    return 0, {}


def _country(graph: Graph, sheet: Sheet, one: Record, places: Mapping[str, int]) -> None:
    text = one["values"].get("country", "")
    match = country_code(text) if text else None
    if match is None or match.code == text:
        return
    one["found"]["country"] = text
    one["values"].pop("country")
    if match.code:
        one["values"]["country"] = match.code
    else:
        cell, column = f"{letter(places['country'])}{one['row']}", letter(places["country"])
        given: dict[str, Any] = {"cell": cell, "nearest": ", ".join(match.proposals)}
        issue = make(
            "value-not-allowed", "country", sheet=sheet.name, row=one["row"], column=column, value=text, **given
        )
        graph.issues.append(issue)


def _facilities(graph: Graph, names: Mapping[str | None, str | None]) -> None:
    """A facility belongs to who operates it; an id that fails its check is told and not used (D35)."""
    for one in _of(graph, FACILITIES):
        given = one["values"]
        operator, number = given.pop("operator_id", ""), given.pop("gln", "")
        _reference(graph, FACILITIES, one, operator, names)
        if names.get(operator):
            given["parent_company"] = names[operator]
        if number and is_gln(number):
            given["other_registry_id"] = f"gln:{number}"
        elif number:
            _tell(graph, FACILITIES, "registry-form", one, number, registry="GLN")


def _relations(graph: Graph, names: Mapping[str | None, str | None]) -> None:
    """Who supplies whom becomes the parent of an organisation; other relations are kept as they are."""
    known = {one["values"].get("site_ref"): one["values"].get("site_legal_name") for one in _of(graph, FACILITIES)}
    organisations = {one["values"].get("organisation_id"): one["values"] for one in _of(graph, ORGANISATIONS)}
    for one in _of(graph, RELATIONS):
        given = one["values"]
        given["kind"] = given.get("kind", "").casefold()
        for end in ("from_id", "to_id"):
            _reference(graph, RELATIONS, one, given.get(end, ""), {**names, **known})
        supplier = organisations.get(given.get("from_id"))
        if given["kind"] == "supplies" and supplier is not None and names.get(given.get("to_id")):
            supplier.setdefault("parent", names[given["to_id"]])
        given["is_read"] = given["kind"] in _KINDS


def _reference(graph: Graph, target: str, one: Record, key: str, names: Mapping[str | None, str | None]) -> None:
    if key and key not in names:
        _tell(graph, target, "ref-unknown", one, key, target="Organizations")


def _tell(graph: Graph, of: str, code: str, one: Record, value: str, **params: Any) -> None:
    sheet = graph.tables[of][0]
    graph.issues.append(make(code, sheet=sheet.name, row=one["row"], value=value, **params))


def _of(graph: Graph, target: str) -> Iterator[Record]:
    return iter(graph.tables[target][1]) if target in graph.tables else iter(())


def _plain(value: Cell) -> Any:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split()) if value is not None else ""
