"""Which site of one version is which of another of the same reporter: ids, equal words, then scores, one to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from rapidfuzz import fuzz

from framework.disclosure.site_candidates import Heard, affordable, candidates
from framework.ground.address_country import country_in_address
from framework.ground.codelists import country_by_name
from framework.ground.places import (
    Precision,
    address_numbers,
    normalise_address,
    normalise_name,
    precision,
    unit_markers,
)

PLACE_COLUMNS = ("address_line", "city", "region", "postcode")
ENOUGH, CAP = 85.0, 84.0
_OTHER_PLACE = 60.0
_LEAST_NAME = 2 * ENOUGH - 100


@dataclass(slots=True, eq=False)
class Mention:
    """A site row with its comparable forms; `place` is its words in order of the alphabet.

    `country` is an alpha-2 code in small letters, of its column or else of its address; blank where neither tells.
    """

    record: dict[str, Any]
    name: str
    place: str
    numbers: frozenset[str]
    units: frozenset[str]
    country: str
    os_id: str
    precision: Precision

    @property
    def said(self) -> tuple[Any, ...]:
        """All that tells it from another, in an order that sorts."""
        return self.country, self.name, self.place, sorted(self.numbers), sorted(self.units), self.os_id


@dataclass(frozen=True, slots=True)
class Pair:
    """One site in two versions."""

    before: Mention
    after: Mention

    @property
    def is_other_place(self) -> bool:
        """Whether the numbers contradict each other or the addresses have little in common."""
        return _conflict(self.before.numbers, self.after.numbers) or _address(self.before, self.after) < _OTHER_PLACE


Step = Callable[[list[Mention], list[Mention]], Iterable[Pair]]


def mention(record: dict[str, Any]) -> Mention:
    """A site row as `Checked.tables` has it, made comparable."""
    values = record["values"]
    name, line, city, region = (
        _text(values, column) for column in ("site_legal_name", "address_line", "city", "region")
    )
    whole, code = whole_address(values), _country(values)
    os_id = "".join(_text(values, "os_id").upper().split())
    return Mention(
        record,
        normalise_name(name),
        " ".join(sorted(set(normalise_address(whole, code).split()))),
        _once(address_numbers(line)),
        _once(unit_markers(name)),
        code.casefold(),
        os_id,
        precision(line, city, code or _text(values, "country"), region=region, has_registry_id=bool(os_id)),
    )


def whole_address(values: dict[str, Any]) -> str:
    """All that says where a site is, as one line."""
    return ", ".join(filter(None, (_text(values, column) for column in PLACE_COLUMNS)))


def pairs(before: list[Mention], after: list[Mention], heard: Heard = lambda _done: None) -> list[Pair]:
    """The pairs of one site each, surest first: id, equal words, score, less precise, renamed, moved.

    `heard` is told now and then how many older sites were scored since.
    """
    found: list[Pair] = []
    left, right = list(before), list(after)
    steps: tuple[Step, ...] = (
        lambda a, b: _only(a, b, lambda m: m.os_id),
        lambda a, b: _equal(a, b, lambda m: (m.country, m.name, m.place, m.numbers, m.units)),
        _country_told,
        partial(_scored, heard=heard),
        _coarser,
        partial(_alone, key=lambda m: m.precision is Precision.SITE and (m.place, m.numbers)),
        partial(_alone, key=lambda m: m.name and (m.name, m.units)),
    )
    for step in steps:
        new = list(step(left, right))
        found += new
        taken = {id(one) for pair in new for one in (pair.before, pair.after)}
        left = [one for one in left if id(one) not in taken]
        right = [one for one in right if id(one) not in taken]
    return found


def _country_told(before: list[Mention], after: list[Mention]) -> Iterator[Pair]:
    """Pairs with equal words of which either side has no country that we know, such as a misspelt one put right."""
    found = _only(before, after, lambda m: m.name and m.place and (m.name, m.place, m.numbers, m.units))
    return (pair for pair in found if _may_be_one_country(pair.before, pair.after))


def _alone(before: list[Mention], after: list[Mention], *, key: Callable[[Mention], Hashable]) -> Iterator[Pair]:
    """Pairs that alone have a key in their country, then those that do in all and of which a side tells no country."""
    found = list(_only(before, after, lambda m: key(m) and (m.country, key(m))))
    yield from found
    taken = {id(one) for pair in found for one in (pair.before, pair.after)}
    left, right = ([one for one in side if id(one) not in taken] for side in (before, after))
    yield from (pair for pair in _only(left, right, key) if _may_be_one_country(pair.before, pair.after))


def _may_be_one_country(a: Mention, b: Mention) -> bool:
    return not (a.country and b.country)


def _only(before: list[Mention], after: list[Mention], key: Callable[[Mention], Hashable]) -> Iterator[Pair]:
    """Pairs that alone have a key on either side; a blank or false key is none."""
    old, new = _by(before, key), _by(after, key)
    for shared, left in old.items():
        right = new.get(shared, [])
        if shared and len(left) == len(right) == 1:
            yield Pair(left[0], right[0])


def _equal(before: list[Mention], after: list[Mention], key: Callable[[Mention], Hashable]) -> Iterator[Pair]:
    """Pairs with an equal key in the order of rows; as many as both sides have."""
    new = _by(after, key)
    for shared, left in _by(before, key).items():
        yield from map(Pair, left, new.get(shared, []))


def _by(mentions: list[Mention], key: Callable[[Mention], Hashable]) -> dict[Hashable, list[Mention]]:
    table: dict[Hashable, list[Mention]] = defaultdict(list)
    for one in mentions:
        table[key(one)].append(one)
    return table


def _scored(before: list[Mention], after: list[Mention], *, heard: Heard) -> Iterator[Pair]:
    """Pairs whose names and addresses are alike, one to one by descending score."""
    old, new = ([_Form(one) for one in side] for side in (before, after))
    scored = ((_score(old[a], new[b]), a, b) for a, others in candidates(before, after, heard) for b in others)
    return _best(before, after, scored)


def _coarser(before: list[Mention], after: list[Mention]) -> Iterator[Pair]:
    """Pairs of one name where either place is less exact and all its words stand in the other's."""
    old, new = _places_by_name(before), _places_by_name(after)
    meetings = affordable((old[name], new[name]) for name in old.keys() & new.keys())
    couples = ((a, b) for olds, news in meetings for a in olds for b in news)
    return _best(before, after, ((_coarser_score(before[a], after[b]), a, b) for a, b in couples))


def _places_by_name(mentions: list[Mention]) -> dict[Hashable, list[int]]:
    table: dict[Hashable, list[int]] = defaultdict(list)
    for place, one in enumerate(mentions):
        table[one.name, one.units].append(place)
    return table


def _best(before: list[Mention], after: list[Mention], scored: Iterable[tuple[float, int, int]]) -> Iterator[Pair]:
    """One-to-one by descending score of at least ENOUGH; the order of the two versions makes no difference."""
    kept = [one for one in scored if one[0] >= ENOUGH]
    kept.sort(key=lambda one: (-one[0], sorted([before[one[1]].said, after[one[2]].said])))
    used_before: set[int] = set()
    used_after: set[int] = set()
    for _points, a, b in kept:
        if a not in used_before and b not in used_after:
            used_before.add(a)
            used_after.add(b)
            yield Pair(before[a], after[b])


class _Form:
    """What scoring looks at again and again of a mention, worked out once."""

    __slots__ = ("is_long", "is_site", "mention", "name", "place", "words")

    def __init__(self, one: Mention) -> None:
        words = one.name.split()
        self.mention, self.is_site, self.is_long = one, one.precision is Precision.SITE, len(words) > 1
        in_order = sorted(words)
        self.words = one.name if in_order == words else " ".join(in_order)
        self.name, self.place = _compact(one.name), _compact(one.place)


def _score(a: _Form, b: _Form) -> float:
    """Half name, half address, 0-100; 0 where it would be below ENOUGH: so where house numbers or units differ."""
    old, new = a.mention, b.mention
    if old.units != new.units or _conflict(old.numbers, new.numbers):
        return 0.0
    name = max(fuzz.ratio(a.words, b.words), fuzz.ratio(a.name, b.name))
    if name < ENOUGH and not (a.is_site or b.is_site):
        return 0.0  # one region has room for many of like names
    if name < ENOUGH and a.is_long and b.is_long:
        name = max(name, 0.98 * fuzz.token_set_ratio(old.name, new.name))
    if name < _LEAST_NAME:
        return 0.0
    score = (name + _address_of(a, b, 2 * ENOUGH - name)) / 2
    return score if score >= ENOUGH else 0.0


def _coarser_score(a: Mention, b: Mention) -> float:
    """Of two mentions of one name and unit."""
    if a.precision is b.precision or (a.country != b.country and not _may_be_one_country(a, b)):
        return 0.0
    rough, exact = sorted((set(a.place.split()), set(b.place.split())), key=len)
    return ENOUGH + len(rough) if rough <= exact else 0.0


def _address_of(a: _Form, b: _Form, least: float) -> float:
    """How alike two addresses are, 0-100; 0 where it is below `least`, which makes it cheap."""
    old, new = a.mention.place, b.mention.place
    if not (old and new):
        return 0.0
    return max(
        fuzz.ratio(old, new, score_cutoff=least),
        fuzz.ratio(a.place, b.place, score_cutoff=least),
        0.95 * fuzz.token_set_ratio(old, new, score_cutoff=least),
    )


def _address(a: Mention, b: Mention) -> float:
    return _address_of(_Form(a), _Form(b), 0.0)


@lru_cache(maxsize=100_000)
def _once(found: frozenset[str]) -> frozenset[str]:
    """The same set, kept once for all sites that have it: four hundred thousand small sets take much room."""
    return found


def _compact(text: str) -> str:
    return text.replace(" ", "")


def _conflict(a: frozenset[str], b: frozenset[str]) -> bool:
    return a != b and bool(a - b and b - a)


def _country(values: dict[str, Any]) -> str:
    """Alpha-2 code of the column, else of what the column or the address says in words; blank where neither tells."""
    said = _text(values, "country")
    if len(said) == 2 and said.isalpha():
        return said.upper()
    return country_by_name(said) or country_in_address(whole_address(values)) or ""


def _text(values: dict[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value).strip()
