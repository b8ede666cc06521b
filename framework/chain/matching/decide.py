"""What a compared pair of mentions comes to: tied, asked, other; and what a mention comes to among its candidates.

The rules are applied in order; the first that fits decides. Two sites are never merged by the program: it ties
mentions, persons merge sites.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from framework.ground.place_scores import (
    OTHER_NAME,
    SAME_ADDRESS,
    Guard,
    Likeness,
    Parts,
    Statement,
    names_contradict,
    streets_contradict,
)
from framework.ground.places import Precision


class Band(StrEnum):
    """What becomes of a mention."""

    LINKED = "linked"
    ASKED = "asked"
    NEW = "new"
    UNPLACED = "unplaced"


class Rule(StrEnum):
    """By what a pair is tied or asked; `NONE` where it is neither."""

    REMEMBERED = "remembered"
    ID = "id"
    EXACT = "exact"
    SAFE = "safe_rule"
    ASK = "ask"
    NONE = ""


class AutoMatch(StrEnum):
    """How much the program ties by itself."""

    OFF = "off"
    IDS_ONLY = "ids_only"
    SAFE_RULE = "safe_rule"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The settings of matching; scores are 0 to 100. They change only with the figures of the labelled lists."""

    safe_name: float = 85.0
    safe_address: float = 85.0
    ask_score: float = 65.0
    ask_address: float = 60.0
    ask_name: float = 85.0
    ask_name_alone: float = 80.0
    rival_margin: float = 3.0
    contradicted_name: float = 78.0
    coarse_name: float = 75.0
    trusted_ids: frozenset[str] = frozenset({"os", "cid", "gln", "tco"})
    auto_match: AutoMatch = AutoMatch.SAFE_RULE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A site that a mention may be, with its best compared mention."""

    site: Hashable
    other: Statement
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mention comes to. `site` is the one it is tied to; `asked` are the sites in question, likeliest first."""

    band: Band
    rule: Rule
    site: Hashable | None = None
    asked: tuple[Hashable, ...] = ()
    best: Candidate | None = None

    @property
    def score(self) -> float | None:
        """The score of the best candidate, 0 to 100; None where there was none."""
        return self.best.likeness.score if self.best else None


OneSite = Callable[[Candidate, Candidate], bool]
TYING = frozenset({Rule.ID, Rule.EXACT, Rule.SAFE})
HOLDING_ID = frozenset({Guard.COUNTRY, Guard.TWO_IDS, Guard.ID_AGAINST_WORDS, Guard.KIND})
MOST_ASKED = 5
ROUGH = frozenset({Precision.REGION, Precision.COUNTRY, Precision.NAME_ONLY})
"""So rough is a place of which nobody can tell which of several plants of a company it is."""
DEFAULT = Thresholds()


def _share_site(one: Candidate, other: Candidate) -> bool:
    return one.site == other.site


def pair_rule(a: Statement, b: Statement, found: Likeness, limits: Thresholds = DEFAULT) -> Rule:
    """How a pair is tied or asked when nothing is known but the two statements."""
    if _tied_by_id(found, limits):
        return Rule.ID
    if limits.auto_match is AutoMatch.SAFE_RULE and not found.guards:
        if a.key == b.key and a.name:
            return Rule.EXACT
        if a.numbers and found.name >= limits.safe_name and found.address >= limits.safe_address:
            return Rule.SAFE
    return Rule.ASK if is_asked(a, b, found, limits) else Rule.NONE


def is_asked(a: Statement, b: Statement, found: Likeness, limits: Thresholds = DEFAULT) -> bool:
    """Is the pair worth a person's look? Pairs that two independent facts hold apart are not."""
    guards = found.guards
    if found.shared_ids:
        return True
    if Guard.NUMBERS in guards and (
        Guard.UNITS in guards or found.name_set < limits.contradicted_name or streets_contradict(a, b)
    ):
        return False
    if Guard.OTHER_PLANT in guards:
        return False
    if found.name_set < OTHER_NAME and not (a.numbers and a.numbers == b.numbers):
        return False
    if Guard.OTHER_COMPANY in guards:
        return True
    if not (a.address and b.address):
        is_other = names_contradict(a, b) or (a.units and b.units and a.units.isdisjoint(b.units))
        return found.name_set >= limits.ask_name_alone and not is_other
    if Guard.COARSE in guards and found.name_set < limits.coarse_name:
        return False
    if Guard.COARSE in guards and found.name >= limits.ask_name:
        return True
    return found.score >= limits.ask_score and found.address >= limits.ask_address


def is_hopeless(a: Statement, b: Statement, found: Parts, limits: Thresholds = DEFAULT) -> bool:
    """Can a pair neither tie, be asked nor rival another, whatever its guards? Most candidates of a mention cannot."""
    _name, name_set, address = found
    least = min(limits.ask_score, OTHER_NAME) - limits.rival_margin
    return (
        (name_set + address) / 2 < least
        and address < SAME_ADDRESS
        and name_set < min(limits.ask_name, limits.ask_name_alone, limits.coarse_name)
        and a.ids.isdisjoint(b.ids)
    )


def decide(mention: Statement, candidates: Iterable[Candidate], limits: Thresholds = DEFAULT) -> Verdict:
    """What a mention comes to among the sites that it may be; their order makes no difference."""
    ranked = sorted(candidates, key=lambda one: (-one.likeness.score, -one.likeness.name, one.other.key, str(one.site)))
    rules = [(pair_rule(mention, one.other, one.likeness, limits), one) for one in ranked]
    by_id = [one for rule, one in rules if rule is Rule.ID]
    if len({one.site for one in by_id}) == 1:
        return Verdict(Band.LINKED, Rule.ID, by_id[0].site, best=by_id[0])
    tied = [(rule, one) for rule, one in rules if rule in TYING]
    if tied and not by_id and not has_rival(tied[0][1], ranked, limits):
        return Verdict(Band.LINKED, tied[0][0], tied[0][1].site, best=tied[0][1])
    asked = [one for rule, one in rules if rule is not Rule.NONE]
    sites = tuple(dict.fromkeys(one.site for one in asked))[:MOST_ASKED]
    if can_be_told(mention, sites):
        return Verdict(Band.ASKED, Rule.ASK, asked=sites, best=asked[0])
    return Verdict(alone(mention), Rule.NONE, best=ranked[0] if ranked else None)


def alone(mention: Statement) -> Band:
    """What a mention is that no known site may be: a new site, or too rough for one."""
    return Band.NEW if mention.precision is Precision.SITE and mention.name else Band.UNPLACED


def can_be_told(mention: Statement, sites: Sequence[Hashable]) -> bool:
    """Is there a site in question, and can anybody tell which: of a rough place only where there is but one?"""
    return len(sites) == 1 or (bool(sites) and mention.precision not in ROUGH)


def has_rival(
    best: Candidate, others: Iterable[Candidate], limits: Thresholds = DEFAULT, *, one_site: OneSite = _share_site
) -> bool:
    """Does another site fit as well as the best, within the margin? `one_site` tells which candidates are one.

    A site that a guard holds back is none, unless its words are still closer.
    """
    most = best.likeness.score
    return any(
        one.likeness.score > (most if one.likeness.guards else most - limits.rival_margin) and not one_site(best, one)
        for one in others
    )


def _tied_by_id(found: Likeness, limits: Thresholds) -> bool:
    trusted = any(scheme in limits.trusted_ids for scheme, _value in found.shared_ids)
    return trusted and limits.auto_match is not AutoMatch.OFF and not found.guards & HOLDING_ID
