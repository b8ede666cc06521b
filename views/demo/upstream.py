"""Requests upstream in the demonstration: invented brands and makers, of which one answers and one stays silent."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from framework.chain.requests import acts, answering, links, nodes
from framework.chain.requests.acts import Party
from models.disclosure import Submission
from models.requests import RequestLink, UpstreamRequest
from views.demo.stage import Stage

MAKER = Party("Zilvermeer Batteries (invented)", "disclosure@zilvermeer.example")
SITE = {
    "answer": "site",
    "name": "Zilvermeer Cell Works",
    "address": "9 Invented Road",
    "city": "Penang",
    "country": "MY",
    "share": "70",
    "valid_from": "2024-05-01",
}


def ask(stage: Stage, submission: Submission, supplier: str, *, days: int, most: int = 4) -> UpstreamRequest | None:
    """A supplier asks the brand of its first open row for the first rows of that brand; None where nothing is open."""
    found = nodes.open_nodes(stage.session, submission)
    if not found:
        return None
    brand = found[0].brand
    to = Party(f"{brand} (invented)", f"supply-chain@{'-'.join(brand.lower().split())}.example")
    return acts.ask(
        stage.session,
        submission,
        [one for one in found if one.brand == brand][:most],
        to,
        why="Our tender leaves these rows open. Please tell us where these parts are made.",
        due_on=(stage.now + dt.timedelta(days=days)).date(),
        actor=stage.actor(supplier),
        now=stage.now,
    )


def pass_on(stage: Stage, request: UpstreamRequest, *, days: int) -> UpstreamRequest:
    """The brand asks whoever makes the part, and lets it be known."""
    due_on = (stage.now + dt.timedelta(days=days)).date()
    return acts.pass_on(
        stage.session, _link(stage, request), request.rows[:2], MAKER, why="", due_on=due_on, now=stage.now
    )


def answer(stage: Stage, request: UpstreamRequest) -> None:
    """Whoever is asked names a site for the first row and does not know the others."""
    link = _link(stage, request)
    blocks = {row.position: [SITE if row.position == 1 else {"answer": "unknown"}] for row in request.rows}
    answering.save(stage.session, link, blocks, by="Invented Person", stamp=0, now=stage.now)
    answering.answer(stage.session, link, by="Invented Person", now=stage.now)


def _link(stage: Stage, request: UpstreamRequest) -> RequestLink:
    query = select(RequestLink).where(RequestLink.request_id == request.id, RequestLink.purpose == links.ANSWER)
    return stage.session.scalars(query.order_by(RequestLink.id)).first() or RequestLink()
