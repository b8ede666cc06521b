"""Settings of a round: stored when the lead or the profile chose one, else the default; frozen at publication."""

from __future__ import annotations

from typing import Any

from framework.ground import round_settings
from models.rounds import Round

TEXTS: dict[str, Any] = {
    "share_member_volumes": "members",
    "publish_pool": True,
    "price_mechanism": "",
    "selection_process": "",
    "open_framework_decided": False,
    "standstill_reason": "",
    "question_contact": "",
}
"""Settings that no table of figures holds: who sees single members' volumes (`members` or `lead`), whether the public
page shows the pooled volume, the statements of the Procurement Act 2023 (law L23), the legal reason of a round
without standstill (law L22), and where suppliers ask their questions."""


def value(round_: Round, key: str) -> Any:
    """What rules in this round: the stored value, else the default. KeyError for a key that nobody knows."""
    stored = (round_.settings or {}).get(key)
    return _default(key) if stored is None else stored


def all_values(round_: Round) -> dict[str, Any]:
    """Every known setting of the round with its value, by key in alphabetical order."""
    return {key: value(round_, key) for key in sorted({*round_settings.round_settings(), *TEXTS})}


def frozen_values(round_: Round) -> dict[str, Any]:
    """The settings that are part of the frozen set FR1."""
    known = round_settings.round_settings()
    return {key: held for key, held in all_values(round_).items() if key not in known or known[key].is_frozen}


def _default(key: str) -> Any:
    return TEXTS[key] if key in TEXTS else round_settings.default(key)
