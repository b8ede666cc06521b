"""Headings as people write them: several words, units in brackets, two rows over each other; known word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from framework.demand import vocabulary
from framework.ground.quantity_words import norm

_KINDS = {
    "quantity": "aantal aantallen antal qty quantity quantities count volume volym hoeveelheid mängd behoefte behov need needs demand prognose prognos forecast stuks stk st stycken pcs pieces units enheter exemplaren exemplar",
    "qty_expected": "expected verwacht verwachte förväntat förväntad förväntade geraamd geraamde uppskattat uppskattad estimated estimate est",
    "qty_max": "max maximum maximaal maximale maximaler maximalt högst",
    "qty_firm": "firm vast vaste committed zeker min minimum minimaal minimale minst fast bindande",
    "baseline_qty": "last previous vorig vorige afgelopen förra föregående ordered besteld bestelde beställt beställda",
    "number": "number no nr num nummer",
    "of": "of van av",
    "filler": "in for the per de het een i för till voor needed required requested gewenst gewenste nodig benodigd benodigde önskat önskade total totaal totale totalt new nieuw nieuwe nya annual yearly year jaarlijks jaarlijkse jaar årlig årligt år devices device apparaten enhet items our onze våra",
}  # fmt: skip
_TOKENS = {norm(word): kind for kind, said in _KINDS.items() for word in said.split()}
_TOTALS = frozenset(norm(word) for word in "total totaal totale totalt summa sum som".split())
_THINGS = frozenset(
    norm(word)
    for word in "item items device devices apparaat apparaten toestel toestellen enhet enhetstyp utrustning productnaam productname produktnamn equipment".split()
)
_NUMBERED = re.compile(r"\b(\d)(?:e|:a|:e|st|nd|rd|th)\s+(?:contract)?(?:jaar|year|år)\b", re.IGNORECASE)
_BOOK_YEAR = re.compile(r"\bFY\s?'?(\d\d)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"[\W_]+")


def target_of(header: str, extra: Mapping[str, str] | None = None) -> str | None:
    """What a heading says, as `vocabulary.target_of`; else by its words, where every one of them is known."""
    text = _NUMBERED.sub(lambda found: f"year {found[1]}", header)
    known = vocabulary.target_of(header, extra)
    if known is not None:
        return known
    year = vocabulary.year_in(text)
    rest = vocabulary.without_year(text) if year else header
    field = _by_words(rest) if norm(rest) else "qty_expected" if year else None
    return f"{field}:{year}" if year and field in vocabulary.PER_YEAR else None if year else field


def calendar_target(header: str, extra: Mapping[str, str] | None = None) -> tuple[str, int] | None:
    """The field and the calendar year of a heading, as `vocabulary.calendar_target`; else by its other words."""
    text = _BOOK_YEAR.sub(lambda found: f"20{found[1]}", header)
    known = vocabulary.calendar_target(text, extra)
    if known is not None:
        return known
    year = vocabulary.calendar_year_in(text)
    field = _by_words(vocabulary.without_calendar_year(text)) if year else None
    return (field, year) if year is not None and field in vocabulary.PER_YEAR else None


def is_of_things(header: str) -> bool:
    """Whether a heading stands over what is bought, where no other column says that it does."""
    return norm(header) in _THINGS


def is_total(header: str) -> bool:
    """Whether a heading speaks of a sum of other columns."""
    return any(norm(word) in _TOTALS for word in _BETWEEN.split(header))


def together(upper: list[Any], lower: list[Any], said: list[str], extra: Mapping[str, str]) -> list[str] | None:
    """Two rows of one header as one: each text of the upper row stands over the columns to its right until the next.

    `said` is the lower row as words. None where what stands above is no group: neither a year nor a quantity.
    """
    width = max(len(upper), len(lower))
    top, below = [*upper, *[None] * (width - len(upper))], [*said, *[""] * (width - len(said))]
    carried, found, groups = "", [], 0
    for above, under in zip(top, below, strict=True):
        own = word(above)
        carried = own or (carried if under else "")
        if not under or not carried:
            found.append(under or own)
            continue
        if not _is_group(carried, extra):
            if own:
                return None
            carried = ""
            found.append(under)
            continue
        groups += not own
        found.append(f"{under} {carried}")
    return found if groups else None


def word(cell: Any) -> str:
    """A cell of a header as text; a year that is a number is written without a point."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _is_group(text: str, extra: Mapping[str, str]) -> bool:
    target = target_of(text, extra) or ""
    return calendar_target(text, extra) is not None or target.partition(":")[0] in vocabulary.PER_YEAR


def _by_words(header: str) -> str | None:
    """The quantity that the words of a heading name together; None where one of them is not known."""
    kinds = [_TOKENS.get(norm(one)) for one in _BETWEEN.split(header) if norm(one)]
    if not kinds or None in kinds:
        return None
    found = set(kinds)
    named = [kind for kind in ("baseline_qty", "qty_max", "qty_firm", "qty_expected") if kind in found]
    if len(named) == 1:
        return named[0] if named[0] != "baseline_qty" or len(found) > 1 else None
    counts = "quantity" in found or {"number", "of"} <= found
    return "qty_expected" if counts and not named else None
