"""The catalogue of cross-checks (`data/contradictions.csv`): what each kind means, and what a lead and a supplier read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from framework.ground.codelists import read_rows
from framework.ground.text import N_

WEIGHTS = {
    "contradiction": N_("contradiction"),
    "doubt": N_("doubt"),
    "gap": N_("gap"),
}
"""How grave a kind is, the gravest first: statements that cannot all be true, one to be looked at, one that is missing."""
LABELS = {
    "site": N_("Site"),
    "address": N_("Address"),
    "country": N_("Country"),
    "other": N_("Country meant"),
    "brand": N_("Brand"),
    "models": N_("Models"),
    "model": N_("Model"),
    "component": N_("Component"),
    "share": N_("Share in percent"),
    "total": N_("Together"),
    "scheme": N_("Scheme"),
    "reference": N_("Reference"),
    "date": N_("Date of the audit"),
    "until": N_("Until"),
    "day": N_("Day"),
    "workers": N_("Workers"),
    "round": N_("Earlier round"),
    "precision": N_("Told as exactly as"),
    "smelter": N_("Smelter"),
    "number": N_("Number"),
    "count": N_("Count"),
    "months": N_("Months"),
    "sites": N_("Sites named"),
}
"""What the parts of a statement are called where it stands in a table."""
OF_EARLIER_ROUNDS = frozenset({"site-gone", "sites-gone", "less-precise", "less-precise-list"})
"""Kinds that tell what a file of an earlier round said: for its lead alone, whoever else may look at this round."""
DAYS = frozenset({"date", "until", "day"})
COUNTRIES = frozenset({"country", "other"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the catalogue; title, sentence, question and reason are English templates with named placeholders.

    `question` holds nothing but what the asked supplier's own rows say. `limit` is the parameter of the check.
    """

    code: str
    weight: str
    limit: int | None
    title: str
    sentence: str
    question: str
    reason: str


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by code, in the order of the table."""
    return {row["code"]: _kind(row) for row in read_rows("contradictions.csv")}


def limit(code: str) -> int:
    """The parameter of a check; ValueError where it has none, which is a bug."""
    found = kinds()[code].limit
    if found is None:
        raise ValueError(code)
    return found


def _kind(row: dict[str, str]) -> Kind:
    return Kind(
        row["code"],
        row["weight"],
        int(row["limit"]) if row["limit"] else None,
        row["title"],
        row["sentence"],
        row["question"],
        row["reason"],
    )
