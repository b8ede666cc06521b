"""What a supplier changed in a marked copy of its file: cells from what to what, rows and sheets that came or went.

Works on cells alone, in child processes: the version that the copy was made from is read in one, and its texts are
compared with those of the copy in another. Neither is understood here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from framework.disclosure.our_marks import without_our_marks
from framework.disclosure.overlay import corrected, of_cells
from framework.disclosure.table import letter
from framework.ground.sheets.cells import Book, Cell, Sheet

MOST_SHOWN = 200
_LONGEST = 200
_MOST_PAIRS = 4_000_000
_ALIKE = 0.5
Line = tuple[int, tuple[str, ...]]
"""The number of a row and the texts of its cells."""


def texts_task(book: Book, arguments: Mapping[str, Any]) -> list[list[Any]]:
    """The sheets of a version as its marked copy had them: name and rows, each with its number and texts.

    `arguments` hold the `corrections` that were laid over its cells.
    """
    plain = corrected(without_our_marks(book), of_cells(arguments["corrections"]))
    return [[sheet.name, [[number, list(texts)] for number, texts in _lines(sheet)]] for sheet in plain.sheets]


def changes_task(book: Book, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What differs in the copy from `before`, as `texts_task` gave it.

    `cells`: sheet, cell, from, to. `added`, `removed`: sheet and row, counted in the file that has it. `sheets_added`,
    `sheets_removed`: names. Of each at most `MOST_SHOWN`, and under `total` how many there are. `too_long`: sheets too
    long to tell rows that were put in from rows that changed.
    """
    before = {name: [(number, tuple(texts)) for number, texts in rows] for name, rows in arguments["before"]}
    after = {sheet.name: list(_lines(sheet)) for sheet in without_our_marks(book).sheets}
    found: dict[str, list[list[Any]]] = {name: [] for name in ("cells", "added", "removed")}
    too_long: list[str] = []
    for name in (name for name in after if name in before):
        pairs = _pairs(before[name], after[name])
        if pairs is None:
            too_long.append(name)
        for old, new in pairs or ():
            _compare(name, old, new, found)
    found["sheets_added"] = [[name] for name in after if name not in before]
    found["sheets_removed"] = [[name] for name in before if name not in after]
    shown: dict[str, Any] = {name: rows[:MOST_SHOWN] for name, rows in found.items()}
    return shown | {"total": {name: len(rows) for name, rows in found.items()}, "too_long": too_long}


def _compare(sheet: str, old: Line | None, new: Line | None, found: dict[str, list[list[Any]]]) -> None:
    if old is None and new is not None:
        found["added"].append([sheet, new[0]])
    elif new is None and old is not None:
        found["removed"].append([sheet, old[0]])
    elif old is not None and new is not None:
        for place in range(max(len(old[1]), len(new[1]))):
            one, other = _at(old[1], place), _at(new[1], place)
            if one != other:
                found["cells"].append([sheet, f"{letter(place)}{new[0]}", one[:_LONGEST], other[:_LONGEST]])


def _pairs(before: Sequence[Line], after: Sequence[Line]) -> list[tuple[Line | None, Line | None]] | None:
    """Which rows that differ belong together; None for a row that came or went. None in all where that costs too much."""
    begin = 0
    while begin < min(len(before), len(after)) and before[begin][1] == after[begin][1]:
        begin += 1
    end = 0
    while end < min(len(before), len(after)) - begin and before[-1 - end][1] == after[-1 - end][1]:
        end += 1
    old, new = before[begin : len(before) - end], after[begin : len(after) - end]
    if [number for number, _texts in old] == [number for number, _texts in new]:
        alike = sum(_likeness(one[1], other[1]) >= _ALIKE for one, other in zip(old, new, strict=True))
        if alike * 2 >= len(old):
            return [couple for couple in zip(old, new, strict=True) if couple[0][1] != couple[1][1]]
    if len(old) * len(new) > _MOST_PAIRS:
        return None
    found: list[tuple[Line | None, Line | None]] = []
    matcher = SequenceMatcher(None, [texts for _n, texts in old], [texts for _n, texts in new], autojunk=False)
    for what, low, high, first, last in matcher.get_opcodes():
        if what != "equal":
            found += _matched(old[low:high], new[first:last])
    return found


def _matched(old: Sequence[Line], new: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """Rows of a stretch that differs, in their order: those that are much alike belong together."""
    begin = 0
    for one in old:
        place = next((n for n in range(begin, len(new)) if _likeness(one[1], new[n][1]) >= _ALIKE), None)
        if place is None:
            yield one, None
            continue
        yield from ((None, other) for other in new[begin:place])
        yield one, new[place]
        begin = place + 1
    yield from ((None, other) for other in new[begin:])


def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The share of filled cells that say the same in the same column."""
    filled = max(sum(map(bool, one)), sum(map(bool, other)))
    same = sum(bool(text) and text == another for text, another in zip(one, other, strict=False))
    return same / filled if filled else 1.0


def _lines(sheet: Sheet) -> Iterator[Line]:
    return ((row.number, texts) for row in sheet.rows if any(texts := _texts(row.cells)))


def _texts(cells: Iterable[Cell]) -> tuple[str, ...]:
    texts = [_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _text(cell: Cell) -> str:
    """A cell as a person would type it; whole numbers without their point, days without their hour."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)


def _at(texts: tuple[str, ...], place: int) -> str:
    return texts[place] if place < len(texts) else ""
