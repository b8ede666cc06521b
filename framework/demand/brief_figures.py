"""What a leverage brief tells: pooled volume, value band, members and market, made only of what may be published.

Everything on a brief follows from rounded sums that the rule of suppression let through (docs/leverage-brief.md): totals are
added up from them, shares and parts of brands are taken of them. So a page tells no more than its cells do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.demand import ledger, pool, suppression
from framework.demand.ledger import Ledger
from framework.demand.suppression import Chosen, Figure, Groups, Moment, Part
from framework.ground.kept import Kept
from framework.rounds import publication, settings
from models.briefs import BriefConsent, BriefRelease, MarketFigure
from models.rounds import Lot, Round
from models.signons import SignOn

KEPT = 32
UNITS, VALUE = "units", "value"

_kept: Kept[tuple[Any, ...], Exact] = Kept(KEPT)


@dataclass(frozen=True, slots=True)
class Draft:
    """A brief that could be published now: its figures, what they rest on, and why something is left out.

    `why` holds, for the lead alone, lot (public id), category (blank: the whole lot) and `few`, `close` or `value`.
    """

    figures: dict[str, Any]
    basis: dict[str, Any]
    why: tuple[tuple[str, str, str], ...]

    @property
    def is_empty(self) -> bool:
        """Whether no figure may be told."""
        return not any(lot["cells"] for lot in self.figures["lots"])

    @property
    def digest(self) -> str:
        """What the figures are, in short: for a form that publishes what was looked at and nothing else."""
        return digest_of(self.figures)


@dataclass(slots=True)
class Told:
    """What was told of a round before: moments of pieces by lot (public id), and those of money, which has no lots of its own."""

    units: dict[str, list[Moment]] = field(default_factory=dict)
    value: list[Moment] = field(default_factory=list)

    def add(self, basis: Mapping[str, Any]) -> None:
        """What one release rests on."""
        for lot, figures in basis[UNITS].items():
            self.units.setdefault(lot, []).append(tuple(_figure(one) for one in figures))
        self.value.append(tuple(_figure(one) for one in basis[VALUE]))


@dataclass(frozen=True, slots=True)
class Exact:
    """The lots whose pooled quantity may be told outside as it is, and whether the value of the round may."""

    lots: frozenset[int]
    value: bool


def prepare(session: Session, round_: Round, lots: Sequence[Lot]) -> Draft:
    """The brief of these lots as it could be published now, beside all that was published before.

    Pieces of demand that counts (whole, by lot), money net in the round's currency.
    """
    held = ledger.ledgers(session, round_)
    told = told_before(session, round_, held)
    least, markets = least_members(round_), markets_of(session, round_)
    found, why = [], []
    basis: dict[str, Any] = {UNITS: {}, VALUE: []}
    for lot in lots:
        chosen = suppression.choose(groups_of(lot, held[lot.id]), told.units.get(lot.public_id, ()), least=least)
        band = None
        if chosen.figures:
            band = suppression.band(value_of(lot, held[lot.id]), [*told.value, *_moments(basis)], least=least)
        found.append(_lot(lot, held[lot.id], chosen, band, markets.get(lot.id, [])))
        basis[UNITS][lot.public_id] = [_plain(one) for one in chosen.figures.values()]
        basis[VALUE] += [_plain(band)] if band else []
        why += [(lot.public_id, category, reason) for category, reason in chosen.why.items()]
        why += [(lot.public_id, "", "value")] if chosen.figures and band is None else []
    figures = {"round": round_.name, "lead": round_.organisation.name, "currency": round_.currency, "lots": found}
    return Draft(figures | _members(session, round_), basis, tuple(why))


def told_before(session: Session, round_: Round, held: Mapping[int, Ledger]) -> Told:
    """Everything that pages outside told or tell: releases, withdrawn ones too, and what a published round shows exactly."""
    told = releases_told(session, round_)
    shows_pool = bool(settings.value(round_, "publish_pool"))
    if round_.published_at is None or not (shows_pool or settings.value(round_, "show_volume_to_brand")):
        return told
    for lot in round_.lots:
        exact = _exact(all_parts(groups_of(lot, held[lot.id])))
        if len(exact.members) >= least_members(round_):
            told.units.setdefault(lot.public_id, []).append((exact,))
    outside = ledger.told_outside(session, round_)
    if shows_pool and all(outside[lot.id].tells_money for lot in round_.lots):
        told.value.append((_exact(frozenset().union(*(value_of(lot, held[lot.id]) for lot in round_.lots))),))
    return told


def releases_told(session: Session, round_: Round) -> Told:
    """What the releases of a round told, in their order."""
    told = Told()
    query = select(BriefRelease.basis).where(BriefRelease.round_id == round_.id).order_by(BriefRelease.number)
    for basis in session.scalars(query):
        told.add(basis)
    return told


def exactly_told(session: Session, round_: Round) -> Exact:
    """What may still be told outside as it is, beside what briefs told of it.

    Without a release that is everything: what is told then is for the rule of each page. One query where nothing changed.
    """
    count = session.scalar(select(func.count()).select_from(BriefRelease).where(BriefRelease.round_id == round_.id))
    if not count:
        return Exact(frozenset(lot.id for lot in round_.lots), True)
    key = (*pool.figures(session, round_).stamp, "exact", count, least_members(round_))
    found = _kept.get(key)
    return _kept.put(key, _exactly(session, round_)) if found is None else found


def _exactly(session: Session, round_: Round) -> Exact:
    held, told, least = ledger.ledgers(session, round_), releases_told(session, round_), least_members(round_)

    def may(parts: frozenset[Part], before: Sequence[Moment]) -> bool:
        return not any(before) or (bool(parts) and suppression.may_be_told((_exact(parts),), before, least=least))

    lots = {
        lot.id: may(all_parts(groups_of(lot, held[lot.id])), told.units.get(lot.public_id, [])) for lot in round_.lots
    }
    money = frozenset().union(*(value_of(lot, held[lot.id]) for lot in round_.lots))
    return Exact(frozenset(number for number, is_told in lots.items() if is_told), may(money, told.value))


def least_members(round_: Round) -> int:
    """How many members stand behind a figure at least; never fewer than three, or one would compute the other."""
    return max(int(settings.value(round_, "min_cell_members")), 3)


def own_units(basis: Mapping[str, Any], member: int) -> dict[str, int]:
    """The pieces of one member that stand behind the figures of a brief, by lot (public id), as they were when it was made."""
    found = {}
    for lot, figures in basis[UNITS].items():
        parts = {tuple(part) for figure in figures for part in figure["parts"]}
        found[lot] = sum(amount for who, _what, amount in parts if who == member)
    return found


def groups_of(lot: Lot, held: Ledger) -> Groups:
    """The pooled pieces of a lot by category and tier, member by member."""
    return {
        (category, tier): frozenset(
            (member, f"{lot.public_id}|{category}|{tier}", share.units) for member, share in some.items() if share.units
        )
        for (category, tier), some in held.groups.items()
    }


def value_of(lot: Lot, held: Ledger) -> frozenset[Part]:
    """The known money of a lot in cents, member by member."""
    return frozenset((m, f"{lot.public_id}|value", share.cents) for m, share in held.by_member().items() if share.cents)


def all_parts(groups: Groups) -> frozenset[Part]:
    """Every part of a lot."""
    return frozenset().union(*groups.values())


def markets_of(session: Session, round_: Round) -> dict[int, list[MarketFigure]]:
    """The newest market figure of each lot that was not taken back."""
    query = (
        select(MarketFigure)
        .where(MarketFigure.round_id == round_.id, MarketFigure.withdrawn_at.is_(None))
        .order_by(MarketFigure.id)
    )
    return {one.lot_id: [one] for one in session.scalars(query)}


def consents(session: Session, round_: Round) -> dict[int, BriefConsent]:
    """The last answer of each member whether it may be named before publication."""
    query = select(BriefConsent).where(BriefConsent.round_id == round_.id).order_by(BriefConsent.version_no)
    query = query.options(joinedload(BriefConsent.member))
    return {one.member_id: one for one in session.scalars(query)}


def digest_of(figures: Any) -> str:
    """SHA-256 over figures in one canonical form."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _lot(
    lot: Lot, held: Ledger, chosen: Chosen, band: Figure | None, markets: Collection[MarketFigure]
) -> dict[str, Any]:
    low = sum(figure.low for figure in chosen.figures.values())
    cells = [
        {"groups": [list(group) for group in cell], "low": figure.low, "high": figure.high}
        for cell, figure in chosen.figures.items()
    ]
    members = len(frozenset().union(*(figure.members for figure in chosen.figures.values())))
    return {
        "lot": lot.public_id,
        "code": lot.code,
        "name": lot.name,
        "unit": lot.unit,
        "years": lot.years,
        "members": members if cells else None,
        "low": low if cells else None,
        "cells": cells,
        "value": _value(held, band),
        "market": [_market(one, low, lot.years) for one in markets] if cells else [],
    }


def _value(held: Ledger, band: Figure | None) -> dict[str, Any] | None:
    """The band, in whole units of the currency; a lower bound alone where a member gave no value for some of its pieces."""
    if band is None:
        return None
    is_whole = not held.unvalued(held.groups)
    return {"low": _money(band.low), "high": _money(band.high + 1) if is_whole else None}


def _money(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))


def _market(one: MarketFigure, low: int, years: int) -> dict[str, Any]:
    """`per_mille`: what the pool needs in a contract year, on average, of what the market takes in a year; rounded down."""
    return {
        "market": one.market,
        "units_per_year": one.units_per_year,
        "source": one.source,
        "address": one.address,
        "as_of": one.as_of.isoformat(),
        "per_mille": low * 1000 // (years * one.units_per_year),
    }


def _members(session: Session, round_: Round) -> dict[str, Any]:
    """The frozen list once it is public; before, who agreed to be named, and how many more there are."""
    if round_.published_at is not None:
        names = [one["organisation"] for one in publication.members(session, round_)]
        return {"names": names, "unnamed": 0}
    agreed = {member for member, answer in consents(session, round_).items() if answer.agrees}
    query = (
        select(SignOn)
        .options(joinedload(SignOn.organisation))
        .where(SignOn.round_id == round_.id, SignOn.state.in_(pool.ENTITLED))
    )
    signed = list(session.scalars(query))
    names = sorted((s.organisation.name for s in signed if s.organisation_id in agreed), key=str.casefold)
    return {"names": names, "unnamed": len(signed) - len(names)}


def _exact(parts: frozenset[Part]) -> Figure:
    total = sum(amount for _member, _what, amount in parts)
    return Figure(parts, total, total)


def _moments(basis: Mapping[str, Any]) -> list[Moment]:
    """The bands of the lots before, which are told together with the next."""
    return [tuple(_figure(one) for one in basis[VALUE])] if basis[VALUE] else []


def _plain(figure: Figure) -> dict[str, Any]:
    return {"low": figure.low, "high": figure.high, "parts": [list(part) for part in sorted(figure.parts)]}


def _figure(plain: Mapping[str, Any]) -> Figure:
    parts: Iterable[Sequence[Any]] = plain["parts"]
    return Figure(frozenset((int(m), str(what), int(amount)) for m, what, amount in parts), plain["low"], plain["high"])
