"""Which sites of two versions are worth scoring: those that share a rare word in a country, in bounded number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

INDEXED_TOKENS, TOKENS_ANYWHERE = 6, 4
MOST_PAIRS_OF_A_TOKEN = 20_000
MOST_PAIRS = 10_000_000
"""So many pairs are looked at; the commonest words are left out until no more are left."""
_SAID_EVERY = 1_000

Meeting = tuple[list[int], list[int]]
"""Places of rows, before and after, that share something."""
Heard = Callable[[int], None]


class Comparable(Protocol):
    """What is looked at of a site; a blank country is not known."""

    name: str
    place: str
    country: str


def candidates(
    before: Sequence[Comparable], after: Sequence[Comparable], heard: Heard
) -> Iterator[tuple[int, Iterable[int]]]:
    """By the place of each row before, the places of the rows after that share one of its rarest words or its whole name.

    Very common words find nothing. Both are of one country, or a side tells none: then its rarest words are looked up
    in all countries. `heard` is told how many rows were gone through since.
    """
    beside: list[list[list[int]]] = [[] for _one in before]
    for olds, news in affordable(_meetings(before, after)):
        for place in olds:
            beside[place].append(news)
    for place, others in enumerate(beside):
        if others:
            beside[place] = []
            yield place, sorted(set().union(*others))
        if place % _SAID_EVERY == _SAID_EVERY - 1:
            heard(_SAID_EVERY)


def affordable(meetings: Iterable[Meeting]) -> list[Meeting]:
    """The meetings with the fewest pairs, `MOST_PAIRS` in all; none of more than `MOST_PAIRS_OF_A_TOKEN`."""
    sized = [(len(one[0]) * len(one[1]), one) for one in meetings]
    sized = [(size, one) for size, one in sized if size <= MOST_PAIRS_OF_A_TOKEN]
    if sum(size for size, _one in sized) <= MOST_PAIRS:
        return [one for _size, one in sized]
    largest = _largest_affordable(Counter(size for size, _one in sized))
    return [one for size, one in sized if size <= largest]


def _largest_affordable(sizes: Counter[int]) -> int:
    """Up to which size all meetings together have `MOST_PAIRS` at most: equal sizes go or stay together."""
    total = largest = 0
    for size in sorted(sizes):
        total += size * sizes[size]
        if total > MOST_PAIRS:
            break
        largest = size
    return largest


def _meetings(before: Sequence[Comparable], after: Sequence[Comparable]) -> Iterator[Meeting]:
    often = Counter(token for one in (*before, *after) for token in _tokens(one))
    old, new = _index(before, often), _index(after, often)
    for key in old.keys() & new.keys():
        yield old[key], new[key]
    for wanted, told in _anywhere(before, new, often):
        yield wanted, told
    for wanted, told in _anywhere(after, old, often):
        yield told, wanted


Index = dict[tuple[str, str], list[int]]


def _index(sites: Sequence[Comparable], often: Counter[str]) -> Index:
    table: Index = defaultdict(list)
    for place, one in enumerate(sites):
        for token in _telling(one, often, INDEXED_TOKENS):
            table[one.country, token].append(place)
    return table


def _anywhere(sites: Sequence[Comparable], others: Index, often: Counter[str]) -> Iterator[Meeting]:
    """The sites without a country, each with those of every country that share one of its rarest words."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(sites):
        if not one.country:
            for token in _telling(one, often, TOKENS_ANYWHERE):
                wanted[token].append(place)
    if not wanted:
        return
    told: dict[str, list[int]] = defaultdict(list)
    for (country, token), places in others.items():
        if country and token in wanted:
            told[token] += places
    for token, places in told.items():
        yield wanted[token], places


def _telling(one: Comparable, often: Counter[str], most: int) -> set[str]:
    """The rarest words of a site and its whole name."""
    rarest = sorted(_tokens(one), key=lambda token: (often[token], -len(token), token))[:most]
    return {*rarest, f"name {one.name}"}


def _tokens(one: Comparable) -> set[str]:
    return {*one.name.split(), *one.place.split()}
