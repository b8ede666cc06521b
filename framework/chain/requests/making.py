"""What a request is made of, whoever asks: whom, why, until when, as typed and checked; and how it leaves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from framework.chain.requests import letters, notices, volume
from framework.ground import lifecycle
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, taken
from framework.ground.text import N_, storable
from framework.people.addresses import clean_email, clean_name, fold_email
from models.disclosure import Submission
from models.requests import RequestLink, UpstreamRequest

UPSTREAM = frozenset({"brand"})
"""The role in which whoever holds a link acts: a party of the chain, whether it is a brand or makes a part."""
MOST_TEXT = 2_000
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Party:
    """Whom to ask: the organisation, a mail address, the language of its pages and mails; whether hops further down learn it."""

    name: str
    email: str
    language: str = "en"
    is_named: bool = True


def new(
    submission: Submission,
    to: Party,
    *,
    why: str,
    due_on: dt.date | None,
    asker: str,
    now: dt.datetime,
    parent: UpstreamRequest | None = None,
    is_of_lead: bool = False,
    has_rows: bool = True,
) -> UpstreamRequest:
    """A request with what was typed, checked; what is passed on stays that of whoever asked first.

    Raises InvalidInput naming every field that is wrong.
    """
    _rows, name, email, reason, until = taken(
        lambda: require_rows(has_rows),
        lambda: clean_name(storable(to.name), "name"),
        lambda: clean_email(to.email),
        lambda: cleaned(why, "why"),
        lambda: _require_day(due_on, now),
    )
    own = submission.round.organisation if is_of_lead else submission.supplier
    asking = parent.supplier if parent is not None else own
    return UpstreamRequest(
        round=submission.round,
        supplier=asking,
        submission=submission,
        parent=parent,
        hop=1 if parent is None else parent.hop + 1,
        state="",
        moved_at=now,
        asker_name=asker[:200],
        asked_name=name,
        asked_email=email,
        folded_email=fold_email(email),
        is_named=to.is_named or parent is None,
        language=to.language if to.language in letters.LANGUAGES else "en",
        why=reason,
        asked_at=now,
        due_on=until,
        zone=submission.round.zone,
        created_at=now,
        volume=[],
        letter={},
        draft={},
    )


def send(
    session: Session,
    request: UpstreamRequest,
    *,
    asker_email: str,
    actor: Actor,
    now: dt.datetime,
    link: RequestLink | None = None,
) -> UpstreamRequest:
    """Make it asked, with its letter sealed; the mail leaves after the commit. Raises as the guard of asking does."""
    roles = UPSTREAM if link is not None else None
    lifecycle.move(session, request, "ask", actor=actor, now=now, roles=roles, link=link)
    session.flush()
    request.volume = volume.behind(session, request)
    letters.seal(request, asker_email=asker_email)
    notices.was_asked(session, request, now=now)
    session.flush()
    return request


def require_rows(has_rows: bool) -> None:
    """Refuse a request about nothing."""
    if not has_rows:
        raise InvalidInput("rows-missing", N_("Choose at least one row."), field="rows")


def _require_day(due_on: dt.date | None, now: dt.datetime) -> dt.date:
    if due_on is None:
        raise InvalidInput("due-date-missing", N_("Give a date until which you need the answer."), field="due_on")
    if (due_on - now.date()).days > MOST_DAYS:
        raise InvalidInput("due-date-far", N_("The date must lie within a year."), field="due_on")
    return due_on


def cleaned(text: str, field: str) -> str:
    """What was typed, made storable, without outer blanks; raises InvalidInput where it is too long."""
    found = storable(text).strip()
    if len(found) > MOST_TEXT:
        raise InvalidInput("too-long", N_("At most %(limit)s characters."), field=field, limit=MOST_TEXT)
    return found
