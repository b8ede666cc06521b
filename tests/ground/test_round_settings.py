"""Settings of a round and the profiles of jurisdictions that fill them."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.errors import InvalidInput
from framework.ground.jurisdictions import (
    FIGURE_STATUS,
    ReturnPeriod,
    profile,
    profiles,
    return_period,
    round_defaults,
)
from framework.ground.round_settings import (
    CHOICE_LABELS,
    LABELS,
    Value,
    as_text,
    defaults,
    parse_setting,
    round_settings,
    validate,
)


def test_every_setting_has_a_label_and_every_label_a_setting() -> None:
    assert set(LABELS) == set(round_settings())


def test_every_choice_has_a_label() -> None:
    choices = {(key, choice) for key, setting in round_settings().items() for choice in setting.choices}

    assert choices == set(CHOICE_LABELS)


def test_defaults_can_be_stored_and_read_back() -> None:
    stored = json.loads(json.dumps(defaults()))

    assert validate(stored) == defaults()


def test_defaults_are_not_shared_between_rounds() -> None:
    alerts = defaults()["ceiling_alerts"]
    assert isinstance(alerts, list)

    alerts.append(10)

    assert defaults()["ceiling_alerts"] == [70, 85, 100]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("opening_persons", " 3 ", 3),
        ("auto_count", "off", False),
        ("auto_count", "", False),
        ("seal_mode", "shares", "shares"),
        ("fee_pct", "0.50", "0.5"),
        ("fee_pct", "", None),
        ("stop_max_months", "", None),
        ("ceiling_alerts", "60, 90 100", [60, 90, 100]),
    ],
)
def test_a_setting_is_read_as_typed(key: str, text: str, value: Value) -> None:
    assert parse_setting(key, text) == value


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("opening_persons", "0", "setting-out-of-range"),
        ("opening_persons", "two", "setting-not-a-number"),
        ("opening_persons", "2.5", "setting-not-a-number"),
        ("opening_persons", "NaN", "setting-not-a-number"),
        ("opening_persons", "1e999999", "setting-not-a-number"),
        ("opening_persons", "", "setting-missing"),
        ("auto_count", "perhaps", "setting-not-a-choice"),
        ("seal_mode", "open", "setting-not-a-choice"),
        ("ceiling_alerts", "70 101", "setting-out-of-range"),
        ("level_weights_pct", "40 35 25", "setting-wrong-length"),
        ("level_weights_pct", "40 35 25 0", "setting-wrong-order"),
        ("freshness_months", "12 6 24", "setting-wrong-order"),
        ("precision_pct", "100 60 60 70 20 0", "setting-wrong-order"),
        ("no_such_setting", "1", "setting-unknown"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_field(key: str, text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_setting(key, text)

    assert (refused.value.code, refused.value.field) == (code, key)
    assert refused.value.message % refused.value.params


@given(st.sampled_from(sorted(round_settings())), st.text(max_size=30))
def test_what_is_accepted_reads_back_as_itself(key: str, text: str) -> None:
    try:
        value = parse_setting(key, text)
    except InvalidInput:
        return

    assert parse_setting(key, as_text(value)) == value


@pytest.mark.parametrize(
    ("key", "days", "kind", "other", "currency", "clauses"),
    [
        ("eu", 10, "calendar", 15, "EUR", "generic"),
        ("nl", 20, "calendar", 20, "EUR", "isv_nl"),
        ("be", 15, "calendar", 15, "EUR", "ew_be"),
        ("se", 10, "calendar", 15, "SEK", "se_advanced"),
        ("uk_2023", 8, "working", 8, "GBP", "uk_generic"),
        ("scotland", 10, "calendar", 15, "GBP", "uk_generic"),
    ],
)
def test_a_profile_fills_the_round(key: str, days: int, kind: str, other: int, currency: str, clauses: str) -> None:
    values = round_defaults(key)

    assert values["standstill_days"] == days
    assert values["standstill_kind"] == kind
    assert values["standstill_other_means_days"] == other
    assert values["clause_set"] == clauses
    assert values["framework_max_months"] == 48
    assert validate(values) == values
    assert profile(key).currency == currency


def test_an_unconfirmed_figure_says_so() -> None:
    assert all(found.needs_confirmation for found in profiles().values())
    assert all(found.standstill_status in FIGURE_STATUS for found in profiles().values())
    assert profile("scotland").standstill_status == "not_found"


def test_only_scotland_refuses_price_alone_and_only_the_uk_act_offers_fee_and_reopening() -> None:
    found = profiles().values()

    assert [p.key for p in found if not p.price_only_allowed] == ["scotland"]
    assert [p.key for p in found if p.fee_pct_offered and p.open_framework_offered] == ["uk_2023"]
    assert [p.key for p in found if p.call_off_registration] == ["se"]


@pytest.mark.parametrize(
    ("key", "day", "first", "last", "due"),
    [
        ("uk_2023", dt.date(2026, 10, 31), dt.date(2026, 8, 1), dt.date(2026, 10, 31), dt.date(2026, 11, 15)),
        ("scotland", dt.date(2027, 1, 1), dt.date(2026, 11, 1), dt.date(2027, 1, 31), dt.date(2027, 2, 15)),
        ("uk_2023", dt.date(2026, 2, 1), dt.date(2026, 2, 1), dt.date(2026, 4, 30), dt.date(2026, 5, 15)),
        ("se", dt.date(2026, 12, 31), dt.date(2026, 10, 1), dt.date(2026, 12, 31), dt.date(2027, 1, 15)),
    ],
)
def test_a_day_falls_into_its_return_quarter(
    key: str, day: dt.date, first: dt.date, last: dt.date, due: dt.date
) -> None:
    assert return_period(key, day) == ReturnPeriod(first, last, due)


def test_an_unknown_jurisdiction_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        profile("atlantis")

    assert refused.value.code == "jurisdiction-unknown"
