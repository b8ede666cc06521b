"""Dates of a round: the term in months, a date one year on, and what a passed deadline means."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.months import add_months
from framework.ground.zones import local_instant
from models.rounds import Round


def term_exceeds(round_: Round, months: int) -> bool | None:
    """Whether the term with every option is longer than `months` (law L01); None where a date is missing.

    Both days of the term count: 1 January 2027 to 31 December 2030 is 48 months.
    """
    if round_.term_starts_on is None or round_.term_ends_on is None:
        return None
    day_after = add_months(round_.term_ends_on + dt.timedelta(days=1), round_.option_months)
    return day_after > add_months(round_.term_starts_on, months)


def contract_years(round_: Round) -> int | None:
    """How many contract years the term has with every option, a begun one counting whole; None where a date is missing."""
    if term_exceeds(round_, 0) is None:
        return None
    years = 1
    while term_exceeds(round_, 12 * years):
        years += 1
    return years


def year_on(instant: dt.datetime | None, zone: str) -> dt.datetime | None:
    """The same local time one year later; two hours on where clocks skip or double that time."""
    if instant is None:
        return None
    local = instant.astimezone(ZoneInfo(zone))
    date, time = add_months(local.date(), 12), local.time()
    try:
        return local_instant(date, time, zone)
    except InvalidInput:
        return local_instant(date, time.replace(hour=(time.hour + 2) % 24), zone)


def is_demand_open(round_: Round, *, now: dt.datetime) -> bool:
    """Whether members may still declare: the deadline decides, its last instant included, not the clock job."""
    return round_.state == "demand" and (round_.demand_deadline is None or now <= round_.demand_deadline)


def is_tender_open(round_: Round, *, now: dt.datetime) -> bool:
    """Whether the round is published and its deadline has not passed."""
    return round_.state == "published" and round_.tender_deadline is not None and now <= round_.tender_deadline


def lock_demand_if_due(session: Session, round_: Round, *, now: dt.datetime) -> bool:
    """Lock demand where its deadline has passed; False where it has not, or a declaration still waits for the lead.

    In the latter case members can edit no more all the same, and the lead finds the declarations among the tasks.
    """
    if round_.state != "demand" or is_demand_open(round_, now=now):
        return False
    try:
        lifecycle.move(session, round_, "lock_demand", actor=SYSTEM, now=now)
    except MoveRefused:
        return False
    return True


def demand_due(session: Session, *, now: dt.datetime) -> list[Round]:
    """Rounds whose deadline for demand has passed while demand is still open."""
    query = select(Round).where(Round.state == "demand", Round.demand_deadline < now).order_by(Round.id)
    return list(session.scalars(query))
