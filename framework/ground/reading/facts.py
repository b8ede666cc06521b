"""Turn what the walk over a file saw into issues: broken cells, formulas, hidden and merged places, notes, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from framework.ground.issue_catalogue import catalogue, make
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book, Sheet
from framework.ground.sheets.tally import column_letters

_MANY = 50


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a cell holds no usable value: the catalogue's code and cause, and what stood there where the cells do not tell."""

    code: str
    cause: str = ""
    found: str | None = None
    params: dict[str, object] = field(default_factory=dict)


def broken_cells(sheet: Sheet) -> dict[tuple[int, int], Broken]:
    """Cells that hold no usable value, by (row, column), both 1-based."""
    facts = sheet.facts
    return (
        {at: Broken("value-bad-character", params={"character": name}) for at, name in facts.bad_characters.items()}
        | {at: Broken("value-not-allowed", "no such date", text) for at, text in facts.bad_dates.items()}
        | dict.fromkeys(facts.formulas_without_result, Broken("formula", "no result"))
        | dict.fromkeys(facts.bad_string_index, Broken("value-not-in-file"))
        | {at: Broken("value-not-allowed", "not a number", text) for at, text in facts.bad_number.items()}
        | {at: Broken("cell-error", found=word) for at, word in facts.error_cells.items()}
    )


def book_issues(book: Book) -> list[Issue]:
    """The notices of the reading itself, such as a guessed encoding; keys the catalogue lacks are left to the log."""
    known = catalogue()
    return [_notice(key, params) for key, params in book.notices if (key, "") in known]


def sheet_issues(sheet: Sheet) -> list[Issue]:
    """What there is to tell about one sheet that was read."""
    facts, name = sheet.facts, sheet.name
    issues = [make("cells-merged", **_cell(name, area[0], area[1])) for area in facts.merged]
    if facts.hidden_rows or facts.hidden_columns:
        places = [*facts.hidden_rows[:_MANY], *map(column_letters, facts.hidden_columns[:_MANY])]
        issues.append(make("hidden-rows-read", sheet=name, value=", ".join(map(str, places))))
    if facts.coloured_columns:
        issues.append(make("colour-not-read", sheet=name, value=", ".join(map(column_letters, facts.coloured_columns))))
    if facts.filtered:
        issues.append(make("filter-ignored", sheet=name))
    counted = (
        ("formula", facts.formula_cells - len(facts.formulas_without_result)),
        ("notes-not-read", facts.notes),
        ("pictures-ignored", facts.pictures),
        ("empty-rows-ignored", facts.empty_rows),
    )
    issues += [make(code, sheet=name, count=count) for code, count in counted if count]
    issues += [make("formula", "link elsewhere", **_cell(name, *place)) for place in facts.linked_formulas]
    issues += [make("row-too-short", sheet=name, row=row) for row in facts.short_rows]
    issues += [make("row-too-long", sheet=name, row=row) for row in facts.long_rows]
    return issues


def _cell(sheet: str, row: int, column: int) -> dict[str, Any]:
    return {"sheet": sheet, "row": row, "cell": f"{column_letters(column)}{row}"}


SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""Separators that have a sentence of their own in the catalogue; another one is shown as it stands."""


def _notice(key: str, params: dict[str, object]) -> Issue:
    """A notice of the reader at its sheet and row, if it names them."""
    row = params.get("row")
    cause = SIGNS.get(str(params.get("separator", "")), "")
    place = make(key, cause, sheet=str(params.get("sheet", "")), row=row if isinstance(row, int) else None)
    return replace(place, params=dict(params))
