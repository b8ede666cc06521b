"""The rows of a sheet of bodies: which column is what, every cell read or named with what to do about it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from framework.ground.blocks import Table
from framework.ground.codelists import country_code
from framework.ground.errors import InvalidInput
from framework.ground.reading import texts
from framework.ground.sheets.tally import column_letters
from framework.ground.text import N_
from framework.people.addresses import clean_email, clean_name
from framework.signons.sheet import words
from framework.signons.sheet.words import LABELS

MOST_BODIES = 2_000
SAMPLES = 3
_HEADER_WITHIN = 15
_LONGEST = {"name": 200, "registration_no": 40, "contact_name": 200, "affiliated_via": 200, "class_name": 200}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, and what to do: `at` is the cell as a sheet names it, blank for the whole row."""

    code: str
    message: str
    column: str = ""
    at: str = ""
    rule: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One body as a row names it; blank = not said. `country` in two letters, `body_type` and `language` as keys."""

    row: int = 0
    reference: str = ""
    name: str = ""
    registration_no: str = ""
    country: str = ""
    body_type: str = ""
    contact_name: str = ""
    email: str = ""
    language: str = ""
    affiliated_via: str = ""
    class_name: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of theirs: its header, first values, what it is taken for and why (header, values, chosen, twice, blank)."""

    index: int
    header: str
    samples: tuple[str, ...]
    target: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose: columns by index, the country of rows that name none; `words` are labels in their language."""

    targets: Mapping[int, str] = field(default_factory=dict)
    country: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheetful:
    """A sheet as read: its columns, the row of its header (None without one) and one entry for every row with a value."""

    columns: list[Column]
    header_row: int | None
    entries: list[Entry]

    @property
    def has_names(self) -> bool:
        """Whether some column is taken for the names of the bodies."""
        return any(column.target == "name" for column in self.columns)


def header_score(table: Table, choices: Choices) -> int:
    """How many columns of bodies the table's header names; 0 without a header."""
    found = _header(table, choices)
    return (
        len({words.target_of(str(c), choices.words) for c in found[1] if c not in (None, "")} - {None}) if found else 0
    )


def read(table: Table, choices: Choices) -> Sheetful:
    """Every row with a value, read. Raises InvalidInput where there are more than MOST_BODIES."""
    found = _header(table, choices)
    header_row = found[0] if found else None
    data = [(n, cells) for n, cells in table.rows if (header_row is None or n > header_row) and _filled(cells)]
    if len(data) > MOST_BODIES:
        message = N_("This table has %(rows)s rows; at most %(limit)s are read at once. Send it in parts.")
        raise InvalidInput("too-many-rows", message, rows=len(data), limit=MOST_BODIES)
    columns = _columns(found[1] if found else None, data, choices)
    places = {column.target: column.index for column in columns if column.target}
    return Sheetful(columns, header_row, [_entry(n, cells, places, table, choices) for n, cells in data])


def _header(table: Table, choices: Choices) -> tuple[int, list[Any]] | None:
    """The row within the first fifteen that names most columns: two or more, or the only one of a single column."""
    best: tuple[int, list[Any]] | None = None
    most = 0
    for number, cells in table.rows[:_HEADER_WITHIN]:
        filled = [c for c in cells if c not in (None, "")]
        known = {words.target_of(c, choices.words) for c in filled if isinstance(c, str)} - {None}
        if len(known) > most and (len(known) > 1 or len(filled) == 1):
            best, most = (number, cells), len(known)
    return best


def _columns(header: list[Any] | None, data: list[tuple[int, list[Any]]], choices: Choices) -> list[Column]:
    width = max([len(cells) for _n, cells in data] + [len(header or [])], default=0)
    headers = [_text(header[i]) if header is not None and i < len(header) else "" for i in range(width)]
    values = [[_text(c[i]) for _n, c in data if i < len(c) and _text(c[i])] for i in range(width)]
    if header is None:
        guessed = _by_values(values)
        ground = "values"
    else:
        guessed = {i: t for i, h in enumerate(headers) if h and (t := words.target_of(h, choices.words))}
        ground = "header"
    by_values = _unnamed_names(values, guessed)
    guessed |= dict.fromkeys(by_values, "name")
    count = Counter(guessed.values())
    columns = []
    chosen = set(choices.targets.values()) - {""}
    for index in range(width):
        target, why = guessed.get(index, ""), ground if index in guessed else ""
        why = "values" if index in by_values else why
        if target and count[target] > 1:
            target, why = ("", "twice") if target not in chosen else ("", "")
        if index in choices.targets:
            why = why if choices.targets[index] == target else "chosen"
            target = choices.targets[index]
        elif target in chosen:
            target, why = "", ""
        columns.append(Column(index, headers[index], tuple(values[index][:SAMPLES]), target, why))
    return _each_once(columns)


def _each_once(columns: list[Column]) -> list[Column]:
    """The columns with each target once, the first that was given it."""
    seen: set[str] = set()
    found = []
    for column in columns:
        taken = column.target in seen
        seen |= {column.target} - {""}
        found.append(replace(column, target="", ground="") if taken else column)
    return found


def _unnamed_names(values: list[list[str]], guessed: Mapping[int, str]) -> list[int]:
    """The one column that can only be the names, where no header says so: words in it, other ones in every row."""
    if "name" in guessed.values():
        return []
    rest = [column for index, column in enumerate(values) if column and index not in guessed]
    found = [i for i, column in enumerate(values) if column and i not in guessed and _are_names(column)]
    return found if len(rest) == len(found) == 1 else []


def _are_names(column: list[str]) -> bool:
    return len(set(column)) == len(column) and all(any(sign.isalpha() for sign in text) for text in column)


def _by_values(values: list[list[str]]) -> dict[int, str]:
    """What the columns of a block without header are, by their values; left out where that is not certain."""
    tests: list[tuple[str, Callable[[str], bool]]] = [
        ("email", lambda t: "@" in t),
        ("country", lambda t: len(t) > 1 and country_code(t).code is not None),
        ("language", lambda t: words.language_of(t) is not None),
        ("body_type", lambda t: words.body_type_of(t) is not None),
        ("registration_no", lambda t: sum(sign.isdigit() for sign in t) >= max(4, len(t) // 2)),
    ]
    found: dict[int, str] = {}
    for index, column in enumerate(values):
        for target, fits in tests:
            if column and target not in found.values() and all(map(fits, column)):
                found[index] = target
                break
    rest = [i for i, column in enumerate(values) if column and i not in found]
    if rest:
        found[rest[0]] = "name"
    return found


def _entry(number: int, cells: list[Any], places: Mapping[str, int], table: Table, choices: Choices) -> Entry:
    """A row, read; whatever cannot be taken is a fault at its cell and left blank."""
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in LABELS:
        index = places.get(name)
        at = f"{column_letters(index + 1)}{number}" if index is not None else ""
        if index is not None and (number, index) in table.refused:
            faults.append(Fault("cell-error", _BROKEN, name, at))
            continue
        raw = cells[index] if index is not None and index < len(cells) else None
        read[name], fault = _cell(name, _text(raw), at, choices)
        faults += [fault] if fault is not None else []
    if not read.get("name") and not any(fault.column == "name" for fault in faults):
        column = places.get("name")
        at = f"{column_letters(column + 1)}{number}" if column is not None else ""
        faults.insert(0, Fault("name-missing", _NO_NAME, "name", at))
    return Entry(row=number, faults=tuple(faults), **read)


def _cell(name: str, text: str, at: str, choices: Choices) -> tuple[str, Fault | None]:
    cleaned = texts.clean(text)
    if not cleaned.usable:
        return "", Fault(cleaned.trouble, _BAD_SIGN, name, at, params={"character": cleaned.character})
    text = cleaned.text
    if name == "country" and text and country_code(text).code is not None:  # before placeholders: NA is Namibia
        return str(country_code(text).code), None
    if not text or (name != "name" and texts.is_placeholder(text)):
        return (choices.country if name == "country" else ""), None
    if name == "country":
        return "", _no_country(text, at)
    if name == "body_type":
        kind = words.body_type_of(text, choices.words)
        return (kind, None) if kind else ("", Fault("body-type-unknown", _NO_KIND, name, at, params={"text": text}))
    if name == "language":
        spoken = words.language_of(text)
        return (
            (spoken, None) if spoken else ("", Fault("language-unknown", _NO_LANGUAGE, name, at, params={"text": text}))
        )
    if name == "email":
        try:
            return clean_email(text.removeprefix("mailto:").strip("<>")), None
        except InvalidInput:
            return "", Fault("email-invalid", _NO_MAIL, name, at, params={"text": text})
    try:
        return clean_name(text, name, longest=_LONGEST.get(name, 40)), None
    except InvalidInput as error:
        return "", Fault(error.code, error.message, name, at, params=error.params)


def _no_country(text: str, at: str) -> Fault:
    proposals = ", ".join(country_code(text).proposals[:3])
    if proposals:
        params = {"text": text, "proposals": proposals}
        return Fault("country-unknown", _NEAR_COUNTRY, "country", at, params=params)
    return Fault("country-unknown", _NO_COUNTRY, "country", at, params={"text": text})


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell).strip()


def _filled(cells: list[Any]) -> bool:
    return any(_text(c) for c in cells)


_NO_NAME = N_("The row names no body. Fill in its legal name.")
_BROKEN = N_("The cell holds no value that can be read. Type the value itself.")
_BAD_SIGN = N_("The cell holds a character that is no text (%(character)s). Type it again.")
_NO_COUNTRY = N_("“%(text)s” is no country we know. Write its name or two letters, such as NL.")
_NEAR_COUNTRY = N_("“%(text)s” is no country we know. Did you mean %(proposals)s? Write its name or two letters.")
_NO_KIND = N_("“%(text)s” is no kind of body we know. Write one of the list, such as municipality, or leave it empty.")
_NO_LANGUAGE = N_("We do not write mails in “%(text)s”. Write nl, sv or en, or leave it empty.")
_NO_MAIL = N_("“%(text)s” is no mail address. Write one such as name@example.org.")
