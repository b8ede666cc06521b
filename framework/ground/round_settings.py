"""The settings of a round: type, default, bounds and origin of each, and the reading of what a lead typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from framework.ground.clauses import CLAUSE_SETS
from framework.ground.codelists import read_rows
from framework.ground.errors import InvalidInput
from framework.ground.text import N_

Value = bool | int | str | list[int] | None
"""A setting as it is stored in the round: plain JSON. Decimals are kept as text, `None` means not filled in."""

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_YES = frozenset({"on", "yes", "true", "1"})
_NO = frozenset({"off", "no", "false", "0", ""})

LABELS: dict[str, str] = {
    "min_members": N_("Members that must be confirmed before publication"),
    "min_tender_days": N_("Shortest time between publication and deadline, in days"),
    "last_question_days": N_("Last day for questions, in days before the deadline"),
    "deadline_change_four_eyes": N_("A second person confirms a change of the deadline"),
    "opening_persons": N_("Persons needed to open the tenders"),
    "opening_window_minutes": N_("Minutes within which the persons must open together"),
    "auto_count": N_("A checked file in time counts without a further click"),
    "late_upload_rule": N_("Which moment decides whether an upload is in time"),
    "late_upload_grace_minutes": N_("Minutes to complete an upload that began in time"),
    "large_lane": N_("Files of the large lane are taken as well, up to the limits of the installation"),
    "show_received_count": N_("Show how many files have arrived before the opening"),
    "statement_required": N_("A signed statement belongs to every tender"),
    "seal_mode": N_("How tenders are sealed"),
    "allow_reopen_after_outage": N_("Receipt may be reopened after an outage at the deadline"),
    "proposal_days": N_("Days after which an unconfirmed proposal lapses"),
    "framework_max_months": N_("Longest term including options, in months"),
    "over_max": N_("What happens when the term is longer"),
    "accession_after_publication": N_("Who may join after publication"),
    "ceiling_alerts": N_("Percentages of the maximum at which members are warned"),
    "ceiling_levels": N_("Where the maximum is held"),
    "member_split_required": N_("The maximum is split over the members"),
    "demand_four_eyes": N_("A second person approves a demand declaration"),
    "call_off_four_eyes": N_("A second person approves an order"),
    "call_off_registration_required": N_("Members register separately before they call off"),
    "mini_competition_min_days": N_("Shortest time for offers in a mini-competition, in days"),
    "reservation_days": N_("Days that a call-off keeps its reserved amount"),
    "allow_reopen_exhausted": N_("A used-up agreement may be reopened after a cancelled order"),
    "ask_indicative_prices": N_("Invited suppliers may give an indicative price list before the publication"),
    "show_indicative_prices": N_("Members see what indicative price lists mean for them, without names of suppliers"),
    "price_only_allowed": N_("Award on price alone is allowed"),
    "open_framework": N_("Open framework, re-opened during its life"),
    "fee_pct": N_("Fee on call-offs, as a percentage of their net value"),
    "clause_set": N_("Clause set"),
    "yearly_report": N_("The supplier reports every year"),
    "standstill_days": N_("Standstill, in days"),
    "standstill_kind": N_("Kind of standstill days"),
    "standstill_other_means_days": N_("Standstill when letters are not sent electronically, in days"),
    "standstill_roll": N_("A standstill that ends on a free day runs to the next working day"),
    "chair_may_assess": N_("The chair may assess items that he or she moderates"),
    "min_evaluators": N_("Evaluators per item, of different members"),
    "agree_spread": N_("Spread of levels up to which evaluators agree"),
    "agree_spread_points_pct": N_("Spread of points up to which evaluators agree, as a percentage of the scale"),
    "score_scale": N_("Highest point of the scale for points"),
    "judge_by_letters": N_("Evaluators read letters instead of the names of suppliers while they judge"),
    "conflict_employer_years": N_("Years back that former employers count as a conflict of interest"),
    "show_volume_to_brand": N_("Brands and makers that suppliers ask see the pooled volume behind the question"),
    "min_cell_members": N_("Fewest members behind a figure that others may see"),
    "market_readiness_pct": N_("Share of suppliers that must be able to meet a mandatory requirement, as a percentage"),
    "discount_rate": N_("Discount rate for life-cycle cost, in percent a year"),
    "public_bands": N_("Public figures are shown in bands of 10 percent"),
    "penalty_cumulates": N_("Penalties for several grounds are added up"),
    "traceability_weeks": N_("Weeks to answer a traceability request"),
    "initial_disclosure_working_days": N_("Working days from contract start to the first disclosure"),
    "confirm_every_months": N_("Months after which a disclosure must be confirmed"),
    "cure_days": N_("Days to complete an incomplete disclosure"),
    "answer_days": N_("Days to answer a finding"),
    "plan_days": N_("Days to hand in a plan of action"),
    "severe_report_weeks": N_("Weeks to report a severe deviation"),
    "return_cure_days": N_("Days to correct a return"),
    "stop_max_months": N_("Longest call-off stop, in months"),
    "sanction_decision_days": N_("Days to decide on a ground for a sanction"),
    "publish_unresolved": N_("Unresolved findings may be published"),
    "release_wait_days": N_("Days to wait before releasing after a confidentiality claim was rejected"),
    "foi_regime": N_("Law on access to documents"),
    "foi_days": N_("Days to decide on a request for documents"),
    "workforce_min_cell": N_("Fewest workers behind a workforce figure"),
    "reminder_hours": N_("Hours before a deadline at which reminders are sent"),
    "calendar_alarm_hours": N_("Hours before a deadline at which calendars warn"),
    "evidence_pct": N_("Reliability of the evidence levels E0 to E4, as percentages"),
    "level_weights_pct": N_("Weights of final assembly, components, smelters and origins, as percentages"),
    "field_weights_pct": N_(
        "Weights of name, address, parent, function, share with period, workforce and registry id, as percentages"
    ),
    "precision_pct": N_("Precision of site, zone, city, region, country and name alone, as percentages"),
    "freshness_months": N_("Ages in months up to which a statement is fresh, less fresh and old"),
    "freshness_pct": N_("Freshness up to each of these ages and beyond, as percentages"),
}

LENGTHS: dict[str, int] = {
    "evidence_pct": 5,
    "level_weights_pct": 4,
    "field_weights_pct": 7,
    "precision_pct": 6,
    "freshness_months": 3,
    "freshness_pct": 4,
}
"""Lists of which each place means something: how many numbers they hold."""
RISING = frozenset({"evidence_pct", "freshness_months"})
FALLING = frozenset({"precision_pct", "freshness_pct"})
"""Lists whose numbers must stand in order, so that more is never worth less; `RISING` from the lowest."""
WEIGHTS = frozenset({"level_weights_pct", "field_weights_pct"})
"""Lists of weights: each stands for something that is asked, so none is 0."""

CHOICE_LABELS: dict[tuple[str, str], str] = {
    ("late_upload_rule", "complete"): N_("The last byte must arrive before the deadline"),
    ("late_upload_rule", "started"): N_("The first byte must arrive before the deadline"),
    ("seal_mode", "server"): N_("Sealed with the key of the server"),
    ("seal_mode", "shares"): N_("Sealed with shares held by the openers"),
    ("over_max", "justified"): N_("Allowed with a published justification"),
    ("over_max", "refused"): N_("Not allowed"),
    ("accession_after_publication", "named_class_only"): N_("Bodies of a class named in the notice"),
    ("accession_after_publication", "never"): N_("Nobody"),
    ("accession_after_publication", "open_framework"): N_("Bodies admitted at a re-opening"),
    ("ceiling_levels", "lot"): N_("Per lot"),
    ("ceiling_levels", "round"): N_("For the whole round"),
    ("ceiling_levels", "lot_and_round"): N_("Per lot and for the whole round"),
    ("standstill_kind", "calendar"): N_("Calendar days"),
    ("standstill_kind", "working"): N_("Working days"),
    ("foi_regime", "se"): N_("Sweden"),
    ("foi_regime", "uk"): N_("United Kingdom"),
    ("foi_regime", "scotland"): N_("Scotland"),
    ("foi_regime", "nl"): N_("Netherlands"),
    ("foi_regime", "be"): N_("Belgium"),
    ("foi_regime", "other"): N_("Other"),
} | {("clause_set", key): label for key, label in CLAUSE_SETS.items()}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a round.

    `kind` is `int`, `bool`, `choice`, `decimal` or `int_list`. `scope` is `profile` (default from the jurisdiction,
    frozen at publication), `frozen` (frozen at publication) or `round` (may change later). `source` names the law row
    or says practice or design. A setting that is not `required` may stay empty, which means not filled in.
    """

    key: str
    kind: str
    default: Value
    minimum: Decimal | None
    maximum: Decimal | None
    choices: tuple[str, ...]
    scope: str
    required: bool
    source: str
    label: str

    @property
    def is_frozen(self) -> bool:
        """Is it part of the set frozen at publication?"""
        return self.scope != "round"


@cache
def round_settings() -> dict[str, Setting]:
    """Every setting of a round by key, in the order of the settings page."""
    return {row["key"]: _setting(row) for row in read_rows("round_settings.csv")}


def defaults() -> dict[str, Value]:
    """The default of every setting; a profile lays its own over them (`jurisdictions.round_defaults`)."""
    return {key: default(key) for key in round_settings()}


def default(key: str) -> Value:
    """The default of one setting, the caller's own copy; KeyError for a key that nobody knows."""
    value = round_settings()[key].default
    return list(value) if isinstance(value, list) else value


def parse_setting(key: str, text: str) -> Value:
    """Read what was typed for the setting `key`.

    Raises InvalidInput with `field` = `key`: `setting-unknown`, `setting-missing`, `setting-not-a-number`,
    `setting-out-of-range`, `setting-not-a-choice`,
    `setting-wrong-length` or `setting-wrong-order`.
    """
    setting = round_settings().get(key)
    if setting is None:
        raise InvalidInput("setting-unknown", N_("There is no setting %(key)s."), field=key, key=key)
    cleaned = text.strip()
    if not cleaned and setting.kind != "bool":
        if setting.required:
            raise InvalidInput("setting-missing", N_("This setting must be filled in."), field=key)
        return None
    return _READERS[setting.kind](setting, cleaned)


def validate(values: Mapping[str, Value]) -> dict[str, Value]:
    """All settings with `values` laid over the defaults, each checked again; raises InvalidInput as `parse_setting`."""
    checked = {key: parse_setting(key, as_text(value)) for key, value in values.items()}
    return defaults() | checked


def as_text(value: Value) -> str:
    """The text of a stored value, as `parse_setting` reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _setting(row: Mapping[str, str]) -> Setting:
    setting = Setting(
        key=row["key"],
        kind=row["type"],
        default=None,
        minimum=Decimal(row["min"]) if row["min"] else None,
        maximum=Decimal(row["max"]) if row["max"] else None,
        choices=tuple(row["choices"].split()),
        scope=row["scope"],
        required=row["required"] == "yes",
        source=row["source"],
        label=LABELS[row["key"]],
    )
    if not row["default"]:
        return setting
    return replace(setting, default=_READERS[setting.kind](setting, row["default"]))


def _bool(setting: Setting, text: str) -> bool:
    if text.casefold() in _YES | _NO:
        return text.casefold() in _YES
    raise InvalidInput("setting-not-a-choice", N_("%(value)s is not on or off."), field=setting.key, value=text)


def _choice(setting: Setting, text: str) -> str:
    if text in setting.choices:
        return text
    raise InvalidInput(
        "setting-not-a-choice", N_("%(value)s is not one of the choices."), field=setting.key, value=text
    )


def _int(setting: Setting, text: str) -> int:
    return int(_number(setting, text, whole=True))


def _decimal(setting: Setting, text: str) -> str:
    return f"{_number(setting, text, whole=False).normalize():f}"


def _int_list(setting: Setting, text: str) -> list[int]:
    found = [_int(setting, part) for part in text.replace(",", " ").split()]
    length = LENGTHS.get(setting.key)
    if length is not None and len(found) != length:
        raise InvalidInput(
            "setting-wrong-length",
            N_("%(value)s: this setting needs %(length)s numbers."),
            field=setting.key,
            value=text,
            length=length,
        )
    ordered = {True: sorted(found), False: sorted(found, reverse=True)}
    if (setting.key in RISING | FALLING and found != ordered[setting.key in RISING]) or (
        setting.key in WEIGHTS and 0 in found
    ):
        raise InvalidInput(
            "setting-wrong-order",
            N_("%(value)s: the numbers do not stand in order, or a weight is 0."),
            field=setting.key,
            value=text,
        )
    return found


def _number(setting: Setting, text: str, *, whole: bool) -> Decimal:
    if not (_WHOLE if whole else _DECIMAL).fullmatch(text):
        raise InvalidInput("setting-not-a-number", N_("%(value)s is not a number."), field=setting.key, value=text)
    number = Decimal(text)
    low, high = setting.minimum, setting.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise InvalidInput(
            "setting-out-of-range",
            N_("%(value)s is not between %(low)s and %(high)s."),
            field=setting.key,
            value=text,
            low=low,
            high=high,
        )
    return number


_READERS: dict[str, Callable[[Setting, str], Value]] = {
    "bool": _bool,
    "choice": _choice,
    "int": _int,
    "decimal": _decimal,
    "int_list": _int_list,
}
