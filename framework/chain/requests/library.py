"""What an address answered before: offered again where another asks the same, to whoever reads that mailbox and nobody else.

It is shown behind a link that is mailed to the address and works for a day: the link of a request may have been handed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager

from framework.ground.paging import Page, page_of
from models.requests import RequestAnswer, RequestRow, UpstreamRequest

PAGE = 50


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of the library, with the row and the request that it was given to."""

    answer: RequestAnswer
    row: RequestRow
    request: UpstreamRequest


def offers(session: Session, request: UpstreamRequest) -> dict[int, list[RequestAnswer]]:
    """For each row of a request (by position) the newest earlier answer of the same address to the same question.

    The same question is the same brand, model, and component or mineral; the address is that to which the link was
    sent. Who else asked is not part of it.
    """
    keys = {row.node_key for row in request.rows}
    query = (
        select(RequestAnswer, RequestRow.node_key)
        .join(RequestRow, RequestRow.id == RequestAnswer.row_id)
        .join(UpstreamRequest, UpstreamRequest.id == RequestRow.request_id)
        .where(_of_address(request), UpstreamRequest.id != request.id, RequestRow.node_key.in_(keys))
        .order_by(UpstreamRequest.answered_at.desc(), UpstreamRequest.id.desc(), RequestAnswer.id)
    )
    newest: dict[str, tuple[int, list[RequestAnswer]]] = {}
    for one, key in session.execute(query):
        taken = newest.setdefault(key, (one.row_id, []))
        if taken[0] == one.row_id:
            taken[1].append(one)
    return {row.position: newest[row.node_key][1] for row in request.rows if row.node_key in newest}


def page(session: Session, request: UpstreamRequest, asked: str | None) -> tuple[Sequence[Given], Page]:
    """A page of all answers of the address, the newest first."""
    query = select(RequestAnswer).join(RequestAnswer.row).join(RequestRow.request).where(_of_address(request))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(RequestAnswer.id).subquery())) or 0
    part = page_of(asked, total, PAGE)
    whole = query.options(contains_eager(RequestAnswer.row).contains_eager(RequestRow.request))
    ordered = whole.order_by(RequestAnswer.answered_at.desc(), RequestAnswer.id.desc())
    found = session.scalars(ordered.limit(part.size).offset(part.offset))
    return [Given(one, one.row, one.row.request) for one in found], part


def _of_address(request: UpstreamRequest) -> ColumnElement[bool]:
    return (UpstreamRequest.folded_email == request.folded_email) & (UpstreamRequest.state == "answered")
