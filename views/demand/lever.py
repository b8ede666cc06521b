"""Fill the lever strip in the head of every page of a round."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.demand.leverage import Lever, lever_strip
from framework.ground.terms import unit_label
from models.base import db
from models.rounds import Round
from views.guard import actor
from views.i18n import money, number, percent, words
from views.rounds import frame

MOST_LOTS = 3


@frame.lever_from
def strip(round_: Round) -> dict[str, Any] | None:
    """Pooled quantity of the largest lots, value, members, own share, and what it means to this reader."""
    lever = lever_strip(db.session(), round_, actor(), roles=frame.roles_here(round_))
    return None if lever is None else {"items": items(lever), "meaning": meaning(lever)}


def items(lever: Lever) -> list[dict[str, Any]]:
    """The figures of the strip: the largest lots, in the order in which every page lists them."""
    largest = set(sorted(lever.lots, key=lambda lot: -lot.quantity)[:MOST_LOTS])
    shown = [lot for lot in lever.lots if lot in largest]
    found = [{"value": pieces(lot.quantity, lot.unit), "label": lot.name, "note": ""} for lot in shown]
    left_out = len(lever.lots) - len(shown)
    if left_out:
        found[-1]["note"] = ngettext("and %(num)s more lot", "and %(num)s more lots", left_out)
    found.append(_value(lever))
    label = ngettext("member buys together", "members buy together", lever.members)
    found.append({"value": number(lever.members), "label": label, "note": ""})
    if lever.best is not None and lever.best.share is not None:
        found.append(
            {"value": percent(lever.best.share, 1), "label": _("our share of %(lot)s", lot=lever.best.name), "note": ""}
        )
    return found


def meaning(lever: Lever) -> str:
    """×139 our own 420 laptops."""
    best = lever.best
    if best is None or best.factor is None or best.own is None or best.factor < 2:
        return ""
    return str(
        _(
            "×%(factor)s our own %(own)s (%(lot)s)",
            factor=number(best.factor),
            own=pieces(best.own, best.unit),
            lot=best.name,
        )
    )


def pieces(quantity: int, unit: str) -> str:
    """A quantity with its unit."""
    plural = {
        "piece": ngettext("%(shown)s piece", "%(shown)s pieces", quantity, shown=number(quantity)),
        "set": ngettext("%(shown)s set", "%(shown)s sets", quantity, shown=number(quantity)),
        "month": ngettext("%(shown)s month", "%(shown)s months", quantity, shown=number(quantity)),
        "year": ngettext("%(shown)s year", "%(shown)s years", quantity, shown=number(quantity)),
    }
    return str(plural.get(unit, f"{number(quantity)} {words(unit_label(unit))}"))


def value_words(value: Any, unknown: int, currency: str) -> str:
    """Money, said to be a lower bound where values are unknown."""
    return str(_("at least %(value)s", value=money(value, currency))) if unknown else str(money(value, currency))


def _value(lever: Lever) -> dict[str, Any]:
    if lever.holds_money:
        return {"value": None, "label": _("expected value"), "note": _("too few members stand behind it")}
    if lever.value is None:
        return {"value": None, "label": _("expected value"), "note": _("No member has given a value yet.")}
    shown = value_words(lever.value, lever.value_unknown, lever.currency)
    return {"value": shown, "label": _("expected value, net"), "note": ""}
