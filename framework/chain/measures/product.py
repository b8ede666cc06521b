"""The measures of one product: five figures with their counts, and what would raise each, with what it is worth."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from framework.chain.measures import formulas
from framework.chain.measures.nodes import Node, Place, is_whole, weights
from framework.chain.measures.scale import FA, Scale

MEASURES = ("completeness", "precision", "freshness", "corroboration", "reliability")
COUNTS = (
    "required",
    "disclosed",
    "full",
    "exact",
    "dated",
    "corroborated",
    "judged",
    "assumed",
    "apart",
)
"""Nodes: asked, disclosed, answered in full, told to the place, with a date, named by others, judged, with assumed shares, judged apart."""
NOTHING_ASKED, NOTHING_TOLD, NO_DATE, NOT_JUDGED = "nothing_asked", "nothing_told", "no_date", "not_judged"
"""Why a measure is unknown."""
NODE, REST, OLD, UNDATED, ALONE = "node", "rest", "old", "undated", "alone"
"""What is missing: the whole node, the sites that make the rest of it, a newer date, any date, somebody else who says so."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """What is missing somewhere: of a measure, at a level, of a component or mineral. `class_` as of its rows."""

    measure: str
    level: str
    kind: str
    what: str
    class_: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one product. `values` are parts of 1 or None, `reasons` why; `said` is the sum of others over nodes.

    `whole`: every place of its final assembly is known. `gaps` are worth so much of the product's own measure.
    """

    values: Mapping[str, Fraction | None]
    reasons: Mapping[str, str]
    counts: Mapping[str, int]
    said: Fraction
    whole: bool
    weakest: str | None
    gaps: Mapping[Gap, Fraction] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON; fractions stand as text."""
        return {
            "values": {name: None if value is None else str(value) for name, value in self.values.items()},
            "reasons": dict(self.reasons),
            "counts": dict(self.counts),
            "said": str(self.said),
            "whole": self.whole,
            "weakest": self.weakest,
            "gaps": [
                [gap.measure, gap.level, gap.kind, gap.what, gap.class_, str(worth)]
                for gap, worth in sorted(self.gaps.items())
            ],
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Figures:
        """From JSON."""
        return cls(
            {name: None if value is None else Fraction(value) for name, value in plain["values"].items()},
            plain["reasons"],
            dict.fromkeys(COUNTS, 0) | plain["counts"],
            Fraction(plain["said"]),
            plain["whole"],
            plain["weakest"],
            {Gap(*names): Fraction(worth) for *names, worth in plain["gaps"]},
        )


def measure(nodes: Sequence[Node], on: dt.date, scale: Scale) -> Figures:
    """The figures of the required nodes of one product on a day."""
    told = [node for node in nodes if node.is_disclosed]
    fresh = [formulas.node_freshness(node, on, scale) for node in told]
    judged = [formulas.node_reliability(node, scale) for node in told]
    values = {
        "completeness": formulas.completeness(nodes, scale),
        "precision": formulas.mean(formulas.node_precision(node, scale) or formulas.ZERO for node in told),
        "freshness": formulas.mean(worth for worth in fresh if worth is not None),
        "corroboration": formulas.mean(formulas.node_corroboration(node) or formulas.ZERO for node in told),
        "reliability": formulas.mean(worth for worth in judged if worth is not None),
    }
    assembly = [node for node in nodes if node.level == FA]
    return Figures(
        values,
        {name: _reason(name, nodes, told) for name, value in values.items() if value is None},
        _counts(nodes, on, scale),
        sum((formulas.node_sources(node) for node in told), formulas.ZERO),
        bool(assembly) and all(is_whole(node) for node in assembly),
        formulas.weakest(told),
        _gaps(nodes, on, scale),
    )


def _reason(name: str, nodes: Sequence[Node], told: Sequence[Node]) -> str:
    if not nodes:
        return NOTHING_ASKED
    if not told:
        return NOTHING_TOLD
    return NO_DATE if name == "freshness" else NOT_JUDGED


def _counts(nodes: Sequence[Node], on: dt.date, scale: Scale) -> dict[str, int]:
    told = [node for node in nodes if node.is_disclosed]
    return {
        "required": len(nodes),
        "disclosed": len(told),
        "full": sum(1 for node in told if formulas.node_completeness(node, scale) == formulas.ONE),
        "exact": sum(1 for node in told if formulas.node_precision(node, scale) == formulas.ONE),
        "dated": sum(1 for node in told if formulas.node_freshness(node, on, scale) is not None),
        "corroborated": sum(1 for node in told if any(place.sources for place in node.places)),
        "judged": sum(1 for node in told if node.verdict is not None),
        "assumed": sum(1 for node in told if weights(node).assumed),
        "apart": sum(1 for node in told if node.verdict is not None and node.spread),
    }


def _gaps(nodes: Sequence[Node], on: dt.date, scale: Scale) -> dict[Gap, Fraction]:
    found: dict[Gap, Fraction] = {}
    for name, node, what, worth in _found(nodes, on, scale):
        gap = Gap(name, node.level, node.kind, what, node.class_)
        found[gap] = found.get(gap, formulas.ZERO) + worth
    return found


def _found(nodes: Sequence[Node], on: dt.date, scale: Scale) -> Iterator[tuple[str, Node, str, Fraction]]:
    """(measure, node, what is missing, what it is worth) of every place and field."""
    of_level = Counter(node.level for node in nodes)
    levels = scale.spread([level for level in scale.levels if of_level[level]]) if nodes else {}
    told = sum(1 for node in nodes if node.is_disclosed)
    dated = sum(1 for node in nodes if formulas.node_freshness(node, on, scale) is not None)
    for node in nodes:
        whole = levels[node.level] / of_level[node.level]
        if not node.is_disclosed:
            yield "completeness", node, NODE, whole
            continue
        parts = weights(node).parts
        rest = 1 - sum(parts, formulas.ZERO)
        over = {name: Fraction(told) for name in ("precision", "corroboration")}
        over["freshness"] = dated * formulas.dated_part(node, on, scale)
        if formulas.node_freshness(node, on, scale) is None:
            del over["freshness"]
        if rest > 0:
            yield "completeness", node, REST, whole * rest
            yield from ((name, node, REST, rest / by) for name, by in over.items())
        for part, place in zip(parts, node.places, strict=True):
            for name, missing in _unanswered(place, node, scale):
                yield "completeness", node, name, whole * part * missing
            for name, what, missing in _lacking(place, on, scale):
                yield name, node, what, part * missing / over[name] if name in over else formulas.ZERO


def _unanswered(place: Place, node: Node, scale: Scale) -> Iterator[tuple[str, Fraction]]:
    """The fields of a place that are not told in full, with the part of its completeness that each makes."""
    asked = scale.asked(node.fields_of)
    full = sum(asked.values(), formulas.ZERO)
    for name, weight in asked.items():
        missing = 1 - place.answered.get(name, formulas.ZERO)
        if missing > 0:
            yield name, weight * missing / full


def _lacking(place: Place, on: dt.date, scale: Scale) -> Iterator[tuple[str, str, Fraction]]:
    """(measure, what is missing, how much) of a place, in parts of 1."""
    known = scale.precision[place.precision]
    if known < 1:
        yield "precision", place.precision, 1 - known
    fresh = formulas.age_step(place.as_of, on, scale)
    if fresh is None:
        yield "freshness", UNDATED, formulas.ZERO
    elif fresh < 1:
        yield "freshness", OLD, 1 - fresh
    if not place.sources:
        yield "corroboration", ALONE, formulas.ONE
