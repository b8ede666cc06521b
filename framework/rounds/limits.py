"""What the law of a round leaves to its settings: no longer term, no shorter standstill, nothing that it does not offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework.ground import jurisdictions, round_settings
from framework.ground.errors import InvalidInput
from framework.ground.jurisdictions import Profile
from framework.ground.text import N_
from framework.rounds.settings import value
from models.rounds import Round

STANDSTILL = ("standstill_days", "standstill_kind", "standstill_other_means_days", "standstill_roll")
"""Settings that decide how long the standstill is; whoever changes one confirms the standstill anew (R14)."""


def profile_of(round_: Round) -> Profile:
    """The profile of the round's jurisdiction; that of the European Union where none is chosen yet."""
    return jurisdictions.profiles().get(round_.jurisdiction or "") or jurisdictions.profile("eu")


def term_limit(round_: Round) -> int:
    """Months above which a term needs its justification: the round's setting, never more than the law's (law L01)."""
    return min(int(value(round_, "framework_max_months")), profile_of(round_).framework_max_months)


def is_open_framework(round_: Round) -> bool:
    """Whether bodies are admitted at a re-opening: where the law offers it and the round chose it (law L25)."""
    chosen = value(round_, "open_framework") or value(round_, "accession_after_publication") == "open_framework"
    return bool(chosen) and profile_of(round_).open_framework_offered


def is_offered(round_: Round, key: str) -> bool:
    """Whether the round may choose anything at all for a setting."""
    profile = profile_of(round_)
    offered = {"open_framework": profile.open_framework_offered, "fee_pct": profile.fee_pct_offered}
    return offered.get(key, True) and len(choices(round_, key)) != 1


def choices(round_: Round, key: str) -> tuple[str, ...]:
    """What a setting of choices offers in this round, in its order; nothing for a setting of another kind."""
    hidden: set[str] = set()
    if key == "accession_after_publication" and not profile_of(round_).open_framework_offered:
        hidden.add("open_framework")
    return tuple(choice for choice in round_settings.round_settings()[key].choices if choice not in hidden)


def require_lawful(round_: Round, values: Mapping[str, Any]) -> None:
    """Raise InvalidInput at the first of the settings in `values` that the law of the round does not leave open."""
    for key, chosen in values.items():
        _require_offered(round_, key, chosen)
    _require_term(round_, values)
    _require_standstill(round_, values)


def is_standstill_short(round_: Round) -> bool:
    """Whether the standstill is shorter than the law's without a legal reason in the record (law L22)."""
    return any(shorter for _key, shorter, _sentence in _standstill_faults(round_, {}))


def _require_offered(round_: Round, key: str, chosen: Any) -> None:
    known = round_settings.round_settings().get(key)
    if known is None:
        return
    refused = chosen not in choices(round_, key) if known.choices else bool(chosen) and not is_offered(round_, key)
    if key == "price_only_allowed":
        refused = bool(chosen) and not profile_of(round_).price_only_allowed
    if refused:
        raise InvalidInput("not-offered", N_("The law of this round does not offer this."), field=key)


def _require_term(round_: Round, values: Mapping[str, Any]) -> None:
    months = profile_of(round_).framework_max_months
    if int(values.get("framework_max_months") or 0) > months:
        raise InvalidInput(
            "term-above-the-law",
            N_("The limit may be lowered, never raised: the law of this round has %(months)s months."),
            field="framework_max_months",
            rule="L01",
            months=months,
        )


def _require_standstill(round_: Round, values: Mapping[str, Any]) -> None:
    if not set(values) & {*STANDSTILL, "standstill_reason"}:
        return
    for key, shorter, sentence in _standstill_faults(round_, values):
        if shorter:
            days = getattr(profile_of(round_), key)
            raise InvalidInput("standstill-short", sentence, field=key, rule="L22", days=days)


def _standstill_faults(round_: Round, values: Mapping[str, Any]) -> list[tuple[str, bool, str]]:
    """Setting, whether it shortens the standstill, and the sentence that says so."""
    profile, now = profile_of(round_), {key: values.get(key, value(round_, key)) for key in STANDSTILL}
    reason = str(values.get("standstill_reason", value(round_, "standstill_reason"))).strip()

    def short(key: str) -> bool:
        days = int(now[key])
        return days < getattr(profile, key) and not (days == 0 and reason)

    too_few = N_(
        "The standstill may be longer than the %(days)s days of the law, never shorter. "
        "Without any standstill a legal reason must stand in the record."
    )
    return [
        ("standstill_days", short("standstill_days"), too_few),
        ("standstill_other_means_days", short("standstill_other_means_days"), too_few),
        (
            "standstill_kind",
            profile.standstill_kind == "working" and now["standstill_kind"] != "working",
            N_("The law of this round counts working days; calendar days would shorten the standstill."),
        ),
        (
            "standstill_roll",
            profile.standstill_roll and not now["standstill_roll"],
            N_(
                "The law of this round moves the end of the standstill to a working day; ending before would shorten it."
            ),
        ),
    ]
