"""Jurisdiction profiles: what the law of a place fills into a round at set-up, and how sure the figure is."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from framework.ground.codelists import read_rows
from framework.ground.errors import InvalidInput
from framework.ground.round_settings import Value, defaults
from framework.ground.text import N_

LABELS: dict[str, str] = {
    "eu": N_("European Union, general"),
    "nl": N_("Netherlands"),
    "be": N_("Belgium"),
    "se": N_("Sweden"),
    "uk_2023": N_("United Kingdom, Procurement Act 2023"),
    "scotland": N_("Scotland"),
}

FIGURE_STATUS: dict[str, str] = {
    "law": N_("Taken from the law"),
    "unverified": N_("To be confirmed"),
    "not_found": N_("No figure found, filled with the minimum of the European Union, to be confirmed"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A jurisdiction's settings (law rows L01, L22 to L27, L31, L32). Days are of `standstill_kind`.

    `standstill_status` and `max_months_status` are keys of FIGURE_STATUS; anything but `law` is shown as to be
    confirmed until a lead has confirmed it for the round (R14). `return_first_month` is the month in which a return
    quarter begins (1 = calendar quarters), `return_due_day` the day of the month after the quarter. Money is in
    `currency`, deadlines are in `zone` until the lead chooses another.
    """

    key: str
    label: str
    currency: str
    zone: str
    standstill_days: int
    standstill_kind: str
    standstill_other_means_days: int
    standstill_status: str
    standstill_roll: bool
    framework_max_months: int
    max_months_status: str
    clause_set: str
    price_only_allowed: bool
    open_framework_offered: bool
    fee_pct_offered: bool
    call_off_registration: bool
    yearly_report: bool
    return_first_month: int
    return_due_day: int
    foi_regime: str
    regulated_threshold: Decimal | None

    @property
    def needs_confirmation(self) -> bool:
        """Must a lead confirm a figure of this profile before the round can be ready?"""
        return {self.standstill_status, self.max_months_status} != {"law"}


@dataclass(frozen=True, slots=True)
class ReturnPeriod:
    """The quarter a supplier return covers, both days included, and the day it is due."""

    first_day: dt.date
    last_day: dt.date
    due_on: dt.date


@cache
def profiles() -> dict[str, Profile]:
    """Every profile by key."""
    return {row["key"]: _profile(row) for row in read_rows("jurisdictions.csv")}


def profile(key: str) -> Profile:
    """The profile `key`; raises InvalidInput (`jurisdiction-unknown`) for any other word."""
    found = profiles().get(key)
    if found is None:
        raise InvalidInput(
            "jurisdiction-unknown",
            N_("%(value)s is not a jurisdiction we know. Choose one from the list."),
            field="jurisdiction",
            value=key,
        )
    return found


def round_defaults(key: str) -> dict[str, Value]:
    """The settings of a new round under the profile `key`: the defaults of every setting, the profile's laid over."""
    chosen = profile(key)
    return defaults() | {
        "framework_max_months": chosen.framework_max_months,
        "standstill_days": chosen.standstill_days,
        "standstill_kind": chosen.standstill_kind,
        "standstill_other_means_days": chosen.standstill_other_means_days,
        "standstill_roll": chosen.standstill_roll,
        "clause_set": chosen.clause_set,
        "price_only_allowed": chosen.price_only_allowed,
        "call_off_registration_required": chosen.call_off_registration,
        "yearly_report": chosen.yearly_report,
        "foi_regime": chosen.foi_regime,
    }


def return_period(key: str, day: dt.date) -> ReturnPeriod:
    """The return quarter of the profile `key` that holds `day`: calendar quarters, or August to October and on."""
    chosen = profile(key)
    into_quarter = (day.month - chosen.return_first_month) % 3
    first = _month_start(day, -into_quarter)
    after = _month_start(first, 3)
    return ReturnPeriod(first, after - dt.timedelta(days=1), after.replace(day=_due_day(after, chosen)))


def _due_day(month: dt.date, chosen: Profile) -> int:
    return min(chosen.return_due_day, calendar.monthrange(month.year, month.month)[1])


def _month_start(day: dt.date, months: int) -> dt.date:
    """The first day of the month `months` after the month of `day`."""
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def _profile(row: dict[str, str]) -> Profile:
    return Profile(
        key=row["key"],
        label=LABELS[row["key"]],
        currency=row["currency"],
        zone=row["zone"],
        standstill_days=int(row["standstill_days"]),
        standstill_kind=row["standstill_kind"],
        standstill_other_means_days=int(row["standstill_other_means_days"]),
        standstill_status=row["standstill_status"],
        standstill_roll=row["standstill_roll"] == "on",
        framework_max_months=int(row["framework_max_months"]),
        max_months_status=row["max_months_status"],
        clause_set=row["clause_set"],
        price_only_allowed=row["price_only_allowed"] == "on",
        open_framework_offered=row["open_framework_offered"] == "yes",
        fee_pct_offered=row["fee_pct_offered"] == "yes",
        call_off_registration=row["call_off_registration"] == "on",
        yearly_report=row["yearly_report"] == "on",
        return_first_month=int(row["return_first_month"]),
        return_due_day=int(row["return_due_day"]),
        foi_regime=row["foi_regime"],
        regulated_threshold=Decimal(row["regulated_threshold"]) if row["regulated_threshold"] else None,
    )
