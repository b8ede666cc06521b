"""Rows of a table as JSON texts, made column by column.

Half a million cells pass here. To make a record of each row first, and then a text of it, takes three times as long.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

_BETWEEN = "\n"
"""Stands in no JSON of a single value: within texts it is escaped."""
_SINGLE = frozenset({str, int, float, bool, dt.date, type(None)})
_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
_encode_all = json.JSONEncoder(check_circular=False, separators=(_BETWEEN, ":"), default=dt.date.isoformat).encode


def values_as_text(columns: Mapping[str, Sequence[Any]], rows: range) -> Iterator[str]:
    """One JSON object for each of these rows: the values that are given, in the order of the columns."""
    parts: list[list[str | None]] = []
    full: list[tuple[str, list[str]]] = []
    for name, values in columns.items():
        cells = values[rows.start : rows.stop]
        if None not in cells:
            full.append((name, _texts(cells)))
            continue
        parts += [_side_by_side(full), _given(name, cells)]
        full = []
    return _objects(rows, [part for part in (*parts, _side_by_side(full)) if part])


def found_as_text(found: Mapping[str, Mapping[int, str]], rows: range) -> Iterator[str]:
    """One JSON object for each of these rows: the cells as found, where they differ from what was understood."""
    given = [(_mark(name), cells) for name, cells in found.items() if cells]
    return _objects(
        rows, [[mark + quoted(cells[row]) if row in cells else None for row in rows] for mark, cells in given]
    )


def plain(value: Any) -> Any:
    """Dates as ISO texts, also inside lists; everything else as it is."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return [plain(part) for part in value] if isinstance(value, list) else value


def _objects(rows: range, parts: Sequence[Sequence[str | None]]) -> Iterator[str]:
    if not parts:
        return ("{}" for _row in rows)
    return ("{" + ",".join(filter(None, cells)) + "}" for cells in zip(*parts, strict=True))


def _side_by_side(columns: Sequence[tuple[str, list[str]]]) -> list[str | None]:
    """The values of neighbouring columns that are given in every row, each behind its name; nothing without columns."""
    form = ",".join(_mark(name).replace("%", "%%") + "%s" for name, _cells in columns)
    return [form % cells for cells in zip(*(cells for _name, cells in columns), strict=True)]


def _given(name: str, values: Sequence[Any]) -> list[str | None]:
    """The values of a column behind its name, nothing where there is none."""
    if values.count(None) == len(values):
        return [None] * len(values)
    mark = _mark(name)
    return [None if text == "null" else mark + text for text in _texts(values)]


def _mark(name: str) -> str:
    return quoted(name) + ":"


def _texts(values: Sequence[Any]) -> list[str]:
    """Each value as JSON."""
    if _SINGLE.issuperset(map(type, values)):
        return _encode_all(values)[1:-1].split(_BETWEEN)
    return [_encode(plain(value)) for value in values]
