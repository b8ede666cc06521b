"""Books and refusals as JSON values and back: the only form in which anything leaves the child process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from framework.ground import text as texts
from framework.ground.sheets.cells import Book, Cell, Refusal, Row, Sheet, SheetFacts

_BY_PLACE = frozenset({"error_cells", "bad_number", "bad_dates", "bad_characters"})
_PLACES = frozenset({"formulas_without_result", "bad_string_index", "linked_formulas", "merged"})


_FROM_TEXT: dict[str, Callable[[str], Cell]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
}


def book_as_json(book: Book, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """The whole book. Also the task by which `read_book` gets its answer; `arguments` is not used."""
    return {
        "kind": book.kind,
        "date1904": book.date1904,
        "encoding": book.encoding,
        "separator": book.separator,
        "notices": book.notices,
        "sheets": [_sheet_as_json(sheet) for sheet in book.sheets],
    }


def book_from_json(value: dict[str, Any]) -> Book:
    """The inverse of `book_as_json`."""
    return Book(
        kind=value["kind"],
        sheets=[_sheet_from_json(sheet) for sheet in value["sheets"]],
        date1904=value["date1904"],
        encoding=value["encoding"],
        separator=value["separator"],
        notices=[(key, params) for key, params in value["notices"]],
    )


def refusal_as_json(refusal: Refusal) -> dict[str, Any]:
    """A refusal as plain values."""
    return {"key": refusal.key, "detail": refusal.detail, "params": refusal.params, "lane": refusal.lane}


def refusal_from_json(value: dict[str, Any]) -> Refusal:
    """The inverse of `refusal_as_json`."""
    return Refusal(value["key"], value["detail"], value["params"], value["lane"])


def as_text(value: object) -> dict[str, str]:
    """For `json.dumps(default=...)`: dates and times, told apart by their kind."""
    if isinstance(value, dt.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, dt.time):
        return {"time": value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not a plain value")


def may_need_escapes(written: bytes) -> bool:
    """Whether JSON in ASCII may hold a text that `storable` changes; most do not, and walking through them costs time."""
    return b"\\u0000" in written or b"\\ud" in written


def storable(value: Any) -> Any:
    """The same plain value with every text as any database holds it: see `text.storable`."""
    if isinstance(value, str):
        return texts.storable(value)
    if isinstance(value, list):
        return [storable(one) for one in value]
    if isinstance(value, dict):
        return {texts.storable(name): storable(one) for name, one in value.items()}
    return value


def _cell(value: Any) -> Cell:
    if type(value) is not dict:
        return value  # type: ignore[no-any-return]  # JSON values are cells as they are
    kind, text = next(iter(value.items()))
    return _FROM_TEXT[kind](text)


def _sheet_as_json(sheet: Sheet) -> dict[str, Any]:
    rows = [[row.number, *row.cells] for row in sheet.rows]
    return {"name": sheet.name, "visible": sheet.visible, "rows": rows, "facts": facts_as_json(sheet.facts)}


def _sheet_from_json(value: dict[str, Any]) -> Sheet:
    rows = [
        Row(row[0], tuple([cell if type(cell) is not dict else _cell(cell) for cell in row[1:]]))
        for row in value["rows"]
    ]
    return Sheet(value["name"], rows, facts_from_json(value["facts"]), value["visible"])


def facts_as_json(facts: SheetFacts) -> dict[str, Any]:
    """Facts as plain values: places become lists."""
    return {item.name: _plain(getattr(facts, item.name)) for item in fields(facts)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [[row, column, text] for (row, column), text in value.items()]
    return sorted(value) if isinstance(value, set) else value


def facts_from_json(value: dict[str, Any]) -> SheetFacts:
    """The inverse of `facts_as_json`."""
    return SheetFacts(**{name: _fact(name, found) for name, found in value.items()})


def _fact(name: str, value: Any) -> Any:
    if name in _BY_PLACE:
        return {(row, column): text for row, column, text in value}
    if name == "percent_cells":
        return {(row, column) for row, column in value}
    return [tuple(entry) for entry in value] if name in _PLACES else value
