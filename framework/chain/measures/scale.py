"""The numbers that the measures stand on: settings of the round, frozen at publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from framework.ground.places import Precision

FA, CO, SM, MI = "fa", "co", "sm", "mi"
LEVELS = (FA, CO, SM, MI)
"""Final assembly, components, smelters, mines and other origins."""
DEEP = "deep"
"""Components below the strategic ones (tier 3 and more), of which less is asked; they stand on the level `co`."""
FIELDS = ("name", "address", "parent", "function", "share", "workforce", "registry")
ASKED: dict[str, tuple[str, ...]] = {
    FA: ("name", "address", "parent", "function", "share", "workforce"),
    CO: ("name", "address", "parent", "function", "share", "workforce"),
    DEEP: ("address", "function"),
    SM: ("name", "address", "function", "registry"),
    MI: ("address", "function"),
}
"""Groups of fields that are asked of a place at each level."""
EVIDENCE = ("E0", "E1", "E2", "E3", "E4")


@dataclass(frozen=True, slots=True)
class Scale:
    """Weights and steps as parts of 1. `months` and `fresh` go together: up to so many months worth so much, then the last."""

    evidence: Mapping[str, Fraction]
    levels: Mapping[str, Fraction]
    fields: Mapping[str, Fraction]
    precision: Mapping[str, Fraction]
    months: tuple[int, ...]
    fresh: tuple[Fraction, ...]

    def asked(self, level: str) -> dict[str, Fraction]:
        """The fields asked at a level (or of what is `DEEP`), each with its weight."""
        return {name: self.fields[name] for name in ASKED[level]}

    def spread(self, levels: Sequence[str]) -> dict[str, Fraction]:
        """The weights of these levels, the weight of the others spread over them in proportion."""
        whole = sum((self.levels[level] for level in levels), Fraction(0))
        return {level: self.levels[level] / whole for level in levels}


def scale_of(values: Mapping[str, Any]) -> Scale:
    """The scale that settings of a round (by key, lists of whole percentages and months) come to."""
    return Scale(
        evidence=_named(EVIDENCE, values["evidence_pct"]),
        levels=_named(LEVELS, values["level_weights_pct"]),
        fields=_named(FIELDS, values["field_weights_pct"]),
        precision=_named([one.value for one in Precision], values["precision_pct"]),
        months=tuple(values["freshness_months"]),
        fresh=tuple(Fraction(part, 100) for part in values["freshness_pct"]),
    )


KEYS = (
    "evidence_pct",
    "level_weights_pct",
    "field_weights_pct",
    "precision_pct",
    "freshness_months",
    "freshness_pct",
)


def _named(names: Sequence[str], parts: Sequence[int]) -> dict[str, Fraction]:
    return {name: Fraction(part, 100) for name, part in zip(names, parts, strict=True)}
