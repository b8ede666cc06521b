"""What a list's own words say is done at a site, as a type of facility: proposed once for each wording, taken where a person said so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from framework.disclosure.header_words import tokens_of
from framework.disclosure.recognise import Layout
from framework.disclosure.table import Table, letter
from framework.ground.codelists import read_rows
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue

WORDS, TYPE = "facility_words", "facility_type"
TYPED = "facility-type-said"
"""The code of a correction that says what a wording means; it is laid over no cell."""
UNKNOWN = "unknown"
"""What a person says of words that tell no type; the type stays unknown and is not asked again."""
MOST_WORDINGS = 200
_LONGEST = 200
_LONG_WORD = 7
_HAN = re.compile("[\u3400-\u9fff]")

Said = Mapping[tuple[str, str], str]
"""By name of the sheet (its first 100 characters) and key of the wording: a type, or UNKNOWN."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What words are taken for. `type` is blank where they say nothing or several things; `words` are those that say it."""

    type: str = ""
    words: tuple[str, ...] = ()


NOTHING = Proposal()


@dataclass(slots=True)
class _Wording:
    value: str
    row: int
    count: int = 0
    indices: list[int] = field(default_factory=list)


def wording_key(value: str) -> str:
    """The form in which wordings are compared: no case, single spaces, at most 200 characters."""
    return " ".join(value.casefold().split())[:_LONGEST]


@lru_cache(maxsize=4096)
def proposed_type(value: str) -> Proposal:
    """The type that the words of a cell name, in six languages; nothing where they name several, or deny one.

    Words that any maker may use of itself (assembly, EMS) count only where no other word says something.
    """
    text = f" {' '.join(tokens_of(value[:_LONGEST]))} "
    found = _found(text)
    if any(kind == "not" for _start, _end, kind, _strength, _phrase in found):
        return NOTHING
    strong = [one for one in found if one[3] == "strong"] or found
    kinds = {kind for _start, _end, kind, _strength, _phrase in strong}
    words = tuple(dict.fromkeys(phrase for *_rest, phrase in strong))
    return Proposal(kinds.pop() if len(kinds) == 1 else "", words)


_Found = tuple[int, int, str, str, str]


def _found(text: str) -> list[_Found]:
    """Known phrases in a text, in their order; one that stands within a longer one says nothing by itself."""
    spans = [
        (match.start(), match.end(), kind, strength, written)
        for phrase, (kind, strength, written) in _phrases().items()
        if phrase in text
        for match in _pattern(phrase).finditer(text)
    ]
    inner = {
        one
        for one in spans
        for other in spans
        if (other[0] <= one[0] and one[1] <= other[1]) and other[1] - other[0] > one[1] - one[0]
    }
    return sorted(one for one in spans if one not in inner)


@cache
def _phrases() -> dict[str, tuple[str, str, str]]:
    """Phrases in their plain form → type, strength and the phrase as written."""
    found: dict[str, tuple[str, str, str]] = {}
    for row in read_rows("facility_type_words.csv"):
        for phrase in row["words"].split("|"):
            found.setdefault(" ".join(tokens_of(phrase)), (row["type"], row["strength"], phrase))
    return found


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    """A phrase as whole words. Long single words also count as parts of compounds, Chinese ones anywhere."""
    is_part = _HAN.search(phrase) is not None or (" " not in phrase and len(phrase) >= _LONG_WORD)
    return re.compile(re.escape(phrase) if is_part else rf"(?<=\s){re.escape(phrase)}(?=\s)")


def take_types(layout: Layout, table: Table, said: Said) -> list[Issue]:
    """Fill the type of facility where a person said what the words mean; keep the wordings for a person to look at.

    The words stay beside the type as what was found. Tells how many wordings wait for a person.
    """
    if not table.has(WORDS):
        return []
    sheet = layout.sheet.name[:100]
    wordings = _wordings(table)
    _fill(table, wordings, {key: said.get((sheet, key), "") for key in wordings})
    layout.types = [_shown(table, one, said.get((sheet, key), "")) for key, one in _first(wordings)]
    waiting = sum(1 for key in wordings if (sheet, key) not in said)
    if not waiting:
        return []
    place = layout.mapping[WORDS]
    proposed = sum(1 for one in layout.types if one["proposed"] and not one["said"])
    cell = f"{letter(place)}{layout.header_row}"
    header: dict[str, Any] = {"sheet": layout.sheet.name, "column": layout.headers[place], "cell": cell}
    return [make("facility-types-open", count=waiting, proposed=proposed, **header)]


def _wordings(table: Table) -> dict[str, _Wording]:
    found: dict[str, _Wording] = {}
    for index, value in enumerate(table.get(WORDS)):
        if value is None:
            continue
        text = table.as_found(WORDS, index).strip()
        key = wording_key(text)
        one = found.setdefault(key, _Wording(text[:_LONGEST], table.rows[index]))
        one.count += 1
        one.indices.append(index)
    return found


def _first(wordings: Mapping[str, _Wording]) -> list[tuple[str, _Wording]]:
    """The wordings of most rows first, as many as a page holds."""
    ordered = sorted(wordings.items(), key=lambda one: (-one[1].count, one[1].row))
    return ordered[:MOST_WORDINGS]


def _fill(table: Table, wordings: Mapping[str, _Wording], types: Mapping[str, str]) -> None:
    if not any(type_ not in ("", UNKNOWN) for type_ in types.values()):
        return
    values: list[Any] = [None] * len(table)
    found: dict[int, str] = {}
    for key, type_ in types.items():
        if type_ not in ("", UNKNOWN):
            for index in wordings[key].indices:
                values[index] = type_
                found[index] = table.as_found(WORDS, index)
    table.columns[TYPE], table.found[TYPE] = values, found
    table.letters[TYPE], table.headers[TYPE] = table.letters[WORDS], table.headers[WORDS]


def _shown(table: Table, one: _Wording, said: str) -> dict[str, Any]:
    proposal = proposed_type(one.value)
    return {
        "value": one.value,
        "row": one.row,
        "cell": f"{table.letters[WORDS]}{one.row}",
        "rows": one.count,
        "proposed": proposal.type,
        "words": list(proposal.words),
        "said": said,
    }
