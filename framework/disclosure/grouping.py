"""Group issues by cause, so that thirty-seven cells with one mistake are one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from framework.ground.issue_catalogue import PLACEHOLDER, describe
from framework.ground.issues import Issue, Severity
from framework.ground.text import N_

BY_VALUE = frozenset(
    "value-not-allowed country-read placeholder brand-without-row value-look-alike cell-error number-normalised "
    "label-expired ref-unknown".split()
)
"""Codes whose places are told apart by the value found."""
MAX_VALUES = 12
MAX_PLACES = 200
MIXED = N_("%(count)s places with different values. One of them: %(sentence)s")
_SAME_PLACE = frozenset({"sheet", "column"})
"""Parameters that are the same throughout a group, beside the value where that makes the group."""
_GRAVITY = {severity: place for place, severity in enumerate(Severity)}


@dataclass(slots=True)
class IssueGroup:
    """Issues of one cause in one column. `value` is blank when the group holds several values; `places` are capped, `count` is not.

    `sample` is the first issue: it carries the parameters for the sentence.
    """

    code: str
    cause: str
    severity: Severity
    sheet: str
    column: str
    value: str
    sample: Issue
    count: int = 0
    places: list[Issue] = field(default_factory=list)
    mixed: bool = False
    """Different values in one group: the sentence of `sample` is an example, shown with `MIXED`."""


def group(issues: Iterable[Issue]) -> list[IssueGroup]:
    """Groups in order of gravity, then size. A column with more than twelve different values of one cause is one group."""
    gathered: dict[tuple[str, ...], dict[str, list[Issue]]] = defaultdict(lambda: defaultdict(list))
    for issue in issues:
        value = issue.value if issue.code in BY_VALUE else ""
        kind = (issue.code, issue.cause, str(issue.severity), issue.sheet, issue.column)
        gathered[kind][value].append(issue)
    groups = [made for values in gathered.values() for made in _groups(values)]
    return sorted(groups, key=lambda one: (_GRAVITY[one.severity], -one.count))


def is_mixed(message: str, places: Iterable[Mapping[str, object]], *, values: int) -> bool:
    """Whether the sentence of one issue is only an example of its group: it would say something else at another place.

    `places` are the parameters at the first places, value and row among them; `values` is how many different values the
    whole group has.
    """
    used = set(PLACEHOLDER.findall(message)) - _SAME_PLACE
    said = {tuple(str(place.get(name)) for name in sorted(used)) for place in places}
    return len(said) > 1 or ("value" in used and values > 1)


def _groups(values: dict[str, list[Issue]]) -> list[IssueGroup]:
    if len(values) > MAX_VALUES:
        values = {"": [issue for issues in values.values() for issue in issues]}
    return [_group(value, issues) for value, issues in values.items()]


def _group(value: str, issues: list[Issue]) -> IssueGroup:
    one = issues[0]
    different = len({issue.value for issue in issues})
    return IssueGroup(
        code=one.code,
        cause=one.cause,
        severity=one.severity,
        sheet=one.sheet,
        column=one.column,
        value=value,
        sample=one,
        count=len(issues),
        places=issues[:MAX_PLACES],
        mixed=is_mixed(
            describe(one)[0], ({"value": i.value, "row": i.row} | i.params for i in issues), values=different
        ),
    )
