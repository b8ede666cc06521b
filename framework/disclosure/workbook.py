"""Write the disclosure workbook, version 1.0: a round's prefilled template, or a workbook filled with given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from framework.disclosure.columns import (
    COMPONENTS,
    FINAL_ASSEMBLY,
    PROCESS,
    PRODUCTS,
    SHEETS,
    SMELTERS,
    SUBMISSION,
    Column,
    columns,
    key_column,
    sheet_columns,
)
from framework.disclosure.help_texts import SHEET_TITLES
from framework.disclosure.needs import needed
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import letter, written
from framework.ground.text import N_

Gettext = Callable[[str], str]
Tables = Mapping[str, Iterable[Mapping[str, Any]]]
Target = str | Path | BinaryIO
Choices = Mapping[tuple[str, str], tuple[str, ...]]
Ranges = Mapping[tuple[str, str], str]

DROP_DOWN_ROWS = 5_000
WRITTEN_AT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Fixed, so that the same content gives the same bytes."""
_WIDTHS = {"address_line": 44, "narrative": 50, "model_name": 30, "site_legal_name": 36, "template_version": 12}
_TYPES = {
    "text": N_("Text"),
    "key": N_("Text, each value once in this sheet"),
    "ref": N_("A key of another sheet"),
    "ref_or_word": N_("A key of another sheet, or the word given"),
    "email": N_("Mail address"),
    "semver": N_("Version number"),
    "int": N_("Whole number"),
    "int_range": N_("Whole number, or a range such as 100-150"),
    "decimal": N_("Number"),
    "percent": N_("Percent, from 0 to 100"),
    "date": N_("Date (year-month-day, or a date cell)"),
    "bool": N_("yes or no"),
    "enum": N_("One of the list"),
    "enum_list": N_("One or more of the list, separated by a bar"),
    "text_list": N_("One or more texts, separated by a bar"),
    "date_list": N_("One or more dates, separated by a bar"),
    "country_list": N_("One or more countries, separated by a bar"),
    "country": N_("Country: name or two-letter code"),
    "gtin": N_("Barcode number"),
    "file": N_("Name of an attached file, or a public address"),
    "file_or_text": N_("Name of an attached file, or a text"),
}
_HELP_HEAD = (
    N_("Sheet"),
    N_("Column"),
    N_("What to give"),
    N_("Kind of value"),
    N_("Allowed values"),
    N_("When needed"),
)
_LOTS = N_("What this round asks of each lot")
_LOT_HEAD = (
    N_("Lot"),
    N_("Name"),
    N_("Kinds of hardware"),
    N_("Specification tiers"),
    N_("Components asked for"),
    N_("Tiers of the chain"),
    N_("Minerals"),
    N_("Origin of minerals"),
)
_ASKED, _NOT_ASKED = N_("asked for"), N_("not asked for")
_TITLE = N_("Supply-chain disclosure: %(round_name)s")
_ALLOWED_TITLE = N_("Not one of the list")
_ALLOWED_TEXT = N_("Please choose one of the list. The allowed values are on the sheet named lists.")


@dataclass(frozen=True, slots=True)
class _Formats:
    head: Format
    system: Format
    open: Format
    date: Format
    locked: Format
    wrap: Format


def write_template(
    target: Target, scope: RoundScope, *, language: str, gettext: Gettext, rows: Tables | None = None
) -> None:
    """Write the round's template to a path or binary file, prefilled for one supplier.

    `rows` are rows already known by sheet (`{"1_products": [{"product_ref": …}]}`): products get their final
    assembly and the component types their lot asks for, and the supplier's own data come back when it changes
    version. `language` goes into the properties, `gettext` translates one sentence.
    """
    write_filled(target, scope, prefilled(scope, rows or {}), language=language, gettext=gettext)


def write_filled(
    target: Target, scope: RoundScope, tables: Tables, *, language: str = "en", gettext: Gettext = str
) -> None:
    """Write a workbook that holds exactly `tables`: rows by sheet name, values as `Checked.tables` has them or typed dates."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target if hasattr(target, "write") else str(target), options | {"in_memory": True})
    formats = _formats(book)
    title = gettext(_TITLE) % {"round_name": scope.round_name or scope.round_id}
    book.set_properties({"title": title, "author": scope.supplier_name, "created": WRITTEN_AT, "comments": language})
    choices = _choices(scope)
    lists = _list_ranges(choices)
    for name in SHEETS:
        rows = [_values(row) for row in tables.get(name, ())]
        _write_sheet(book.add_worksheet(name), name, rows, formats, lists, gettext, language)
    _write_help(book.add_worksheet("help"), scope, formats, gettext, language)
    _write_lists(book.add_worksheet("lists"), choices, formats)
    book.close()


def _choices(scope: RoundScope) -> Choices:
    """The words of every column that has a drop-down: those of its type, and the lots and tiers of this round."""
    kinds = ("enum", "bool", "enum_list")
    given = {(column.sheet, column.name): column.values for column in columns() if column.type in kinds}
    lots = tuple(lot.code for lot in scope.lots)
    tiers = tuple(dict.fromkeys(tier for lot in scope.lots for tier in lot.spec_tiers))
    own = {(PRODUCTS, "lot"): lots, (PRODUCTS, "spec_tier"): tiers}
    return given | {place: words for place, words in own.items() if words}


def prefilled(scope: RoundScope, rows: Tables) -> dict[str, list[dict[str, Any]]]:
    """The rows a template starts with (section 1): who reports, components asked per product, minerals, the process."""
    tables = {name: [_values(row) for row in rows.get(name, ())] for name in SHEETS}
    tables[SUBMISSION] = _submission(scope, tables[SUBMISSION])
    tables[COMPONENTS] += list(_components(scope, tables[PRODUCTS], tables[COMPONENTS]))
    given = {row.get("mineral") for row in tables[SMELTERS]}
    tables[SMELTERS] += [{"mineral": m, "applies_to": "company"} for m in scope.minerals if m not in given]
    given = {row.get("process_requirement") for row in tables[PROCESS]}
    asked = sheet_columns(PROCESS)["process_requirement"].values
    tables[PROCESS] += [{"process_requirement": name} for name in asked if name not in given]
    return tables


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of values, also out of a stored record `{"row": …, "values": …, "found": …}`.

    What could not be read comes back as it was found, so that a supplier mends it instead of typing it anew.
    """
    if isinstance(row.get("values"), Mapping):
        return {**row.get("found", {}), **row["values"]}
    return {name: value for name, value in row.items() if value is not None}


def _submission(scope: RoundScope, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per brand; what the round and the account say is filled in, own values stay, the version is the round's."""
    known = {
        "reporting_party_name": scope.supplier_name,
        "reporting_party_reg_id": scope.supplier_reg_id,
        "reporting_party_role": scope.supplier_role,
    }
    fixed = {"template_version": scope.template_version, "round_id": scope.round_id}
    given = {str(row.get("brand", "")).casefold() for row in rows}
    rows = rows + [{"brand": brand} for brand in scope.brands if brand.casefold() not in given]
    own = {name: value for name, value in known.items() if value}
    return [{**own, **row, **fixed} for row in rows or [{}]]


def _components(
    scope: RoundScope, products: list[dict[str, Any]], given: list[dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    """A row for the final assembly and for each required component type of each product that has none yet."""
    known = {(str(row.get("product_ref")).casefold(), row.get("component_type")) for row in given}
    for product in products:
        ref = str(product.get("product_ref", ""))
        lot = scope.lot(product.get("lot"))
        for kind in dict.fromkeys((FINAL_ASSEMBLY, *(lot.component_types if lot else ()))):
            if ref and (ref.casefold(), kind) not in known:
                known.add((ref.casefold(), kind))
                short = "FA" if kind == FINAL_ASSEMBLY else kind
                tier = 1 if kind == FINAL_ASSEMBLY else 2
                yield {
                    "component_ref": f"{ref}-{short}"[-40:],
                    "product_ref": ref,
                    "component_type": kind,
                    "tier": tier,
                }


def _formats(book: xlsxwriter.Workbook) -> _Formats:
    head = {"bold": True, "bg_color": "#E4EEF0", "bottom": 1, "valign": "top"}
    return _Formats(
        head=book.add_format(head),
        system=book.add_format(head | {"font_color": "#666666"}),
        open=book.add_format({"locked": False, "num_format": "General"}),
        date=book.add_format({"locked": False, "num_format": "yyyy-mm-dd"}),
        locked=book.add_format({"locked": True, "bg_color": "#F2F2F2"}),
        wrap=book.add_format({"text_wrap": True, "valign": "top"}),
    )


def _write_sheet(
    sheet: Worksheet,
    name: str,
    rows: list[dict[str, Any]],
    formats: _Formats,
    lists: Ranges,
    gettext: Gettext,
    language: str,
) -> None:
    known = list(sheet_columns(name).values())
    for place, column in enumerate(known):
        _write_head(sheet, place, column, formats, lists, gettext, language)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(known):
            if column.name in row:
                _write_cell(sheet, number, place, column, row[column.name], formats)
    sheet.freeze_panes(1, 1 if key_column(name) else 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(known) - 1)
    allowed = "format_cells format_columns format_rows insert_rows delete_rows sort autofilter".split()
    sheet.protect("", dict.fromkeys(allowed, True))


def _write_head(
    sheet: Worksheet,
    place: int,
    column: Column,
    formats: _Formats,
    lists: Ranges,
    gettext: Gettext,
    language: str,
) -> None:
    system = column.mandatory == "X"
    body = formats.locked if system else formats.date if column.type == "date" else formats.open
    sheet.set_column(place, place, _WIDTHS.get(column.name, max(14, min(26, len(column.name) + 3))), body)
    sheet.write_string(0, place, column.name, formats.system if system else formats.head)
    note = f"{gettext(column.help)}\n{gettext(_TYPES[column.type])}. {needed(column, gettext, language=language)}."
    sheet.write_comment(0, place, note, {"x_scale": 2, "author": ""})
    source = lists.get((column.sheet, column.name), "")
    if source and column.type != "enum_list" and not system:
        message = {"error_title": gettext(_ALLOWED_TITLE)[:32], "error_message": gettext(_ALLOWED_TEXT)[:255]}
        rule = {"validate": "list", "source": source, "error_type": "warning", "ignore_blank": True}
        sheet.data_validation(1, place, DROP_DOWN_ROWS, place, rule | message)


def _write_cell(sheet: Worksheet, row: int, place: int, column: Column, value: Any, formats: _Formats) -> None:
    """Text as text (never a formula), numbers as numbers, dates as dates; words of a list as a text with bars."""
    day = _day(value) if column.type == "date" else None
    if day is not None:
        sheet.write_datetime(row, place, day, formats.date)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, place, value, formats.open)
    else:
        look = formats.locked if column.mandatory == "X" else formats.open
        sheet.write_string(row, place, written(value), look)


def _day(value: Any) -> dt.date | None:
    """A date, typed or as ISO text; None for a text that is no date and goes back as it was found."""
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def _write_help(sheet: Worksheet, scope: RoundScope, formats: _Formats, gettext: Gettext, language: str) -> None:
    for place, width in enumerate((18, 30, 60, 34, 40, 40, 28, 20)):
        sheet.set_column(place, place, width, formats.wrap)
    row = _write_lots(sheet, scope, formats, gettext)
    for place, title in enumerate(_HELP_HEAD):
        sheet.write_string(row, place, gettext(title), formats.head)
    for name in SHEETS:
        row += 1
        sheet.write_string(row, 0, name, formats.head)
        sheet.write_string(row, 1, gettext(SHEET_TITLES[name]), formats.head)
        for column in sheet_columns(name).values():
            row += 1
            allowed = ", ".join(column.values) or (".".join(column.target) if column.target else "")
            kind = gettext(_TYPES[column.type])
            texts = (name, column.name, gettext(column.help), kind, allowed, needed(column, gettext, language=language))
            for place, text in enumerate(texts):
                sheet.write_string(row, place, text, formats.wrap)


def _write_lots(sheet: Worksheet, scope: RoundScope, formats: _Formats, gettext: Gettext) -> int:
    """What each lot asks, above the columns; the row after it."""
    if not scope.lots:
        return 0
    sheet.write_string(0, 0, gettext(_LOTS), formats.head)
    for place, title in enumerate(_LOT_HEAD):
        sheet.write_string(1, place, gettext(title), formats.head)
    for row, lot in enumerate(scope.lots, start=2):
        tiers = map(str, lot.tiers)
        lists = (lot.categories, lot.spec_tiers, (FINAL_ASSEMBLY, *lot.component_types), tiers, lot.minerals)
        joined = (", ".join(dict.fromkeys(words)) for words in lists)
        origin = gettext(_ASKED if lot.asks_mines else _NOT_ASKED)
        for place, text in enumerate((lot.code, lot.name, *joined, origin)):
            sheet.write_string(row, place, text, formats.wrap)
    return len(scope.lots) + 3


def _list_values(choices: Choices) -> list[tuple[str, ...]]:
    """The different lists of allowed words, each once."""
    return list(dict.fromkeys(choices.values()))


def _list_ranges(choices: Choices) -> Ranges:
    place_of = {words: letter(place) for place, words in enumerate(_list_values(choices))}
    return {
        column: f"=lists!${place_of[words]}$2:${place_of[words]}${len(words) + 1}" for column, words in choices.items()
    }


def _write_lists(sheet: Worksheet, choices: Choices, formats: _Formats) -> None:
    named = {words: name for (_sheet, name), words in reversed(list(choices.items()))}
    for place, words in enumerate(_list_values(choices)):
        sheet.set_column(place, place, 22)
        sheet.write_string(0, place, named[words], formats.head)
        for row, word in enumerate(words, start=1):
            sheet.write_string(row, place, word)
