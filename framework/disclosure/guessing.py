"""Say for each column of a list what it means, how surely and on what ground, from its header and from its values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from framework.disclosure.column_values import (
    Values,
    guesses_by_values,
    lacks,
    look_like_names,
    speaks_against,
    speaks_for,
)
from framework.disclosure.fields import said_of
from framework.disclosure.header_words import APART, header_key, is_exact, meaning
from framework.ground.text import N_

SURE, ENOUGH = 0.9, 0.75
"""From SURE on a column is called sure, from ENOUGH on likely; below, it is called guessed and a required one waits for a person."""
REQUIRED = frozenset(
    {"site_legal_name", "parent_company", "address_line", "address_line_2", "city", "country", "product_model"}
)
"""Fields that are asked of some site, or say which product is made there: never filled from a guess without a person."""
PERSON, HEADER, VALUES, DOUBLE = "person", "header", "values", "double"
GROUNDS = {
    PERSON: N_("You said so, here or for an earlier version."),
    HEADER: N_("Its name says so."),
    VALUES: N_("Its values look like it. Please check."),
    DOUBLE: N_("Another column has the same name. Choose one of them."),
    APART: N_("Its name says something that is not asked for here."),
    "": N_("We do not know what it means."),
}
"""Why a column is read as it is, in words."""
_CONFIRMED, _AGAINST_EXACT, _AGAINST, _TIED = 0.15, 0.6, 0.45, 0.7
_MOST_SURE = 0.98
_LONGEST_NAME = 80
_THREE_DIGITS = re.compile(r"\d{3}")
_BY_PLACE = 0.6


def certainty(confidence: float) -> str:
    """How sure a meaning is, in words (a template to translate)."""
    return N_("sure") if confidence >= SURE else N_("likely") if confidence >= ENOUGH else N_("guessed")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column means. `field` is blank where it is not read; `ground` is person, header, values, APART, double or blank."""

    field: str = ""
    confidence: float = 0.0
    ground: str = ""
    rank: int = 0


@dataclass(slots=True)
class Understood:
    """`guesses` by index of the column. `doubles`: columns of one and the same name; `lesser`: column → the one chosen instead."""

    guesses: dict[int, Guess] = field(default_factory=dict)
    doubles: list[int] = field(default_factory=list)
    lesser: dict[int, int] = field(default_factory=dict)


def understand(headers: Mapping[int, str], groups: Mapping[int, str], samples: Callable[[int], Values]) -> Understood:
    """Guess all columns together: no field is given twice. `groups` are the headers above the headers."""
    found = Understood()
    candidates: dict[str, list[int]] = defaultdict(list)
    for place, header in headers.items():
        guess = _one(header, groups.get(place, ""), samples, place)
        found.guesses[place] = guess
        if guess.field:
            candidates[guess.field].append(place)
    for places in candidates.values():
        if len(places) > 1:
            _choose(found, places, headers, groups)
    _by_values(found, samples)
    return found


def header_score(headers: Mapping[int, str], groups: Mapping[int, str]) -> tuple[float, set[str]]:
    """How much a row looks like names of columns: the confidence of the different fields it names, and which these are."""
    best: dict[str, float] = {}
    if sum(map(_is_data, headers.values())) * 2 > len(headers):
        return 0.0, set()
    for place, header in headers.items():
        said = said_of(header)
        if said is not None:
            best[said] = 1.0
            continue
        one = meaning(header, groups.get(place, ""), near=False)
        if one.field and one.confidence >= ENOUGH:
            best[one.field] = max(best.get(one.field, 0.0), one.confidence)
    best.pop("", None)
    best.pop(APART, None)
    return sum(best.values()), set(best)


def _is_data(text: str) -> bool:
    """Whether a text looks like a value of a row rather than a name of a column; a cheap look before the dear one."""
    return len(text) > _LONGEST_NAME or _THREE_DIGITS.search(text) is not None


def _one(header: str, group: str, samples: Callable[[int], Values], place: int) -> Guess:
    said = said_of(header)
    if said is not None:
        return Guess(said, 1.0, PERSON, -1)
    meant = meaning(header, group)
    if meant.field == APART:
        return Guess(ground=APART)
    if not meant.field:
        return Guess()
    values = samples(place)
    exact = is_exact(header, meant.field)
    if speaks_against(values, meant.field) or (not exact and lacks(values, meant.field)):
        if values.mostly("country") and meant.field != "country" and values.distinct > 1:
            return Guess("country", _TIED, VALUES, 50)
        least = _AGAINST_EXACT if exact else _AGAINST
        return Guess(meant.field, min(meant.confidence, least), HEADER, meant.rank)
    if meant.confidence < ENOUGH and meant.field == "address_line" and values.mostly("country") and values.distinct > 1:
        return Guess("country", 0.8, VALUES, 30)
    surer = _CONFIRMED if not meant.unknown and speaks_for(values, meant.field) else 0.0
    return Guess(meant.field, max(meant.confidence, min(meant.confidence + surer, _MOST_SURE)), HEADER, meant.rank)


def _choose(found: Understood, places: list[int], headers: Mapping[int, str], groups: Mapping[int, str]) -> None:
    """The best-named column counts; two of exactly the same name: neither; a lesser one is not read."""
    guesses = found.guesses

    def order(place: int) -> tuple[bool, int, float, int]:
        guess = guesses[place]
        return guess.confidence < ENOUGH, guess.rank, -guess.confidence, place

    first, second, *_rest = ordered = sorted(places, key=order)
    if guesses[first].rank == guesses[second].rank and guesses[first].ground != PERSON:
        if _names(first, headers, groups) == _names(second, headers, groups):
            found.doubles.append(second)
            found.guesses |= dict.fromkeys(ordered, Guess(ground=DOUBLE))
            return
        guesses[first] = replace(guesses[first], confidence=min(guesses[first].confidence, _TIED))
    for other in ordered[1:]:
        guesses[other] = Guess()
        found.lesser[other] = first


def _names(place: int, headers: Mapping[int, str], groups: Mapping[int, str]) -> tuple[str, str]:
    return header_key(headers[place]), header_key(groups.get(place, ""))


def _by_values(found: Understood, samples: Callable[[int], Values]) -> None:
    """What headers do not tell, values may: countries, ids, a pair of coordinates, the names before the addresses."""
    told = {*found.doubles, *found.lesser}
    free = [
        place for place, guess in found.guesses.items() if not guess.field and not guess.ground and place not in told
    ]
    for name, test, confidence in guesses_by_values():
        if name not in _given(found):
            place = next((one for one in free if samples(one).texts and samples(one).mostly(test)), None)
            if place is not None:
                found.guesses[place] = Guess(name, confidence, VALUES, 50)
                free.remove(place)
    _coordinates(found, free, samples)
    _address(found, free, samples)
    _site_names(found, free, samples)


def _given(found: Understood) -> dict[str, int]:
    return {guess.field: place for place, guess in found.guesses.items() if guess.field}


def _coordinates(found: Understood, free: list[int], samples: Callable[[int], Values]) -> None:
    if _given(found).keys() & {"latitude", "longitude"}:
        return
    for first in free:
        second = first + 1
        if second in free and samples(first).mostly("latitude") and samples(second).mostly("longitude"):
            found.guesses[first] = Guess("latitude", _BY_PLACE, VALUES, 50)
            found.guesses[second] = Guess("longitude", _BY_PLACE, VALUES, 50)
            return


def _address(found: Understood, free: list[int], samples: Callable[[int], Values]) -> None:
    if "address_line" not in _given(found):
        place = next((one for one in free if samples(one).mostly("address")), None)
        if place is not None:
            found.guesses[place] = Guess("address_line", _BY_PLACE, VALUES, 50)
            free.remove(place)


def _site_names(found: Understood, free: list[int], samples: Callable[[int], Values]) -> None:
    given = _given(found)
    address = given.get("address_line")
    if "site_legal_name" in given or address is None:
        return
    names = [place for place in free if place < address and look_like_names(samples(place))]
    if len(names) == 1:
        found.guesses[names[0]] = Guess("site_legal_name", _BY_PLACE, VALUES, 50)


def group_texts(upper: Mapping[int, str], lower: Mapping[int, str]) -> tuple[dict[int, str], dict[int, str]]:
    """Two rows of headers as one: the headers by index, and the header above each.

    A text of the upper row stands over the columns to its right as far as the next one, unless nothing stands below it:
    then it is the header of its own column, merged downwards.
    """
    headers: dict[int, str] = {}
    groups: dict[int, str] = {}
    around = ""
    for place in range(max([*upper, *lower], default=-1) + 1):
        above, below = upper.get(place, ""), lower.get(place, "")
        if above:
            around = above if below else ""
        if below or above:
            headers[place] = below or above
        if below and around:
            groups[place] = around
    return headers, groups


def is_second_line(upper: Mapping[int, str], lower: Mapping[int, str]) -> bool:
    """Whether two rows say the same in two languages, column by column; what a person said is no second language."""
    if any(said_of(text) is not None for text in lower.values()):
        return False
    both = [place for place in lower if place in upper]
    same = sum(1 for place in both if _same(upper[place], lower[place]))
    return len(both) >= 2 and same >= 2 and same * 2 >= len(lower)


def _same(first: str, second: str) -> bool:
    said = meaning(first, near=False)
    return bool(said.field) and said.field == meaning(second, near=False).field


def may_stand_over(upper: Mapping[int, str], lower: Mapping[int, str]) -> bool:
    """Whether the upper of two rows may hold headers of groups: two or more, with a gap in one of the rows."""
    if len(upper) < 2 or not lower or any(map(_is_data, lower.values())):
        return False
    gaps = any(place not in upper and any(one < place for one in upper) for place in lower)
    return gaps or any(place not in lower for place in upper)
