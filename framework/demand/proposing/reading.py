"""A workbook with the demand of many members, read: its rows put together by member and lot, every row accounted for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from framework.demand import rules, tables, vocabulary
from framework.demand.columns import Choices, Column, Numbered
from framework.demand.lines import Line, Scope, one_line
from framework.demand.proposing import words
from framework.demand.proposing.members import Match, Member, Members, Said
from framework.demand.tables import Layout
from framework.demand.understood import Note
from framework.ground.blocks import Table
from framework.ground.errors import FileRefused, InvalidInput
from framework.ground.issues import Issue
from framework.ground.quantity_words import norm
from framework.ground.text import N_

MOST_ROWS = 100_000
MOST_LINES = 1_000
"""Of one member and lot: what a grid can show."""
_EVERY = 1_000
Heard = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LotSaid:
    """A lot as rows name it."""

    id: int
    number: int
    code: str
    name: str
    scope: Scope


@dataclass(slots=True)
class Part:
    """All rows of one member and lot. `status`: ready, doubtful, unknown, broken (a row is to be mended) or out."""

    said: Said
    match: Match
    lot: LotSaid | None
    rows: list[Numbered] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def status(self) -> str:
        """What would become of it."""
        if self.match.is_out:
            return "out"
        if self.match.member is None:
            return "doubtful" if self.match.likes else "unknown"
        return "broken" if self.issues or self.lot is None else "ready"


@dataclass(frozen=True, slots=True)
class Read:
    """The whole workbook: rows in = rows of the parts + totals. `asks` what is to be answered first: whose, quantities, sign, twice."""

    sheet: str
    columns: list[Column]
    header_row: int
    rows: int
    totals: list[int]
    parts: list[Part]
    notes: list[Note]
    asks: tuple[str, ...]


def read(
    table: Table, lots: Sequence[LotSaid], members: Members, choices: Choices, *, heard: Heard = lambda _d, _t: None
) -> Read:
    """Every row under its member and lot, each part read as that member's own sheet would be.

    `choices.defaults` are added to by the member's country and by what a lot leaves no choice of. `heard(done, total)` hears
    how many rows are done. Raises InvalidInput where there is no header or there are too many rows.
    """
    choices = replace(choices, words={**words.headers(), **choices.words})
    layout = tables.layout_of(table, _widest(lots), choices)
    if layout.header is None:
        raise InvalidInput("no-header", _NO_HEADER)
    data = [(n, cells) for n, cells in table.rows if n > layout.header[0] and _is_filled(cells)]
    if len(data) > MOST_ROWS:
        raise InvalidInput("too-many-rows", _TOO_MANY, rows=len(data), limit=MOST_ROWS)
    asks = _asks(layout)
    totals, parts = _parted(data, layout, lots, members, choices)
    done = 0
    for part in parts if not asks else ():
        before = done
        done += len(part.rows)
        _understand(part, table, layout, choices)
        if done // _EVERY > before // _EVERY:
            heard(done, len(data))
    notes = tables.notes_of(table, layout, choices, totals)
    return Read(table.sheet, layout.columns, layout.header[0], len(data), totals, parts, notes, asks)


def _widest(lots: Sequence[LotSaid]) -> Scope:
    """What any of the lots allows."""
    scopes = [lot.scope for lot in lots]
    if not scopes:
        raise FileRefused("no-lots", N_("The round has no lot yet, so there is nothing to propose demand for."))
    categories = dict.fromkeys(c for scope in scopes for c in scope.categories)
    tiers = dict.fromkeys(t for scope in scopes for t in scope.tiers)
    return Scope(tuple(categories), tuple(tiers), max(scope.years for scope in scopes), scopes[0].currency)


def _asks(layout: Layout) -> tuple[str, ...]:
    targets = {column.target.partition(":")[0] for column in layout.columns}
    found = [] if targets & {words.NAME, words.NUMBER, words.REFERENCE} else ["whose"]
    found += [] if targets & {*tables.FIGURES, "not_known_reason"} else ["quantities"]
    found += ["twice"] if any(column.ground == "twice" for column in layout.columns) else []
    return tuple(found + (["sign"] if layout.sign_needed else []))


def _parted(
    data: Iterable[Numbered], layout: Layout, lots: Sequence[LotSaid], members: Members, choices: Choices
) -> tuple[list[int], list[Part]]:
    """The rows that are sums, and the others by whom and what lot they are for, in the order of the sheet."""
    at = {column.target: column.index for column in layout.columns if column.target}
    finder = _Lots(lots, at, choices)
    totals: list[int] = []
    parts: dict[Any, Part] = {}
    for number, cells in data:
        first = next((c for c in cells if c not in (None, "")), "")
        if isinstance(first, str) and vocabulary.is_total(first):
            totals.append(number)
            continue
        said = _said(cells, at)
        match = members.find(said)
        lot, trouble = finder.of(cells)
        who = match.member.id if match.member is not None else said
        part = parts.setdefault((who, lot.id if lot is not None else None), Part(said, match, lot))
        part.rows.append((number, cells))
        if said.is_blank:
            part.issues.append(_issue("member-missing", number, words.NAME))
        elif match.member is not None and not match.member.is_in:
            part.issues.append(_issue("member-not-in", number, words.NAME, match.member.name))
        if trouble:
            part.issues.append(_issue(trouble, number, words.LOT, _cell(cells, at.get(words.LOT))))
    return totals, list(parts.values())


def _said(cells: list[Any], at: dict[str, int]) -> Said:
    name, number, reference = (_cell(cells, at.get(key)) for key in (words.NAME, words.NUMBER, words.REFERENCE))
    return Said(name[:200], number[:40], reference[:20])


def _understand(part: Part, table: Table, layout: Layout, choices: Choices) -> None:
    """Read the rows of a part as a sheet of that member and lot; a part that is of nobody is not read."""
    if part.lot is None or part.match.member is None:
        return
    known = {issue.row for issue in part.issues}
    rows = [row for row in part.rows if row[0] not in known]
    found = tables.understand(
        Table(rows, table.sheet, table.refused),
        part.lot.scope,
        replace(choices, defaults=_defaults(part.lot.scope, part.match.member) | dict(choices.defaults)),
        layout=layout,
    )
    part.lines = found.lines
    part.issues += found.issues
    if len(found.lines) > MOST_LINES:
        part.issues.append(_issue("too-many-lines", part.rows[0][0], words.NAME, len(found.lines), limit=MOST_LINES))


def _defaults(scope: Scope, member: Member) -> dict[str, str]:
    """What rows that do not say it are taken for, as in the member's own import: what can only be one thing, its country."""
    return {
        "category": scope.categories[0] if len(scope.categories) == 1 else "",
        "spec_tier": scope.tiers[0] if len(scope.tiers) == 1 else "",
        "delivery_country": member.country,
        "year_no": "1" if scope.years == 1 else "",
    }


class _Lots:
    """Which lot a row is for: the one it names, else the only one that buys its category and tier."""

    def __init__(self, lots: Sequence[LotSaid], at: dict[str, int], choices: Choices) -> None:
        self.lots, self.at, self.choices = lots, at, choices
        told = Counter(key for lot in lots for key in {str(lot.number), norm(lot.code), norm(lot.name)} - {""})
        self.named = {
            key: lot
            for lot in lots
            for key in (norm(lot.name), norm(lot.code), str(lot.number))
            if key and told[key] == 1
        }
        self.known: dict[tuple[str, str, str], tuple[LotSaid | None, str]] = {}

    def of(self, cells: list[Any]) -> tuple[LotSaid | None, str]:
        """The lot, or the code of why none can be told."""
        name, category, tier = (_cell(cells, self.at.get(key)) for key in (words.LOT, "category", "spec_tier"))
        asked = (name, category, tier)
        if asked not in self.known:
            self.known[asked] = self._of(*asked)
        return self.known[asked]

    def _of(self, name: str, category: str, tier: str) -> tuple[LotSaid | None, str]:
        if name:
            key = norm(name)
            found = self.named.get(key) or self.named.get(key.removeprefix("lot"))
            return (found, "") if found is not None else (None, "lot-unknown")
        if len(self.lots) == 1:
            return self.lots[0], ""
        key = vocabulary.category_of(category, self.choices.words) or category
        fitting = [lot for lot in self.lots if key in lot.scope.categories]
        if len(fitting) > 1 and tier:
            fitting = [lot for lot in fitting if norm(tier) in {norm(one) for one in lot.scope.tiers}]
        return (fitting[0], "") if len(fitting) == 1 else (None, "lot-missing")


def _issue(code: str, row: int, column: str, value: object = "", **params: object) -> Issue:
    return rules.issue(code, row, words.WHOSE[column], value, **params)


def _cell(cells: list[Any], index: int | None) -> str:
    cell = cells[index] if index is not None and index < len(cells) else None
    if cell is None:
        return ""
    return one_line(str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell))


def _is_filled(cells: list[Any]) -> bool:
    return any(c not in (None, "") for c in cells)


_NO_HEADER = N_(
    "No row was recognised as the one that names the columns. Write the names of the columns in the first row and send it again."
)
_TOO_MANY = N_("This table has %(rows)s rows; at most %(limit)s are read at once. Send it in parts.")
