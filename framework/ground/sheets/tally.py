"""Counting one sheet while it streams by: geometry guards and the facts that readers do not give."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from operator import lt

from framework.ground.sheets.cells import SheetFacts
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.refused import damaged, refused

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_STARTS_PROGRAM = re.compile(r"(?:\A|[=+\-*/(,;&\s])'?[A-Za-z][\w.]*'?\s*\|")
_QUOTED = re.compile(r'"[^"]*"')
_LINK = re.compile(r"\[\d+\]|WEBSERVICE\s*\(|IMPORT(?:XML|DATA|HTML|FEED|RANGE)\s*\(|RTD\s*\(", re.IGNORECASE)


@dataclass(slots=True)
class Budget:
    """What is left for the whole file: valued cells and ranges."""

    cells: int = 0
    ranges: int = 0


def column_number(letters: str) -> int:
    """A = 1, XFD = 16384."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 = A, 16384 = XFD."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def place(row: int, column: int) -> str:
    """A place as people see it: C14."""
    return f"{column_letters(column)}{row}"


@dataclass(slots=True)
class Tally:
    """Running counts of one sheet; every guard raises `Refused`."""

    sheet: str
    limits: Limits
    budget: Budget
    facts: SheetFacts = field(default_factory=SheetFacts)
    row_elements: int = 0
    last_number: int = 0
    valued_rows: list[int] = field(default_factory=list)
    far: int = 0
    first_far: str = ""
    seen: bytearray = field(default_factory=lambda: bytearray(LAST_ROW + 1))

    def __post_init__(self) -> None:
        self.facts.read_columns = self.limits.read_columns

    def begin_row(self, number: int, *, hidden: bool = False) -> None:
        """A row element with this number begins."""
        if not 1 <= number <= LAST_ROW:
            raise damaged("row-number", sheet=self.sheet, found=str(number)[:20])
        if self.seen[number]:
            raise refused("file-ambiguous", "row-twice", sheet=self.sheet, row=number)
        self.seen[number] = 1
        self.facts.rows_unordered = self.facts.rows_unordered or number < self.last_number
        self.last_number = number
        self.row_elements += 1
        if self.row_elements > self.limits.max_row_elements:
            raise refused("too-many-rows", "row-elements", sheet=self.sheet, limit=self.limits.max_row_elements)
        if hidden:
            self.facts.hidden_rows.append(number)

    def end_row(self, number: int, valued: int, last_column: int) -> None:
        """The row is over; `last_column` is that of its last valued cell."""
        if not valued:
            self.facts.empty_rows += 1
            return
        self.facts.valued_cells += valued
        self.facts.last_column = max(self.facts.last_column, last_column)
        self.facts.last_row = max(self.facts.last_row, number)
        self.facts.rows += 1
        self.valued_rows.append(number)
        if len(self.valued_rows) > self.limits.max_rows:
            raise refused("too-many-rows", sheet=self.sheet, limit=self.limits.max_rows)
        self.budget.cells += valued
        if self.budget.cells > self.limits.max_cells:
            raise refused("too-many-cells", sheet=self.sheet, limit=self.limits.max_cells)

    def whole_rows(self, counted: list[tuple[int, int, int]]) -> None:
        """Rows that are over, none of them hidden: number, valued cells and last valued column of each.

        Many ascending rows that break no guard are counted at once; all others one by one, so that the first broken guard speaks.
        """
        if not self._plain_rows(counted):
            for number, valued, last_column in counted:
                self.begin_row(number)
                self.end_row(number, valued, last_column)

    def _plain_rows(self, counted: list[tuple[int, int, int]]) -> bool:
        """Count ascending rows below every limit; False, with nothing counted, where they are not."""
        numbers = [number for number, _valued, _last in counted]
        filled = [number for number, valued, _last in counted if valued]
        cells = sum([valued for _number, valued, _last in counted])
        ascending = all(map(lt, (self.last_number, *numbers), numbers)) and not self.facts.rows_unordered
        within = (
            self.row_elements + len(numbers) <= self.limits.max_row_elements
            and len(self.valued_rows) + len(filled) <= self.limits.max_rows
            and self.budget.cells + cells <= self.limits.max_cells
        )
        if not (numbers and ascending and within and numbers[-1] <= LAST_ROW):
            return False
        for number in numbers:
            self.seen[number] = 1
        self.last_number = numbers[-1]
        self.row_elements += len(numbers)
        self.valued_rows += filled
        self.budget.cells += cells
        facts = self.facts
        facts.empty_rows += len(numbers) - len(filled)
        facts.rows += len(filled)
        facts.valued_cells += cells
        facts.last_row = max(facts.last_row, filled[-1] if filled else 0)
        facts.last_column = max([facts.last_column, *(last for _number, valued, last in counted if valued)])
        return True

    def far_cell(self, row: int, column: int) -> None:
        """A valued cell beyond the last column that is looked at."""
        self.far += 1
        self.first_far = self.first_far or place(row, column)

    def formula(self, row: int, column: int, text: str) -> None:
        """A formula: counted, never evaluated; one that starts a program refuses the file."""
        if "|" in text and _STARTS_PROGRAM.search(_QUOTED.sub("", text)):
            raise refused("file-starts-program", sheet=self.sheet, cell=place(row, column))
        if _LINK.search(text):
            self.facts.linked_formulas.append((row, column))

    def ranges(self, count: int) -> None:
        """Validations, formats, merges and names: their number is capped, their content is not loaded."""
        self.budget.ranges += count
        if self.budget.ranges > self.limits.max_ranges:
            raise refused("file-too-many-ranges", sheet=self.sheet, limit=self.limits.max_ranges)

    def merge(self, reference: str) -> None:
        """A merged range such as A1:B2."""
        self.ranges(1)
        corners = [_REFERENCE.fullmatch(corner) for corner in reference.split(":")]
        if len(corners) not in (1, 2) or None in corners:
            raise damaged("merge", sheet=self.sheet, range=reference[:40])
        places = [(int(match[2]), column_number(match[1])) for match in corners if match]
        top, left = places[0]
        bottom, right = places[-1]
        if (bottom - top + 1) * (right - left + 1) > self.limits.max_merge_cells:
            raise refused("merge-too-large", sheet=self.sheet, range=reference, limit=self.limits.max_merge_cells)
        self.facts.merged.append((top, left, bottom, right))

    def finish(self) -> None:
        """All rows are in: no valued cell may stand far outside the table."""
        if self.far == 1:
            raise refused("cell-far-away", sheet=self.sheet, cell=self.first_far)
        if self.far:
            raise refused(
                "too-many-columns", sheet=self.sheet, cell=self.first_far, found=self.far, limit=self.limits.max_columns
            )
        rows = sorted(self.valued_rows) if self.facts.rows_unordered else self.valued_rows
        before = 0
        for row in rows:
            if row - before > self.limits.max_gap_rows:
                raise refused("cell-far-away", sheet=self.sheet, cell=f"{row}:{row}", row=row)
            before = row
        self.seen = bytearray()
