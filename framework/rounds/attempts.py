"""One mail a day to each person of a lead, of attempts that were refused in its rounds since the last; none where there were none.

Mail M13 of the list of mails: the count and the round, never who or what, which stand in the record.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import audit, mail
from framework.rounds import telling
from models.records import AuditEvent, Counter
from models.rounds import Round

HOUR = 5
"""From this hour of the day (UTC) on the mail of the day before is due: it lies there when people begin."""
DAY, TOLD = "attempts/day", "attempts/told"
"""Counters: the day of the last digest, and the number of the last event it looked at."""


def send_due(session: Session, *, now: dt.datetime) -> int:
    """Write the digests of today where they are due and not yet written; how many mails."""
    today = now.astimezone(dt.UTC)
    if today.hour < HOUR:
        return 0
    day = _counter(session, DAY)
    if day.value >= today.toordinal():
        return 0
    is_first = day.value == 0
    day.value = today.toordinal()
    told = _counter(session, TOLD)
    since, last = told.value, session.scalar(select(func.max(AuditEvent.seq))) or 0
    told.value = last
    if is_first:  # what happened before anybody was told of anything is in the record
        return 0
    return _send(session, _refused(session, since, last), now=now)


def _refused(session: Session, since: int, last: int) -> list[tuple[Round, int]]:
    """The rounds in which attempts were refused after one event and up to another, with their number."""
    query = (
        select(AuditEvent.round_id, func.count().label("number"))
        .where(
            AuditEvent.seq > since,
            AuditEvent.seq <= last,
            AuditEvent.round_id.is_not(None),
            AuditEvent.outcome == "denied",
            AuditEvent.data["attempt"].as_boolean().is_(True),
        )
        .group_by(AuditEvent.round_id)
        .order_by(AuditEvent.round_id)
    )
    return [(session.get_one(Round, row.round_id), row.number) for row in session.execute(query)]


def _send(session: Session, found: list[tuple[Round, int]], *, now: dt.datetime) -> int:
    by_lead: dict[int, list[tuple[Round, int]]] = {}
    for round_, number in found:
        by_lead.setdefault(round_.organisation_id, []).append((round_, number))
    people = telling.people_of(session, by_lead, "lead", now=now)
    mine: dict[int, list[tuple[Round, int]]] = {}
    users = {}
    for body, some in people.items():
        for user in some:
            users[user.id] = user
            mine.setdefault(user.id, []).extend(by_lead[body])
    for number, rounds in sorted(mine.items()):
        items = [{"round": one.name, "count": count, "path": _path(one)} for one, count in rounds]
        path = items[0]["path"] if len(items) == 1 else "/rounds"
        user = users[number]
        mail.post(session, "attempts_denied", to=user, now=now, recipient=user.name, items=items, path=path)
    return len(mine)


def _path(round_: Round) -> str:
    return f"/rounds/{round_.public_id}/record?outcome=denied"


def _counter(session: Session, name: str) -> Counter:
    """A counter, its row held: two workers do not write the digests of a day twice."""
    found = session.get(Counter, name, with_for_update=True, populate_existing=True)
    if found is None:
        audit.begin(session, name)
        found = session.get_one(Counter, name, with_for_update=True, populate_existing=True)
    return found
