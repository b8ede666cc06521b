"""What a supplier does next about its requests: take over what came back."""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from framework.disclosure import receiving
from framework.ground.text import N_, NN_
from framework.rounds.next_action import Reader, Step, candidate
from models.requests import RequestAcceptance, RequestRow, UpstreamRequest
from models.rounds import Round


@candidate("published", "supplier")
def _take_over(session: Session, round_: Round, reader: Reader) -> Step | None:
    """Answers of which nothing was taken over yet, while they can still enter the tender."""
    if receiving.is_past(round_, reader.now):
        return None
    is_taken = exists().where(
        RequestAcceptance.row_id == RequestRow.id,
        RequestAcceptance.answer_id.is_not(None),
        RequestRow.request_id == UpstreamRequest.id,
    )
    query = select(func.count()).where(
        UpstreamRequest.round_id == round_.id,
        UpstreamRequest.supplier_id == reader.actor.organisation_id,
        UpstreamRequest.hop == 1,
        UpstreamRequest.state == "answered",
        ~is_taken,
    )
    waiting = session.scalar(query) or 0
    if not waiting:
        return None
    return Step(
        NN_(
            "%(count)s request was answered. Nothing of it enters your disclosure unless you take it over.",
            "%(count)s requests were answered. Nothing of it enters your disclosure unless you take it over.",
        ),
        {"count": waiting},
        "requests.own",
        label=N_("My requests"),
        urgency=60,
    )
