"""One sheet as understood: values by column, each row with its own sheet row number, and every row accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, overload

from framework.disclosure.columns import Column
from framework.disclosure.read_cell import Trouble, Value
from framework.disclosure.read_column import ColumnRead, read_column
from framework.disclosure.row_text import found_as_text, plain, values_as_text
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Cell, Row, Sheet
from framework.ground.sheets.lines import Written
from framework.ground.sheets.progress import along

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A row with values that was not stored; `reason` is a catalogue code (with its cause, if any)."""

    row: int
    reason: str


@dataclass(slots=True)
class Table:
    """A sheet as read. `columns` hold values row by row; `found` and `unread` go by column, then by index of the row.

    `headers` and `letters` say where a column stands in the file: its name as found there, and its letter.
    """

    sheet: str
    title: str
    rows: list[int] = field(default_factory=list)
    columns: dict[str, list[Value]] = field(default_factory=dict)
    found: dict[str, dict[int, str]] = field(default_factory=dict)
    unread: dict[str, set[int]] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, list[tuple[int, Trouble, str]]] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)
    rows_in: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, column: str) -> list[Any]:
        """The values of a column; all None where the column is absent."""
        return self.columns.get(column) or [None] * len(self.rows)

    def zip(self, *names: str) -> Iterable[tuple[Any, ...]]:
        """Rows of the named columns, the index of the row first."""
        return zip(range(len(self.rows)), *(self.get(name) for name in names), strict=True)

    def has(self, column: str) -> bool:
        """Whether the file has this column."""
        return column in self.columns

    def place(self, column: str, index: int) -> dict[str, Any]:
        """Where a value stands in the file: sheet, row, name of the column as found, and the cell where there is one."""
        row, letters = self.rows[index], self.letters.get(column)
        place = {"sheet": self.title, "row": row, "column": self.headers.get(column, column)}
        return place | {"cell": f"{letters}{row}"} if letters else place

    def as_found(self, column: str, index: int) -> str:
        """The cell as the person wrote it."""
        kept = self.found.get(column, {}).get(index)
        return kept if kept is not None else written(self.get(column)[index])

    def leave_out(self, reasons: Mapping[int, str]) -> None:
        """Move the rows of these indices to the rows listed, each with its reason."""
        if not reasons:
            return
        self.listed += [Listed(self.rows[index], reason) for index, reason in sorted(reasons.items())]
        kept = [index for index in range(len(self.rows)) if index not in reasons]
        place = {old: new for new, old in enumerate(kept)}
        self.rows = [self.rows[index] for index in kept]
        self.columns = {name: [values[index] for index in kept] for name, values in self.columns.items()}
        self.found = {n: {place[i]: v for i, v in f.items() if i in place} for n, f in self.found.items()}
        self.unread = {name: {place[i] for i in indices if i in place} for name, indices in self.unread.items()}
        self.troubles = {n: [(place[i], t, v) for i, t, v in kept if i in place] for n, kept in self.troubles.items()}

    def records(self) -> list[dict[str, Any]]:
        """The rows as they are stored, all at once: see `Stored`."""
        return list(Stored(self))


class Stored(Sequence[dict[str, Any]]):
    """The rows of tables as they are stored: sheet row number, given values in a form that survives JSON, cells as found.

    They are made while they are gone through, some thousand at a time: nobody holds those of a long list.
    """

    def __init__(self, *tables: Table) -> None:
        self.tables = list(tables)

    def __len__(self) -> int:
        return sum(map(len, self.tables))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for table in self.tables:
            for start in range(0, len(table), _AT_ONCE):
                yield from _records(table, start, start + _AT_ONCE)

    def written(self) -> Iterator[Written]:
        """The same rows as JSON texts, without being records first."""
        for table in self.tables:
            for start in range(0, len(table), _AT_ONCE):
                rows = range(start, min(start + _AT_ONCE, len(table)))
                values, found = values_as_text(table.columns, rows), found_as_text(table.found, rows)
                yield from map(Written, table.rows[start : rows.stop], values, found)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """For single looks: all of them are made."""
        return list(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none


def _records(table: Table, start: int, end: int) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [{"row": row, "values": {}, "found": {}} for row in table.rows[start:end]]
    for name, values in table.columns.items():
        for record, value in zip(records, values[start:end], strict=True):
            if value is not None:
                record["values"][name] = value if value.__class__ is str else plain(value)
    for name, found in table.found.items():
        if found:
            for index, record in enumerate(records, start=start):
                if index in found:
                    record["found"][name] = found[index]
    return records


def written(value: Any) -> str:
    """A value as it would be typed into a cell: lists with bars, yes and no, ISO dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "|".join(map(written, value)) if isinstance(value, list) else str(plain(value))


def build(
    sheet: Sheet,
    name: str,
    rows: list[Row],
    mapping: Mapping[str, tuple[int, Column]],
    *,
    headers: Mapping[int, str] | None = None,
    date1904: bool = False,
) -> Table:
    """Read the mapped columns of `rows`; `mapping` gives the index of the column (0 is A) and what it holds.

    `headers` are the names of the columns as found, by index.
    """
    table = Table(name, sheet.name, rows=[row.number for row in rows], rows_in=len(rows))
    rows_of_cells = [row.cells for row in rows]
    broken = broken_cells(sheet)
    index_of = {row.number: index for index, row in enumerate(rows)} if broken or sheet.facts.percent_cells else {}
    for column_name, (place, column) in along(mapping.items(), len(mapping)):
        special = {index_of[r]: why for (r, c), why in broken.items() if c == place + 1 and r in index_of}
        percent = {index_of[r] for r, c in sheet.facts.percent_cells if c == place + 1 and r in index_of}
        read = read_column(
            _cells_at(place, rows_of_cells),
            column,
            special=special,
            percent=frozenset(percent) if column.type == "percent" else frozenset(),
            date1904=date1904,
        )
        _take(table, column_name, read)
        table.letters[column_name] = letter(place)
        table.headers[column_name] = (headers or {}).get(place, column_name)
    return table


def _cells_at(place: int, rows: Sequence[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """One column; rows end with their last value, so that one of the last columns may be missing in some."""
    try:
        return tuple(map(itemgetter(place), rows))
    except IndexError:
        return tuple([cells[place] if place < len(cells) else None for cells in rows])


def letter(place: int) -> str:
    """The letter of a column; 0 is A."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def place_of(letters: str) -> int:
    """The place of a column by its letters; A is 0."""
    number = 0
    for sign in letters:
        number = number * 26 + ord(sign) - 64
    return number - 1


def _take(table: Table, name: str, read: ColumnRead) -> None:
    table.columns[name] = read.values
    table.found[name] = read.found
    table.unread[name] = read.unread
    table.troubles[name] = read.troubles
