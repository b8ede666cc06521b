"""The formulas of the measures, exact: parts of 1 as fractions, None for unknown. No session, no clock.

Fractions and not decimals, since a third has no exact decimal; what people read is rounded once, at the very end.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from framework.chain.measures.nodes import Node, Place, weights
from framework.chain.measures.scale import LEVELS, Scale
from framework.ground.months import add_months

ZERO, ONE = Fraction(0), Fraction(1)


def mean(values: Iterable[Fraction]) -> Fraction | None:
    """The mean; None of nothing."""
    found = list(values)
    return sum(found, ZERO) / len(found) if found else None


def rounded(value: Fraction, places: int) -> Decimal:
    """A fraction as a decimal, rounded half up."""
    return Decimal(math.floor(value * 10**places + Fraction(1, 2))).scaleb(-places)


def place_completeness(place: Place, fields_of: str, scale: Scale) -> Fraction:
    """Weights of what is answered of a place, over weights of what is asked there."""
    asked = scale.asked(fields_of)
    told = sum((weight * place.answered.get(name, ZERO) for name, weight in asked.items()), ZERO)
    return told / sum(asked.values(), ZERO)


def node_completeness(node: Node, scale: Scale) -> Fraction:
    """c of a node: of its places by their shares; 0 where none is named."""
    found = zip(weights(node).parts, node.places, strict=True)
    return sum((part * place_completeness(place, node.fields_of, scale) for part, place in found), ZERO)


def completeness(nodes: Sequence[Node], scale: Scale) -> Fraction | None:
    """How much of what was asked is answered; None where nothing was asked."""
    return _by_level([(node.level, node_completeness(node, scale)) for node in nodes], scale)


def node_precision(node: Node, scale: Scale) -> Fraction | None:
    """How exactly its places are told; None where none is named."""
    if not node.places:
        return None
    found = zip(weights(node).parts, node.places, strict=True)
    return sum((part * scale.precision[place.precision] for part, place in found), ZERO)


def age_step(as_of: dt.date | None, on: dt.date, scale: Scale) -> Fraction | None:
    """What the age of a statement is worth on a day; None without a date, or with a later one."""
    if as_of is None or as_of > on:
        return None
    for months, worth in zip(scale.months, scale.fresh, strict=False):
        if as_of >= add_months(on, -months):
            return worth
    return scale.fresh[-1]


def dated_part(node: Node, on: dt.date, scale: Scale) -> Fraction:
    """The part of a node that does not leave the formula of freshness: all but the places without a usable date."""
    found = zip(weights(node).parts, node.places, strict=True)
    return ONE - sum((part for part, place in found if age_step(place.as_of, on, scale) is None), ZERO)


def node_freshness(node: Node, on: dt.date, scale: Scale) -> Fraction | None:
    """How old the statements are; places without a date leave the formula, None where none has one."""
    found = [
        (part, age_step(place.as_of, on, scale)) for part, place in zip(weights(node).parts, node.places, strict=True)
    ]
    dated = [(part, worth) for part, worth in found if worth is not None]
    over = dated_part(node, on, scale)
    return sum((part * worth for part, worth in dated), ZERO) / over if dated and over else None


def node_corroboration(node: Node) -> Fraction | None:
    """The part of it that somebody else names too; None where nothing is named."""
    if not node.places:
        return None
    found = zip(weights(node).parts, node.places, strict=True)
    return sum((part for part, place in found if place.sources), ZERO)


def node_sources(node: Node) -> Fraction:
    """How many others name its places, by their shares."""
    return sum((part * place.sources for part, place in zip(weights(node).parts, node.places, strict=True)), ZERO)


def node_reliability(node: Node, scale: Scale) -> Fraction | None:
    """What the agreed level of evidence is worth; None while not judged."""
    return None if node.verdict is None or not node.places else scale.evidence[node.verdict]


def weakest(nodes: Iterable[Node]) -> str | None:
    """The lowest agreed level of evidence among what is disclosed; None before the first verdict."""
    found = [node.verdict for node in nodes if node.places and node.verdict is not None]
    return min(found, default=None)


def award_value(nodes: Sequence[Node], on: dt.date, scale: Scale) -> Fraction | None:
    """T of a product, 0 to 1: completeness times evidence times freshness, undisclosed nodes as 0.

    A statement without a date counts as the oldest. None where nothing is asked, or a disclosed node is not judged.
    """
    if any(node.places and node.verdict is None for node in nodes):
        return None
    return _by_level([(node.level, _node_value(node, on, scale)) for node in nodes], scale)


def independent(own: Iterable[str], others: Iterable[Iterable[str]]) -> int:
    """How many sources say the same without being the reporting party, copied from it, or copies of each other.

    A source is given as its marks: who issued it, the file, the words of the row. Sources that share a mark are one.
    """
    return len(independent_ones(own, others))


def independent_ones(own: Iterable[str], others: Iterable[Iterable[str]]) -> list[set[str]]:
    """These sources themselves, each as all marks by which it is known."""
    mine, groups = set(own), list[set[str]]()
    for marks in others:
        joined = set(marks)
        for group in [one for one in groups if one & joined]:
            groups.remove(group)
            joined |= group
        groups.append(joined)
    return [group for group in groups if not group & mine]


def publishers_beyond(
    own: Collection[str], counted: Iterable[Collection[str]], publishers: Iterable[tuple[str, Collection[str]]]
) -> int:
    """How many publishers say the same who are neither the reporting party nor a source that is counted already.

    A publisher is given by what it is counted by, and its marks; one who publishes twice is one. One more never makes them
    fewer: none joins others that are counted apart.
    """
    known = [set(own), *map(set, counted)]
    return len({one for one, marks in publishers if all(group.isdisjoint(marks) for group in known)})


def _node_value(node: Node, on: dt.date, scale: Scale) -> Fraction:
    if node.verdict is None:
        return ZERO
    worth = ZERO
    for part, place in zip(weights(node).parts, node.places, strict=True):
        fresh = age_step(place.as_of, on, scale)
        told = place_completeness(place, node.fields_of, scale)
        worth += part * told * (scale.fresh[-1] if fresh is None else fresh)
    return worth * scale.evidence[node.verdict]


def _by_level(values: Sequence[tuple[str, Fraction]], scale: Scale) -> Fraction | None:
    """The mean of each level, weighted; a level without nodes gives its weight to the others."""
    levels = [level for level in LEVELS if any(one == level for one, _value in values)]
    if not levels:
        return None
    share = scale.spread(levels)
    found = {level: mean(value for one, value in values if one == level) or ZERO for level in levels}
    return sum((share[level] * found[level] for level in levels), ZERO)
