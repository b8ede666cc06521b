"""Gather the issues of one file: all are counted, the gravest are kept, however many there are."""

from __future__ import annotations

from collections.abc import Iterable

from framework.ground.issues import Issue, Severity

MAX_ISSUES = 20_000


class Gathered:
    """Issues by gravity, in the order in which they were found; of each gravity the first `MAX_ISSUES` are kept."""

    def __init__(self, *found: Iterable[Issue]) -> None:
        self._kept: dict[Severity, list[Issue]] = {severity: [] for severity in Severity}
        self._counts = dict.fromkeys(Severity, 0)
        for issues in found:
            self.add(issues)

    def add(self, issues: Iterable[Issue]) -> None:
        """Take these up as well."""
        kept, counts = self._kept, self._counts
        for issue in issues:
            counts[issue.severity] += 1
            if counts[issue.severity] <= MAX_ISSUES:
                kept[issue.severity].append(issue)

    @property
    def total(self) -> int:
        """How many were found."""
        return sum(self._counts.values())

    @property
    def by_severity(self) -> dict[str, int]:
        """How many of each gravity that occurs, the gravest first."""
        return {str(severity): count for severity, count in self._counts.items() if count}

    def gravest(self) -> list[Issue]:
        """The gravest `MAX_ISSUES`, the gravest first."""
        return [issue for kept in self._kept.values() for issue in kept][:MAX_ISSUES]

    def has(self, severity: Severity) -> bool:
        """Whether one of this gravity was found."""
        return self._counts[severity] > 0
