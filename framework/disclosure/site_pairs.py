"""Which site of one version is which of another of the same reporter: ids, equal words, then scores, one to one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from rapidfuzz import fuzz

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
INDEXED_TOKENS = 6
MOST_PAIRS_OF_A_TOKEN = 20_000
_OTHER_PLACE = 60.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A site row with its comparable forms; `place` is its words in order of the alphabet."""

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


def mention(record: dict[str, Any]) -> Mention:
    """A site row as `Checked.tables` has it, made comparable."""
    values = record["values"]
    name, country = _text(values, "site_legal_name"), _text(values, "country")
    line, city, region = (_text(values, column) for column in ("address_line", "city", "region"))
    whole = ", ".join(part for part in (line, city, region, _text(values, "postcode")) if part)
    code = country if len(country) == 2 else ""
    return Mention(
        record,
        normalise_name(name),
        " ".join(sorted(set(normalise_address(whole, code).split()))),
        address_numbers(line),
        unit_markers(name),
        country.casefold(),
        "".join(_text(values, "os_id").upper().split()),
        precision(line, city, code or country, region=region, has_registry_id=bool(_text(values, "os_id"))),
    )


def pairs(before: list[Mention], after: list[Mention]) -> list[Pair]:
    """The pairs of one site each, surest first: id, equal words, score, less precise, renamed, moved."""
    found: list[Pair] = []
    left, right = list(before), list(after)
    steps: tuple[Callable[[list[Mention], list[Mention]], Iterator[Pair]], ...] = (
        lambda a, b: _only(a, b, lambda m: m.os_id),
        lambda a, b: _equal(a, b, lambda m: (m.country, m.name, m.place, m.numbers, m.units)),
        _country_mended,
        _scored,
        _coarser,
        lambda a, b: _only(a, b, lambda m: m.precision is Precision.SITE and (m.country, m.place, m.numbers)),
        lambda a, b: _only(a, b, lambda m: m.name and (m.country, m.name, m.units)),
    )
    for step in steps:
        new = list(step(left, right))
        found += new
        taken = {id(one) for pair in new for one in (pair.before, pair.after)}
        left = [one for one in left if id(one) not in taken]
        right = [one for one in right if id(one) not in taken]
    return found


def _country_mended(before: list[Mention], after: list[Mention]) -> Iterator[Pair]:
    """Pairs with equal words of which either side has no country that we know, such as a misspelt one put right."""
    found = _only(before, after, lambda m: m.name and m.place and (m.name, m.place, m.numbers, m.units))
    return (pair for pair in found if not (pair.before.country and pair.after.country))


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


def _scored(before: list[Mention], after: list[Mention]) -> Iterator[Pair]:
    return _best(before, after, _score)


def _coarser(before: list[Mention], after: list[Mention]) -> Iterator[Pair]:
    """Pairs of one name where either place is less exact and all its words stand in the other's."""
    return _best(before, after, _coarser_score)


def _best(before: list[Mention], after: list[Mention], score: Callable[[Mention, Mention], float]) -> Iterator[Pair]:
    """One-to-one by descending score of at least ENOUGH; the order of the two versions makes no difference."""
    scored = ((score(before[a], after[b]), a, b) for a, b in sorted(_candidates(before, after)))
    kept = [one for one in scored if one[0] >= ENOUGH]
    kept.sort(key=lambda one: (-one[0], sorted([before[one[1]].said, after[one[2]].said])))
    used_before: set[int] = set()
    used_after: set[int] = set()
    for _points, a, b in kept:
        if a not in used_before and b not in used_after:
            used_before.add(a)
            used_after.add(b)
            yield Pair(before[a], after[b])


def _candidates(before: list[Mention], after: list[Mention]) -> set[tuple[int, int]]:
    """Places of rows that share one of their rarest words in a country, or a whole name; very common words find nothing."""
    often = Counter(token for one in (*before, *after) for token in _tokens(one))
    old, new = _index(before, often), _index(after, often)
    found: set[tuple[int, int]] = set()
    for token in old.keys() & new.keys():
        if len(old[token]) * len(new[token]) <= MOST_PAIRS_OF_A_TOKEN:
            found.update(product(old[token], new[token]))
    return found


def _index(mentions: list[Mention], often: Counter[str]) -> dict[tuple[str, str], list[int]]:
    table: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(mentions):
        rarest = sorted(_tokens(one), key=lambda token: (often[token], -len(token), token))[:INDEXED_TOKENS]
        for token in {*rarest, f"name {one.name}"}:
            table[one.country, token].append(place)
    return table


def _tokens(one: Mention) -> set[str]:
    return {*one.name.split(), *one.place.split()}


def _score(a: Mention, b: Mention) -> float:
    """Half name, half address, 0-100; capped below ENOUGH where house numbers or units contradict each other."""
    name = max(fuzz.token_sort_ratio(a.name, b.name), fuzz.ratio(_compact(a.name), _compact(b.name)))
    if name < ENOUGH and Precision.SITE not in (a.precision, b.precision):
        return 0.0  # one region has room for many of like names
    if name < ENOUGH and " " in a.name and " " in b.name:
        name = max(name, 0.98 * fuzz.token_set_ratio(a.name, b.name))
    if name < 2 * ENOUGH - 100:
        return 0.0
    score = (name + _address(a, b)) / 2
    return min(score, CAP) if _conflict(a.numbers, b.numbers) or a.units != b.units else score


def _coarser_score(a: Mention, b: Mention) -> float:
    if a.precision is b.precision or a.name != b.name or a.units != b.units:
        return 0.0
    rough, exact = sorted((set(a.place.split()), set(b.place.split())), key=len)
    return ENOUGH + len(rough) if rough <= exact else 0.0


def _address(a: Mention, b: Mention) -> float:
    ratio = max(fuzz.ratio(a.place, b.place), fuzz.ratio(_compact(a.place), _compact(b.place)))
    return max(ratio, 0.95 * fuzz.token_set_ratio(a.place, b.place)) if a.place and b.place else 0.0


def _compact(text: str) -> str:
    return text.replace(" ", "")


def _conflict(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a - b and b - a)


def _text(values: dict[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value).strip()
