"""Check one file from its cells to its issues, with no database: what it is, what was read, what is wrong, every row accounted for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from framework.disclosure.checks import LIST_RULES, WORKBOOK_RULES, run
from framework.disclosure.checks.context import Context
from framework.disclosure.columns import PRODUCTS, SHEETS, SITES, SMELTERS, SUBMISSION
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
from framework.disclosure.table import Listed, Stored, Table
from framework.ground.issue_catalogue import make, refusal_issue
from framework.ground.issues import Issue, Severity
from framework.ground.quantity_words import names_demand
from framework.ground.reading.facts import book_issues
from framework.ground.sheets import lines
from framework.ground.sheets.cells import Book, Refusal, Sheet
from framework.ground.text import N_

NAMES_SHOWN = 8
_SITES_BY = {"site_legal_name", "address_line"}
COUNTABLE, BLOCKED, REFUSED = "countable", "blocked", "refused"
ANSWERS, MINES, ORGANISATIONS, ASKED_MINERALS = "answers", "mines", "organisations", "asked_minerals"
_OF_AN_RMI_TEMPLATE = frozenset({"sheet-hidden", "cells-merged", "formula", "colour-not-read", "notes-not-read"})
REASONS = {
    "above-header": N_("It stands above the row of column names."),
    "header-repeated": N_("It repeats the column names."),
    "no-known-values": N_("It has values only in columns that we do not read."),
    "second-table": N_("It belongs to a second table on the sheet."),
    "row-looks-like-total": N_("It looks like a total."),
    "key-duplicate": N_("Its key occurs in an earlier row."),
    "template-version-wrong": N_("Its file is another version of the workbook."),
    "row-count-wrong / brand twice": N_("Its brand has an earlier row."),
    "sheet-hidden": N_("Its sheet is hidden."),
    "words-of-the-template": N_("It holds words of the template, or a cell read into the head of the submission."),
    "names-rows-below": N_("It names the rows below it, which took its name."),
    "sheet-not-read": N_("Its sheet holds no table that we read."),
}
"""Why a row was left out, in words."""

Records = dict[str, list[dict[str, Any]]]


@dataclass(slots=True)
class SheetAccount:
    """The rows of one sheet of the file: rows with values (without the header), rows stored, rows listed with a reason."""

    name: str
    target: str
    rows_in: int
    rows_stored: int
    listed: list[Listed] = field(default_factory=list)

    @property
    def rows_listed(self) -> int:
        """How many rows were left out."""
        return len(self.listed)


@dataclass(slots=True)
class Checked:
    """What is known about a file after checking.

    `verdict` is countable, blocked or refused; `format` hefboom-1.0, site-list, unknown, or
    the name of a format of others with its version (CMRT 6.5). `tables` maps our sheet names to
    rows `{"row": n, "values": {...}, "found": {...}}` in a form that survives JSON: dates are ISO texts, values not given
    are absent; of a long list they are made or read while they are gone through. `created` are rows the program adds (D13). `columns` are the columns of a plain list as understood. `issues` are the gravest `gathering.MAX_ISSUES`; `issue_total` counts all.
    `kind` is that of the file; `copy_of` says whether it is a marked copy of ours, and of what (`our_marks.copy_of`);
    `changes` what changed in it since (`returned.changes`).
    """

    verdict: str
    format: str
    version: str = ""
    sheets: list[SheetAccount] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    issue_total: int = 0
    by_severity: dict[str, int] = field(default_factory=dict)
    tables: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    kind: str = ""
    copy_of: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def rows_in(self) -> int:
        """Rows with values in the file, headers apart."""
        return sum(sheet.rows_in for sheet in self.sheets)

    @property
    def rows_stored(self) -> int:
        """Rows that were taken over."""
        return sum(sheet.rows_stored for sheet in self.sheets)

    @property
    def rows_listed(self) -> int:
        """Rows that were left out, each with its reason."""
        return sum(sheet.rows_listed for sheet in self.sheets)

    @property
    def adds_up(self) -> bool:
        """Rows in = rows stored + rows listed, sheet by sheet, and the stored rows are there."""
        exact = all(sheet.rows_in == sheet.rows_stored + sheet.rows_listed for sheet in self.sheets)
        return exact and self.rows_stored == sum(map(len, self.tables.values()))

    def to_json(self) -> dict[str, Any]:
        """A form that survives JSON."""
        data = self._to_json_but_tables()
        data["tables"] = {name: list(records) for name, records in self.tables.items()}
        return data

    def to_lines(self) -> dict[str, Any]:
        """The same with the rows written as lines (`lines.write`), and where they stand in place of them."""
        return self._to_json_but_tables() | {"tables": lines.write(self.tables)}

    def _to_json_but_tables(self) -> dict[str, Any]:
        data = {name: getattr(self, name) for name in self.__slots__}
        data["sheets"] = [asdict(sheet) for sheet in self.sheets]
        data["issues"] = [_issue_out(issue) for issue in self.issues]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], written: lines.LineFile | None = None) -> Checked:
        """What `to_json` described, or `to_lines` with what it wrote."""
        tables = written.blocks(data["tables"]) if written is not None else data["tables"]
        sheets = [
            SheetAccount(**{**sheet, "listed": [Listed(**row) for row in sheet["listed"]]}) for sheet in data["sheets"]
        ]
        issues = [_issue_in(issue) for issue in data["issues"]]
        return cls(**{**data, "tables": tables, "sheets": sheets, "issues": issues})


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
        return _finished(Checked(REFUSED, "unknown"), Gathered(told))
    book = without_our_marks(book)
    found = recognise(book, scope)
    if found.format == OURS:
        return _check_ours(book, found, scope, today, previous, smelters)
    foreign = recognise_foreign(book)
    if foreign:
        names = [SmelterName(*one) for one in smelter_names]
        return _check_foreign(book, foreign, scope, previous, smelters, names)
    declaration = of_the_family(book)
    if declaration:
        return _unread_workbook(found, declaration)
    if is_omts_graph(book):
        return _check_graph(book)
    suppliers = recognise_omts(book)
    if suppliers:
        return _check_omts(book, suppliers)
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
    return _finished(Checked(BLOCKED, found.format, sheets=_not_read(found, Gathered()), columns=columns), issues)


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
    accounts = [_account(table) for table in tables.values() if table.sheet in read]
    checked.sheets = accounts + _not_read(found, issues)
    return _finished(checked, issues)


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
        checked.sheets.append(_account(table))
    issues.add(_chosen(book, found))
    issues.add([make("scope-company-wide")])
    if not records:
        issues.add([make("row-count-wrong", "no row", sheet=found.layouts[0].sheet.name)])
    checked.tables = {SITES: records}
    checked.columns = [as_columns(layout) for layout in found.layouts]
    checked.sheets += _not_read(found, issues)
    return _finished(checked, issues)


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
    checked.sheets += _not_read(Recognised(checked.format, not_read=others), issues)
    return _finished(checked, issues)


def _words_of_template(sheet: Sheet) -> SheetAccount:
    """A sheet of the template without answers, such as its instructions: every row listed, nothing to tell."""
    rows = [Listed(row.number, "words-of-the-template") for row in sheet.rows]
    return SheetAccount(sheet.name, "", len(rows), 0, rows)


def _unread_workbook(found: Recognised, declaration: Sheet) -> Checked:
    """A workbook that names itself one of the RMI family, in a form that we do not read (X13)."""
    issues = Gathered([make("format-not-read", sheet=declaration.name)])
    checked = Checked(BLOCKED, found.format)
    checked.sheets = _not_read(found, Gathered())
    return _finished(checked, issues)


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
    checked.sheets += _not_read(Recognised(GRAPH, not_read=others), issues)
    return _finished(checked, issues)


def _check_omts(book: Book, sheet: Sheet) -> Checked:
    """A list of suppliers: every row an organisation; no sites, so it is kept and not scored."""
    content = read_omts(sheet)
    listed = [Listed(row, "no-known-values") for row in content.listed]
    rows = content.organisations
    checked = Checked(COUNTABLE, OMTS, "mapped", tables={ORGANISATIONS: rows})
    checked.sheets = [SheetAccount(sheet.name, ORGANISATIONS, len(rows) + len(listed), len(rows), listed)]
    issues = Gathered(book_issues(book), content.issues, [make("scope-company-wide")])
    others = [other for other in book.sheets if other is not sheet and other.rows]
    checked.sheets += _not_read(Recognised(OMTS, not_read=others), issues)
    return _finished(checked, issues)


def _chosen(book: Book, found: Recognised) -> list[Issue]:
    """Which sheets were read, where the first one with rows is not among them."""
    read = [layout.sheet.name for layout in found.layouts]
    first = next((sheet.name for sheet in book.sheets if sheet.rows), "")
    return [] if first in read else [make("sheet-chosen", sheet=name) for name in read]


def _around(table: Table) -> dict[str, Table]:
    """A list of sites among the empty sheets that the rules expect."""
    return {name: Table(name, name) for name in SHEETS} | {SITES: table}


def _account(table: Table) -> SheetAccount:
    return SheetAccount(
        table.title, table.sheet, table.rows_in, len(table), sorted(table.listed, key=lambda one: one.row)
    )


def _not_read(found: Recognised, issues: Gathered) -> list[SheetAccount]:
    """Sheets with values that were not read: every row listed, and a word about each sheet."""
    accounts = []
    for sheet in found.not_read:
        reason = "sheet-not-read" if sheet.visible else "sheet-hidden"
        issues.add([make(reason, sheet=sheet.name)])
        rows = [Listed(row.number, reason) for row in sheet.rows]
        accounts.append(SheetAccount(sheet.name, "", len(rows), 0, rows))
    return accounts


def _finished(checked: Checked, issues: Gathered) -> Checked:
    """Verdict from the gravest issue, issues in order of gravity, the rest counted; a false row account refuses the file."""
    if not checked.adds_up:
        checked = Checked(REFUSED, checked.format, checked.version)
        issues = Gathered([refusal_issue("rows-do-not-add-up")])
    if checked.verdict == COUNTABLE and issues.has(Severity.BLOCK):
        checked.verdict = BLOCKED
    checked.issue_total, checked.by_severity = issues.total, issues.by_severity
    checked.issues = issues.gravest()
    return checked


def _issue_out(issue: Issue) -> list[Any]:
    severity = str(issue.severity)
    return [issue.code, severity, issue.sheet, issue.row, issue.column, issue.value, issue.cause, issue.params]


def _issue_in(data: list[Any]) -> Issue:
    return Issue(data[0], Severity(data[1]), *data[2:])
