"""Match whole lists with one another and with a base, in memory: the rules for one mention, applied to all at once.

Every row is compared with every row that shares its rare words, and rows that tie share a site. What a row comes to
does not depend on the order of rows or of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    has_rival,
    pair_rule,
)
from framework.chain.matching.index import MemoryIndex
from framework.ground.place_scores import Statement, likeness
from framework.ground.places import Precision


class Sites:
    """Entries that share a site, joined pair by pair; the least number of a group names it."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def of(self, entry: int) -> int:
        """The name of an entry's group."""
        root = entry
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[entry] != root:
            self._parent[entry], entry = root, self._parent[entry]
        return root

    def join(self, one: int, other: int) -> None:
        """Put two entries into one group."""
        low, high = sorted((self.of(one), self.of(other)))
        self._parent[high] = low


@dataclass(slots=True)
class Matched:
    """What came of a run: the verdict of each row, and the sites of all entries: rows from 0, then the base."""

    verdicts: list[Verdict]
    sites: Sites


class _Run:
    """The entries of one run and what was compared so far: by row, the candidates by entry."""

    def __init__(self, rows: Sequence[Statement], base: Sequence[Statement], limits: Thresholds) -> None:
        self.rows = len(rows)
        self.entries = [*rows, *base]
        self.limits = limits
        self.compared: list[dict[int, Candidate]] = [{} for _row in rows]
        self.sites = Sites(len(self.entries))

    def compare(self, number: int, others: Sequence[int]) -> None:
        """Compare one row with others; what one side learns the other knows too."""
        here = self.entries[number]
        for other in others:
            if other != number and other not in self.compared[number]:
                there = self.entries[other]
                found = likeness(here, there)
                self.compared[number][other] = Candidate(other, there, found)
                if other < self.rows:
                    self.compared[other][number] = Candidate(number, here, found)

    def rule(self, number: int, one: Candidate) -> Rule:
        """By what a row and a candidate are tied or asked."""
        return pair_rule(self.entries[number], one.other, one.likeness, self.limits)

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


def match(rows: Sequence[Statement], base: Sequence[Statement] = (), limits: Thresholds = DEFAULT) -> Matched:
    """What each row comes to among the other rows and the base; entries of the base are not compared with one another."""
    run = _Run(rows, base, limits)
    index = MemoryIndex()
    index.extend(run.entries)
    for number, row in enumerate(rows):
        run.compare(number, index.candidates(row))
    for number, row in enumerate(rows):
        if all(one.likeness.score < limits.ask_score for one in run.compared[number].values()):
            run.compare(number, index.second_look(row))
    _join(run)
    return Matched([_verdict(run, number) for number in range(run.rows)], run.sites)


def _join(run: _Run) -> None:
    """One site for equal statements of the base, and for every tie of which neither side has a rival."""
    first: dict[object, int] = {}
    for number in range(run.rows, len(run.entries)):
        entry = run.entries[number]
        if entry.precision is Precision.SITE and entry.name:
            run.sites.join(first.setdefault(entry.key, number), number)
    for number, candidates in enumerate(run.compared):
        for other, one in candidates.items():
            if run.rule(number, one) in TYING and run.is_free(number, other) and run.is_free(other, number):
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
    if asked:
        return Verdict(Band.ASKED, Rule.ASK, own, sites, asked[0][1])
    band = alone(run.entries[number])
    return Verdict(band, Rule.NONE, own if band is Band.NEW else None, best=ranked[0][1] if ranked else None)


def _likest_first(one: Candidate) -> tuple[Any, ...]:
    return -one.likeness.score, -one.likeness.name, one.other.key
