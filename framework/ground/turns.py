"""Whose turn it is: waiting jobs are taken in turn, one organisation after the other, so that nobody's many hold up another's one.

Of an organisation quick jobs come before large ones, and one large job at most is done at a time (trust 9.4b).
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import jobs
from models.records import Job

LARGE = "large"
LOOKED_AT = 200
"""So many waiting jobs of an organisation and lane are looked at, the oldest ones, to find whose turn it is."""
_TURN = 7_061_826
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class Waiting(NamedTuple):
    """A job that waits for a worker."""

    id: int
    organisation_id: int | None
    lane: str
    queued_at: dt.datetime


def in_turn(
    waiting: Iterable[Waiting],
    *,
    running: Mapping[int | None, int] | None = None,
    served: Mapping[int | None, dt.datetime] | None = None,
) -> Iterator[Waiting]:
    """The waiting jobs in the order of their turns.

    First come organisations of which the fewest jobs are `running`, then who was `served` longest ago, then who has
    waited longest; each further job of an organisation waits another round.
    """
    queues: dict[int | None, deque[Waiting]] = defaultdict(deque)
    for one in sorted(waiting, key=lambda one: (one.lane == LARGE, one.queued_at, one.id)):
        queues[one.organisation_id].append(one)
    turns = [
        _turn(queue[0], (running or {}).get(owner, 0), (served or {}).get(owner, _NEVER))
        for owner, queue in queues.items()
    ]
    heapq.heapify(turns)
    while turns:
        rounds, last, _since, _number, owner = heapq.heappop(turns)
        queue = queues[owner]
        yield queue.popleft()
        if queue:
            heapq.heappush(turns, _turn(queue[0], rounds + 1, last))


def take_next(session: Session, *, now: dt.datetime, may_be_large: bool = True) -> Job | None:
    """Claim the job whose turn it is; None where nothing waits that may be taken now.

    Two workers never choose at once. Without `may_be_large` only quick jobs are taken.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    running = _running(session, now)
    large = {owner for owner, lane in running if lane == LARGE}
    for one in _ordered(session, now, Counter(owner for owner, _lane in running)):
        if one.lane == LARGE and (
            not may_be_large or (one.organisation_id is not None and one.organisation_id in large)
        ):
            continue
        job = jobs.claim(session, one.id, now=now)
        if job is not None:
            return job
    return None


def before(session: Session, job: Job, *, now: dt.datetime) -> tuple[int, int] | None:
    """How many jobs are taken before this one as things stand: of its own organisation, and in all; None where it does not wait.

    What is known of others while a round is sealed tells that they take part: show a supplier its own number only.
    """
    running = _running(session, now)
    own = 0
    for place, one in enumerate(_ordered(session, now, Counter(owner for owner, _lane in running))):
        if one.id == job.id:
            return own, place
        own += one.organisation_id == job.organisation_id
    return None


def busy(session: Session, *, now: dt.datetime) -> int:
    """How many jobs are being worked on."""
    return len(_running(session, now))


def _turn(first: Waiting, rounds: int, last: dt.datetime) -> tuple[int, dt.datetime, dt.datetime, int, int | None]:
    return rounds, last, first.queued_at, first.id, first.organisation_id


def _running(session: Session, now: dt.datetime) -> list[tuple[int | None, str]]:
    alive = (Job.state == "running") & (Job.heartbeat_at >= now - jobs.STALE_AFTER)
    return [(row[0], row[1]) for row in session.execute(select(Job.organisation_id, Job.lane).where(alive))]


def _ordered(session: Session, now: dt.datetime, running: Mapping[int | None, int]) -> Iterator[Waiting]:
    place = func.row_number().over(partition_by=(Job.organisation_id, Job.lane), order_by=(Job.queued_at, Job.id))
    found = select(Job.id, Job.organisation_id, Job.lane, Job.queued_at, place.label("place"))
    first = found.where(jobs.takeable(now)).subquery()
    columns = (first.c.id, first.c.organisation_id, first.c.lane, first.c.queued_at)
    waiting = [Waiting(*row) for row in session.execute(select(*columns).where(first.c.place <= LOOKED_AT))]
    if len(waiting) <= 1:
        return iter(waiting)
    owners = {one.organisation_id for one in waiting if one.organisation_id is not None}
    last = (
        select(Job.organisation_id, func.max(Job.started_at))
        .where(Job.organisation_id.in_(owners), Job.started_at.is_not(None))
        .group_by(Job.organisation_id)
    )
    served: dict[int | None, dt.datetime] = {row[0]: row[1] for row in session.execute(last) if row[1] is not None}
    return in_turn(waiting, running=running, served=served)
