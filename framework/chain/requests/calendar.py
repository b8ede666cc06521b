"""Due dates of requests upstream, for the calendar of whoever asks; never whom it asks, nor what."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.requests import due
from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.rounds import calendar_feeds
from framework.rounds.calendar_feeds import Entry
from models.requests import UpstreamRequest
from models.rounds import Round


@calendar_feeds.source
def requests_due(session: Session, round_: Round, actor: Actor, roles: frozenset[str]) -> list[Entry]:
    """The own requests of the first hop; one that is over is sent as cancelled."""
    if not roles & {"supplier", "lead"}:
        return []
    query = select(UpstreamRequest).where(
        UpstreamRequest.round_id == round_.id,
        UpstreamRequest.supplier_id == actor.organisation_id,
        UpstreamRequest.hop == 1,
    )
    page = "requests.own" if "supplier" in roles else "requests.silence"
    return [
        Entry(
            uid=f"{round_.public_id}-request-{request.public_id}",
            at=due.ends(request),
            title=N_("A request upstream is due"),
            page=page,
            sequence=request.version - 1,
            is_cancelled=request.state not in due.RUNNING,
        )
        for request in session.scalars(query)
    ]
