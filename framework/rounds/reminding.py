"""Remind bodies that have something left to do before a deadline of the round, by its `reminder_hours`; later phases say who.

One mail to each of a body's people at each step; of several steps reached while the job was off only the last is used. A
body that is done gets none, and a mail that still waits in the outbox is taken back. A deadline that moves begins anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import mail
from framework.ground.reminder_steps import step_due
from framework.rounds import settings, telling
from models.people import User
from models.records import AuditEvent, Mail
from models.reminders import BodyReminder
from models.rounds import Round

Clock = Callable[[], dt.datetime]
Write = Callable[[], Mail]
"""Writes one mail of a reminder into the outbox."""
A_DAY = dt.timedelta(days=1)
AT_ONCE = 100
"""Bodies that are reminded in one transaction."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of a round and who works towards it.

    `missing` gives the bodies (by number) that have something left, each with the instant since when it knows. `states` are
    those of a round in which it can be done. `told` writes the audit event: how many bodies and mails, at which step.
    `stand_ins` says how to write to bodies in which nobody has an account yet: by body, what writes the mail.
    """

    kind: str
    states: tuple[str, ...]
    end: Callable[[Round], dt.datetime | None]
    missing: Callable[[Session, Round], Mapping[int, dt.datetime]]
    template: str
    page: str
    told: Callable[..., None]
    stand_ins: Callable[[Session, Round, Collection[int], dt.datetime], Mapping[int, Write]] | None = None


def go_round(session: Session, clock: Clock, deadline: Deadline) -> int:
    """Take back what is wanted no more and remind who is due, a transaction for each round; how many mails were written."""
    _take_back(session, deadline)
    session.commit()
    sent = 0
    for number in session.scalars(select(Round.id).where(Round.state.in_(deadline.states)).order_by(Round.id)).all():
        query = select(Round).where(Round.id == number).with_for_update()
        round_ = session.scalars(query.execution_options(populate_existing=True)).one()
        while some := remind_due(session, round_, deadline, now=clock()):
            sent += some
            session.commit()
            session.refresh(round_, with_for_update=True)
        session.commit()
    return sent


def remind_due(session: Session, round_: Round, deadline: Deadline, *, now: dt.datetime) -> int:
    """Remind the bodies of a round for which a step is reached, `AT_ONCE` of them; how many mails. The caller locked the round."""
    end, steps = deadline.end(round_), settings.value(round_, "reminder_hours") or []
    if round_.state not in deadline.states or end is None or not _is_near(end, steps, now):
        return 0
    used = _used(session, round_, deadline, end)
    steps_of = {
        body: step_due(since, end, steps, used.get(body), now)
        for body, since in deadline.missing(session, round_).items()
    }
    wanted = [body for body, step in steps_of.items() if step is not None]
    reachable = _reachable(session, round_, deadline, wanted, now=now)
    due: dict[int, dict[int, Sequence[Write]]] = {}
    for body in sorted(reachable)[:AT_ONCE]:
        due.setdefault(steps_of[body] or 0, {})[body] = reachable[body]
    sent = 0
    for step, mails in sorted(due.items()):
        sent += _remind(session, round_, deadline, mails, step=step, now=now, step_words=f"{step} h")[1]
    return sent


def remind_missing(
    session: Session, round_: Round, deadline: Deadline, *, now: dt.datetime, **who: object
) -> tuple[int, int]:
    """Remind whoever has something left, each body at most once a day; how many bodies and mails. The caller checked who asks.

    A body without anybody to write to, not even with an open invitation, does not count.
    """
    last = _last(session, round_, deadline)
    bodies = [body for body in deadline.missing(session, round_) if body not in last or now - last[body] >= A_DAY]
    mails = _reachable(session, round_, deadline, bodies, now=now)
    return _remind(session, round_, deadline, mails, step=None, now=now, step_words="asked for", **who)


def since_move(session: Session, round_: Round, acts: Iterable[str]) -> dt.datetime:
    """When one of these moves of a round was made last; when it was set up, where none was."""
    query = select(func.max(AuditEvent.at)).where(
        AuditEvent.round_id == round_.id,
        AuditEvent.kind.in_([f"round.{act}" for act in acts]),
        AuditEvent.outcome == "done",
    )
    return session.scalar(query) or round_.created_at


def _reachable(
    session: Session, round_: Round, deadline: Deadline, bodies: Collection[int], *, now: dt.datetime
) -> dict[int, Sequence[Write]]:
    """What writes to each body: to each of its people, or to whoever stands in where it has none; nobody: left out."""
    people = telling.people_of(session, bodies, "member", now=now)
    found: dict[int, Sequence[Write]] = {
        body: [partial(_post, session, round_, deadline, user, now=now) for user in users]
        for body, users in people.items()
    }
    rest = [body for body in bodies if body not in found]
    if rest and deadline.stand_ins is not None:
        found |= {body: [write] for body, write in deadline.stand_ins(session, round_, rest, now).items()}
    return found


def _remind(
    session: Session,
    round_: Round,
    deadline: Deadline,
    mails: Mapping[int, Sequence[Write]],
    *,
    step: int | None,
    now: dt.datetime,
    step_words: str,
    **who: object,
) -> tuple[int, int]:
    """Write the mails, keep what they were for and say so in the record; how many bodies, and how many mails."""
    told = [(body, write()) for body, some in mails.items() for write in some]
    if not told:
        return 0, 0
    session.flush()
    facts = {"round_id": round_.id, "kind": deadline.kind, "deadline": deadline.end(round_), "step_hours": step}
    session.add_all(BodyReminder(organisation_id=body, mail_id=one.id, at=now, **facts) for body, one in told)
    deadline.told(session, round_, members=len(mails), mails=len(told), step=step_words, now=now, **who)
    return len(mails), len(told)


def _post(session: Session, round_: Round, deadline: Deadline, user: User, *, now: dt.datetime) -> Mail:
    return mail.post(
        session,
        deadline.template,
        to=user,
        now=now,
        round_=round_,
        round=round_.name,
        lead=round_.organisation.name,
        deadline=telling.local_words(deadline.end(round_), round_.zone),
        path=f"/rounds/{round_.public_id}/{deadline.page}",
    )


def _is_near(end: dt.datetime, steps: Collection[int], now: dt.datetime) -> bool:
    return now <= end <= now + dt.timedelta(hours=max(steps, default=0))


def _used(session: Session, round_: Round, deadline: Deadline, end: dt.datetime) -> dict[int, int | None]:
    """The last step that was used for this very deadline, by body."""
    table = BodyReminder
    query = (
        select(table.organisation_id, func.min(table.step_hours))
        .where(table.round_id == round_.id, table.kind == deadline.kind, table.deadline == end)
        .group_by(table.organisation_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _last(session: Session, round_: Round, deadline: Deadline) -> dict[int, dt.datetime]:
    """When each body was reminded last; a mail that was taken back reminded nobody."""
    table = BodyReminder
    query = (
        select(table.organisation_id, func.max(table.at))
        .join(Mail, Mail.id == table.mail_id)
        .where(table.round_id == round_.id, table.kind == deadline.kind, Mail.state != "dropped")
        .group_by(table.organisation_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _take_back(session: Session, deadline: Deadline) -> None:
    """Take back the mails that wait for bodies that are done, or of a round in which it can be done no more."""
    query = (
        select(Mail, BodyReminder)
        .join(BodyReminder, BodyReminder.mail_id == Mail.id)
        .where(BodyReminder.kind == deadline.kind, Mail.state == "waiting")
        .order_by(Mail.id)
        .with_for_update(of=Mail)
    )
    left: dict[int, Mapping[int, dt.datetime]] = {}
    for posted, reminder in session.execute(query.execution_options(populate_existing=True)).all():
        round_ = session.get_one(Round, reminder.round_id)
        if round_.id not in left:
            left[round_.id] = deadline.missing(session, round_) if round_.state in deadline.states else {}
        if reminder.organisation_id not in left[round_.id]:
            posted.state = "dropped"
