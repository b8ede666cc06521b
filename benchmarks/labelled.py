"""What persons are asked on labelled lists of others: `python -m benchmarks.labelled [FOLDER]`.

Two measures. *Pairs*: each labelled pair by itself, as if every one were compared. *Desk*: all rows of a list come in one after
the other as in a round, and somebody who knows the truth answers the questions in the order in which they stand.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from framework.chain.matching.batch import Sites
from framework.chain.matching.decide import DEFAULT, Band, Candidate, Rule, Verdict, alone, decide, pair_rule
from framework.chain.matching.index import MemoryIndex
from framework.ground.place_scores import Statement, likeness, statement
from framework.ground.places import Precision

FOLDER = Path(__file__).resolve().parents[2] / "shared/data/matching"
Pairs = list[tuple[Statement, Statement, bool]]
"""Two statements, and whether they are one place."""
Rows = list[tuple[Statement, str]]
"""A statement, and the true place."""
PLACED = ("factories", "restaurants", "agencies")
"""Lists of which rows have an address: only they make sites."""


def pairs(folder: Path, name: str) -> Pairs:
    """The labelled pairs of a list: factories, restaurants or names."""
    if name == "factories":
        return [
            (_factory(row, "a"), _factory(row, "b"), row["label"] == "match")
            for row in _read(folder / "osh_training_pairs.csv")
        ]
    if name == "restaurants":
        return [
            (_restaurant(row, "ltable"), _restaurant(row, "rtable"), row["gold"] == "1")
            for row in _read(folder / "restaurants" / "labelled_pairs.csv")
        ]
    return [
        (statement(row["name1"], ""), statement(row["name2"], ""), row["is_match"] == "true")
        for row in _read(folder / "organisation_name_pairs.csv")
    ]


def rows(folder: Path, name: str) -> Rows:
    """The rows of a list in their order, each once: those of one side of the pairs before the other."""
    if name == "agencies":
        return [
            (statement(row["Site name"], row["Address"]), row["True Id"]) for row in _read(folder / "chicago_sites.csv")
        ]
    found, truth = pairs(folder, name), Sites()
    number: dict[Statement, int] = {}
    for one in (*(a for a, _b, _same in found), *(b for _a, b, _same in found)):
        number.setdefault(one, len(number))
    for a, b, same in found:
        if same:
            truth.join(number[a], number[b])
    return [(one, str(truth.of(at))) for one, at in number.items()]


def recalled(listed: Rows) -> tuple[int, int]:
    """Pairs of rows that are one place, and those of which one is among the candidates of the other, all rows in one index."""
    index = MemoryIndex()
    index.extend([said for said, _truth in listed])
    found = [{*index.candidates(said), *index.second_look(said)} for said, _truth in listed]
    true = defaultdict(list)
    for row, (_said, truth) in enumerate(listed):
        true[truth].append(row)
    same = [pair for some in true.values() for pair in combinations(some, 2)]
    return len(same), sum(b in found[a] or a in found[b] for a, b in same)


def by_pair(found: Pairs) -> Counter[tuple[bool, str]]:
    """What the pairs came to: (are they one place, tied, asked or neither)."""
    came_to: Counter[tuple[bool, str]] = Counter()
    for a, b, same in found:
        rule = pair_rule(a, b, likeness(a, b))
        came_to[same, {Rule.ASK: "asked", Rule.NONE: "neither"}.get(rule, "tied")] += 1
    return came_to


@dataclass(slots=True)
class Question:
    """That a row may be one of some sites, most likely the first."""

    row: int
    sites: tuple[int, ...]
    score: float
    answered: bool = False


@dataclass(slots=True)
class Desk:
    """A round into which rows come one after the other, as `placing` places them, and whose questions are answered.

    A site has the number of the row that made it, of several that are one the least.
    """

    said: list[Statement] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)
    place: dict[int, int] = field(default_factory=dict)
    sites: Sites = field(default_factory=Sites)
    questions: dict[tuple[object, ...], Question] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    _index: MemoryIndex = field(default_factory=MemoryIndex)
    _forms: list[int] = field(default_factory=list)
    _saying: dict[tuple[object, ...], list[int]] = field(default_factory=lambda: defaultdict(list))
    _by_key: dict[tuple[object, ...], list[int]] = field(default_factory=lambda: defaultdict(list))

    def take_in(self, listed: Rows) -> None:
        """Place rows in their order."""
        for said, truth in listed:
            self.said.append(said)
            self.truth.append(truth)
            self._saying[said.key].append(len(self.said) - 1)
            self._place(len(self.said) - 1)

    def answer(self) -> None:
        """Answer every question that waits, the surest first; what an answer settles by the way is not asked."""
        for question in sorted(self.questions.values(), key=lambda one: (-one.score, one.row)):
            open_sites = list(
                dict.fromkeys(s for s in map(self.sites.of, question.sites) if s != self._site(question.row))
            )
            if question.answered or not open_sites:
                continue
            question.answered = True
            right = next((s for s in open_sites if self.truth[s] == self.truth[question.row]), None)
            self.counted["same" if right is not None else "different"] += 1
            if right is not None:
                self._tie(question.row, right)
                self._follow(self.sites.of(right))

    def joined(self) -> tuple[int, int, int]:
        """Pairs of rows that are one place, those of them that share a site, and pairs that share one wrongly."""
        at, true = defaultdict(list), defaultdict(list)
        for row, truth in enumerate(self.truth):
            true[truth].append(row)
            if (site := self._site(row)) is not None:
                at[site].append(row)
        wrong = right = 0
        for some in at.values():
            for a, b in combinations(some, 2):
                right += self.truth[a] == self.truth[b]
                wrong += self.truth[a] != self.truth[b]
        return sum(len(some) * (len(some) - 1) // 2 for some in true.values()), right, wrong

    def _place(self, row: int) -> None:
        said = self.said[row]
        verdict = self._verdict(row)
        if isinstance(verdict.site, int):
            self._stand(row, verdict.site)
        elif verdict.band in (Band.NEW, Band.ASKED) and alone(said) is Band.NEW:
            equal = self._equal(said)
            self._stand(row, next(iter(equal)) if len(equal) == 1 and not equal & set(verdict.asked) else row)
        if verdict.band is Band.ASKED:
            sites = tuple(site for site in verdict.asked if isinstance(site, int))
            self.questions.setdefault(said.key, Question(row, sites, verdict.score or 0.0))

    def _verdict(self, row: int) -> Verdict:
        said = self.said[row]
        equal = self._equal(said)
        if len(equal) == 1:
            return Verdict(Band.LINKED, Rule.EXACT, next(iter(equal)))
        found = self._candidates(said, self._index.candidates(said))
        if all(one.likeness.score < DEFAULT.ask_score for one in found):
            found += self._candidates(said, self._index.second_look(said))
        return decide(said, found)

    def _equal(self, said: Statement) -> set[int]:
        if said.precision is not Precision.SITE or not said.name:
            return set()
        return {site for row in self._by_key[said.key] if (site := self._site(row)) is not None}

    def _candidates(self, said: Statement, entries: Iterable[int], without: int | None = None) -> list[Candidate]:
        by_site: dict[int, list[Candidate]] = defaultdict(list)
        for entry in entries:
            form = self._forms[entry]
            site = self._site(form)
            if site is not None and site != without:
                by_site[site].append(Candidate(site, self.said[form], likeness(said, self.said[form])))
        return [min(some, key=_rank) for some in by_site.values()]

    def _stand(self, row: int, site: int) -> None:
        self.place[row] = site
        self._forms.append(row)
        self._by_key[self.said[row].key].append(row)
        self._index.extend([self.said[row]])

    def _site(self, row: int) -> int | None:
        return self.sites.of(self.place[row]) if row in self.place else None

    def _tie(self, row: int, site: int) -> None:
        own = self._site(row)
        if own is not None:
            self.sites.join(own, site)
        for equal in self._saying[self.said[row].key]:
            if equal not in self.place:
                self._stand(equal, site)

    def _follow(self, site: int) -> None:
        for question in self.questions.values():
            own = self._site(question.row)
            if question.answered or own == site or site not in map(self.sites.of, question.sites):
                continue
            said = self.said[question.row]
            verdict = decide(said, self._candidates(said, self._index.candidates(said), without=own))
            if verdict.band is Band.LINKED and verdict.site == site:
                question.answered = True
                self.counted["settled by the way"] += 1
                self._tie(question.row, site)


def _rank(one: Candidate) -> tuple[object, ...]:
    return len(one.likeness.guards), -one.likeness.score, -one.likeness.name, one.other.key


def desk(listed: Rows) -> Desk:
    """A list taken in and answered."""
    made = Desk()
    made.take_in(listed)
    made.counted["tied wrongly before anybody answered"] = made.joined()[2]
    made.answer()
    return made


def told(folder: Path) -> Iterator[str]:
    """A line for each list and measure."""
    for name in ("factories", "restaurants", "names"):
        came_to = by_pair(pairs(folder, name))
        same = sum(n for (is_same, _what), n in came_to.items() if is_same)
        asked = came_to[True, "asked"] + came_to[False, "asked"]
        yield (
            f"{name}, pairs: {same} the same; tied {came_to[True, 'tied']} rightly, {came_to[False, 'tied']} wrongly; "
            f"asked {came_to[True, 'asked']} the same, {came_to[False, 'asked']} different; "
            f"not found {came_to[True, 'neither']}; {100 * asked / same:.0f} questions for each 100 true pairs"
        )
    for name in (*PLACED, "names"):
        same, reached = recalled(rows(folder, name))
        yield f"{name}, candidates: {reached} of {same} true pairs, {100 * reached / same:.1f} %"
    for name in PLACED:
        made = desk(rows(folder, name))
        true, right, wrong = made.joined()
        count = made.counted
        asked = count["same"] + count["different"]
        yield (
            f"{name}, desk: {len(made.said)} rows, {true} true pairs; asked {asked} ({count['same']} the same, "
            f"{count['different']} different), {count['settled by the way']} settled by the way; joined {right}, "
            f"{100 * right / true:.1f} %; wrongly {wrong}; {100 * asked / true:.0f} questions for each 100 true pairs"
        )


def _factory(row: dict[str, str], side: str) -> Statement:
    return statement(row[f"name_{side}"], row[f"address_{side}"], country=row[f"country_{side}"].upper())


def _restaurant(row: dict[str, str], side: str) -> Statement:
    return statement(row[f"{side}_name"], row[f"{side}_addr"], city=row[f"{side}_city"])


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(given: Sequence[str]) -> int:
    """Measure and print."""
    for line in told(Path(given[0]) if given else FOLDER):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
