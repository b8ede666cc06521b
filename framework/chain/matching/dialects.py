"""What the model of the whole base compares, and in what words of SQL: the same model for two engines.

Two things are not said alike everywhere: the functions of lists, and how alike two names are. They stand in one table
with two entries; all else is the same text on both. Nothing here needs an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ADDRESS_SHARES = (0.8, 0.5, 0.25)
"""Least shares of common words of the levels of an address."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine says what others say otherwise; `{a}` and `{b}` stand for columns."""

    size: str
    common: str
    names: tuple[str, ...]


DIALECTS = {
    "duckdb": Dialect(
        size="len({a})",
        common="len(list_intersect({a}, {b}))",
        names=("jaro_winkler_similarity({a}, {b}) >= 0.95", "jaro_winkler_similarity({a}, {b}) >= 0.88"),
    ),
    "spark": Dialect(
        size="size({a})",
        common="size(array_intersect({a}, {b}))",
        names=("levenshtein({a}, {b}) <= 1", "levenshtein({a}, {b}) <= 3", "levenshtein({a}, {b}) <= 6"),
    ),
}
"""Jaro-Winkler needs an archive of its own on Spark, so names are compared by single letters there."""


def comparisons(dialect: str) -> list[dict[str, Any]]:
    """The comparisons of name, address and numbers as the engine of this name is told them.

    Each level has the shares with which a training begins, of pairs that are one site and of pairs that are not. Raises
    KeyError for an engine that is not in the table.
    """
    said = DIALECTS[dialect]
    return [
        _comparison("name", "name_l is null or name_r is null", _names(said), "other name"),
        _comparison("address", _none(said, "address"), _addresses(said), "other address"),
        _comparison("numbers", _none(said, "numbers"), _numbers(said), "numbers contradict"),
    ]


def _names(said: Dialect) -> list[tuple[str, str, float, float]]:
    alike = [condition.format(a="name_l", b="name_r") for condition in said.names]
    shares = _falling(0.32, len(alike)), [0.002 * 2**n for n in range(len(alike))]
    levels = [
        (condition, f"alike, level {n}", m, u)
        for n, (condition, m, u) in enumerate(zip(alike, *shares, strict=True), start=1)
    ]
    return [("name_l = name_r", "equal", 0.6, 0.001), *levels]


def _addresses(said: Dialect) -> list[tuple[str, str, float, float]]:
    common = said.common.format(a="address_l", b="address_r")
    longer = f"greatest({said.size.format(a='address_l')}, {said.size.format(a='address_r')})"
    shares = (0.8, 0.001), (0.14, 0.003), (0.04, 0.03)
    return [
        (f"{common} >= {least} * {longer}", f"at least {least} of the words", m, u)
        for least, (m, u) in zip(ADDRESS_SHARES, shares, strict=True)
    ]


def _numbers(said: Dialect) -> list[tuple[str, str, float, float]]:
    common = said.common.format(a="numbers_l", b="numbers_r")
    here, there = (said.size.format(a=side) for side in ("numbers_l", "numbers_r"))
    return [
        (f"{common} = greatest({here}, {there})", "same set", 0.9, 0.004),
        (f"{common} = least({here}, {there})", "one holds the other", 0.07, 0.006),
    ]


def _none(said: Dialect, column: str) -> str:
    here, there = (said.size.format(a=f"{column}_{side}") for side in "lr")
    return f"{here} = 0 or {there} = 0"


def _falling(whole: float, count: int) -> list[float]:
    """Shares that sum to a whole, each half of the one before."""
    first = whole / sum(0.5**n for n in range(count))
    return [first * 0.5**n for n in range(count)]


def _comparison(
    column: str, null: str, levels: Sequence[tuple[str, str, float, float]], otherwise: str
) -> dict[str, Any]:
    """One comparison; what fits no level is `otherwise`, with what the others leave of the whole."""
    rest = "ELSE", otherwise, 1 - sum(level[2] for level in levels), 1 - sum(level[3] for level in levels)
    told = [
        {"sql_condition": condition, "label_for_charts": label, "m_probability": m, "u_probability": u}
        for condition, label, m, u in [*levels, rest]
    ]
    nothing = {"sql_condition": null, "label_for_charts": "not told", "is_null_level": True}
    return {"output_column_name": column, "comparison_levels": [nothing, *told]}
