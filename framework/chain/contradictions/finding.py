"""Find the contradictions of a round and keep them: what was decided stays, what no longer holds is settled by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from framework.chain.contradictions.checks import CHECKS, found_by
from framework.chain.contradictions.found import Found
from framework.chain.contradictions.loading import is_stale, load, mark
from framework.ground import audit, jobs
from framework.ground.actors import SYSTEM
from models.base import random_id
from models.chain import ChainBuild
from models.contradictions import Contradiction, ContradictionRow, ContradictionRun
from models.disclosure import Submission
from models.records import Job
from models.rounds import Round

FOUND = audit.declare("contradictions.found", "new", "again", "settled")
FIND_JOB = "chain.contradictions"
LOOKED_AT = ("opened", "judging", "award")
"""States of a round in which its contradictions still matter, so that it is looked at again by itself."""
REST_AFTER_FAULT = dt.timedelta(hours=1)
"""How long a run that failed for good is left alone before it is tried again."""
AT_ONCE = 1_000
LONGEST_WORDS = 2_000
Step = Callable[[int, int], None]
"""Told after each check how many are done, of how many; what was found so far may be committed."""


@dataclass(slots=True)
class Count:
    """Contradictions that are new, hold again, and hold no longer."""

    new: int = 0
    again: int = 0
    settled: int = 0


def find(session: Session, round_: Round, *, now: dt.datetime, step: Step = lambda _done, _total: None) -> Count:
    """Run every check over the round as it is now; run again on the same facts it changes nothing."""
    seen = mark(session, round_)
    facts = load(session, round_)
    count = Count()
    for done, (codes, check) in enumerate(CHECKS.items(), start=1):
        _keep(session, round_, codes, found_by(check, facts), count, now)
        step(done, len(CHECKS))
    session.merge(ContradictionRun(round_id=round_.id, mark=seen, at=now))
    if count.new or count.again or count.settled:
        audit.record(
            session,
            FOUND,
            actor=SYSTEM,
            now=now,
            subject=round_,
            new=count.new,
            again=count.again,
            settled=count.settled,
        )
    session.flush()
    return count


def ask_for(session: Session, round_: Round, *, now: dt.datetime) -> None:
    """Have the contradictions of a round found anew, unless that waits already."""
    waiting = select(Job.payload).where(Job.kind == FIND_JOB, Job.state == "waiting")
    if round_.public_id not in {payload["round"] for payload in session.scalars(waiting)}:
        jobs.enqueue(session, FIND_JOB, now=now, round=round_.public_id)


def go_on(session: Session, *, now: dt.datetime) -> int:
    """Begin where something changed since the last run and no job waits or runs; how many rounds."""
    built = select(Submission.round_id).join(ChainBuild, ChainBuild.submission_id == Submission.id)
    unfinished = select(Job.payload).where(
        Job.kind == FIND_JOB,
        Job.state.in_(("waiting", "running")) | ((Job.state == "failed") & (Job.finished_at > now - REST_AFTER_FAULT)),
    )
    known = {payload["round"] for payload in session.scalars(unfinished)}
    query = select(Round).where(Round.id.in_(built), Round.state.in_(LOOKED_AT)).order_by(Round.id)
    stale = [one for one in session.scalars(query) if one.public_id not in known and is_stale(session, one)]
    for round_ in stale:
        ask_for(session, round_, now=now)
    return len(stale)


def _keep(
    session: Session, round_: Round, codes: Collection[str], found: Sequence[Found], count: Count, now: dt.datetime
) -> None:
    query = select(Contradiction.id, Contradiction.key, Contradiction.settled_at)
    here = (Contradiction.round_id == round_.id, Contradiction.code.in_(codes))
    known = {key: (number, settled) for number, key, settled in session.execute(query.where(*here))}
    new = [one for one in found if one.key not in known]
    gone = {number for key, (number, settled) in known.items() if settled is None} - {
        known[one.key][0] for one in found if one.key in known
    }
    _insert(session, Contradiction, [_values(one) | _first(round_, one, now) for one in new])
    again = [(known[one.key], one) for one in found if one.key in known]
    count.again += sum(settled is not None for (_number, settled), _one in again)
    _update(session, [(number, _values(one)) for (number, _settled), one in again])
    for start in range(0, len(numbers := sorted(gone)), AT_ONCE):
        some = Contradiction.id.in_(numbers[start : start + AT_ONCE])
        session.execute(update(Contradiction).where(some).values(settled_at=now))
    count.new += len(new)
    count.settled += len(gone)
    _keep_rows(session, round_, codes, found)


def _keep_rows(session: Session, round_: Round, codes: Collection[str], found: Sequence[Found]) -> None:
    """The statements as they are now; those of settled contradictions stay as they last were."""
    query = select(Contradiction.key, Contradiction.id)
    here = (Contradiction.round_id == round_.id, Contradiction.code.in_(codes))
    number_of = {key: number for key, number in session.execute(query.where(*here))}  # noqa: C416
    numbers = [number_of[one.key] for one in found]
    for start in range(0, len(numbers), AT_ONCE):
        some = ContradictionRow.contradiction_id.in_(numbers[start : start + AT_ONCE])
        session.execute(delete(ContradictionRow).where(some))
    rows = [
        {
            "contradiction_id": number_of[one.key],
            "submission_id": said.submission,
            "row_id": said.row,
            "position": position,
            "says": said.says,
            "is_asked": said.is_asked,
        }
        for one in found
        for position, said in enumerate(one.said)
    ]
    _insert(session, ContradictionRow, rows)


def _update(session: Session, changed: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Write what holds now, many at once."""
    table = cast(Table, Contradiction.__table__)
    statement = table.update().where(table.c.id == bindparam("number"))
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("params", "worth", "words")}
    for start in range(0, len(changed), AT_ONCE):
        some = changed[start : start + AT_ONCE]
        records = [{"number": n, **{f"new_{name}": found[name] for name in values}} for n, found in some]
        session.connection().execute(statement.values(settled_at=None, **values), records)


def _first(round_: Round, one: Found, now: dt.datetime) -> dict[str, Any]:
    return {
        "public_id": random_id(),
        "created_at": now,
        "version": 1,
        "round_id": round_.id,
        "code": one.code,
        "key": one.key,
    }


def _values(one: Found) -> dict[str, Any]:
    said = [one.params, *(said.says for said in one.said)]
    words = dict.fromkeys(str(value).casefold() for values in said for value in values.values())
    return {"params": one.params, "worth": one.worth, "words": " ".join(words)[:LONGEST_WORDS]}


def _insert(session: Session, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    records = list(rows)
    for start in range(0, len(records), AT_ONCE):
        session.execute(insert(table), records[start : start + AT_ONCE])
