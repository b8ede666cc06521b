"""What was understood of somebody's table: its lines, what is wrong with it, what was converted, and where every row went."""

from __future__ import annotations

from dataclasses import dataclass, field

from framework.demand.columns import Column, Numbered
from framework.demand.figures import DecimalSign
from framework.demand.lines import Line
from framework.demand.wordings import Wording
from framework.ground.issues import Issue

Note = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Account:
    """Where the rows of a table went: into a line, into the line of another row, totals left out, listed with a reason.

    `left` are those that the person left out.
    """

    rows: int
    taken: int
    added: int
    totals: int
    listed: int
    left: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.taken + self.added + self.totals + self.listed + self.left


@dataclass(slots=True)
class Understood:
    """What a table says. `lines` may be saved only when `issues` is empty; `notes` say what was converted or left out.

    `sign_needed`: a column of money writes figures such as 1.234 that can be read two ways; the person says which.
    `rows` are the rows below the header, with their own numbers; `left` those that the person left out. `unknown` are rows
    that a sum was made without, as the person said. `wordings` are
    what the column of categories says and the lot does not know. `may_leave_out`: rows are listed that no answer mends.
    `sheets` are the visible sheets of a file that hold something, `sheet` the one that was read.
    """

    columns: list[Column]
    rows: list[Numbered]
    signs: dict[int, DecimalSign]
    sign_needed: bool
    lines: list[Line] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    wordings: list[Wording] = field(default_factory=list)
    may_leave_out: bool = False
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    account: Account = Account(0, 0, 0, 0, 0)

    @property
    def is_wide(self) -> bool:
        """Whether the contract years stand side by side."""
        return any(":" in column.target for column in self.columns)
