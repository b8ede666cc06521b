"""Write the issues of one file as a workbook of their own: where, what was found, what is wrong, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from framework.disclosure.file_links import SPREADSHEETS, ending_of, link_to, target_of
from framework.disclosure.workbook import WRITTEN_AT
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue, Severity
from framework.ground.text import N_, filled

SEVERITIES = {
    Severity.BLOCK: N_("Blocks"),
    Severity.ERROR: N_("Error"),
    Severity.WARNING: N_("Warning"),
    Severity.NOTE: N_("Note"),
}
_HEAD = (
    (N_("How grave"), 16),
    (N_("Sheet"), 20),
    (N_("Row"), 8),
    (N_("Column"), 26),
    (N_("Cell"), 8),
    (N_("Found"), 36),
    (N_("What is wrong"), 60),
    (N_("What to do"), 60),
    (N_("Code"), 30),
    (N_("Place"), 24),
)
NOTE_COLUMN = 6
_SHEET_COLUMN, _CELL_COLUMN = 1, 4
_ON_PAGE = (N_("On the page"), 16)
_TO_PAGE = N_("Open the remark")
_HINT = N_(
    "Sheet and cell are links into your file %(name)s. They work while this workbook lies in one folder with that file, under that name."
)
_SHEET = N_("Remarks")
_TITLE = N_("What we found in your file")
_COLOURS = {Severity.BLOCK: "#F6D7D2", Severity.ERROR: "#F6D7D2", Severity.WARNING: "#FCEFC7", Severity.NOTE: "#FFFFFF"}


def write_findings(
    target: str | Path | BinaryIO,
    issues: Iterable[Issue],
    *,
    language: str,
    gettext: Callable[[str], str],
    note: str = "",
    top: str = "",
    file_name: str = "",
    page: Callable[[Issue], str] | None = None,
) -> int:
    """Write every issue as one row to a path or binary file; returns how many. Found values are never translated.

    `note` is a sentence for the row below the last one, such as how many issues are not listed; `top` one above all,
    such as why the file itself was not marked up. With `file_name`, sheet and cell are links into the supplier's file;
    `page` gives the absolute address of a remark.
    """
    target_name = target_of(file_name)
    hint = gettext(_HINT) % {"name": re.split(r"[\\/]", file_name)[-1]} if target_name else ""
    tops = [text for text in (top, hint) if text] if top else []
    heads = (*_HEAD, _ON_PAGE) if page else _HEAD
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(target if hasattr(target, "write") else str(target), options)
    book.set_properties({"title": gettext(_TITLE), "created": WRITTEN_AT, "comments": language})
    head = book.add_format({"bold": True, "bg_color": "#E4EEF0", "bottom": 1})
    looks = {
        grave: book.add_format({"text_wrap": True, "valign": "top", "bg_color": c}) for grave, c in _COLOURS.items()
    }
    links = {grave: _link_look(book, colour) for grave, colour in _COLOURS.items()}
    sheet = book.add_worksheet(gettext(_SHEET)[:31])
    first = len(tops) + 1 if tops else 0
    for number, text in enumerate(tops):
        sheet.write_string(number, 0, text, book.add_format({"bold": number == 0}))
    for place, (title, width) in enumerate(heads):
        sheet.set_column(place, place, width)
        sheet.write_string(first, place, gettext(title), head)
    count = 0
    for count, issue in enumerate(issues, start=1):
        for place, value in enumerate(_row(issue, language, gettext)):
            write = sheet.write_number if isinstance(value, int) else sheet.write_string if value else sheet.write_blank
            write(first + count, place, value, looks[issue.severity])
        for place, address, text in _links(issue, target_name, page, gettext(_TO_PAGE)):
            sheet.write_url(first + count, place, address, links[issue.severity], string=text)
    for number, text in enumerate(filter(None, ("" if tops else hint, note)), start=first + count + 1):
        sheet.write_string(number, NOTE_COLUMN, text, looks[Severity.NOTE])
    sheet.freeze_panes(first + 1, 0)
    sheet.autofilter(first, 0, first + max(count, 1), len(heads) - 1)
    book.close()
    return count


def _link_look(book: xlsxwriter.Workbook, colour: str) -> Any:
    said = {"text_wrap": True, "valign": "top", "bg_color": colour, "font_color": "#0B5C6B", "underline": 1}
    return book.add_format(said)


def _links(
    issue: Issue, target: str, page: Callable[[Issue], str] | None, words: str
) -> Iterator[tuple[int, str, str]]:
    """Column, address and text of the links of one row; they are relations of the sheet, never formulas."""
    cell = str(issue.params.get("cell", ""))
    if target and issue.sheet:
        yield _SHEET_COLUMN, link_to(target, issue.sheet), issue.sheet
    if target and issue.sheet and cell and ending_of(target) in SPREADSHEETS:
        yield _CELL_COLUMN, link_to(target, issue.sheet, cell), cell
    if page:
        yield len(_HEAD), page(issue), words


def _row(issue: Issue, language: str, gettext: Callable[[str], str]) -> tuple[str | int, ...]:
    message, advice, params = describe(issue, language=language)
    return (
        gettext(SEVERITIES[issue.severity]),
        issue.sheet,
        issue.row if issue.row is not None else "",
        issue.column,
        str(issue.params.get("cell", "")),
        issue.value,
        filled(message, params, gettext),
        filled(advice, params, gettext),
        issue.key,
        place_in_file(issue),
    )


def place_in_file(issue: Issue) -> str:
    """Sheet and cell as a spreadsheet writes them ('My sites'!C14), for its field of names; without a cell, the row."""
    cell = str(issue.params.get("cell") or (f"A{issue.row}" if issue.row is not None else ""))
    if not issue.sheet:
        return cell
    plain = re.fullmatch(r"[^\W\d]\w*", issue.sheet)
    sheet = issue.sheet if plain else "'" + issue.sheet.replace("'", "''") + "'"
    return f"{sheet}!{cell}" if cell else sheet
