"""Check one file from its cells to its issues, with no database: what it is, what was read, what is wrong, every row accounted for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from framework.disclosure.checks import LIST_RULES, WORKBOOK_RULES, run
from framework.disclosure.checks.context import Context
from framework.disclosure.columns import PRODUCTS, SHEETS, SITES, SMELTERS, SUBMISSION
from framework.disclosure.foreign.layouts import at
from framework.disclosure.foreign.omts import NAME as OMTS
from framework.disclosure.foreign.omts import read_omts, recognise_omts
from framework.disclosure.foreign.reading import ForeignContent, read_foreign
from framework.disclosure.foreign.recognising import TEMPLATE_SHEETS, Foreign, recognise_foreign
from framework.disclosure.our_marks import without_our_marks
from framework.disclosure.overlay import corrected
from framework.disclosure.read_lists import read_site_lists
from framework.disclosure.read_workbook import read_workbook
from framework.disclosure.recognise import (
    HEADER_ROWS,
    OURS,
    SITE_LIST,
    Recognised,
    as_columns,
    lies_on_its_side,
    likely_header,
    recognise,
)
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import Listed, Table
from framework.ground.issue_catalogue import make, refusal_issue
from framework.ground.issues import Issue, Severity
from framework.ground.reading.facts import book_issues
from framework.ground.sheets.cells import Book, Refusal, Sheet
from framework.ground.text import N_

COUNTABLE, BLOCKED, REFUSED = "countable", "blocked", "refused"
MAX_ISSUES = 20_000
ANSWERS, MINES, ORGANISATIONS = "answers", "mines", "organisations"
_OF_AN_RMI_TEMPLATE = frozenset({"sheet-hidden", "cells-merged", "formula", "colour-not-read", "notes-not-read"})
GRAVITY = {severity: place for place, severity in enumerate(Severity)}
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
    "sheet-not-read": N_("Its sheet is not part of the table."),
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
    are absent. `created` are rows the program adds (D13). `columns` are the columns of a plain list as understood. `issues` are the gravest `MAX_ISSUES`; `issue_total` counts all.
    """

    verdict: str
    format: str
    version: str = ""
    sheets: list[SheetAccount] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    issue_total: int = 0
    by_severity: dict[str, int] = field(default_factory=dict)
    tables: Records = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)

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
        data = {name: getattr(self, name) for name in self.__slots__}
        data["sheets"] = [asdict(sheet) for sheet in self.sheets]
        data["issues"] = [_issue_out(issue) for issue in self.issues]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checked:
        """What `to_json` described."""
        sheets = [
            SheetAccount(**{**sheet, "listed": [Listed(**row) for row in sheet["listed"]]}) for sheet in data["sheets"]
        ]
        return cls(**{**data, "sheets": sheets, "issues": [_issue_in(issue) for issue in data["issues"]]})


def check(
    book: Book | Refusal,
    scope: RoundScope | None,
    *,
    today: dt.date,
    previous: Records | None = None,
    smelters: Mapping[str, str | None] | None = None,
) -> Checked:
    """Check a file that was read.

    `scope` is the round's (None: only what the file itself decides), `today` the day of receipt, `previous` the
    `tables` of the version before (D55), `smelters` the known ids, each with None or the day until which it was
    seen (D36). Never raises for what is wrong with the file.
    """
    if isinstance(book, Refusal):
        return _finished(Checked(REFUSED, "unknown"), [refusal_issue(book.key, book.detail, book.params)])
    book = without_our_marks(book)
    found = recognise(book, scope)
    if found.format == OURS:
        return _check_ours(book, found, scope, today, previous, smelters)
    foreign = recognise_foreign(book)
    if foreign:
        return _check_foreign(book, foreign, smelters)
    suppliers = recognise_omts(book)
    if suppliers:
        return _check_omts(book, suppliers)
    if found.format == SITE_LIST:
        return _check_list(book, found, scope, today, previous)
    issues = [*book_issues(book), make("header-not-found", limit=HEADER_ROWS)]
    sideways = [sheet.name for sheet in book.sheets if sheet.visible and lies_on_its_side(sheet)]
    issues += [make("table-lies-on-its-side", sheet=name) for name in sideways]
    likely = likely_header(book)
    columns = [as_columns(likely)] if likely else []
    return _finished(Checked(BLOCKED, found.format, sheets=_not_read(found, []), columns=columns), issues)


def check_task(book: Book | Refusal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The work of the child process.

    `arguments` hold `scope` (`RoundScope.to_json()` or None), `today`, `previous`, `smelters` and `corrections`.
    """
    if isinstance(book, Book):
        book = corrected(book, arguments.get("corrections") or ())
    scope = RoundScope.from_json(arguments["scope"]) if arguments.get("scope") else None
    today = dt.date.fromisoformat(arguments["today"])
    known = {name: arguments.get(name) for name in ("previous", "smelters")}
    return check(book, scope, today=today, **known).to_json()


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
    tables, issues = read_workbook(book, found, scope)
    context = Context(tables, scope, today, previous, smelters)
    issues += run(context, WORKBOOK_RULES)
    refused = any(issue.code == "template-version-wrong" for issue in issues)
    read = {layout.target for layout in found.layouts}
    checked = Checked(REFUSED if refused else COUNTABLE, found.format, found.version)
    if refused:
        for table in tables.values():
            table.leave_out(dict.fromkeys(range(len(table)), "template-version-wrong"))
    else:
        checked.tables = {name: table.records() for name, table in tables.items() if name in read}
        checked.created = context.created
    accounts = [_account(table) for table in tables.values() if table.sheet in read]
    checked.sheets = accounts + _not_read(found, issues)
    return _finished(checked, [*book_issues(book), *issues])


def _check_list(
    book: Book, found: Recognised, scope: RoundScope | None, today: dt.date, previous: Records | None
) -> Checked:
    checked = Checked(COUNTABLE, found.format, "mapped")
    issues = book_issues(book)
    records: list[dict[str, Any]] = []
    for table, told in read_site_lists(book, found):
        context = Context(_around(table), scope, today, previous, is_list=True)
        issues += [*told, *run(context, LIST_RULES)]
        records += table.records()
        checked.sheets.append(_account(table))
    issues += _chosen(book, found)
    issues.append(make("scope-company-wide"))
    if not records:
        issues.append(make("row-count-wrong", "no row", sheet=found.layouts[0].sheet.name))
    checked.tables = {SITES: records}
    checked.columns = [as_columns(layout) for layout in found.layouts]
    checked.sheets += _not_read(found, issues)
    return _finished(checked, issues)


def _check_foreign(book: Book, foreign: Foreign, smelters: Mapping[str, str | None] | None) -> Checked:
    """A workbook of the RMI family: what the template itself causes is not told, what it says becomes our rows."""
    checked = Checked(COUNTABLE, f"{foreign.type} {foreign.version}".strip(), "mapped")
    issues = [issue for issue in book_issues(book) if issue.code not in _OF_AN_RMI_TEMPLATE] + foreign.issues
    others = [sheet for sheet in book.sheets if sheet.name.strip().casefold() not in TEMPLATE_SHEETS and sheet.rows]
    if foreign.readable:
        content = read_foreign(book, foreign, smelters)
        issues += content.issues
        checked.tables, checked.sheets = _foreign_tables(book, foreign, content)
        if content.scope == "company_wide":
            issues.append(make("scope-company-wide"))
    else:
        checked.verdict = BLOCKED
        others = [foreign.declaration, foreign.smelters, *others]
    checked.sheets += _not_read(Recognised(checked.format, not_read=others), issues)
    return _finished(checked, issues)


def _foreign_tables(book: Book, foreign: Foreign, content: ForeignContent) -> tuple[Records, list[SheetAccount]]:
    """The rows by our sheets, and where in the file they stand; rows of the form without an answer are listed."""
    head_row = at(foreign.layout.head["company"])[0] if foreign.layout else 0
    head = {"reporting_party_name": content.company, "scope": content.scope, "data_as_of": content.as_of}
    values = {name: text for name, text in head.items() if text}
    answered = {record["row"] for record in content.answers} | {head_row}
    words = [row.number for row in foreign.declaration.rows if row.number not in answered]
    listed = [Listed(number, "words-of-the-template") for number in words]
    name = foreign.declaration.name
    tables: Records = {SUBMISSION: [{"row": head_row, "values": values, "found": {}}], ANSWERS: content.answers}
    accounts = [
        SheetAccount(name, SUBMISSION, 1, 1),
        SheetAccount(name, ANSWERS, len(content.answers) + len(listed), len(content.answers), listed),
    ]
    for target, title, records in (
        (SMELTERS, foreign.smelters.name, content.smelters),
        (MINES, "Mine List", content.mines),
        (PRODUCTS, "Product List", content.products),
    ):
        left = [Listed(row, "no-known-values") for row in content.listed.get(_title(book, title), [])]
        if records or left:
            tables[target] = records
            accounts.append(SheetAccount(title, target, len(records) + len(left), len(records), left))
    return tables, accounts


def _title(book: Book, name: str) -> str:
    sheet = book.sheet(name)
    return sheet.name if sheet else name


def _check_omts(book: Book, sheet: Sheet) -> Checked:
    """A list of suppliers: every row an organisation; no sites, so it is kept and not scored."""
    content = read_omts(sheet)
    listed = [Listed(row, "no-known-values") for row in content.listed]
    rows = content.organisations
    checked = Checked(COUNTABLE, OMTS, "mapped", tables={ORGANISATIONS: rows})
    checked.sheets = [SheetAccount(sheet.name, ORGANISATIONS, len(rows) + len(listed), len(rows), listed)]
    issues = [*book_issues(book), *content.issues, make("scope-company-wide")]
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


def _not_read(found: Recognised, issues: list[Issue]) -> list[SheetAccount]:
    """Sheets with values that were not read: every row listed, and a word about each sheet."""
    accounts = []
    for sheet in found.not_read:
        reason = "sheet-not-read" if sheet.visible else "sheet-hidden"
        issues.append(make(reason, sheet=sheet.name))
        rows = [Listed(row.number, reason) for row in sheet.rows]
        accounts.append(SheetAccount(sheet.name, "", len(rows), 0, rows))
    return accounts


def _finished(checked: Checked, issues: list[Issue]) -> Checked:
    """Verdict from the gravest issue, issues in order of gravity, the rest counted; a false row account refuses the file."""
    if not checked.adds_up:
        checked = Checked(REFUSED, checked.format, checked.version)
        issues = [refusal_issue("rows-do-not-add-up")]
    issues.sort(key=lambda issue: GRAVITY[issue.severity])
    if checked.verdict == COUNTABLE and issues and issues[0].severity is Severity.BLOCK:
        checked.verdict = BLOCKED
    checked.issue_total = len(issues)
    checked.by_severity = dict(Counter(str(issue.severity) for issue in issues))
    checked.issues = issues[:MAX_ISSUES]
    return checked


def _issue_out(issue: Issue) -> list[Any]:
    severity = str(issue.severity)
    return [issue.code, severity, issue.sheet, issue.row, issue.column, issue.value, issue.cause, issue.params]


def _issue_in(data: list[Any]) -> Issue:
    return Issue(data[0], Severity(data[1]), *data[2:])
