"""How many columns of foreign lists are understood, and whether a required one is wrong without a word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from framework.disclosure.check_file import check
from framework.disclosure.guessing import REQUIRED
from framework.disclosure.table import place_of
from tests.disclosure.foreign_sheets import ForeignSheet
from tests.disclosure.workbooks import TODAY


@dataclass
class Measured:
    """Columns looked at, columns right; `wrong` (sheet, header, expected, found), `silent` those wrong and required without a word."""

    columns: int = 0
    right: int = 0
    wrong: list[tuple[str, str, str, str]] = field(default_factory=list)
    silent: list[tuple[str, str, str, str]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of columns that are right."""
        return self.right / self.columns


def measure(sheets: Iterable[ForeignSheet]) -> Measured:
    """Check every list and compare what its columns were taken for with what they mean."""
    result = Measured()
    for sheet in sheets:
        found = check(sheet.book(), None, today=TODAY)
        told = {issue.column for issue in found.issues if issue.code == "column-guessed"}
        columns = found.columns[0]["columns"] if found.columns else []
        taken = {place_of(one["cell"].rstrip("0123456789")): one for one in columns}
        if found.verdict != "countable":
            result.blocked.append(sheet.key)
        for place, expected in sheet.expected.items():
            one = taken.get(place, {"field": "", "header": ""})
            result.columns += 1
            if one["field"] == expected:
                result.right += 1
                continue
            wrong = (sheet.key, one["header"], expected, one["field"])
            result.wrong.append(wrong)
            if one["field"] in REQUIRED and one["header"] not in told and found.verdict == "countable":
                result.silent.append(wrong)
    return result
