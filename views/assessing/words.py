"""Levels, evidence and states of judging in the reader's words."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _
from markupsafe import Markup

from framework.ground.terms import AUDIT_SCHEMES, label_of
from framework.ground.text import N_
from framework.judging import agreement, evidence
from framework.judging.agreement import Alpha
from framework.judging.assessing import LACKS
from framework.judging.evidence import Support
from models.judging import Item
from views.chain import measure_words
from views.i18n import number, unknown, words

GUIDANCE: dict[str, str] = {
    "E0": N_("Nothing supports it, or the evidence contradicts it."),
    "E1": N_("It rests on the supplier's own signed statement alone."),
    "E2": N_("A document or a register names this place, and it is the same place."),
    "E3": N_("An independent audit of this place names it and was valid on the day that counts."),
    "E4": N_("A worker-driven monitor or a buyer's own visit confirmed it on the spot, with access."),
}
"""What each level means; it may be taken as the motive."""
NAMES: dict[str, str] = {
    "E0": N_("Nothing, or contradicted"),
    "E1": N_("Own signed statement"),
    "E2": N_("Document or register"),
    "E3": N_("Valid independent audit"),
    "E4": N_("Confirmed on the spot"),
}
KINDS: dict[str, str] = {
    evidence.STATEMENT: N_("Signed statement"),
    evidence.DOCUMENT: N_("Document"),
    evidence.REGISTRY: N_("List or register"),
    evidence.AUDIT: N_("Independent audit"),
    evidence.VERIFICATION: N_("Verification by a monitor"),
    evidence.VISIT: N_("A buyer's own visit"),
}
REASONS: dict[str, str] = {
    evidence.NOT_SIGNED: N_("no signatory is named for this brand"),
    evidence.NO_FILE: N_("no report is handed in"),
    evidence.EXPIRED: N_("no longer valid on the day that counts"),
    evidence.NO_END: N_("no end of validity is given"),
    evidence.BY_BRAND: N_("by the brand itself"),
    evidence.PARTIAL: N_("a partial audit"),
    evidence.NOT_MATCHED: N_("nobody has looked up whether it is the same place"),
    evidence.NO_ACCESS: N_("does not confirm it, or had no access"),
}
CONFIDENCE: dict[str, str] = {
    "": N_("not said"),
    "low": N_("low"),
    "medium": N_("medium"),
    "high": N_("high"),
}


def item_name(item: Item) -> str:
    """What is judged: a component, the smelters or origins of a mineral, or a criterion."""
    if item.section:
        return measure_words.what(item.section, item.kind)
    return item.criterion.name if item.criterion is not None else ""


def support(one: Support) -> str:
    """One thing that supports a place, with why not more."""
    name = words(label_of(AUDIT_SCHEMES, one.name)) if one.kind != evidence.REGISTRY and one.name else one.name
    told = ": ".join(filter(None, (words(KINDS[one.kind]), name)))
    if one.reason:
        return _("%(what)s, but %(why)s", what=told, why=words(REASONS[one.reason]))
    return told


def value_of(level: str, points: Decimal | None) -> str:
    """A level, or points."""
    return number(points, 2) if points is not None else level


def lacks(codes: tuple[str, ...]) -> str:
    """What an assessment lacks."""
    return "; ".join(words(LACKS[code]) for code in codes)


def section(code: str) -> str:
    """A section of the disclosure, or the criteria."""
    return words(measure_words.LEVELS[code]) if code else _("Criteria with points")


def alpha(told: Alpha | None) -> str | Markup:
    """Alpha, or why it is unknown."""
    if told is None:
        return unknown(_("alpha is for levels; points have their spread"))
    if told.value is None:
        return unknown(_unknown_alpha(told))
    return number(round(Decimal(told.value), 2), 2)


def interval(told: Alpha | None) -> str | Markup:
    """The interval of alpha, or why it is unknown."""
    if told is None or told.value is None or told.low is None or told.high is None:
        return unknown(_unknown_alpha(told) if told is not None else "")
    low, high = (number(round(Decimal(each), 2), 2) for each in (told.low, told.high))
    return _("%(low)s to %(high)s", low=low, high=high)


def part(told: Fraction | None) -> str | Markup:
    """A part of the verdicts."""
    return unknown(_("no verdict yet")) if told is None else measure_words.figure(told)


def _unknown_alpha(told: Alpha) -> str:
    if told.reason == agreement.NO_VARIATION:
        return _("every value is the same, so chance has no measure")
    return _("%(items)s items judged by two, of at least %(fewest)s", items=told.items, fewest=agreement.FEWEST_ITEMS)
