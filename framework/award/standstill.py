"""How long the standstill lasts (law L22, section 7): from the letter that leaves last to the first instant after it.

Day 1 is the day after the letter left, the time ends at 24:00 local time of the last day. Working days skip free days
while counting; calendar days count all, and with `roll` an end on a free day moves to the next working day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

CALENDAR, WORKING = "calendar", "working"
SATURDAY = 5
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a round counts: days of letters that leave electronically and by other means, their kind, roll, zone (IANA)."""

    days: int
    other_days: int
    kind: str
    roll: bool
    zone: str

    def days_of(self, channel: str) -> int:
        """The days that a letter by this channel gives."""
        return self.days if channel == "electronic" else self.other_days


def last_day(
    left_on: dt.date, days: int, *, kind: str, roll: bool = False, holidays: Collection[dt.date] = frozenset()
) -> dt.date:
    """The last day of the standstill, for a letter that left on a day. `days` of at least 1.

    Without any day between, `left_on` itself: the standstill is over at once.
    """
    if days <= 0:
        return left_on
    if kind == WORKING:
        return _working(left_on, days, holidays)
    day = left_on + days * ONE_DAY
    while roll and is_free(day, holidays):
        day += ONE_DAY
    return day


def ends_at(
    left_at: dt.datetime,
    days: int,
    *,
    kind: str,
    roll: bool,
    zone: str,
    holidays: Collection[dt.date] = frozenset(),
) -> dt.datetime:
    """The first instant after the standstill (UTC): midnight, in the zone, that follows its last day.

    With 0 days the instant at which the letter left.
    """
    if days <= 0:
        return left_at.astimezone(dt.UTC)
    day = last_day(local_day(left_at, zone), days, kind=kind, roll=roll, holidays=holidays)
    return midnight_after(day, zone)


def midnight_after(day: dt.date, zone: str) -> dt.datetime:
    """The first instant (UTC) after a day in the zone."""
    return dt.datetime.combine(day + ONE_DAY, dt.time.min, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def of_letters(
    letters: Iterable[tuple[dt.datetime, str]], rule: Rule, holidays: Collection[dt.date] = frozenset()
) -> tuple[dt.datetime, int]:
    """The end over all letters, each an instant at which it left and a channel, and the days of the one that decides."""
    found = [
        (
            ends_at(at, rule.days_of(channel), kind=rule.kind, roll=rule.roll, zone=rule.zone, holidays=holidays),
            rule.days_of(channel),
        )
        for at, channel in letters
    ]
    return max(found)


def day_before(ends_at: dt.datetime, zone: str) -> dt.date:
    """The last day that a standstill with this end has, in the zone."""
    return (ends_at - dt.timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


def local_day(instant: dt.datetime, zone: str) -> dt.date:
    """The day of an instant in the zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def noon(day: dt.date, zone: str) -> dt.datetime:
    """Noon of a day in the zone (UTC): when of a letter only the day is known."""
    return dt.datetime.combine(day, dt.time(12), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def is_free(day: dt.date, holidays: Collection[dt.date] = frozenset()) -> bool:
    """Whether a day is a Saturday, a Sunday or a listed public holiday."""
    return day.weekday() >= SATURDAY or day in holidays


def _working(left_on: dt.date, days: int, holidays: Collection[dt.date]) -> dt.date:
    day, left = left_on, days
    while left:
        day += ONE_DAY
        left -= not is_free(day, holidays)
    return day
