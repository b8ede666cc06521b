"""Share items out over evaluators: as evenly as capacity allows, never to a barred one, never two of one member.

It is a flow at least cost: each item takes some evaluators, each member passes at most one of them on, each further item of an
evaluator costs more than the one before. The library's solver finds the best whole answer; the same question gets
the same answer, because nothing depends on the order in which things happen to come.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framework.ground.errors import RuleBroken
from framework.ground.text import N_

NOBODY, MEMBERS, FULL = "nobody", "members", "full"
"""Why an item lacks evaluators: nobody may take it, too few members may, those who may have no capacity left."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A person who judges for a member. `capacity` is the most items taken in all, None for an equal part; `load` is held already."""

    user_id: int
    member_id: int
    capacity: int | None = None
    languages: frozenset[str] = frozenset()
    barred: frozenset[int] = frozenset()
    load: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """An item to share out: its tender, the sheet it stands on (kept with one person where that is even), who has it already."""

    item_id: int
    submission_id: int
    sheet: int
    languages: frozenset[str] = frozenset()
    taken: Mapping[int, int] = field(default_factory=dict)
    """Evaluator to member, of those who judge it already."""


@dataclass(frozen=True, slots=True)
class Lack:
    """An item that stays without enough evaluators: how many are missing, and why."""

    item_id: int
    missing: int
    why: str


@dataclass(frozen=True, slots=True)
class Shares:
    """Who takes what, as (item, evaluator) in order, and what could not be filled."""

    pairs: tuple[tuple[int, int], ...]
    lacks: tuple[Lack, ...]


def share(work: Sequence[Work], evaluators: Sequence[Evaluator], each: int) -> Shares:
    """Give every item evaluators of `each` different members in all, or say what is missing.

    First as many places as possible are filled; then by those who read the language; then the loads are as even, by
    capacity, as they can be; then the items of one sheet stay together.
    """
    work = sorted(work, key=lambda one: one.item_id)
    evaluators = sorted(evaluators, key=lambda one: one.user_id)
    able = {one.item_id: [e for e in evaluators if may_take(one, e)] for one in work}
    chosen = _solve(work, able, evaluators, each) if any(able.values()) else {}
    lacks = []
    for one in work:
        missing = each - len(one.taken) - len(chosen.get(one.item_id, ()))
        if missing > 0:
            lacks.append(Lack(one.item_id, missing, _why(one, able[one.item_id], each)))
    pairs = tuple((item, user) for item, users in sorted(chosen.items()) for user in sorted(users))
    return Shares(pairs, tuple(lacks))


def may_take(one: Work, evaluator: Evaluator) -> bool:
    """Whether an evaluator may be given an item: no conflict, not had already, nobody of the same member on it."""
    return (
        one.submission_id not in evaluator.barred
        and evaluator.user_id not in one.taken
        and evaluator.member_id not in one.taken.values()
    )


def weights(evaluators: Sequence[Evaluator]) -> dict[int, float]:
    """What part each takes, by evaluator: the capacity; where it is blank, the mean of those given, or 1."""
    given = [e.capacity for e in evaluators if e.capacity]
    usual = sum(given) / len(given) if given else 1.0
    return {e.user_id: float(usual if e.capacity is None else e.capacity) for e in evaluators}


def _why(one: Work, able: Sequence[Evaluator], each: int) -> str:
    members = {e.member_id for e in able}
    if not members:
        return NOBODY
    return MEMBERS if len(members) + len(one.taken) < each else FULL


def _solve(
    work: Sequence[Work], able: Mapping[int, Sequence[Evaluator]], evaluators: Sequence[Evaluator], each: int
) -> dict[int, set[int]]:
    """Who takes which item: first how much each takes, at least cost; then, at these loads, who takes what."""
    pairs = [(one, e) for one in work for e in able[one.item_id]]
    steps = _steps(work, evaluators, able)
    dearest = max((price for _user, price in steps), default=0.0) + 1
    fill = -dearest * (len(work) * each + 1)
    rows = _rows(pairs, steps, each)
    first = _least([fill + dearest * _is_foreign(one, e) for one, e in pairs] + [price for _user, price in steps], rows)
    kept = [pair for pair, is_taken in zip(pairs, first, strict=False) if is_taken]
    loads = Counter(e.user_id for _one, e in kept)
    likes = _likes(work, able, evaluators, each)
    taste = [fill + dearest * _is_foreign(one, e) + ((one.sheet, e.user_id) not in likes) for one, e in pairs]
    second = _least(taste, _rows(pairs, [], each, loads))
    chosen: dict[int, set[int]] = defaultdict(set)
    for (one, e), is_taken in zip(pairs, second, strict=True):
        if is_taken:
            chosen[one.item_id].add(e.user_id)
    return chosen


def _least(cost: Sequence[float], rows: Sequence[tuple[dict[int, float], float]]) -> list[bool]:
    """The choice of least cost where each row of weighted choices stays within its bound.

    The rows are two families of sets, each nested in itself (members within items; persons), so every corner of what they
    allow is whole, and the simplex method ends in a corner: nobody needs to ask for whole numbers.
    """
    import numpy as np  # heavy, and needed by this act alone
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    places = [(row, column, value) for row, (parts, _most) in enumerate(rows) for column, value in parts.items()]
    where = ([row for row, _column, _value in places], [column for _row, column, _value in places])
    matrix = csr_array(([value for _row, _column, value in places], where), shape=(len(rows), len(cost)))
    found = milp(
        np.array(cost),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, np.array([most for _parts, most in rows])),
    )
    if found.x is None:
        raise RuleBroken("not-shared", N_("The items could not be shared out. Assign them by hand."))
    return [bool(value > 0.5) for value in found.x]


def _steps(
    work: Sequence[Work], evaluators: Sequence[Evaluator], able: Mapping[int, Sequence[Evaluator]]
) -> list[tuple[int, float]]:
    """One step for each further item that an evaluator may take, each dearer than the one before; (evaluator, price)."""
    could = Counter(e.user_id for one in work for e in able[one.item_id])
    part = weights(evaluators)
    whole = math.fsum(part.values()) or 1.0
    found = []
    for e in evaluators:
        room = could[e.user_id] if e.capacity is None else max(0, min(could[e.user_id], e.capacity - e.load))
        usual = part[e.user_id] / whole * len(evaluators)
        found += [(e.user_id, (2 * (e.load + number) + 1) / usual) for number in range(room)]
    return found


def _rows(
    pairs: Sequence[tuple[Work, Evaluator]],
    steps: Sequence[tuple[int, float]],
    each: int,
    loads: Mapping[int, int] | None = None,
) -> list[tuple[dict[int, float], float]]:
    """What bounds the choices: enough for an item, one of a member for it, and for a person no more than its steps or load."""
    parts: dict[tuple[str, int, int], dict[int, float]] = defaultdict(dict)
    most: dict[tuple[str, int, int], float] = {}
    for column, (one, e) in enumerate(pairs):
        bounds: dict[tuple[str, int, int], float] = {
            ("item", one.item_id, 0): max(0, each - len(one.taken)),
            ("member", one.item_id, e.member_id): 1,
            ("person", e.user_id, 0): 0 if loads is None else loads.get(e.user_id, 0),
        }
        for key, bound in bounds.items():
            parts[key][column] = 1.0
            most[key] = bound
    for number, (user, _price) in enumerate(steps):
        parts["person", user, 0][len(pairs) + number] = -1.0
        most["person", user, 0] = 0
    return [(parts[key], most[key]) for key in parts]


def _is_foreign(one: Work, evaluator: Evaluator) -> bool:
    """Whether a person reads none of the languages of an item; nobody knows where one of the two is blank."""
    return bool(one.languages and evaluator.languages and not one.languages & evaluator.languages)


def _likes(
    work: Sequence[Work], able: Mapping[int, Sequence[Evaluator]], evaluators: Sequence[Evaluator], each: int
) -> set[tuple[int, int]]:
    """Whole sheets shared out one after the other, the longest first, to whoever has least: what the even answer leans to."""
    part = weights(evaluators)
    loads = {e.user_id: float(e.load) for e in evaluators}
    sheets: dict[int, list[Work]] = defaultdict(list)
    for one in work:
        sheets[one.sheet].append(one)
    found = set()
    for sheet, items in sorted(sheets.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        members: set[int] = set()
        candidates = {e.user_id: e for one in items for e in able[one.item_id]}
        while len(members) < each:
            free = [e for e in candidates.values() if e.member_id not in members and part[e.user_id] > 0]
            if not free:
                break
            best = min(free, key=lambda e: (_strange(items, e), loads[e.user_id] / part[e.user_id], e.user_id))
            members.add(best.member_id)
            loads[best.user_id] += len(items)
            found.add((sheet, best.user_id))
    return found


def _strange(items: Sequence[Work], evaluator: Evaluator) -> int:
    """How many of the items a person cannot read."""
    return sum(_is_foreign(one, evaluator) for one in items)
