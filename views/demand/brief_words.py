"""A leverage brief in the reader's words: the same lines for the page, the PDF and the slide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.ground.text import N_
from models.briefs import BriefRelease
from views.demand import shared
from views.demand.lever import pieces
from views.i18n import date, joined, money, number, percent

AUDIENCES = {
    "members": N_("Members of the round"),
    "suppliers": N_("Members and suppliers"),
    "public": N_("Everybody"),
}
WHO = {
    "members": N_("You and the members read it on the pages of the round. No supplier does."),
    "suppliers": N_(
        "Members read it at once; suppliers on the pages of the round, as soon as they know the round: from its publication on."
    ),
    "public": N_(
        "Everybody who has its address reads it without an account, from now on, also before the round is published."
    ),
}
WHY = {
    "few": N_("fewer members than the rules ask for stand behind one of its figures"),
    "close": N_(
        "a member, or a reader who lays this beside what was published before, could work out what another member buys"
    ),
    "value": N_("too few members gave a value, or one of them could be worked out: no value is shown"),
}
TOLD_AS = {
    "tiers": N_("%(what)s is shown as one figure, without its tiers: %(why)s."),
    "lot": N_("The categories of %(what)s are shown as one figure: %(why)s."),
    "nothing": N_("Nothing is shown of %(what)s: %(why)s."),
    "value": N_("%(what)s: %(why)s."),
}


def said(figures: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """Everything a brief shows, as words; `figures` as they were published."""
    lots = [_lot(lot, figures["currency"]) for lot in figures["lots"]]
    return {
        "lead": figures["lead"],
        "round": figures["round"],
        "lots": lots,
        "buyers": _buyers(figures),
        "names": figures["names"],
        "unnamed": _unnamed(figures),
        "asked": asked,
        "supply": _supply(figures.get("supply")),
        "meaning": _("Pieces are what the members expect to need. They are no order: each member orders by call-off."),
        "rounding": _(
            "Figures are rounded down, so that nobody can work out what a single member buys; shares are taken of the rounded figures."
        ),
    }


def own_lines(figures: Mapping[str, Any], own: Mapping[str, int]) -> list[dict[str, str]]:
    """What a brief means to a member with `own` pieces behind it, by lot (public id): factor, share, what others add."""
    found = []
    for lot in figures["lots"]:
        mine, low = own.get(lot["lot"], 0), lot["low"]
        if not mine or not low or low <= mine:
            continue
        share = min(Decimal(100), (Decimal(mine) * 100 / low).quantize(Decimal("0.1"), ROUND_CEILING))
        found.append(
            {
                "factor": _("×%(factor)s our own", factor=number(low // mine)),
                "lot": lot["name"],
                "own": _("our own: %(own)s", own=pieces(mine, lot["unit"])),
                "share": _("our share: at most %(share)s", share=percent(share, 1)),
                "adds": _("the others add at least %(pieces)s", pieces=pieces(low - mine, lot["unit"])),
            }
        )
    return found


def why_lines(why: tuple[tuple[str, str, str], ...], names: Mapping[str, str], figures: Mapping[str, Any]) -> list[str]:
    """Why something is shown coarser or not at all, for the lead; `names` are the lots by public id."""
    shown = {lot["lot"]: len(lot["cells"]) for lot in figures["lots"]}
    wholes = {lot for lot, category, _reason in why if not category and not shown[lot]}
    lines = []
    for lot, category, reason in why:
        if lot in wholes and category:
            continue
        what = names[lot] if not category else f"{names[lot]}, {shared.place(category, '')}"
        how = "value" if reason == "value" else "nothing" if lot in wholes else _coarser(figures, lot, category)
        lines.append(str(_(TOLD_AS[how], what=what if how != "lot" else names[lot], why=_(WHY[reason]))))
    return list(dict.fromkeys(lines))


def _coarser(figures: Mapping[str, Any], lot: str, category: str) -> str:
    cells = next(one["cells"] for one in figures["lots"] if one["lot"] == lot)
    categories = {group[0] for cell in cells for group in cell["groups"] if len(cells) == 1}
    return "lot" if len(categories) > 1 else "tiers"


def foot(release: BriefRelease) -> str:
    """What stands at the foot of a printed brief."""
    when = date(release.published_at.date())
    return str(
        _(
            "%(round)s · leverage brief no. %(number)s · %(when)s · SHA-256 %(hash)s",
            round=release.figures["round"],
            number=release.number,
            when=when,
            hash=release.sha256[:16],
        )
    )


def withdrawn(release: BriefRelease) -> str:
    """What stands on the files of a brief that is no longer valid; blank where it is."""
    if release.withdrawn_at is None:
        return ""
    return str(_("Withdrawn on %(when)s: no longer valid", when=date(release.withdrawn_at.date())))


def heading(release: BriefRelease) -> str:
    """The title of a release."""
    return str(_("Leverage brief no. %(number)s", number=release.number))


def _lot(lot: Mapping[str, Any], currency: str) -> dict[str, Any]:
    if not lot["cells"]:
        return {
            "name": lot["name"],
            "hidden": _("Not shown, so that nobody can work out what a single member buys."),
            "cells": [],
        }
    unit = lot["unit"]
    return {
        "name": lot["name"],
        "hidden": "",
        "quantity": _("at least %(pieces)s", pieces=pieces(lot["low"], unit)),
        "number": str(number(lot["low"])),
        "members": ngettext("%(num)s member needs them", "%(num)s members need them", lot["members"]),
        "years": ngettext("in %(num)s contract year", "over %(num)s contract years together", lot["years"]),
        "value": _value(lot["value"], currency),
        "cells": [
            [_cell(cell["groups"]), _("at least %(pieces)s", pieces=pieces(cell["low"], unit))] for cell in lot["cells"]
        ],
        "market": [_market(one, unit) for one in lot["market"]],
    }


def _cell(groups: list[list[str]]) -> str:
    if len({category for category, _tier in groups}) == 1 and len(groups) > 1:
        return str(shared.place(groups[0][0], ""))
    return str(joined([shared.place(category, tier) for category, tier in groups]))


def _value(value: Mapping[str, Any] | None, currency: str) -> str:
    if value is None:
        return str(_("Value: not shown"))
    low = money(Decimal(value["low"]), currency)
    if value["high"] is None:
        return str(_("Value, net: at least %(low)s", low=low))
    return str(_("Value, net: %(low)s to %(high)s", low=low, high=money(Decimal(value["high"]), currency)))


def _market(one: Mapping[str, Any], unit: str) -> dict[str, str]:
    share = percent(Decimal(one["per_mille"]) / 10, 1)
    return {
        "share": _("at least %(share)s of %(market)s", share=share, market=one["market"])
        if one["per_mille"]
        else _("less than 0.1 percent of %(market)s", market=one["market"]),
        "source": _(
            "%(units)s a year, says %(source)s as of %(day)s; ours spread evenly over the contract years",
            units=pieces(one["units_per_year"], unit),
            source=one["source"],
            day=date(dt.date.fromisoformat(one["as_of"])),
        ),
        "address": one["address"],
    }


def _buyers(figures: Mapping[str, Any]) -> str:
    count = len(figures["names"]) + figures["unnamed"]
    return str(ngettext("%(num)s public buyer buys together", "%(num)s public buyers buy together", count))


def _unnamed(figures: Mapping[str, Any]) -> str:
    if not figures["unnamed"]:
        return ""
    if not figures["names"]:
        return str(_("Their names are public once the round is published."))
    return str(
        ngettext(
            "and %(num)s more, named once the round is published",
            "and %(num)s more, named once the round is published",
            figures["unnamed"],
        )
    )


def _supply(supply: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What it means to the brand that the brief is for, as a table; none where there is no such."""
    if not supply:
        return []
    rows = [
        [
            lot["name"],
            _("at least %(pieces)s", pieces=pieces(lot["low"], lot["unit"])),
            _("at least %(pieces)s", pieces=pieces(lot["traced"], lot["unit"]))
            if lot["traced"]
            else _("not disclosed"),
            str(number(lot["sites"])),
        ]
        for lot in supply["lots"]
    ]
    return [
        {
            "heading": _("What it means for %(brand)s", brand=supply["brand"]),
            "intro": _(
                "If an offer with your models were chosen for the whole lot. Factories are those that assemble your models and that the disclosures name to all members."
            ),
            "head": [_("Lot"), _("Would be yours"), _("Of these from factories that are named"), _("Factories")],
            "rows": rows,
        }
    ]
