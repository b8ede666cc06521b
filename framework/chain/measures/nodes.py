"""What is asked of a product and what was said of it: required nodes, and the places named for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from framework.chain import shares
from framework.chain.measures.scale import CO, DEEP, FA, MI, SM


@dataclass(frozen=True, slots=True)
class Place:
    """A site, a smelter or an origin that is named for a node.

    `answered` says for each group of fields which part of it is told (0 to 1). `share` is in per cent, None where it is
    not told; `part` tells component rows of one type apart. `as_of` is the day the row was true, `sources` how many
    others say the same, `class_` how confidential the row is (0 open, 1 for linked members, 2 for lead and monitor).
    `whole` says that nobody else makes it; `street` that name and street are told. `told` is for the pages alone.
    """

    answered: Mapping[str, Fraction]
    precision: str
    share: Fraction | None = None
    part: str = ""
    as_of: dt.date | None = None
    sources: int = 0
    class_: int = 0
    whole: bool = False
    street: bool = False
    told: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that is asked of a product: a component type or a mineral at a level, with the places named for it.

    `reason` says why none is named; `verdict` is the evidence level the members agreed on, None while not judged;
    `spread`, by how many levels their evaluators differed.
    `is_deep`: fewer fields are asked (tier 3 and below). `tells` are the rows that explain it, for the pages alone.
    """

    level: str
    kind: str
    places: tuple[Place, ...] = ()
    reason: str = ""
    is_deep: bool = False
    verdict: str | None = None
    spread: int = 0
    tells: Any = field(default=None, compare=False)

    @property
    def is_disclosed(self) -> bool:
        """Whether at least one place is given, however imprecise."""
        return bool(self.places)

    @property
    def fields_of(self) -> str:
        """The level whose fields are asked."""
        return DEEP if self.is_deep else self.level

    @property
    def class_(self) -> int:
        """How confidential the strictest of its rows is."""
        return max((place.class_ for place in self.places), default=0)


@dataclass(frozen=True, slots=True)
class Weights:
    """The part of a node that each of its places makes; what is left of 1 is not disclosed. `assumed`: not all shares were told."""

    parts: tuple[Fraction, ...]
    assumed: bool


def required(
    components: Iterable[str], minerals: Iterable[str], *, asks_mines: bool, left_out: Iterable[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """The (level, kind) of every node that the scope asks of a product, always with its final assembly.

    `left_out` are those of which the lead accepted that they do not apply.
    """
    kinds = dict.fromkeys(("final_assembly", *components))
    found = [(FA if kind == "final_assembly" else CO, kind) for kind in kinds]
    found += [(SM, mineral) for mineral in minerals]
    found += [(MI, mineral) for mineral in minerals if asks_mines]
    gone = set(left_out)
    return [node for node in dict.fromkeys(found) if node not in gone]


def weights(node: Node) -> Weights:
    """Shares as told; blank ones divide equally what is left, and where none is told all weigh the same.

    Smelters and origins weigh the same by rule. Rows of several components of one type divide the node equally. Shares
    beyond 100 contradict each other and are read as not told.
    """
    if node.level in (SM, MI):
        return Weights((Fraction(1, len(node.places)),) * len(node.places) if node.places else (), assumed=False)
    by_part: dict[str, list[int]] = {}
    for number, place in enumerate(node.places):
        by_part.setdefault(place.part, []).append(number)
    parts = [Fraction(0)] * len(node.places)
    assumed = len(by_part) > 1
    for numbers in by_part.values():
        told = [node.places[number].share for number in numbers]
        found, guessed = shares.of_places(told)
        assumed = assumed or guessed
        for number, part in zip(numbers, found, strict=True):
            parts[number] = part / len(by_part)
    return Weights(tuple(parts), assumed)


def is_whole(node: Node) -> bool:
    """Whether every place that makes it is known: shares that add up to 100, or one place that alone makes it; each with name and street."""
    if not node.places or not all(place.street for place in node.places):
        return False
    told = [place.share for place in node.places]
    if all(share is not None for share in told):
        whole = sum((share for share in told if share is not None), Fraction(0))
        if abs(whole - shares.WHOLE) <= shares.SLACK:
            return True
    return len(node.places) == 1 and node.places[0].whole
