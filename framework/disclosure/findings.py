"""Write the issues of one file as a workbook of their own: where, what was found, what is wrong, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

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
) -> int:
    """Write every issue as one row to a path or binary file; returns how many. Found values are never translated.

    `note` is a sentence for the row below the last one, such as how many issues are not listed; `top` one above all,
    such as why the file itself was not marked up.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(target if hasattr(target, "write") else str(target), options)
    book.set_properties({"title": gettext(_TITLE), "created": WRITTEN_AT, "comments": language})
    head = book.add_format({"bold": True, "bg_color": "#E4EEF0", "bottom": 1})
    looks = {
        grave: book.add_format({"text_wrap": True, "valign": "top", "bg_color": c}) for grave, c in _COLOURS.items()
    }
    sheet = book.add_worksheet(gettext(_SHEET)[:31])
    first = 2 if top else 0
    if top:
        sheet.write_string(0, 0, top, book.add_format({"bold": True}))
    for place, (title, width) in enumerate(_HEAD):
        sheet.set_column(place, place, width)
        sheet.write_string(first, place, gettext(title), head)
    count = 0
    for count, issue in enumerate(issues, start=1):
        for place, value in enumerate(_row(issue, language, gettext)):
            write = sheet.write_number if isinstance(value, int) else sheet.write_string if value else sheet.write_blank
            write(first + count, place, value, looks[issue.severity])
    if note:
        sheet.write_string(first + count + 1, NOTE_COLUMN, note, looks[Severity.NOTE])
    sheet.freeze_panes(first + 1, 0)
    sheet.autofilter(first, 0, first + max(count, 1), len(_HEAD) - 1)
    book.close()
    return count


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
