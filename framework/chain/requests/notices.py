"""Mails about requests: who asks, how many rows, until when; never what is asked, answered or attached."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.requests import links
from framework.ground import digest
from framework.ground.mail import post
from framework.rounds.telling import people
from models.records import Mail
from models.requests import RequestReminder, UpstreamRequest

ASKED, REMINDER, LIBRARY = "request_asked", "request_reminder", "request_library"
WITHDRAWN, TOLD, NEWS = "request_withdrawn", "request_told", "request_news"


def was_asked(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> Mail:
    """The mail that asks, with a link of its own."""
    return _to_asked(
        session, request, ASKED, now=now, secret=links.path(links.make(session, request, "answer", now=now))
    )


def remind(session: Session, request: UpstreamRequest, *, step_hours: int | None, now: dt.datetime) -> RequestReminder:
    """Remind the asked party with a new link, and log it; the older link goes on working."""
    path = links.path(links.make(session, request, "answer", now=now))
    mail = _to_asked(session, request, REMINDER, now=now, secret=path)
    session.flush()
    reminder = RequestReminder(request_id=request.id, step_hours=step_hours, at=now, mail_id=mail.id)
    session.add(reminder)
    return reminder


def drop_reminders(session: Session, request: UpstreamRequest) -> None:
    """Take reminders back that wait in the outbox: what they ask for is done (screens 6)."""
    waiting = (
        select(Mail)
        .join(RequestReminder, RequestReminder.mail_id == Mail.id)
        .where(RequestReminder.request_id == request.id, Mail.state == "waiting")
    )
    for mail in session.scalars(waiting):
        mail.state, mail.secret = "dropped", ""


def send_library(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> Mail:
    """Mail the link to all answers that were given from this address."""
    path = links.path(links.make(session, request, links.LIBRARY, now=now), links.LIBRARY)
    return _to_asked(session, request, LIBRARY, now=now, secret=path)


def was_withdrawn(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> None:
    """Say that nothing is asked any more."""
    _to_asked(session, request, WITHDRAWN, now=now, secret="")


def tell_asker(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> None:
    """Tell whoever asked what became of it: the supplier's or the lead's people, or the party of the hop before by a new link."""
    parent = request.parent
    if parent is not None and parent.state == "withdrawn":
        return  # it is asked no more, and its links have ended
    if parent is not None:
        facts = _facts(request)
        path = links.path(links.make(session, parent, "answer", now=now))
        _post(session, parent, TOLD, to=parent.asked_email, now=now, secret=path, recipient=parent.asked_name, **facts)
        return
    _tell_organisation(session, request, now=now)


def _tell_organisation(session: Session, request: UpstreamRequest, *, now: dt.datetime) -> None:
    """The asker's people, each in one mail about all that came in meanwhile."""
    role = "lead" if request.is_of_lead else "supplier"
    page = f"/rounds/{request.round.public_id}/{'upstream' if request.is_of_lead else 'requests'}"
    item = {
        "key": request.public_id,
        "path": f"{page}/{request.public_id}",
        "reference": request.reference,
        "asked": request.asked_name,
        "state": request.state,
    }
    for user in people(session, [request.owner_id], role, now=now):
        # The reference tells the outbox whose mail it is: all that one mail holds is of the same asker.
        rest = {"round_name": request.round.name, "reference": request.reference}
        digest.add(session, NEWS, to=user, round_=request.round, item=item, page=page, now=now, **rest)


def _to_asked(session: Session, request: UpstreamRequest, template: str, *, now: dt.datetime, secret: str) -> Mail:
    facts = _facts(request)
    return _post(
        session,
        request,
        template,
        to=request.asked_email,
        now=now,
        secret=secret,
        recipient=request.asked_name,
        **facts,
    )


def _post(session: Session, reader: UpstreamRequest, template: str, *, to: str, now: dt.datetime, **rest: Any) -> Mail:
    return post(session, template, to=to, now=now, language=reader.language, round_=reader.round, **rest)


def _facts(request: UpstreamRequest) -> dict[str, Any]:
    return {
        "reference": request.reference,
        "asker": request.asker_name,
        "asked": request.asked_name,
        "supplier": "" if request.is_of_lead else request.supplier.name,
        "lead": request.round.organisation.name,
        "round_name": request.round.name,
        "rows": len(request.rows),
        "due": request.due_on.isoformat(),
        "zone": request.zone,
        "state": request.state,
    }
