"""The calendar of one person and round: a private link that can be revoked, and what it holds; nothing of a sealed tender."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission, may, require
from framework.ground.text import N_, storable
from framework.people import sessions
from framework.rounds.settings import value
from models.rounds import CalendarFeed, Round, RoundDate

MADE = audit.declare("calendar_feed.made")
REVOKED = audit.declare("calendar_feed.revoked")
INSTANTLY = dt.timedelta()
SECRET_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """One date of a calendar: `title` and `params` are a sentence to translate, `page` where one acts.

    `uid` stays for ever, `sequence` grows with each change, `lasts` is nothing for a deadline.
    """

    uid: str
    at: dt.datetime
    title: str
    page: str
    sequence: int = 0
    is_cancelled: bool = False
    lasts: dt.timedelta = INSTANTLY


Source = Callable[[Session, Round, Actor, frozenset[str]], list[Entry]]
_sources: list[Source] = []

TITLES: dict[str, str] = {
    "signon": N_("Sign on, and hand in the mandate: last moment"),
    "demand": N_("Declare demand: last moment"),
    "questions": N_("Ask questions: last moment"),
    "tender": N_("Send the disclosure: last moment"),
}
FOR_OTHERS: dict[str, str] = {
    "signon": N_("Signing on ends"),
    "demand": N_("Declaring demand ends"),
    "questions": N_("Suppliers can ask no more questions"),
    "tender": N_("Tender deadline: receipt closes"),
}
DOES: dict[str, str] = {"signon": "member", "demand": "member", "questions": "supplier", "tender": "supplier"}
"""Who acts by a date; to others it says what ends."""
SEEN_BY: dict[str, frozenset[str]] = {
    "signon": frozenset({"lead", "member"}),
    "demand": frozenset({"lead", "member"}),
    "questions": frozenset({"lead", "supplier"}),
    "tender": frozenset({"lead", "member", "supplier", "evaluator", "chair", "opener", "monitor"}),
}
PAGES: dict[str, str] = {
    "signon": "rounds.overview",
    "demand": "rounds.overview",
    "questions": "rounds.questions",
    "tender": "rounds.overview",
}


def source(function: Source) -> Source:
    """Have a later phase add its own dates: `function(session, round_, actor, roles)`."""
    if function not in _sources:
        _sources.append(function)
    return function


def of_person(session: Session, round_: Round, actor: Actor) -> CalendarFeed | None:
    """The link that works for a person in the organisation acted for; None where none was made, or it was revoked."""
    query = select(CalendarFeed).where(
        CalendarFeed.round_id == round_.id,
        CalendarFeed.user_id == actor.user_id,
        CalendarFeed.organisation_id == actor.organisation_id,
        CalendarFeed.revoked_at.is_(None),
    )
    return session.scalar(query)


def make(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> CalendarFeed:
    """Make the link of a person for a round; the one that works already where there is one."""
    require(session, actor, Permission.CALENDAR_USE, round_)
    found = of_person(session, round_, actor)
    if found is not None:
        return found
    made = CalendarFeed(
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        round_id=round_.id,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    audit.record(session, MADE, actor=actor, now=now, subject=made)
    return made


def revoke(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """End the own link at once; whoever holds it finds nothing. Raises NotFound where none works."""
    found = of_person(session, round_, actor)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    found.revoked_at = now
    audit.record(session, REVOKED, actor=actor, now=now, subject=found)


def token(feed: CalendarFeed, secret: str) -> str:
    """What stands in the link: the public id and a seal over it that only this installation can make."""
    sealed = hmac.new(secret.encode(), f"calendar/{feed.public_id}".encode(), hashlib.sha256).hexdigest()
    return f"{feed.public_id}-{sealed[:SECRET_LETTERS]}"


def find(session: Session, typed: str, secret: str, *, now: dt.datetime) -> tuple[CalendarFeed, Actor]:
    """The feed of a link with its person as an actor, who has the roles held at this moment.

    Raises NotFound for a link that is wrong or revoked, and where its person may no longer know of the round.
    """
    public_id = storable(typed.partition("-")[0])
    query = (
        select(CalendarFeed)
        .options(joinedload(CalendarFeed.user), joinedload(CalendarFeed.organisation), joinedload(CalendarFeed.round))
        .where(CalendarFeed.public_id == public_id, CalendarFeed.revoked_at.is_(None))
    )
    feed = session.scalar(query)
    if feed is not None and hmac.compare_digest(token(feed, secret).encode(), typed.encode("utf-8", "replace")):
        actor = _actor_of(session, feed, now=now)
        if feed.user.is_active and may(session, actor, Permission.CALENDAR_USE, feed.round):
            return feed, actor
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def entries(session: Session, round_: Round, actor: Actor) -> list[Entry]:
    """Every date of a round that concerns a person, the earliest first."""
    roles = roles_in(session, actor, round_)
    query = select(RoundDate).where(RoundDate.round_id == round_.id)
    found: list[Entry] = []
    for date in session.scalars(query):
        if roles & SEEN_BY[date.kind]:
            found.append(_entry(round_, date, does=DOES[date.kind] in roles))
            if date.kind == "tender" and roles & {"lead", "opener"}:
                found.append(_opening(round_, date, opens="opener" in roles))
    for more in _sources:
        found += more(session, round_, actor, roles)
    return sorted(found, key=lambda entry: (entry.at, entry.uid))


def public_entries(session: Session, round_: Round) -> list[Entry]:
    """The dates of a published round that everybody may know: the last question and the deadline."""
    query = select(RoundDate).where(RoundDate.round_id == round_.id, RoundDate.kind.in_(("questions", "tender")))
    return sorted((_entry(round_, date, does=True) for date in session.scalars(query)), key=lambda entry: entry.at)


def alarms(round_: Round) -> list[dt.timedelta]:
    """How long before a date calendars warn, the longest first (setting `calendar_alarm_hours`)."""
    return [dt.timedelta(hours=hours) for hours in sorted(value(round_, "calendar_alarm_hours") or [], reverse=True)]


def _entry(round_: Round, date: RoundDate, *, does: bool) -> Entry:
    return Entry(
        uid=f"{round_.public_id}-{date.kind}",
        at=date.at,
        title=(TITLES if does else FOR_OTHERS)[date.kind],
        page=PAGES[date.kind],
        sequence=date.sequence,
        is_cancelled=date.is_cancelled,
    )


def _opening(round_: Round, date: RoundDate, *, opens: bool) -> Entry:
    """The window in which the openers open together, from the deadline on."""
    return Entry(
        uid=f"{round_.public_id}-opening",
        at=date.at,
        title=N_("Open the tenders together") if opens else N_("Tenders can be opened"),
        page="disclosure.opening_page",
        sequence=date.sequence,
        is_cancelled=date.is_cancelled,
        lasts=dt.timedelta(minutes=int(value(round_, "opening_window_minutes"))),
    )


def _actor_of(session: Session, feed: CalendarFeed, *, now: dt.datetime) -> Actor:
    grants = sessions.current_grants(session, feed.user, now=now)
    roles = frozenset(grant.role for grant in grants if grant.organisation_id == feed.organisation_id)
    return Actor(feed.user_id, feed.organisation_id, roles, name=feed.user.name, language=feed.user.language)
