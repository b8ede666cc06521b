"""How well a panel agrees: which verdicts came about how, and Krippendorff's alpha for ordered levels. No session.

Alpha is 1 where all say the same, 0 where they agree as by chance, below 0 where they contradict each other. It is
unknown where there are too few items judged by two, or where every value is the same: then chance has no measure.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Pairs = Mapping[tuple[int, int], float]
Values = tuple[int, ...]

FEWEST_ITEMS = 10
"""Items judged by at least two that alpha needs to be told at all."""
DRAWS = 1_000
SEED = 20_14_24
"""Of the bootstrap: the same values always give the same interval."""
TOO_FEW, NO_VARIATION = "too_few", "no_variation"
LOW, HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True)
class Alpha:
    """Alpha with the interval in which 95 of 100 resampled panels of items lie; `reason` says why it is unknown."""

    value: float | None
    low: float | None
    high: float | None
    items: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Verdicts by the way they came about, as parts of those that are reached; each None before the first."""

    equal: Fraction | None
    close: Fraction | None
    moderated: Fraction | None
    reached: int


def panel(outcomes: Iterable[tuple[str, int]]) -> Panel:
    """The agreement of a panel from (state, spread in steps) of its verdicts; those not `agreed` or `moderated` wait."""
    found = [(state, spread) for state, spread in outcomes if state in ("agreed", "moderated")]
    if not found:
        return Panel(None, None, None, 0)
    counts = Counter(
        "moderated" if state == "moderated" else "equal" if not spread else "close" for state, spread in found
    )
    part = {name: Fraction(counts[name], len(found)) for name in ("equal", "close", "moderated")}
    return Panel(part["equal"], part["close"], part["moderated"], len(found))


def alpha(items: Iterable[Sequence[int]], *, steps: int, fewest: int = FEWEST_ITEMS, draws: int = DRAWS) -> Alpha:
    """Alpha of items, each the values 0 to `steps` - 1 that evaluators gave it; items of fewer than two say nothing."""
    kinds = Counter(tuple(sorted(values)) for values in items if len(values) > 1)
    number = kinds.total()
    if number < fewest:
        return Alpha(None, None, None, number, TOO_FEW)
    value = ordinal(kinds, steps)
    if value is None:
        return Alpha(None, None, None, number, NO_VARIATION)
    low, high = _interval(kinds, steps, draws)
    return Alpha(value, low, high, number)


def ordinal(kinds: Mapping[Values, int], steps: int) -> float | None:
    """Alpha of sorted values with how many items have them; None where all values are the same."""
    return _alpha(kinds, {values: _coincidences(values) for values in kinds}, steps)


def _alpha(kinds: Mapping[Values, int], found: Mapping[Values, Pairs], steps: int) -> float | None:
    pairs: dict[tuple[int, int], float] = defaultdict(float)
    for values, times in kinds.items():
        for pair, much in found[values].items():
            pairs[pair] += times * much
    sums = [0.0] * steps
    for (row, _column), much in pairs.items():
        sums[row] += much
    seen = expected = 0.0
    for low in range(steps):
        for high in range(low + 1, steps):
            far = _distance(sums, low, high)
            seen += pairs[low, high] * far
            expected += sums[low] * sums[high] * far
    return 1 - (sum(sums) - 1) * seen / expected if expected else None


def _coincidences(values: Values) -> Pairs:
    """How often two evaluators gave an item this value and that; each value counts once however many there are."""
    counts, others = Counter(values), len(values) - 1
    return {
        (row, column): counts[row] * (counts[column] - (row == column)) / others for row in counts for column in counts
    }


def _distance(sums: Sequence[float], low: int, high: int) -> float:
    """How far two ordered values lie apart, squared: by how many values lie between them."""
    between = sum(sums[low : high + 1]) - (sums[low] + sums[high]) / 2
    return between * between


def _interval(kinds: Mapping[Values, int], steps: int, draws: int) -> tuple[float | None, float | None]:
    """The middle 95 per cent of alpha over items drawn anew; None where too many draws have no alpha at all."""
    chance = random.Random(SEED)  # noqa: S311 - a resampling that must be repeatable, no secret
    names = sorted(kinds)
    weights, pairs = [kinds[name] for name in names], {name: _coincidences(name) for name in names}
    drawn = (Counter(chance.choices(names, weights, k=sum(weights))) for _ in range(draws))
    found = sorted(value for one in drawn if (value := _alpha(one, pairs, steps)) is not None)
    if len(found) * 2 < draws:
        return None, None
    return found[int(LOW * (len(found) - 1))], found[round(HIGH * (len(found) - 1))]
