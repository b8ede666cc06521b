"""Rows that are sums of other rows: known by their words, or as figures without a word that add up what stands above. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from framework.demand import vocabulary

Read = Callable[[Any, int], Decimal | None]


def rows_of(data: list[tuple[int, list[Any]]], columns: Iterable[int], read: Read) -> list[int]:
    """The numbers of the rows that are sums. `columns` hold quantities or money; `read` gives a cell's figure by its column."""
    places = list(columns)
    found: list[int] = []
    block: list[list[Any]] = []
    worded = True
    for number, cells in data:
        has_words = _has_words(cells, places)
        may_add_up = worded and not has_words and len(block) > 1
        if _says_so(cells, places) or (may_add_up and _adds_up(cells, block, places, read)):
            found.append(number)
            block, worded = [], True
        else:
            block.append(cells)
            worded = worded and has_words
    return found


def _says_so(cells: list[Any], places: list[int]) -> bool:
    """Whether the first text of a row, or the second before its figures, is a word for a sum, or begins or ends with one."""
    texts = [(i, c) for i, c in enumerate(cells) if isinstance(c, str) and c and i not in places]
    before = min(places, default=0)
    return any(vocabulary.is_total(text) for n, (i, text) in enumerate(texts[:2]) if n == 0 or i < before)


def _adds_up(cells: list[Any], block: list[list[Any]], places: list[int], read: Read) -> bool:
    """Whether a row repeats the sums of those above it; asked of rows without a word below two rows or more that have some."""
    sums = [(figure, _sum(block, place, read)) for place in places if (figure := _at(cells, place, read)) is not None]
    return bool(sums) and all(figure == total for figure, total in sums) and any(figure for figure, _total in sums)


def _has_words(cells: list[Any], places: list[int]) -> bool:
    return any(isinstance(c, str) and any(s.isalpha() for s in c) for i, c in enumerate(cells) if i not in places)


def _sum(block: list[list[Any]], place: int, read: Read) -> Decimal:
    return sum((figure for row in block if (figure := _at(row, place, read)) is not None), Decimal(0))


def _at(cells: list[Any], place: int, read: Read) -> Decimal | None:
    return read(cells[place], place) if place < len(cells) else None
