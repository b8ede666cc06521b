"""Local times of deadlines: which zones exist, and which local times exist exactly once."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from framework.ground.errors import InvalidInput
from framework.ground.text import N_


def is_zone(name: str) -> bool:
    """Is `name` an IANA time zone, written exactly so (`Europe/Stockholm`)?"""
    return name in _zone_names()


def local_instant(date: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The instant, in UTC, at which clocks in `zone` show `date` and `time`.

    Raises InvalidInput for a zone that does not exist (`zone-unknown`), and for a local time that is skipped
    (`local-time-missing`) or occurs twice (`local-time-twice`) when clocks change.
    """
    if not is_zone(zone):
        raise InvalidInput(
            "zone-unknown",
            N_("%(zone)s is not a time zone. Choose one from the list."),
            field="zone",
            zone=zone,
        )
    local = dt.datetime.combine(date, time.replace(tzinfo=None), tzinfo=ZoneInfo(zone))
    if local.utcoffset() == local.replace(fold=1).utcoffset():
        return local.astimezone(dt.UTC)
    raise _clock_change(local, zone)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def _clock_change(local: dt.datetime, zone: str) -> InvalidInput:
    """The refusal of a skipped or doubled time, naming what clocks show just before and just after the change."""
    later = local.replace(fold=1)
    before, after = (
        local.utcoffset() or dt.timedelta(),
        later.utcoffset() or dt.timedelta(),
    )
    change = _change_between(local.replace(tzinfo=None), before, after, ZoneInfo(zone))
    params: dict[str, Any] = {
        "date": local.date(),
        "before": f"{change + before:%H:%M}",
        "after": f"{change + after:%H:%M}",
        "place": zone.rpartition("/")[2].replace("_", " "),
        "time": f"{local:%H:%M}",
    }
    if after > before:
        return InvalidInput(
            "local-time-missing",
            N_("On %(date)s clocks go from %(before)s to %(after)s in %(place)s. Choose another time."),
            field="time",
            **params,
        )
    return InvalidInput(
        "local-time-twice",
        N_(
            "On %(date)s clocks go back from %(before)s to %(after)s in %(place)s, so %(time)s occurs twice."
            " Choose another time."
        ),
        field="time",
        **params,
    )


def _change_between(naive: dt.datetime, before: dt.timedelta, after: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
    """The instant of the change, as a naive time in UTC, to the minute, by halving the day around it."""
    low, high = naive - max(before, after), naive - min(before, after)
    while high - low > dt.timedelta(minutes=1):
        middle = low + (high - low) / 2
        offset = middle.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset()
        low, high = (middle, high) if offset == before else (low, middle)
    return (high + dt.timedelta(seconds=30)).replace(second=0, microsecond=0)
