"""What rests on the sites of a round is counted anew by a job, after persons settled some: the shared sites, what comes out of them.

The job is the mark as well. It is written with the decision, gathers what later decisions add as long as it waits, and is never
given up. While it waits or runs, the pages say that their figures are older than the last decision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from framework.chain import shared
from framework.chain.leverage import stored as flows
from framework.ground import jobs
from models.records import Job
from models.rounds import Round

COUNT_JOB = "chain.settled"


def ask_for(session: Session, round_: Round, submissions: Collection[int], *, now: dt.datetime) -> None:
    """Have the figures of a round counted anew, of which mentions of these submissions moved; a job that waits takes them too."""
    query = select(Job).where(_of(round_), Job.state == "waiting").order_by(Job.id).limit(1).with_for_update()
    job = session.scalars(query.execution_options(populate_existing=True)).first()
    if job is None:
        jobs.enqueue(session, COUNT_JOB, now=now, round=round_.public_id, submissions=sorted(set(submissions)))
    else:
        known = {*job.payload["submissions"], *submissions}
        job.payload = {**job.payload, "submissions": sorted(known)}
    session.flush()


def is_behind(session: Session, round_: Round) -> bool:
    """Whether sites were settled that the figures of a round do not know of yet."""
    return bool(session.scalar(select(waiting(round_))))


def waiting(round_: Round) -> ColumnElement[bool]:
    """The same, to be asked with something else."""
    return exists().where(_of(round_), Job.state.in_(("waiting", "running")))


def count(session: Session, round_: Round, submissions: Collection[int]) -> None:
    """Count the flows of these submissions and the shared sites of the round as they are now."""
    flows.count(session, round_, submissions)
    shared.count(session, round_)


def _of(round_: Round) -> ColumnElement[bool]:
    return and_(Job.kind == COUNT_JOB, Job.payload["round"].as_string() == round_.public_id)
