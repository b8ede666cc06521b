"""The rules of a round in words: how an upload in flight is decided, and every setting with its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.ground.round_settings import CHOICE_LABELS, LABELS
from framework.ground.text import N_
from views.i18n import number, words

FURTHER_LABELS: dict[str, str] = {
    "share_member_volumes": N_("Who sees the volumes of single members"),
    "publish_pool": N_("The public page shows the estimated quantity of each lot"),
    "price_mechanism": N_("Price mechanism (Procurement Act 2023)"),
    "selection_process": N_("How suppliers are selected for call-offs (Procurement Act 2023)"),
    "open_framework_decided": N_("Whether the framework is open was decided"),
    "standstill_reason": N_("Legal reason for no standstill"),
    "question_contact": N_("Where suppliers ask their questions"),
}
FURTHER_CHOICES: dict[tuple[str, str], str] = {
    ("share_member_volumes", "members"): N_("Lead and members"),
    ("share_member_volumes", "lead"): N_("The lead alone"),
}
NOT_FILLED_IN = "–"


def late_upload(settings: Mapping[str, Any]) -> str:
    """How an upload that is under way at the deadline is decided, by the round's rule (trust 4.2)."""
    if settings.get("late_upload_rule") != "started":
        return _(
            "An upload is in time when its last byte has arrived at the deadline or before, by the clock of the server. One that is still under way then is late: it is kept sealed, labelled late, and never opened."
        )
    minutes = int(settings.get("late_upload_grace_minutes") or 0)
    return ngettext(
        "An upload is in time when its first byte has arrived at the deadline or before, and its last byte within %(num)s minute after it, by the clock of the server. Any other is late: it is kept sealed, labelled late, and never opened.",
        "An upload is in time when its first byte has arrived at the deadline or before, and its last byte within %(num)s minutes after it, by the clock of the server. Any other is late: it is kept sealed, labelled late, and never opened.",
        minutes,
    )


def listed(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and value of every setting, in the order of the settings page, those without a figure last."""
    known = [key for key in (*LABELS, *FURTHER_LABELS) if key in settings]
    others = sorted(key for key in settings if key not in known)
    return [(_label(key), _value(key, settings[key])) for key in (*known, *others)]


def _label(key: str) -> str:
    label = LABELS.get(key) or FURTHER_LABELS.get(key)
    return words(label) if label else key


def _value(key: str, held: Any) -> str:
    if held is None or held == "":
        return NOT_FILLED_IN
    if isinstance(held, bool):
        return _("yes") if held else _("no")
    if isinstance(held, int):
        return str(number(held))
    if isinstance(held, list):
        return " · ".join(str(number(one)) if isinstance(one, int) else str(one) for one in held)
    choice = CHOICE_LABELS.get((key, str(held))) or FURTHER_CHOICES.get((key, str(held)))
    return words(choice) if choice else str(held)
