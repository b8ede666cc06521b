"""What the owner of a version is told once its key is away: counts, and what is remarked where; no text of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from framework.disclosure.checked import Checked
from framework.ground.issue_catalogue import catalogue
from framework.ground.issues import Issue
from models.disclosure import Disclosed, Submission

FACTS = ("format", "file_kind", "rows_in", "rows_stored", "rows_listed", "issue_count", "issue_counts", "seconds")
MOST = 500
"""Remarks that are told one by one."""


@dataclass(frozen=True, slots=True)
class Told:
    """Remarks of one cause: its sentence and advice as templates, how grave, in which rows of the file."""

    message: str
    advice: str
    severity: str
    rows: tuple[int, ...]


def of(submission: Disclosed, checked: Checked) -> dict[str, Any]:
    """What is kept; causes that quote the file are told by their code alone."""
    facts = {name: getattr(submission, name) for name in FACTS}
    remarks = [[one.code, _cause(one), one.severity.value, one.row] for one in checked.issues[:MOST]]
    return facts | {"remarks": remarks}


def remarks_of(submission: Submission) -> list[Told]:
    """The remarks of a version whose key is away, by cause, in the order in which they were found. Raises KeyMissing."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for code, cause, severity, row in submission.facts().get("remarks", []):
        rows = found.setdefault((code, cause, severity), [])
        if row is not None:
            rows.append(row)
    return list(_grouped(found))


def _grouped(found: dict[tuple[str, str, str], list[int]]) -> Iterator[Told]:
    for (code, cause, severity), rows in found.items():
        entry = catalogue().get((code, cause)) or catalogue()[code, ""]
        yield Told(entry.message, entry.advice, severity, tuple(sorted(set(rows))))


def _cause(issue: Issue) -> str:
    """The cause where the catalogue knows it: others are made of what stands in the file."""
    return issue.cause if (issue.code, issue.cause) in catalogue() else ""
