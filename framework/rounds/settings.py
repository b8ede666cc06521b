"""Settings of a round: stored when the lead chose one, else the default; frozen at publication with the terms."""

from __future__ import annotations

from typing import Any

from models.rounds import Round

DEFAULTS: dict[str, Any] = {
    "framework_max_months": 48,
    "min_members": 2,
    "min_tender_days": 30,
    "last_question_days": 6,
    "opening_persons": 2,
    "opening_window_minutes": 10,
    "proposal_days": 7,
    "auto_count": True,
    "late_upload_rule": "complete",
    "late_upload_grace": 10,
    "seal_mode": "server",
    "show_received_count": False,
    "allow_reopen_after_outage": False,
    "deadline_change_four_eyes": True,
    "demand_four_eyes": True,
    "share_member_volumes": "members",
    "publish_pool": True,
    "standstill_days": 10,
    "standstill_kind": "calendar",
    "standstill_roll": True,
    "price_only_allowed": True,
    "open_framework": False,
    "fee_pct": None,
    "accession_after_publication": "named_class_only",
    "call_off_registration_required": False,
    "clause_set": "generic",
    "ceiling_alerts": [70, 85, 100],
    "price_mechanism": "",
    "selection_process": "",
    "min_evaluators": 2,
    "agree_spread": 1,
    "chair_may_assess": False,
    "confidentiality_default": "",
}
"""Key to default. Origin of each figure: docs/settings of a round; law rows L01 to L25 where they rule."""


def value(round_: Round, key: str) -> Any:
    """What rules in this round: the stored value, else the default. KeyError for a key that nobody knows."""
    stored = (round_.settings or {}).get(key)
    return DEFAULTS[key] if stored is None else stored


def all_values(round_: Round) -> dict[str, Any]:
    """Every setting of the round with its value, in the order of the keys."""
    return {key: value(round_, key) for key in sorted(DEFAULTS)}
