"""Public holidays by jurisdiction, counted from the rules in data/holidays.csv.

The list is ours and to be confirmed like the days of the standstill: no law in it was looked up word for word. One day
too many makes a standstill longer, never shorter.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "data" / "holidays.csv"
MONDAY, FRIDAY, SATURDAY = 0, 4, 5
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holiday:
    """One row: `fixed` in the year, days after `easter`, the first Monday or Friday from a day on, or `moved` off weekends."""

    rule: str
    month: int
    day: int


@cache
def rules() -> dict[str, tuple[Holiday, ...]]:
    """The rows by jurisdiction."""
    found: dict[str, list[Holiday]] = defaultdict(list)
    with TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found[row["jurisdiction"]].append(Holiday(row["rule"], int(row["month"] or 0), int(row["day"])))
    return {key: tuple(listed) for key, listed in found.items()}


@cache
def of_year(jurisdiction: str, year: int) -> frozenset[dt.date]:
    """The public holidays of a jurisdiction in a year; none for one that has no rows."""
    days: set[dt.date] = set()
    for one in rules().get(jurisdiction, ()):
        days.add(_day(one, year, days))
    return frozenset(days)


def around(jurisdiction: str, day: dt.date) -> frozenset[dt.date]:
    """Those of the year of a day and of the two that follow."""
    return frozenset().union(*(of_year(jurisdiction, day.year + more) for more in range(3)))


def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)


def _day(one: Holiday, year: int, taken: set[dt.date]) -> dt.date:
    if one.rule == "easter":
        return easter(year) + one.day * ONE_DAY
    day = dt.date(year, one.month, one.day)
    if one.rule in ("monday_from", "friday_from"):
        wanted = MONDAY if one.rule == "monday_from" else FRIDAY
        return day + (wanted - day.weekday()) % 7 * ONE_DAY
    while one.rule == "moved" and (day.weekday() >= SATURDAY or day in taken):
        day += ONE_DAY
    return day
