"""What a row behind a figure is about and what it says, in the reader's words."""

from __future__ import annotations

import datetime as dt

from framework.chain.behind import ABSENT, Fact
from framework.ground.codelists import country_name, is_country
from framework.ground.terms import (
    AUDIT_SCHEMES,
    CATEGORIES,
    COMPONENT_TYPES,
    MINERALS,
    NOT_DISCLOSED_REASONS,
    PROCESS_REQUIREMENTS,
    SELF_SCORES,
    label_of,
)
from framework.ground.text import N_
from views.i18n import current_language, words

_PARTS = {"minerals": MINERALS, "audits": AUDIT_SCHEMES, "due_diligence": PROCESS_REQUIREMENTS}
_CODES = (
    {key: category.label for key, category in CATEGORIES.items()}
    | NOT_DISCLOSED_REASONS
    | SELF_SCORES
    | {ABSENT: N_("No row of the file says anything about it")}
)


def what(fact: Fact, measure: str) -> str:
    """The model, site or requirement that a row is about."""
    part = words(label_of(_PARTS.get(measure, COMPONENT_TYPES), fact.part))
    return " · ".join(filter(None, (fact.label, part)))


def said(fact: Fact, on: dt.date) -> str:
    """What a row says of it, blank where it gives no answer; validity is read on the day `on`."""
    if fact.until is not None:
        return words(N_("valid until %(day)s") if fact.until >= on else N_("expired on %(day)s"), day=fact.until)
    if fact.detail or not fact.code:
        return fact.detail
    return country_name(fact.code, current_language()) if is_country(fact.code) else words(label_of(_CODES, fact.code))
