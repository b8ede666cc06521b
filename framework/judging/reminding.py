"""Remind evaluators who have something left to judge: before their day by the round's `reminder_hours`, or when asked to.

The steps are those of requests upstream. Who has nothing left gets none, and one that waits in the outbox is taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from framework.chain.requests.due import end_of
from framework.ground import audit, conflicts, permissions
from framework.ground.actors import SYSTEM, Actor, roles_in
from framework.ground.errors import MoveRefused
from framework.ground.mail import post
from framework.ground.permissions import Permission
from framework.ground.reminder_steps import step_due
from framework.ground.text import N_
from framework.judging.blind import is_judged
from framework.rounds import settings
from models.judging import Assessment, EvaluatorProfile, JudgingReminder
from models.people import User
from models.records import Mail
from models.rounds import Round

REMINDED = audit.declare("judging.reminded", "user", "step")
TEMPLATE, TURN = "judging_reminder", "judging_turn"
PRESSED = "asked for"
A_DAY = dt.timedelta(days=1)
AT_ONCE = 200
Clock = Callable[[], dt.datetime]


def go_round(session: Session, clock: Clock) -> int:
    """Take back what is wanted no more and remind who is due, each in a transaction of its own; how many were reminded."""
    _take_back(session)
    session.commit()
    told = 0
    for number in _waiting(session, clock()):
        query = select(EvaluatorProfile).where(EvaluatorProfile.id == number).with_for_update()
        profile = session.scalars(query.execution_options(populate_existing=True)).one()
        told += remind_if_due(session, profile, now=clock())
        session.commit()
    return told


def remind_if_due(session: Session, profile: EvaluatorProfile, *, now: dt.datetime) -> bool:
    """Remind an evaluator where a step before the day was reached since it was asked, and was not used yet.

    Of several steps that were reached while the job was off only the last is used: one mail, not three.
    """
    round_, day = profile.round, profile.due_on
    left = open_items(session, round_, [profile.user_id]).get(profile.user_id, 0)
    if round_.state != "judging" or day is None or not left or profile.user.disabled_at is not None:
        return False
    used = _used_of(session, round_).get((profile.user_id, day))
    step = step_due(_asked_at(session, profile), end_of(day, round_.zone), _steps(round_), used, now)
    if step is None:
        return False
    _remind(session, round_, profile.user, day, left, step=step, now=now)
    audit.record(
        session, REMINDED, actor=SYSTEM, now=now, subject=round_, user=profile.user.public_id, step=f"{step} h"
    )
    return True


def remind_missing(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> int:
    """Remind everybody who has something left to judge, each at most once a day; how many mails.

    Raises NotAllowed for anybody but lead and chair, MoveRefused where nobody is missing or all were reminded today.
    """
    permissions.require(session, actor, Permission.JUDGING_SHARE, round_)
    conflicts.require_stated(session, actor, round_, roles_in(session, actor, round_))
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    if round_.state != "judging":
        raise MoveRefused("not-judging", N_("This is possible only while the tenders are judged."))
    left = open_items(session, round_)
    query = select(User).where(User.id.in_(left), User.disabled_at.is_(None)).order_by(User.id)
    missing = session.scalars(query).all()
    if not missing:
        raise MoveRefused("nobody-missing", N_("Nobody has anything left to judge."))
    last = last_of(session, round_)
    people = [one for one in missing if one.id not in last or now - last[one.id] >= A_DAY]
    if not people:
        raise MoveRefused("reminded-already", N_("A mail went out less than a day ago. Remind again tomorrow."))
    known = select(EvaluatorProfile.user_id, EvaluatorProfile.due_on).where(EvaluatorProfile.round_id == round_.id)
    days = {user: day for user, day in session.execute(known)}  # noqa: C416 - a Row is no pair to mypy
    for one in people:
        _remind(session, round_, one, days.get(one.id), left[one.id], step=None, now=now)
        audit.record(session, REMINDED, actor=actor, now=now, subject=round_, user=one.public_id, step=PRESSED)
    return len(people)


def open_items(session: Session, round_: Round, users: Collection[int] | None = None) -> dict[int, int]:
    """How many items each person has left to make final, by number of the person; nobody who has none."""
    query = select(Assessment.user_id, func.count()).where(Assessment.round_id == round_.id, _is_left())
    if users is not None:
        query = query.where(Assessment.user_id.in_(sorted(users)))
    found = session.execute(query.group_by(Assessment.user_id).execution_options(all_tenders=True))
    return {user: count for user, count in found}  # noqa: C416 - a Row is no pair to mypy


def last_of(session: Session, round_: Round) -> dict[int, dt.datetime]:
    """When each person was reminded last, by number of the person; a mail that was taken back reminded nobody."""
    query = (
        select(JudgingReminder.user_id, func.max(JudgingReminder.at))
        .join(Mail, Mail.id == JudgingReminder.mail_id)
        .where(JudgingReminder.round_id == round_.id, Mail.state != "dropped")
    )
    rows = session.execute(query.group_by(JudgingReminder.user_id))
    return {user: at for user, at in rows if at is not None}


def drop(session: Session, round_: Round, user_id: int | None) -> None:
    """Take the reminders of a person back that wait in the outbox, where nothing is left to judge."""
    if user_id is not None and not open_items(session, round_, [user_id]):
        _drop(session, round_.id, user_id)


def _take_back(session: Session) -> None:
    """Take back what waits for people who have nothing left, by whatever way: recused, excluded, closed."""
    query = (
        select(JudgingReminder.round_id, JudgingReminder.user_id)
        .join(Mail, Mail.id == JudgingReminder.mail_id)
        .where(Mail.state == "waiting")
        .distinct()
    )
    for round_id, user in session.execute(query).all():
        round_ = session.get_one(Round, round_id)
        if round_.state != "judging":
            _drop(session, round_.id, user)
        else:
            drop(session, round_, user)


def _drop(session: Session, round_id: int, user_id: int) -> None:
    waiting = (
        select(Mail)
        .join(JudgingReminder, JudgingReminder.mail_id == Mail.id)
        .where(JudgingReminder.round_id == round_id, JudgingReminder.user_id == user_id, Mail.state == "waiting")
        .order_by(Mail.id)
        .with_for_update(of=Mail)
    )
    for mail in session.scalars(waiting.execution_options(populate_existing=True)):
        mail.state = "dropped"


def _remind(
    session: Session, round_: Round, user: User, day: dt.date | None, left: int, *, step: int | None, now: dt.datetime
) -> None:
    mail = post(
        session,
        TEMPLATE,
        to=user,
        now=now,
        round_=round_,
        round_name=round_.name,
        count=left,
        due=day.isoformat() if day is not None and now.astimezone(ZoneInfo(round_.zone)).date() <= day else "",
        zone=round_.zone,
        path=f"/rounds/{round_.public_id}/judging/mine",
    )
    session.flush()
    session.add(
        JudgingReminder(round_id=round_.id, user_id=user.id, due_on=day, step_hours=step, at=now, mail_id=mail.id)
    )


def _asked_at(session: Session, profile: EvaluatorProfile) -> dt.datetime:
    """Since when the person knows: the day was set, items were given, and the mail that it is its turn went out."""
    given = session.scalar(
        select(func.min(Assessment.assigned_at))
        .where(Assessment.round_id == profile.round_id, Assessment.user_id == profile.user_id, _is_left())
        .execution_options(all_tenders=True)
    )
    told = session.scalar(
        select(func.max(Mail.created_at)).where(
            Mail.round_id == profile.round_id, Mail.template == TURN, Mail.recipient == profile.user.email
        )
    )
    return max(one for one in (profile.due_set_at or profile.created_at, given, told) if one is not None)


def _is_left() -> ColumnElement[bool]:
    """Whether an assessment is left to make final, of a tender that is still judged."""
    return and_(Assessment.state.in_(("assigned", "draft")), is_judged())


def _steps(round_: Round) -> list[int]:
    return settings.value(round_, "reminder_hours") or []


def _used_of(session: Session, round_: Round) -> dict[tuple[int, dt.date | None], int | None]:
    """The last step that was used, by person and day."""
    table = JudgingReminder
    query = select(table.user_id, table.due_on, func.min(table.step_hours)).where(table.round_id == round_.id)
    rows = session.execute(query.group_by(table.user_id, table.due_on))
    return {(user, day): step for user, day, step in rows}


def _waiting(session: Session, now: dt.datetime) -> list[int]:
    """The profiles for which a step is reached and whose person has something left, the nearest day first.

    Each is looked at again under its lock. Those whose step was used are left out, so that they never keep others from their turn.
    """
    found: list[tuple[dt.date, int]] = []
    judged = select(EvaluatorProfile.round_id).where(EvaluatorProfile.due_on.is_not(None))
    for round_ in session.scalars(select(Round).where(Round.state == "judging", Round.id.in_(judged))):
        steps = _steps(round_)
        horizon = now + dt.timedelta(hours=max(steps, default=0))
        near = EvaluatorProfile.due_on.between((now - A_DAY).date(), (horizon + A_DAY).date())
        profiles = session.scalars(select(EvaluatorProfile).where(EvaluatorProfile.round_id == round_.id, near)).all()
        left, used = open_items(session, round_), _used_of(session, round_)
        for one in profiles:
            if one.due_on is None or one.user_id not in left:
                continue
            since, end = one.due_set_at or one.created_at, end_of(one.due_on, round_.zone)
            if step_due(since, end, steps, used.get((one.user_id, one.due_on)), now) is not None:
                found.append((one.due_on, one.id))
    return [number for _due_on, number in sorted(found)[:AT_ONCE]]
