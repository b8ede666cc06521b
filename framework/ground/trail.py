"""Reading the record: of one thing, of a round, of the installation; filtered, paged, counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, not_, select
from sqlalchemy.orm import Session

from framework.ground import sealed
from framework.ground.audit_labels import sentence_of
from framework.ground.paging import Page, page_of
from models.disclosure import Submission
from models.people import Organisation, User
from models.records import AuditEvent
from models.rounds import Round

PAGE = 100
CHUNK = 1000
"""Events read at once: a database takes only so many parameters in one query."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event for reading; `who` and `organisation` are blank for the system, `template` is to be translated.

    `is_bidder`: somebody of a supplier in a sealed round, whose name stays out until the opening. `is_by_link`: whoever
    holds the link to a request, who needs no account.
    """

    seq: int
    at: dt.datetime
    who: str
    organisation: str
    template: str
    params: dict[str, Any]
    kind: str
    denied: bool
    motive: str
    hash: str
    is_bidder: bool = False
    is_by_link: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the record is asked for; blank = everything."""

    kind: str = ""
    outcome: str = ""
    person: str = ""


def trail(session: Session, record: Any, *, limit: int = 30, but_proposed: str = "") -> list[Entry]:
    """Who did what with one record, newest first: for the foot of its page. Refused attempts are left to the lead.

    `but_proposed` is an act of which no proposal is shown: who reads hears of it when it is done.
    """
    query = select(AuditEvent).where(
        AuditEvent.subject_type == record.__tablename__,
        AuditEvent.subject_id == record.public_id,
        AuditEvent.outcome == "done",
    )
    if but_proposed:
        query = query.where(
            not_(AuditEvent.kind.startswith("proposal.")) | (AuditEvent.data["act"].as_string() != but_proposed)
        )
    return entries(session, session.scalars(query.order_by(AuditEvent.seq.desc()).limit(limit)).all())


def of_round(round_: Round, filters: Filters, unseen: ColumnElement[bool] | None = None) -> Select[AuditEvent]:
    """The events of a round, without those of sealed submissions and those that the reader may not see yet."""
    query = _filtered(filters).where(AuditEvent.round_id == round_.id)
    return query if unseen is None else query.where(~unseen)


def of_everything(filters: Filters) -> Select[AuditEvent]:
    """The events of the installation, without those of sealed submissions."""
    return _filtered(filters)


def page(session: Session, query: Select[AuditEvent], asked: str | int | None) -> tuple[list[Entry], Page]:
    """One page of a selection, newest first, and which it is of how many."""
    part = page_of(asked, count(session, query), PAGE)
    found = session.scalars(query.order_by(AuditEvent.seq.desc()).limit(part.size).offset(part.offset))
    return entries(session, found.all()), part


def in_order(session: Session, query: Select[AuditEvent], *, size: int = CHUNK) -> Iterator[Entry]:
    """Every event of a selection, oldest first, read `size` at a time."""
    last = 0
    while events := session.scalars(query.where(AuditEvent.seq > last).order_by(AuditEvent.seq).limit(size)).all():
        yield from entries(session, events)
        last = events[-1].seq


def count(session: Session, query: Select[AuditEvent]) -> int:
    """How many events a selection holds."""
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def denied(session: Session, round_: Round) -> int:
    """How many attempts at what was not theirs or not open were refused in a round (law L07g).

    A form that was stale or a motive that was missing is in the record, and is no attempt.
    """
    query = select(func.count()).where(
        AuditEvent.round_id == round_.id,
        AuditEvent.outcome == "denied",
        AuditEvent.data["attempt"].as_boolean().is_(True),
    )
    return session.scalar(query) or 0


def kinds(session: Session, query: Select[AuditEvent]) -> list[str]:
    """The kinds that occur in a selection, by name."""
    return sorted(set(session.scalars(query.with_only_columns(AuditEvent.kind).distinct())))


def entries(session: Session, events: Sequence[AuditEvent]) -> list[Entry]:
    """Events with the names of people and organisations and the receipts of submissions, each asked for in one query."""
    people = _names(session, User, {e.actor_id for e in events})
    bodies = _names(session, Organisation, {e.organisation_id for e in events})
    bidders = select(AuditEvent.seq).where(AuditEvent.seq.in_([e.seq for e in events]), sealed.is_event_by_bidder())
    hidden = set(session.scalars(bidders)) if events else set()
    receipts = _receipts(session, {e.subject_id for e in events if e.subject_type == sealed.SUBMISSION})
    return [
        _entry(event, people, bodies, receipts.get(event.subject_id, ""), is_bidder=event.seq in hidden)
        for event in events
    ]


def _entry(
    event: AuditEvent, people: dict[int, str], bodies: dict[int, str], receipt: str, *, is_bidder: bool
) -> Entry:
    template, params = sentence_of(event, receipt)
    return Entry(
        seq=event.seq,
        at=event.at,
        is_bidder=is_bidder,
        is_by_link=event.subject_type == sealed.REQUEST and event.session_ref == sealed.BY_LINK,
        who="" if is_bidder else people.get(event.actor_id or 0, ""),
        organisation="" if is_bidder else bodies.get(event.organisation_id or 0, ""),
        template=template,
        params=params,
        kind=event.kind,
        denied=event.outcome == "denied",
        motive=str(event.data.get("motive") or ""),
        hash=event.hash,
    )


def _receipts(session: Session, public_ids: set[str]) -> dict[str, str]:
    if not public_ids:
        return {}
    rows = session.execute(
        select(Submission.public_id, Submission.receipt_number).where(Submission.public_id.in_(public_ids))
    )
    return {row.public_id: row.receipt_number for row in rows}


def _names(session: Session, table: type[User] | type[Organisation], ids: set[int | None]) -> dict[int, str]:
    rows = session.execute(select(table.id, table.name).where(table.id.in_(ids - {None})))
    return {row.id: row.name for row in rows}


def _filtered(filters: Filters) -> Select[AuditEvent]:
    query = select(AuditEvent).where(not_(sealed.is_event_of_tender()))
    if filters.kind:
        query = query.where(AuditEvent.kind == filters.kind)
    if filters.outcome in ("done", "denied"):
        query = query.where(AuditEvent.outcome == filters.outcome)
    if filters.person.strip():
        pattern = filters.person.strip()
        named = select(User.id).where(User.name.icontains(pattern, autoescape=True))
        query = query.where(AuditEvent.actor_id.in_(named), not_(sealed.is_event_by_bidder()))
    return query
