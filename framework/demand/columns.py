"""What the columns of somebody's table are: its header found, each column taken for a field of a line, by words or values."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from framework.demand import headings, vocabulary, wordings
from framework.demand.figures import DecimalSign, read_quantity
from framework.demand.lines import QUANTITIES, Scope
from framework.ground.codelists import country_code

SAMPLES = 3
EVERY = "every"
Numbered = tuple[int, list[Any]]
_HEADER_WITHIN = 15
_ROWS_COMPARED = 50
_WORDINGS_COMPARED = 200
HALF = 0.5
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as understood: their header, samples, what we take it for, and why (header, order, values, chosen, twice, blank).

    A column whose header says the same as another's is `twice`: neither is read before somebody chooses.
    """

    index: int
    header: str
    samples: tuple[str, ...]
    target: str
    ground: str
    claims: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose in the preview: columns by index, values where no column says them, and how to read.

    `words` are translated labels (compared form → key) that count beside our own synonyms. `wordings` say what a wording
    of the column of categories is (its key → category, or left out). `count` takes each row for one piece, `keep_totals`
    reads rows that look like sums, `leave_out` drops the rows that cannot be read, `without_unknown` adds up
    without the rows that are not known yet, `sheet` is the sheet to read.
    A contract year of EVERY stands for each of them.
    """

    targets: Mapping[int, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    sign: DecimalSign | None = None
    add_up: bool = False
    count: bool = False
    keep_totals: bool = False
    leave_out: bool = False
    without_unknown: bool = False
    sheet: str = ""
    wordings: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


class Header(NamedTuple):
    """The row that names the columns, its words, and the row it begins at where two rows stand over each other."""

    number: int
    words: list[str]
    first: int


def find_header(rows: list[Numbered], scope: Scope, choices: Choices) -> Header | None:
    """The row that names the columns, within the first fifteen: known words, else words over columns of figures."""
    first = rows[:_HEADER_WITHIN]
    for position, (number, cells) in enumerate(first):
        if _has_known_words(cells, choices):
            return _of_two_rows(first, position, choices) or Header(number, [headings.word(c) for c in cells], number)
    for position, (number, cells) in enumerate(first):
        if len(_filled(cells)) > 1:
            below = [row for _n, row in rows[position + 1 : position + 1 + _ROWS_COMPARED]]
            is_header = _differs(cells, below, scope, choices)
            return Header(number, [headings.word(c) for c in cells], number) if is_header else None
    return None


def _of_two_rows(first: list[Numbered], position: int, choices: Choices) -> Header | None:
    """The header with the row below or above it, where one of the two stands over groups of the other."""
    for upper, lower in ((position, position + 1), (position - 1, position)):
        if upper < 0 or lower >= len(first):
            continue
        (begins, above), (number, below) = first[upper], first[lower]
        words = _filled(below)
        if len(words) > 1 and not any(_is_figure_of(c) for c in words):
            said = headings.together(above, below, [headings.word(c) for c in below], choices.words)
            if said is not None:
                return Header(number, said, begins)
    return None


def columns_of(header: list[str] | None, data: list[Numbered], scope: Scope, choices: Choices) -> list[Column]:
    """Every column with what it is taken for; a target stands at most once, except changes, which are never taken."""
    width = max([len(cells) for _n, cells in data] + [len(header or [])], default=0)
    claims = _by_header(header, scope, choices) if header is not None else _by_values(data, width, scope, choices)
    if header is not None:
        _weigh_category(claims, header, data, choices)
    claimed = Counter(target for target, _ground in claims.values())
    columns = [_column(index, header, data, claims, claimed, choices) for index in range(width)]
    return _each_once(columns)


def figure_columns(columns: list[Column]) -> list[Column]:
    """The columns whose first values are all figures: where a person looks for the quantity."""
    return [c for c in columns if c.samples and all(_is_figure(text) for text in c.samples)]


def twins(columns: list[Column]) -> dict[str, list[Column]]:
    """The columns that say the same, by what they say, where nobody has chosen one of them yet."""
    found: dict[str, list[Column]] = {}
    for column in columns:
        if column.ground == "twice" and all(column.claims != other.target for other in columns):
            found.setdefault(column.claims, []).append(column)
    return found


def _has_known_words(cells: list[Any], choices: Choices) -> bool:
    """All words, at least one of them known as a header; figures only where two or more are calendar years."""
    words = _filled(cells)
    named = [c for c in words if isinstance(c, str) and headings.target_of(c, choices.words) is not None]
    years = [c for c in words if vocabulary.calendar_year(headings.word(c)) is not None]
    plain = [c for c in words if c not in years] if len(years) > 1 else words
    return bool(named) and len(words) > 1 and not any(_is_figure_of(c) for c in plain)


def _differs(cells: list[Any], below: list[list[Any]], scope: Scope, choices: Choices) -> bool:
    """Whether a row of unknown words heads the rows below: other in kind in a column, alike in none."""
    other = False
    for index, cell in enumerate(cells):
        if cell in (None, ""):
            continue
        kind = _kind(cell, scope, choices)
        kinds = {
            _kind(row[index], scope, choices) for row in below if index < len(row) and row[index] not in (None, "")
        }
        if kind in ("figure", "date", "truth") or (kind != "text" and kinds == {kind}):
            return False
        other |= len(kinds) == 1 and kinds != {"text"} and kinds != {kind}
    return other


def _kind(cell: Any, scope: Scope, choices: Choices) -> str:
    if not isinstance(cell, str):
        return "truth" if isinstance(cell, bool) else "date" if isinstance(cell, dt.date) else "figure"
    if _DATE.match(cell):
        return "date"
    if _is_figure(cell):
        return "figure"
    return next((target for target, fits in _tests(scope, choices) if fits(cell)), "text")


def _tests(scope: Scope, choices: Choices) -> list[tuple[str, Any]]:
    """How the fields that hold words are known by their values."""
    return [
        ("category", lambda t: vocabulary.category_of(t, choices.words) is not None),
        ("spec_tier", lambda t: vocabulary.norm(t) in {vocabulary.norm(tier) for tier in scope.tiers}),
        ("certainty", lambda t: vocabulary.certainty_of(t, choices.words) is not None),
        ("delivery_country", lambda t: country_code(t).code is not None),
    ]


def _by_header(header: list[str], scope: Scope, choices: Choices) -> dict[int, tuple[str, str]]:
    """What each header says, and the ground; calendar years side by side are the contract years in their order."""
    said = {
        index: (target, "header")
        for index, name in enumerate(header)
        if name and (target := headings.target_of(name, choices.words))
    }
    dated = {
        index: found
        for index, name in enumerate(header)
        if index not in said and (found := headings.calendar_target(name, choices.words)) is not None
    }
    if any(":" in target for target, _ground in said.values()) or len(dated) > 1:
        said = {i: one for i, one in said.items() if one[0] not in QUANTITIES or not headings.is_total(header[i])}
    years = sorted({year for _field, year in dated.values()})
    for index, (name, year) in dated.items():
        if len(years) == 1:
            said[index] = (name, "header")
        elif years.index(year) < scope.years:
            said[index] = (f"{name}:{years.index(year) + 1}", "order")
    return said


def _weigh_category(
    claims: dict[int, tuple[str, str]], header: list[str], data: list[Numbered], choices: Choices
) -> None:
    """Which column says what is bought: one whose values speak of hardware goes before one whose header alone does."""
    named = [index for index, (target, _ground) in claims.items() if target == "category"]
    speaks = {i: _speaks(i, data, choices) for i in range(len(header)) if i in named or i not in claims}
    if any(speaks[index] for index in named):
        for index in [index for index in named if not speaks[index]]:
            del claims[index]
        return
    others = [index for index, share in speaks.items() if share >= HALF and _names_one(index, data, choices)]
    things = [index for index in speaks if headings.is_of_things(header[index]) and _is_text(index, data)]
    if len(others) == 1 or len(things) == 1:
        for index in named if len(others) == 1 else ():
            del claims[index]
        if len(others) == 1:
            claims[others[0]] = ("category", "values")
        elif not named:
            claims[things[0]] = ("category", "header")


def _speaks(index: int, data: list[Numbered], choices: Choices) -> float:
    """The share of the wordings of a column that speak of hardware."""
    texts = _wordings(index, data)
    return sum(wordings.is_evidence(text, choices.words) for text in texts) / len(texts) if texts else 0


def _names_one(index: int, data: list[Numbered], choices: Choices) -> bool:
    """Whether one of the wordings of a column is a category itself, and not only near one."""
    return any(vocabulary.category_of(text, choices.words) is not None for text in _wordings(index, data))


def _wordings(index: int, data: list[Numbered]) -> list[str]:
    texts = {c for _n, cells in data if index < len(cells) and isinstance(c := cells[index], str) and c}
    return [text for text in sorted(texts)[:_WORDINGS_COMPARED] if not vocabulary.is_total(text)]


def _is_text(index: int, data: list[Numbered]) -> bool:
    cells = [cells[index] for _n, cells in data if index < len(cells) and cells[index] not in (None, "")]
    return bool(cells) and all(isinstance(c, str) and not _is_figure(c) for c in cells)


def _by_values(data: list[Numbered], width: int, scope: Scope, choices: Choices) -> dict[int, tuple[str, str]]:
    """What the columns of a block without header are, from their values; left out where that is not certain."""
    columns = {
        i: [cells[i] for _n, cells in data if i < len(cells) and cells[i] not in (None, "")] for i in range(width)
    }
    found: dict[int, str] = {}
    numeric = []
    for index, values in columns.items():
        if values and all(not isinstance(v, str) or _is_figure(v) for v in values):
            numeric.append(index)
            continue
        for target, fits in _tests(scope, choices):
            if target not in found.values() and values and all(isinstance(v, str) and fits(v) for v in values):
                found[index] = target
                break
    found |= _figure_columns(numeric, columns, scope)
    return {index: (target, "values") for index, target in found.items()}


def _figure_columns(numeric: list[int], columns: dict[int, list[Any]], scope: Scope) -> dict[int, str]:
    """The usual orders of figures: firm, expected, maximum, with or without the year before and the value after."""
    found: dict[int, str] = {}
    if len(numeric) in (2, 4, 5) and all(
        str(v).strip() in map(str, range(1, scope.years + 1)) for v in columns[numeric[0]]
    ):
        found[numeric[0]] = "year_no"
        numeric = numeric[1:]
    plain = {1: ("qty_expected",), 3: QUANTITIES, 4: (*QUANTITIES, "value_expected")}
    if not found and scope.years > 1:
        plain = {
            1: plain[1],
            scope.years * 3: _for_years(QUANTITIES, scope),
            scope.years * 4: _for_years((*QUANTITIES, "value_expected"), scope),
        }
        if scope.years != 3:
            plain[3] = QUANTITIES
            plain[scope.years] = _for_years(("qty_expected",), scope)
    return found | dict(zip(numeric, plain.get(len(numeric), ()), strict=False))


def _for_years(names: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    return tuple(f"{name}:{year}" for year in range(1, scope.years + 1) for name in names)


def _column(
    index: int,
    header: list[str] | None,
    data: list[Numbered],
    claims: Mapping[int, tuple[str, str]],
    claimed: Counter[str],
    choices: Choices,
) -> Column:
    name = header[index] if header is not None and index < len(header) else ""
    samples = [str(cells[index]) for _n, cells in data if index < len(cells) and cells[index] not in (None, "")]
    claim, ground = claims.get(index, ("", ""))
    is_twice = claimed[claim] > 1 and claim != vocabulary.CHANGE
    target, ground = ("", "twice") if is_twice else (claim, ground)
    chosen = choices.targets.get(index, target)
    if chosen != target:
        return Column(index, name, tuple(samples[:SAMPLES]), chosen, "chosen", claim)
    return Column(index, name, tuple(samples[:SAMPLES]), target, ground, claim)


def _each_once(columns: list[Column]) -> list[Column]:
    """The columns with each target once: what a person chose goes before what we guessed, else the first."""
    owner: dict[str, int] = {}
    for column in sorted(columns, key=lambda c: (c.ground != "chosen", c.index)):
        if column.target and column.target != vocabulary.CHANGE:
            owner.setdefault(column.target, column.index)
    return [
        column
        if owner.get(column.target, column.index) == column.index
        else Column(column.index, column.header, column.samples, "", "", column.claims)
        for column in columns
    ]


def _filled(cells: list[Any]) -> list[Any]:
    return [c for c in cells if c not in (None, "")]


def _is_figure_of(cell: Any) -> bool:
    return not isinstance(cell, str) or read_quantity(cell).value is not None


def _is_figure(text: str) -> bool:
    found = read_quantity(text)
    return found.value is not None or found.cause in ("not-whole", "unclear", "percent", "approximate", "negative")
