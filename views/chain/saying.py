"""Contradictions in the reader's words: sentences, questions, and what each statement says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from framework.chain.contradictions.catalogue import COUNTRIES, DAYS, LABELS, kinds
from framework.ground.codelists import country_name, is_country
from framework.ground.terms import AUDIT_SCHEMES, COMPONENT_TYPES, label_of
from framework.ground.text import N_
from views.i18n import current_language, date, joined, number, words

PRECISIONS = {
    "site": N_("street and number"),
    "zone": N_("an industrial zone"),
    "city": N_("a city"),
    "region": N_("a region"),
    "country": N_("a country"),
    "name_only": N_("a name alone"),
}


def sentence_of(code: str, params: Mapping[str, Any]) -> str:
    """What a lead reads of a contradiction."""
    return _filled(kinds()[code].sentence, params)


def question_of(code: str, says: Mapping[str, Any]) -> str:
    """What a supplier is asked about one of its own statements; made from nothing but that."""
    return _filled(kinds()[code].question, says)


def title_of(code: str) -> str:
    """What a kind of contradiction is called."""
    return words(kinds()[code].title)


def told(says: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a statement with their names, blank ones left out."""
    return {words(LABELS[key]): shown(key, says[key]) for key in LABELS if says.get(key) not in (None, "")}


def shown(key: str, value: Any) -> str:
    """One part of a statement: days, countries, schemes and components by their names."""
    if key in DAYS:
        return str(date(dt.date.fromisoformat(value))) if value else "–"
    if key in COUNTRIES:
        return joined([country_name(c, current_language()) if is_country(c) else c for c in str(value).split(", ")])
    if key == "scheme":
        return joined([words(label_of(AUDIT_SCHEMES, scheme)) for scheme in str(value).split(", ")])
    if key == "component":
        return words(label_of(COMPONENT_TYPES, value))
    if key == "workers":
        return "–".join(str(number(int(part))) for part in str(value).split("-"))
    if key == "precision":
        return words(label_of(PRECISIONS, value))
    return str(number(value)) if isinstance(value, int) else str(value)


def _filled(template: str, params: Mapping[str, Any]) -> str:
    """A template with its parameters; what is not said is a dash, so that a page never fails for it."""
    values = {key: shown(key, value) for key, value in params.items()}
    return words(template, **{**dict.fromkeys(LABELS, "–"), **values})
