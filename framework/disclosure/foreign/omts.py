"""Read an OMTS supplier list: organisations, where they are registered, and whom they supply; never the sender's secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.foreign.layouts import at, cells_of
from framework.disclosure.table import letter, place_of
from framework.ground.codelists import country_code
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book, Sheet

NAME = "OMTS supplier list"
_HEADER, _FIRST = 4, 5
_READ = {"organisation_name": "A", "organisation_id": "B", "country": "C", "tier": "D", "parent": "E", "lei": "L"}
_SECRET = ("annual_value", "risk_tier", "kraljic_quadrant", "approval_status")


@dataclass(slots=True)
class SupplierList:
    """What the list says: `organisations` one record for each row; `entity` the organisation that reports, as written."""

    sheet: Sheet
    entity: str
    organisations: list[dict[str, Any]] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def recognise_omts(book: Book) -> Sheet | None:
    """The sheet of the list, or None where the book is no such list."""
    sheet = book.sheet("Supplier List")
    cells = cells_of(sheet, down_to=_HEADER) if sheet else {}
    begins = [str(cells.get((_HEADER, place), "")).strip().casefold() for place in range(4)]
    title = str(cells.get(at("A1"), "")).strip().casefold()
    ours = title == "reporting entity" and begins == ["supplier_name", "supplier_id", "jurisdiction", "tier"]
    return sheet if ours else None


def read_omts(sheet: Sheet) -> SupplierList:
    """Every row below the header; a blank parent is the reporting entity, a parent that names no row is told (D11)."""
    cells = cells_of(sheet)
    found = SupplierList(sheet, str(cells.get(at("B1"), "")).strip())
    _secrets(found, cells)
    for row in (row for row in sheet.rows if row.number >= _FIRST):
        values = {name: cells.get((row.number, place_of(column))) for name, column in _READ.items()}
        given = {name: " ".join(str(value).split()) for name, value in values.items() if value is not None}
        if given:
            found.organisations.append({"row": row.number, "values": given, "found": {}})
        else:
            found.listed.append(row.number)
    _understand(found)
    return found


def _understand(found: SupplierList) -> None:
    names = {record["values"].get("organisation_name", "").casefold() for record in found.organisations}
    for record in found.organisations:
        given, row = record["values"], record["row"]
        if "organisation_name" not in given:
            _tell(found, "value-missing", "", row, "organisation_name", "")
        given["tier"] = given.get("tier", "").removesuffix(".0")
        country = given.get("country", "")
        code = country_code(country).code if country else ""
        if code is None:
            _tell(found, "value-not-allowed", "country", row, "country", country)
            record["found"]["country"] = country
        elif code != country:
            record["found"]["country"] = country
        parent = given.setdefault("parent", found.entity)
        if parent != found.entity and parent.casefold() not in names:
            _tell(found, "ref-unknown", "", row, "parent", parent)
        given["country"] = code
        record["values"] = {name: value for name, value in given.items() if value}


def _secrets(found: SupplierList, cells: dict[tuple[int, int], Any]) -> None:
    headers = {str(v).strip().casefold(): place for (row, place), v in cells.items() if row == _HEADER}
    for name in _SECRET:
        if name in headers:
            place: dict[str, Any] = {"cell": f"{letter(headers[name])}{_HEADER}"}
            found.issues.append(make("column-secret", sheet=found.sheet.name, column=name, **place))


def _tell(found: SupplierList, code: str, cause: str, row: int, name: str, value: str) -> None:
    given: dict[str, Any] = {"cell": f"{_READ[name]}{row}", "target": found.sheet.name}
    found.issues.append(make(code, cause, sheet=found.sheet.name, row=row, column=_READ[name], value=value, **given))
