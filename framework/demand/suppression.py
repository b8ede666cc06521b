"""Which sums of a pool may be published, so that nobody can compute what a single member buys; decided over all ever published.

The reader who is reckoned with holds every published figure and its own data, knows who stands behind each figure and who
changed meanwhile, and knows that whoever stands behind it has at least one piece. What this reader can work out is a system of
linear bounds; a figure is let through where no bound comes nearer than `pct` percent to any amount of another member (the
p % rule of statistical offices, asked from above and from below).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WIDTH_PCT = 15
"""So many percent of its true amount a bound must stay away from every amount of another member."""
STEPS = (10, 20, 50, 100, 200)
"""Steps to which a sum is rounded down, tried in this order, in thousandths of the power of ten above the sum."""
SMALLEST = 10
"""The smallest step: below it a rounded figure would be the figure itself."""
AT_ONCE = 200_000
"""So many coefficients are solved at once."""
NOISE = 1e-3
"""By so much a bound may be wrong, in the unit of the amounts: the solver reckons in floats."""

Part = tuple[int, str, int]
"""A member, what of its demand, and its amount (whole pieces or cents, above 0). Another amount later is another part."""
Signature = frozenset[int]


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum as it is told: at least `low`, at most `high`, both included. `parts` are what is added up."""

    parts: frozenset[Part]
    low: int
    high: int

    @property
    def members(self) -> frozenset[int]:
        """Who stands behind it."""
        return frozenset(member for member, _what, _amount in self.parts)

    @property
    def total(self) -> int:
        """What it adds up to; for no page."""
        return sum(amount for _member, _what, amount in self.parts)


Moment = tuple[Figure, ...]
"""Figures that were told together, of disjoint parts."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What may be told of a lot: figures by the names of their cells, and why cells are told coarser or not at all.

    A cell is a tuple of groups. `why` holds, by category (blank: the whole), `few` or `close`.
    """

    figures: dict[tuple[tuple[str, str], ...], Figure]
    why: dict[str, str]


Groups = Mapping[tuple[str, str], frozenset[Part]]
"""The parts of a lot by category and tier."""


def choose(groups: Groups, history: Sequence[Moment], *, least: int, pct: int = WIDTH_PCT) -> Chosen:
    """The finest figures of a lot that may be told beside everything told before.

    Each category is told by tier, else as one, else with the whole lot as one sum, else nothing of it is told.
    """
    filled = {group: parts for group, parts in groups.items() if parts}
    coarse: set[str] = set()
    why: dict[str, str] = {}
    while filled:
        cells = _cells(filled, coarse, whole="" in coarse)
        figures, failing, reason = _fitted(cells, history, least=least, pct=pct)
        if not failing:
            return Chosen(figures, why)
        if "" in coarse:
            return Chosen({}, why | {"": reason})
        before = len(coarse)
        for cell in failing:
            category = cell[0][0]
            coarse.add("" if category in coarse or len(_of(filled, category)) == 1 else category)
            why.setdefault(category, reason)
        if len(coarse) == before:
            coarse.add("")
    return Chosen({}, why)


def band(parts: frozenset[Part], history: Sequence[Moment], *, least: int, pct: int = WIDTH_PCT) -> Figure | None:
    """The band of a sum in which it may be told: 1–2, 2–5 or 5–10 times a power of ten, else 1–10; None where neither may be."""
    if not parts:
        return None
    total = sum(amount for _member, _what, amount in parts)
    power = 10 ** (len(str(total)) - 1)
    edges = next(pair for pair in ((1, 2), (2, 5), (5, 10)) if total < pair[1] * power)
    for low, high in (edges, (1, 10)):
        found = _told_before(parts, history) or Figure(parts, low * power, high * power - 1)
        if not _too_close(history, (found,), least=least, pct=pct):
            return found
    return None


def may_be_told(told: Moment, history: Sequence[Moment], *, least: int, pct: int = WIDTH_PCT) -> bool:
    """Whether figures may be told beside everything told before."""
    return not _too_close(history, told, least=least, pct=pct)


def _of(groups: Groups, category: str) -> list[tuple[str, str]]:
    return sorted(group for group in groups if group[0] == category)


def _cells(groups: Groups, coarse: set[str], *, whole: bool) -> dict[tuple[tuple[str, str], ...], frozenset[Part]]:
    if whole:
        sets = [sorted(groups)]
    else:
        sets = [_of(groups, category) for category in sorted(coarse)]
        sets += [[group] for group in sorted(groups) if group[0] not in coarse]
    return {tuple(some): frozenset().union(*(groups[g] for g in some)) for some in sets if some}


def _fitted(
    cells: Mapping[tuple[tuple[str, str], ...], frozenset[Part]], history: Sequence[Moment], *, least: int, pct: int
) -> tuple[dict[tuple[tuple[str, str], ...], Figure], set[tuple[tuple[str, str], ...]], str]:
    """The cells rounded as little as the rule allows; else those that cannot be told, and why."""
    names = list(cells)
    few = {name for name in names if len({part[0] for part in cells[name]}) < least}
    if few:
        return {}, few, "few"
    fixed = {name: found for name in names if (found := _told_before(cells[name], history)) is not None}
    level = dict.fromkeys(names, 0)
    while True:
        told = {name: fixed.get(name) or _rounded(cells[name], level[name]) for name in names}
        nothing = {name for name, figure in told.items() if figure is None}
        if nothing:
            return {}, nothing, "close"
        figures = {name: figure for name, figure in told.items() if figure is not None}
        close = _too_close(history, tuple(figures.values()), least=least, pct=pct)
        if not close:
            return figures, set(), ""
        wider = [names[at] for at in close if names[at] not in fixed]
        if not wider:
            return {}, {names[at] for at in close}, "close"
        for name in wider:
            level[name] += 1


def _told_before(parts: frozenset[Part], history: Sequence[Moment]) -> Figure | None:
    """The figure of the same parts that was told last: it is told again as it was."""
    same = [figure for moment in history for figure in moment if figure.parts == parts]
    return same[-1] if same else None


def _rounded(parts: frozenset[Part], level: int) -> Figure | None:
    """The sum rounded down to the step of a level; None where there is no such level or nothing is left."""
    if level >= len(STEPS):
        return None
    total = sum(amount for _member, _what, amount in parts)
    step = max(SMALLEST, STEPS[level] * 10 ** len(str(total)) // 1000)
    low = total // step * step
    return Figure(parts, low, low + step - 1) if low else None


def _too_close(history: Sequence[Moment], told: Moment, *, least: int, pct: int) -> set[int]:
    """Which of the figures now to be told bring a reader too close to an amount, by their place."""
    few = {at for at, figure in enumerate(told) if len(figure.members) < least}
    if few:
        return few
    found: set[int] = set()
    for component in _components([*history, told]):
        new = {at for at, figure in enumerate(told) if figure in component.figures}
        if new:
            for parts in component.breached(pct):
                found |= {at for at in new if parts & told[at].parts} or new
    return found


@dataclass(frozen=True, slots=True)
class _Component:
    """Figures that have parts in common, directly or through others, and the sums of parts that somebody may wish to know."""

    figures: list[Figure]
    wanted: list[frozenset[Part]]

    def breached(self, pct: int) -> Iterator[frozenset[Part]]:
        """The sums of one member's parts to which some other member's bounds come nearer than the rule allows."""
        groups = _by_signature(self.figures)
        sign_of = {part: sign for sign, parts in groups.items() for part in parts}
        spare = _Spare.of(groups)
        targets = [_Target.of(parts, sign_of) for parts in self.wanted]
        doubtful = [target for target in targets if not spare.is_enough(target, None, pct)]
        readers = [_Reader.of(member, self.figures, groups) for member in _distinct(self.figures, groups)]
        asked: dict[_Question, list[_Target]] = defaultdict(list)
        for reader in readers:
            for target in doubtful:
                if target.member != reader.member and not spare.is_enough(target, reader.member, pct):
                    asked[_Question(reader, frozenset(target.mine), reader.alone(target))].append(target)
        for (question, some), (low, high) in zip(asked.items(), _solve(list(asked)), strict=True):
            for target in some:
                if question.is_breached(target, low, high, pct):
                    yield target.parts


def _components(moments: Sequence[Moment]) -> list[_Component]:
    """The figures of all moments, put together where they share parts."""
    figures = list(dict.fromkeys(figure for moment in moments for figure in moment))
    parents = list(range(len(figures)))

    def root(at: int) -> int:
        while parents[at] != at:
            at = parents[at]
        return at

    first: dict[Part, int] = {}
    for at, figure in enumerate(figures):
        for part in figure.parts:
            parents[root(at)] = root(first.setdefault(part, at))
    together: dict[int, list[Figure]] = defaultdict(list)
    for at, figure in enumerate(figures):
        together[root(at)].append(figure)
    return [_Component(some, _wanted(some, moments)) for some in together.values()]


def _wanted(figures: list[Figure], moments: Sequence[Moment]) -> list[frozenset[Part]]:
    """Each part, and what each member has in each figure and in each moment."""
    here = set(figures)
    found: set[frozenset[Part]] = {frozenset({part}) for figure in figures for part in figure.parts}
    for moment in moments:
        inside = [figure for figure in moment if figure in here]
        whole = frozenset().union(*(figure.parts for figure in inside))
        for parts in (*(figure.parts for figure in inside), whole):
            for member in {part[0] for part in parts}:
                found.add(frozenset(part for part in parts if part[0] == member))
    return sorted(found, key=sorted)


def _by_signature(figures: list[Figure]) -> dict[Signature, list[Part]]:
    """The parts that stand in the same figures: only their sum is told."""
    places: dict[Part, set[int]] = defaultdict(set)
    for at, figure in enumerate(figures):
        for part in figure.parts:
            places[part].add(at)
    found: dict[Signature, list[Part]] = defaultdict(list)
    for part in sorted(places):
        found[frozenset(places[part])].append(part)
    return dict(found)


def _distinct(figures: Sequence[Figure], groups: Mapping[Signature, list[Part]]) -> list[int]:
    """The readers to ask about: of one figure alone the two who have most in it know all that others do."""
    own: dict[int, int] = defaultdict(int)
    for member, _what, amount in (part for parts in groups.values() for part in parts):
        own[member] += amount - 1  # others know of each part that it is 1 at least
    ranked = sorted(own, key=lambda member: (-own[member], member))
    return ranked[:2] if len(figures) == 1 else ranked


@dataclass(frozen=True, slots=True)
class _Target:
    """A sum of one member's parts that others may wish to know; `mine` counts its parts by the figures they stand in."""

    parts: frozenset[Part]
    member: int
    amount: int
    mine: dict[Signature, int]
    sums: dict[Signature, int]

    @classmethod
    def of(cls, parts: frozenset[Part], sign_of: Mapping[Part, Signature]) -> _Target:
        mine: dict[Signature, int] = defaultdict(int)
        sums: dict[Signature, int] = defaultdict(int)
        for part in parts:
            mine[sign_of[part]] += 1
            sums[sign_of[part]] += part[2]
        return cls(parts, next(iter(parts))[0], sum(sums.values()), dict(mine), dict(sums))


@dataclass(frozen=True, slots=True)
class _Spare:
    """What others could give up where they stand in the same figures: whoever knows only sums cannot tell from whom to whom it went.

    `above` is what each member has above one piece a part, by group of parts. It spares solving what is safe beyond doubt.
    """

    above: dict[Signature, dict[int, int]]

    @classmethod
    def of(cls, groups: Mapping[Signature, list[Part]]) -> _Spare:
        above: dict[Signature, dict[int, int]] = {}
        for sign, parts in groups.items():
            some = above.setdefault(sign, defaultdict(int))
            for member, _what, amount in parts:
                some[member] += amount - 1
        return cls(above)

    def is_enough(self, target: _Target, reader: int | None, pct: int) -> bool:
        """Whether shifting alone moves a target beyond the rule both ways for a reader; None: for whoever knows most in each group."""
        most, least = target.amount, 0
        for sign, number in target.mine.items():
            others = {member: above for member, above in self.above[sign].items() if member != target.member}
            known = max(others.values(), default=0) if reader is None else others.get(reader, 0)
            left = len(others) - (1 if reader is None or reader in others else 0)
            most += sum(others.values()) - known
            least += number if left > 0 else target.sums[sign]
        is_low = least * 100 <= (100 - pct) * target.amount or least <= len(target.parts)
        return is_low and most * 100 >= (100 + pct) * target.amount


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """What one member knows: how many parts of others stand in the same figures, and what is left of each figure without its own."""

    member: int
    counts: dict[Signature, int]
    bounds: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, member: int, figures: Sequence[Figure], groups: Mapping[Signature, list[Part]]) -> _Reader:
        others = {sign: sum(part[0] != member for part in parts) for sign, parts in groups.items()}
        own = [sum(part[2] for part in figure.parts if part[0] == member) for figure in figures]
        bounds = tuple((figure.low - mine, figure.high - mine) for figure, mine in zip(figures, own, strict=True))
        return cls(member, {sign: number for sign, number in others.items() if number}, bounds)

    def alone(self, target: _Target) -> frozenset[Signature]:
        """Where a target stands without anybody else."""
        return frozenset(sign for sign, number in target.mine.items() if number == self.counts[sign])


@dataclass(frozen=True, slots=True)
class _Question:
    """Between which bounds the sums of some groups of parts lie for a reader: all of them from above, the lonely ones from below."""

    reader: _Reader
    signs: frozenset[Signature]
    alone: frozenset[Signature]

    def is_breached(self, target: _Target, low: float, high: float, pct: int) -> bool:
        """From the least sum of the lonely groups and the greatest of all; every other part is 1 at least."""
        counts = self.reader.counts
        others = sum(counts[sign] - number for sign, number in target.mine.items())
        shared = sum(number for sign, number in target.mine.items() if sign not in self.alone)
        most = math.floor(high + NOISE) - others
        least = math.ceil(low - NOISE) + shared
        from_below = least * 100 > (100 - pct) * target.amount and least > len(target.parts)
        return most * 100 < (100 + pct) * target.amount or from_below


def _solve(asked: Sequence[_Question]) -> list[tuple[float, float]]:
    """For each the least sum of its lonely groups, and the greatest of all its groups."""
    if all(len(one.reader.bounds) == 1 for one in asked):
        return [(one.reader.bounds[0][0] if one.alone else 0, one.reader.bounds[0][1]) for one in asked]
    found: list[tuple[float, float]] = []
    step = max(1, AT_ONCE // max(len(one.reader.counts) * len(one.reader.bounds) for one in asked))
    for start in range(0, len(asked), step):
        found += _solved(asked[start : start + step])
    return found


def _solved(asked: Sequence[_Question]) -> list[tuple[float, float]]:
    """Each question is two programs of a few variables, one for each group of parts; all of them stand in one matrix."""
    import numpy as np  # here, for these take long to load
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    costs: list[int] = []
    least: list[int] = []
    rights: list[int] = []
    entries: list[tuple[int, int, int]] = []
    spans: list[tuple[int, int]] = []
    for one in asked:
        order = list(one.reader.counts)
        for goal, sought in ((1, one.alone), (-1, one.signs)):
            base = len(costs)
            costs += [goal if sign in sought else 0 for sign in order]
            least += [one.reader.counts[sign] for sign in order]
            spans.append((base, len(costs)))
            for at, (low, high) in enumerate(one.reader.bounds):
                inside = [base + place for place, sign in enumerate(order) if at in sign]
                for factor, right in ((1, high), (-1, -low)):
                    entries += [(factor, len(rights), column) for column in inside]
                    rights.append(right)
    signs, rows, columns = zip(*entries, strict=True)
    scale = max(1.0, max(map(abs, rights)) / 1e6)
    done = linprog(
        costs,
        A_ub=csr_array((signs, (rows, columns)), shape=(len(rights), len(costs))),
        b_ub=np.array(rights) / scale,
        bounds=np.column_stack([np.array(least) / scale, np.full(len(costs), np.inf)]),
    )
    if done.x is None:
        raise ArithmeticError(done.message)
    sums = [float(np.dot(costs[first:last], done.x[first:last])) * scale for first, last in spans]
    return [(sums[2 * at], -sums[2 * at + 1]) for at in range(len(asked))]
