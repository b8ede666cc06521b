"""Check files in formats of others: what their template itself causes is not told, what they say becomes our rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framework.disclosure.checked import (
    ANSWERS,
    ASKED_MINERALS,
    BLOCKED,
    COUNTABLE,
    MINES,
    ORGANISATIONS,
    Checked,
    Records,
    SheetAccount,
    finished,
    not_read,
)
from framework.disclosure.columns import PRODUCTS, SMELTERS, SUBMISSION
from framework.disclosure.foreign.comparing import against_round
from framework.disclosure.foreign.content import ForeignContent
from framework.disclosure.foreign.layouts import at
from framework.disclosure.foreign.omts import NAME as OMTS
from framework.disclosure.foreign.omts import read_omts, recognise_omts
from framework.disclosure.foreign.omts_graph import NAME as GRAPH
from framework.disclosure.foreign.omts_graph import is_omts_graph, read_omts_graph
from framework.disclosure.foreign.reading import read_foreign
from framework.disclosure.foreign.recognising import TEMPLATE_SHEETS, Foreign, of_the_family, recognise_foreign
from framework.disclosure.foreign.resolving import SmelterName
from framework.disclosure.gathering import Gathered
from framework.disclosure.recognise import Recognised
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import Listed
from framework.ground.issue_catalogue import make
from framework.ground.reading.facts import book_issues
from framework.ground.sheets.cells import Book, Sheet

_OF_AN_RMI_TEMPLATE = frozenset({"sheet-hidden", "cells-merged", "formula", "colour-not-read", "notes-not-read"})


def check_of_others(
    book: Book,
    found: Recognised,
    scope: RoundScope | None,
    previous: Records | None,
    smelters: Mapping[str, str | None] | None,
    smelter_names: Sequence[Sequence[str]],
) -> Checked | None:
    """Check a book in one of the formats of others; None where it is in none of them."""
    foreign = recognise_foreign(book)
    if foreign:
        return _check_foreign(book, foreign, scope, previous, smelters, [SmelterName(*one) for one in smelter_names])
    declaration = of_the_family(book)
    if declaration:
        return _unread_workbook(found, declaration)
    if is_omts_graph(book):
        return _check_graph(book)
    suppliers = recognise_omts(book)
    return _check_omts(book, suppliers) if suppliers else None


def _check_foreign(
    book: Book,
    foreign: Foreign,
    scope: RoundScope | None,
    previous: Records | None,
    smelters: Mapping[str, str | None] | None,
    names: Sequence[SmelterName],
) -> Checked:
    """A workbook of the RMI family: what the template itself causes is not told, what it says becomes our rows."""
    checked = Checked(COUNTABLE, f"{foreign.type} {foreign.version}".strip(), "mapped")
    told = [issue for issue in book_issues(book) if issue.code not in _OF_AN_RMI_TEMPLATE]
    issues = Gathered(told, foreign.issues)
    read = {foreign.declaration.name, foreign.smelters.name}
    if foreign.readable:
        content = read_foreign(book, foreign, smelters, names)
        issues.add([*content.issues, *against_round(content, foreign, scope, previous)])
        checked.tables, checked.sheets = _foreign_tables(book, foreign, content)
        read |= {account.name for account in checked.sheets}
        if content.scope == "company_wide":
            issues.add([make("scope-company-wide")])
    else:
        checked.verdict, read = BLOCKED, set()
    rest = [sheet for sheet in book.sheets if sheet.name not in read and sheet.rows]
    ours = [sheet for sheet in rest if foreign.readable and sheet.name.strip().casefold() in TEMPLATE_SHEETS]
    checked.sheets += [_words_of_template(sheet) for sheet in ours]
    others = [sheet for sheet in rest if sheet not in ours]
    checked.sheets += not_read(Recognised(checked.format, not_read=others), issues)
    return finished(checked, issues)


def _words_of_template(sheet: Sheet) -> SheetAccount:
    """A sheet of the template without answers, such as its instructions: every row listed, nothing to tell."""
    rows = [Listed(row.number, "words-of-the-template") for row in sheet.rows]
    return SheetAccount(sheet.name, "", len(rows), 0, rows)


def _unread_workbook(found: Recognised, declaration: Sheet) -> Checked:
    """A workbook that names itself one of the RMI family, in a form that we do not read (X13)."""
    issues = Gathered([make("format-not-read", sheet=declaration.name)])
    checked = Checked(BLOCKED, found.format)
    checked.sheets = not_read(found, Gathered())
    return finished(checked, issues)


def _foreign_tables(book: Book, foreign: Foreign, content: ForeignContent) -> tuple[Records, list[SheetAccount]]:
    """The rows by our sheets, and where in the file they stand; rows of the form without an answer are listed."""
    head_row = at(foreign.layout.head["company"])[0] if foreign.layout else 0
    values = {**content.head, "scope": content.scope, "authoriser_named": content.authorised}
    answered = {record["row"] for record in content.answers} | {head_row}
    words = [row.number for row in foreign.declaration.rows if row.number not in answered]
    listed = [Listed(number, "words-of-the-template") for number in words]
    name = foreign.declaration.name
    head = {"row": head_row, "values": values, "found": {"cells": content.cells}}
    tables: Records = {SUBMISSION: [head], ANSWERS: content.answers}
    accounts = [
        SheetAccount(name, SUBMISSION, 1, 1),
        SheetAccount(name, ANSWERS, len(content.answers) + len(listed), len(content.answers), listed),
    ]
    for target, title, first, records in (
        (SMELTERS, foreign.smelters.name, 5, content.smelters),
        (MINES, _title(book, "Mine List"), 5, content.mines),
        (PRODUCTS, _title(book, "Product List"), 6, content.products),
        (ASKED_MINERALS, _title(book, "Minerals Scope"), 8, content.asked_minerals),
    ):
        sheet = book.sheet(title)
        above = [row.number for row in sheet.rows if row.number < first] if sheet else []
        left = [Listed(row, "words-of-the-template") for row in above]
        left += [Listed(row, "no-known-values") for row in content.listed.get(title, [])]
        if records or left:
            tables[target] = records
            accounts.append(SheetAccount(title, target, len(records) + len(left), len(records), left))
    return tables, accounts


def _title(book: Book, name: str) -> str:
    sheet = book.sheet(name)
    return sheet.name if sheet else name


def _check_graph(book: Book) -> Checked:
    """A graph of organisations and facilities: nothing about the models on offer, so it is kept and not scored."""
    graph = read_omts_graph(book)
    tables = {target: records for target, (_sheet, records, _left) in graph.tables.items()}
    checked = Checked(COUNTABLE, GRAPH, "mapped", tables=tables)
    for target, (sheet, records, left) in graph.tables.items():
        listed = [Listed(row, "no-known-values") for row in left]
        checked.sheets.append(SheetAccount(sheet.name, target, len(records) + len(listed), len(records), listed))
    issues = Gathered(book_issues(book), graph.issues, [make("scope-company-wide")])
    read = {sheet.name for sheet, _records, _left in graph.tables.values()}
    others = [other for other in book.sheets if other.name not in read and other.rows]
    checked.sheets += not_read(Recognised(GRAPH, not_read=others), issues)
    return finished(checked, issues)


def _check_omts(book: Book, sheet: Sheet) -> Checked:
    """A list of suppliers: every row an organisation; no sites, so it is kept and not scored."""
    content = read_omts(sheet)
    listed = [Listed(row, "no-known-values") for row in content.listed]
    rows = content.organisations
    checked = Checked(COUNTABLE, OMTS, "mapped", tables={ORGANISATIONS: rows})
    checked.sheets = [SheetAccount(sheet.name, ORGANISATIONS, len(rows) + len(listed), len(rows), listed)]
    issues = Gathered(book_issues(book), content.issues, [make("scope-company-wide")])
    others = [other for other in book.sheets if other is not sheet and other.rows]
    checked.sheets += not_read(Recognised(OMTS, not_read=others), issues)
    return finished(checked, issues)
