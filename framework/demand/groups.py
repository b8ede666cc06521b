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
    "category-unknown": NN_(
        "%(count)s row names something that is none of our categories. Say below what it is. (row %(rows)s)",
        "%(count)s rows name something that is none of our categories. Say below what it is. (rows %(rows)s)",
    ),
    "category-outside": NN_(
        "%(count)s row names something that is not bought in this lot. Say below what to do with it. (row %(rows)s)",
        "%(count)s rows name something that is not bought in this lot. Say below what to do with them. (rows %(rows)s)",
    ),
    "sum-not-known": NN_(
        "%(count)s row is not known yet and would make the sum with other rows unknown. Say below whether to add up without it. (row %(rows)s)",
        "%(count)s rows are not known yet and would make the sum with other rows unknown. Say below whether to add up without them. (rows %(rows)s)",
    ),
    "is-a-change": NN_(
        "%(count)s row gives a change on top of an earlier number. Write the total in your sheet and send it again, or leave the row out below. (row %(rows)s)",
        "%(count)s rows give a change on top of an earlier number. Write the totals in your sheet and send it again, or leave the rows out below. (rows %(rows)s)",
    ),
    "total-and-change": NN_(
        "%(count)s row gives both a total and a change, which contradict each other. Keep the total in your sheet and send it again, or leave the row out below. (row %(rows)s)",
        "%(count)s rows give both a total and a change, which contradict each other. Keep the totals in your sheet and send it again, or leave the rows out below. (rows %(rows)s)",
    ),
    "no-quantities": NN_(
        "No column was recognised as a quantity, so %(count)s row was not read. Say below which column holds the expected quantity, or that each row is one piece.",
        "No column was recognised as a quantity, so %(count)s rows were not read. Say below which column holds the expected quantity, or that each row is one piece.",
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
    rows = list(dict.fromkeys(issue.row for issue in issues))
    named = [str(row) for row in rows[:ROWS_NAMED]]
    return ", ".join([*named, "…"] if len(rows) > ROWS_NAMED else named)


def count_rows(issues: Sequence[Issue]) -> int:
    """How many rows some issues stand at."""
    return len({issue.row for issue in issues})


def grouped(issues: Iterable[Issue]) -> list[Group]:
    """The issues by cause and column, in the order in which each cause comes first."""
    found: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        found.setdefault((issue.code, issue.column), []).append(issue)
    return [Group(code, tuple(together)) for (code, _column), together in found.items()]
