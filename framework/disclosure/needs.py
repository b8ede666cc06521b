"""When a column must be filled, in words: for the help sheet and the notes of the workbook."""

from __future__ import annotations

import re
from collections.abc import Callable

from babel.lists import format_list

from framework.disclosure.columns import Column
from framework.ground.text import N_

TIERS = {
    "t1": N_("Final assembly"),
    "t2": N_("Strategic component"),
    "t3": N_("Sub-component"),
    "sm": N_("Smelter or refiner"),
    "mi": N_("Mine or origin"),
}
"""The tiers of the columns' rules, in the order of the chain."""
_ALWAYS = N_("Always needed")
_PLAIN = {
    "M": _ALWAYS,
    "O": N_("Optional"),
    "S": N_("Optional, but it counts"),
    "X": N_("Filled by the system"),
}
_BY_TIER = N_("Needed for: %(tiers)s")
_IS = N_("Needed where %(column)s is %(word)s")
_IS_NOT = N_("Needed where %(column)s is given and is not %(word)s")
_CONDITIONS = {
    "stage=contract": N_("Needed once there is a contract; blank in a tender"),
    "round_has_lots": N_("Needed where the round has several lots"),
    "lot_has_tiers": N_("Needed where the lot has specification tiers"),
    "no_link": N_("Needed at tiers 1 and 2 where no row of 4_links names this component"),
    "no_smelter": N_("Needed where no smelter is named"),
    "no_reason": N_("Needed unless not_disclosed_reason is given"),
    "mandatory_blank": N_("Needed where another cell that this row must have is blank"),
    "confidentiality>consortium": N_("Needed where confidentiality is buyers_linked or lead_and_monitor"),
    "scope_has_mines": N_("Needed where the round asks for the origin of this mineral"),
}
_OF_A_COLUMN = re.compile(r"(\w+)(!?=)(\w+)")


def needed(column: Column, gettext: Callable[[str], str], *, language: str = "en") -> str:
    """One sentence of a language without its full stop: always, for which tiers, on which condition, or optional."""
    if column.mandatory == "T":
        asked = [tier for tier in TIERS if column.tiers[tier] == "M"]
        if len(asked) == len(TIERS):
            return gettext(_ALWAYS)
        return gettext(_BY_TIER) % {"tiers": format_list([gettext(TIERS[tier]) for tier in asked], locale=language)}
    if column.mandatory != "C":
        return gettext(_PLAIN[column.mandatory])
    if column.condition in _CONDITIONS:
        return gettext(_CONDITIONS[column.condition])
    name, sign, word = _OF_A_COLUMN.fullmatch(column.condition).groups()  # type: ignore[union-attr]
    sentence = _IS if sign == "=" else _IS_NOT
    return gettext(sentence) % {"column": name, "word": word}
