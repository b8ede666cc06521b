"""The words under which other people's sheets say what a line of demand says; header and value synonyms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from framework.demand.lines import LABELS
from framework.ground import category_words
from framework.ground.quantity_words import CHANGE, HEADERS, norm
from framework.ground.terms import CERTAINTIES

__all__ = ["CHANGE", "norm"]
_HEADERS = {
    **HEADERS,
    "category": "category product producttype product type hardware categorie productgroep kategori produkt produktgrupp kategorie artikel article devicetype persona",
    "spec_tier": "tier spectier specification specificationtier specificatie niveau specificatieniveau klasse specifikation nivå klass ausführung",
    "delivery_country": "country deliverycountry land leverland afleverland leveransland lieferland pays",
    "year_no": "year contractyear yearno jaar contractjaar år avtalsår jahr vertragsjahr année",
    "value_expected": "value expectedvalue amount budget waarde verwachtewaarde bedrag värde förväntatvärde belopp wert betrag valeur montant",
    "certainty": "certainty zekerheid säkerhet sicherheit certitude",
    "not_known_reason": "notknown notknownyetbecause notknownreason unknown reason reden onbekend orsak okänt grund raison",
    "current_supplier_end": "presentcontractends contractend currentcontractends einddatum einddatumcontract avtalsslut slutdatum vertragsende",
    "delivery_profile": "deliveryprofile delivery leverprofiel leveransprofil lieferprofil",
}  # fmt: skip
_CERTAINTY_WORDS = {
    "budgeted": "budgeted begroot gebudgetteerd budgeterat budgetiert budgété",
    "planned": "planned gepland planerat geplant prévu",
    "indicative": "indicative indicatief indikativ indikativt indicatif",
}
_TOTALS = frozenset(
    "total totals totaal totalt summa sum som gesamt subtotal subtotaal delsumma totalsumma slutsumma eindtotaal grandtotal gesamtsumme zwischensumme".split()
)
_ALONE = frozenset(["sum", "som"])
"""Words for a sum that mean something else among others, in a formula for one."""
_BETWEEN = re.compile(r"[\W_]+")
PER_YEAR = frozenset(["qty_firm", "qty_expected", "qty_max", "value_expected", "certainty"])
"""Fields of which a line holds one a contract year."""
_YEAR = re.compile(
    r"\b(?:year|contract year|jaar|contractjaar|år|avtalsår|jahr|année|y|j|jr)\.?\s*(\d{1,2})\b", re.IGNORECASE
)

_CALENDAR = re.compile(r"\b(20\d\d)(?:\s*[-/–]\s*(?:20)?\d\d)?\b", re.ASCII)


def target_of(header: str, extra: Mapping[str, str] | None = None) -> str | None:
    """What a header says: a field, `field:year` for one contract year, `change`; None where we do not know it."""
    extra = extra or {}
    known = extra.get(norm(header)) or _headers().get(norm(header))
    if known is not None:
        return known
    year = _YEAR.search(header)
    if year is None:
        return None
    rest = norm(_YEAR.sub(" ", header))
    field = extra.get(rest) or (_headers().get(rest) if rest else "qty_expected")
    return f"{field}:{int(year[1])}" if field in PER_YEAR else None


def calendar_year(header: str) -> int | None:
    """The calendar year that is all a header says: `2027`, `2027/28`; None for any other words."""
    found = _CALENDAR.fullmatch(header.strip())
    return int(found[1]) if found is not None else None


def calendar_target(header: str, extra: Mapping[str, str] | None = None) -> tuple[str, int] | None:
    """The field and the calendar year of a header such as `2027` or `Firm 2027/28`; None where it is not both."""
    year = _CALENDAR.search(header)
    if year is None:
        return None
    rest = norm(_CALENDAR.sub(" ", header))
    field = (extra or {}).get(rest) or _headers().get(rest) if rest else "qty_expected"
    return (field, int(year[1])) if field in PER_YEAR else None


def year_in(header: str) -> int | None:
    """The contract year that a header names among other words."""
    found = _YEAR.search(header)
    return int(found[1]) if found is not None else None


def without_year(header: str) -> str:
    """A header without its contract year."""
    return _YEAR.sub(" ", header)


def calendar_year_in(header: str) -> int | None:
    """The calendar year that a header names among other words."""
    found = _CALENDAR.search(header)
    return int(found[1]) if found is not None else None


def without_calendar_year(header: str) -> str:
    """A header without its calendar year."""
    return _CALENDAR.sub(" ", header)


def category_of(text: str, extra: Mapping[str, str] | None = None) -> str | None:
    """The category a word means, None where it is none of ours."""
    return (extra or {}).get(norm(text)) or category_words.category_of(text)


def certainty_of(text: str, extra: Mapping[str, str] | None = None) -> str | None:
    """The certainty a word means."""
    return (extra or {}).get(norm(text)) or _certainties().get(norm(text))


def is_total(text: str) -> bool:
    """Whether a row that says this is a sum of others: the word for one, alone or first or last of a few words."""
    words = [norm(word) for word in _BETWEEN.split(text) if norm(word)]
    if norm(text) in _TOTALS:
        return True
    return 1 < len(words) <= 5 and not (_TOTALS - _ALONE).isdisjoint((words[0], words[-1]))


@cache
def _headers() -> dict[str, str]:
    named = {norm(label): field for field, label in LABELS.items()} | {norm(field): field for field in LABELS}
    return _turned(_HEADERS) | named


@cache
def _certainties() -> dict[str, str]:
    named = {norm(label): key for key, label in CERTAINTIES.items()}
    return _turned(_CERTAINTY_WORDS) | named


def _turned(words: Mapping[str, str]) -> dict[str, str]:
    return {norm(word): key for key, said in words.items() for word in said.split()}
