"""The measures in the reader's words: figures in per cent, why one is unknown, what would raise it, what a row is worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from framework.chain.measures import formulas
from framework.chain.measures.judged import KEPT
from framework.chain.measures.nodes import Node, Place
from framework.chain.measures.product import ALONE, NODE, OLD, REST, UNDATED, Gap
from framework.chain.measures.publishers import LIST, Publisher
from framework.chain.measures.scale import ASKED, CO, FA, MI, SM, Scale
from framework.chain.measures.waived import COMPONENT, MINERAL
from framework.ground.terms import COMPONENT_TYPES, MINERALS, label_of
from framework.ground.text import N_
from views.i18n import date, number, percent, unknown, words

MEASURES: dict[str, str] = {
    "completeness": N_("Completeness"),
    "precision": N_("Precision"),
    "freshness": N_("Freshness"),
    "corroboration": N_("Corroboration"),
    "reliability": N_("Reliability"),
}
QUESTIONS: dict[str, str] = {
    "completeness": N_("How much of what was asked is answered"),
    "precision": N_("How exactly the places are told"),
    "freshness": N_("How old the statements are"),
    "corroboration": N_("Who else says so"),
    "reliability": N_("How far the members trust it"),
}
LEVELS: dict[str, str] = {
    FA: N_("Final assembly"),
    CO: N_("Components"),
    SM: N_("Smelters"),
    MI: N_("Origin of minerals"),
}
UNKNOWN: dict[str, str] = {
    "nothing_asked": N_("nothing was asked"),
    "nothing_told": N_("no place is named, so there is nothing to measure"),
    "no_date": N_("no row has a date that can be used"),
    "not_judged": N_("not judged yet"),
    KEPT: N_(
        "shown once the judging is over, to an evaluator once the own assessments are final and those of the others looked at"
    ),
    "no_volume": N_("no pooled quantity stands behind these models"),
}
FIELDS: dict[str, str] = {
    "name": N_("legal name"),
    "address": N_("address as exact as asked"),
    "parent": N_("parent company"),
    "function": N_("what is done there"),
    "share": N_("share and period"),
    "workforce": N_("figures about the workforce"),
    "registry": N_("smelter id"),
}
PRECISIONS: dict[str, str] = {
    "site": N_("street and number"),
    "zone": N_("street or zone without number"),
    "city": N_("city"),
    "region": N_("region"),
    "country": N_("country"),
    "name_only": N_("name alone"),
}
NOT_TOLD: dict[str, str] = {
    "unknown": N_("unknown to the supplier"),
    "supplier_refused": N_("refused by a sub-supplier, proven"),
    "trade_secret": N_("trade secret"),
    "multi_source_variable": N_("several sources that vary"),
    "not_applicable": N_("not applicable, says the supplier; the lead has not accepted it"),
    "absent": N_("no answer: no row says anything about it"),
    "company_wide": N_("the file speaks of the whole company, not of this model"),
}
REGISTRIES: dict[str, str] = {
    "os": N_("Open Supply Hub"),
    "gln": N_("the register of global location numbers"),
    "lei": N_("the register of legal entities"),
}
TENTHS = 1


def figure(value: Fraction | None, reason: str = "") -> str | Markup:
    """A part of 1 in per cent with one decimal, rounded half up; unknown with its reason."""
    if value is None:
        return unknown(words(UNKNOWN.get(reason, reason)))
    return percent(formulas.rounded(value * 100, TENTHS), TENTHS)


def points(worth: Fraction) -> str:
    """What a gap is worth, in percentage points."""
    told = formulas.rounded(worth * 100, TENTHS)
    if worth and not told:
        return _("under %(worth)s points", worth=number(Decimal("0.1"), TENTHS))
    return _("%(worth)s points", worth=number(told, TENTHS))


def pieces_of(quantity: Fraction | None) -> str | Markup:
    """A quantity in whole pieces, rounded half up."""
    return unknown(words(UNKNOWN["no_volume"])) if quantity is None else number(int(formulas.rounded(quantity, 0)))


def what(level: str, kind: str) -> str:
    """A component, or the smelters or origin of a mineral."""
    if level in (FA, CO):
        return words(label_of(COMPONENT_TYPES, kind))
    return f"{words(LEVELS[level])} · {words(label_of(MINERALS, kind))}"


def kind(code: str) -> str:
    """A component type or mineral that may be accepted as not applicable (`component:battery`)."""
    named = code.removeprefix(MINERAL)
    if named != code:
        return words(label_of(MINERALS, named))
    return words(label_of(COMPONENT_TYPES, code.removeprefix(COMPONENT)))


def missing(gap: Gap) -> str:
    """What a gap lacks."""
    if gap.what in FIELDS:
        return words(N_("not told, or not in full: %(label)s"), label=FIELDS[gap.what])
    if gap.what in PRECISIONS:
        return words(N_("told no more exactly than: %(label)s"), label=PRECISIONS[gap.what])
    return words(
        {
            NODE: N_("nothing is named"),
            REST: N_("the places named do not make all of it"),
            OLD: N_("the statement is no longer fresh"),
            UNDATED: N_("no date, so it does not count here"),
            ALONE: N_("nobody else names it"),
        }[gap.what]
    )


def worth_of(measure: str, node: Node, on: dt.date, scale: Scale) -> str | Markup:
    """What a node comes to."""
    if measure == "completeness":
        return figure(formulas.node_completeness(node, scale))
    if measure == "precision":
        return figure(formulas.node_precision(node, scale), "nothing_told")
    if measure == "freshness":
        return figure(formulas.node_freshness(node, on, scale), "no_date" if node.places else "nothing_told")
    if measure == "corroboration":
        return figure(formulas.node_corroboration(node), "nothing_told")
    return figure(formulas.node_reliability(node, scale), "not_judged" if node.places else "nothing_told")


def because(measure: str, node: Node, place: Place, copies: int) -> str:
    """Why a place is worth what it is worth."""
    if measure == "completeness":
        told = place.answered
        left = [words(FIELDS[name]) for name in ASKED[node.fields_of] if told.get(name, formulas.ZERO) < 1]
        return (
            _("missing or not in full: %(fields)s", fields=", ".join(left)) if left else _("everything asked is told")
        )
    if measure == "precision":
        return words(PRECISIONS[place.precision])
    if measure == "freshness":
        return _("true on %(day)s", day=date(place.as_of)) if place.as_of else _("no date")
    if measure == "corroboration":
        return " · ".join(filter(None, (others(place.sources), copied(copies))))
    if node.verdict is None:
        return _("not judged yet")
    if node.spread:
        return ngettext(
            "judged %(level)s; the evaluators differed by %(num)s level",
            "judged %(level)s; the evaluators differed by %(num)s levels",
            node.spread,
            level=node.verdict,
        )
    return _("judged %(level)s by all", level=node.verdict)


def behind(measure: str, counts: Mapping[str, int], said: Fraction) -> str:
    """The counts behind a measure."""
    told = {name: number(counted) for name, counted in counts.items()}
    if measure == "completeness":
        return _("%(disclosed)s of %(required)s asked are disclosed, %(full)s of them in full", **told)
    if measure == "precision":
        return _("%(exact)s of %(disclosed)s disclosed are told to the street", **told)
    if measure == "freshness":
        return _("%(dated)s of %(disclosed)s disclosed have a date", **told)
    if measure == "corroboration":
        mean = number(formulas.rounded(said / counts["disclosed"], TENTHS), TENTHS) if counts["disclosed"] else "0"
        return _(
            "%(corroborated)s of %(disclosed)s disclosed are named by somebody else, on average by %(mean)s",
            **told,
            mean=mean,
        )
    if counts["apart"]:
        return _(
            "%(judged)s of %(disclosed)s disclosed are judged; the evaluators differed at %(apart)s of them", **told
        )
    return _("%(judged)s of %(disclosed)s disclosed are judged", **told)


def unknown_for(part: Fraction | None) -> str:
    """For which part of the pooled volume a figure is unknown; blank where for none."""
    return _("unknown for %(part)s of the volume", part=figure(part)) if part else ""


def others(sources: int) -> str:
    """How many others name a place."""
    if not sources:
        return _("nobody else names it")
    return ngettext("%(num)s other source names it", "%(num)s other sources name it", sources)


def published(publishers: Sequence[Publisher]) -> str:
    """Which lists and registries name a place."""
    said = []
    for one in publishers:
        if one.kind == LIST:
            said.append(_("factory list of %(label)s, %(day)s", label=one.name, day=date(one.day)))
        else:
            registry = words(REGISTRIES.get(one.name, one.name))
            said.append(_("%(who)s in %(registry)s, %(day)s", who=one.by, registry=registry, day=date(one.day)))
    return " · ".join(dict.fromkeys(said))


def copied(copies: int) -> str:
    """Rows that say it in the same words, which are no source of their own."""
    if not copies:
        return ""
    return ngettext(
        "%(num)s row in the very same words is taken for a copy",
        "%(num)s rows in the very same words are taken for copies",
        copies,
    )
