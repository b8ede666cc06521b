"""What supports a claim, and the highest level of evidence that it allows. It sets no level: people do. No session.

A claim is one required node of a product with the places that are named for it. A place reaches the level of the best
thing that supports it; the claim, the lowest of its places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from framework.chain.measures.scale import EVIDENCE

E0, E1, E2, E3, E4 = EVIDENCE
STATEMENT, DOCUMENT, REGISTRY, AUDIT, VERIFICATION, VISIT = (
    "statement",
    "document",
    "registry",
    "audit",
    "verification",
    "visit",
)
"""Kinds of support: a signed row, a document, a list or register, an independent audit, a monitor, a member's visit."""
OWN_AUDIT, PARTIAL_AUDIT = "brand_own", "cma_ama"
NOT_SHARED = ("", "none")

NOT_SIGNED = "not_signed"
NO_FILE = "no_file"
EXPIRED = "expired"
NO_END = "no_end"
BY_BRAND = "by_brand"
PARTIAL = "partial"
NOT_MATCHED = "not_matched"
NO_ACCESS = "no_access"
REASONS = (NOT_SIGNED, NO_FILE, EXPIRED, NO_END, BY_BRAND, PARTIAL, NOT_MATCHED, NO_ACCESS)
"""Why something that was handed in supports less than its kind could."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What a row says of an audit or certificate of the place; `has_file` whether its report is named or shared."""

    scheme: str
    type_: str
    valid_until: dt.date | None
    has_file: bool
    source: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """That a register or list names the place; `is_matched`, that a person said it is the same."""

    name: str
    is_matched: bool
    source: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Check:
    """A monitor's verification or a member's own visit; it supports the link only where it had access."""

    kind: str
    confirms: bool
    had_access: bool
    source: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Support:
    """One thing that supports a place, the level it allows, and why not more."""

    kind: str
    level: str
    name: str = ""
    reason: str = ""
    source: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What was handed in about one place."""

    is_signed: bool
    audits: Sequence[Audit] = ()
    listings: Sequence[Listing] = ()
    checks: Sequence[Check] = ()
    source: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest level that the evidence allows, and what supports each place, the best first."""

    level: str
    places: tuple[tuple[Support, ...], ...] = ()


def ceiling(places: Iterable[Told], on: dt.date) -> Ceiling:
    """The highest level that the evidence of all places of a claim allows on a day; E0 where none is named."""
    found = tuple(tuple(supports(place, on)) for place in places)
    if not found:
        return Ceiling(E0)
    return Ceiling(min(max((one.level for one in some), default=E0) for some in found), found)


def supports(place: Told, on: dt.date) -> list[Support]:
    """What supports a place on a day, the best first; what supports nothing is named with its reason."""
    found = [Support(STATEMENT, E1 if place.is_signed else E0, reason="" if place.is_signed else NOT_SIGNED)]
    found += [_of_audit(audit, on) for audit in place.audits]
    for one in place.listings:
        level, reason = (E2, "") if one.is_matched else (E0, NOT_MATCHED)
        found.append(Support(REGISTRY, level, one.name, reason, one.source))
    for check in place.checks:
        holds = check.confirms and check.had_access
        found.append(Support(check.kind, E4 if holds else E0, reason="" if holds else NO_ACCESS, source=check.source))
    return sorted(found, key=lambda one: one.level, reverse=True)


def allows(found: Ceiling, level: str) -> bool:
    """Whether a level may be given: one of the scale, not above what the evidence allows."""
    return level in EVIDENCE and level <= found.level


def _of_audit(audit: Audit, on: dt.date) -> Support:
    """An audit by others with its report supports E3 while it is valid; else the report is a document that names the place."""
    if audit.scheme == OWN_AUDIT:
        return Support(DOCUMENT, E0, audit.scheme, BY_BRAND, audit.source)
    if not audit.has_file:
        return Support(AUDIT, E0, audit.scheme, NO_FILE, audit.source)
    if audit.type_ == PARTIAL_AUDIT:
        return Support(DOCUMENT, E2, audit.scheme, PARTIAL, audit.source)
    if audit.valid_until is None:
        return Support(DOCUMENT, E2, audit.scheme, NO_END, audit.source)
    if audit.valid_until < on:
        return Support(DOCUMENT, E2, audit.scheme, EXPIRED, audit.source)
    return Support(AUDIT, E3, audit.scheme, source=audit.source)
