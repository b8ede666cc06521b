"""A problem in somebody's data as data: code, cause, severity and place; words come from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """What an issue means for the version that holds it (disclosure workbook rules, section 5)."""

    BLOCK = "block"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem at one place.

    `code` is a key of the catalogue (`data/issues.csv`), `cause` the particular cause
    under it (may be empty); both together group issues. `row` is the sheet's own row
    number (1-based) and `column` the column's name or letter, as the person sees them.
    `value` is the value found, cut to 200 characters, never translated.
    """

    code: str
    severity: Severity
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    cause: str = ""
    params: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Code and cause, the key by which issues are grouped."""
        return f"{self.code} / {self.cause}" if self.cause else self.code
