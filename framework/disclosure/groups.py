"""Issues of a stored version, grouped by cause with SQL: a hundred thousand issues stay one page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, case, func, literal, select
from sqlalchemy.orm import Session

from framework.disclosure.checked import REASONS
from framework.disclosure.gathering import MAX_ISSUES
from framework.disclosure.grouping import BY_VALUE, is_mixed
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue, Severity
from models.disclosure import Disclosed, SubmissionIssue, SubmissionRow

PLACES_SHOWN = 12
RANK = {"block": 0, "error": 1, "warning": 2, "note": 3}


class Place(NamedTuple):
    """A place in the supplier's file; `cell` (C14) is blank where an issue is about a whole row."""

    sheet: str
    row: int | None
    cell: str


@dataclass(frozen=True, slots=True)
class Group:
    """One cause: how often, where first, and what to say about it (templates to translate)."""

    issue: Issue
    count: int
    places: tuple[Place, ...]
    message: str
    advice: str
    params: dict[str, object]
    mixed: bool = False
    """The sentence names something that differs within the group; it is told of the first place."""
    values: tuple[str, ...] = ()
    """The values found at the first places, each once."""
    value_count: int = 0
    """How many different values were found in all."""
    of_value: str = ""
    """The value that makes the group; blank where the group holds several."""

    @property
    def anchor(self) -> str:
        """What names this cause in the address of its page."""
        return anchor(self.issue)

    @property
    def severity(self) -> str:
        """block, error, warning or note."""
        return self.issue.severity.value

    @property
    def has_cells(self) -> bool:
        """Whether the remark is about single cells, which can be mended one by one."""
        return self.issue.row is not None and bool(self.issue.params.get("cell"))


def anchor(issue: Issue) -> str:
    """What names the cause of a remark in the address of its page."""
    value = issue.value if issue.code in BY_VALUE else ""
    key = "\n".join((issue.severity.value, issue.code, issue.cause, issue.sheet, issue.column, value))
    return "cause-" + hashlib.sha256(key.encode()).hexdigest()[:12]


def issue_of(row: SubmissionIssue) -> Issue:
    """The stored row as an issue."""
    severity = Severity(row.severity)
    return Issue(row.code, severity, row.sheet, row.row, row.column, row.value, row.cause, dict(row.params))


def groups(session: Session, submission: Disclosed, *, language: str = "", limit: int | None = None) -> list[Group]:
    """The groups by code, cause, sheet and column, and by value where one mending serves all: gravest first.

    Countries are named in `language`.
    """
    keys = _keys()
    table = SubmissionIssue
    query = (
        select(
            *keys,
            func.count().label("n"),
            func.min(table.id).label("first"),
            func.count(table.value.distinct()).label("values"),
        )
        .where(table.submission_id == submission.id)
        .group_by(*keys)
        .order_by(func.count().desc(), func.min(table.position))
    )
    by_gravity = sorted(
        session.execute(query), key=lambda found: RANK[found.severity]
    )  # sealed, it has no order in SQL
    found = by_gravity[:limit]
    firsts = {row.id: row for row in _rows(session, [g.first for g in found])}
    places = _places(session, submission)
    return [_group(firsts[g.first], g, places.get(tuple(map(str, tuple(g)[:6])), []), language) for g in found]


def first_block(session: Session, submission: Disclosed, *, language: str = "") -> Group | None:
    """The gravest problem of a version that cannot be counted, for its first line; None where nothing blocks it."""
    found = groups(session, submission, language=language, limit=1)
    return found[0] if found and found[0].severity == "block" else None


def total_groups(session: Session, submission: Disclosed) -> int:
    """How many groups there are."""
    table, keys = SubmissionIssue, _keys()
    inner = select(*keys).where(table.submission_id == submission.id).group_by(*keys).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def counts(submission: Disclosed) -> dict[str, int]:
    """How many issues of each severity were found, gravest first, those not kept one by one among them."""
    return {severity: submission.issue_counts.get(severity, 0) for severity in RANK}


def not_kept(submission: Disclosed) -> int:
    """How many issues of the least grave kind were counted only, because a file may hold more than anybody reads."""
    return max(0, sum(map(int, submission.issue_counts.values())) - MAX_ISSUES)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of one sheet that were listed, not stored, for one reason (a template to translate)."""

    sheet: str
    reason: str
    count: int
    first_row: int
    last_row: int


def left_out(session: Session, submission: Disclosed) -> list[LeftOut]:
    """Which rows were left out and why: by sheet and reason, with the first and last of them."""
    table = SubmissionRow
    query = (
        select(table.sheet, table.listed_reason, func.count(), func.min(table.row), func.max(table.row))
        .where(table.submission_id == submission.id, table.listed_reason != "")
        .group_by(table.sheet, table.listed_reason)
    )
    found = sorted(session.execute(query), key=lambda one: (one[0], one[3]))  # sealed, names have no order in SQL
    return [LeftOut(sheet, REASONS.get(key, key), n, first, last) for sheet, key, n, first, last in found]


def all_issues(session: Session, submission: Disclosed) -> list[Issue]:
    """Every stored issue, in the order found."""
    query = select(SubmissionIssue).where(SubmissionIssue.submission_id == submission.id)
    return [issue_of(row) for row in session.scalars(query.order_by(SubmissionIssue.position))]


def _rows(session: Session, numbers: Sequence[int]) -> Sequence[SubmissionIssue]:
    return session.scalars(select(SubmissionIssue).where(SubmissionIssue.id.in_(numbers))).all() if numbers else []


def _places(session: Session, submission: Disclosed) -> dict[tuple[str, ...], list[Row[Any]]]:
    """Sheet, row, value and parameters of the first places of every group, in one query."""
    table, keys = SubmissionIssue, _keys()
    number = func.row_number().over(partition_by=keys, order_by=(table.row, table.position)).label("number")
    inner = (
        select(*keys, table.row, table.value.label("found"), table.params, number)
        .where(table.submission_id == submission.id)
        .subquery()
    )
    places: dict[tuple[str, ...], list[Row[Any]]] = {}
    for place in session.execute(select(inner).where(inner.c.number <= PLACES_SHOWN).order_by(inner.c.number)):
        places.setdefault(tuple(place)[:6], []).append(place)
    return places


def _keys() -> tuple[ColumnElement[str], ...]:
    """What makes one group."""
    table = SubmissionIssue
    value = of_value().label("of_value")
    return table.severity, table.code, table.cause, table.sheet, table.column, value  # type: ignore[return-value]


def of_value() -> ColumnElement[str]:
    """The value that tells groups apart: only where the same value has the same remedy everywhere, else blank."""
    table = SubmissionIssue
    return case((table.code.in_(BY_VALUE), table.value), else_=literal(""))


def _group(first: SubmissionIssue, found: Any, places: list[Row[Any]], language: str) -> Group:
    issue = issue_of(first)
    message, advice, params = describe(issue, language=language)
    shown = [{"value": place.found, "row": place.row} | place.params for place in places]
    return Group(
        issue,
        found.n,
        tuple(Place(place.sheet, place.row, str(place.params.get("cell", ""))) for place in places),
        message,
        advice,
        params,
        mixed=found.n > 1 and is_mixed(message, shown, values=found.values),
        values=tuple(dict.fromkeys(place.found for place in places if place.found)),
        value_count=found.values,
        of_value=found.of_value,
    )
