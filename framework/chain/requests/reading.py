"""Requests as their readers see them: each asker its own with every hop, the lead who else is silent and for how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from framework.chain.requests import due
from framework.ground.errors import NotFound
from framework.ground.paging import Page, page_of
from framework.ground.text import N_
from models.disclosure import Submission
from models.people import Organisation
from models.requests import RequestAnswer, RequestReminder, RequestRow, UpstreamRequest
from models.rounds import Round

PAGE = 50
SORTS = ("supplier", "asked", "state", "since", "due", "silent", "reminders", "hop", "rows")
STATES = ("asked", "passed_on", "no_answer", "refused", "answered", "withdrawn")


@dataclass(frozen=True, slots=True)
class Line:
    """One hop: state as the date decides it, since when, days of silence (None where nobody is silent), counts."""

    request: UpstreamRequest
    state: str
    since: dt.datetime
    days: int | None
    reminders: int
    last_reminder: dt.datetime | None
    rows: int
    answered: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the list is asked for; blank = everything."""

    state: str = ""
    supplier: str = ""
    text: str = ""
    sort: str = ""


def own(session: Session, round_: Round, supplier_id: int, *, now: dt.datetime) -> list[Line]:
    """The requests of a supplier in a round with every hop behind them: each first hop followed by its own."""
    query = _query(round_).where(UpstreamRequest.supplier_id == supplier_id)
    found = session.scalars(query.order_by(UpstreamRequest.id)).all()
    return _as_tree(_lines(session, found, now))


def own_request(session: Session, round_: Round, supplier_id: int, public_id: str) -> UpstreamRequest:
    """A first hop of a supplier; NotFound for anybody else's, and for later hops, which have a page of their asker alone."""
    return _first_hop(session, round_, UpstreamRequest.supplier_id == supplier_id, public_id)


def request_of_lead(session: Session, round_: Round, public_id: str) -> UpstreamRequest:
    """A first hop that the lead asks itself; NotFound for those of suppliers, of which it reads how they stand alone."""
    return _first_hop(session, round_, UpstreamRequest.supplier_id == round_.organisation_id, public_id)


def own_of_lead(session: Session, round_: Round, tender: Submission, *, now: dt.datetime) -> list[Line]:
    """What the lead asks itself about one tender and did not take back, without the hops behind."""
    table = UpstreamRequest
    own = (table.supplier_id == round_.organisation_id, table.hop == 1)
    here = (*own, table.submission_id == tender.id, table.state != "withdrawn")
    return _lines(session, session.scalars(_query(round_).where(*here).order_by(table.id)).all(), now)


def line_of(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> Line:
    """One request as a line of a list."""
    return _lines(session, [request], now)[0]


def reminders_of(session: Session, request: UpstreamRequest) -> Sequence[RequestReminder]:
    """The reminders of one request, oldest first."""
    query = select(RequestReminder).where(RequestReminder.request_id == request.id)
    return session.scalars(query.order_by(RequestReminder.id)).all()


def behind(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> list[Line]:
    """The hops behind one request, nearest first: that they exist, whom they ask and how they stand, never what they say."""
    found: list[UpstreamRequest] = []
    level = [request.id]
    while level:
        query = select(UpstreamRequest).where(UpstreamRequest.parent_id.in_(level)).order_by(UpstreamRequest.id)
        nearer = list(session.scalars(query))
        found += nearer
        level = [one.id for one in nearer]
    return _lines(session, found, now)


def behind_next(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> list[Line]:
    """The requests that whoever is asked passed on itself: its own, so with names and all."""
    query = select(UpstreamRequest).where(UpstreamRequest.parent_id == request.id).order_by(UpstreamRequest.id)
    return _lines(session, list(session.scalars(query)), now)


def of_lead(session: Session, round_: Round, filters: Filters, *, now: dt.datetime) -> list[Line]:
    """The lead's own requests and every hop of the suppliers whose tender was opened; nothing of others ever (law L07b).

    That somebody asked and then sent nothing stays sealed: it would tell who prepared a tender.
    """
    if round_.opened_at is None:
        return []
    took_part = select(Submission.supplier_id).where(
        Submission.round_id == round_.id, Submission.opened_at.is_not(None)
    )
    table = UpstreamRequest
    query = _query(round_).where(or_(table.supplier_id == round_.organisation_id, table.supplier_id.in_(took_part)))
    lines = _lines(session, session.scalars(query.order_by(UpstreamRequest.id)).all(), now)
    wanted = filters.text.strip().casefold()
    # Only what the lead reads is searched: a hit on a name kept back would tell it.
    chosen = [
        one
        for one in lines
        if (not filters.state or one.state == filters.state)
        and (not filters.supplier or about(one.request).public_id == filters.supplier)
        and (not wanted or wanted in f"{party(one.request)} {asker(one.request)} {one.request.reference}".casefold())
    ]
    return _sorted(chosen, filters.sort)


def party(request: UpstreamRequest) -> str:
    """Whom a hop asks, as its supplier and the lead may know it; blank where its asker keeps it back."""
    return request.asked_name if request.parent is None else request.known_as


def asker(request: UpstreamRequest) -> str:
    """Who asks at a hop, as `party`."""
    return request.asker_name if request.parent is None else party(request.parent)


def about(request: UpstreamRequest) -> Organisation:
    """The supplier whose rows are asked about: the one that asks, or whose opened tender the lead asks about."""
    return request.submission.supplier


def part(lines: Sequence[Line], asked: str | None) -> tuple[Sequence[Line], Page]:
    """One page of a list."""
    page = page_of(asked, len(lines), PAGE)
    return lines[page.offset : page.offset + page.size], page


def path_of(one: RequestAnswer) -> list[RequestAnswer]:
    """Through whom an answer came, nearest first: the last one knew it."""
    found = [one]
    while found[-1].via is not None:
        found.append(found[-1].via)
    return found


def _query(round_: Round) -> Any:
    return (
        select(UpstreamRequest)
        .where(UpstreamRequest.round_id == round_.id)
        .options(
            joinedload(UpstreamRequest.submission).joinedload(Submission.supplier), selectinload(UpstreamRequest.rows)
        )
    )


def _first_hop(session: Session, round_: Round, whose: ColumnElement[bool], public_id: str) -> UpstreamRequest:
    table = UpstreamRequest
    query = select(table).where(table.public_id == public_id, table.round_id == round_.id, whose, table.hop == 1)
    found = session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _lines(session: Session, requests: Sequence[UpstreamRequest], now: dt.datetime) -> list[Line]:
    reminders = _reminders(session, [one.id for one in requests])
    answered = _answered(session, [one.id for one in requests])
    return [
        Line(
            one,
            due.state_now(one, now),
            due.since(one, now),
            due.days_silent(one, now),
            reminders[one.id][0] if one.id in reminders else 0,
            reminders[one.id][1] if one.id in reminders else None,
            len(one.rows),
            answered.get(one.id, 0),
        )
        for one in requests
    ]


def _reminders(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, dt.datetime]]:
    table = RequestReminder
    query = select(table.request_id, func.count(), func.max(table.at)).where(table.request_id.in_(ids))
    return {row[0]: (row[1], row[2]) for row in session.execute(query.group_by(table.request_id))}


def _answered(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many rows of each request have an answer."""
    query = (
        select(RequestRow.request_id, func.count(RequestRow.id.distinct()))
        .join(RequestAnswer, RequestAnswer.row_id == RequestRow.id)
        .where(RequestRow.request_id.in_(ids))
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(RequestRow.request_id))}


def _as_tree(lines: Sequence[Line]) -> list[Line]:
    by_parent: dict[int | None, list[Line]] = {}
    for one in lines:
        by_parent.setdefault(one.request.parent_id, []).append(one)
    found: list[Line] = []

    def walk(parent: int | None) -> None:
        for one in by_parent.get(parent, ()):
            found.append(one)
            walk(one.request.id)

    walk(None)
    return found


def _sorted(lines: list[Line], asked: str) -> list[Line]:
    """As asked (`key` or `-key`), else the longest silence first; unknown stands last both ways."""
    key = asked.removeprefix("-")
    if key not in SORTS:
        return sorted(lines, key=lambda one: (one.days is None, -(one.days or 0), one.request.id))
    known = [one for one in lines if _value(one, key) is not None]
    ordered = sorted(known, key=lambda one: _value(one, key), reverse=asked.startswith("-"))
    return ordered + [one for one in lines if _value(one, key) is None]


def _value(one: Line, key: str) -> Any:
    values = {
        "supplier": about(one.request).name.casefold(),
        "asked": party(one.request).casefold() or None,
        "state": STATES.index(one.state),
        "since": one.since,
        "due": one.request.due_on,
        "silent": one.days,
        "reminders": one.reminders,
        "hop": one.request.hop,
        "rows": one.rows,
    }
    return values[key]
