"""How alike two statements about a place are: parts of 0 to 100, the score, and guards that hold a link back.

Pure functions over comparable forms (`framework.ground.places` makes them). Nothing here decides; a phase does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from framework.ground.address_country import KEPT, country_in_address
from framework.ground.places import (
    Precision,
    address_numbers,
    kind_of_word,
    name_in_own_script,
    normalise_address,
    normalise_name,
    precision,
    split_aliases,
    unit_markers,
)

POSTCODE_DIGITS = 5
CAP = 84.0
SAME_COMPANY, SAME_ADDRESS, OTHER_NAME, OTHER_PLACE = 85.0, 90.0, 60.0, 60.0
ONE_COUNTRY_GROUP = frozenset({"CN", "HK", "MO", "TW"})
FAR_KM = 50.0
_EARTH_KM = 6371.0
_PLACES_OF_PEOPLE = frozenset({"office"})


@dataclass(frozen=True, slots=True)
class Name:
    """One name in the three forms that are compared: words in order of the alphabet, no blanks, number of words."""

    text: str
    ordered: str
    compact: str
    words: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What one mention says of a place, in comparable forms; `country` and `told_country` are alpha-2 or blank."""

    names: tuple[Name, ...]
    own_script: frozenset[str]
    address: str
    compact_address: str
    numbers: frozenset[str]
    units: frozenset[str]
    country: str
    told_country: str
    precision: Precision
    ids: frozenset[tuple[str, str]] = frozenset()
    kind: str = ""
    pin: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """The normalised primary name; blank where none is given."""
        return self.names[0].text if self.names else ""

    @property
    def words(self) -> frozenset[str]:
        """The words by which it is found: of all its names and of its address."""
        return frozenset(self.address.split()).union(*(name.text.split() for name in self.names))

    @property
    def key(self) -> tuple[str, str, str, tuple[str, ...]]:
        """Statements with one key say the same: country, name, address, numbers."""
        return self.country, self.name, self.address, tuple(sorted(self.numbers))

    def to_json(self) -> dict[str, Any]:
        """A form that survives JSON; lists in a fixed order."""
        return {
            "names": [name.text for name in self.names],
            "own": sorted(self.own_script),
            "address": self.address,
            "compact": self.compact_address,
            "numbers": sorted(self.numbers),
            "units": sorted(self.units),
            "country": self.country,
            "told": self.told_country,
            "precision": self.precision.value,
            "ids": sorted(map(list, self.ids)),
            "kind": self.kind,
            "pin": list(self.pin) if self.pin else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Statement:
        """The statement that was written."""
        return cls(
            tuple(map(name_of, data["names"])),
            frozenset(data["own"]),
            data["address"],
            data["compact"],
            frozenset(data["numbers"]),
            frozenset(data["units"]),
            data["country"],
            data["told"],
            Precision(data["precision"]),
            frozenset((scheme, value) for scheme, value in data["ids"]),
            data["kind"],
            (data["pin"][0], data["pin"][1]) if data["pin"] else None,
        )


class Guard(StrEnum):
    """Why a pair is not tied by itself, whatever its score."""

    NUMBERS = "G1"
    NUMBER_MISSING = "G2"
    UNITS = "G3"
    COUNTRY = "G4"
    COARSE = "G5"
    OTHER_PLANT = "G6"
    OTHER_COMPANY = "G7"
    RIVAL = "G8"
    PINS = "G9"
    TWO_IDS = "G10"
    ID_AGAINST_WORDS = "G11"
    KIND = "G12"
    WORDS = "G14"
    """Each side has a word, direction or letter that the other contradicts (design, beyond the specification)."""


CAPPING = frozenset({Guard.NUMBERS, Guard.UNITS, Guard.TWO_IDS})
_ONE_WORD = 75.0
"""Two words this alike (0 to 100) are one word in two spellings."""
_TELLING_LETTERS = 4
_NAME_LETTERS = 2
"""In a name short words tell too: `TLG Investment` and `LY Investment` are two."""
_SHORT_LETTERS = 3
"""Fewer letters are no abbreviation."""
_BRAND = 70.0
"""How alike (0 to 100) a brand and a company that begins with its name are at least: no other company, and no proof."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A compared pair: the parts and the score, 0 to 100, the guards that fired, and the ids that both have."""

    name: float
    name_set: float
    address: float
    score: float
    guards: frozenset[Guard]
    shared_ids: frozenset[tuple[str, str]] = field(default=frozenset())

    def with_guard(self, guard: Guard) -> Likeness:
        """The same pair held back by one more guard."""
        return replace(self, guards=self.guards | {guard})


def statement(
    name: str,
    address: str,
    *,
    local_name: str = "",
    city: str = "",
    region: str = "",
    country: str = "",
    ids: frozenset[tuple[str, str]] = frozenset(),
    kind: str = "",
    pin: tuple[float, float] | None = None,
) -> Statement:
    """The comparable forms of one mention; `country` is an alpha-2 code or blank."""
    written = [alias for text in (name, local_name) for alias in split_aliases(text)]
    names = tuple(dict.fromkeys(map(normalise_name, written)))
    line = _address(address, city, region, country)
    return Statement(
        tuple(name_of(text) for text in names if text),
        frozenset(own for text in written if (own := name_in_own_script(text))),
        " ".join(sorted(line)),
        "".join(line),
        address_numbers(address),
        unit_markers(name),
        country,
        country_in_address(address) or "",
        precision(address, city, country, region=region, has_registry_id=bool(ids)),
        ids,
        kind,
        pin,
    )


Parts = tuple[float, float, float]
"""How alike names, sets of words of names, and addresses are, each 0 to 100."""


def parts(a: Statement, b: Statement) -> Parts:
    """The parts of a pair alone: a third of the work of its `likeness`, enough to tell that it is hopeless."""
    return *_name_parts(a, b), address_part(a, b)


def likeness(a: Statement, b: Statement, known: Parts | None = None) -> Likeness:
    """The score of a pair and the guards that hold for it; the order of the two makes no difference.

    `known` are its parts where they are known already.
    """
    name, name_set, address = known or parts(a, b)
    score = (name_set + address) / 2
    shared = a.ids & b.ids
    guards = frozenset(_guards(a, b, name, name_set, address, score if shared else None))
    if guards & CAPPING:
        score = min(score, CAP)
    return Likeness(name, name_set, address, score, guards, shared)


def address_part(a: Statement, b: Statement) -> float:
    """How alike two addresses are, 0 to 100; 0 where a side gives none."""
    if not (a.address and b.address):
        return 0.0
    if a.address == b.address:
        return 100.0
    whole = max(fuzz.ratio(a.address, b.address), fuzz.ratio(a.compact_address, b.compact_address))
    return max(whole, 0.95 * fuzz.token_set_ratio(a.address, b.address))


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Kilometres between two pins (latitude, longitude in degrees) along the surface."""
    (lat_a, lng_a), (lat_b, lng_b) = (tuple(map(math.radians, pin)) for pin in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lng_b - lng_a) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def streets_contradict(a: Statement, b: Statement) -> bool:
    """Has each address a word or direction that stands for nothing in the other: another street, not another spelling?"""
    return a.compact_address != b.compact_address and _contradict(a.address, b.address, leniently=True)


def names_contradict(a: Statement, b: Statement) -> bool:
    """Has each name of both a long word that stands for nothing in each name of the other: another company, or plant?"""
    return bool(a.names and b.names) and all(
        _contradict(one.ordered, other.ordered, leniently=True) for one in a.names for other in b.names
    )


def same_neighbourhood(a: str, b: str) -> bool:
    """Are two country codes one search area? A blank one is everywhere; mainland China and its regions are one."""
    return a == b or not a or not b or {a, b} <= ONE_COUNTRY_GROUP


def _name_parts(a: Statement, b: Statement) -> tuple[float, float]:
    if a.own_script & b.own_script:
        return 100.0, 100.0
    name = name_set = 0.0
    for one in a.names:
        for other in b.names:
            here, here_set = _names(one, other)
            name, name_set = max(name, here), max(name_set, here_set)
    return name, name_set


def _names(one: Name, other: Name) -> tuple[float, float]:
    if one.ordered == other.ordered:
        return 100.0, 100.0
    name = max(fuzz.ratio(one.ordered, other.ordered), fuzz.ratio(one.compact, other.compact))
    if one.words < 2 or other.words < 2:
        return name, max(name, _BRAND if _is_brand_of(one, other) or _is_brand_of(other, one) else 0.0)
    return name, max(name, 0.98 * fuzz.token_set_ratio(one.ordered, other.ordered))


def _is_brand_of(one: Name, other: Name) -> bool:
    """Is a name of one word the first word of a longer one (`Lakeside` and `Lakeside Electronics`)?"""
    return one.words == 1 and len(one.text) >= _TELLING_LETTERS and other.text.startswith(one.text + " ")


def _guards(
    a: Statement, b: Statement, name: float, name_set: float, address: float, score_by_id: float | None
) -> list[Guard]:
    """The guards of a pair; `score_by_id` is given where both have one id."""
    schemes = {scheme for scheme, _value in a.ids} & {scheme for scheme, _value in b.ids}
    fires = {
        Guard.NUMBERS: bool(a.numbers - b.numbers and b.numbers - a.numbers),
        Guard.NUMBER_MISSING: a.numbers < b.numbers or b.numbers < a.numbers,
        Guard.UNITS: a.units != b.units,
        Guard.COUNTRY: _countries_differ(a, b),
        Guard.COARSE: Precision.SITE not in (a.precision,) or b.precision is not Precision.SITE,
        Guard.OTHER_PLANT: name >= SAME_COMPANY and address < OTHER_PLACE and bool(a.address and b.address),
        Guard.OTHER_COMPANY: address >= SAME_ADDRESS and name_set < OTHER_NAME,
        Guard.PINS: _pins_far(a.pin, b.pin),
        Guard.TWO_IDS: any(
            {value for at, value in a.ids if at == scheme}.isdisjoint(value for at, value in b.ids if at == scheme)
            for scheme in schemes
        ),
        Guard.ID_AGAINST_WORDS: score_by_id is not None and score_by_id < OTHER_NAME,
        Guard.KIND: _kinds_differ(a.kind, b.kind),
        Guard.WORDS: _words_contradict(a, b),
    }
    return [guard for guard, fired in fires.items() if fired]


def _words_contradict(a: Statement, b: Statement) -> bool:
    """Has each side a word that stands for nothing on the other: another street, direction, letter or company?

    A word that only one side has (a province, a park) contradicts nothing.
    """
    if a.compact_address != b.compact_address and _contradict(a.address, b.address):
        return True
    if (
        not (a.names and b.names)
        or a.own_script & b.own_script
        or {one.compact for one in a.names} & {one.compact for one in b.names}
    ):
        return False
    return all(_contradict(one.ordered, other.ordered, least=_NAME_LETTERS) for one in a.names for other in b.names)


@lru_cache(maxsize=KEPT)
def _contradict(one: str, other: str, *, least: int = _TELLING_LETTERS, leniently: bool = False) -> bool:
    """Two texts of words in order of the alphabet: does each have a telling word without counterpart in the other?

    A word of at least `least` letters tells something. What both have is no counterpart of what one has besides, except
    with `leniently`: then a question is at stake and no link, the first letters of a word stand for it too (`sit` for
    `sitesi`), and single letters tell nothing.
    """
    here, there = set(one.split()), set(other.split())
    left, right = here - there, there - here
    for kind in (_is_direction,) if leniently else (_is_direction, _is_letter):
        if any(map(kind, left)) and any(map(kind, right)):
            return True
    if _is_set_apart(here) or _is_set_apart(there):
        return False
    return all(
        any(_stands_alone(word, others, least) and not (leniently and _is_shortened(word, others)) for word in words)
        for words, others in (((left, there), (right, here)) if leniently else ((left, right), (right, left)))
    )


def _is_shortened(word: str, others: set[str]) -> bool:
    return any(len(one) >= _SHORT_LETTERS and (word.startswith(one) or one.startswith(word)) for one in others)


def _stands_alone(word: str, others: set[str], least: int) -> bool:
    """Is a telling word on the other side neither in another spelling nor inside a longer word or around a shorter one?"""
    if len(word) < least or word.isdigit() or kind_of_word(word):
        return False
    return all(fuzz.partial_ratio(word, one) < _ONE_WORD for one in others if len(one) >= least)


def _is_direction(word: str) -> bool:
    return kind_of_word(word) == "direction"


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def _is_set_apart(words: set[str]) -> bool:
    """Letters set apart by a converter (`m e r c u r y`): its words tell nothing."""
    return sum(map(len, words)) < _TELLING_LETTERS * len(words) - len(words)


def _countries_differ(a: Statement, b: Statement) -> bool:
    if a.country and b.country and a.country != b.country:
        return True
    return any(
        one.told_country and other.country and one.told_country != other.country for one, other in ((a, b), (b, a))
    )


def _pins_far(a: tuple[float, float] | None, b: tuple[float, float] | None) -> bool:
    if a == (0.0, 0.0) or b == (0.0, 0.0):
        return True
    return a is not None and b is not None and distance_km(a, b) > FAR_KM


def _kinds_differ(a: str, b: str) -> bool:
    return bool(a and b) and a != b


def name_of(text: str) -> Name:
    """A normalised name in the forms that are compared."""
    words = text.split()
    return Name(text, " ".join(sorted(words)), "".join(words), len(words))


@lru_cache(maxsize=KEPT)
def _address(address: str, city: str, region: str, country: str) -> tuple[str, ...]:
    """The words of an address in their order, city and region behind where it does not name them; no postcodes."""
    words = normalise_address(address, country).split()
    for around in (city, region):
        more = normalise_address(around, country)
        if more and f" {more} " not in f" {' '.join(words)} ":
            words += more.split()
    numbers = address_numbers(address)
    return tuple(w for w in words if not (w.isdigit() and len(w) >= POSTCODE_DIGITS and w.lstrip("0") not in numbers))
