"""By when each evaluator is asked to be done, and the languages of the texts of an item; lead and chair set both."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import audit, conflicts, permissions
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import judges
from framework.judging.blind import is_judged
from framework.rounds import calendar_feeds
from framework.rounds.calendar_feeds import Entry
from models.disclosure import Submission
from models.judging import Assessment, EvaluatorProfile, Item
from models.rounds import Round

DUE_SET = audit.declare("evaluator_profile.due_set", "user", "due_on")
LANGUAGES_SET = audit.declare("items.languages_set", "receipt", "count")
STALE = N_("The list has changed since you looked at it. Look at it again.")
MOST_LANGUAGES = 10
LAST_MINUTE = dt.time(23, 59)
"""At which a calendar shows a day to be done by: 24:00 would stand on the day after."""
_CODE = re.compile("[a-z]{2}")


def set_days(
    session: Session,
    round_: Round,
    wanted: Mapping[int, dt.date | None],
    shown: Mapping[int, dt.date | None],
    *,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Set until when evaluators (by number) are asked to be done, None for no day; of how many that changed.

    `shown` is what the form showed: where somebody changed it since, nothing is set. Raises InvalidInput for a day that
    has passed, NotFound for somebody who is no evaluator of the round.
    """
    permissions.require(session, actor, Permission.JUDGING_SHARE, round_)
    conflicts.require_stated(session, actor, round_, roles_in(session, actor, round_))
    people = {one.user.id: one for one in judges.panel(session, round_) if "evaluator" in one.roles}
    query = select(EvaluatorProfile).where(EvaluatorProfile.round_id == round_.id).with_for_update()
    profiles = {one.user_id: one for one in session.scalars(query.execution_options(populate_existing=True))}
    today = now.astimezone(ZoneInfo(round_.zone)).date()
    changed = 0
    for user, day in wanted.items():
        if user not in people:
            raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
        found = profiles.get(user)
        before = found.due_on if found is not None else None
        if before != shown.get(user):
            raise RuleBroken("stale", STALE)
        if day == before:
            continue
        if day is not None and day < today:
            raise InvalidInput("day-passed", N_("Choose a day that has not passed."), field="due")
        profile = found or _profile(session, round_, user, actor=actor, now=now)
        profile.due_on, profile.due_set_at = day, now
        session.flush()
        told = day.isoformat() if day is not None else ""
        about = people[user].user.public_id
        audit.record(session, DUE_SET, actor=actor, now=now, subject=round_, user=about, due_on=told)
        changed += 1
    return changed


def _profile(session: Session, round_: Round, user: int, *, actor: Actor, now: dt.datetime) -> EvaluatorProfile:
    """A new profile of an evaluator, of whom nothing was said yet."""
    made = EvaluatorProfile(round_id=round_.id, user_id=user, created_at=now, created_by_id=actor.user_id, languages=[])
    session.add(made)
    return made


def set_languages(
    session: Session,
    tender: Submission,
    wanted: Mapping[str, Sequence[str]],
    shown: Mapping[str, Sequence[str]],
    *,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Set the languages of items (public ids) of a tender, none for any; of how many that changed.

    The next sharing out prefers who reads one of them; who has an item keeps it. Raises InvalidInput for what is no code.
    """
    permissions.require(session, actor, Permission.JUDGING_SHARE, tender.round)
    conflicts.require_stated(session, actor, tender.round, roles_in(session, actor, tender.round))
    conflicts.require_free(session, actor, tender)
    query = select(Item).where(Item.submission_id == tender.id).with_for_update()
    known = {one.public_id: one for one in session.scalars(query.execution_options(populate_existing=True))}
    changed = 0
    for public_id, codes in wanted.items():
        item = known.get(public_id)
        if item is None:
            raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
        told = _known_codes(codes, field=f"languages-{public_id}")
        if sorted(item.languages) != sorted(shown.get(public_id, ())):
            raise RuleBroken("stale", STALE)
        if told != sorted(item.languages):
            item.languages = told
            changed += 1
    if changed:
        audit.record(
            session,
            LANGUAGES_SET,
            actor=actor,
            now=now,
            subject=tender,
            receipt=tender.receipt_number,
            count=changed,
        )
    return changed


def _known_codes(codes: Sequence[str], *, field: str) -> list[str]:
    """The codes in order, each once. Raises InvalidInput for what is no code."""
    if len(codes) > MOST_LANGUAGES or not all(_CODE.fullmatch(code) for code in codes):
        raise InvalidInput(
            "languages", N_("Give languages by their codes of two letters, such as en nl sv."), field=field
        )
    return sorted(set(codes))


@calendar_feeds.source
def _last_day(session: Session, round_: Round, actor: Actor, roles: frozenset[str]) -> list[Entry]:
    """The day by which an evaluator with something left to judge is asked to be done, at its last minute in the round's zone."""
    if round_.state not in ("opened", "judging") or "evaluator" not in roles:
        return []
    query = select(EvaluatorProfile).where(
        EvaluatorProfile.round_id == round_.id, EvaluatorProfile.user_id == actor.user_id
    )
    found = session.scalar(query)
    left = select(func.count()).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == actor.user_id,
        Assessment.state.in_(("assigned", "draft")),
        is_judged(),
    )
    if found is None or found.due_on is None or not session.scalar(left):
        return []
    last = dt.datetime.combine(found.due_on, LAST_MINUTE, tzinfo=ZoneInfo(round_.zone))
    return [
        Entry(
            uid=f"{round_.public_id}-judging-{found.public_id}",
            at=last.astimezone(dt.UTC),
            title=N_("Make your assessments final: last moment"),
            page="assessing.pile",
            sequence=found.version,
        )
    ]
