"""Read one column of cells into values of its type: each distinct cell once, with what was found and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from framework.disclosure.columns import Column
from framework.disclosure.read_cell import IDS, Reader, Reading, Trouble, Value, shown
from framework.ground.reading.facts import Broken
from framework.ground.reading.texts import ERROR_WORDS, PLACEHOLDERS
from framework.ground.sheets.cells import Cell

COLUMN_CAUSES = frozenset({"decimal-sign-unclear", "day or month", "date-is-serial", "id-stored-as-number"})
_TEXTUAL = frozenset({"text", "key", "ref", "file", "file_or_text"})
_NOT_PLAIN = PLACEHOLDERS | {word.casefold() for word in ERROR_WORDS}
_SCIENTIFIC_LINE = re.compile(r"^\d(?:[.,]\d+)?E\+\d{1,3}$", re.I | re.M)
_LOOKED_AT_ONCE = 256
_LONGEST_CELL = 32_767


@dataclass(slots=True)
class ColumnRead:
    """A column as read: values row by row (None: not given), what was found where it differs, unread rows, troubles by row."""

    values: list[Value]
    found: dict[int, str] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    troubles: list[tuple[int, Trouble, str]] = field(default_factory=list)


def read_column(
    cells: Sequence[Cell],
    column: Column,
    *,
    special: dict[int, Broken] | None = None,
    percent: frozenset[int] = frozenset(),
    date1904: bool = False,
) -> ColumnRead:
    """Read `cells` as `column`. `special`: cells the walk found broken, by index; `percent`: cells in a percent style."""
    kinds = set(map(type, cells))
    if not special and kinds <= {type(None)}:
        return ColumnRead(values=[None] * len(cells))
    distinct = list(dict.fromkeys(cells))
    if special or percent or bool in kinds:
        return _read_each(cells, Reader(column, distinct, date1904=date1904), special or {}, percent)
    plain = _plain_texts([cell for cell in distinct if isinstance(cell, str)], column)
    if len(plain) == len(distinct) - (type(None) in kinds):  # as in most columns of texts: nothing is left to read
        return ColumnRead(values=[*cells])  # type: ignore[list-item]  # they are texts
    return _read_distinct(cells, distinct, plain, Reader(column, distinct, date1904=date1904))


def _read_distinct(
    cells: Sequence[Cell], distinct: list[Cell], values: dict[Cell, Value], reader: Reader
) -> ColumnRead:
    """Equal cells read alike: each distinct one is read once, in the order of the rows, unless `values` knows it."""
    noted: dict[Cell, Reading] = {}
    for cell in distinct:
        if cell in values:
            continue
        if cell is None or cell == "":
            values[cell] = None
        else:
            reading = reader.read(cell, cell)
            values[cell] = reading.value
            if reading.found is not None:
                noted[cell] = reading
    result = ColumnRead(values=list(map(values.__getitem__, cells)))
    if noted:
        for index, cell in enumerate(cells):
            if cell in noted:
                _note(result, index, noted[cell])
    return result


def _read_each(
    cells: Sequence[Cell], reader: Reader, special: dict[int, Broken], percent: frozenset[int]
) -> ColumnRead:
    """Where places matter or True is not 1, cells are told apart by kind and place too."""
    memory: dict[object, Reading] = {}
    result = ColumnRead(values=[None] * len(cells))
    for index, cell in enumerate(cells):
        if index in special:
            reading = _broken(special[index], cell)
        elif cell is None or cell == "":
            continue
        else:
            key = (cell.__class__, cell, index in percent)
            if key not in memory:
                memory[key] = reader.read(_out_of_hundred(cell) if index in percent else cell, cell)
            reading = memory[key]
        result.values[index] = reading.value
        if reading.found is not None:
            _note(result, index, reading)
    return result


def _broken(broken: Broken, cell: Cell) -> Reading:
    found = shown(cell) if broken.found is None else broken.found
    return Reading(found=found, troubles=(Trouble(broken.code, broken.cause, broken.params),), unread=True)


def _plain_texts(texts: list[str], column: Column) -> dict[Cell, Value]:
    """Of a text column's cells those that need no reading at all, each with itself.

    Most cells of large files are such, and many are looked at as one, which saves most of the time.
    """
    plain: dict[Cell, Value] = {}
    for at in range(0, len(texts) if column.type in _TEXTUAL else 0, _LOOKED_AT_ONCE):
        some = texts[at : at + _LOOKED_AT_ONCE]
        kept = some if _are_plain(some, column) else [text for text in some if _are_plain([text], column)]
        plain.update(zip(kept, kept, strict=True))
    return plain


def _are_plain(texts: list[str], column: Column) -> bool:
    """Whether reading would change none of these texts and tell nothing of them."""
    whole = "\n".join(texts)
    lines = f"\n{whole}\n"
    return (
        whole.isascii()
        and whole.count("\n") == len(texts) - 1
        and whole.replace("\n", "").isprintable()
        and "  " not in whole
        and "\n " not in lines
        and " \n" not in lines
        and "\n\n" not in lines
        and "_x" not in whole
        and max(map(len, texts)) <= (column.max_length or _LONGEST_CELL)
        and _NOT_PLAIN.isdisjoint(whole.casefold().split("\n"))
        and not (column.name in IDS and _SCIENTIFIC_LINE.search(whole))
    )


def _note(result: ColumnRead, index: int, reading: Reading) -> None:
    found = reading.found or ""
    result.found[index] = found
    if reading.unread:
        result.unread.add(index)
    for trouble in reading.troubles:
        result.troubles.append((index, trouble, found))


def _out_of_hundred(cell: Cell) -> Cell:
    return round(cell * 100, 10) if isinstance(cell, int | float) and not isinstance(cell, bool) else cell
