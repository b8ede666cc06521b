"""Which sites a mention may be: those that share its rarest words, found without comparing everything with everything.

Geography is too unreliable to be the key, so rare words are. One interface, two stores: in memory for bulk work and
the command line, in the database for one upload at a time.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from framework.ground.place_scores import ONE_COUNTRY_GROUP, Statement

INDEX_TOKENS, QUERY_TOKENS, SECOND_LOOK_TOKENS = 6, 10, 4
MAX_DF, TOP_K = 20_000, 50
_CHINA = "CN"
_EVERYWHERE = ""


def area(country: str) -> str:
    """The search area of a country code: itself; mainland China and its regions are one."""
    return _CHINA if country in ONE_COUNTRY_GROUP else country


def rarest(words: Iterable[str], often: Counter[str], most: int) -> list[str]:
    """The rarest words, ties by length, then alphabet; none that is too common to tell anything."""
    usable = [word for word in words if often[word] <= MAX_DF]
    return sorted(usable, key=lambda word: (often[word], -len(word), word))[:most]


class MemoryIndex:
    """Entries by their rarest words within a country, all in memory; entries are numbers from 0 in the order added.

    Over an index `below`, that one's entries follow its own, and are not changed: how often a word stands is counted in
    both. So one index of a large base serves list after list.
    """

    def __init__(self, below: MemoryIndex | None = None) -> None:
        self._below = below
        self._often: Counter[str] = Counter()
        self._by_word: dict[str, dict[str, array[int]]] = defaultdict(dict)
        self._by_id: dict[tuple[str, str], array[int]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size + (len(self._below) if self._below else 0)

    def extend(self, statements: Sequence[Statement]) -> None:
        """Add entries: first their words are counted, then each stands under its rarest."""
        for one in statements:
            self._often.update(one.words)
        for one in statements:
            self._add(one)

    def candidates(self, mention: Statement) -> list[int]:
        """At most TOP_K entries of its country, and those with an id of it, best first."""
        return self._found(mention, self._rarest(self._known(mention), QUERY_TOKENS), everywhere=not mention.country)

    def second_look(self, mention: Statement) -> list[int]:
        """At most TOP_K entries of any country, by fewer words: the country column is sometimes wrong."""
        return self._found(mention, self._rarest(self._known(mention), SECOND_LOOK_TOKENS), everywhere=True)

    def _knows(self, word: str) -> bool:
        return word in self._by_word or (self._below is not None and self._below._knows(word))

    def _known(self, mention: Statement) -> Iterator[str]:
        return filter(self._knows, mention.words)

    def _rarest(self, words: Iterable[str], most: int) -> list[str]:
        if self._below is None:
            return rarest(words, self._often, most)
        both = Counter({word: self._often[word] + self._below._often[word] for word in words})
        return rarest(both, both, most)

    def _add(self, one: Statement) -> None:
        number, self._size = self._size, self._size + 1
        here = area(one.country)
        for word in self._rarest(one.words, INDEX_TOKENS):
            entries = self._by_word[word].get(here)
            if entries is None:
                entries = self._by_word[word][here] = array("I")
            entries.append(number)
        for registry_id in one.ids:
            self._by_id.setdefault(registry_id, array("I")).append(number)

    def _found(self, mention: Statement, words: list[str], *, everywhere: bool) -> list[int]:
        shared = self._shared(mention, words, everywhere=everywhere)
        found = [(-count, number) for number, count in _most(shared)]
        if self._below is not None:
            under = self._below._shared(mention, words, everywhere=everywhere)
            found += [(-count, number + self._size) for number, count in _most(under)]
        return [number for _count, number in sorted(found)[:TOP_K]]

    def _shared(self, mention: Statement, words: list[str], *, everywhere: bool) -> Counter[int]:
        """How many of these words each entry shares; an equal id counts as all of them."""
        here = area(mention.country)
        shared: Counter[int] = Counter()
        for word in words:
            by_area = self._by_word.get(word)
            if by_area is None:
                continue
            lists = by_area.values() if everywhere else filter(None, (by_area.get(here), by_area.get(_EVERYWHERE)))
            for entries in lists:
                shared.update(entries)
        for registry_id in mention.ids:
            shared.update(dict.fromkeys(self._by_id.get(registry_id, ()), QUERY_TOKENS))
        return shared


def _most(shared: Counter[int]) -> Iterable[tuple[int, int]]:
    """Entries with their counts, those left out that cannot be among the TOP_K: most share a single word."""
    if len(shared) <= TOP_K:
        return shared.items()
    least, so_far = 1, 0
    for count, entries in sorted(Counter(shared.values()).items(), reverse=True):
        least, so_far = count, so_far + entries
        if so_far >= TOP_K:
            break
    return [item for item in shared.items() if item[1] >= least]
