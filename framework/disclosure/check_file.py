"""Check one file from its cells to its issues, with no database: what it is, what was read, what is wrong, every row accounted for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from framework.disclosure.checks import LIST_RULES, WORKBOOK_RULES, run
from framework.disclosure.checks.context import Context
from framework.disclosure.columns import SHEETS, SITES
from framework.disclosure.our_marks import without_our_marks
from framework.disclosure.read_lists import read_site_lists
from framework.disclosure.read_workbook import read_workbook
from framework.disclosure.recognise import HEADER_ROWS, OURS, SITE_LIST, Recognised, lies_on_its_side, recognise
from framework.disclosure.scope import RoundScope
from framework.disclosure.table import Listed, Table
from framework.ground.issue_catalogue import make, refusal_issue
from framework.ground.issues import Issue, Severity
from framework.ground.reading.facts import book_issues
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.text import N_

COUNTABLE, BLOCKED, REFUSED = "countable", "blocked", "refused"
MAX_ISSUES = 20_000
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

    `verdict` is countable, blocked or refused; `format` hefboom-1.0, site-list or unknown. `tables` maps our sheet names to
    rows `{"row": n, "values": {...}, "found": {...}}` in a form that survives JSON: dates are ISO texts, values not given
    are absent. `created` are rows the program adds (D13). `issues` are the gravest `MAX_ISSUES`; `issue_total` counts all.
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
    if found.format == SITE_LIST:
        return _check_list(book, found, scope, today, previous)
    issues = [*book_issues(book), make("header-not-found", limit=HEADER_ROWS)]
    sideways = [sheet.name for sheet in book.sheets if sheet.visible and lies_on_its_side(sheet)]
    issues += [make("table-lies-on-its-side", sheet=name) for name in sideways]
    return _finished(Checked(BLOCKED, found.format, sheets=_not_read(found, [])), issues)


def check_task(book: Book | Refusal, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The work of the child process: `arguments` hold `scope` (`RoundScope.to_json()` or None), `today`, `previous`, `smelters`."""
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
    checked.sheets += _not_read(found, issues)
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
