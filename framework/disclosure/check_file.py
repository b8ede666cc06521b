"""Check one file from its cells to its issues, with no database: what it is, what was read, what is wrong, every row accounted for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from framework.disclosure.checked import (
    BLOCKED,
    COUNTABLE,
    REFUSED,
    Checked,
    Records,
    account_of,
    finished,
    not_read,
)
from framework.disclosure.checks import LIST_RULES, WORKBOOK_RULES, run
from framework.disclosure.checks.context import Context
from framework.disclosure.columns import SHEETS, SITES, sheet_columns
from framework.disclosure.foreign.checking import check_of_others
from framework.disclosure.gathering import Gathered
from framework.disclosure.our_marks import copy_of, without_our_marks
from framework.disclosure.overlay import corrected
from framework.disclosure.read_lists import read_site_lists
from framework.disclosure.read_workbook import read_workbook
from framework.disclosure.recognise import (
    HEADER_ROWS,
    OURS,
    SITE_LIST,
    Layout,
    Recognised,
    as_columns,
    lies_on_its_side,
    likely_header,
    recognise,
)
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import Stored, Table
from framework.ground.issue_catalogue import make, refusal_issue
from framework.ground.issues import Issue
from framework.ground.quantity_words import names_demand
from framework.ground.reading.facts import book_issues
from framework.ground.sheets.cells import Book, Refusal, Row, Sheet

NAMES_SHOWN = 8
_SITES_BY = {"site_legal_name", "address_line"}


def check(
    book: Book | Refusal,
    scope: RoundScope | None,
    *,
    today: dt.date,
    previous: Records | None = None,
    smelters: Mapping[str, str | None] | None = None,
    smelter_names: Sequence[Sequence[str]] = (),
    said_types: Sequence[Sequence[str]] = (),
) -> Checked:
    """Check a file that was read.

    `scope` is the round's (None: only what the file itself decides), `today` the day of receipt, `previous` the
    `tables` of the version before (D55), `smelters` the known ids, each with None or the day until which it was
    seen (D36), `smelter_names` the register's names of smelters, `said_types` the types of facility that a person gave
    to wordings of a list (sheet, wording, type). Never raises for what is wrong with the file.
    """
    if isinstance(book, Refusal):
        unread = [make("format-not-read", "xml")] if book.detail == "xml" else []
        told = [refusal_issue(book.key, book.detail, book.params), *unread]
        return finished(Checked(REFUSED, "unknown"), Gathered(told))
    book = without_our_marks(book)
    found = recognise(book, scope)
    if found.format == OURS:
        return _check_ours(book, found, scope, today, previous, smelters)
    of_others = check_of_others(book, found, scope, previous, smelters, smelter_names)
    if of_others is not None:
        return of_others
    if found.format == SITE_LIST:
        return _check_list(book, found, scope, today, previous, said_types)
    return _unknown_table(book, found)


def _unknown_table(book: Book, found: Recognised) -> Checked:
    """A table that is none of ours: what its columns are called, for a person to say what they mean."""
    sideways = [sheet.name for sheet in book.sheets if sheet.visible and lies_on_its_side(sheet)]
    likely = likely_header(book)
    is_headed = likely is not None and any(any(map(str.isalpha, name)) for name in likely.headers.values())
    unknown = _names_without_sites(likely) if likely and is_headed and not sideways else None
    told = [unknown or make("header-not-found", limit=HEADER_ROWS)]
    issues = Gathered(book_issues(book), told, (make("table-lies-on-its-side", sheet=name) for name in sideways))
    columns = [as_columns(likely)] if likely else []
    return finished(Checked(BLOCKED, found.format, sheets=not_read(found, Gathered()), columns=columns), issues)


def _names_without_sites(likely: Layout) -> Issue:
    names = [name for name in likely.headers.values() if name]
    cause = "demand" if names_demand(names) and not _SITES_BY & likely.mapping.keys() else "unknown names"
    shown = ", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")
    return make("header-not-found", cause, sheet=likely.sheet.name, row=likely.header_row, headers=shown)


def check_task(book: Book | Refusal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The work of the child process, its rows written as lines where `as_lines` is among the arguments.

    `arguments` hold `scope` (`RoundScope.to_json()` or None), `today`, `previous`, `smelters`, `corrections` and `said_types`.
    """
    if isinstance(book, Book):
        book = corrected(book, arguments.get("corrections") or ())
    scope = RoundScope.from_json(arguments["scope"]) if arguments.get("scope") else None
    today = dt.date.fromisoformat(arguments["today"])
    known: dict[str, Any] = {name: arguments.get(name) for name in ("previous", "smelters")}
    known |= {name: arguments.get(name) or () for name in ("smelter_names", "said_types")}
    checked = check(book, scope, today=today, **known)
    if isinstance(book, Book):
        checked.kind, checked.copy_of = book.kind, copy_of(book)
    return checked.to_lines() if arguments.get("as_lines") else checked.to_json()


def rows_task(book: Book | Refusal, _arguments: Mapping[str, Any]) -> Records:
    """The rows of our own workbook, whatever its version, for a template that brings them back; nothing for other files."""
    if isinstance(book, Refusal):
        return {}
    book = without_our_marks(book)
    found = recognise(book)
    if found.format != OURS:
        return {}
    tables, _issues = read_workbook(book, found, None)
    return {name: table.records() for name, table in tables.items()}


def warm() -> None:
    """Load what every check needs, such as lists of words and countries, before the first file: see `fork_server`."""
    of_sites = [Row(1, ("Name", "Address", "City", "Country")), Row(2, ("Works", "1 Dock Road", "Kunshan", "China"))]
    of_ours = [Row(1, tuple(sheet_columns(SITES)))]
    for name, rows in (("Sites", of_sites), (SITES, of_ours)):
        check(Book("xlsx", [Sheet(name, rows)]), None, today=dt.date(2026, 1, 1))


def _check_ours(
    book: Book,
    found: Recognised,
    scope: RoundScope | None,
    today: dt.date,
    previous: Records | None,
    smelters: Mapping[str, str | None] | None,
) -> Checked:
    tables, told = read_workbook(book, found, scope)
    refused = any(issue.code == "template-version-wrong" for issue in told)
    context = Context(tables, scope, today, previous, smelters)
    issues = Gathered(book_issues(book), told, run(context, WORKBOOK_RULES))
    read = {layout.target for layout in found.layouts}
    checked = Checked(REFUSED if refused else COUNTABLE, found.format, found.version)
    if refused:
        for table in tables.values():
            table.leave_out(dict.fromkeys(range(len(table)), "template-version-wrong"))
    else:
        checked.tables = {name: Stored(table) for name, table in tables.items() if name in read}
        checked.created = context.created
    accounts = [account_of(table) for table in tables.values() if table.sheet in read]
    checked.sheets = accounts + not_read(found, issues)
    return finished(checked, issues)


def _check_list(
    book: Book,
    found: Recognised,
    scope: RoundScope | None,
    today: dt.date,
    previous: Records | None,
    said_types: Sequence[Sequence[str]],
) -> Checked:
    checked = Checked(COUNTABLE, found.format, "mapped")
    issues = Gathered(book_issues(book))
    records = Stored()
    said = {(sheet, wording): kind for sheet, wording, kind in said_types}
    for table, told in read_site_lists(book, found, said):
        context = Context(_around(table), scope, today, previous, is_list=True)
        issues.add(told)
        issues.add(run(context, LIST_RULES))
        records.tables.append(table)
        checked.sheets.append(account_of(table))
    issues.add(_chosen(book, found))
    issues.add([make("scope-company-wide")])
    if not records:
        issues.add([make("row-count-wrong", "no row", sheet=found.layouts[0].sheet.name)])
    checked.tables = {SITES: records}
    checked.columns = [as_columns(layout) for layout in found.layouts]
    checked.sheets += not_read(found, issues)
    return finished(checked, issues)


def _chosen(book: Book, found: Recognised) -> list[Issue]:
    """Which sheets were read, where the first one with rows is not among them."""
    read = [layout.sheet.name for layout in found.layouts]
    first = next((sheet.name for sheet in book.sheets if sheet.rows), "")
    return [] if first in read else [make("sheet-chosen", sheet=name) for name in read]


def _around(table: Table) -> dict[str, Table]:
    """A list of sites among the empty sheets that the rules expect."""
    return {name: Table(name, name) for name in SHEETS} | {SITES: table}
