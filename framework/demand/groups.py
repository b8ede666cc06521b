"""Issues of a table put together by cause, so that one fault in thousands of rows is one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framework.ground.issues import Issue
from framework.ground.text import NN_

ROWS_NAMED = 5
MANY = {
    "line-twice": NN_(
        "%(count)s row falls on the same line as another row: add it up? (row %(rows)s)",
        "%(count)s rows fall on the same line as another row: add them up? (rows %(rows)s)",
    ),
    "year-missing": NN_(
        "%(count)s row says no contract year. Say below which year it is for.",
        "%(count)s rows say no contract year. Say below which year they are for.",
    ),
    "no-quantities": NN_(
        "No column was recognised as a quantity, so %(count)s row was not read. Say below which column holds the expected quantity.",
        "No column was recognised as a quantity, so %(count)s rows were not read. Say below which column holds the expected quantity.",
    ),
}
"""Codes with a sentence of their own for all their rows together, for one and for many; `%(rows)s` names the first."""
THE_SAME = NN_(
    "%(first)s The same in %(count)s more row: %(rows)s.", "%(first)s The same in %(count)s more rows: %(rows)s."
)
"""The sentence of the first issue of a group, and where else it is so."""


@dataclass(frozen=True, slots=True)
class Group:
    """The issues of one cause at one column, in their order."""

    code: str
    issues: tuple[Issue, ...]


def rows_named(issues: Sequence[Issue]) -> str:
    """The first rows of some issues, with a sign that there are more."""
    named = [str(issue.row) for issue in issues[:ROWS_NAMED]]
    return ", ".join([*named, "…"] if len(issues) > ROWS_NAMED else named)


def grouped(issues: Iterable[Issue]) -> list[Group]:
    """The issues by cause and column, in the order in which each cause comes first."""
    found: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        found.setdefault((issue.code, issue.column), []).append(issue)
    return [Group(code, tuple(together)) for (code, _column), together in found.items()]
