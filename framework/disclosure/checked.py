"""What is known about a file after checking: verdict, rows and where they went, remarks; in a form that leaves the child."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from framework.disclosure.gathering import Gathered
from framework.disclosure.recognise import Recognised
from framework.disclosure.table import Listed, Table
from framework.ground.issue_catalogue import make, refusal_issue
from framework.ground.issues import Issue, Severity
from framework.ground.sheets import lines
from framework.ground.text import N_

COUNTABLE, BLOCKED, REFUSED = "countable", "blocked", "refused"
ANSWERS, MINES, ORGANISATIONS, ASKED_MINERALS = "answers", "mines", "organisations", "asked_minerals"
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


def account_of(table: Table) -> SheetAccount:
    """The rows of a table that was read."""
    return SheetAccount(
        table.title, table.sheet, table.rows_in, len(table), sorted(table.listed, key=lambda one: one.row)
    )


def not_read(found: Recognised, issues: Gathered) -> list[SheetAccount]:
    """Sheets with values that were not read: every row listed, and a word about each sheet."""
    accounts = []
    for sheet in found.not_read:
        reason = "sheet-not-read" if sheet.visible else "sheet-hidden"
        issues.add([make(reason, sheet=sheet.name)])
        rows = [Listed(row.number, reason) for row in sheet.rows]
        accounts.append(SheetAccount(sheet.name, "", len(rows), 0, rows))
    return accounts


def finished(checked: Checked, issues: Gathered) -> Checked:
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
