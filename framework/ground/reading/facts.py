"""Turn what the walk over a file saw into issues: broken cells, formulas, hidden and merged places, notes, pictures."""

from __future__ import annotations

from dataclasses import replace

from framework.ground.issue_catalogue import catalogue, make
from framework.ground.issues import Issue
from framework.ground.sheets.cells import Book, Sheet

_MANY = 50


def broken_cells(sheet: Sheet) -> dict[tuple[int, int], tuple[str, str]]:
    """Cells that hold no usable value, by (row, column), both 1-based: the catalogue's code and cause."""
    facts = sheet.facts
    return (
        dict.fromkeys(facts.bad_characters, ("value-bad-character", ""))
        | dict.fromkeys(facts.bad_dates, ("value-not-allowed", "no such date"))
        | dict.fromkeys(facts.formulas_without_result, ("formula", "no result"))
        | dict.fromkeys(facts.bad_string_index, ("value-not-in-file", ""))
        | dict.fromkeys(facts.bad_number, ("value-not-allowed", "not a number"))
        | dict.fromkeys(facts.error_cells, ("cell-error", ""))
    )


def book_issues(book: Book) -> list[Issue]:
    """The notices of the reading itself, such as a guessed encoding; keys the catalogue lacks are left to the log."""
    known = catalogue()
    return [_notice(key, params) for key, params in book.notices if (key, "") in known]


def sheet_issues(sheet: Sheet) -> list[Issue]:
    """What there is to tell about one sheet that was read."""
    facts, name = sheet.facts, sheet.name
    issues = [make("cells-merged", sheet=name, row=area[0]) for area in facts.merged]
    if facts.hidden_rows or facts.hidden_columns:
        places = [*facts.hidden_rows[:_MANY], *facts.hidden_columns[:_MANY]]
        issues.append(make("hidden-rows-read", sheet=name, value=", ".join(map(str, places))))
    if facts.filtered:
        issues.append(make("filter-ignored", sheet=name))
    counted = (
        ("formula", facts.formula_cells),
        ("notes-not-read", facts.notes),
        ("pictures-ignored", facts.pictures),
        ("empty-rows-ignored", facts.empty_rows),
    )
    issues += [make(code, sheet=name, count=count) for code, count in counted if count]
    issues += [make("formula", "link elsewhere", sheet=name, row=row) for row, _column in facts.linked_formulas]
    issues += [make("row-too-short", sheet=name, row=row) for row in facts.short_rows]
    issues += [make("row-too-long", sheet=name, row=row) for row in facts.long_rows]
    return issues


def _notice(key: str, params: dict[str, object]) -> Issue:
    """A notice of the reader at its sheet and row, if it names them."""
    row = params.get("row")
    place = make(key, sheet=str(params.get("sheet", "")), row=row if isinstance(row, int) else None)
    return replace(place, params=dict(params))
