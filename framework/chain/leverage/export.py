"""The leverage of a lot as a workbook: numbers as numbers, what is not known left empty, the rows that are no site below."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from framework.chain.leverage.figures import HIDDEN, REST, Figures, Sum, tells_apart
from framework.chain.leverage.flows import NO_MODEL, NOT_ASKED, NOT_TOLD, ROUGH, UNKNOWN
from framework.chain.leverage.picture import Flowing, Node
from framework.chain.leverage.places import Dot, Named
from framework.chain.leverage.reading import View
from framework.chain.leverage.stored import Kind
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import COMPONENT_TYPES, label_of, unit_label
from framework.ground.text import N_

BUCKET_WORDS = {
    ROUGH: N_("told too roughly for a site"),
    HIDDEN: N_("sites you may not see"),
    NOT_TOLD: N_("not told"),
    UNKNOWN: N_("site unknown: no chain data"),
    REST: N_("not told, unknown, or not for you to see"),
    NOT_ASKED: N_("not asked, or not applicable"),
    NO_MODEL: N_("no model on offer"),
}
"""What comes from no site that is shown, in words."""
_SUMS = (
    N_("Pieces that come from there"),
    N_("Part of the pool in percent"),
    N_("Value, net"),
    N_("Members without a value"),
    N_("Members"),
    N_("Pieces of the models made there"),
    N_("Shares assumed"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a workbook needs beside the figures: names of sites, brands as this reader may read them, the picture's links."""

    sites: Mapping[int, Named]
    brand: Callable[[str], str]
    node: Callable[[Node], str]
    links: Sequence[Flowing]
    dots: Sequence[Dot]
    members: Sequence[tuple[str, int, int | None, bool]] | None
    choice: Sequence[tuple[str, str]]
    leaver: str = ""


def write(view: View, figures: Figures, told: Told, *, now: dt.datetime, words: Callable[[str], str]) -> bytes:
    """One sheet each for sites, brands, countries, components, members where they may be seen, flows, pins and the choice."""
    sums = [words(label) for label in _SUMS]
    site_head = [words(N_("Rank")), *(words(label) for label in (N_("Site"), N_("Address"), N_("City"), N_("Country")))]
    sheets = [
        Sheet(words(N_("Sites")), [*site_head, *sums], _sites(figures, told, words), frozen=2),
        Sheet(words(N_("Brands")), [words(N_("Brand")), *sums], _brands(figures, told, words)),
        Sheet(words(N_("Countries")), [words(N_("Country")), *sums], _countries(figures, words)),
        Sheet(words(N_("Components")), _said(_COMPONENTS, words), _components(view, words), frozen=2),
        Sheet(
            words(N_("Flows")),
            _said(_FLOWS, words),
            ([told.node(f.source), told.node(f.target), f.units] for f in told.links),
        ),
        Sheet(words(N_("Pins")), _said(_PINS, words), _pins(told)),
        Sheet(words(N_("Lot")), _said((N_("What"), N_("Value")), words), _lot(view, figures, told, words)),
    ]
    if told.members is not None:
        sheets.insert(4, Sheet(words(N_("Members")), _said(_MEMBERS, words), _members(told.members, figures)))
    if told.leaver:
        name = words(N_("If a member leaves"))
        sheets.insert(1, Sheet(name, _said(_LEAVING, words), _leaving(figures, told, words), frozen=1))
    return workbook(f"{view.lot.round.name} · {view.lot.name}", sheets, now=now)


_COMPONENTS = (
    N_("Tier of the chain"),
    N_("Component"),
    N_("Sites"),
    N_("Known to a site, in percent"),
    N_("Told too roughly for a site, in percent"),
    N_("Not told, in percent"),
    N_("Unknown, in percent"),
    N_("Not told, unknown, or not for you to see, in percent"),
    N_("Not asked or not applicable, in percent"),
)
_FLOWS = (N_("From"), N_("To"), N_("Pieces"))
_PINS = (N_("Site"), N_("Country of the address"), N_("Latitude"), N_("Longitude"), N_("How sure"))
_LEAVING = (
    N_("Site"),
    N_("Country"),
    N_("Pieces that come from there"),
    N_("Pieces lost"),
    N_("Pieces left"),
    N_("Value lost, net"),
)
_MEMBERS = (N_("Member"), N_("Pieces"), N_("Part of the pool in percent"), N_("Value, net"), N_("A value is missing"))


def known_parts(kind: Kind, weights: Mapping[tuple[str, str], int], audience: int) -> dict[str, Fraction] | None:
    """What becomes of a component's pooled pieces, by status, as parts of one; None where nothing is pooled.

    `site` is what comes from sites that the audience sees; hidden sites stand by themselves only where that tells nothing.
    """
    whole = sum(weights.values()) * kind.whole
    if not whole:
        return None
    found: dict[str, Fraction] = {}
    is_told_apart = tells_apart(kind, audience)
    for group, weight in weights.items():
        for status, part in kind.parts.get(group, {NO_MODEL: kind.whole}).items():
            name = status if not status.startswith("site") else ("site" if int(status[4]) <= audience else HIDDEN)
            if not is_told_apart and name in (HIDDEN, NOT_TOLD, UNKNOWN):
                name = REST
            found[name] = found.get(name, Fraction(0)) + Fraction(part * weight, whole)
    return found


def weights_of(view: View) -> dict[tuple[str, str], int]:
    """The pooled pieces of each group that the reader sees."""
    return {group: view.ledger.units_of(group) for group in view.ledger.groups}


def money_of(cents: int | None) -> Decimal | None:
    """Cents as money."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def percent_of(part: int, whole: int) -> Decimal | None:
    """A part in percent with two decimals; None of nothing."""
    return round(Decimal(part * 100) / whole, 2) if whole else None


def _said(labels: Iterable[str], words: Callable[[str], str]) -> list[str]:
    return [words(label) for label in labels]


def _sums(one: Sum, figures: Figures, words: Callable[[str], str], *, is_bucket: bool = False) -> list[Value]:
    assumed = words(N_("assumed")) if one.assumed and not is_bucket else None
    return [
        one.units,
        percent_of(one.units, figures.units),
        money_of(one.cents),
        one.missing,
        one.members,
        None if is_bucket else one.behind,
        assumed,
    ]


def _below(figures: Figures, words: Callable[[str], str], empty: int) -> Iterable[list[Value]]:
    """What is no site, and the whole: so that the column adds up."""
    for status, one in figures.buckets.items():
        yield [words(BUCKET_WORDS[status]), *[None] * empty, *_sums(one, figures, words, is_bucket=True)]


def _whole(figures: Figures, words: Callable[[str], str], empty: int) -> list[Value]:
    share = percent_of(figures.units, figures.units)
    return [
        words(N_("All together")),
        *[None] * empty,
        figures.units,
        share,
        money_of(figures.cents),
        figures.missing,
        None,
        None,
        None,
    ]


def _sites(figures: Figures, told: Told, words: Callable[[str], str]) -> Iterable[list[Value]]:
    for number, one in figures.sites.items():
        site = told.sites[number]
        place: list[Value] = [one.rank, site.name, site.address, site.city or None, one.country or site.country]
        yield [*place, *_sums(one, figures, words)]
    for row in [*_below(figures, words, 3), _whole(figures, words, 3)]:
        yield [None, *row]


def _brands(figures: Figures, told: Told, words: Callable[[str], str]) -> Iterable[list[Value]]:
    for brand, one in figures.brands.items():
        yield [told.brand(brand) if brand else words(BUCKET_WORDS[NO_MODEL]), *_sums(one, figures, words)]
    yield _whole(figures, words, 0)


def _countries(figures: Figures, words: Callable[[str], str]) -> Iterable[list[Value]]:
    for country, one in figures.countries.items():
        yield [country or words(N_("no country told")), *_sums(one, figures, words, is_bucket=True)]
    for status, one in figures.buckets.items():
        if status != ROUGH:
            yield [words(BUCKET_WORDS[status]), *_sums(one, figures, words, is_bucket=True)]
    yield _whole(figures, words, 0)


def _components(view: View, words: Callable[[str], str]) -> Iterable[list[Value]]:
    weights = weights_of(view)
    for kind in view.kinds:
        parts = known_parts(kind, weights, view.audience)
        names = ("site", ROUGH, NOT_TOLD, UNKNOWN, REST, NOT_ASKED)
        shares: list[Value] = [
            None if parts is None else round(Decimal(float(parts.get(n, 0)) * 100), 2) for n in names
        ]
        label = words(label_of(COMPONENT_TYPES, kind.component_type))
        yield [kind.tier, label, kind.sites[view.audience], *shares]


def _leaving(figures: Figures, told: Told, words: Callable[[str], str]) -> Iterable[list[Value]]:
    """The sites that lose something, and what is no site, where the member named in the choice leaves."""
    for number, one in figures.sites.items():
        if one.lost or one.lost_cents:
            place: list[Value] = [told.sites[number].name, one.country]
            yield [*place, one.units, one.lost, one.left, money_of(one.lost_cents)]
    for status, one in figures.buckets.items():
        if one.lost or one.lost_cents:
            yield [words(BUCKET_WORDS[status]), None, one.units, one.lost, one.left, money_of(one.lost_cents)]
    yield [words(N_("All together")), None, figures.units, figures.lost, figures.units - figures.lost, None]


def _members(members: Sequence[tuple[str, int, int | None, bool]], figures: Figures) -> Iterable[list[Value]]:
    for name, units, cents, unvalued in members:
        yield [name, units, percent_of(units, figures.units), money_of(cents), int(unvalued)]


def _pins(told: Told) -> Iterable[list[Value]]:
    for dot in told.dots:
        yield [told.sites[dot.site].name, dot.country, dot.latitude, dot.longitude, dot.confidence]


def _lot(view: View, figures: Figures, told: Told, words: Callable[[str], str]) -> Iterable[list[Value]]:
    yield [words(N_("Lot")), f"{view.lot.code} · {view.lot.name}"]
    for label, value in told.choice:
        yield [label, value]
    yield [words(N_("Pooled quantity of the lot")), figures.units]
    yield [words(N_("Unit")), words(unit_label(view.lot.unit))]
    yield [words(N_("Pooled value, net")), money_of(figures.cents)]
    yield [words(N_("Currency")), view.ledger.currency]
    yield [words(N_("Members without a value")), figures.missing]
    yield [words(N_("What the figures are")), words(N_("declared until the award, not bought"))]
