"""Local times of deadlines: each must exist exactly once."""

from __future__ import annotations

import datetime as dt

import pytest

from framework.ground.errors import InvalidInput
from framework.ground.zones import is_zone, local_instant


def test_a_local_time_becomes_an_instant_in_utc() -> None:
    instant = local_instant(dt.date(2027, 7, 1), dt.time(12, 0), "Europe/Stockholm")

    assert instant == dt.datetime(2027, 7, 1, 10, 0, tzinfo=dt.UTC)
    assert instant.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("date", "time", "zone", "code", "sentence"),
    [
        (
            dt.date(2027, 3, 28),
            dt.time(2, 30),
            "Europe/Stockholm",
            "local-time-missing",
            "On 2027-03-28 clocks go from 02:00 to 03:00 in Stockholm. Choose another time.",
        ),
        (
            dt.date(2027, 10, 31),
            dt.time(2, 0),
            "Europe/Stockholm",
            "local-time-twice",
            "On 2027-10-31 clocks go back from 03:00 to 02:00 in Stockholm, so 02:00 occurs twice. Choose another time.",
        ),
        (
            dt.date(2027, 10, 3),
            dt.time(2, 15),
            "Australia/Lord_Howe",
            "local-time-missing",
            "On 2027-10-03 clocks go from 02:00 to 02:30 in Lord Howe. Choose another time.",
        ),
    ],
    ids=["skipped hour", "doubled hour", "half an hour"],
)
def test_a_time_that_clocks_skip_or_repeat_is_refused(
    date: dt.date, time: dt.time, zone: str, code: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        local_instant(date, time, zone)

    assert refused.value.code == code
    assert refused.value.message % refused.value.params == sentence


@pytest.mark.parametrize("time", [dt.time(1, 59), dt.time(3, 0)])
def test_the_minutes_around_a_skipped_hour_exist(time: dt.time) -> None:
    assert local_instant(dt.date(2027, 3, 28), time, "Europe/Stockholm").tzinfo is dt.UTC


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "europe/stockholm"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(InvalidInput) as refused:
        local_instant(dt.date(2027, 1, 1), dt.time(12), name)

    assert refused.value.code == "zone-unknown"
