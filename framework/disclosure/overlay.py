"""Lay a supplier's corrections over the cells of its file, before anything is understood; the file itself stays as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from framework.disclosure.table import place_of
from framework.ground.sheets.cells import Book, Cell, Row, Sheet, SheetFacts

Corrections = Sequence[Sequence[Any]]
"""Sheet as the file names it (its first 100 characters), row, letters of the column, text; and True where the text only
says what the column below that header means: then the header stays what it is for whoever looks at it."""
_NAME = 100


def corrected(book: Book, corrections: Corrections) -> Book:
    """The book with these texts in place of its cells; what the walk found at those places no longer holds."""
    by_sheet: dict[str, dict[int, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    headers: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for sheet, row, column, text, *is_header in corrections:
        by_sheet[sheet][row][place_of(column)] = text
        if any(is_header):
            headers[sheet].add((row, place_of(column)))
    if not by_sheet:
        return book
    names = [sheet.name[:_NAME] for sheet in book.sheets]
    couples = zip(book.sheets, names, strict=True)
    sheets = [_sheet(sheet, by_sheet.get(name, {}), headers.get(name, set())) for sheet, name in couples]
    return replace(book, sheets=sheets)


def of_cells(corrections: Corrections) -> Corrections:
    """The corrections that belong into the file: those of cells, without what was said of columns."""
    return [one for one in corrections if not any(one[4:])]


def _sheet(sheet: Sheet, texts: dict[int, dict[int, str]], headers: set[tuple[int, int]]) -> Sheet:
    if not texts:
        return sheet
    cells = {row.number: row.cells for row in sheet.rows if headers and row.number in texts}
    originals = {(row, place): _text(cells.get(row, ()), place) for row, place in headers}
    rows = [_row(row, texts[row.number]) if row.number in texts else row for row in sheet.rows]
    known = {row.number for row in sheet.rows}
    rows += [_row(Row(number, ()), cells) for number, cells in texts.items() if number not in known]
    rows.sort(key=lambda row: row.number)
    places = {(row, column + 1) for row, cells in texts.items() for column in cells}
    return replace(sheet, rows=rows, facts=_facts(sheet.facts, places), originals=originals)


def _text(cells: tuple[Cell, ...], place: int) -> str:
    cell = cells[place] if place < len(cells) else None
    return "" if cell is None else str(cell)


def _row(row: Row, texts: dict[int, str]) -> Row:
    cells: list[Cell] = [*row.cells, *[None] * (max(texts) + 1 - len(row.cells))]
    for place, text in texts.items():
        cells[place] = text
    return Row(row.number, tuple(cells))


def _facts(facts: SheetFacts, places: set[tuple[int, int]]) -> SheetFacts:
    """The facts without what was said of these places."""
    changed: dict[str, Any] = {}
    for one in fields(facts):
        value = getattr(facts, one.name)
        if isinstance(value, dict):
            changed[one.name] = {place: said for place, said in value.items() if place not in places}
        elif one.name in ("formulas_without_result", "bad_string_index", "linked_formulas"):
            changed[one.name] = [place for place in value if tuple(place) not in places]
        elif isinstance(value, set):
            changed[one.name] = value - places
    return replace(facts, **changed)
