"""The differences of two versions as a workbook of their own: what happened, where, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import xlsxwriter

from framework.disclosure.columns import SITES
from framework.disclosure.differences import KINDS, Difference, columns_of
from framework.disclosure.fields import FIELD_LABELS
from framework.disclosure.help_texts import SHEET_TITLES
from framework.disclosure.workbook import WRITTEN_AT
from framework.ground.text import N_

_HEAD = (
    (N_("Sheet"), 18),
    (N_("What happened"), 16),
    (N_("Row before"), 12),
    (N_("Row now"), 12),
    (N_("Column"), 26),
    (N_("Before"), 60),
    (N_("Now"), 60),
)
_SITE_COLUMNS = ("site_legal_name", "address_line", "city", "region", "country")
_SHEET = N_("Differences")
MOST_LINES = 100_000
"""More would take a machine that answers pages too much memory; the page shows them all."""
_MORE = N_("There are more differences than this workbook holds. The page shows all of them.")


def cells(one: Difference) -> list[tuple[str, str, str]]:
    """Column, value before and value after: of what changed, or of the whole row in one where it came or went."""
    if one.changes:
        return [(change.column, _text(change.before), _text(change.after)) for change in one.changes]
    return [("", _row(one, one.before), _row(one, one.after))]


def write(target: BinaryIO, found: Iterable[Difference], *, gettext: Callable[[str], str]) -> None:
    """Write a row for every value that differs, `MOST_LINES` at most, and say so where there are more.

    Values are never formulas and never translated.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": gettext(_SHEET), "created": WRITTEN_AT})
    sheet = book.add_worksheet(gettext(_SHEET)[:31])
    head = book.add_format({"bold": True, "bottom": 1})
    for place, (title, width) in enumerate(_HEAD):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, gettext(title), head)
    line = 0
    for one in found:
        if line >= MOST_LINES:
            sheet.write_string(line + 1, 0, gettext(_MORE))
            break
        for column, before, after in cells(one):
            line += 1
            rows = [record["row"] if record else "" for record in (one.before, one.after)]
            title, name = (
                gettext(said) if said else "" for said in (SHEET_TITLES.get(one.sheet, one.sheet), named(column))
            )
            for place, value in enumerate((title, gettext(KINDS[one.kind]), *rows, name, before, after)):
                if value != "":
                    write_value = sheet.write_number if isinstance(value, int) else sheet.write_string
                    write_value(line, place, value)
    sheet.freeze_panes(1, 0)
    book.close()


def named(column: str) -> str:
    """The name of a column in words (a template to translate), else as it is."""
    return FIELD_LABELS.get(column, column)


def subject(one: Difference) -> str:
    """What the row is about: the name of a site, else its first values."""
    values = (one.after or one.before or {}).get("values", {})
    if one.sheet == SITES:
        return _text(values.get("site_legal_name")) or _text(values.get("site_ref"))
    return " · ".join(
        [_text(values[name]) for name in columns_of(one.sheet, [{"values": values}]) if values.get(name)][:3]
    )


def _row(one: Difference, record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    names = _SITE_COLUMNS if one.sheet == SITES else columns_of(one.sheet, [record])
    return ", ".join(filter(None, (_text(record["values"].get(name)) for name in names)))


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)
