"""How the standstill is counted: the vectors of the law, and what must hold of any dates."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.award import holidays, standstill
from framework.award.standstill import CALENDAR, WORKING, Rule

BRUSSELS = "Europe/Brussels"
TUESDAY, THURSDAY = dt.date(2026, 3, 10), dt.date(2026, 3, 12)
ZONES = st.sampled_from(
    ["Europe/Brussels", "Europe/London", "Atlantic/Azores", "Africa/Cairo", "America/Havana", "Pacific/Apia", "UTC"]
)
INSTANTS = st.datetimes(dt.datetime(2015, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - bounds have no zone of their own
KINDS = st.sampled_from([CALENDAR, WORKING])
DAYS = st.integers(1, 60)


def afternoon(day, zone=BRUSSELS):
    return dt.datetime.combine(day, dt.time(15, 30), tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("left_on", "days", "kind", "roll", "last"),
    [
        (TUESDAY, 10, CALENDAR, True, dt.date(2026, 3, 20)),
        (TUESDAY, 15, CALENDAR, True, dt.date(2026, 3, 25)),
        (TUESDAY, 20, CALENDAR, True, dt.date(2026, 3, 30)),
        (TUESDAY, 8, WORKING, False, dt.date(2026, 3, 20)),
        (THURSDAY, 10, CALENDAR, False, dt.date(2026, 3, 22)),
        (THURSDAY, 10, CALENDAR, True, dt.date(2026, 3, 23)),
    ],
)
def test_the_vectors_of_the_law(left_on, days, kind, roll, last):
    assert standstill.last_day(left_on, days, kind=kind, roll=roll) == last
    ends = standstill.ends_at(afternoon(left_on), days, kind=kind, roll=roll, zone=BRUSSELS)
    assert ends.astimezone(ZoneInfo(BRUSSELS)) == dt.datetime.combine(
        last + dt.timedelta(days=1), dt.time(), tzinfo=ZoneInfo(BRUSSELS)
    )
    assert ends.tzinfo is dt.UTC
    assert standstill.day_before(ends, BRUSSELS) == last


def test_a_holiday_at_the_end_rolls_on_and_within_working_days_is_skipped():
    free = frozenset({dt.date(2026, 3, 20), dt.date(2026, 3, 23)})
    assert standstill.last_day(TUESDAY, 10, kind=CALENDAR, roll=True, holidays=free) == dt.date(2026, 3, 24)
    assert standstill.last_day(TUESDAY, 10, kind=CALENDAR, roll=False, holidays=free) == dt.date(2026, 3, 20)
    assert standstill.last_day(TUESDAY, 8, kind=WORKING, holidays=free) == dt.date(2026, 3, 24)


def test_the_day_is_that_of_the_zone_and_summer_time_costs_no_hour():
    late = dt.datetime(2026, 3, 10, 23, 30, tzinfo=dt.UTC)  # already Wednesday in Brussels
    assert standstill.day_before(
        standstill.ends_at(late, 10, kind=CALENDAR, roll=False, zone=BRUSSELS), BRUSSELS
    ) == dt.date(2026, 3, 21)
    # 29 March has 23 hours: the end is still midnight on the wall
    ends = standstill.ends_at(afternoon(dt.date(2026, 3, 19)), 10, kind=CALENDAR, roll=False, zone=BRUSSELS)
    assert ends == dt.datetime(2026, 3, 29, 22, 0, tzinfo=dt.UTC)


def test_no_days_end_at_once():
    left = afternoon(TUESDAY)
    assert standstill.ends_at(left, 0, kind=CALENDAR, roll=True, zone=BRUSSELS) == left


def test_the_letter_that_asks_for_the_latest_end_decides():
    rule = Rule(days=10, other_days=15, kind=CALENDAR, roll=True, zone=BRUSSELS)
    mail, post = (afternoon(TUESDAY), "electronic"), (afternoon(TUESDAY), "other")
    ends, days = standstill.of_letters([mail, post], rule)
    assert (standstill.day_before(ends, BRUSSELS), days) == (dt.date(2026, 3, 25), 15)
    later = (afternoon(dt.date(2026, 3, 30)), "electronic")
    ends, days = standstill.of_letters([post, later], rule)
    assert (standstill.day_before(ends, BRUSSELS), days) == (dt.date(2026, 4, 9), 10)


@given(INSTANTS, DAYS, KINDS, st.booleans(), ZONES)
def test_it_is_never_shorter_than_its_days(left, days, kind, roll, zone):
    ends = standstill.ends_at(left, days, kind=kind, roll=roll, zone=zone)
    whole = (standstill.day_before(ends, zone) - standstill.local_day(left, zone)).days
    assert whole >= days
    between = (standstill.local_day(left, zone) + dt.timedelta(days=one) for one in range(1, whole + 1))
    assert kind == CALENDAR or sum(not standstill.is_free(day) for day in between) >= days
    assert ends > left


@given(INSTANTS, st.timedeltas(dt.timedelta(), dt.timedelta(days=40)), DAYS, KINDS, st.booleans(), ZONES)
def test_a_later_letter_never_ends_it_earlier(left, later, days, kind, roll, zone):
    first, second = (standstill.ends_at(one, days, kind=kind, roll=roll, zone=zone) for one in (left, left + later))
    assert first <= second


@given(INSTANTS, DAYS, KINDS, st.booleans(), ZONES)
def test_more_days_never_end_it_earlier(left, days, kind, roll, zone):
    first, second = (standstill.ends_at(left, one, kind=kind, roll=roll, zone=zone) for one in (days, days + 1))
    assert first <= second


@given(INSTANTS, DAYS, KINDS, st.sets(st.integers(0, 60), max_size=8))
def test_holidays_make_it_longer_or_leave_it(left, days, kind, free):
    day = standstill.local_day(left, BRUSSELS)
    listed = frozenset(day + dt.timedelta(days=one) for one in free)
    plain = standstill.last_day(day, days, kind=kind, roll=True)
    found = standstill.last_day(day, days, kind=kind, roll=True, holidays=listed)
    assert found >= plain
    assert not standstill.is_free(found, listed)


@given(INSTANTS, DAYS, st.booleans(), ZONES)
def test_the_end_is_the_first_instant_of_a_day_on_the_wall(left, days, roll, zone):
    ends = standstill.ends_at(left, days, kind=CALENDAR, roll=roll, zone=zone)
    before = ends - dt.timedelta(microseconds=1)
    assert standstill.local_day(ends, zone) > standstill.local_day(before, zone)


@pytest.mark.parametrize(
    ("year", "day"), [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))]
)
def test_easter(year, day):
    assert holidays.easter(year) == dt.date(year, *day)


@pytest.mark.parametrize(
    ("jurisdiction", "day"),
    [
        ("nl", dt.date(2026, 4, 27)),
        ("be", dt.date(2026, 7, 21)),
        ("se", dt.date(2026, 6, 19)),  # Midsummer Eve
        ("uk_2023", dt.date(2026, 8, 31)),
        ("uk_2023", dt.date(2026, 12, 28)),  # in place of Saturday 26 December
        ("uk_2023", dt.date(2022, 12, 27)),  # Christmas Day was a Sunday
        ("scotland", dt.date(2026, 8, 3)),
        ("scotland", dt.date(2026, 11, 30)),
    ],
)
def test_holidays_by_jurisdiction(jurisdiction, day):
    assert day in holidays.of_year(jurisdiction, day.year)


def test_a_jurisdiction_without_rows_has_weekends_alone():
    assert holidays.around("nowhere", TUESDAY) == frozenset()
