"""Match whole lists with one another and with a base, in memory: the rules for one mention, applied to all at once.

Every row is compared with every row that shares its rare words, and rows that tie share a site. What a row comes to
does not depend on the order of rows or of files.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from framework.chain.matching.decide import (
    DEFAULT,
    MOST_ASKED,
    TYING,
    Band,
    Candidate,
    Rule,
    Thresholds,
    Verdict,
    alone,
    can_be_told,
    has_rival,
    is_hopeless,
    pair_rule,
)
from framework.chain.matching.index import MemoryIndex
from framework.chain.matching.packed import Packed
from framework.ground.place_scores import Parts, Statement, likeness, parts
from framework.ground.places import Precision


class Sites:
    """Entries that share a site, joined pair by pair; the least number of a group names it."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def of(self, entry: int) -> int:
        """The name of an entry's group."""
        root = entry
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(entry, entry)) != root:
            self._parent[entry], entry = root, above
        return root

    def join(self, one: int, other: int) -> None:
        """Put two entries into one group."""
        low, high = sorted((self.of(one), self.of(other)))
        if low != high:
            self._parent[high] = low


@dataclass(slots=True)
class Matched:
    """What came of a run: the verdict of each row, and the sites of all entries: rows from 0, then the base."""

    verdicts: list[Verdict]
    sites: Sites


class Base:
    """Known sites that list after list is recognised in: their statements, packed, and an index of them."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.entries = Packed(statements)
        self.index = MemoryIndex()
        self.index.extend(self.entries)
        self.equal = list(_equal(self.entries))


class _Run:
    """The entries of one run and what was compared so far: by row, the candidates by entry.

    Of hopeless pairs only the likest of a row is kept, as (less is likelier, entry, parts).
    """

    def __init__(self, rows: Sequence[Statement], base: Sequence[Statement], limits: Thresholds) -> None:
        self.rows = len(rows)
        self.limits = limits
        self.compared: list[dict[int, Candidate]] = [{} for _row in rows]
        self.hopeless: list[tuple[tuple[Any, ...], int, Parts] | None] = [None] * len(rows)
        self._looked: list[set[int]] = [set() for _row in rows]
        self._lists = rows, base
        self.sites = Sites()

    def entry(self, number: int) -> Statement:
        """The statement of an entry: rows first, then the base."""
        rows, base = self._lists
        return rows[number] if number < self.rows else base[number - self.rows]

    def compare(self, number: int, others: Sequence[int]) -> None:
        """Compare one row with others; what one side learns the other knows too."""
        here, looked = self.entry(number), self._looked[number]
        for other in others:
            if other != number and other not in looked:
                looked.add(other)
                there = self.entry(other)
                known = parts(here, there)
                if is_hopeless(here, there, known, self.limits):
                    self._keep_likest(number, other, there, known)
                    if other < self.rows:
                        self._looked[other].add(number)
                        self._keep_likest(other, number, here, known)
                    continue
                found = likeness(here, there, known)
                self.compared[number][other] = Candidate(other, there, found)
                if other < self.rows:
                    self._looked[other].add(number)
                    self.compared[other][number] = Candidate(number, here, found)

    def _keep_likest(self, number: int, other: int, there: Statement, known: Parts) -> None:
        name, name_set, address = known
        rank = (-(name_set + address) / 2, -name, there.key)
        kept = self.hopeless[number]
        if kept is None or rank < kept[0]:
            self.hopeless[number] = rank, other, known

    def likest_hopeless(self, number: int) -> Candidate | None:
        """The likest entry of a row that has no better one; None where nothing was compared."""
        kept = self.hopeless[number]
        if kept is None:
            return None
        _rank, other, known = kept
        there = self.entry(other)
        return Candidate(other, there, likeness(self.entry(number), there, known))

    def rule(self, number: int, one: Candidate) -> Rule:
        """By what a row and a candidate are tied or asked."""
        return pair_rule(self.entry(number), one.other, one.likeness, self.limits)

    def one_site(self, one: Candidate, other: Candidate) -> bool:
        """Would two candidates tie with each other?"""
        found = likeness(one.other, other.other)
        return pair_rule(one.other, other.other, found, self.limits) in TYING

    def is_free(self, number: int, other: int) -> bool:
        """Has a row no other site that fits it as well as this entry? Entries of the base choose nothing."""
        if number >= self.rows:
            return True
        candidates = self.compared[number]
        return not has_rival(candidates[other], candidates.values(), self.limits, one_site=self.one_site)


def match(rows: Sequence[Statement], base: Sequence[Statement] | Base = (), limits: Thresholds = DEFAULT) -> Matched:
    """What each row comes to among the other rows and the base; entries of the base are not compared with one another."""
    if isinstance(base, Base):
        run = _Run(rows, base.entries, limits)
        index = MemoryIndex(below=base.index)
        index.extend(rows)
    else:
        run = _Run(rows, base, limits)
        index = MemoryIndex()
        index.extend([*rows, *base])
    for number, row in enumerate(rows):
        run.compare(number, index.candidates(row))
    for number, row in enumerate(rows):
        if all(one.likeness.score < limits.ask_score for one in run.compared[number].values()):
            run.compare(number, index.second_look(row))
    _join(run, base.equal if isinstance(base, Base) else _equal(base))
    return Matched([_verdict(run, number) for number in range(run.rows)], run.sites)


def _equal(entries: Sequence[Statement]) -> Iterator[tuple[int, int]]:
    """Pairs of entries that are exact places and say the same: the first, and each other. Holds no statement in memory."""
    marks = array("q", (hash(one.key) if one.precision is Precision.SITE and one.name else 0 for one in entries))
    by_mark = sorted(filter(marks.__getitem__, range(len(marks))), key=marks.__getitem__)
    for mark, some in groupby(by_mark, key=marks.__getitem__):
        alike = list(some)
        if len(alike) > 1:
            first: dict[tuple[Any, ...], int] = {}
            for number in alike:
                kept = first.setdefault((mark, *entries[number].key), number)
                if kept != number:
                    yield kept, number


def _join(run: _Run, equal: Iterable[tuple[int, int]]) -> None:
    """One site for equal statements of the base, and for every tie of which neither side has a rival."""
    for one, number in equal:
        run.sites.join(run.rows + one, run.rows + number)
    for number, candidates in enumerate(run.compared):
        for other, found in candidates.items():
            if run.rule(number, found) in TYING and run.is_free(number, other) and run.is_free(other, number):
                run.sites.join(number, other)


def _verdict(run: _Run, number: int) -> Verdict:
    """The band of a row, the best entry behind it, and the sites still in question."""
    own = run.sites.of(number)
    found = sorted(run.compared[number].items(), key=lambda item: _likest_first(item[1]))
    ranked = [(run.sites.of(entry), one) for entry, one in found]
    same = [one for site, one in ranked if site == own]
    asked = [(site, one) for site, one in ranked if site != own and run.rule(number, one) is not Rule.NONE]
    sites = tuple(dict.fromkeys(site for site, _one in asked))[:MOST_ASKED]
    if same:
        return Verdict(Band.LINKED, run.rule(number, same[0]), own, sites, same[0])
    if can_be_told(run.entry(number), sites):
        return Verdict(Band.ASKED, Rule.ASK, own, sites, asked[0][1])
    band = alone(run.entry(number))
    looked_at = [one for _site, one in ranked[:1]] + list(filter(None, [run.likest_hopeless(number)]))
    best = min(looked_at, key=_likest_first, default=None)
    return Verdict(band, Rule.NONE, own if band is Band.NEW else None, best=best)


def _likest_first(one: Candidate) -> tuple[Any, ...]:
    return -one.likeness.score, -one.likeness.name, one.other.key
